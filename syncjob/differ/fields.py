"""Which fields of a contact a row would change, and to what. Vectorised: Python sees only the pairs that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import orjson
import pandas as pd

from syncjob.differ.merging import custom_change, is_empty
from syncjob.differ.rules import Rules
from syncjob.model import Json
from syncjob.schema import PLAIN_FIELDS
from syncjob.texts import differs, scattered

CUSTOM = "custom_field"


def create_fields(rows: pd.DataFrame, rules: Rules) -> pd.Series:
    """What a create sends for each row, as JSON text: everything the row states, the number aside."""
    columns = {name: rows[name].to_numpy(dtype=object) for name in PLAIN_FIELDS}
    if rules.owned == "tag":
        columns["tag"] = np.full(len(rows), rules.owned_tag, dtype=object)
    custom = rows[CUSTOM].to_numpy(dtype=object)
    names = list(columns)
    made = []
    for values, own in zip(zip(*columns.values(), strict=True), custom, strict=True):
        body: dict[str, object] = {n: v for n, v in zip(names, values, strict=True) if isinstance(v, str) and v}
        if isinstance(own, str) and own:
            body[CUSTOM] = orjson.Fragment(own)
        made.append(orjson.dumps(body).decode())
    return pd.Series(made, index=rows.index, dtype="str")


class Notes(NamedTuple):
    """Fields that an update leaves alone, by row (NaN: none): protected ones, and those that can't be emptied."""

    guarded: pd.Series
    stuck: pd.Series


def update_fields(rows: pd.DataFrame, contacts: pd.DataFrame, rules: Rules) -> tuple[pd.Series, Notes]:
    """What an update sends for each row (JSON text, NaN: nothing), and the fields that it leaves alone.

    `rows` and `contacts` are aligned by position. Only changed fields are sent; custom_field is sent merged and whole.
    """
    bodies: dict[int, dict[str, Json]] = {}
    guarded: dict[int, list[str]] = {}
    stuck: dict[int, list[str]] = {}
    protected = {*rules.protect_fields, *(["tag"] if rules.owned == "tag" else [])}
    for name in PLAIN_FIELDS:
        for at, new, old in _differing(rows[name], contacts[name]):
            if name in protected or (name in rules.fill_only and old != ""):
                guarded.setdefault(at, []).append(name)
            elif new == "" and not rules.clearable:
                stuck.setdefault(at, []).append(name)
            else:
                bodies.setdefault(at, {})[name] = new
    _custom(rows, contacts, rules, bodies, guarded)
    texts = scattered({at: orjson.dumps(body).decode() for at, body in bodies.items()}, rows.index)
    return texts, Notes(_joined(guarded, rows), _joined(stuck, rows))


def _joined(notes: dict[int, list[str]], rows: pd.DataFrame) -> pd.Series:
    return scattered({at: ", ".join(names) for at, names in notes.items()}, rows.index)


def _custom(
    rows: pd.DataFrame,
    contacts: pd.DataFrame,
    rules: Rules,
    bodies: dict[int, dict[str, Json]],
    guarded: dict[int, list[str]],
) -> None:
    protect, fill_only = _below(rules.protect_fields), _below(rules.fill_only)
    for at, new, old in _differing(rows[CUSTOM], contacts[CUSTOM]):
        whole = CUSTOM in rules.protect_fields or (CUSTOM in rules.fill_only and not is_empty(old))
        change, held_back = custom_change(old, new, () if whole else protect, () if whole else fill_only)
        if held_back or (whole and change is not None):
            guarded.setdefault(at, []).append(CUSTOM)
        if change is not None and not whole:
            bodies.setdefault(at, {})[CUSTOM] = change


def _differing(new: pd.Series, old: pd.Series) -> Iterator[tuple[int, str, str]]:
    """Positions at which the row says something else than the contact holds, with both texts."""
    places = np.flatnonzero(differs(new, old))
    return zip(places.tolist(), new.iloc[places].tolist(), old.iloc[places].tolist(), strict=True)


def _below(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path.removeprefix(CUSTOM + ".") for path in paths if path.startswith(CUSTOM + "."))
