"""Results as CSV: the same columns as the sheets, for people whose source is a CSV file.

What enters: `Results` and a path. What leaves: UTF-8 with a byte order mark, CRLF line ends, the source's own
delimiter, and an apostrophe before values that a spreadsheet program would take for a formula; `loader.apostrophe`
holds that rule, and the loader takes exactly that off (CONTRACT 5).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.apostrophe import put
from syncjob.results.table import SYNC_COLUMNS, Results
from syncjob.texts import arrow

CHUNK = 20_000
_TEXT = pa.large_string()
_MAYBE = r"\A[=@\t\r+\-]"


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
            whole = [piece for part, end in zip(parts, ends, strict=True) for piece in (part, pa.scalar(end, _TEXT))]
            file.write("".join(pc.binary_join_element_wise(*whole, pa.scalar("", _TEXT)).to_pylist()).encode())


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
    special = pc.or_(
        pc.match_substring_regex(texts, _MAYBE),
        pc.match_substring_regex(texts, f'[{re.escape(mark)}"\r\n]'),
    )
    lines = np.flatnonzero(special)
    if not len(lines):
        return texts
    made = [_quoted(put(text), mark) for text in texts.take(lines).to_pylist()]
    return pc.replace_with_mask(texts, special, pa.array(made, _TEXT))


def _quoted(text: str, mark: str) -> str:
    """`text` as a field (RFC 4180)."""
    plain = not any(sign in text for sign in (mark, '"', "\r", "\n"))
    return text if plain else '"' + text.replace('"', '""') + '"'
