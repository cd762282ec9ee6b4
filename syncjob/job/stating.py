"""All that the row of a change states, for changes whose contacts were not read just before they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
import pandas as pd

from syncjob.model import Change, Json
from syncjob.schema import FIELDS


def stated(rows: pd.DataFrame) -> Callable[[Change], Mapping[str, Json]]:
    """A change → what its row (schema.ROWS) states, "" where a field is to be empty; without a row, what it sends."""
    places = dict(zip(rows["row_id"].tolist(), range(len(rows)), strict=True))
    columns = {name: rows[name].tolist() for name in FIELDS}

    def of(change: Change) -> Mapping[str, Json]:
        at = places.get(change.row_id)
        if at is None:
            return change.fields
        texts = {name: column[at] for name, column in columns.items() if isinstance(column[at], str)}
        return {name: _value(name, text) for name, text in texts.items()}

    return of


def _value(name: str, text: str) -> Json:
    if name != "custom_field" or text == "":
        return text
    found: Json = orjson.loads(text)
    return found
