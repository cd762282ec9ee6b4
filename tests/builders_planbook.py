"""A reviewer at work on a plan workbook: opens it as a spreadsheet program does, changes cells, saves."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

ADD, CHANGE, REMOVE = "To add", "To change", "To remove"


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """The workbook, saved afterwards: strings shared, formulas without values, as programs that don't calculate do."""
    book = openpyxl.load_workbook(path)
    yield book
    book.save(path)


def column(sheet: Worksheet, header: str) -> int:
    """Where a column stands (1-based)."""
    return [cell.value for cell in sheet[1]].index(header) + 1


def answer(path: Path, sheet: str, row: int, said: str | None) -> None:
    """Answer one line; row 2 is the first below the header."""
    with opened(path) as book:
        book[sheet].cell(row, 1).value = said


def yes_to_all(path: Path, said: str = "yes") -> None:
    """Answer for all removals, in the one cell that is for it."""
    with opened(path) as book:
        place = book.defined_names["approve_all_removals"].attr_text
        sheet, _, cell = place.partition("!")
        book[sheet.strip("'")][cell.replace("$", "")].value = said


def rewrite(path: Path, part: str, change: Callable[[str], str]) -> None:
    """Change one part of the archive as text, as another program might have written it."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    changed = change(parts[part].decode())
    assert changed != parts[part].decode(), part
    parts[part] = changed.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def changed(path: Path, change: Callable[[Workbook], object]) -> Path:
    """A copy of the workbook with a change."""
    copy = path.with_name("edited.xlsx")
    copy.write_bytes(path.read_bytes())
    with opened(copy) as book:
        change(book)
    return copy
