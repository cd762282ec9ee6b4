"""What goes where: plan and summary to stdout, the rest to stderr; terminals, pipes, cron and bare environments."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, people, person
from tests.journey.builders_hostile import Forge

pytestmark = pytest.mark.usefixtures("reads_here")

ROOT = str(Path(__file__).parents[2])


def test_the_first_and_the_last_line_say_what_is_at_stake(desk: Desk) -> None:
    path = desk.sheet(people(1))
    where = f"config {desk.folder / 'config.yaml'} · job leads · account sandbox1 · {desk.remote.url}"
    said = desk("run", path, "--dry-run")
    first, last = said.err.splitlines()[0], said.err.splitlines()[-1]
    assert first.startswith(f"DRY RUN · {where} · no memory of earlier runs")
    assert last == f"{first} · exit 0"
    assert desk("run", path, "--yes").err.splitlines()[0].startswith(f"LIVE · {where} · no memory")
    assert desk("run", path, "--yes").err.splitlines() == [f"LIVE · {where}", f"LIVE · {where} · exit 0"]
    refused = desk("run", desk.folder / "none.csv").err.splitlines()
    assert (refused[0], refused[-1]) == (f"LIVE · {where}", f"LIVE · {where} · exit 4")
    assert desk("check", path).err.splitlines() == [f"DRY RUN · {where}", f"DRY RUN · {where} · exit 0"]


def test_the_region_stands_in_the_first_line(desk: Desk) -> None:
    desk.config(remote={"base_url": None, "region": "singapore"})
    assert "account sandbox1 · singapore" in desk("check", desk.sheet(people(1))).err.splitlines()[0]


def test_plan_and_summary_go_to_stdout_and_nothing_of_them_to_stderr(desk: Desk) -> None:
    desk.seed(person(1), *({"number": number(n)} for n in range(20, 27)))
    said = desk("run", desk.sheet([person(1, first_name="New"), *people(range(2, 9)), {"number": "12"}]), "--yes")
    assert "Plan of job leads: 7 to add · 1 to change · 0 to remove · 1 please fix" in said.out
    assert f"+ {number(2)}" in said.out
    assert "… and 2 more" in said.out
    assert re.search(rf"~ \{number(1)} .*Name 1 → New", said.out)
    assert "All 8 contacts were read at" in said.out
    assert "Still to come: 3 requests" in said.out
    assert "9 rows read = 7 added + 1 changed + 1 please fix" in said.out
    assert "Results: " in said.out
    assert "To fix:  " in said.out
    assert "Plan of" not in said.err
    assert "rows read" not in said.err


def test_nothing_is_coloured_so_no_color_is_honoured(desk: Desk, forge: Forge) -> None:
    code, said = at_a_terminal(forge, desk, ["run", desk.sheet(people(1))], "y\n")
    assert code == 0
    assert "Plan of job leads" in said
    assert not re.search(r"\x1b\[[0-9;]*m", said)


def at_a_terminal(forge: Forge, desk: Desk, arguments: list[object], typed: str) -> tuple[int, str]:
    """Exit code, and all that a person sees who types `typed` once asked."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = forge.at_terminal(desk, os.ttyname(theirs), *arguments)
    seen, asked = os.read(ours, 65536), False
    os.close(theirs)  # the process has it by now
    with contextlib.suppress(OSError):  # Linux: the terminal is gone when its last user is
        while more := os.read(ours, 65536):
            seen += more
            if not asked and re.search(rb"(\[y/N\]:|do the rest:) ?$", seen):
                asked = True
                os.write(ours, typed.encode())
    os.close(ours)
    return forge.ended(process), seen.decode()


@pytest.mark.parametrize(("typed", "code", "left"), [("2\n", 0, 3), ("y\n", 8, 5), ("\x04", 8, 5)])
def test_deletes_are_confirmed_by_typing_their_number(
    desk: Desk, forge: Forge, typed: str, code: int, left: int
) -> None:
    desk.seed(*people(range(5)))
    desk.config(
        source={"files": ["contacts.csv"]},
        sync={"remote_only": "delete", "owned": "all"},
        limits={"deletes": {"percent": None}},
    )
    desk.sheet(people(range(3)))
    ended, said = at_a_terminal(forge, desk, ["run"], typed)
    assert (ended, len(desk.held())) == (code, left), said
    assert "Type 2 to remove 2 contacts" in said
    assert f"- {number(4)}" in said


def test_a_no_at_the_terminal_sends_nothing_and_json_shows_the_plan_before_asking(desk: Desk, forge: Forge) -> None:
    path = desk.sheet(people(1))
    code, said = at_a_terminal(forge, desk, ["run", path, "--json"], "n\n")
    assert (code, desk.writes) == (8, 0)
    assert said.index("Plan of job leads") < said.index("Send 1 change?")


@pytest.mark.parametrize(("option", "shown"), [([], True), (["--no-progress"], False)])
def test_progress_bars_stand_at_a_terminal_only(desk: Desk, forge: Forge, option: list[str], shown: bool) -> None:
    desk.seed(*people(range(60)))
    path = desk.sheet(people(1))
    code, said = at_a_terminal(forge, desk, ["run", path, "--dry-run", *option], "")
    assert (code, "Reading Exotel" in said) == (0, shown)
    if shown:
        assert "Reading Exotel" not in desk("run", path, "--dry-run").err


def test_cron_with_a_bare_environment_needs_yes(desk: Desk) -> None:
    desk.config(source={"files": ["contacts.csv"]})
    desk.sheet([person(1, first_name="Zoë")])
    bare = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    command = ("run", "-c", "config.yaml")
    said = desk.process(*command, env=bare)
    assert (said.code, desk.writes) == (8, 0)
    assert "--yes" in said.err
    said = desk.process(*command, "--yes", env=bare)
    assert said.code == 0, said.err
    assert desk.held() == {number(1): {"first_name": "Zoë"}}


def test_a_reader_that_went_away_changes_nothing_of_a_run(desk: Desk) -> None:
    path = desk.sheet(people(range(10)))
    command = f"'{sys.executable}' -m syncjob run '{path}' --yes -v -c config.yaml"
    for n, pipe in enumerate(("2>err.txt | true", "2>&1 >/dev/null | true", "0<&- 1>&- 2>&-")):
        desk.sheet(people(range(10), first_name=f"Name {n}"))
        shell = ["bash", "-c", f"set -o pipefail; {command} {pipe}"]
        done = subprocess.run(shell, cwd=desk.folder, env={**os.environ, "PYTHONPATH": ROOT}, timeout=60)
        assert done.returncode == 0, pipe
        assert {contact["first_name"] for contact in desk.held().values()} == {f"Name {n}"}, pipe
    assert "Traceback" not in (desk.folder / "err.txt").read_text()
    assert "BrokenPipe" not in (desk.folder / "err.txt").read_text()


def test_python_dash_m_and_version(desk: Desk) -> None:
    said = desk.process("--version")
    assert said.code == 0
    assert re.match(r"syncjob, version \d", said.out)
