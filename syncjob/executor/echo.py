"""What the remote holds against what was sent: stored as sent, or otherwise (CONTRACT 5, "The truth")."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import pandas as pd

from syncjob.differ import Rules
from syncjob.differ.fields import update_fields
from syncjob.differ.merging import bare, merged
from syncjob.listing.gather import contact_frame, text_of
from syncjob.model import Change, Json
from syncjob.planner import image
from syncjob.plans import label
from syncjob.schema import FIELDS, PLAIN_FIELDS


def stored_otherwise(change: Change, contact: Mapping[str, Json] | None) -> str | None:
    """The fields that `contact` holds otherwise than sent, in words; None when all is as sent, or nothing is known."""
    if contact is None:
        return None
    other = [
        stored_as(name, value, contact.get(name))
        for name, value in change.fields.items()
        if name in PLAIN_FIELDS and name in contact and text_of(contact[name]) != text_of(value)
    ]
    sent = change.fields.get("custom_field")
    if isinstance(sent, dict) and "custom_field" in contact:
        held = contact["custom_field"]
        if bare(merged(held if isinstance(held, dict) else {}, sent)) != bare(held or {}):
            other.append("custom fields")
    return "; ".join(other) or None


def stored_as(name: str, sent: Json, held: Json) -> str:
    """How `stored_otherwise` tells of one field; a later reading of the journal finds it there word by word."""
    return f"{label(name)}: {text_of(sent)!r} is stored as {text_of(held)!r}"


def differences(change: Change, contact: pd.Series, rules: Rules) -> dict[str, Json]:
    """What must still be written so that `contact` (schema.CONTACTS) holds what `change` wanted; rules obeyed."""
    row = {name: _stated(change.fields.get(name), name) for name in FIELDS}
    rows = pd.DataFrame({name: pd.Series([value], dtype="str") for name, value in row.items()})
    contacts = contact.to_frame().T.reset_index(drop=True).astype(dict.fromkeys(FIELDS, "str"))
    bodies, _ = update_fields(rows, contacts, rules)
    found: dict[str, Json] = orjson.loads(bodies.iat[0]) if isinstance(bodies.iat[0], str) else {}
    return found


def _stated(value: Json, name: str) -> str | None:
    if value is None:
        return None
    if name == "custom_field" and value != "":  # "" empties all of it
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)


def before_image(contact: pd.Series) -> dict[str, Json]:
    """`contact` (schema.CONTACTS) as a before-image."""
    found: dict[str, Json] = orjson.loads(image(contact["raw"], {name: contact[name] for name in FIELDS}))
    return found


def same_image(before: Mapping[str, Json], contact: pd.Series) -> bool:
    """Whether `contact` still is what `before` says."""
    now = before_image(contact)
    return {**now, "number": None} == {**bare_image(before), "number": None}


def bare_image(before: Mapping[str, Json]) -> dict[str, Json]:
    """A before-image without empty fields."""
    return {name: value for name, value in before.items() if value not in (None, "", {})}


def one_contact(contact: Mapping[str, Json], region: str | None) -> pd.Series:
    """A contact as the remote shows it, as a line of schema.CONTACTS."""
    return contact_frame([contact], region).iloc[0]
