"""The user's cells of all tables as one block, in row order. Pure.

Tables with differing headers share one set of columns: the union, in order of first appearance. The second "Phone" of
a table meets the second "Phone" of the others. The `sync_` columns of a file fed back are left out: they are ours and
are written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from syncjob.loader.table import Loaded, Table
from syncjob.texts import as_it_lies, frame_of, plain


@dataclass(frozen=True)
class Block:
    """The united cells: one line per row, one text column per header, labelled 0…; "" where a table has no such column.

    `place` tells where a table's column went: (table, position) → column of the block.
    """

    headers: tuple[str, ...]
    cells: pd.DataFrame
    place: Mapping[tuple[int, int], int]


def unite(loaded: Loaded, ours: Sequence[str]) -> Block:
    """The cells of every row of `loaded.rows` (which must be in row order), without the columns named in `ours`."""
    headers, place = _union(loaded.tables, frozenset(ours))
    parts = [_part(loaded.tables[number], number, lines, place, len(headers)) for number, lines in _lines(loaded.rows)]
    if not parts:
        cells = frame_of({column: pa.array([], pa.large_string()) for column in range(len(headers))})
    else:
        cells = parts[0] if len(parts) == 1 else pd.concat(parts).sort_index()
    return Block(headers, cells, place)


def _union(tables: Sequence[Table], ours: frozenset[str]) -> tuple[tuple[str, ...], dict[tuple[int, int], int]]:
    """Every header once per occurrence in a table, and where each table's column went."""
    known: dict[tuple[str, int], int] = {}
    place: dict[tuple[int, int], int] = {}
    for number, table in enumerate(tables):
        seen: dict[str, int] = {}
        for position, column in enumerate(table.columns):
            if column.header.strip().casefold() in ours:
                continue
            nth = seen[column.header] = seen.get(column.header, 0) + 1
            place[number, position] = known.setdefault((column.header, nth), len(known))
    return tuple(header for header, _ in known), place


def _lines(rows: pd.DataFrame) -> list[tuple[int, pd.Series[int]]]:
    """For each table its number and, labelled by line of the result, the positions of its rows."""
    positions = rows["position"].reset_index(drop=True)
    tables = rows["table"].to_numpy()
    return [(int(number), positions[tables == number]) for number in pd.unique(tables)]


def _part(
    table: Table, number: int, lines: pd.Series[int], place: Mapping[tuple[int, int], int], width: int
) -> pd.DataFrame:
    whole = np.array_equal(lines.to_numpy(), np.arange(len(table.cells)))
    columns: dict[int, pa.Array] = {}
    for position in range(len(table.columns)):
        if (number, position) in place:
            taken = as_it_lies(table.cells.iloc[:, position])
            taken = taken if whole else taken.take(lines.to_numpy())
            columns[place[number, position]] = plain(taken)
    blank = pa.repeat(pa.scalar("", pa.large_string()), len(lines))
    return frame_of({column: columns.get(column, blank) for column in range(width)}, lines.index)
