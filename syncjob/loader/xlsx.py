"""xlsx and xlsm workbooks → grids.

What enters: a path. What leaves: `XlsxBook`, which names its sheets, shows their first lines and reads them whole:
large sheets by the fast engine, all others (and those it can't read) by the careful one.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from syncjob.loader.grid import Grid
from syncjob.loader.limits import ReadLimits
from syncjob.loader.xlsx_book import SheetPart, open_book, read_strings
from syncjob.loader.xlsx_fast import read_fast
from syncjob.loader.xlsx_scan import Unusual
from syncjob.loader.xlsx_sheet import read_sheet

LARGE = 6 << 20  # bytes of a sheet's XML from which the fast engine pays
_FIRST_STRINGS = 1 << 14  # shared strings in which those of the first lines stand, as programs write them


class XlsxBook:
    """An open workbook. `careful` forbids the fast engine, which can abort; `before_fast` tells of its use."""

    format = "xlsx"

    def __init__(
        self,
        path: Path,
        limits: ReadLimits,
        careful: bool = False,
        large: int = LARGE,
        before_fast: Callable[[], None] | None = None,
    ) -> None:
        self._path = path
        self._limits = limits
        self._careful = careful
        self._large = large
        self._before_fast = before_fast
        self._archive = zipfile.ZipFile(path)
        self._book = open_book(self._archive)
        self._strings: list[str] | None = None
        self.run = self._book.run
        self.sheets = tuple((sheet.name, sheet.visible) for sheet in self._book.sheets)

    def peek(self, sheet: str, lines: int) -> Grid:
        """The first filled lines of a sheet."""
        return read_sheet(self._archive, self._part(sheet).part, self._book, self._all(), self._limits, lines)

    def first(self, sheets: Sequence[str], lines: int) -> list[Grid] | None:
        """The first filled lines of sheets, None where none is large. Texts that stand far back are missing."""
        parts = [self._part(sheet).part for sheet in sheets]
        if all(self._archive.getinfo(part).file_size < self._large for part in parts):
            return None
        strings = read_strings(self._archive, self._book.strings, _FIRST_STRINGS)
        return [read_sheet(self._archive, part, self._book, strings, self._limits, lines) for part in parts]

    def read(self, sheet: str) -> Grid:
        """A whole sheet."""
        part = self._part(sheet).part
        if not self._careful and self._archive.getinfo(part).file_size >= self._large:
            grid = self._fast(sheet, part)
            if grid is not None:
                return grid
        return read_sheet(self._archive, part, self._book, self._all(), self._limits)

    def _fast(self, sheet: str, part: str) -> Grid | None:
        """By the fast engine, or None where it can't or must not."""
        self._strings = None  # the engine holds its own
        if self._before_fast is not None:
            self._before_fast()
        try:
            return read_fast(self._path, sheet, self._archive, part, self._book, self._limits)
        except (Unusual, ValueError):
            return None

    def _part(self, sheet: str) -> SheetPart:
        return next(part for part in self._book.sheets if part.name == sheet)

    def _all(self) -> list[str]:
        if self._strings is None:
            self._strings = read_strings(self._archive, self._book.strings)
        return self._strings
