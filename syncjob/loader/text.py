"""A delimited text file → `Found`.

What enters: the file's bytes and what the config says of encoding, delimiter and header. What leaves: its cells, with
what was understood and what is damaged. Clean stretches go through the fast reader, the others through the careful
one; both give the same cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader import apostrophe, blocks
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
from syncjob.loader.grid import TEXT, Flaw, is_filled
from syncjob.loader.header import LOOKED, find_header, missing, name_of, no_such_row, unique
from syncjob.loader.lines import Reader
from syncjob.loader.profile import Profile
from syncjob.loader.quotes import split
from syncjob.loader.refusal import refuse
from syncjob.loader.shape import Record, Seen, Shape

_LINES = re.compile(r"\r\n|\n|\r")
_SAMPLE = 1 << 18
_PIECES = 4  # places of the file that the sample is taken from
_RAGGED = 0.05
_LEARNED = 2000  # lines that the columns' kinds are learned from
_STRETCH = 1 << 26  # bytes parsed at once


@dataclass
class _Head:
    """The header of a text file: its record, where the body begins, and the sheet row there."""

    record: Record
    body: int
    row: int
    above: list[int]


def read_text(data: bytes, name: str, header_row: HeaderRow, encoding: str, delimiter: str) -> Found:
    """The table in a text file. Raises `SourceError` when it has no header or holds no text."""
    decoded = decode(data, encoding, name)
    text = decoded.data
    del data
    if text.endswith(b"\x1a"):
        text = text[:-1]  # the end mark of old DOS programs
    first = _LINES.split(text[:200].decode("utf-8", "replace"), maxsplit=1)[0]
    start, chosen = 0, stated(first)
    if chosen is not None:
        found = re.match(rb"[^\r\n]*(?:\r\n|\n|\r)?", text)
        start = found.end() if found else 0
    sample = _sample(text, start)
    chosen = chosen or (sniff_delimiter(sample[0], name_of) if delimiter == "auto" else _stated(delimiter, name))
    if (plain := unescaped(text, chosen)) is not None:
        text, sample = plain, _sample(plain, start)
    head = _find_head(text, start, chosen, sample[0], header_row, name)
    shape = _shape(head, chosen, sample, main_newline(text))
    body = _Body(text, shape, head)
    body.read()
    return body.found(decoded, head)


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


def _find_head(text: bytes, start: int, delimiter: str, lines: list[str], header_row: HeaderRow, name: str) -> _Head:
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
    return _Head(Record(record.row, cells[:own]), *ends[at], [record.row for record in records[:at]])


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


def _shape(head: _Head, delimiter: str, sample: list[list[str]], newline: str) -> Shape:
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


class _Body:
    """Reads what is below the header: clean stretches fast, the others carefully."""

    def __init__(self, text: bytes, shape: Shape, head: _Head) -> None:
        self._text = text
        self._shape = shape
        self._at = head.body
        self._row = head.row
        self._seen = Seen()
        self._flaws: list[Flaw] = []
        self._cells: list[list[pa.ChunkedArray]] = [[] for _ in range(shape.width)]
        self._rows: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        self._sign = ord(shape.delimiter) if shape.delimiter.isascii() else -1

    def read(self) -> None:
        """Walk through the file."""
        while self._at < len(self._text):
            proven = self._prove()
            if proven:
                self._fast(proven)
            else:
                self._careful()

    def _prove(self) -> list[blocks.Clean]:
        """Adjacent clean stretches from here on."""
        proven: list[blocks.Clean] = []
        at = self._at
        widths = (self._shape.usual, self._shape.width)
        while self._sign >= 0 and at < len(self._text) and at - self._at < _STRETCH:
            clean = blocks.prove(self._text, at, self._sign, widths)
            if clean is None:
                break
            proven.append(clean)
            at = clean.end
        return proven

    def _fast(self, proven: list[blocks.Clean]) -> None:
        end, usual = proven[-1].end, self._shape.usual
        blank = np.concatenate([clean.blank for clean in proven])
        multiline = any(clean.multiline for clean in proven)
        columns = blocks.parse(self._text, self._at, end, self._shape.delimiter, usual, multiline)
        rows = self._row + np.flatnonzero(~blank)
        if len(columns[0]) != len(rows):
            self._careful(end)  # the parser saw other records than the proof: trust neither
            return
        width = self._shape.width
        if usual > width:
            self._too_wide(columns, rows, width)
        blanks = pa.chunked_array([pa.array([""] * len(rows), TEXT)]) if usual < width else None
        for at in range(width):
            self._cells[at].append(columns[at] if at < usual or blanks is None else blanks)
        if usual < width:
            self._seen.short.extend(rows.tolist())
        self._rows.append(rows)
        self._row += len(blank)
        self._at = end

    def _too_wide(
        self, columns: list[pa.ChunkedArray], rows: np.ndarray[tuple[int], np.dtype[np.int64]], width: int
    ) -> None:
        """Most lines have more fields than the header: blank ones are noted, others damage their row."""
        extra = np.zeros(len(rows), dtype=np.bool_)
        for column in columns[width:]:
            extra |= is_filled(column)
        self._seen.long.extend(rows[~extra].tolist())
        for at in np.flatnonzero(extra).tolist():
            raw = self._shape.delimiter.join(str(column[at].as_py()) for column in columns)
            why = f"it has {len(columns)} fields where the header has {width}"
            self._flaw(Record(int(rows[at]), [], why, raw))

    def _careful(self, until: int | None = None) -> None:
        """Read on to the end of this stretch (or a little farther: a record is never cut)."""
        reader = Reader(self._text, self._shape, self._seen, self._at, self._row)
        records = list(reader.read(until or self._at + blocks.SIZE))
        for record in records:
            if record.why:
                self._flaw(record)
        if records:
            for at, cells in enumerate(zip(*(record.cells for record in records), strict=True)):
                self._cells[at].append(pa.chunked_array([pa.array(cells, TEXT)]))
            self._rows.append(np.fromiter((record.row for record in records), np.int64, len(records)))
        self._at, self._row = reader.at, reader.row

    def _flaw(self, record: Record) -> None:
        self._flaws.append(Flaw(record.row, -1, "row_damaged", record.raw, record.why))

    def found(self, decoded: Decoded, head: _Head) -> Found:
        """Everything read, with blank lines and blank unnamed columns left out."""
        rows = np.concatenate(self._rows) if self._rows else np.zeros(0, dtype=np.int64)
        cells = [_joined(parts) for parts in self._cells]
        filled = [is_filled(column) for column in cells]
        mask = np.logical_or.reduce(filled) if filled else np.zeros(0, dtype=np.bool_)
        if self._flaws:
            mask |= np.isin(rows, [flaw.row for flaw in self._flaws])
        if not mask.all():
            cells = [column.filter(pa.array(mask)) for column in cells]
            rows = rows[mask]
        wanted = [at for at, header in enumerate(head.record.cells) if header.strip() or filled[at].any()]
        headers = unique([head.record.cells[at] for at in wanted])
        found = Found(None, wanted, headers, [_taken(cells[at]) for at in wanted], rows, self._flaws)
        found.facts = self._facts(decoded, head)
        return found

    def _facts(self, decoded: Decoded, head: _Head) -> dict[str, object]:
        self._seen.cut_off = self._seen.cut_off or decoded.torn
        above = head.above
        notes = [*decoded.notes, *self._seen.notes()]
        if above:
            rows = (
                f"Row {above[0]} above the header (row {head.record.row}) was"
                if len(above) == 1
                else f"Rows {above[0]} to {above[-1]} above the header (row {head.record.row}) were"
            )
            notes.insert(0, f"{rows} left out.")
        return {
            "encoding": decoded.encoding,
            "delimiter": self._shape.delimiter,
            "header_row": head.record.row,
            "cut_off": self._seen.cut_off,
            "notes": notes,
        }


def _joined(parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], TEXT)


def _taken(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without the apostrophes that keep values from becoming formulas."""
    quoted = pc.starts_with(column, "'").combine_chunks()
    if not pc.any(quoted).as_py():
        return column
    values = [apostrophe.take(value) for value in column.filter(quoted).to_pylist()]
    return pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), quoted, pa.array(values, TEXT))])
