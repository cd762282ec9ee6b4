"""Commands in processes of their own that get signals, limits and marked secrets; what they leave is searched.

Run as a module this is the process that has imported everything and forks: one JSON line per order on stdin, one JSON
line per answer on stdout. {"start": {...}} answers {"pid"}; {"wait": pid} answers {"status"}.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import pandas as pd

from tests.journey.builders import Desk, Said

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A command at work. What it says on stderr comes through a pipe, so that its words can be waited for."""

    forge: Forge
    pid: int
    folder: Path
    ear: IO[str]
    err: str = ""

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def heard(self, words: str) -> None:
        """Wait until it says `words` on stderr."""
        while words not in self.err:
            line = self.ear.readline()
            assert line, f"{words!r} was never said: {self.err}"
            self.err += line

    def wait(self) -> Said:
        """How it ended."""
        self.err += self.ear.read()
        self.ear.close()
        return Said(self.forge.ended(self.pid), (self.folder / "out.txt").read_text(), self.err)


@dataclass
class Forge:
    """Starts commands in forks of one prepared process."""

    reader: IO[str]
    writer: IO[str]

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        self.writer.write(json.dumps(order) + "\n")
        self.writer.flush()
        answer: dict[str, Any] = json.loads(self.reader.readline())
        return answer

    def start(self, desk: Desk, *arguments: object, limit: int = 0, name: str = "process") -> Running:
        """Start a command of the desk's config; no file it writes may grow beyond `limit` bytes (0: none)."""
        folder = desk.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "out.txt").unlink(missing_ok=True)
        if not (folder / "err").exists():
            os.mkfifo(folder / "err")
        order = {
            "arguments": [*map(str, arguments), "--config", str(desk.folder / "config.yaml")],
            "folder": str(folder),
            "limit": limit,
        }
        pid = self.ask({"start": order})["pid"]
        return Running(self, pid, folder, (folder / "err").open())

    def at_terminal(self, desk: Desk, terminal: str, *arguments: object) -> int:
        """The process of a command of the desk's config whose terminal is the device `terminal`, and nothing else."""
        order = {
            "arguments": [*map(str, arguments), "--config", str(desk.folder / "config.yaml")],
            "folder": str(desk.folder / "process"),
            "terminal": terminal,
        }
        return int(self.ask({"start": order})["pid"])

    def ended(self, pid: int) -> int:
        """Wait for its end; the exit code."""
        return int(self.ask({"wait": pid})["status"])

    def run(self, desk: Desk, *arguments: object, limit: int = 0) -> Said:
        """Start it and wait for its end."""
        return self.start(desk, *arguments, limit=limit).wait()


@contextmanager
def forging() -> Iterator[Forge]:
    command = [sys.executable, "-m", "tests.journey.builders_hostile"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        yield Forge(process.stdout, process.stdin)
        process.stdin.close()
        process.wait(20)


# -- what is left behind -------------------------------------------------------------------------------------------


def forms(secret: str) -> set[bytes]:
    """How a secret may show: as it is, in base64 at any offset, in a URL, in JSON or a repr."""
    made = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    found = {text.encode() for text in made}
    for lead in range(3):  # the middle of it stands in base64, whatever stands before
        coded = base64.b64encode(bytes(lead) + secret.encode())
        found.add(coded[4 : -4 if len(coded) > 12 else None])
    return found


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder`, as it lies and as it is packed: zip parts, tables of SQLite and Parquet."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        held = path.read_bytes()
        yield str(path), str(path).encode() + held
        yield from _unpacked(str(path), held)
        if path.suffix == ".db":
            with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
                yield f"{path}!dump", "\n".join(db.iterdump()).encode()
        if path.name == "plan.json":
            carried = base64.b64decode(json.loads(held)["carried"])
            yield from _unpacked(f"{path}!carried", carried)


def _unpacked(name: str, held: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed in a file: its parts when it is a zip, its texts when it is Parquet."""
    if zipfile.is_zipfile(io.BytesIO(held)):
        with zipfile.ZipFile(io.BytesIO(held)) as packed:
            for part in packed.namelist():
                yield f"{name}!{part}", packed.read(part)
                yield from _unpacked(f"{name}!{part}", packed.read(part))
    if held.startswith(b"PAR1"):
        yield f"{name}!frame", pd.read_parquet(io.BytesIO(held)).to_csv().encode()


def betrayed(secrets: Mapping[str, str], places: Iterator[tuple[str, bytes]]) -> list[str]:
    """Where a secret shows."""
    every = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {place}" for place, held in places for name, shown in every.items() if any(f in held for f in shown)
    ]


# -- the process that forks ----------------------------------------------------------------------------------------


def main() -> None:
    import syncjob.api
    import syncjob.cli.past
    import syncjob.cli.running
    import syncjob.config
    import syncjob.job.applying
    import syncjob.job.undoing  # noqa: F401 - imported before the fork

    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, int] = {}
        if "start" in order:
            answer["pid"] = os.fork()
            if answer["pid"] == 0:
                _work(order["start"])
        else:
            answer["status"] = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _work(order: dict[str, Any]) -> None:
    folder = Path(order["folder"])
    os.chdir(folder.parent)
    if "terminal" in order:
        _sit_down(order["terminal"])
    else:
        for number, name, how in ((0, os.devnull, os.O_RDONLY), (1, folder / "out.txt", os.O_CREAT | os.O_WRONLY)):
            os.dup2(os.open(name, how, 0o600), number)
        os.dup2(os.open(folder / "err", os.O_WRONLY), 2)
    if order.get("limit"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], order["limit"]))
    from syncjob.cli import run_command

    code = run_command(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _sit_down(terminal: str) -> None:
    """A session of its own at this terminal, for all that is read and written."""
    os.setsid()  # the first terminal that is opened from here on is the session's own
    device = os.open(terminal, os.O_RDWR)
    for number in range(3):
        os.dup2(device, number)
    os.environ["TERM"] = "xterm"


if __name__ == "__main__":
    main()
