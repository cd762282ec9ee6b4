"""A grid → `Found`: its header, and the lines below it that hold anything.

What enters: a `Grid` and the wish for a header row. What leaves: `Found`. Raises `SourceError` (source_unmapped) when
there is no header.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from syncjob.loader.found import Found, HeaderRow
from syncjob.loader.grid import Grid, is_filled
from syncjob.loader.header import LOOKED, find_header, missing, no_such_row, unique

_GROUPS = 8  # lines a header may be merged over


def settle(grid: Grid, header_row: HeaderRow, name: str, sheet: str | None) -> Found:
    """`grid` with its header found. Raises `SourceError` (source_unmapped) when there is none."""
    at = _header_at(grid, header_row, name, sheet)
    first = int(grid.rows[at])
    last = _last_header_row(grid, first)
    names = _names(grid, first, last)
    above = grid.rows[:at]
    body = grid.take(grid.rows > last)
    body = body.take(body.filled())
    wanted = [
        column
        for column in sorted(grid.columns)
        if names.get(column, "").strip()
        or (len(body.rows) and is_filled(body.columns[column]).any())
        or _flawed(body, column)
    ]
    headers = unique([names.get(column, "") for column in wanted])
    found = Found(sheet, wanted, headers, [body.columns[column] for column in wanted], body.rows, body.flaws)
    found.facts["header_row"] = last
    found.facts["notes"] = [*_told(grid, body, above, last), *grid.notes]
    found.facts["hidden_rows"] = sum(1 for row in body.rows.tolist() if row in grid.hidden) if grid.hidden else 0
    return found


def _flawed(body: Grid, column: int) -> bool:
    return any(flaw.column == column for flaw in body.flaws)


def _header_at(grid: Grid, header_row: HeaderRow, name: str, sheet: str | None) -> int:
    """The line of `grid` that is the header."""
    if header_row != "auto":
        places = np.flatnonzero(grid.rows == header_row)
        if not places.size or not any(cell.strip() for cell in _line(grid, int(places[0]))):
            raise no_such_row(name, header_row, sheet)
        return int(places[0])
    lines = grid.head(LOOKED * 3)
    filled = [at for at, cells in enumerate(lines) if any(cell.strip() for cell in cells)][:LOOKED]
    found = find_header([lines[at] for at in filled])
    if found is None:
        raise missing(name, sheet)
    return filled[found]


def _line(grid: Grid, at: int) -> list[str]:
    return [str(grid.columns[column][at].as_py()) for column in sorted(grid.columns)]


def _last_header_row(grid: Grid, first: int) -> int:
    """A header merged downwards ends with its lowest merged cell."""
    return max((low for top, _, low, _ in grid.merged if top <= first <= low <= top + _GROUPS), default=first)


def _names(grid: Grid, first: int, last: int) -> dict[int, str]:
    """Each column's header: its lowest text in the header's rows, or the merged cell that reaches into them."""
    top = min((top for top, _, low, _ in grid.merged if top <= last <= low <= top + _GROUPS), default=first)
    names: dict[int, str] = {}
    for at in np.flatnonzero((grid.rows >= min(top, first)) & (grid.rows <= last)):
        row = int(grid.rows[at])
        for column in grid.columns:
            text = str(grid.columns[column][int(at)].as_py())
            inside = row >= first or any(t == row and c == column and low >= first for t, c, low, _ in grid.merged)
            if text.strip() and inside:
                names[column] = text
    return names


def _told(
    grid: Grid, body: Grid, above: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]], last: int
) -> list[str]:
    """What people should know about this sheet."""
    notes = []
    if len(above):
        rows = f"Row {int(above[0])}" if len(above) == 1 else f"Rows {int(above[0])} to {int(above[-1])}"
        notes.append(f"{rows} above the header (row {last}) {'was' if len(above) == 1 else 'were'} left out.")
    if grid.hidden and (hidden := sum(1 for row in body.rows.tolist() if row in grid.hidden)):
        notes.append(f"{hidden:,} hidden or filtered row{' was' if hidden == 1 else 's were'} read too.")
    merged = [place for place in grid.merged if place[2] > last]
    if merged:
        notes.append(
            f"{len(merged):,} merged cell{' counts' if len(merged) == 1 else 's count'} "
            f"for the first row and column only (the first in row {min(place[0] for place in merged)})."
        )
    return notes
