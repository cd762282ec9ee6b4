"""The reading process: one file, within limits, then it ends.

What enters: a request as JSON on stdin. What leaves: on stdout how a large file begins, as soon as that is known; in
the folder named, `answer.json` and one Arrow file per table. Promised: a hostile file can end this process, never the
run's (CONTRACT 8, last line). Run as `python -m syncjob.loader.child`; it imports neither pandas nor anything of the
network.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from syncjob.errors import SourceError
from syncjob.loader.limits import ReadLimits

if TYPE_CHECKING:
    from syncjob.loader.beginning import Tell
    from syncjob.loader.found import Found


class Request(TypedDict):
    """What the parent asks. `name` is the file as people call it; `careful` forbids engines that can abort."""

    path: str
    name: str
    sheet: str | list[str] | None
    header_row: int | str
    encoding: str
    delimiter: str
    careful: bool
    folder: str
    limits: dict[str, float]


class WithoutPandas:
    """Keeps Arrow from loading pandas, which would cost every file a quarter of a second."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuses pandas, knows nothing else."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


FAST_MARK = "fast"
"""Lies in the folder when an engine that can abort was used."""


def main() -> int:
    """Read as asked; every foreseen failure is an answer, too."""
    sys.meta_path.insert(0, WithoutPandas())
    request: Request = json.load(sys.stdin)
    stated = request["limits"]
    whole = {name: int(value) for name, value in stated.items() if not name.startswith("seconds")}
    limits = ReadLimits(**whole, seconds=stated["seconds"], seconds_per_mb=stated["seconds_per_mb"])
    folder, path = Path(request["folder"]), Path(request["path"])
    confine(limits, path.stat().st_size)
    try:
        answer: dict[str, object] = {"tables": read(request, limits, folder, path, _say)}
    except SourceError as error:
        answer = {"error": {"message": error.message, "code": error.code, "advice": error.advice}}
    part = folder / "answer.part"
    part.write_text(json.dumps(answer), encoding="utf-8")
    part.rename(folder / "answer.json")
    return 0


def confine(limits: ReadLimits, size: int) -> None:
    """Bounds that the system enforces, where it can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only bound
        return
    seconds = int(limits.allowed(size)) + 1
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits.written),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # some systems know a kind only by name
            _, hard = resource.getrlimit(kind)
            lower = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            resource.setrlimit(kind, (lower, hard))


def _say(begun: Sequence[Found]) -> None:
    """Tell the parent how the file begins."""
    from syncjob.loader.beginning import spoken

    sys.stdout.buffer.write(spoken(begun))
    sys.stdout.flush()


def read(
    request: Request, limits: ReadLimits, folder: Path, path: Path, tell: Tell | None = None
) -> list[dict[str, object]]:
    """Every table wished for, written to `folder`; `tell` is called with the first lines of large ones before."""
    from syncjob.loader.answer import write
    from syncjob.loader.inner import read_file

    mark = folder / FAST_MARK
    header = request["header_row"]
    found = read_file(
        path,
        request["name"],
        sheet=request["sheet"],
        header_row=header if isinstance(header, int) else "auto",
        encoding=request["encoding"],
        delimiter=request["delimiter"],
        limits=limits,
        careful=request["careful"],
        folder=folder,
        before_fast=mark.touch,
        tell=tell,
    )
    return [write(table, folder / f"table-{at}.arrow") for at, table in enumerate(found)]


if __name__ == "__main__":
    sys.exit(main())
