"""The lines below the header of a large text file → `Found`.

What enters: UTF-8 bytes, the table's shape, its header. What leaves: the cells, and what was seen on the way. Clean
stretches go through the fast reader, the others through the careful one; both give the same cells.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader import apostrophe, blocks
from syncjob.loader.flaw import Flaw
from syncjob.loader.found import Found
from syncjob.loader.grid import TEXT, is_filled
from syncjob.loader.header import unique
from syncjob.loader.lines import Reader
from syncjob.loader.shape import Head, Record, Seen, Shape

_STRETCH = 1 << 26  # bytes parsed at once


def read_body(text: bytes, shape: Shape, head: Head) -> tuple[Found, Seen]:
    """All lines below the header, and what was seen."""
    body = _Body(text, shape, head)
    body.read()
    return body.found(head), body.seen


class _Body:
    """Reads what is below the header: clean stretches fast, the others carefully."""

    def __init__(self, text: bytes, shape: Shape, head: Head) -> None:
        self._text = text
        self._shape = shape
        self._at = head.body
        self._row = head.row
        self.seen = Seen()
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
            self.seen.short.extend(rows.tolist())
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
        self.seen.long.extend(rows[~extra].tolist())
        for at in np.flatnonzero(extra).tolist():
            raw = self._shape.delimiter.join(str(column[at].as_py()) for column in columns)
            why = f"it has {len(columns)} fields where the header has {width}"
            self._flaw(Record(int(rows[at]), [], why, raw))

    def _careful(self, until: int | None = None) -> None:
        """Read on to the end of this stretch (or a little farther: a record is never cut)."""
        reader = Reader(self._text, self._shape, self.seen, self._at, self._row)
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

    def found(self, head: Head) -> Found:
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
        return Found(None, wanted, headers, [_taken(cells[at]) for at in wanted], rows, self._flaws)


def _joined(parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], TEXT)


def _taken(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without the apostrophes that keep values from becoming formulas."""
    quoted = pc.starts_with(column, "'").combine_chunks()
    if not pc.any(quoted).as_py():
        return column
    values = [apostrophe.take(value) for value in column.filter(quoted).to_pylist()]
    return pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), quoted, pa.array(values, TEXT))])
