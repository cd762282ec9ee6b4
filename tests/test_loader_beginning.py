"""How a large file begins is told before the rest is read, and never believed beyond its form."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from syncjob.errors import SourceError
from syncjob.loader.beginning import LINES, heard, spoken
from syncjob.loader.found import Found
from syncjob.loader.inner import read_file
from syncjob.loader.limits import DEFAULT
from syncjob.loader.reader import read_many
from syncjob.loader.table import Table

LONG = "x" * 30_000


def lines(count: int, long: int) -> list[list[str]]:
    """A header and so many rows, those from `long` on with a long text."""
    rows = [[f"+9198000{n:05d}", f"Name {n}", LONG if n >= long else ""] for n in range(count)]
    return [["number", "first_name", "notes"], *rows]


def csv(path: Path, *, count: int = 300, long: int = 200) -> Path:
    path.write_text("\n".join(",".join(line) for line in lines(count, long)) + "\n")
    return path


def xlsx(path: Path, *, count: int = 450, long: int = 200, sheets: int = 1) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:  # texts stand in the sheet itself
        for each in range(sheets):
            sheet = book.add_worksheet(f"Sheet {each}")
            for at, line in enumerate(lines(count, long)):
                sheet.write_row(at, 0, line)
    return path


def told(*paths: Path) -> list[tuple[int, bool, tuple[Table, ...]]]:
    """What was told of files read in processes of their own, in order: place, whether of the whole, tables."""
    found = list[tuple[int, bool, tuple[Table, ...]]]()

    def take(place: int, tables: tuple[Table, ...], *, whole: bool) -> None:
        found.append((place, whole, tables))

    read_many(paths, heard=take)
    return found


def begun_of(path: Path, sheet: str | None = None) -> list[Found]:
    """What the reading process would tell of a file, read in this one."""
    found = list[Found]()
    settings = {"encoding": "auto", "delimiter": "auto", "limits": DEFAULT, "folder": path.parent}
    read_file(path, path.name, sheet=sheet, header_row="auto", tell=found.extend, **settings)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("make", "ending"), [(csv, "csv"), (xlsx, "xlsx")])
def test_a_reading_process_tells_the_first_lines_of_a_large_file_before_the_whole(
    tmp_path: Path, make: Callable[[Path], Path], ending: str
) -> None:
    (_, early, (begun,)), (_, whole, (table,)) = told(make(tmp_path / f"a.{ending}"))
    assert (early, whole) == (False, True)
    assert begun.columns == table.columns
    assert begun.cells.equals(table.cells.head(LINES))
    assert begun.row_numbers.equals(table.row_numbers.head(LINES))
    assert (begun.source, begun.facts.format, begun.facts.header_row) == (table.source, ending, 1)


def test_of_a_small_file_only_the_whole_is_told_and_each_file_by_its_place(tmp_path: Path) -> None:
    small, large = csv(tmp_path / "small.csv", count=3), csv(tmp_path / "large.csv")
    assert sorted((place, whole) for place, whole, _ in told(small, large)) == [(0, True), (1, False), (1, True)]


def test_of_a_workbook_every_sheet_that_is_wished_for_is_told_at_once(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets=2)
    assert [table.sheet for table in begun_of(path, "all")] == ["Sheet 0", "Sheet 1"]
    (one,) = begun_of(path)
    assert one.facts["other_sheets"] == ("Sheet 1",)


def test_a_begin_that_is_too_long_is_not_told(tmp_path: Path) -> None:
    assert spoken(begun_of(xlsx(tmp_path / "a.xlsx", count=250, long=0))) == b""


def test_what_breaks_off_in_the_middle_was_told_and_is_refused_all_the_same(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name, part[:-100_000] if "sheet1" in name else part)
    heard = list[bool]()
    with pytest.raises(SourceError, match="damaged"):
        read_many([path], heard=lambda _place, _tables, whole: heard.append(whole))
    assert heard == [False]


@pytest.mark.parametrize(
    "line",
    [b"", b"\xff\n", b"null", b"[1]", b'{"rows": 1}', b"[{}]", b'[{"file": "/etc/hostname"}]', b'[{"rows": [1]}]'],
)
def test_what_is_no_begin_of_a_table_is_passed_over(line: bytes) -> None:
    assert heard(line, "a.csv") == ()


def test_a_begin_that_contradicts_itself_is_passed_over(tmp_path: Path) -> None:
    line = json.loads(spoken(begun_of(csv(tmp_path / "a.csv"))))
    assert len(heard(json.dumps(line).encode(), "a.csv")) == 1
    line[0]["rows"].pop()
    assert heard(json.dumps(line).encode(), "a.csv") == ()
