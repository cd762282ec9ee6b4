"""A plan workbook through the commands: what a person approves in it is done, and only that, once."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from syncjob.emulator import Emulator
from tests.builders_planbook import ADD, CHANGE, REMOVE, answer, opened, yes_to_all
from tests.builders_work import number
from tests.journey.builders import Desk, people, person, read_sheet
from tests.journey.test_lists import ListDesk
from tests.journey.test_plan_apply import SETTINGS

pytestmark = pytest.mark.usefixtures("reads_here")


def planned(desk: Desk) -> Path:
    """A saved plan workbook of two creates (9, 10), two updates (1, 2) and two deletes (3, 4); 0 stays as it is."""
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS)
    desk.sheet([person(0), *people(1, 2, first_name="New"), *people(9, 10)])
    path = desk.folder / "plan.xlsx"
    said = desk("plan", "-o", path)
    assert said.code == 0, said.err
    assert f"To carry out what you approve in it: syncjob apply {path}" in said.err
    assert desk.writes == 0
    desk.remote.log.clear()
    return path


def refused(desk: Desk, path: Path, says: str) -> None:
    """The plan is refused before anything is read or sent."""
    said = desk("apply", path, "--yes")
    assert (said.code, len(desk.remote.log)) == (2, 0), says
    assert says in said.err


def test_a_plan_as_it_was_saved_adds_and_changes_removes_nothing_and_is_applied_once(desk: Desk) -> None:
    path = planned(desk)
    (desk.folder / "contacts.csv").unlink()
    assert desk("apply", path).code == 0  # a workbook is the yes
    assert desk.outcomes() == ["unchanged", "updated", "updated", "created", "created"]
    assert desk.only() == {number(3): "skipped/reviewers_no", number(4): "skipped/reviewers_no"}
    assert desk.runs() == ["apply"]
    yes_to_all(path)
    desk.remote.log.clear()
    refused(desk, path, "applied before")


def test_exactly_the_approved_lines_are_done_and_who_approved_them_is_recorded(desk: Desk) -> None:
    path = planned(desk)
    yes_to_all(path)
    answer(path, REMOVE, 3, "no")
    answer(path, CHANGE, 2, None)
    with opened(path) as book:
        book[ADD].delete_rows(3)
        book.properties.lastModifiedBy = "Asha Rao"
    said = desk("apply", path)
    assert "plan.xlsx: 3 of 6 changes are approved, by Asha Rao." in said.err
    no = "skipped/reviewers_no"
    assert (said.code, desk.outcomes()) == (0, ["unchanged", no, "updated", "created", no])
    assert desk.only() == {number(3): "deleted", number(4): no}
    assert "A reviewer did not approve it." in desk.rows()[1]["sync_message"]
    the_approval_is_recorded(desk)


def the_approval_is_recorded(desk: Desk) -> None:
    """In the summary, the workbook, the journal, and the run's story."""
    approved = desk.summary()["approved"]
    assert re.fullmatch(r"by Asha Rao in plan\.xlsx; applied \d+ \w+ 2\d+, \d\d:\d\d \S+ by \S+", approved)
    summary = openpyxl.load_workbook(desk.latest() / "result.xlsx")["Summary"]
    assert approved in [cell.value for line in summary.iter_rows() for cell in line]
    (journal,) = (desk.folder / "state").rglob("journal.db")
    with sqlite3.connect(journal) as db:
        assert db.execute("select value from meta where name = 'consent'").fetchone() == (approved,)
    assert f"  Approved: {approved}\n" in desk("history", "show", desk.latest().name).out


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"job": "other"}, "The plan is of job leads, not other"),
    ({"remote": {"account_sid": "other1"}}, "The plan is for account"),
    ({"limits": {"plan_age": "0s"}}, "limits.plan_age"),
    ({}, "sheet To add: column I is not part of the plan"),
]


def test_a_workbook_of_another_job_or_account_too_old_or_edited_is_refused(desk: Desk) -> None:
    path = planned(desk)
    for groups, says in OTHERS:
        if not groups:
            with opened(path) as book:
                book[ADD]["I2"].value = "asked Ravi"
        desk.config(**{**SETTINGS, **groups})
        refused(desk, path, says)


def test_a_plan_that_a_guard_refuses_is_saved_with_the_refusal_and_the_command_on_its_first_sheet(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS, limits={"deletes": {"count": 2}})
    desk.sheet(people(0, 1))
    path = desk.folder / "plan.xlsx"
    said = desk("plan", "-o", path)
    assert said.code == 5
    texts = [str(cell.value) for line in openpyxl.load_workbook(path)["Summary"].iter_rows() for cell in line]
    assert any(text.startswith("too_many_deletes: 3 of 5 contacts") for text in texts)
    command = next(text for text in texts if text.startswith("syncjob apply"))
    assert "--allow too_many_deletes@" in command
    assert command in said.err
    yes_to_all(path)
    again = desk("apply", path)
    assert (again.code, desk.writes) == (5, 0)
    assert desk.paste(again).code == 8  # the workbook's yes does not go over to the plan.json of the refused run
    whole = path.read_bytes()
    answer(path, REMOVE, 2, "no")  # guards are judged on what is approved
    assert desk("apply", path).code == 0
    assert len(desk.held()) == 3
    path.write_bytes(whole)
    assert "applied before" in desk.paste(said).err


def test_a_refused_plan_is_allowed_as_its_first_sheet_says(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS, limits={"deletes": {"count": 2}})
    desk.sheet(people(0, 1))
    said = desk("plan", "-o", desk.folder / "plan.xlsx")
    yes_to_all(desk.folder / "plan.xlsx")
    assert desk.paste(said).code == 0
    assert len(desk.held()) == 2


def test_texts_of_every_kind_stand_in_the_workbook_as_they_are_and_survive_a_save(desk: Desk) -> None:
    odd = ["=1+1", "_x0041_", " two\nlines ", "<r>bold</r>", "-5", "नमस्ते 🙏", "a\tb", "yes"]
    desk.seed(*people(range(8)), {**person(8), "custom_field": {"Name": "x", "approve": "1"}})
    desk.config(**SETTINGS, columns={"Name": "custom_field.Name", "approve": "custom_field.approve"})
    rows = [{**person(n, first_name=text), "Name": text, "approve": "2"} for n, text in enumerate([*odd, "Z"])]
    added = [{**person(20 + n), "last_name": text} for n, text in enumerate(odd)]
    desk.sheet([*rows, *added], header=[*rows[0], "last_name"])
    path = desk.folder / "plan.xlsx"
    assert desk("plan", "-o", path).code == 0
    lines = read_sheet(path, ADD)
    assert [line["Last name"] for line in lines] == [text.strip(" ") for text in odd]
    with opened(path) as book:
        assert [cell.data_type for cell in book[ADD]["B"]][1:] == ["s"] * 8
    assert desk("apply", path).code == 0
    assert desk.outcomes() == ["updated"] * 9 + ["created"] * 8


def test_a_plan_never_replaces_its_source(desk: Desk) -> None:
    path = desk.sheet(people(1), "contacts.xlsx")
    before = path.read_bytes()
    desk.config(source={"files": ["contacts.xlsx"]})
    for named in ([path], []):
        said = desk("plan", *named, "-o", path)
        assert (said.code, path.read_bytes()) == (2, before)
        assert "is the source" in said.err


def test_who_joins_a_list_comes_filled_with_yes_and_who_leaves_it_waits(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = ListDesk(tmp_path, remote)
        desk.seed(*people(range(1, 5)))
        diwali = desk.list("Diwali", 0, 1)
        desk.of_list(sync={"remote_only": "delete", "owned": "all"})
        desk.sheet(people(2, 3, 9))
        path = desk.folder / "plan.xlsx"
        assert desk("plan", "-o", path).code == 0
        filled = {name: read_sheet(path, name)[0]["approve"] for name in ("To add", "To join the list")}
        assert set(filled.values()) == {"yes"}
        assert read_sheet(path, "To leave the list")[0]["approve"] == '=IF(approve_all_removals="yes","yes","")'
        answer(path, "To join the list", 2, "no")
        yes_to_all(path)
        assert desk("apply", path).code == 0
        assert desk.members(diwali) == [number(2), number(9)]
