"""The parts of an xlsx workbook beside its sheets: names, styles, shared strings, properties.

What enters: the archive. What leaves: `Book`. Read by ourselves because it must hold for what other readers refuse or
lose: Strict OOXML, prefixes, odd part names, hidden sheets, date formats.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field

from syncjob.loader.cells import Moment, moment_of
from syncjob.loader.unpack import find, stream
from syncjob.loader.xmlparts import Attributes, Enough, local, plain, walk

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class SheetPart:
    """A sheet: its name, whether people see it, and its part in the archive."""

    name: str
    visible: bool
    part: str


@dataclass
class Book:
    """A workbook's parts. `moments` tells for every cell style how it shows numbers."""

    sheets: list[SheetPart] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    mac: bool = False
    strings: str | None = None
    run: str | None = None  # the run that made it, when it is a result of ours


def open_book(archive: zipfile.ZipFile) -> Book:
    """What a workbook consists of."""
    book = Book()
    main = _main_part(archive)
    targets = relations(archive, main)
    _read_workbook(archive, main, targets, book)
    for kind, part in targets.values():
        if kind == "sharedStrings":
            book.strings = find(archive, part)
        elif kind == "styles":
            book.moments = _moments(archive, find(archive, part))
    book.run = _made_by(archive)
    return book


def _main_part(archive: zipfile.ZipFile) -> str:
    for kind, target in relations(archive, "").values():
        if kind == "officeDocument":
            return target
    return "xl/workbook.xml"


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id → (kind, part) of what `part` refers to."""
    folder, name = posixpath.split(part)
    entry = find(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    found: dict[str, tuple[str, str]] = {}
    if entry is None:
        return found

    def start(element: str, attributes: Attributes) -> None:
        if local(element) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], whole)

    walk(stream(archive, entry), start)
    return found


def _read_workbook(archive: zipfile.ZipFile, main: str, targets: dict[str, tuple[str, str]], book: Book) -> None:
    entry = find(archive, main)
    if entry is None:
        raise KeyError(main)

    def start(element: str, attributes: Attributes) -> None:
        name, found = local(element), plain(attributes)
        if name == "workbookPr":
            book.mac = found.get("date1904", "0") in ("1", "true")
        elif name == "sheet":
            kind, part = targets.get(_relation_id(attributes), ("", ""))
            known = find(archive, part)
            if kind == "worksheet" and known is not None:
                book.sheets.append(SheetPart(found.get("name", ""), found.get("state", "visible") == "visible", known))

    walk(stream(archive, entry), start)


def _relation_id(attributes: Attributes) -> str:
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def _moments(archive: zipfile.ZipFile, entry: str | None) -> list[Moment]:
    """For every cell style how it shows numbers."""
    if entry is None:
        return []
    codes: dict[int, str] = {}
    moments: list[Moment] = []
    inside = False

    def start(element: str, attributes: Attributes) -> None:
        nonlocal inside
        name, found = local(element), plain(attributes)
        if name == "numFmt" and found.get("numFmtId", "").isdigit():
            codes.setdefault(int(found["numFmtId"]), found.get("formatCode", ""))
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            number = found.get("numFmtId", "0")
            format_id = int(number) if number.isdigit() else 0
            moments.append(moment_of(format_id, codes.get(format_id)))

    def end(element: str) -> None:
        nonlocal inside
        inside = inside and local(element) != "cellXfs"

    walk(stream(archive, entry), start, end)
    return moments


def _made_by(archive: zipfile.ZipFile) -> str | None:
    """The document property `syncjob.run`."""
    entry = find(archive, "docProps/custom.xml")
    if entry is None:
        return None
    name = ""
    values: dict[str, str] = {}

    def start(element: str, attributes: Attributes) -> None:
        nonlocal name
        if local(element) == "property":
            name = attributes.get("name", "")

    def text(data: str) -> None:
        values[name] = values.get(name, "") + data

    walk(stream(archive, entry), start, None, text)
    return values.get("syncjob.run", "").strip() or None


def read_strings(archive: zipfile.ZipFile, entry: str | None, most: int = 0) -> list[str]:
    """The shared strings: rich text joined, phonetic hints left out, escapes undone; with `most` only the first."""
    strings: list[str] = []
    if entry is None:
        return strings
    parts: list[str] = []
    wanted, phonetic = False, 0

    def start(element: str, _: Attributes) -> None:
        nonlocal wanted, phonetic
        name = local(element)
        if name == "si":
            parts.clear()
        elif name == "t":
            wanted = not phonetic
        elif name == "rPh":
            phonetic += 1

    def end(element: str) -> None:
        nonlocal wanted, phonetic
        name = local(element)
        if name == "t":
            wanted = False
        elif name == "rPh":
            phonetic -= 1
        elif name == "si":
            strings.append(unescape("".join(parts)))
            if most and len(strings) >= most:
                raise Enough

    def text(data: str) -> None:
        if wanted:
            parts.append(data)

    walk(stream(archive, entry), start, end, text)
    return strings


def unescape(text: str) -> str:
    """`_x000D_` is how the format writes a character that XML can't hold."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)
