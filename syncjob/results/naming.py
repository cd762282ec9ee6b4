"""What people see of a file and of a custom field: names, never the folders of a machine or the brackets of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePath

import pandas as pd

from syncjob.schema import TEXT

CUSTOM = "custom_field"
MOST_FIELDS = 40
"""Beyond this many custom fields each would be a column of its own that nobody reads; they stay as they are held."""


def called(paths: Iterable[str]) -> dict[str, str]:
    """Path → the file's name; where two share one, as many of its folders as tell them apart."""
    named: dict[str, str] = {}
    parts = {path: PurePath(path.replace("\\", "/")).parts for path in dict.fromkeys(paths) if path}
    for path, own in parts.items():
        others = [other for known, other in parts.items() if known != path]
        deep = 1
        while deep < len(own) and any(other[-deep:] == own[-deep:] for other in others):
            deep += 1
        named[path] = path if deep == len(own) else "/".join(own[-deep:])
    return named


def custom_columns(held: pd.Series[str]) -> dict[str, pd.Series[str]]:
    """Field path → its values as a column, of custom fields held as JSON objects; "" where a contact has no such field.

    What is no object, or too many fields at once, stays in one column under `custom_field`.
    """
    known = {text: _fields(text) for text in held.unique() if text}
    names = dict.fromkeys(name for fields in known.values() for name in fields)
    if len(names) > MOST_FIELDS:
        return {CUSTOM: held}
    return {name: held.map({text: fields.get(name, "") for text, fields in known.items()}).astype(TEXT).fillna("")
            for name in names}  # fmt: skip


def _fields(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {CUSTOM: text}
    return dict(_paths(CUSTOM, found)) if isinstance(found, dict) else {CUSTOM: text}


def _paths(above: str, value: object) -> Iterator[tuple[str, str]]:
    """(path, text) of everything below; lists stay JSON."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(f"{above}.{name}", inner)
    elif value is not None:
        yield above, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
