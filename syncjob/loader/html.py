"""HTML tables saved as .xls → grids.

What enters: the bytes of a page. What leaves: `HtmlBook`, one sheet per table. Promised: cells that span rows or
columns keep the others in their columns; scripts, styles and nested tables do no harm.
"""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from pathlib import Path

from syncjob.loader.encoding import decode
from syncjob.loader.grid import Collector, Grid

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WIDEST = 2000
_SILENT = frozenset(("comment", "script", "style", "title", "xml"))


class HtmlBook:
    """A page read at once; a table without a name is called by its place."""

    format = "html"
    run: str | None = None

    def __init__(self, path: Path, name: str) -> None:
        data = path.read_bytes()
        stated = _CHARSET.search(data[:4096])
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding = _known(stated[1].decode()) if stated and not wide else "auto"
        page = _Page()
        page.feed(decode(data, encoding, name).data.decode("utf-8", "replace"))
        page.close()
        page.finish()
        grids = [collector.grid() for collector in page.tables]
        self._grids = {f"Table {at}": grid for at, grid in enumerate(grids, start=1) if len(grid.rows)}
        self.sheets = tuple((sheet, True) for sheet in self._grids)

    def peek(self, sheet: str, lines: int) -> Grid:  # noqa: ARG002 - the protocol's
        """The whole table: it is there already."""
        return self._grids[sheet]

    def read(self, sheet: str) -> Grid:
        """A whole table."""
        return self._grids[sheet]


def _known(charset: str) -> str:
    """The encoding a page states; UTF-8 is found out anyway, and what nobody knows is not believed."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "auto"
    return "auto" if name in ("utf-8", "ascii") or name.startswith("utf-16") else name


class _Table:
    """One table in the making. `spans` holds how many rows below each column is still covered."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.row = 0
        self.column = 0
        self.cells: dict[int, str] = {}
        self.spans: dict[int, int] = {}
        self.open_row = False
        self.cell: list[str] | None = None
        self.across = self.down = 1
        self.hidden = False


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Collector] = []
        self._open: list[_Table] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            table = _Table()
            self._open.append(table)
            self.tables.append(table.collector)
        elif not self._open:
            return
        elif tag == "tr":
            self._end_row()
            self._begin_row(found)
        elif tag in ("td", "th"):
            self._end_cell()
            self._begin_cell(found)
        elif tag in ("br", "p", "div") and (cell := self._open[-1].cell):
            cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif not self._open:
            return
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent and (cell := self._open[-1].cell) is not None:
            cell.append(_SPACE.sub(" ", data))

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 - the base class's
        """`<![…>` is a comment, as browsers take it, whatever stands in it."""
        return self.parse_bogus_comment(i)

    def finish(self) -> None:
        """Tables that were never closed."""
        while self._open:
            self._end_row()
            self._open.pop()

    def _begin_row(self, found: dict[str, str]) -> None:
        table = self._open[-1]
        table.row += 1
        table.column = 0
        table.cells = {}
        table.open_row = True
        table.hidden = "display:none" in found.get("style", "").replace(" ", "").lower()

    def _begin_cell(self, found: dict[str, str]) -> None:
        table = self._open[-1]
        if not table.open_row:
            self._begin_row({})
        while table.spans.get(table.column, 0) >= table.row:
            table.column += 1
        table.cell = []
        table.across, table.down = _count(found.get("colspan")), _count(found.get("rowspan"))

    def _end_cell(self) -> None:
        table = self._open[-1]
        if table.cell is None:
            return
        text = "\n".join(line.strip(" ") for line in "".join(table.cell).split("\n")).strip("\n")
        if text:
            table.cells[table.column] = text
        if table.across > 1 or table.down > 1:
            last = (table.row + table.down - 1, table.column + table.across - 1)
            table.collector.merged.append((table.row, table.column, *last))
        for column in range(table.column, table.column + table.across):
            if table.down > 1:
                table.spans[column] = table.row + table.down - 1
        table.column += table.across
        table.cell = None

    def _end_row(self) -> None:
        self._end_cell()
        table = self._open[-1]
        if table.open_row and table.cells:
            table.collector.add(table.row, table.cells)
            if table.hidden:
                table.collector.hidden.add(table.row)
        table.open_row = False


def _count(stated: str | None) -> int:
    return min(max(int(stated), 1), _WIDEST) if stated and stated.isdecimal() and len(stated) < 6 else 1
