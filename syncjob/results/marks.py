"""Which of the user's cells are at fault, and the comment each gets. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from syncjob.loader.table import FieldMap, Loaded
from syncjob.results.cells import Block
from syncjob.results.messages import GOOD
from syncjob.schema import PLAIN_FIELDS
from syncjob.texts import one_of

KEY_FIELD = "number"
KEY_REASONS = ("conflicting_rows", "ambiguous_remote", "twin_on_hold")
"""Reasons that lie in the key even where the loader named no cell."""


_SAID = {
    KEY_FIELD: re.compile(r"(?<![a-z])(phone|mobile|number)", re.IGNORECASE),
    **{name: re.compile(rf"(?<![a-z]){name.replace('_', '[ _]?')}(?![a-z])", re.IGNORECASE) for name in PLAIN_FIELDS},
}
"""How a remote names the field that it refuses; field names come in several spellings."""


@dataclass(frozen=True)
class Mark:
    """One cell to be coloured: line and column of the result's cells, and the comment that says why."""

    line: int
    column: int
    comment: str


def find_marks(loaded: Loaded, outcomes: pd.DataFrame, messages: pd.Series[str], block: Block) -> tuple[Mark, ...]:
    """The offending cell of every bad row whose cell is known; rows, outcomes and messages are aligned."""
    rows = loaded.rows
    bad = ~one_of(outcomes["outcome"], GOOD)
    if not bad.any():
        return ()
    in_key, refused = outcomes["reason"].isin(KEY_REASONS), outcomes["outcome"].eq("rejected")
    wanted = bad & (rows["column"].notna() | in_key | refused)
    letters = [{column.letter: at for at, column in enumerate(table.columns)} for table in loaded.tables]
    places = [_places(loaded.mappings, number) for number in range(len(loaded.tables))]
    marks = []
    fields = [
        KEY_FIELD if key else named_field(words) if no and isinstance(words, str) else None
        for key, no, words in zip(in_key[wanted], refused[wanted], outcomes["detail"][wanted], strict=True)
    ]
    found = rows.loc[wanted, ["table", "column"]].assign(comment=messages[wanted])
    for (line, table, letter, comment), field in zip(found.itertuples(name=None), fields, strict=True):
        position = places[table].get(field or "") if pd.isna(letter) else letters[table].get(letter)
        column = None if position is None else block.place.get((table, position))
        if column is not None:
            marks.append(Mark(line, column, comment))
    return tuple(marks)


def named_field(words: str) -> str | None:
    """The one contact field that the remote's words are about (“Invalid PhoneNumber”); None for none or several."""
    named = {field for field, pattern in _SAID.items() if pattern.search(words)}
    return named.pop() if len(named) == 1 else None


def _places(mappings: tuple[FieldMap, ...], table: int) -> dict[str, int]:
    """Contact field → the position of the column that feeds it."""
    if table >= len(mappings):
        return {}
    return {name: at for at, name in mappings[table].field_of.items()}
