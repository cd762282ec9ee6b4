"""Results as CSV: the same columns as the sheets, for people whose source is a CSV file.

What enters: `Results` and a path. What leaves: UTF-8 with a byte order mark, CRLF line ends, the source's own
delimiter, and an apostrophe before values that a spreadsheet program would take for a formula; `loader.apostrophe`
holds that rule, and the loader takes exactly that off (CONTRACT 5).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from syncjob.loader.apostrophe import put
from syncjob.results.table import SYNC_COLUMNS, Results

CHUNK = 20_000
_MAYBE = r"\A[=@\t\r+\-]"


def write_csv(results: Results, path: Path) -> None:
    """Write `results` to `path`. Raises OSError."""
    headers = [put(header) for header in results.headers] + list(SYNC_COLUMNS)
    columns = [results.cells[at] for at in results.cells.columns] + [results.sync[name] for name in SYNC_COLUMNS]
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter(results), lineterminator="\r\n")
        writer.writerow(headers)
        for first in range(0, len(results.sync), CHUNK):
            writer.writerows(zip(*(_safe(series.iloc[first : first + CHUNK]) for series in columns), strict=True))


def delimiter(results: Results) -> str:
    """The delimiter that all text sources share, so that the file opens as theirs did; else a comma."""
    found = {table.facts.delimiter for table in results.loaded.tables if table.facts.delimiter}
    return found.pop() if len(found) == 1 else ","


def _safe(texts: pd.Series[str]) -> Sequence[str]:
    """The texts of a column with an apostrophe where one is needed; few columns need a closer look."""
    values: list[str] = texts.tolist()
    return [put(value) for value in values] if texts.str.match(_MAYBE).any() else values
