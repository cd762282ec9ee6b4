"""A result corrected on whatever sheet and fed back: only what was corrected counts, once, and never by a guess."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, person, read_csv
from tests.journey.test_fed_back import correct

pytestmark = pytest.mark.usefixtures("reads_here")


def first_run(desk: Desk, name: str = "contacts.xlsx") -> Path:
    """Two good rows (1, 2) and two with numbers that are too short; 9 is another's. The result, to be corrected."""
    desk.seed(person(9))
    desk.config(source={"files": [name]}, sync={"remote_only": "delete", "owned": "all"}, limits={"unreadable": 9})
    desk.sheet(
        [person(1), person(2), {"number": "12", "first_name": "Asha"}, {"number": "34", "first_name": "Ravi"}], name
    )
    assert desk("run", "--yes", "--first", "9").code == 3
    desk.remote.log.clear()
    return desk.latest() / Path(name).with_stem("result").name


def on(path: Path, sheet: str, row: int, column: str, value: str) -> None:
    """Correct one cell of a sheet and save."""
    book = openpyxl.load_workbook(path)
    at = [cell.value for cell in book[sheet][1]].index(column) + 1
    book[sheet].cell(row, at).value = value
    book.save(path)


def test_rows_corrected_on_results_are_taken_and_those_nobody_touched_are_not_sent_again(desk: Desk) -> None:
    result = first_run(desk)
    contact = desk.remote.store.find_number(number(2))
    assert contact is not None
    desk.remote.store.change(contact, {"first_name": "Theirs"})  # a good row of the result must not undo this
    on(result, "Results", 4, "number", number(3))
    on(result, "Results", 2, "first_name", "Aisha")
    said = desk("run", result, "--yes")
    assert said.code == 3, said.err  # row 5 still needs a person
    assert sorted(desk.outcomes()) == ["created", "invalid/number_too_short", "updated"]
    assert desk.held()[number(1)]["first_name"] == "Aisha"
    assert desk.held()[number(2)]["first_name"] == "Theirs"
    assert number(9) in desk.held()
    assert "Results: 2 rows were corrected there" in said.out


def test_a_row_corrected_alike_on_both_sheets_counts_once_and_on_one_the_other_gives_way(desk: Desk) -> None:
    result = first_run(desk)
    for sheet, row in (("Results", 4), ("Needs fixing", 2)):
        on(result, sheet, row, "number", number(3))
    on(result, "Needs fixing", 3, "number", number(4))
    assert desk("run", result, "--yes").code == 0
    assert desk.outcomes() == ["created", "created"]
    assert {number(3), number(4), number(9)} <= set(desk.held())


def test_a_row_corrected_differently_on_both_sheets_is_held(desk: Desk) -> None:
    result = first_run(desk)
    on(result, "Results", 4, "number", number(3))
    on(result, "Needs fixing", 2, "number", number(5))
    on(result, "Needs fixing", 3, "number", number(4))
    assert desk("run", result, "--yes").code == 3
    assert sorted(desk.outcomes()) == ["created", "held/conflicting_rows", "held/conflicting_rows"]
    assert not {number(3), number(5)} & set(desk.held())
    told = {row["sync_message"] for row in desk.rows() if row["sync_outcome"] == "held"}
    assert any("row 4 of sheet Results" in message for message in told)
    assert any("row 2 of sheet Needs fixing" in message for message in told)


def test_the_origin_of_a_row_stays_its_first_file_however_often_it_comes_back(desk: Desk) -> None:
    result = first_run(desk)
    on(result, "Needs fixing", 3, "number", number(4))
    for value in ("56", number(3)):
        on(result, "Needs fixing", 2, "number", value)
        desk("run", result, "--yes")
        row = next(row for row in desk.rows() if row["first_name"] == "Asha")
        assert (Path(row["sync_source"]).name, row["sync_sheet"], row["sync_row"]) == ("contacts.xlsx", "Leads", "4")
        result = desk.latest() / "result.xlsx"
        on(result, "Results", 3, "first_name", "Ravindra")
    assert number(3) in desk.held()


def test_a_result_as_csv_is_compared_too(desk: Desk) -> None:
    result = first_run(desk, "contacts.csv")
    contact = desk.remote.store.find_number(number(2))
    assert contact is not None
    desk.remote.store.change(contact, {"first_name": "Theirs"})
    correct(result, 4, "number", number(3))
    assert desk("run", result, "--yes").code == 3
    assert desk.outcomes() == ["created", "invalid/number_too_short"]
    assert desk.held()[number(2)]["first_name"] == "Theirs"
    row = read_csv(desk.latest() / "result.csv")[0]
    assert (Path(row["sync_source"]).name, row["sync_row"]) == ("contacts.csv", "4")


def test_without_the_run_s_copy_needs_fixing_counts_alone_and_that_is_said(desk: Desk) -> None:
    result = first_run(desk)
    on(result, "Results", 4, "number", number(3))
    moved = shutil.copy(result, desk.folder / "mailed.xlsx")
    shutil.rmtree(result.parent)
    shutil.rmtree(desk.folder / "state")
    said = desk("run", moved, "--dry-run")
    assert desk.outcomes() == ["invalid/number_too_short"] * 2
    assert "only Needs fixing counts, not what was corrected on Results" in said.out
