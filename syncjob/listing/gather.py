"""Contacts as the remote shows them → the existing frame (schema.CONTACTS), in little memory.

Contacts are turned into Arrow chunks as they come, so a million of them never stand as Python objects at once. A
contact read twice counts as it was read last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import orjson
import pandas as pd
import pyarrow as pa

from syncjob import phone
from syncjob.model import Json
from syncjob.schema import CONTACTS, PLAIN_FIELDS

CHUNK = 1_000
"""Contacts turned into columns at once: so few that no other thread waits for it noticeably."""

_Page: TypeAlias = tuple[int, int, tuple[Mapping[str, Json], ...]]
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
    """Takes pages of contacts, gives one frame. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Page] = []
        self._count = 0
        self._chunks: list[pa.Table] = []

    def add(self, came: int, contacts: Iterable[Mapping[str, Json]], offset: int = 0) -> None:
        """Take the contacts of one page, read at tick `came`, the first of them at position `offset`."""
        page = (came, offset, tuple(contacts))
        with self._lock:
            self._waiting.append(page)
            self._count += len(page[2])
            full = self._take() if self._count >= CHUNK else []
        if full:
            self._chunks.append(_packed(full))

    def frame(self, region: str | None) -> pd.DataFrame:
        """Everything gathered, one line per sid, in the remote's order: by the position at which each was read last.

        `region` is that of numbers without a country code; None: the key is no number, but the sid.
        """
        with self._lock:
            self._chunks.append(_packed(self._take()))
        table = pa.concat_tables(self._chunks)
        found: pd.DataFrame = table.to_pandas()
        if found["sid"].duplicated().any():
            found = found.sort_values("came", kind="stable").drop_duplicates("sid", keep="last")
        if not (found["place"].is_monotonic_increasing and found["place"].is_unique):
            found = found.sort_values(["place", "came"], kind="stable")
        found = found.drop(columns=["came", "place"]).reset_index(drop=True)
        found["number"] = found["sid"] if region is None else phone.normalise(found["raw"], region)["number"].to_numpy()
        return CONTACTS.shape(found)

    def _take(self) -> list[_Page]:
        taken, self._waiting, self._count = self._waiting, [], 0
        return taken


def _packed(pages: list[_Page]) -> pa.Table:
    """The contacts of `pages` as columns."""
    contacts = [contact for _, _, some in pages for contact in some]
    columns: dict[str, pa.Array | list[int]] = {
        "came": [came for came, _, some in pages for _ in some],
        "place": [place for _, offset, some in pages for place in range(offset, offset + len(some))],
        "sid": _texts([contact.get("sid") for contact in contacts], str),
        "custom_field": pa.array([custom_text(contact.get("custom_field")) for contact in contacts], _TEXT),
    }
    for column, name in _TEXTS.items():
        columns[column] = _texts([contact.get(name) for contact in contacts], text_of)
    return pa.table(columns, schema=_SCHEMA)


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
