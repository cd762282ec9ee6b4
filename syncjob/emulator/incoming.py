"""Reading the bodies of writes: JSON to rows, with the complaints of a typed decoder.

What enters: bytes and the switches. What leaves: rows whose fields all have the right type, or `Refused` for the
request (`RowRefused` for one row). The texts follow those of the service's siblings, written in Go.
"""

from __future__ import annotations

import re
from typing import cast

import orjson

from syncjob.emulator.envelope import Refused
from syncjob.emulator.shelf import TEXTS
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Json, Object

STRINGS = frozenset({"sid", "number", *TEXTS})
KNOWN = STRINGS | {"custom_field", "custom"}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class RowRefused(Refused):
    """One row fails, the others go on."""


def read_object(body: bytes, switches: Switches, struct: str) -> Object:
    """The body of a single write: one flat object."""
    value = _decode(body)
    if not isinstance(value, dict):
        raise Refused(1007, f"json: cannot unmarshal {_go(value)} into Go value of type {struct}")
    _check_types(value, struct)
    _check_unknown(value, switches)
    return value


def read_rows(body: bytes, switches: Switches, wrapper: str, struct: str) -> list[Object]:
    """The rows of a bulk write, out of their wrapper; a null among them counts as an empty object."""
    value = _decode(body)
    if not isinstance(value, dict):
        raise Refused(1007, f"json: cannot unmarshal {_go(value)} into Go value of type {struct}s")
    rows = value.get(wrapper)
    if rows is None or rows == []:
        raise Refused(1001, f"{wrapper.title().replace('_', '')} is mandatory")
    if not isinstance(rows, list):
        raise Refused(1007, f"json: cannot unmarshal {_go(rows)} into Go struct field {struct}s.{wrapper}")
    if len(rows) > switches.max_rows:
        raise Refused(1002, f"a maximum of {switches.max_rows} {wrapper} is allowed in one request")
    for row in rows:
        if not isinstance(row, dict) and row is not None:
            raise Refused(1007, f"json: cannot unmarshal {_go(row)} into Go struct field {struct}s.{wrapper}")
        if isinstance(row, dict):
            if switches.wrong_type == "request":
                _check_types(row, struct)
            _check_unknown(row, switches)
    return cast("list[Object]", [row or {} for row in rows])


def values_of(row: Object, switches: Switches, *, stored: Object | None = None) -> Object:
    """The writable fields of a row (never number and sid) after the switches; `stored` says that it is an update."""
    try:
        _check_types(row, "Contact")
    except Refused as wrong:
        raise RowRefused(wrong.code, wrong.description) from wrong
    values: Object = {}
    for name in TEXTS:
        if name in row:
            _take_text(values, name, row[name], switches, update=stored is not None)
    custom = row.get("custom_field", row.get("custom") if switches.custom_alias == "alias" else None)
    if isinstance(custom, dict):
        old = stored.get("custom_field") if stored and switches.custom_update == "merge" else None
        values["custom_field"] = merge(old, custom) if isinstance(old, dict) else custom
    elif "custom_field" in row and switches.null == "clears":
        values["custom_field"] = None
    return values


def merge(old: Object, new: Object) -> Object:
    """`new` over `old`, objects within objects likewise."""
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _take_text(values: Object, name: str, value: Json, switches: Switches, *, update: bool) -> None:
    if value is None:
        if not update or switches.null == "clears":
            values[name] = None
        return
    text = str(value)
    if text == "" and switches.empty == "refused":
        raise RowRefused(1002, f"Invalid {name}: it is empty")
    if switches.max_length is not None and len(text) > switches.max_length:
        raise RowRefused(1002, f"Invalid {name}: longer than {switches.max_length} characters")
    if name == "email" and text and switches.check_email and not _EMAIL.fullmatch(text):
        raise RowRefused(1002, "Invalid email")
    values[name] = None if text == "" and switches.empty == "null" else text


def _decode(body: bytes) -> Json:
    if not body:
        return {}
    try:
        return cast("Json", orjson.loads(body))
    except orjson.JSONDecodeError as bad:
        raise Refused(1007, str(bad)) from bad


def _check_types(row: Object, struct: str) -> None:
    for name, value in row.items():
        if name in STRINGS and not isinstance(value, str | None):
            raise Refused(1007, _mismatch(value, struct, name, "string"))
        if name in ("custom_field", "custom") and not isinstance(value, dict | None):
            raise Refused(1007, _mismatch(value, struct, name, "map[string]interface {}"))


def _check_unknown(row: Object, switches: Switches) -> None:
    strange = [name for name in row if name not in KNOWN]
    if strange and switches.unknown_fields == "reported":
        raise Refused(1007, f'json: unknown field "{strange[0]}"')


def _mismatch(value: Json, struct: str, name: str, wanted: str) -> str:
    return f"json: cannot unmarshal {_go(value)} into Go struct field {struct}.{name} of type {wanted}"


def _go(value: Json) -> str:
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
