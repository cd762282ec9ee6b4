"""Ctrl-C and SIGTERM at every phase: no new work, what is in flight is settled, results, 130 or 143, and resume."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncjob.journal import Journal
from tests.builders_work import number
from tests.journey.builders import Desk, people, person, read_sheet, told
from tests.journey.builders_hostile import ROOT, Forge, Running

pytestmark = pytest.mark.usefixtures("reads_here")


def laid_out(desk: Desk, timeout: float = 5) -> None:
    """A job whose run changes 1–4, adds 5–9 and removes 0, in batches of two."""
    desk.seed(*people(range(5), tag="old"))
    desk.config(
        source={"files": ["contacts.csv"]},
        sync={"remote_only": "delete", "owned": "all", "batch_size": 2},
        limits={"deletes": {"percent": 100}, "updates": {"percent": 100}},
        remote={"timeout": timeout, "concurrency": 2},
    )
    desk.sheet(people(range(1, 10), tag="new"))


COMMAND = [sys.executable, "-m", "syncjob"]
WANTED = {number(n): {"first_name": f"Name {n}", "tag": "new"} for n in range(1, 10)}


def unsettled(desk: Desk) -> list[str]:
    """The states of changes in the newest journal that are neither settled nor planned."""
    path = max((desk.folder / "state").rglob("journal.db"), key=lambda found: found.parent.name)
    with Journal.open(path) as journal:
        return [state for state in journal.frame()["state"] if state not in ("settled", "planned")]


def as_wanted(desk: Desk) -> bool:
    """Whether the remote holds exactly what the sheet says, nobody twice."""
    return desk.held() == WANTED


def resumed(desk: Desk, deleted: int = 1, creates: int = 3) -> None:
    """`resume` ends the run, every contact is as wanted, and no create was sent that need not be."""
    said = desk("resume", "--yes")
    assert said.code == 0, said.err
    assert as_wanted(desk)
    assert desk.outcomes() == ["updated"] * 4 + ["created"] * 5
    assert desk.summary()["remote_only"] == {"deleted": deleted}
    assert len(desk.remote.log.of("create")) == creates
    assert unsettled(desk) == []
    assert "nothing to resume" in desk("resume", "--yes").err


def rate_of(desk: Desk) -> Path:
    """The file through which runs share a pause."""
    return next((desk.folder / "state").rglob("rate"))


def stopped_at(desk: Desk, forge: Forge, call: str, number: signal.Signals, held: int = 1) -> Running:
    """A run, told to stop while so many requests of this kind are held."""
    desk.remote.faults.add("hold", call=call, times=held, seconds=30, when="late")
    running = forge.start(desk, "run", "--yes")
    assert desk.remote.gate.until_waiting(held, 60)
    running.signal(number)
    running.heard("Stopping")
    return running


SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


@SIGNALS
def test_a_batch_in_flight_is_settled_and_the_rest_waits_for_resume(
    desk: Desk, forge: Forge, number: signal.Signals, code: int
) -> None:
    laid_out(desk)
    call = "create" if code == 130 else "update_many"
    running = stopped_at(desk, forge, call, number)
    desk.remote.gate.release()
    said = running.wait()
    assert (said.code, len(desk.remote.log.of(call))) == (code, 1), said.err
    assert "Traceback" not in said.err
    assert "Next:    syncjob resume" in said.out
    assert unsettled(desk) == []
    outcomes = desk.outcomes()
    assert outcomes.count("created") + outcomes.count("updated") == (2 if call == "create" else 7)
    assert set(outcomes) <= {"created", "updated", "not_sent/run_ended"}
    assert (desk.summary()["exit_code"], desk.only()) == (code, {person(0)["number"]: "not_sent/run_ended"})
    resumed(desk)


def test_deletes_in_flight_are_settled_and_no_other_is_sent(desk: Desk, forge: Forge) -> None:
    laid_out(desk)
    desk.seed(*people(range(20, 26)))
    running = stopped_at(desk, forge, "delete", signal.SIGTERM, held=2)
    desk.remote.gate.release()
    assert running.wait().code == 143
    assert len(desk.remote.log.of("delete")) == 2
    assert sorted(desk.only().values()) == ["deleted"] * 2 + ["not_sent/run_ended"] * 5
    resumed(desk, deleted=7)
    assert len(desk.remote.log.of("delete")) == 7


def test_while_the_remote_is_read_every_row_is_told_and_nothing_was_sent(desk: Desk, forge: Forge) -> None:
    laid_out(desk)
    running = stopped_at(desk, forge, "page", signal.SIGTERM)
    desk.remote.gate.release()
    assert (running.wait().code, desk.writes) == (143, 0)
    assert set(desk.outcomes()) == {"not_sent/run_ended"}
    assert desk("resume").code == 0
    assert desk("run", "--yes").code == 0
    assert as_wanted(desk)


def test_while_a_file_is_waited_for_the_end_is_at_once(desk: Desk, forge: Forge) -> None:
    desk.config(source={"files": ["late.csv"], "wait": 60})
    running = forge.start(desk, "run", "--yes")
    running.heard("Waiting up to")
    running.signal(signal.SIGINT)
    said = running.wait()
    assert (said.code, len(desk.remote.log)) == (130, 0)
    assert said.err.splitlines()[-1].endswith("exit 130")


def test_while_a_429_pauses_everybody_the_end_is_at_once(desk: Desk, forge: Forge) -> None:
    laid_out(desk)
    desk.remote.faults.add("too_many", call="create", seconds=60, nth=2)
    running = forge.start(desk, "run", "--yes")
    running.heard("pause: ")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130
    assert desk.outcomes().count("created") == 2
    assert unsettled(desk) == []
    desk.remote.log.clear()
    rate_of(desk).unlink()  # the pause is over
    resumed(desk, creates=2)


@pytest.mark.parametrize("lands", [True, False])
def test_a_second_signal_leaves_at_once_and_resume_finds_out_what_landed(desk: Desk, forge: Forge, lands: bool) -> None:
    laid_out(desk, timeout=1)
    if not lands:
        desk.remote.faults.add("hold", call="create", seconds=30, when="before")
    running = stopped_at(desk, forge, "create", signal.SIGINT) if lands else None
    if running is None:
        running = forge.start(desk, "run", "--yes")
        assert desk.remote.gate.until_waiting(seconds=60)
        running.signal(signal.SIGINT)
        running.heard("Stopping")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130
    assert not (desk.folder / "results").exists() or not list((desk.folder / "results").glob("*/summary.json"))
    desk.remote.gate.release()
    resumed(desk, creates=3 if lands else 4)


def test_a_run_that_was_stopped_is_settled_by_the_next_run(desk: Desk, forge: Forge) -> None:
    laid_out(desk)
    desk.remote.faults.add("cut", call="create", when="after")
    desk.remote.faults.add("hold", call="page", nth=4, seconds=30, when="late")
    running = forge.start(desk, "run", "--yes")
    assert desk.remote.gate.until_waiting(seconds=60)  # it looks whether the create landed
    running.signal(signal.SIGINT)
    running.heard("Stopping")
    desk.remote.gate.release()
    assert running.wait().code == 130
    first = desk.latest()
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert "was interrupted" in said.err
    assert as_wanted(desk)
    rows = read_sheet(first / "result.xlsx", "Results")
    assert [told(row) for row in rows].count("created") == 2  # what was in doubt is known by now
    assert "unknown/reply_lost" not in map(told, rows)


def test_at_the_question_ctrl_c_ends_the_run_and_tells_every_row(desk: Desk, forge: Forge) -> None:
    laid_out(desk)
    terminal, theirs = pty.openpty()
    process = forge.at_terminal(desk, os.ttyname(theirs), "run")
    shown = b""
    while b"Type 1 to remove" not in shown:
        shown += os.read(terminal, 4096)
    os.close(theirs)  # the command's own is the last
    os.write(terminal, b"\x03")
    with contextlib.suppress(OSError):  # Linux: the terminal is gone when its last user is
        while more := os.read(terminal, 4096):
            shown += more
    os.close(terminal)
    assert forge.ended(process) == 130, shown
    assert (desk.writes, set(desk.outcomes())) == (0, {"not_sent/run_ended"})
    assert desk("run", "--yes").code == 0


def test_the_installed_command_obeys_as_well_and_says_plain_lines_only(desk: Desk) -> None:
    laid_out(desk)
    desk.remote.faults.add("hold", call="update_many", seconds=30, when="late")
    command = [*COMMAND, "run", "--yes", "--config", str(desk.folder / "config.yaml")]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert desk.remote.gate.until_waiting(seconds=60)
        process.terminate()
        assert process.stderr
        assert any(b"Stopping" in line for line in process.stderr)
        desk.remote.gate.release()
        out, err = process.communicate()
    assert process.returncode == 143
    assert not {b"\r", b"\x1b", b"%|"} & {mark for mark in (b"\r", b"\x1b", b"%|") if mark in out + err}
    resumed(desk)
