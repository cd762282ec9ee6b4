"""The tutorial, played: its sheet saved, its commands run one after the other, in this process, against a sandbox.

python -m tests.builders_tutorial      writes its outputs anew
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from syncjob.cli import run_command
from syncjob.emulator import Emulator
from tests.builders_docs import PORT, ROOT, fenced, text_of

TUTORIAL = ROOT / "docs" / "tutorial.md"
FOLDER = "~/first"


def steps(page: str) -> Iterator[tuple[str, bool]]:
    """Every command of the page, and whether its output is shown; the sandbox is served already."""
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if kind == "console" and line.startswith("$ "):
                yield line[2:], True
            elif kind == "sh" and line.strip() != "syncjob sandbox":
                yield line, False


def rehearsed(page: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(command, what it prints) of those whose output is shown. A command that fails otherwise is an error."""
    (sheet,) = fenced(page, "csv")
    (folder / "leads.csv").write_text(sheet, encoding="utf-8")
    with Emulator(contacts=100) as remote, _home(folder):
        for command, shown in steps(page):
            if not command.startswith("syncjob "):
                subprocess.run(["bash", "-ec", command], cwd=folder, check=True)
                continue
            os.utime(folder / "leads.csv", (0, 0))  # it has lain still: nobody waits in a test
            code, said = _said(command, folder)
            assert shown or code == 0, said
            assert code in (0, 3), said
            config = folder / "config.yaml"
            config.write_text(config.read_text().replace(PORT, remote.url))
            if shown:
                yield command, said.replace(str(folder), FOLDER).replace(remote.url, PORT)


def _said(command: str, folder: Path) -> tuple[int, str]:
    """Exit code and output; RUN stands for the newest run."""
    runs = sorted((path for path in folder.glob("results/2*") if path.is_dir()), key=lambda path: path.stat().st_mtime)
    words = [runs[-1].name if word == "RUN" and runs else word for word in shlex.split(command)[1:]]
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = run_command(words)
    return code, told.getvalue()


@contextlib.contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Commands run in the folder, with a state of their own."""
    before = os.environ.get("SYNCJOB_STATE_DIR")
    os.environ["SYNCJOB_STATE_DIR"] = str(folder / "state")
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.pop("SYNCJOB_STATE_DIR")
        if before is not None:
            os.environ["SYNCJOB_STATE_DIR"] = before


def written_anew(page: str, folder: Path) -> str:
    """The page with outputs as they are today."""
    said = iter([output.strip("\n") for _, output in rehearsed(page, folder)])
    return re.sub(r"^(\$ .*\n)(?:(?!\$ |```).*\n)*", lambda hit: f"{hit[1]}{next(said)}\n", page, flags=re.MULTILINE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        fresh = written_anew(text_of(TUTORIAL), Path(made).resolve())
    TUTORIAL.write_text(fresh, encoding="utf-8")
