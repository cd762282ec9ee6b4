"""Which of the user's cells are at fault, and the comment each gets. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from syncjob.loader.table import FieldMap, Loaded
from syncjob.results.cells import Block
from syncjob.words import OUTCOMES

KEY_FIELD = "number"
KEY_REASONS = ("conflicting_rows", "ambiguous_remote", "twin_on_hold")
"""Reasons that lie in the key even where the loader named no cell."""


@dataclass(frozen=True)
class Mark:
    """One cell to be coloured: line and column of the result's cells, and the comment that says why."""

    line: int
    column: int
    comment: str


def find_marks(loaded: Loaded, outcomes: pd.DataFrame, messages: pd.Series[str], block: Block) -> tuple[Mark, ...]:
    """The offending cell of every bad row whose cell is known; rows, outcomes and messages are aligned."""
    good = [code for code, entry in OUTCOMES.items() if entry.good]
    rows = loaded.rows
    in_key = outcomes["reason"].isin(KEY_REASONS)
    wanted = ~outcomes["outcome"].isin(good) & (rows["column"].notna() | in_key)
    letters = [{column.letter: at for at, column in enumerate(table.columns)} for table in loaded.tables]
    keys = [_key_column(loaded.mappings, number) for number in range(len(loaded.tables))]
    marks = []
    found = rows.loc[wanted, ["table", "column"]].assign(comment=messages[wanted])
    for line, table, letter, comment in found.itertuples(name=None):
        position = keys[table] if pd.isna(letter) else letters[table].get(letter)
        column = None if position is None else block.place.get((table, position))
        if column is not None:
            marks.append(Mark(line, column, comment))
    return tuple(marks)


def _key_column(mappings: tuple[FieldMap, ...], table: int) -> int | None:
    if table >= len(mappings):
        return None
    return next((at for at, name in mappings[table].field_of.items() if name == KEY_FIELD), None)
