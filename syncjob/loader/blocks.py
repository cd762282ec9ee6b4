"""The fast reader: stretches of a delimited file that are provably clean.

What enters: UTF-8 bytes and the table's shape. What leaves: for a stretch of about a megabyte the proof that every line
in it is well formed and of the usual width (`Clean`), or None; and the cells of proven stretches, by Arrow's parser.
Promised: a stretch counts as clean only where the careful reader would find nothing to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from syncjob.loader.grid import TEXT

SIZE = 1 << 20
_LF, _CR, _QUOTE = 10, 13, 34
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Clean:
    """A proven stretch: it ends before byte `end`; `blank` tells for every record whether it is an empty line."""

    end: int
    blank: Flags
    multiline: bool


def prove(data: bytes, start: int, delimiter: int, widths: tuple[int, int]) -> Clean | None:
    """The clean stretch from byte `start` on, or None. `widths`: the usual number of fields, and the header's."""
    stop = min(start + SIZE, len(data))
    block = np.frombuffer(data, dtype=np.uint8, count=stop - start, offset=start)
    quotes = block == _QUOTE
    inside = (np.cumsum(quotes, dtype=np.uint8) & 1).view(np.bool_) if quotes.any() else None
    newlines = np.flatnonzero(block == _LF)
    ends = newlines if inside is None else newlines[~inside[newlines]]
    if not ends.size or (block == 0).any():
        return None
    block = block[: int(ends[-1]) + 1]
    if not _returns_paired(block):
        return None
    delimiters = np.flatnonzero(block == delimiter)
    if inside is not None:
        newlines = newlines[newlines < block.size]
        inside = inside[: block.size]
        if not _quotes_sound(block, np.flatnonzero(quotes[: block.size]), delimiter):
            return None
        if _may_swallow(newlines, delimiters, inside, widths):
            return None
        delimiters = delimiters[~inside[delimiters]]
    blank = _blanks(block, ends)
    counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
    if not bool(np.all((counts == widths[0] - 1) & ~blank | blank & (counts == 0))):
        return None
    return Clean(start + block.size, blank, len(newlines) > len(ends))


def _returns_paired(block: Bytes) -> bool:
    """Every CR stands before an LF."""
    returns = np.flatnonzero(block == _CR)
    return not returns.size or bool(np.all(block[returns + 1] == _LF))  # the block ends with LF


def _quotes_sound(block: Bytes, quotes: Places, delimiter: int) -> bool:
    """Opening quotes stand at the begin of a field, closing ones at its end, doubled ones in between."""
    opening, closing = quotes[0::2], quotes[1::2]
    if not quotes.size or opening.size != closing.size:
        return not quotes.size
    before = block[opening - 1] if opening[0] else np.concatenate(([np.uint8(_LF)], block[opening[1:] - 1]))
    after = block[closing + 1]  # there is one: the block ends with a newline outside quotes
    begins = (before == delimiter) | (before == _LF) | (before == _QUOTE)
    finishes = (after == delimiter) | (after == _LF) | (after == _CR) | (after == _QUOTE)
    return bool(begins.all() and finishes.all())


def _may_swallow(newlines: Places, delimiters: Places, inside: Flags, widths: tuple[int, int]) -> bool:
    """Whether a line within a quoted field looks like a row: then two stray quotes may have met."""
    within = inside[newlines]
    if not within.any():
        return False
    if min(widths) < 2:
        return True
    counts = np.diff(np.searchsorted(delimiters, newlines), prepend=0)
    touched = within | np.concatenate(([False], within[:-1]))
    return bool(np.isin(counts[touched] + 1, widths).any())


def _blanks(block: Bytes, ends: Places) -> Flags:
    begins = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    lengths = ends - begins
    return np.asarray((lengths == 0) | ((lengths == 1) & (block[begins] == _CR)), dtype=np.bool_)


def parse(data: bytes, start: int, end: int, delimiter: str, width: int, multiline: bool) -> list[pa.ChunkedArray]:
    """The cells of a proven stretch, one column each; empty lines are left out."""
    names = [str(at) for at in range(width)]
    stretch = pa.py_buffer(data)[start:end]
    table = pacsv.read_csv(
        pa.BufferReader(stretch),
        read_options=pacsv.ReadOptions(column_names=names, block_size=max(1 << 22, min(end - start, 1 << 24))),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if data.find(b'"', start, end) >= 0 else False,
            newlines_in_values=multiline,
            ignore_empty_lines=True,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False, null_values=[], check_utf8=False
        ),
    )
    return list(table.columns)
