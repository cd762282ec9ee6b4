"""XML Spreadsheet 2003 (an .xls that is XML) → grids.

What enters: a path. What leaves: `XmlBook`. Format: the schema urn:schemas-microsoft-com:office:spreadsheet. Promised:
the same text forms as for xlsx.
"""

from __future__ import annotations

from pathlib import Path

from syncjob.loader.cells import ERROR, NO_VALUE, boolean, iso, number
from syncjob.loader.grid import Collector, Grid
from syncjob.loader.limits import MB
from syncjob.loader.xmlparts import Attributes, local, plain, walk

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


class XmlBook:
    """A workbook read at once."""

    format = "xml"
    run: str | None = None

    def __init__(self, path: Path) -> None:
        walker = _Walker()
        with path.open("rb") as file:
            walk(iter(lambda: file.read(MB), b""), walker.start, walker.end, walker.text)
        self._grids = {name: collector.grid() for name, collector in walker.tables.items()}
        self.sheets = tuple((name, name not in walker.hidden) for name in self._grids)

    def peek(self, sheet: str, lines: int) -> Grid:  # noqa: ARG002 - the protocol's
        """The whole sheet: it is there already."""
        return self._grids[sheet]

    def read(self, sheet: str) -> Grid:
        """A whole sheet."""
        return self._grids[sheet]


class _Walker:
    def __init__(self) -> None:
        self.tables: dict[str, Collector] = {}
        self.hidden: set[str] = set()
        self._sheet = ""
        self._row = self._column = 0
        self._cells: dict[int, str] = {}
        self._cell: Attributes = {}
        self._kind = ""
        self._data: list[str] | None = None
        self._option: list[str] | None = None
        self._has_data = False

    def start(self, element: str, attributes: Attributes) -> None:
        name, found = local(element), plain(attributes)
        if name == "Worksheet":
            self._sheet = found.get("Name", "")
            self.tables[self._sheet] = Collector()
            self._row = 0
        elif name == "Row":
            self._row = _place(found.get("Index"), self._row + 1, _LAST_ROW)
            self._column = 0
            self._cells = {}
            if found.get("Hidden") == "1":
                self.tables[self._sheet].hidden.add(self._row)
        elif name == "Cell":
            self._begin_cell(found)
        elif name == "Data":
            self._kind, self._data, self._has_data = found.get("Type", "String"), [], True
        elif name == "Visible":
            self._option = []

    def text(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)
        elif self._option is not None:
            self._option.append(data)

    def end(self, element: str) -> None:
        name = local(element)
        if name == "Data":
            self._end_data()
        elif name == "Cell":
            if "Formula" in self._cell and not self._has_data:
                self.tables[self._sheet].flaw(self._row, self._column - 1, NO_VALUE, self._cell["Formula"])
            self._column += _place(self._cell.get("MergeAcross"), 0, _LAST_COLUMN)
        elif name == "Row" and (self._cells or self._flawed()):
            self.tables[self._sheet].add(self._row, self._cells)
        elif name == "Visible" and self._option is not None:
            if "".join(self._option).strip() != "SheetVisible":
                self.hidden.add(self._sheet)
            self._option = None

    def _flawed(self) -> bool:
        flaws = self.tables[self._sheet].flaws
        return bool(flaws) and flaws[-1].row == self._row

    def _begin_cell(self, found: Attributes) -> None:
        self._cell, self._has_data = found, False
        self._column = _place(found.get("Index"), self._column + 1, _LAST_COLUMN)
        across = _place(found.get("MergeAcross"), 0, _LAST_COLUMN)
        down = _place(found.get("MergeDown"), 0, _LAST_ROW)
        if across or down:
            left = self._column - 1
            self.tables[self._sheet].merged.append((self._row, left, self._row + down, left + across))

    def _end_data(self) -> None:
        raw, self._data = "".join(self._data or ()), None
        code = ""
        if self._kind == "Number":
            raw, code = number(raw.strip())
        elif self._kind == "Boolean":
            raw = boolean(raw.strip() == "1")
        elif self._kind == "DateTime":
            raw = iso(raw)
        elif self._kind == "Error":
            code = ERROR
        if raw:
            self._cells[self._column - 1] = raw
        if code:
            self.tables[self._sheet].flaw(self._row, self._column - 1, code, raw)


def _place(stated: str | None, other: int, last: int) -> int:
    return int(stated) if stated and stated.isdecimal() and int(stated[:8]) <= last else other
