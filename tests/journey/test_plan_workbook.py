"""A plan workbook: what a person approves in it is done, and only that; whatever else was edited refuses it by name."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.workbook import Workbook

from syncjob.emulator import Emulator
from tests.builders_work import number
from tests.journey.builders import Desk, people, person, read_sheet
from tests.journey.builders_planbook import (
    ADD,
    CHANGE,
    REMOVE,
    SETTINGS,
    answer,
    column,
    opened,
    planned,
    rewrite,
    yes_to_all,
)
from tests.journey.test_lists import ListDesk

pytestmark = pytest.mark.usefixtures("reads_here")

DONE = ["unchanged", "updated", "updated", "created", "created"]
KEPT = {number(3): "skipped/reviewers_no", number(4): "skipped/reviewers_no"}


def changed(path: Path, change: Callable[[Workbook], None]) -> Path:
    """A copy of the workbook with a change."""
    copy = path.with_name("edited.xlsx")
    copy.write_bytes(path.read_bytes())
    with opened(copy) as book:
        change(book)
    return copy


def refused(desk: Desk, path: Path, says: str) -> str:
    """The plan is refused before anything is read or sent; what was said."""
    said = desk("apply", path, "--yes")
    assert (said.code, len(desk.remote.log)) == (2, 0), says
    assert says in said.err
    return said.err


def test_a_plan_as_it_was_saved_adds_and_changes_and_removes_nothing(desk: Desk) -> None:
    path = planned(desk)
    (desk.folder / "contacts.csv").unlink()
    said = desk("apply", path)  # a workbook is the yes
    assert (said.code, desk.outcomes(), desk.only()) == (0, DONE, KEPT)
    assert desk.remote.log.of("delete") == []
    assert desk.runs() == ["apply"]


def test_one_cell_answers_for_all_removals_and_a_line_may_say_otherwise(desk: Desk) -> None:
    path = planned(desk)
    yes_to_all(path, " Yes ")
    answer(path, REMOVE, 3, "no")
    assert desk("apply", path).code == 0
    assert desk.only() == {number(3): "deleted", number(4): "skipped/reviewers_no"}


def test_a_single_removal_is_approved_in_its_own_line(desk: Desk) -> None:
    path = planned(desk)
    answer(path, REMOVE, 2, "YES")
    assert desk("apply", path).code == 0
    assert desk.only() == {number(3): "deleted", number(4): "skipped/reviewers_no"}


def test_no_empty_and_a_line_that_is_gone_are_no(desk: Desk) -> None:
    path = planned(desk)
    answer(path, ADD, 2, "no")
    answer(path, CHANGE, 2, None)
    with opened(path) as book:
        book[ADD].delete_rows(3)
    assert desk("apply", path).code == 0
    no = "skipped/reviewers_no"
    assert desk.outcomes() == ["unchanged", no, "updated", no, no]
    assert "A reviewer did not approve it." in desk.rows()[1]["sync_message"]


def test_a_plan_of_which_nothing_is_approved_does_nothing(desk: Desk) -> None:
    path = planned(desk)
    with opened(path) as book:
        for name in (ADD, CHANGE, REMOVE):
            del book[name]
    assert (desk("apply", path).code, desk.writes) == (0, 0)


def test_sorting_filters_widths_and_moved_columns_are_no_edits(desk: Desk) -> None:
    path = planned(desk)
    with opened(path) as book:
        sheet = book[ADD]
        lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
        turned = [lines[0], *reversed(lines[1:])]
        for row, line in enumerate(turned, 1):
            for at, value in enumerate(reversed(line), 1):
                sheet.cell(row, at).value = value
        sheet.auto_filter.ref = "A1:C3"
        sheet.column_dimensions["B"].width = 90
        sheet.column_dimensions["C"].hidden = True
        book.move_sheet(REMOVE, -2)
    answer(path, CHANGE, 2, "no")
    assert desk("apply", path).code == 0
    assert desk.outcomes() == ["unchanged", "skipped/reviewers_no", "updated", "created", "created"]


def hide(book: Workbook) -> None:
    book[ADD].row_dimensions[3].hidden = True


def strike(book: Workbook) -> None:
    book[ADD]["B3"].font = Font(strike=True)


def hide_sheet(book: Workbook) -> None:
    book[ADD].sheet_state = "hidden"


UNSEEN: list[tuple[Callable[[Workbook], None], str]] = [
    (hide, "sheet To add, row 3: hidden or filtered out, and still yes"),
    (strike, "sheet To add, row 3: struck through, and still yes"),
    (hide_sheet, "sheet To add, rows 2, 3: hidden or filtered out, and still yes"),
]


def test_a_line_that_nobody_sees_and_still_says_yes_refuses_the_file(desk: Desk) -> None:
    path = planned(desk)
    for change, says in UNSEEN:
        refused(desk, changed(path, change), says)
    for row in (2, 3):
        answer(desk.folder / "edited.xlsx", ADD, row, "no")
    assert desk("apply", desk.folder / "edited.xlsx").code == 0
    assert desk.outcomes()[3:] == ["skipped/reviewers_no"] * 2


def edit_value(book: Workbook) -> None:
    book[CHANGE].cell(2, column(book[CHANGE], "First name")).value = "Mallory"


def edit_mark(book: Workbook) -> None:
    book[ADD].cell(2, column(book[ADD], "Line")).value = "1-00000000"


def copy_line(book: Workbook) -> None:
    for at, cell in enumerate(list(book[ADD][2]), 1):
        book[ADD].cell(4, at).value = cell.value


def say_maybe(book: Workbook) -> None:
    book[REMOVE]["A2"].value = "maybe"


def compute(book: Workbook) -> None:
    book[ADD]["A2"].value = '=IF(B2="","no","yes")'


def follow(book: Workbook) -> None:
    book[ADD]["A2"].value = book[REMOVE]["A2"].value


def take_a_note(book: Workbook) -> None:
    book[ADD]["H2"].value = "asked Ravi"


def drop_a_column(book: Workbook) -> None:
    book[CHANGE].delete_cols(2)


def add_a_sheet(book: Workbook) -> None:
    book.create_sheet("Mine")["A1"].value = "yes"


def edit_the_summary(book: Workbook) -> None:
    book["Summary"]["B2"].value = "Approved by everybody"


def set_a_total(book: Workbook) -> None:
    place = next(cell for line in book["Summary"].iter_rows() for cell in line if "COUNTIF" in str(cell.value))
    place.value = "all"


EDITS: list[tuple[Callable[[Workbook], None], str]] = [
    (edit_value, "sheet To change, row 2: edited in the column First name"),
    (edit_mark, "sheet To add, row 2: the column Line was edited"),
    (copy_line, "sheet To add, row 4: stands there twice, row 2 is the same change"),
    (say_maybe, "sheet To remove, row 2: says “maybe” in approve"),
    (compute, "sheet To add, row 2: holds a formula in approve"),
    (follow, "sheet To add, row 2: holds a formula in approve"),
    (take_a_note, "sheet To add: column H is not part of the plan"),
    (drop_a_column, "sheet To change: the column Number is missing"),
    (add_a_sheet, "sheet Mine: it is not part of the plan"),
    (edit_the_summary, "sheet Summary, cell B2: edited"),
    (set_a_total, "sheet Summary, cell D6: edited"),
]


def test_any_other_edit_refuses_the_file_and_is_named(desk: Desk) -> None:
    path = planned(desk)
    for change, says in EDITS:
        assert "Only approve may be changed" in refused(desk, changed(path, change), says)


def without_sealed(book: Workbook) -> None:
    del book["syncjob"]


def cut_sealed(book: Workbook) -> None:
    book["syncjob"].cell(5, 1).value = book["syncjob"].cell(5, 1).value[:-4]


def test_a_plan_that_lost_its_sealed_part_ends_in_one_sentence(desk: Desk) -> None:
    path = planned(desk)
    refused(desk, changed(path, without_sealed), "has lost its hidden sheet")
    refused(desk, changed(path, cut_sealed), "was edited or cut")


def test_an_answer_that_was_never_calculated_is_not_guessed(desk: Desk) -> None:
    path = planned(desk)
    cell = re.compile(r'(<c r="E8" s="\d+")/>')
    rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: cell.sub(r'\1 t="inlineStr"><is><t>yes</t></is></c>', xml))
    said = desk("apply", path)
    assert (said.code, desk.writes) == (2, 0)
    assert "sheet To remove, rows 2, 3: not calculated before it was saved" in said.err


def test_formulas_that_a_program_shared_among_lines_are_read(desk: Desk) -> None:
    path = planned(desk)
    yes_to_all(path)

    def shared(xml: str) -> str:
        whole = re.search(r"<f>[^<]*</f>", xml)
        assert whole
        text = whole[0].removeprefix("<f>")
        first = xml.replace(whole[0], f'<f t="shared" ref="A2:A3" si="0">{text}', 1)
        return first.replace(whole[0], '<f t="shared" si="0"/>')

    rewrite(path, "xl/worksheets/sheet4.xml", shared)
    assert desk("apply", path).code == 0
    assert set(desk.only().values()) == {"deleted"}


def test_who_approved_and_when_stands_in_results_summary_and_journal(desk: Desk) -> None:
    path = planned(desk)
    with opened(path) as book:
        book.properties.lastModifiedBy = "Asha Rao"
    assert desk("apply", path).code == 0
    approved = desk.summary()["approved"]
    assert re.fullmatch(r"by Asha Rao in plan\.xlsx; applied \d+ \w+ 2\d+, \d\d:\d\d \S+ by \S+", approved)
    summary = openpyxl.load_workbook(desk.latest() / "result.xlsx")["Summary"]
    assert approved in [cell.value for line in summary.iter_rows() for cell in line]
    (journal,) = (desk.folder / "state").rglob("journal.db")
    with sqlite3.connect(journal) as db:
        assert db.execute("select value from meta where name = 'consent'").fetchone() == (approved,)


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
    assert (desk("apply", path).code, desk.writes) == (5, 0)
    answer(path, REMOVE, 2, "no")  # guards are judged on what is approved
    assert desk("apply", path).code == 0
    assert len(desk.held()) == 3


def test_a_refused_plan_is_allowed_as_its_first_sheet_says(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS, limits={"deletes": {"count": 2}})
    desk.sheet(people(0, 1))
    said = desk("plan", "-o", desk.folder / "plan.xlsx")
    yes_to_all(desk.folder / "plan.xlsx")
    assert desk.paste(said).code == 0
    assert len(desk.held()) == 2


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"job": "other"}, "The plan is of job leads, not other"),
    ({"remote": {"account_sid": "other1"}}, "The plan is for account"),
    ({"limits": {"plan_age": "0s"}}, "limits.plan_age"),
]


def test_a_workbook_of_another_job_or_account_or_too_old_is_refused(desk: Desk) -> None:
    path = planned(desk)
    for groups, says in OTHERS:
        desk.config(**{**SETTINGS, **groups})
        refused(desk, path, says)


def test_a_workbook_is_applied_once(desk: Desk) -> None:
    path = planned(desk)
    assert desk("apply", path).code == 0
    yes_to_all(path)
    said = desk("apply", path)
    assert (said.code, len(desk.remote.log.of("delete"))) == (2, 0)
    assert "applied before" in said.err


def test_texts_of_every_kind_stand_in_the_workbook_as_they_are_and_survive_a_save(desk: Desk) -> None:
    odd = ["=1+1", "_x0041_", " two\nlines ", "<r>bold</r>", "-5", "नमस्ते 🙏", "a\tb", "yes"]
    desk.seed(*people(range(8)), {**person(8), "custom_field": {"Name": "x", "approve": "1"}})
    desk.config(**SETTINGS, columns={"Name": "custom_field.Name", "approve": "custom_field.approve"})
    rows = [{**person(n, first_name=text), "Name": text, "approve": "2"} for n, text in enumerate([*odd, "Z"])]
    desk.sheet(
        [*rows, *({**person(20 + n), "last_name": text} for n, text in enumerate(odd))], header=[*rows[0], "last_name"]
    )
    path = desk.folder / "plan.xlsx"
    assert desk("plan", "-o", path).code == 0
    lines = read_sheet(path, ADD)
    assert [line["Last name"] for line in lines] == [text.strip(" ") for text in odd]
    with opened(path) as book:
        assert [cell.data_type for cell in book[ADD]["B"]][1:] == ["s"] * 8
    assert desk("apply", path).code == 0
    assert desk.outcomes() == ["updated"] * 9 + ["created"] * 8


def test_totals_follow_the_answers(desk: Desk) -> None:
    book = openpyxl.load_workbook(planned(desk))
    formulas = [cell.value for line in book["Summary"].iter_rows() for cell in line if cell.data_type == "f"]
    assert formulas == [f"=COUNTIF('{name}'!$A$2:$A$3,\"yes\")" for name in (ADD, CHANGE, REMOVE)]
    for name in (ADD, CHANGE, REMOVE):
        assert book[name].data_validations.dataValidation[0].formula1 == '"yes,no"'


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0 locked", b"PK\x03\x04 torn"])
def test_what_is_no_workbook_is_refused_in_a_sentence(desk: Desk, data: bytes) -> None:
    path = desk.folder / "plan.xlsx"
    path.write_bytes(data)
    said = desk("apply", path)
    assert said.code == 2
    assert "damaged, or protected by a password" in said.err


def test_a_workbook_that_is_no_plan_is_refused_in_a_sentence(desk: Desk) -> None:
    path = desk.sheet(people(1), "plan.xlsx")
    said = desk("apply", path)
    assert said.code == 2
    assert "is not a plan of syncjob" in said.err


def test_who_joins_a_list_comes_filled_with_yes_and_who_leaves_it_waits(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = ListDesk(tmp_path, remote)
        desk.seed(*people(range(1, 5)))
        diwali = desk.list("Diwali", 0, 1)
        desk.of_list(sync={"remote_only": "delete", "owned": "all"})
        desk.sheet(people(2, 3, 9))
        path = desk.folder / "plan.xlsx"
        said = desk("plan", "-o", path)
        assert said.code == 0, said.err
        filled = {name: read_sheet(path, name)[0]["approve"] for name in ("To add", "To join the list")}
        assert set(filled.values()) == {"yes"}
        assert read_sheet(path, "To leave the list")[0]["approve"] == '=IF(approve_all_removals="yes","yes","")'
        answer(path, "To join the list", 2, "no")
        yes_to_all(path)
        assert desk("apply", path).code == 0
        assert desk.members(diwali) == [number(2), number(9)]
