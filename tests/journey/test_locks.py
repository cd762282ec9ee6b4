"""One writing run per account: the second says whose turn it is, or waits for it; a dead owner holds nothing."""

from __future__ import annotations

import re
import signal
import threading
from datetime import datetime
from pathlib import Path

from syncjob.state import new_run, open_account
from tests.journey.builders import Desk, people
from tests.journey.builders_hostile import Forge, Running


def at_work(desk: Desk, forge: Forge) -> Running:
    """A run that holds the lock: its first create waits for the remote."""
    desk.config(source={"files": ["contacts.csv"]}, remote={"timeout": 10})
    desk.sheet(people(range(3)))
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    running = forge.start(desk, "run", "--yes", name="first")
    assert desk.remote.gate.until_waiting(seconds=60)
    return running


def ended(desk: Desk, running: Running) -> None:
    desk.remote.gate.release()
    assert running.wait().code == 0


def test_exit_7_names_the_job_the_process_and_since_when(desk: Desk, forge: Forge) -> None:
    running = at_work(desk, forge)
    before = len(desk.remote.log)
    for command in (["run", "--yes"], ["resume"], ["undo", "20261121-020000-3f9a"]):
        said = desk(*command)
        assert said.code == 7, said.err
        found = re.search(r"at work on this account: job leads \(process (\d+) on \S+, since (\S+)\)", said.err)
        assert found, said.err
        assert int(found[1]) == running.pid
        assert abs((datetime.now().astimezone() - datetime.fromisoformat(found[2])).total_seconds()) < 60
        assert "--wait" in said.err
    assert len(desk.remote.log) == before
    ended(desk, running)


def test_what_only_reads_needs_no_lock(desk: Desk, forge: Forge) -> None:
    running = at_work(desk, forge)
    assert desk("run", "--dry-run").code == 0
    assert desk("check").code == 0
    assert desk("history", "list").code == 0
    ended(desk, running)
    assert len(desk.held()) == 3


def test_wait_waits_for_the_other_run_and_then_goes(desk: Desk, forge: Forge) -> None:
    first = at_work(desk, forge)
    second = forge.start(desk, "run", "--yes", "--wait", 5, name="second")
    second.heard("Waiting up to 5 minutes")
    assert f"job leads (process {first.pid} on" in second.err
    ended(desk, first)
    said = second.wait()
    assert (said.code, desk.outcomes()) == (0, ["unchanged"] * 3), said.err
    assert len(desk.remote.log.of("create")) == 1


def test_ctrl_c_ends_the_wait_for_another_run(desk: Desk, forge: Forge) -> None:
    first = at_work(desk, forge)
    second = forge.start(desk, "run", "--yes", "--wait", 5, name="second")
    second.heard("Waiting up to")
    second.signal(signal.SIGTERM)
    assert second.wait().code == 143
    ended(desk, first)


def test_the_lock_dies_with_its_owner(desk: Desk, forge: Forge) -> None:
    running = at_work(desk, forge)
    running.signal(signal.SIGKILL)
    assert running.wait().code == -signal.SIGKILL
    assert list((desk.folder / "state").rglob("lock.json"))  # the card of the dead; the lock itself is free
    desk.remote.gate.release()
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert len(desk.held()) == 3


def test_two_runs_of_one_second_have_two_names(tmp_path: Path) -> None:
    account, moment = open_account(tmp_path, "host/account"), datetime.now().astimezone()
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(new_run(account, moment))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8
    assert sorted(path.name for path in account.runs.iterdir()) == sorted(made)
