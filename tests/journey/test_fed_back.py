"""Results corrected and fed back: recognised, partial, unable to delete, and every other text as it was (law 6)."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, person, read_csv

pytestmark = pytest.mark.usefixtures("reads_here")

ODD = {
    "first_name": "=SUM(A1)",
    "last_name": "-5 apples",
    "company_name": "007",
    "email": "1.10",
    "tag": "+91 22 shops",
    "custom_field.code": "2026-01-02",
    "Remarks": '\'quoted, "twice"',
}
"""Texts that spreadsheet programs and CSV files like to change."""

SHEET = [
    {"number": number(1), **ODD},
    {"number": "98000", **ODD, "first_name": "Ravi"},
    {"number": number(3), **ODD, "first_name": "Meera"},
    {"number": number(3), **ODD, "first_name": "Mira"},
]


def correct(path: Path, row: int, column: str, value: str) -> Path:
    """Set one cell as a person would, and save; row 1 is the header."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[-1] if len(book.worksheets) == 1 else book["Needs fixing"]
        at = [cell.value for cell in sheet[1]].index(column)
        sheet.cell(row, at + 1).value = value
        book.save(path)
        return path
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    lines[row - 1][lines[0].index(column)] = value
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def as_text(path: Path) -> None:
    """What the writer took for formulas becomes text."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for cell in (cell for line in book.worksheets[0] for cell in line if cell.data_type == "f"):
            cell.data_type = "s"
        book.save(path)


def run_once(desk: Desk, suffix: str, **groups: object) -> Path:
    """The first run, whole and told to delete: one row is good, three need a person. The needs-fixing file."""
    desk.config(source={"files": [f"contacts{suffix}"]}, **groups)
    as_text(desk.sheet(SHEET, f"contacts{suffix}"))
    said = desk("run", "--yes")
    assert said.code == 3, said.err
    assert desk.outcomes() == ["created", "invalid/number_too_short", *["held/conflicting_rows"] * 2]
    return desk.latest() / f"needs-fixing{suffix}"


def expected(**fields: str) -> dict[str, object]:
    """What the remote is to hold of a row of ODD."""
    plain = {name: text for name, text in ODD.items() if name not in ("custom_field.code", "Remarks")}
    return {**plain, "custom_field": {"code": "2026-01-02"}, **fields}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_corrected_rows_fed_back_are_sent_alone_and_every_other_text_is_as_it_was(desk: Desk, suffix: str) -> None:
    fixing = correct(correct(run_once(desk, suffix), 2, "number", number(2)), 4, "number", number(4))
    desk.seed(person(77))
    stated = {"sheet": "Leads", "header_row": 3, "encoding": "utf-16", "delimiter": ";"}  # true of the job's own files
    desk.config(source={"files": [str(fixing)], **stated}, sync={"remote_only": "delete", "owned": "all"})
    said = desk("run", "--yes")
    assert said.code == 0, said.err + said.out
    assert desk.outcomes() == ["created"] * 3
    assert desk.held() == {
        number(1): expected(),
        number(2): expected(first_name="Ravi"),
        number(3): expected(first_name="Meera"),
        number(4): expected(first_name="Mira"),
        number(77): {"first_name": "Name 77"},
    }
    assert "was made by syncjob" in desk.summary()["partial"]
    told_of_the_origin(said.out, suffix)
    the_result_is_as_new(desk, suffix)


def told_of_the_origin(out: str, suffix: str) -> None:
    sheet = ", sheet Leads" if suffix == ".xlsx" else ""
    assert f"its rows came from contacts{suffix}{sheet}, rows 3–5." in out
    assert "correct there too" in out


def the_result_is_as_new(desk: Desk, suffix: str) -> None:
    """The user's columns once, as they were; ours anew, naming the row of the first file; text cells remain text."""
    row = desk.rows()[0]
    assert [name for name in row if not name.startswith("sync_")] == list(SHEET[0])
    assert {name: row[name] for name in ODD} == {**ODD, "first_name": "Ravi"}
    origin = (Path(row["sync_source"]).name, row["sync_sheet"], row["sync_row"])
    assert (row["sync_outcome"], *origin) == ("created", f"contacts{suffix}", "Leads" if suffix == ".xlsx" else "", "3")
    cell = openpyxl.load_workbook(desk.latest() / "result.xlsx")["Results"]["D2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("007", "s", "@")
    if suffix == ".csv":
        assert read_csv(desk.latest() / "result.csv")[0]["last_name"] == "'-5 apples"


def test_a_whole_result_fed_back_is_read_where_it_needs_fixing(desk: Desk) -> None:
    result = run_once(desk, ".xlsx").with_name("result.xlsx")
    desk.config(source={"sheet": "all"})
    assert desk("run", correct(result, 2, "number", number(2)), "--yes").code == 3
    assert desk.outcomes() == ["created", *["held/conflicting_rows"] * 2]


def test_a_result_without_anything_to_fix_is_read_again_without_a_question(desk: Desk) -> None:
    desk.sheet([person(1), person(2)], "contacts.xlsx")
    desk.seed(person(2, first_name="Other"), person(9))
    desk.config(source={"files": ["contacts.xlsx"]})
    assert desk("run", "--yes").code == 0
    said = desk("run", desk.latest() / "result.xlsx", "--yes")
    assert said.code == 0, said.err
    assert desk.outcomes() == ["unchanged", "unchanged"]
    assert "is not read" not in said.out
