"""A quick look through the XML of a large sheet, for what the fast engine loses or shows in another form.

What enters: a sheet's part. What leaves: `Scan`: its true extent, hidden rows, merged cells, and the cells whose text
must be ours (errors, booleans, dates, formulas without a saved value, numbers with too many digits). Promised: when
the XML is written in an unusual way, `Unusual` is raised and the careful reader takes over.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.cells import ERROR, NO_VALUE, Moment, boolean, iso, number
from syncjob.loader.flaw import Flaw, column_of, letter
from syncjob.loader.unpack import stream
from syncjob.loader.xlsx_book import Book
from syncjob.loader.xlsx_sheet import place

_TYPED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*? t="([bed])"[^>]*)(?<!/)>(.*?)</c>', re.DOTALL)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)(?<!/)>(<f.*?)</c>', re.DOTALL)
_LONG = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)><v>(-?(?:\d{16}|\d*\.\d{9}|[\d.]+[eE])[^<]*)</v>')
_LONG_HINT = re.compile(rb"<v>-?(?:\d{16}|\d*+\.\d{9}|\d[\d.]*+[eE])")
"""Numbers that lost digits, and those that fastexcel would round to nine decimals."""
_SPECIAL = r'<v>-?(?:[0-9]{16}|[0-9]*\.[0-9]{9}|[0-9][0-9.]*[eE])| t="[bed]"|<f|hidden=|<mergeCell |:c r=|<c>'
"""Whether a piece holds any of what is looked for one by one (RE2, which looks for all of it in one go)."""
_COLUMNS = rb'<c r="%b([A-Z]{1,3})\d+"[^>]*(?<!/)>'
_FILLED = rb'<c r="%b([A-Z]{1,3})'
_WIDE = 64  # columns up to which those already seen are passed over
_OTHER_ORDER = re.compile(rb'" [^rs>][a-z]*="\w+" s="')
_ROW = re.compile(rb'<row [^>]*?r="(\d{1,7})"')
_HIDDEN = re.compile(rb'<row (?=[^>]*hidden="(?:1|true)")[^>]*?r="(\d{1,7})"')
_MERGED = re.compile(rb'<mergeCell ref="([A-Z0-9$]+):([A-Z0-9$]+)"')
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_SAVED = re.compile(rb"<v(?:>|/>| )")
_FORMULA_TEXT = re.compile(rb"<f[^>]*>([^<]*)</f>")
_KIND = re.compile(rb' t="(\w+)"')
_DIMENSION = re.compile(rb'<dimension ref="([A-Z0-9]+:[A-Z0-9]+)"')
_PIECE = 1 << 22


class Unusual(Exception):
    """The XML is fine, but not as the quick look expects it."""


@dataclass
class Scan:
    """`texts` holds the cells whose text is ours: column → (row, text) pairs."""

    rows: int = 0
    columns: set[int] = field(default_factory=set)
    texts: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    cells: int = 0


def scan_sheet(archive: zipfile.ZipFile, part: str, book: Book) -> Scan:
    """Look through one sheet."""
    scan = Scan()
    dated = _dated(book)
    for piece in _whole_rows(archive, part):
        count = piece.count(b"<c ")
        special = pc.match_substring_regex(pa.array([piece], pa.large_binary()), _SPECIAL)[0].as_py()
        if count != piece.count(b'<c r="') or (special and (b":c r=" in piece or b"<c>" in piece)):
            raise Unusual
        scan.cells += count
        _see(piece, scan)
        last = piece.rfind(b"<row ")
        if last >= 0:
            found = _ROW.match(piece, last)
            if found is None:
                raise Unusual
            scan.rows = max(scan.rows, int(found[1]))
        _look_at_dates(piece, book, dated, scan)
        if special:
            _look(piece, book, scan)
    return scan


def _see(piece: bytes, scan: Scan) -> None:
    """Which columns hold cells."""
    cells = _COLUMNS if b'"/>' in piece else _FILLED  # blank cells with a style don't count
    if len(scan.columns) > _WIDE:
        scan.columns.update(map(_column, set(_unseen(cells, frozenset()).findall(piece))))
        return
    at = 0
    while found := _unseen(cells, frozenset(scan.columns)).search(piece, at):
        scan.columns.add(_column(found[1]))
        at = found.end()


@lru_cache(maxsize=256)
def _unseen(cells: bytes, columns: frozenset[int]) -> re.Pattern[bytes]:
    """Cells in other than these columns."""
    seen = "|".join(letter(column) for column in sorted(columns)).encode()
    return re.compile(cells % (rb"(?!(?:%b)\d)" % seen if seen else b""))


def stated_area(archive: zipfile.ZipFile, part: str) -> int:
    """How many cells the sheet says its used range has; 0 when it says nothing. It may be wrong."""
    with archive.open(part) as file:
        found = _DIMENSION.search(file.read(1 << 14))
    if found is None:
        return 0
    row, column = place(found[1].decode().partition(":")[2])
    return row * (column + 1)


def _whole_rows(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Pieces that end with a row's end, so that no cell is torn."""
    rest = b""
    for piece in stream(archive, part, _PIECE):
        rest += piece
        cut = rest.rfind(b"</row>")
        if cut >= 0:
            yield rest[: cut + 6]
            rest = rest[cut + 6 :]
        elif len(rest) > 8 * _PIECE:
            raise Unusual
    yield rest


def _dated(book: Book) -> re.Pattern[bytes] | None:
    """Cells with a style that shows dates."""
    styles = "|".join(str(at) for at, moment in enumerate(book.moments) if moment).encode()
    if not styles:
        return None
    cell = rb'<c r="([A-Z]{1,3})(\d{1,7})" s="(' + styles + rb')"(?: t="n")?>'
    return re.compile(cell + rb"(?:<f[^>]*?(?:/>|>[^<]*</f>))?<v>([^<]*)</v>")


def _look_at_dates(piece: bytes, book: Book, dated: re.Pattern[bytes] | None, scan: Scan) -> None:
    if dated is None:
        return
    if _OTHER_ORDER.search(piece):
        raise Unusual
    for letters, row, style, raw in dated.findall(piece):
        _put(scan, letters, row, number(raw.decode(), book.moments[int(style)], book.mac))


def _look(piece: bytes, book: Book, scan: Scan) -> None:
    """Everything else that is special in one piece. A formula is judged last: it may have no value to show."""
    if b't="b"' in piece or b't="e"' in piece or b't="d"' in piece:
        for letters, row, _, kind, body in _TYPED.findall(piece):
            value = _VALUE.search(body)
            _put(scan, letters, row, _typed(kind, value[1].decode() if value else ""))
    if _LONG_HINT.search(piece):
        for letters, row, tag, raw in _LONG.findall(piece):
            kind = _KIND.search(tag)
            if (kind is None or kind[1] == b"n") and not _moment(tag, book):
                _put(scan, letters, row, number(raw.decode()))
    if b"<f" in piece:
        _formulas(piece, scan)
    if b"hidden=" in piece:
        scan.hidden.update(int(row) for row in _HIDDEN.findall(piece))
    if b"<mergeCell " in piece:
        for first, last in _MERGED.findall(piece):
            scan.merged.append((*place(first.decode()), *place(last.decode())))


def _moment(tag: bytes, book: Book) -> Moment:
    found = re.search(rb' s="(\d+)"', tag)
    style = int(found[1]) if found else 0
    return book.moments[style] if style < len(book.moments) else ""


def _typed(kind: bytes, raw: str) -> tuple[str, str]:
    if kind == b"e":
        return raw, ERROR
    if kind == b"d":
        return iso(raw), ""
    return (boolean(raw in ("1", "true")) if raw else ""), ""


def _formulas(piece: bytes, scan: Scan) -> None:
    """Formulas whose value was never saved."""
    for letters, row, tag, body in _FORMULA.findall(piece):
        if (value := _VALUE.search(body)) is not None and value[1]:
            continue
        kind = _KIND.search(tag)
        if kind is not None and kind[1] == b"str" and _SAVED.search(body):
            continue  # its saved value is the empty text
        found = _FORMULA_TEXT.search(body)
        text = "=" + (found[1].decode("utf-8", "replace") if found else "")
        scan.flaws.append(Flaw(int(row), column_of(letters.decode()), NO_VALUE, _entities(text)))
        scan.texts.setdefault(column_of(letters.decode()), []).append((int(row), ""))


def _entities(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


@cache
def _column(letters: bytes) -> int:
    return column_of(letters.decode())


def _put(scan: Scan, letters: bytes, row: bytes, shown: tuple[str, str]) -> None:
    text, code = shown
    column = _column(letters)
    scan.texts.setdefault(column, []).append((int(row), text))
    if code:
        scan.flaws.append(Flaw(int(row), column, code, text))
