"""The careful reader of an xlsx sheet: cell by cell, streaming, whatever the used range claims.

What enters: a sheet's part, the book. What leaves: a `Grid`. Used for every sheet of ordinary size, for all that the
fast reader refuses, and to look at the first lines. Promised: error cells and formulas without a saved value are named.
"""

from __future__ import annotations

import re
import zipfile

from syncjob.loader.cells import ERROR, NO_VALUE, boolean, iso, number
from syncjob.loader.flaw import column_of, letter
from syncjob.loader.grid import Collector, Grid, TooMuch
from syncjob.loader.limits import ReadLimits
from syncjob.loader.unpack import stream
from syncjob.loader.xlsx_book import Book, unescape
from syncjob.loader.xmlparts import Attributes, Enough, local, walk

LAST_COLUMN = 16_383
LAST_ROW = 1_048_576
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})\Z")
_FAR = 256  # blank columns behind which a lone cell is a slip of the hand
_VALUES = frozenset(("v", "t", "f"))


def place(reference: str) -> tuple[int, int]:
    """Row and column of `B7`: (7, 1). Raises `ValueError`."""
    found = _PLACE.match(reference)
    if found is None:
        raise ValueError(reference)
    return int(found[2]), column_of(found[1])


def read_sheet(
    archive: zipfile.ZipFile, part: str, book: Book, strings: list[str], limits: ReadLimits, lines: int = 0
) -> Grid:
    """Every filled cell of a sheet; with `lines` only the first so many filled rows."""
    walker = _Walker(book, strings, limits, lines)
    walk(stream(archive, part), walker.start, walker.end, walker.text)
    return drop_strays(walker.collector.grid())


class _Walker:
    """Handlers of one sheet part."""

    def __init__(self, book: Book, strings: list[str], limits: ReadLimits, lines: int) -> None:
        self.collector = Collector()
        self._book = book
        self._strings = strings
        self._budget = limits.memory // 4  # characters
        self._lines = lines
        self._row = 0
        self._column = -1
        self._cells: dict[int, str] = {}
        self._kind = ""
        self._style = 0
        self._value: list[str] | None = None  # what <v> or <t> holds; None: there was none
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._phonetic = 0

    def start(self, element: str, attributes: Attributes) -> None:
        name = element if ":" not in element else local(element)
        if name == "c":
            self._begin_cell(attributes)
        elif name in _VALUES:
            if name == "f":
                self._into = self._formula = []
            elif not self._phonetic:
                self._value = [] if self._value is None else self._value
                self._into = self._value
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._phonetic += 1
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)

    def end(self, element: str) -> None:
        name = element if ":" not in element else local(element)
        if name in _VALUES:
            self._into = None
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._phonetic -= 1

    def _begin_row(self, attributes: Attributes) -> None:
        stated = attributes.get("r", "")
        self._row = int(stated) if stated.isdigit() else self._row + 1
        if not 1 <= self._row <= LAST_ROW:
            raise ValueError(f"row {self._row}")
        self._column = -1
        if attributes.get("hidden") in ("1", "true"):
            self.collector.hidden.add(self._row)

    def _begin_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._column = place(reference)[1] if reference else self._column + 1
        if self._column > LAST_COLUMN:
            raise ValueError(f"column {self._column}")
        self._kind = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self._style = int(style) if style.isdigit() else 0
        self._value = self._formula = self._into = None

    def _end_cell(self) -> None:
        if self._value is None and self._formula is None:
            return
        text, code = self._shown("".join(self._value or ()))
        if self._formula is not None and not self._value and (self._kind != "str" or self._value is None):
            text, code = "", NO_VALUE
        if code:
            value = "=" + "".join(self._formula or ()) if code == NO_VALUE else text
            self.collector.flaw(self._row, self._column, code, value)
        if text:
            self._cells[self._column] = text
            self._budget -= len(text)
            if self._budget < 0:
                raise TooMuch
        self._value = self._formula = None

    def _shown(self, raw: str) -> tuple[str, str]:
        """The cell's text by its type."""
        if self._kind == "s":
            index = int(raw) if raw.strip().isdigit() else -1
            return (self._strings[index] if 0 <= index < len(self._strings) else ""), ""
        if self._kind in ("str", "inlineStr"):
            return unescape(raw), ""
        if self._kind == "b":
            return (boolean(raw.strip() in ("1", "true")) if raw else ""), ""
        if self._kind == "e":
            return raw, ERROR
        if self._kind == "d":
            return iso(raw), ""
        moments = self._book.moments
        return number(raw.strip(), moments[self._style] if self._style < len(moments) else "", self._book.mac)

    def _end_row(self) -> None:
        flaws = self.collector.flaws
        if self._cells or (flaws and flaws[-1].row == self._row):
            self.collector.add(self._row, self._cells)
            self._cells = {}
            if self._lines and self.collector.count >= self._lines:
                raise Enough
        self._cells = {}

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        try:
            (top, left), (low, right) = place(first), place(last or first)
        except ValueError:
            return
        self.collector.merged.append((top, left, low, right))


def drop_strays(grid: Grid) -> Grid:
    """Leave out, aloud, lone cells far to the right of the table: slips of the hand."""
    ordered = sorted(grid.columns)
    cut = next((at for at in range(1, len(ordered)) if ordered[at] - ordered[at - 1] > _FAR), None)
    if cut is None:
        return grid
    far = ordered[cut:]
    strays = sum(int(len(cells) - cells.to_pylist().count("")) for at in far if (cells := grid.columns[at]) is not None)
    if strays > max(10, len(grid.rows) // 100):
        return grid
    first = letter(far[0])
    lone = "A lone cell" if strays == 1 else f"{strays} lone cells"
    grid.notes.append(f"{lone} in column {first}{'' if strays == 1 else ' and beyond'}, far from the table, left out.")
    grid.columns = {at: cells for at, cells in grid.columns.items() if at < far[0]}
    grid.flaws = [flaw for flaw in grid.flaws if flaw.column < far[0]]
    return grid
