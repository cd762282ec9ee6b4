"""How a large file begins, told by the reading process before it reads the rest.

What enters: `Found`s of the first lines; in the parent a line of bytes. What leaves: that line; `Table`s. Promised: the
parent believes no more of it than its form; what is no begin of a table is passed over, and the whole is read as ever.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from syncjob.loader.answer import take, write
from syncjob.loader.found import Found, Plain

if TYPE_CHECKING:
    from syncjob.loader.table import Table

LINES = 60
"""Lines below the header that are told."""
LONGEST = 1 << 20
"""Bytes; a begin that takes more (cells may be huge) is not told."""

Tell: TypeAlias = Callable[[Sequence[Found]], None]
"""Called with the tables of a file, their first lines only."""
Hear: TypeAlias = Callable[["tuple[Table, ...]"], None]
"""Called with what was told; from another thread."""


def spoken(begun: Sequence[Found]) -> bytes:
    """The line that tells it, or nothing."""
    nowhere = Path()  # first lines go into the line itself
    line = json.dumps([write(_first(found), nowhere) for found in begun]).encode() + b"\n"
    return line if len(line) <= LONGEST else b""


def heard(line: bytes, name: str) -> tuple[Table, ...]:
    """The tables of the file `name` as far as a line tells them; none when it tells something else."""
    try:
        return tuple(take(table, Path(), name) for table in json.loads(line) if "rows" in table)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _first(found: Found) -> Found:
    rows = array("q", (int(row) for row in found.rows[:LINES]))
    cells = [Plain(column.to_pylist()[: len(rows)]) for column in found.cells]
    end = rows[-1] if rows else 0
    flaws = [flaw for flaw in found.flaws if flaw.row <= end and rows[bisect_left(rows, flaw.row)] == flaw.row]
    return Found(found.sheet, found.letters, found.headers, cells, rows, flaws, found.facts)
