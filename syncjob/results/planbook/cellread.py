"""The cells of a plan workbook as it came back, and what reviewers do to lines: hidden ones, struck ones, formulas.

What enters: an .xlsx, whatever program saved it. What leaves: its sheets, read as XML piece by piece. Raises what the
loader's readers raise at a damaged file; `reading.py` makes one sentence of it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

from syncjob.loader.unpack import find, stream
from syncjob.loader.xlsx_book import open_book, read_strings, relations, unescape
from syncjob.loader.xlsx_sheet import place
from syncjob.loader.xmlparts import Attributes, local, plain, walk

_OFF = ("0", "false")
_VALUES = frozenset(("v", "t", "f"))
_OPENED = frozenset(("c", "row", "rPh", "strike")) | _VALUES
_CLOSED = frozenset(("c", "row", "rPh")) | _VALUES


@dataclass
class Line:
    """One row of a sheet: texts and formulas by column (0-based), and whether people see it, or see it struck.

    The text of a formula is its saved value; `unsaved` holds the columns of formulas that have none.
    """

    row: int
    hidden: bool = False
    struck: bool = False
    cells: dict[int, str] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)
    unsaved: set[int] = field(default_factory=set)


@dataclass
class Sheet:
    """One sheet: rows that hold anything, from top to bottom."""

    name: str
    visible: bool
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class CameBack:
    """A workbook as it came back. `by` and `saved`: who saved it last and when, as it says itself ("": it does not)."""

    sheets: tuple[Sheet, ...]
    by: str = ""
    saved: str = ""


def read_back(archive: zipfile.ZipFile) -> CameBack:
    """Everything that stands in the workbook."""
    book = open_book(archive)
    strings = read_strings(archive, book.strings)
    struck = _Struck(_struck_styles(archive), _struck_strings(archive, book.strings))
    sheets = tuple(_read(archive, part.part, part.name, part.visible, strings, struck) for part in book.sheets)
    by, saved = _saved_by(archive)
    return CameBack(sheets, by, saved)


@dataclass(frozen=True)
class _Struck:
    """Which cell styles and which shared strings are struck through."""

    styles: frozenset[int]
    strings: frozenset[int]


def _read(
    archive: zipfile.ZipFile, part: str, name: str, visible: bool, strings: Sequence[str], struck: _Struck
) -> Sheet:
    walker = _Walker(Sheet(name, visible), strings, struck)
    walk(stream(archive, part), walker.start, walker.end, walker.text)
    return walker.sheet


class _Walker:
    """Handlers of one sheet part."""

    def __init__(self, sheet: Sheet, strings: Sequence[str], struck: _Struck) -> None:
        self.sheet = sheet
        self._strings, self._struck = strings, struck
        self._line = Line(0)
        self._column = -1
        self._kind = ""
        self._style = 0
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._shared: dict[str, str] = {}
        self._group = ""
        self._into: list[str] | None = None
        self._phonetic = 0
        self._run = False

    def start(self, element: str, attributes: Attributes) -> None:
        name = element if ":" not in element else local(element)
        if name not in _OPENED:  # most are looks
            return
        if name == "c":
            self._begin_cell(attributes)
        elif name in _VALUES:
            if name == "f":
                self._formula, self._group = [], attributes.get("si", "")
            self._into = self._formula if name == "f" else None if self._phonetic else self._value
        elif name == "row":
            stated = attributes.get("r", "")
            hidden = _true(attributes.get("hidden")) or not attributes.get("ht", "1").strip("0.")
            self._line = Line(int(stated) if stated.isdigit() else self._line.row + 1, hidden)
            self._column = -1
        elif name == "rPh":
            self._phonetic += 1
        elif name == "strike":
            self._run = self._run or _true(plain(attributes).get("val", "1"))

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)

    def end(self, element: str) -> None:
        name = element if ":" not in element else local(element)
        if name not in _CLOSED:
            return
        if name in _VALUES:
            self._into = None
        elif name == "c":
            self._end_cell()
        elif name == "row":
            if self._line.cells or self._line.formulas:
                self.sheet.lines.append(self._line)
        elif name == "rPh":
            self._phonetic -= 1

    def _begin_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._column = place(reference)[1] if reference else self._column + 1
        self._kind = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self._style = int(style) if style.isdigit() else 0
        self._value, self._formula, self._into, self._run = [], None, None, False

    def _end_cell(self) -> None:
        raw = "".join(self._value)
        index = int(raw) if self._kind == "s" and raw.strip().isdigit() else -1
        text = unescape(raw) if self._kind != "s" else self._strings[index] if 0 <= index < len(self._strings) else ""
        if self._formula is not None:
            said = "".join(self._formula)
            if self._group:
                said = self._shared.setdefault(self._group, said) if said else self._shared.get(self._group, "")
            self._line.formulas[self._column] = said
            if not text and self._kind != "str":
                self._line.unsaved.add(self._column)
        if text:
            self._line.cells[self._column] = text
        if text.strip() and (self._run or self._style in self._struck.styles or index in self._struck.strings):
            self._line.struck = True


def _true(value: str | None) -> bool:
    return value is not None and value.lower() not in _OFF


def _struck_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Cell styles whose font is struck through."""
    entry = _part_of(archive, "styles")
    if entry is None:
        return frozenset()
    fonts: list[bool] = []
    styles: list[bool] = []
    inside = ""

    def start(element: str, attributes: Attributes) -> None:
        nonlocal inside
        name, found = local(element), plain(attributes)
        if name in ("fonts", "cellXfs", "dxfs", "cellStyleXfs"):
            inside = name
        elif name == "font" and inside == "fonts":
            fonts.append(False)
        elif name == "strike" and inside == "fonts":
            fonts[-1] = _true(found.get("val", "1"))
        elif name == "xf" and inside == "cellXfs":
            at = found.get("fontId", "0")
            font = int(at) if at.isdigit() else 0
            styles.append(font < len(fonts) and fonts[font])

    walk(stream(archive, entry), start)
    return frozenset(at for at, struck in enumerate(styles) if struck)


def _struck_strings(archive: zipfile.ZipFile, entry: str | None) -> frozenset[int]:
    """Shared strings of which a part is struck through."""
    found: set[int] = set()
    if entry is None:
        return frozenset()
    at = -1

    def start(element: str, attributes: Attributes) -> None:
        nonlocal at
        name = local(element)
        if name == "si":
            at += 1
        elif name == "strike" and _true(plain(attributes).get("val", "1")):
            found.add(at)

    walk(stream(archive, entry), start)
    return frozenset(found)


def _part_of(archive: zipfile.ZipFile, kind: str) -> str | None:
    """The part of this kind that the workbook refers to."""
    main = next((part for what, part in relations(archive, "").values() if what == "officeDocument"), "xl/workbook.xml")
    return next((find(archive, part) for what, part in relations(archive, main).values() if what == kind), None)


def _saved_by(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Who saved the workbook last, and when (ISO), by its own properties."""
    entry = find(archive, "docProps/core.xml")
    said: dict[str, str] = {}
    if entry is None:
        return "", ""
    into = ""

    def start(element: str, _: Attributes) -> None:
        nonlocal into
        into = local(element)

    def end(_: str) -> None:
        nonlocal into
        into = ""

    def text(data: str) -> None:
        said[into] = said.get(into, "") + data

    walk(stream(archive, entry), start, end, text)
    return " ".join(said.get("lastModifiedBy", "").split())[:200], said.get("modified", "").strip()
