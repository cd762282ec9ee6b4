"""history: the runs, one run, one contact's story, and what is purged when."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from syncjob.emulator import Emulator
from syncjob.job.history import Purged, events_of, purge
from syncjob.job.session import Session
from syncjob.memory import Lesson, RunRecord
from syncjob.state import new_run
from tests.builders_past import Past, number, past, row

pytestmark = pytest.mark.usefixtures("reads_here")


@dataclass
class Story(Past):
    """The first contact is added, changed, and removed, among others, in three runs; tests only read of it."""

    runs: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with Emulator() as remote:
        job = Story(remote, tmp_path_factory.mktemp("story"))
        first = job.run(row(1, first_name="Asha", city="Pune"), row(2), row(3, first_name="=1+1"))
        second = job.run(row(2), row(1, first_name="Aisha", city="Goa"), row(3, first_name="=1+1"))
        job.runs = first, second, job.run(row(2), row(3, first_name="=1+1"))
        yield job


def later(opened: Session, days: int) -> Session:
    """The session so many days later."""
    now = opened.now() + timedelta(days=days)
    return replace(opened, now=lambda: now)


def settled(opened: Session) -> str:
    """A good whole run of the job, as memory has it."""
    run_id, now = new_run(opened.account, opened.now()), opened.now().isoformat(timespec="seconds")
    opened.memory.begin(RunRecord(run_id, "leads", "sheet.csv", now, live=True, whole=True, kind="run"))
    nobody = pd.DataFrame({"number": [], "sid": []}, dtype="str")
    opened.memory.learn(run_id, "leads", Lesson(nobody, nobody, frozenset(), {}, good_whole=True))
    opened.memory.end(run_id, ended=now, exit_code=0, counts={}, results=None)
    return run_id


def test_the_story_of_a_contact_is_told_newest_first(story: Story) -> None:
    first, second, third = story.runs
    events = story.told("history", "show", "98000-00001")["events"]
    assert [(e["run"], e["outcome"], e["row"]) for e in events] == [
        (third, "deleted", None),
        (second, "updated", "3"),
        (first, "created", "2"),
    ]
    assert [[(f["field"], f["old"], f["new"]) for f in e["fields"]] for e in events] == [
        [("first_name", "Aisha", ""), ("custom_field.city", "Goa", "")],
        [("first_name", "Asha", "Aisha"), ("custom_field.city", "Pune", "Goa")],
        [("first_name", "", "Asha"), ("custom_field.city", "", "Pune")],
    ]
    assert all(len(e["request_id"]) == 32 for e in events)
    assert {e["file"] for e in events[1:]} == {str(story.folder / "sheet.csv")}


def test_the_story_as_text_names_row_values_and_request(story: Story) -> None:
    assert story.do("history", "show", number(1)) == 0
    assert f"{number(1)}, newest first:" in story.said
    assert "Changed · " in story.said
    assert "sheet.csv, row 3" in story.said
    assert "First name: Asha → Aisha" in story.said
    assert "city: Goa → –" in story.said
    assert story.do("history", "show", number(99)) == 0
    assert "No run is known to have done anything" in story.said


@pytest.mark.parametrize("name", ["story.xlsx", "story.csv"])
def test_the_story_as_a_file(story: Story, tmp_path: Path, name: str) -> None:
    assert story.do("history", "show", number(3), "-o", tmp_path / name) == 0
    if name.endswith(".csv"):
        lines = list(csv.reader((tmp_path / name).read_text(encoding="utf-8-sig").splitlines()))
    else:
        lines = [list(map(str, line)) for line in openpyxl.load_workbook(tmp_path / name).active.values]  # type: ignore[union-attr]
    told = dict(zip(lines[0], lines[1], strict=True))
    assert (told["field"], told["new"].lstrip("'"), told["number"].lstrip("'")) == ("first_name", "=1+1", number(3))


def test_from_and_to_keep_their_days(story: Story) -> None:
    with story.session() as opened:
        today = opened.now().date()
        day = timedelta(days=1)
        assert len(events_of(opened, number(3), today, today)) == 1
        assert events_of(opened, number(3), today + day).empty
        assert events_of(opened, number(3), None, today - day).empty
    assert story.told("history", "show", number(3), "--from", today, "--to", today)["events"]
    assert not story.told("history", "show", number(3), "--from", today + day)["events"]


def test_other_jobs_of_the_account_are_part_of_the_story(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        job.run(row(1))
        other = Past(job.remote, tmp_path, {}, "others")
        other.run(row(1, tag="x"))
        assert [event["job"] for event in job.told("history", "show", number(1))["events"]] == ["others", "leads"]
        assert len(job.told("history", "list")["runs"]) == 1


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        assert job.do("history", "list") == 0
        assert "Job leads has not written anything yet" in job.said
        first = job.run(row(1), row(2))
        undone = job.undo(first)
        listed = job.told("history", "list")["runs"]
        assert [(run["run_id"], run["kind"], run["undone"]) for run in listed] == [
            (undone, "undo", False),
            (first, "run", True),
        ]
        assert listed[1]["counts"] == {"created": 2}
        assert job.do("history", "list") == 0
        assert "exit 0 · undone · 2 added" in job.said


def test_one_run_is_shown_with_requests_and_files(tmp_path: Path) -> None:
    with past(tmp_path, row(3), row(4)) as job:
        run_id = job.run(row(1), row(2), row(4))
        shown = job.told("history", "show", run_id)
        assert shown["contacts"] == {"created": 2, "deleted": 1}
        assert shown["requests"] == [
            {"verb": "create", "requests": 1, "changes": 2},
            {"verb": "delete", "requests": 1, "changes": 1},
        ]
        assert any(name.endswith("result.xlsx") for name in shown["files"])
        assert job.do("history", "show", run_id) == 0
        assert "Contacts: 2 added, 1 removed" in job.said


@pytest.mark.parametrize("what", ["20990101-000000-abcd", "hello", "98000"])
def test_neither_a_run_nor_a_number_is_exit_2(tmp_path: Path, what: str) -> None:
    with past(tmp_path) as job:
        assert job.do("history", "show", what) == 2
        assert "history list" in job.said


def test_a_run_takes_no_days_and_no_file(story: Story, tmp_path: Path) -> None:
    for more in (("--from", "2026-01-01"), ("-o", tmp_path / "run.csv")):
        assert story.do("history", "show", story.runs[0], *more) == 2


def test_a_story_goes_into_a_spreadsheet_only(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        assert job.do("history", "show", number(1), "-o", tmp_path / "story.txt") == 2


def test_results_go_after_keep_days_but_the_newest(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        runs = [job.run(row(1)), job.run(row(1, tag="x"))]
        results = tmp_path / "results"
        (results / "mine").mkdir()
        with job.session() as opened:
            assert purge(later(opened, 89)) == Purged()
            assert purge(later(opened, 91)) == Purged(results=(results / runs[0],))
            assert purge(later(opened, 91)) == Purged()
        assert sorted(path.name for path in results.iterdir()) == sorted(["index.html", "latest", "mine", runs[1]])
        assert runs[0] not in (results / "index.html").read_text()


def test_history_goes_after_history_days_but_open_and_good_runs(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        with job.session() as opened:
            runs = [settled(opened) for _ in range(7)]
            opened.memory.begin(opened.memory.runs()[-1])
            assert purge(later(opened, 729)).runs == ()
            assert purge(later(opened, 731)).runs == (runs[1],)
            assert {run.run_id for run in opened.memory.runs()} == {runs[0], *runs[2:]}
            assert {path.name for path in opened.account.runs.iterdir()} == {runs[0], *runs[2:]}
        assert job.do("history", "purge") == 0
        assert "Nothing is old enough" in job.said


def test_a_damaged_journal_does_not_hide_the_others(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        first, second = job.run(row(1)), job.run(row(1, tag="x"))
        with job.session() as opened:
            folder = opened.account.run(second)
        for path in folder.glob("journal.db*"):
            path.write_bytes(b"no database" * 500)
        assert job.do("history", "show", number(1)) == 0
        assert f"run {first}" in job.said
        assert "can't be used" in job.said


def test_history_works_from_a_shell_and_asks_the_account_nothing(story: Story) -> None:
    story.remote.log.clear()
    command = [sys.executable, "-m", "syncjob", "history", "list", "--json", "-c", str(story.config)]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert (done.returncode, len(story.remote.log)) == (0, 0), done.stderr
    assert json.loads(done.stdout)["runs"][0]["run_id"] == story.runs[-1]
