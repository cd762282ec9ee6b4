"""One workbook, from opening to its last byte: XlsxWriter's part of it and the rows that were packed beside it.

What enters: a path of a file that does not exist yet, and a function that fills the book. What leaves: the workbook.
The caller writes aside and renames (`aside.place`), and takes away what an error left.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from xlsxwriter.workbook import Workbook

from syncjob.results.grid import TextWorksheet
from syncjob.results.packing import put_together


def write_book(path: Path, fill: Callable[[Workbook], object]) -> None:
    """Make the workbook at `path`. Raises OSError."""
    bare = BytesIO()  # without the rows, which lie packed beside it, it is small
    book = Workbook(bare, {"in_memory": True, "tmpdir": str(path.parent)})
    try:
        fill(book)
        book.close()
        _put_together(book, bare, path)
    finally:
        for sheet in book.worksheets():  # closed already, unless something went wrong
            if isinstance(sheet, TextWorksheet) and sheet.rows:
                sheet.rows.close()


def _put_together(book: Workbook, bare: BytesIO, path: Path) -> None:
    rows = {}
    for place, sheet in enumerate(book.worksheets(), start=1):
        if isinstance(sheet, TextWorksheet) and sheet.rows:
            sheet.rows.close()
            rows[f"xl/worksheets/sheet{place}.xml"] = sheet.rows
    put_together(bare, rows, path)
    for each in rows.values():
        each.path.unlink()
