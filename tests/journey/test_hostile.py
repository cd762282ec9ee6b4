"""Hostile surroundings: no room, no permission, damaged memory, a clock set back, another config, an error of ours."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncjob.differ import Known, compare
from syncjob.executor import Settings, Work
from syncjob.executor.doubt import settle_creates
from syncjob.journal import Journal
from syncjob.listing import Pages, Threads, scan
from syncjob.planner import draft
from tests.builders_work import ALL, number, remote_of, rows_of
from tests.journey.builders import Desk, people
from tests.journey.builders_hostile import Forge

pytestmark = pytest.mark.usefixtures("reads_here")

LONG = "a company with a very long name indeed " * 40


def journals(desk: Desk) -> list[Path]:
    return sorted((desk.folder / "state").rglob("journal.db"))


def whole(desk: Desk, count: int) -> None:
    """All of so many contacts are there, none twice, and every row of the newest results says so."""
    assert len(desk.held()) == count
    assert set(desk.outcomes()) == {"created"}


# -- no room -------------------------------------------------------------------------------------------------------


def test_a_journal_that_can_not_be_written_sends_nothing_and_every_row_is_told(desk: Desk) -> None:
    sheet = desk.sheet(people(range(3)))

    def in_the_way(_page: int, _store: object) -> None:
        (run,) = (desk.folder / "state").glob("*/runs/*")
        (run / "journal.db.new" / "occupied").mkdir(parents=True, exist_ok=True)

    desk.remote.faults.meddler = in_the_way
    said = desk("run", sheet, "--yes")
    assert (said.code, desk.writes) == (1, 0), said.err
    assert "journal.db can't be written" in said.err
    assert set(desk.outcomes()) == {"not_sent/run_ended"}
    assert desk.summary()["exit_code"] == 1
    desk.remote.faults.clear()
    assert "nothing to resume" in desk("resume").err
    assert desk("run", sheet, "--yes").code == 0
    whole(desk, 3)


def test_no_room_for_what_was_read_is_told_as_such(desk: Desk, forge: Forge) -> None:
    desk.sheet(people(range(300), company_name=LONG))
    said = forge.run(desk, "run", "contacts.csv", "--yes", limit=100_000)
    assert (said.code, len(desk.remote.log)) == (4, 0)
    assert "no room" in said.err
    assert "damaged" not in said.err


def test_a_journal_that_fills_up_in_the_middle_stops_the_sending_and_resume_goes_on(desk: Desk, forge: Forge) -> None:
    desk.config(sync={"batch_size": 1})
    desk.sheet(people(range(60)))
    said = forge.run(desk, "run", "contacts.csv", "--yes", limit=200_000)
    sent = len(desk.remote.log.of("create"))
    assert said.code == 1, said.err
    assert 0 < sent < 60
    assert "can't be written" in said.err
    assert "resume" in said.err
    outcomes = desk.outcomes()
    assert outcomes.count("created") in (sent - 1, sent)  # the reply to the last one may not have found room
    assert set(outcomes) <= {"created", "unknown/reply_lost", "not_sent/run_ended"}
    assert desk.summary()["exit_code"] == 1
    said = desk("resume")
    assert said.code == 0, said.err
    whole(desk, 60)
    assert len(desk.remote.log.of("create")) == 60


def test_a_memory_that_does_not_fit_sends_nothing(desk: Desk, forge: Forge) -> None:
    path = desk.sheet(people(range(3)))
    said = forge.run(desk, "run", path, "--yes", limit=4096)
    assert (said.code, len(desk.remote.log)) == (1, 0)
    assert "can't be written" in said.err
    assert desk("run", path, "--yes").code == 0
    whole(desk, 3)


# -- no permission -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("run", "contacts.csv"), ("run", "contacts.csv", "--dry-run")])
def test_results_that_can_not_be_written_are_told_before_anything_is_asked_or_sent(
    desk: Desk, command: tuple[str, ...]
) -> None:
    desk.sheet(people(range(3)))
    (desk.folder / "results").write_text("a file in the way")  # nobody can write into it, not even root
    said = desk(command[0], desk.folder / command[1], *command[2:], "--yes")
    assert (said.code, len(desk.remote.log)) == (1, 0)
    assert f"The results can't be written to {desk.folder / 'results'}" in said.err
    assert "results: dir" in said.err


def test_a_result_path_that_can_not_be_written_is_told_before_anything_is_sent(desk: Desk) -> None:
    path = desk.sheet(people(range(3)))
    (desk.folder / "away").write_text("a file in the way")
    said = desk("run", path, "--yes", "--result", desk.folder / "away" / "answer.xlsx")
    assert (said.code, desk.writes) == (1, 0)
    assert "can't be written" in said.err


def test_results_that_vanish_during_the_run_come_with_the_next_one(desk: Desk) -> None:
    path = desk.sheet(people(range(3)))

    def in_the_way(page: int, _store: object) -> None:
        if page == 2:  # between the plan and the first create
            shutil.rmtree(desk.folder / "results", ignore_errors=True)
            (desk.folder / "results").write_text("a file in the way")

    desk.remote.faults.meddler = in_the_way
    said = desk("run", path, "--yes")
    assert (said.code, len(desk.held())) == (1, 3), said.err
    assert "can't be written" in said.err
    desk.config(results={"dir": "elsewhere"})  # as the advice says
    said = desk("resume")
    assert said.code == 0, said.err
    (result,) = (desk.folder / "elsewhere").glob("2*/result.xlsx")
    assert result.is_file()
    assert len(desk.remote.log.of("create")) == 1


def test_a_state_folder_that_can_not_be_made_is_told_before_anything_is_read(desk: Desk) -> None:
    (desk.folder / "state").write_text("a file in the way")
    said = desk("run", desk.sheet(people(range(3))), "--yes")
    assert (said.code, len(desk.remote.log)) == (1, 0)
    assert "can't be made" in said.err


def test_a_workbook_held_open_gets_another_name_that_is_told(desk: Desk, forge: Forge) -> None:
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    path = desk.sheet(people(range(3)), "contacts.xlsx")
    desk.config(remote={"timeout": 10}, sync={"batch_size": 1})
    running = forge.start(desk, "run", path, "--yes")
    assert desk.remote.gate.until_waiting(seconds=60)
    running.signal(signal.SIGINT)
    running.heard("Stopping")
    desk.remote.gate.release()
    assert running.wait().code == 130
    book = desk.latest() / "result.xlsx"
    book.unlink()
    book.mkdir()  # what can't be replaced, whoever asks: as Windows keeps a workbook that Excel has open
    said = desk("resume")
    assert said.code == 0, said.err
    assert (desk.latest() / "result (2).xlsx").is_file()
    assert "result.xlsx can't be replaced (is it open?)" in said.out
    assert "result (2).xlsx" in said.out


# -- damaged, foreign ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "how"), [("journal.db", "damaged"), ("journal.db", "foreign"), ("memory.db", "damaged")]
)
def test_a_damaged_or_foreign_file_is_refused_with_advice_and_left_as_it_is(desk: Desk, what: str, how: str) -> None:
    desk.remote.faults.add("error", call="create", status=401)
    sheet = desk.sheet(people(range(3)))
    assert desk("run", sheet, "--yes").code == 6
    (path,) = (desk.folder / "state").rglob(what)
    for beside in path.parent.glob(f"{what}-*"):
        beside.unlink()
    if how == "damaged":
        path.write_bytes(b"\0" * 5000)
    else:
        path.unlink()
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("create table theirs (a)")
            db.commit()
    held, writes = path.read_bytes(), desk.writes
    for command in (("run", sheet, "--yes"), ("resume",)):
        said = desk(*command)
        assert (said.code, desk.writes) == (1, writes)
        assert f"{path} can't be used" in said.err
        assert "Move it away" in said.err or "move it away" in said.err
        assert path.read_bytes() == held
    path.unlink()
    assert desk("run", sheet, "--yes").code == 0
    assert len(desk.held()) == 3


# -- time ----------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_makes_nobody_wait_for_it(desk: Desk, tmp_path: Path) -> None:
    remote, waits = remote_of(desk.remote), list[float]()
    moment = datetime.now().astimezone()
    listing = scan(Pages(remote.page, Threads(2)), "IN")
    table = draft(compare(rows_of(people(range(2))), listing.contacts, ALL, Known())).table
    with Journal.create(tmp_path / "journal.db", {"run_id": "r"}, table) as journal:
        changes = journal.take("create", "planned")
        journal.intend("create-1", "create", changes, (moment + timedelta(hours=3)).timestamp())  # then it was set back
        settings = Settings(timeout=7.0, look_again=0.0)
        work = Work(remote, journal, Threads(2), set(), 0, settings, lambda: moment, waits.append)
        settle_creates(work)
        assert waits == [7.0]
        assert journal.count(state="planned") == 2


def test_a_state_folder_that_is_slow_is_waited_for(desk: Desk, forge: Forge) -> None:
    desk.config(sync={"batch_size": 1}, remote={"timeout": 10})
    desk.sheet(people(range(3)))
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    running = forge.start(desk, "run", "contacts.csv", "--yes")
    assert desk.remote.gate.until_waiting(seconds=60)
    with contextlib.closing(sqlite3.connect(journals(desk)[0], isolation_level=None)) as slow:
        slow.execute("begin immediate")  # whoever writes now must wait
        desk.remote.gate.release()
        assert len(desk.remote.log.of("create")) == 1
        slow.execute("rollback")
    assert running.wait().code == 0
    whole(desk, 3)


# -- what changed meanwhile ----------------------------------------------------------------------------------------


def test_a_config_changed_between_run_and_resume_changes_nothing_of_the_run(desk: Desk) -> None:
    desk.seed(*people(range(2), tag="old"))
    desk.config(sync={"batch_size": 1})
    sheet = desk.sheet(people(range(1, 5)))
    desk.remote.faults.add("error", call="create", status=401, nth=2)
    assert desk("run", sheet, "--yes").code == 6
    desk.config(
        sync={"remote_only": "delete", "owned": "all"},
        columns={"first_name": "last_name"},
        phone={"default_region": "US"},
        limits={"deletes": {"percent": 100}},
    )
    sheet.unlink()
    said = desk("resume")
    assert said.code == 0, said.err
    assert set(desk.held()) == {number(n) for n in range(5)}
    assert desk.outcomes() == ["unchanged", "created", "created", "created"]


# -- errors of ours ------------------------------------------------------------------------------------------------


def test_an_error_of_ours_in_the_middle_still_tells_every_row_and_resume_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.config(sync={"batch_size": 1})
    sheet = desk.sheet(people(range(4)))
    settle, calls = Work.settle, count()

    def broken(*given: Any, **named: Any) -> None:
        if next(calls) == 1:  # the reply to the second create is there, and not yet written down
            raise ZeroDivisionError("by\nzero")
        settle(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Work, "settle", broken)
        said = desk("run", sheet, "--yes", "-v")
    assert said.code == 1
    assert "An error of syncjob's own ended the run: ZeroDivisionError: by zero" in said.err
    assert "syncjob resume" in said.err
    assert "in broken" in said.err  # --verbose shows where
    assert desk.outcomes() == ["created", "unknown/reply_lost", "not_sent/run_ended", "not_sent/run_ended"]
    assert desk.summary()["exit_code"] == 1
    assert desk("resume").code == 0
    whole(desk, 4)
    assert len(desk.remote.log.of("create")) == 4
