"""Contacts as the remote shows them → the existing frame (schema.CONTACTS), in little memory.

Contacts are turned into Arrow chunks as they come, so a million of them never stand as Python objects at once. A
contact read twice counts as it was read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import orjson
import pandas as pd
import pyarrow as pa

from syncjob import phone
from syncjob.model import Json
from syncjob.schema import CONTACTS, PLAIN_FIELDS

CHUNK = 1_000
"""Contacts turned into columns at once: so few that no other thread waits for it noticeably."""

_NAMES = ("sid", "raw", *PLAIN_FIELDS, "custom_field", "created")
_TEXTS = {"raw": "number", **{name: name for name in PLAIN_FIELDS}, "created": "date_created"}
_TEXT = pa.large_string()
_SCHEMA = pa.schema([("came", pa.int64()), ("place", pa.int64()), *((name, _TEXT) for name in _NAMES)])


def text_of(value: Json | None) -> str:
    """A field's value as text; null, missing and "" are equal (CONTRACT 4)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def custom_text(value: Json | None) -> str:
    """A custom_field as JSON text with sorted keys, "" when there is nothing in it."""
    if value is None or value == "" or value == {}:
        return ""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class Gather:
    """Takes pages of contacts, gives one frame."""

    def __init__(self) -> None:
        self._waiting: list[Mapping[str, Json]] = []
        self._came: list[int] = []
        self._places: list[int] = []
        self._chunks: list[pa.Table] = []

    def add(self, came: int, contacts: Iterable[Mapping[str, Json]], offset: int = 0) -> None:
        """Take the contacts of one page, read at tick `came`, the first of them at position `offset`."""
        before = len(self._waiting)
        self._waiting.extend(contacts)
        count = len(self._waiting) - before
        self._came += [came] * count
        self._places += range(offset, offset + count)
        if len(self._waiting) >= CHUNK:
            self._flush()

    def frame(self, region: str | None) -> pd.DataFrame:
        """Everything gathered, one line per sid, in the remote's order: by the position at which each was read last.

        `region` is that of numbers without a country code; None: the key is no number, but the sid.
        """
        self._flush()
        table = pa.concat_tables(self._chunks) if self._chunks else _SCHEMA.empty_table()
        found = table.to_pandas().astype(dict.fromkeys(_NAMES, "str"))
        found = found.sort_values("came", kind="stable").drop_duplicates("sid", keep="last")
        found = found.sort_values("place", kind="stable").drop(columns=["came", "place"]).reset_index(drop=True)
        found["number"] = found["sid"] if region is None else phone.normalise(found["raw"], region)["number"].to_numpy()
        return CONTACTS.shape(found)

    def _flush(self) -> None:
        if not self._waiting:
            return
        contacts = self._waiting
        columns: dict[str, pa.Array | list[int]] = {"came": self._came, "place": self._places}
        columns["sid"] = _texts([contact.get("sid") for contact in contacts], str)
        for column, name in _TEXTS.items():
            columns[column] = _texts([contact.get(name) for contact in contacts], text_of)
        custom = [custom_text(contact.get("custom_field")) for contact in contacts]
        columns["custom_field"] = pa.array(custom, _TEXT)
        self._chunks.append(pa.table(columns, schema=_SCHEMA))
        self._waiting, self._came, self._places = [], [], []


def _texts(values: list[Json | None], text: Callable[[Json | None], str]) -> pa.Array:
    """`values` as `text` gives each of them; where all are texts or missing, as they nearly always are, at once."""
    try:
        return pa.array(values, _TEXT).fill_null(text(None))
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([value if type(value) is str else text(value) for value in values], _TEXT)


def contact_frame(contacts: Iterable[Mapping[str, Json]], region: str | None) -> pd.DataFrame:
    """A few contacts as a frame (schema.CONTACTS): what a single read or a reply returned."""
    gather = Gather()
    gather.add(0, contacts)
    return gather.frame(region)
