"""Results as CSV: the same columns as the sheets, for people whose source is a CSV file.

What enters: `Results` and a path. What leaves: UTF-8 with a byte order mark, CRLF line ends, the source's own
delimiter, and an apostrophe before values that a spreadsheet program would take for a formula; `loader.apostrophe`
holds that rule, and the loader takes exactly that off (CONTRACT 5).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.apostrophe import put
from syncjob.results.table import SYNC_COLUMNS, Results
from syncjob.texts import Mask, arrow, content, joined, offsets

CHUNK = 20_000
_HARMLESS = r"\A[+-][0-9][0-9\t-\r ().,/-]*\z"
"""A number behind its sign, as `loader.apostrophe` has it (RE2)."""


def write_csv(results: Results, path: Path) -> None:
    """Write `results` to `path`. Raises OSError."""
    headers = [put(header) for header in results.headers] + list(SYNC_COLUMNS)
    columns = [results.cells[at] for at in results.cells.columns] + [results.sync[name] for name in SYNC_COLUMNS]
    mark = delimiter(results)
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8 + _line(headers, mark).encode("utf-8", "replace"))
        for first in range(0, len(results.sync), CHUNK):
            parts = [_safe(arrow(series.iloc[first : first + CHUNK]), mark) for series in columns]
            ends = [mark] * (len(parts) - 1) + ["\r\n"]
            file.write(content(joined(*(piece for pair in zip(parts, ends, strict=True) for piece in pair))))


def _line(values: Sequence[str], mark: str) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=mark, lineterminator="\r\n").writerow(values)
    return made.getvalue()


def delimiter(results: Results) -> str:
    """The delimiter that all text sources share, so that the file opens as theirs did; else a comma."""
    found = {table.facts.delimiter for table in results.loaded.tables if table.facts.delimiter}
    return found.pop() if len(found) == 1 else ","


def _safe(texts: pa.Array, mark: str) -> pa.Array:
    """The texts of a column as they stand in the file; few need an apostrophe or quotes, and only those are made."""
    formula, inside = _special(texts, mark)
    quoted = inside | formula if mark == "'" else inside
    lines = np.flatnonzero(formula | quoted)
    if not len(lines):
        return texts
    made = texts.take(lines)
    made = pc.if_else(pa.array(formula[lines]), joined("'", made), made)
    doubled = joined('"', pc.replace_substring(made, '"', '""'), '"')
    made = pc.if_else(pa.array(quoted[lines]), doubled, made)  # RFC 4180
    return pc.replace_with_mask(texts, pa.array(formula | quoted), made)


def _special(texts: pa.Array, mark: str) -> tuple[Mask, Mask]:
    """Which texts need an apostrophe, and which quotes; by the bytes themselves, as few texts are looked at closely."""
    bounds, data = offsets(texts), np.frombuffer(content(texts), np.uint8)
    bounds = bounds - bounds[0]
    formula, inside = np.zeros((2, len(texts)), dtype=np.bool_)
    filled = np.flatnonzero(np.diff(bounds))
    formula[filled] = _among(b"=@\t\r+-", data[bounds[filled]])
    maybe = np.flatnonzero(formula)
    if len(maybe):
        formula[maybe] = ~_mask(pc.match_substring_regex(texts.take(maybe), _HARMLESS))
    hits = np.flatnonzero(_among(b'"\r\n' + mark.encode()[:1], data))
    inside[np.searchsorted(bounds, hits, side="right") - 1] = True
    if not mark.isascii():  # its first byte may begin another character
        inside &= _mask(pc.match_substring_regex(texts, f'["\r\n{mark}]'))
    return formula, inside


def _among(signs: bytes, data: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> Mask:
    """For each byte whether it is one of `signs`."""
    found = np.zeros(len(data), dtype=np.bool_)
    for sign in signs:
        found |= data == sign
    return found


def _mask(found: pa.Array) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask
