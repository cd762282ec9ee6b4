"""The README and the docs as data: their commands, their outputs, their picture; and real runs to compare them with.

python -m tests.builders_docs      writes the outputs in the README anew, from real runs
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from syncjob.cli import run_command
from syncjob.cli.demo import LAST_MONTH, SETTINGS, THIS_MONTH, sample
from syncjob.emulator import Emulator
from syncjob.exits import EXITS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOME = "~/syncjob-demo"
PORT = "http://127.0.0.1:8080"

CHANCE = (
    (r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN"),
    (r"\b\d\d:\d\d [A-Z+:\d]+", "TIME"),
    (r"\b\d\d? [A-Z][a-z]{2} \d{4}\b", "DAY"),
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"\b\d+ s\b", "SECONDS"),
    (r"@[0-9a-f]{8,}", "@FINGERPRINT"),
)
"""What differs from run to run."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fenced(text: str, kind: str) -> list[str]:
    """The blocks of `kind` (sh, console, text, yaml …)."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def console(text: str) -> list[tuple[str, str]]:
    """Every command after `$ ` in the console blocks, and what it printed."""
    parts = [re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:] for block in fenced(text, "console")]
    return [(block[at], block[at + 1]) for block in parts for at in range(0, len(block), 2)]


def spoken(text: str) -> list[str]:
    """Every `syncjob …` that a page names: in blocks, and in the running text."""
    blocks = [
        line
        for kind in ("sh", "console", "text", "cron")
        for block in fenced(text, kind)
        for line in block.splitlines()
    ]
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", plain)
    found = (re.search(r"(?:^|[ /])(?<!by )(syncjob [a-z].*)$", line.removeprefix("$ ")) for line in (*blocks, *inline))
    return [hit[1] for hit in found if hit]


def floors() -> dict[str, tuple[str, ...]]:
    """The house as the README pictures it: floor → its rooms, from the top of the picture down."""
    picture = next(block for block in fenced(text_of(README), "text") if block.startswith("syncjob/\n"))
    found: dict[str, tuple[str, ...]] = {}
    for line in picture.splitlines()[1:]:
        name = line.split()[0]
        if "──" in line:
            found[name] = ()
        else:
            floor = next(reversed(found))
            found[floor] = (*found[floor], name)
    return found


def exit_table() -> str:
    """The exit codes as a table."""
    lines = ["| code | meaning | anything sent? | just run again? |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {e.code} | {e.meaning} | {e.sent} | {e.again} |" for e in EXITS.values())])


def masked(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, name in CHANCE:
        text = re.sub(pattern, name, text)
    return text


def played(commands: list[str], folder: Path) -> Iterator[str]:
    """What each command prints, one after the other, in a folder as the demo leaves it, against a sandbox."""
    for name in (LAST_MONTH, THIS_MONTH, SETTINGS):
        (folder / name).write_bytes(sample(name).read_bytes())
    with Emulator(contacts=100) as remote:
        for command in commands:
            said = said_by(command, folder, {"SANDBOX_URL": remote.url})
            yield said.replace(str(folder), HOME).replace(remote.url, PORT)


def said_by(command: str, folder: Path, more: dict[str, str]) -> str:
    """Everything that a command prints, as a terminal would show it."""
    words = shlex.split(command)
    assert words[0] == "syncjob", command
    said = io.StringIO()
    with (
        chdir(folder),
        patch.dict(os.environ, more),
        patch.object(sys, "stdin", io.StringIO()),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        run_command(words[1:])
    return said.getvalue()


def written_anew(text: str, folder: Path) -> str:
    """The README with outputs and exit codes as they are today."""
    commands = [command for command, _ in console(text)]
    said = iter([output.strip("\n") for output in played(commands, folder)])
    text = re.sub(r"^(\$ .*\n)(?:(?!\$ |```).*\n)*", lambda hit: f"{hit[1]}{next(said)}\n", text, flags=re.MULTILINE)
    return re.sub(r"^(\| code \|.*\n(?:\|.*\n)*|EXITS\n)", lambda _: f"{exit_table()}\n", text, flags=re.MULTILINE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        fresh = written_anew(text_of(README), Path(made).resolve())
    README.write_text(fresh, encoding="utf-8")
