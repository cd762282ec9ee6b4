"""What the remote holds against what was sent: stored as sent, or otherwise (CONTRACT 5, "The truth")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson
import pandas as pd

from syncjob.differ import Rules
from syncjob.differ.fields import update_fields
from syncjob.differ.merging import bare, merged
from syncjob.listing.gather import contact_frame, text_of
from syncjob.model import Change, Contact, Json, Reply
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


def differences(pairs: Sequence[tuple[Change, Contact]], rules: Rules) -> list[dict[str, Json]]:
    """What must still be written, pair by pair, so that the contact holds what the change wanted; rules obeyed."""
    if not pairs:
        return []
    rows = {name: [_stated(change.fields.get(name), name) for change, _ in pairs] for name in FIELDS}
    contacts = {name: [contact[name] for _, contact in pairs] for name in FIELDS}
    bodies, _ = update_fields(pd.DataFrame(rows, dtype="str"), pd.DataFrame(contacts, dtype="str"), rules)
    return [orjson.loads(body) if isinstance(body, str) else {} for body in bodies.tolist()]


def _stated(value: Json, name: str) -> str | None:
    if value is None:
        return None
    if name == "custom_field" and value != "":  # "" empties all of it
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)


def before_image(contact: Contact) -> dict[str, Json]:
    """`contact` as a before-image."""
    found: dict[str, Json] = orjson.loads(image(str(contact["raw"]), {name: str(contact[name]) for name in FIELDS}))
    return found


def same_image(before: Mapping[str, Json], contact: Contact) -> bool:
    """Whether `contact` still is what `before` says."""
    now = before_image(contact)
    return {**now, "number": None} == {**bare_image(before), "number": None}


def bare_image(before: Mapping[str, Json]) -> dict[str, Json]:
    """A before-image without empty fields."""
    return {name: value for name, value in before.items() if value not in (None, "", {})}


def lines_of(contacts: pd.DataFrame) -> list[Contact]:
    """A frame (schema.CONTACTS) line by line."""
    names = [str(name) for name in contacts.columns]
    columns = (contacts[name].tolist() for name in names)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def as_lines(shown: Sequence[Mapping[str, Json]], region: str | None) -> list[Contact]:
    """Contacts as the remote shows them, each as a line of schema.CONTACTS, also where they say the same sid or none.

    Thousands at once cost little more than one.
    """
    apart = [{**contact, "sid": str(place)} for place, contact in enumerate(shown)]
    lines = zip(lines_of(contact_frame(apart, region)), shown, strict=True)
    keyed = [(line, str(contact.get("sid"))) for line, contact in lines]
    return [{**line, "sid": sid, **({"number": sid} if region is None else {})} for line, sid in keyed]


def is_whole(reply: Reply) -> bool:
    """Whether the reply shows the contact itself, and not only what names it."""
    return reply.contact is not None and "first_name" in reply.contact


def shown(told: Iterable[tuple[Change, Reply]], region: str | None) -> dict[int, Contact]:
    """The contacts that replies show, by change."""
    found = {change.change_id: reply.contact for change, reply in told if reply.contact is not None}
    return dict(zip(found, as_lines(list(found.values()), region), strict=True))


def one_contact(contact: Mapping[str, Json], region: str | None) -> Contact:
    """A contact as the remote shows it, as a line of schema.CONTACTS."""
    return as_lines([contact], region)[0]
