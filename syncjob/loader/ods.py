"""OpenDocument spreadsheets (ods, and the flat fods) → grids.

What enters: a path. What leaves: `OdsBook`. Read by ourselves: repeated rows and columns (a million of them in a tiny
file), hidden rows, errors and formulas without a saved value are lost by other readers. Format: OpenDocument 1.3
part 3. Promised: the same text forms as for xlsx; repetition of blank cells costs nothing.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from syncjob.loader.cells import ERROR, NO_VALUE, boolean, elapsed, iso, number
from syncjob.loader.grid import MOST, Collector, Grid, TooMuch
from syncjob.loader.limits import MB, ReadLimits
from syncjob.loader.unpack import stream
from syncjob.loader.xlsx_sheet import drop_strays
from syncjob.loader.xmlparts import Attributes, local, plain, walk

_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.,]+)S)?\Z")
_ERRORS = re.compile(r"(?:#[A-Z/0]+[!?]?|Err:\d+)\Z")
_ASIDE = frozenset(("annotation", "frame", "custom-shape"))
_SPACE = re.compile(r"[ \t\r\n]+")  # white space counts once; more of it is written as elements
_LAST = 1_048_576


class OdsBook:
    """An open workbook. Everything is read at once: the sheets stand in one part."""

    run: str | None = None

    def __init__(self, path: Path, limits: ReadLimits, flat: bool = False) -> None:
        self.format = "ods"
        walker = _Walker(limits)
        if flat:
            with path.open("rb") as file:
                walk(iter(lambda: file.read(MB), b""), walker.start, walker.end, walker.text)
        else:
            with zipfile.ZipFile(path) as archive:
                walk(_content(archive), walker.start, walker.end, walker.text)
        if walker.calculated:
            for _, collector, _ in walker.tables:
                collector.flaws = [flaw for flaw in collector.flaws if flaw.code != NO_VALUE]
        self._grids = {name: drop_strays(collector.grid()) for name, collector, _ in walker.tables}
        hidden = walker.hidden_styles
        self.sheets = tuple((name, style not in hidden) for name, _, style in walker.tables)

    def peek(self, sheet: str, lines: int) -> Grid:  # noqa: ARG002 - the protocol's
        """The whole sheet: it is there already."""
        return self._grids[sheet]

    def read(self, sheet: str) -> Grid:
        """A whole sheet."""
        return self._grids[sheet]


def _content(archive: zipfile.ZipFile) -> Iterable[bytes]:
    return stream(archive, "content.xml")


class _Walker:
    """Handlers of content.xml."""

    def __init__(self, limits: ReadLimits) -> None:
        self.tables: list[tuple[str, Collector, str]] = []
        self.hidden_styles: set[str] = set()
        self.calculated = False  # some formula has its value: the program calculates, so no value means an empty text
        self._budget = limits.memory // 4
        self._collector: Collector | None = None
        self._style = ""
        self._nested = 0  # tables within cells
        self._row = self._column = 0
        self._rows = self._columns = 1
        self._hidden = False
        self._filtered: list[bool] = []  # row groups that are folded
        self._cells: dict[int, str] = {}
        self._flaws: list[tuple[int, str, str]] = []
        self._cell: Attributes | None = None
        self._text: list[str] = []
        self._paragraphs = 0
        self._open = False  # within a paragraph of a cell
        self._aside = 0  # notes and drawings within a cell

    def start(self, element: str, attributes: Attributes) -> None:
        name = local(element)
        if name == "style":
            self._style = plain(attributes).get("name", "")
        elif name == "table-properties" and plain(attributes).get("display") == "false":
            self.hidden_styles.add(self._style)
        elif name == "table":
            self._begin_table(plain(attributes))
        elif self._collector is None or self._nested > 1:
            return
        elif name == "table-row":
            self._begin_row(plain(attributes))
        elif name == "table-row-group":
            self._filtered.append(plain(attributes).get("display") == "false")
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._text, self._paragraphs, self._aside = plain(attributes), [], 0, 0
            self._columns = _repeated(self._cell, "number-columns-repeated")
        elif self._cell is not None:
            self._begin_text(name, plain(attributes))

    def end(self, element: str) -> None:
        name = local(element)
        if name == "table":
            self._nested -= 1
            if not self._nested:
                self._collector = None
        elif self._collector is None or self._nested > 1:
            return
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            self._end_row()
        elif name == "table-row-group" and self._filtered:
            self._filtered.pop()
        elif name in _ASIDE and self._aside:
            self._aside -= 1
        elif name == "p" and not self._aside:
            self._open = False

    def text(self, data: str) -> None:
        if self._open and not self._aside:
            self._text.append(_SPACE.sub(" ", data))

    def _begin_table(self, found: Attributes) -> None:
        self._nested += 1
        if self._nested == 1:
            self._collector = Collector()
            self.tables.append((found.get("name", ""), self._collector, found.get("style-name", "")))
            self._row = 0
            self._filtered = []

    def _begin_row(self, found: Attributes) -> None:
        self._column = 0
        self._rows = _repeated(found, "number-rows-repeated")
        self._hidden = found.get("visibility", "visible") != "visible" or any(self._filtered)
        self._cells, self._flaws = {}, []

    def _begin_text(self, name: str, found: Attributes) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif self._aside:
            return
        elif name == "p":
            self._paragraphs += 1
            self._open = True
            if self._paragraphs > 1:
                self._text.append("\n")
        elif name == "s":
            count = found.get("c", "1")
            self._text.append(" " * min(int(count) if count.isdigit() else 1, 10_000))
        elif name == "tab":
            self._text.append("\t")
        elif name == "line-break":
            self._text.append("\n")

    def _end_cell(self) -> None:
        if self._cell is None or self._collector is None:
            return
        text, code = _shown(self._cell, "".join(self._text))
        self.calculated = self.calculated or ("formula" in self._cell and code != NO_VALUE)
        if text or code:
            self._budget -= len(text) * self._columns * min(self._rows, 1000)
            if self._budget < 0 or self._columns * len(text) > 50_000_000:
                raise TooMuch
            for column in range(self._column, self._column + min(self._columns, 16_384)):
                self._cells[column] = text
                if code:
                    self._flaws.append((column, code, self._cell.get("formula", "") if code == NO_VALUE else text))
        down, across = _repeated(self._cell, "number-rows-spanned"), _repeated(self._cell, "number-columns-spanned")
        if down > 1 or across > 1:
            top = self._row + 1
            self._collector.merged.append((top, self._column, top + down - 1, self._column + across - 1))
        self._column += self._columns
        self._cell = None
        self._paragraphs = 0

    def _end_row(self) -> None:
        collector, count = self._collector, min(self._rows, _LAST - self._row)
        filled = {column: text for column, text in self._cells.items() if text}
        if collector is not None and (filled or self._flaws):
            if (len(filled) + len(self._flaws)) * count > MOST:
                raise TooMuch
            for row in range(self._row + 1, self._row + 1 + count):
                collector.add(row, filled)
                for column, code, value in self._flaws:
                    collector.flaw(row, column, code, value)
                if self._hidden:
                    collector.hidden.add(row)
        self._row += self._rows


def _repeated(found: Attributes, name: str) -> int:
    count = found.get(name, "1")
    return max(1, min(int(count), _LAST)) if count.isdigit() and len(count) < 9 else 1


def _shown(cell: Attributes, text: str) -> tuple[str, str]:
    """A cell's text by its type; an error is a text, or nothing, that a formula gave."""
    kind = cell.get("value-type", "")
    if "formula" in cell:
        if not kind and not text:
            return "", NO_VALUE
        if _ERRORS.match(text):
            return text, ERROR
    if kind == "float" and text in ("TRUE", "FALSE"):
        return text, ""  # LibreOffice keeps a boolean as a number that is shown as one
    if kind in ("float", "currency", "percentage"):
        return number(cell.get("value", text))
    if kind == "boolean":
        return boolean(cell.get("boolean-value") == "true"), ""
    if kind == "date":
        return iso(cell.get("date-value", text)), ""
    if kind == "time":
        return _duration(cell.get("time-value", text)), ""
    if kind == "string":
        return cell.get("string-value", text), ""
    return text, ""


def _duration(raw: str) -> str:
    found = _DURATION.match(raw)
    if found is None:
        return raw
    sign, days, hours, minutes, seconds = found.groups(default="0")
    try:
        exact = float(seconds.replace(",", "."))
    except ValueError:
        return raw
    total = int(days) * 86400 + int(hours) * 3600 + int(minutes) * 60 + round(exact)
    return elapsed(-total if sign == "-" else total)
