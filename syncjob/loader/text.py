"""A delimited text file → `Found`.

What enters: the file's bytes and what the config says of encoding, delimiter and header. What leaves: its cells, with
what was understood and what is damaged. A small file is read without any library, as starting one takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from syncjob.loader import apostrophe
from syncjob.loader.dialect import (
    NAMES,
    is_strict,
    logical,
    main_newline,
    sniff_delimiter,
    stated,
    unescaped,
    usual_width,
)
from syncjob.loader.encoding import Decoded, decode
from syncjob.loader.found import Found, HeaderRow
from syncjob.loader.header import LOOKED, find_header, missing, name_of, no_such_row
from syncjob.loader.lines import Reader
from syncjob.loader.plainly import SMALL, read_plainly
from syncjob.loader.profile import Profile
from syncjob.loader.quotes import split
from syncjob.loader.refusal import refuse
from syncjob.loader.shape import Head, Record, Seen, Shape

_LINES = re.compile(r"\r\n|\n|\r")
_SAMPLE = 1 << 18
_BEGIN = 1 << 14  # bytes that are told before the rest is read
_PIECES = 4  # places of the file that the sample is taken from
_RAGGED = 0.05
_LEARNED = 2000  # lines that the columns' kinds are learned from


def read_text(
    data: bytes,
    name: str,
    header_row: HeaderRow,
    encoding: str,
    delimiter: str,
    tell: Callable[[Found], None] | None = None,
) -> Found:
    """The table in a text file. Raises `SourceError` when it has no header or holds no text.

    `tell` is called with the first lines of a large one, before the rest is read.
    """
    decoded = decode(data, encoding, name)
    text = decoded.data
    del data
    if text.endswith(b"\x1a"):
        text = text[:-1]  # the end mark of old DOS programs
    first = _LINES.split(text[:200].decode("utf-8", "replace"), maxsplit=1)[0]
    start, chosen = 0, stated(first)
    if chosen is not None:
        line = re.match(rb"[^\r\n]*(?:\r\n|\n|\r)?", text)
        start = line.end() if line else 0
    sample = _sample(text, start)
    chosen = chosen or (sniff_delimiter(sample[0], name_of) if delimiter == "auto" else _stated(delimiter, name))
    if (plain := unescaped(text, chosen)) is not None:
        text, sample = plain, _sample(plain, start)
    head = _find_head(text, start, chosen, sample[0], header_row, name)
    shape = _shape(head, chosen, sample, main_newline(text))
    if len(text) - head.body <= SMALL:
        found, seen = read_plainly(text, shape, head)
    else:
        from syncjob.loader.body import read_body

        if tell is not None:
            tell(_begin(text, decoded, head, shape))
        found, seen = read_body(text, shape, head)
    seen.cut_off = seen.cut_off or decoded.torn
    found.facts = _facts(decoded, head, seen, shape.delimiter)
    return found


def _begin(text: bytes, decoded: Decoded, head: Head, shape: Shape) -> Found:
    """The first lines."""
    end = max(text.rfind(b"\n", head.body, head.body + _BEGIN), text.rfind(b"\r", head.body, head.body + _BEGIN)) + 1
    found, seen = read_plainly(text[: max(end, head.body)], shape, head)
    found.facts = _facts(decoded, head, seen, shape.delimiter)
    return found


def _stated(delimiter: str, name: str) -> str:
    """The delimiter as the config says it: the character, or its name."""
    named = {**{word: sign for sign, word in NAMES.items()}, "\\t": "\t"}.get(delimiter.lower(), delimiter)
    if len(named) != 1 or named in '"\r\n':
        raise refuse(name, f"{delimiter!r} can't be a delimiter", "Use auto, or one character.", code="config_invalid")
    return named


def _sample(text: bytes, start: int) -> list[list[str]]:
    """Lines from the begin and from other places of the file, without those that the cuts tear."""
    size = len(text) - start
    if size <= _SAMPLE * _PIECES:
        return (
            [_LINES.split(text[start:].decode("utf-8", "replace"))]
            if size <= _SAMPLE
            else _cut(text, start, [start, start + size // 2])
        )
    return _cut(text, start, [start + size * piece // _PIECES for piece in range(_PIECES)])


def _cut(text: bytes, start: int, places: list[int]) -> list[list[str]]:
    pieces = []
    for place in places:
        lines = _LINES.split(text[place : place + _SAMPLE].decode("utf-8", "replace"))
        pieces.append(lines[:-1] if place == start else lines[1:-1])
    return pieces


def _find_head(text: bytes, start: int, delimiter: str, lines: list[str], header_row: HeaderRow, name: str) -> Head:
    """The header's record, found among the first ones."""
    usual = usual_width(logical(lines, delimiter))
    wide = max((len(split(line, delimiter).fields) for line in lines[: LOOKED * 3]), default=1)
    reader = Reader(text, Shape(delimiter, wide, usual, Profile([]), ragged=True), Seen(), start, 1)
    records: list[Record] = []
    ends: list[tuple[int, int]] = []
    for record in reader.read(len(text)):
        records.append(record)
        ends.append((reader.at, reader.row + 1))
        if len(records) >= LOOKED if header_row == "auto" else record.row >= header_row:
            break
    at = _choose(records, header_row, name)
    record = records[at]
    cells = [apostrophe.take(cell) for cell in record.cells]
    own = _own_width(text, start if at == 0 else ends[at - 1][0], ends[at][0], delimiter, cells)
    return Head(Record(record.row, cells[:own]), *ends[at], [record.row for record in records[:at]])


def _choose(records: list[Record], header_row: HeaderRow, name: str) -> int:
    if not records:
        raise refuse(name, "the file is empty", "Check that the export worked and the copy was complete.")
    if header_row == "auto":
        at = find_header([record.cells for record in records])
        if at is None:
            raise missing(name)
        return at
    if records[-1].row != header_row:
        raise no_such_row(name, header_row)
    return len(records) - 1


def _own_width(text: bytes, start: int, end: int, delimiter: str, cells: list[str]) -> int:
    """How many fields the header itself has; its last line may be padded for reading."""
    lines = [line for line in _LINES.split(text[start:end].decode("utf-8", "replace")) if line]
    filled = max((at + 1 for at, cell in enumerate(cells) if cell.strip()), default=1)
    found = split(lines[-1], delimiter) if lines else split("", delimiter)
    return max(filled, len(found.fields)) if found.state in ("fine", "literal") and len(lines) == 1 else filled


def _shape(head: Head, delimiter: str, sample: list[list[str]], newline: str) -> Shape:
    """What rows look like, learned from those that are surely whole."""
    width = len(head.record.cells)
    found = [one for piece in sample for one in logical(piece, delimiter)]
    usual = usual_width(found)
    lines = [one.fields if one.state == "fine" else [] for one in found if any(map(str.strip, one.fields))]
    if head.record.cells in (cut := [fields[:width] for fields in lines]):
        lines = lines[cut.index(head.record.cells) + 1 :]  # without titles above
    parsed = [fields for fields in lines if fields]
    whole = [fields for fields in parsed if len(fields) in (usual, width) and fields != head.record.cells]
    profile = Profile(whole[:: max(1, len(whole) // _LEARNED)])
    ragged = profile.early_ends(lines, min(usual, width)) > max(2, _RAGGED * len(parsed))
    keys = tuple(at for at, cell in enumerate(head.record.cells) if name_of(cell.strip()) == "number")
    strict = is_strict([line for piece in sample for line in piece], delimiter, usual)
    return Shape(delimiter, width, usual, profile, ragged, keys, newline, strict)


def _facts(decoded: Decoded, head: Head, seen: Seen, delimiter: str) -> dict[str, object]:
    """What was understood, and what people are told."""
    above = head.above
    notes = [*decoded.notes, *seen.notes()]
    if above:
        rows = (
            f"Row {above[0]} above the header (row {head.record.row}) was"
            if len(above) == 1
            else f"Rows {above[0]} to {above[-1]} above the header (row {head.record.row}) were"
        )
        notes.insert(0, f"{rows} left out.")
    return {
        "encoding": decoded.encoding,
        "delimiter": delimiter,
        "header_row": head.record.row,
        "cut_off": seen.cut_off,
        "notes": notes,
    }
