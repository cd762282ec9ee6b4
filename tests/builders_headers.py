"""People at a terminal who are asked about headers: as a Door in this process, and as a real terminal (pty)."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path

from syncjob.config import load
from syncjob.emulator import Emulator
from syncjob.headers import Confirmed, fingerprint, recall
from syncjob.job.run import Options, run
from syncjob.job.session import Outcome, Silent, open_session
from syncjob.plans import Plan
from syncjob.state import account_at
from tests.journey.builders import Desk

CROOKED = ("Mobil Numbr", "Fisrt Name", "City")
"""Headers nobody knows: two of them resemble a field's name."""


@dataclass
class Person(Silent):
    """A Door with somebody behind it: answers in turn (then yes), approves as told, remembers what was said."""

    answers: list[bool] = field(default_factory=list)
    approves: bool = True
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    def attended(self) -> bool:
        return True

    def choose(self, question: str, default: bool) -> bool:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else default

    def note(self, sentence: str) -> None:
        self.told.append(sentence)

    def show(self, plan: Plan) -> None:
        self.plans.append(plan)

    def approve(self, plan: Plan) -> bool:
        return self.approves


@contextmanager
def desk_of(folder: Path) -> Iterator[Desk]:
    """A fresh desk with an emulated remote and the usual config."""
    with Emulator() as remote:
        made = Desk(folder, remote)
        made.config()
        yield made


def crooked(desk: Desk, name: str = "crooked.csv", *headers: str) -> Path:
    """A sheet of two people under headers that nobody knows."""
    header = headers or CROOKED
    lines = [["9198000 00001", "Asha", "Pune"], ["9198000 00002", "Ravi", "Kochi"]]
    rows = [dict(zip(header, line + ["x"] * 5, strict=False)) for line in lines]
    return desk.sheet(rows, name, header)


def run_with(desk: Desk, door: Silent, *sources: object, **options: bool) -> Outcome:
    """A run of the desk's config with this door."""
    config = load(desk.folder / "config.yaml", env={})
    with open_session(config, door) as session:
        return run(session, Options([str(source) for source in sources], **options))  # type: ignore[arg-type]


def kept(desk: Desk, job: str = "leads") -> Confirmed:
    """What the desk's job remembers of headers."""
    config = load(desk.folder / "config.yaml", env={})
    return recall(account_at(config.state_dir, config.remote.identity), job)


def remembered(desk: Desk, *headers: str) -> dict[str, str]:
    """What counts for a sheet with these headers."""
    found = kept(desk)
    assert all(sheet.headers == fingerprint(sheet.headers) for sheet in found.sheets)
    return found.of(headers or CROOKED)


class Terminal(io.StringIO):
    """A terminal as far as commands can tell."""

    def isatty(self) -> bool:
        return True


@contextmanager
def typing(text: str) -> Iterator[Terminal]:
    """What a person types at a terminal; what it shows."""
    before, shown = sys.stdin, Terminal()
    sys.stdin = Terminal(text)
    try:
        with redirect_stderr(shown):
            yield shown
    finally:
        sys.stdin = before


def at_terminal(desk: Desk, typed: Sequence[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and what a terminal showed. Each of `typed` is given when a question stands there."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "syncjob", *map(str, arguments), "--config", str(desk.folder / "config.yaml")],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        text=True,
        start_new_session=True,
    )
    os.close(slave)
    try:
        shown = _converse(master, child, list(typed))
        out, _ = child.communicate(timeout=30)
    finally:
        if child.poll() is None:
            child.kill()
        os.close(master)
    return child.returncode, out, shown


def _converse(master: int, child: subprocess.Popen[str], typed: list[str]) -> str:
    """Answer every question that ends in `]` or `:` until the terminal closes."""
    shown, answered, until = "", 0, time.monotonic() + 40
    while time.monotonic() < until:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready:
            if child.poll() is not None:
                break
            continue
        try:
            shown += os.read(master, 4096).decode(errors="replace")
        except OSError:  # the other side is closed
            break
        fresh = shown[answered:].rstrip()
        if typed and fresh.endswith(("]", "]:")):
            os.write(master, f"{typed.pop(0)}\n".encode())
            answered = len(shown)
    return shown
