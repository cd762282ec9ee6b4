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


def first_run(desk: Desk, *numbers: str, name: str = "contacts.xlsx") -> Path:
    """Two good rows (1, 2), and others whose numbers are too short; 9 is another's. The result, to be corrected."""
    desk.seed(person(9))
    desk.config(source={"files": [name]}, sync={"remote_only": "delete", "owned": "all"}, limits={"unreadable": 9})
    bad = [{"number": short, "first_name": f"Short {short}"} for short in ("12", *(numbers or ("34",)))]
    desk.sheet([person(1), person(2), *bad], name)
    assert desk("run", "--yes", "--first", "9").code == 3
    return desk.latest() / Path(name).with_stem("result").name


def on(path: Path, *corrections: tuple[str, int, str, str]) -> None:
    """Correct cells (sheet, row, column, value) and save."""
    book = openpyxl.load_workbook(path)
    for sheet, row, column, value in corrections:
        at = [cell.value for cell in book[sheet][1]].index(column) + 1
        book[sheet].cell(row, at).value = value
    book.save(path)


def test_rows_corrected_on_results_are_taken_and_those_nobody_touched_are_not_sent_again(desk: Desk) -> None:
    result = first_run(desk)
    contact = desk.remote.store.find_number(number(2))
    assert contact is not None
    desk.remote.store.change(contact, {"first_name": "Theirs"})  # a good row of the result must not undo this
    on(result, ("Results", 4, "number", number(3)), ("Results", 2, "first_name", "Aisha"))
    said = desk("run", result, "--yes")
    assert said.code == 3, said.err  # row 5 still needs a person
    assert sorted(desk.outcomes()) == ["created", "invalid/number_too_short", "updated"]
    assert {n: desk.held()[number(n)]["first_name"] for n in (1, 2, 9)} == {1: "Aisha", 2: "Theirs", 9: "Name 9"}
    assert "Results: 2 of its 4 rows count: what was corrected there" in said.out
    again = desk.latest() / "result.xlsx"
    on(again, ("Needs fixing", 2, "number", number(4)))
    assert desk("run", again, "--yes").code == 0
    (row,) = desk.rows()  # however often it comes back, it names its first place
    assert (Path(row["sync_source"]).name, row["sync_sheet"], row["sync_row"]) == ("contacts.xlsx", "Leads", "5")


def test_a_row_corrected_on_both_sheets_counts_once_or_is_held(desk: Desk) -> None:
    result = first_run(desk, "34", "56")
    on(
        result,
        *(("Results", 4, "number", number(3)), ("Needs fixing", 2, "number", number(3))),  # alike
        *(("Results", 5, "number", number(4)), ("Needs fixing", 3, "number", number(5))),  # in two ways
        ("Needs fixing", 4, "number", number(6)),  # once
    )
    assert desk("run", result, "--yes").code == 3
    assert sorted(desk.outcomes()) == ["created", "created", "held/conflicting_rows", "held/conflicting_rows"]
    assert sorted(desk.held()) == [number(n) for n in (1, 2, 3, 6, 9)]
    told = [row["sync_message"] for row in desk.rows() if row["sync_outcome"] == "held"]
    for place in ("row 5 of sheet Results", "row 3 of sheet Needs fixing"):
        assert any(place in message for message in told)


def test_a_result_as_csv_is_compared_too(desk: Desk) -> None:
    result = first_run(desk, name="contacts.csv")
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
    on(result, ("Results", 4, "number", number(3)))
    moved = shutil.copy(result, desk.folder / "mailed.xlsx")
    shutil.rmtree(result.parent)
    shutil.rmtree(desk.folder / "state")
    said = desk("check", moved)
    assert "2 rows read: 0 good, 2 to fix." in said.out
    assert "only Needs fixing counts, not what was corrected on Results" in said.out
