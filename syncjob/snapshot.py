"""What the account was last known to hold: `snapshot.parquet` in its folder, for `listing: cached` (CONTRACT 6).

Fed from proven listings and confirmed outcomes only, never from intents. Each contact has the time at which it was last
read or written (`seen`; "": it must be read before anything rests on it), and the lines stand in the remote's order.
Its `generation` names who wrote it last; whoever meets another one than it rested on throws the snapshot away.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import orjson
import pandas as pd

from syncjob import phone
from syncjob.durable import about_frame, read_frame, write_frame
from syncjob.errors import SyncjobError
from syncjob.listing.gather import custom_text, text_of
from syncjob.model import Json
from syncjob.schema import CONTACTS, FIELDS, TEXT, Frame
from syncjob.state import Account

VERSION = 1

SEEN = Frame("seen", {**CONTACTS.columns, "seen": TEXT}, ("sid",))
"""The contacts of an account, in the remote's order, each with the time it was last read or written (ISO, or "")."""

_TOUCHED = frozenset({"created", "updated", "unchanged", "skipped", "held"})
"""Outcomes of a change after which its contact is known to be there."""


@dataclass(frozen=True)
class Snapshot:
    """The contacts (SEEN), when all of them were last read, and who wrote this."""

    contacts: pd.DataFrame
    scanned: datetime
    generation: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def doubtful(self) -> frozenset[str]:
        """Sids of contacts that nothing may rest on before they are read."""
        return frozenset(self.contacts["sid"][self.contacts["seen"] == ""])


def of_listing(contacts: pd.DataFrame, read_at: datetime) -> Snapshot:
    """The snapshot that a proven listing makes; `contacts` (schema.CONTACTS) in the remote's order."""
    return Snapshot(SEEN.shape(contacts.assign(seen=read_at.isoformat(timespec="seconds"))), read_at)


def place_of(account: Account) -> Path:
    """Where an account's snapshot lies."""
    return account.folder / "snapshot.parquet"


def load(account: Account, region: str) -> Snapshot | None:
    """The account's snapshot, numbers read as of `region`; None when there is none, or none that can be used."""
    try:
        found = read_frame(place_of(account))
        about = found.attrs
        if about["version"] != VERSION:
            return None
        contacts = SEEN.check(SEEN.shape(found))
        contacts.attrs = {}
        if about["region"] != region:
            contacts = SEEN.shape(contacts.assign(number=phone.normalise(contacts["raw"], region)["number"]))
        return Snapshot(contacts, datetime.fromisoformat(about["scanned"]), str(about["generation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def generation(account: Account) -> str | None:
    """The generation of the snapshot that lies there now."""
    return _told(account, "generation")


def scanned(account: Account) -> datetime | None:
    """When all of the snapshot was last read, as far as that can be told without reading it."""
    try:
        return datetime.fromisoformat(_told(account, "scanned") or "")
    except ValueError:
        return None


def _told(account: Account, name: str) -> str | None:
    try:
        return str(about_frame(place_of(account))[name])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(account: Account, snapshot: Snapshot, region: str) -> None:
    """Write the snapshot, whole or not at all; one that can't be written is none."""
    about: dict[Hashable | None, object] = {
        "version": VERSION,
        "region": region,
        "scanned": snapshot.scanned.isoformat(),
        "generation": snapshot.generation,
    }
    frame = snapshot.contacts.copy(deep=False)
    frame.attrs = about
    try:
        write_frame(place_of(account), frame)
    except SyncjobError:
        drop(account)


def drop(account: Account) -> None:
    """Forget the snapshot: the next run reads everything."""
    with suppress(OSError):
        place_of(account).unlink(missing_ok=True)


def patched(snapshot: Snapshot, read: pd.DataFrame, gone: Iterable[str], seen: str) -> Snapshot:
    """The snapshot with contacts as they were `read` (schema.CONTACTS), without those that are `gone`.

    Contacts not known before go to the end, in the order of `read`.
    """
    contacts = snapshot.contacts[~_among(snapshot.contacts["sid"], gone)].reset_index(drop=True)
    fresh = SEEN.shape(read.assign(seen=seen))
    places = pd.Index(contacts["sid"]).get_indexer(pd.Index(fresh["sid"]))
    contacts = _laid(contacts, places[places >= 0].tolist(), fresh[places >= 0])
    return replace(snapshot, contacts=_joined(contacts, fresh[places < 0]))


def folded(snapshot: Snapshot, changes: pd.DataFrame, generation: str) -> Snapshot:
    """The snapshot after a run, by the outcomes that its journal (Journal.frame) confirms.

    What the remote stored otherwise, or what is known in part only, is marked to be read again.
    """
    settled = changes[(changes["state"] == "settled") & changes["sid"].notna()]
    settled = settled[(settled["verb"] != "delete") | (settled["outcome"] == "deleted")]
    absent = (settled["outcome"] == "deleted") | (settled["reason"] == "gone_meanwhile")
    contacts = snapshot.contacts[~_among(snapshot.contacts["sid"], settled["sid"][absent])].reset_index(drop=True)
    there = settled[~absent & settled["outcome"].isin(_TOUCHED)]
    ours = there["outcome"] == "created"  # what somebody else had added stands before what the run added
    there = there.assign(ours=ours).sort_values(["ours", "at", "change_id"], kind="stable")
    columns = {name: contacts[name].tolist() for name in SEEN.columns}
    known = dict(zip(columns["sid"], range(len(contacts)), strict=True))
    within: dict[int, Line] = {}
    behind: dict[str, Line] = {}
    for change in there.to_dict("records"):
        sid = str(change["sid"])
        place = known.get(sid)
        if place is None:
            behind[sid] = _line(change, behind.get(sid))
        else:
            within[place] = _line(change, within.get(place) or {name: columns[name][place] for name in columns})
    contacts = _laid(contacts, list(within), _frame(within.values()))
    return Snapshot(_joined(contacts, _frame(behind.values())), snapshot.scanned, generation)


Line: TypeAlias = dict[str, str | None]


def _line(change: Mapping[object, object], known: Line | None) -> Line:
    """The contact (SEEN) after a change, as far as its outcome tells."""
    before, sent = _json(change["before"]), _json(change["fields"])
    written = change["outcome"] in ("created", "updated")
    whole = bool(before) or change["verb"] == "create"
    held: dict[str, Json] = {**before, **(sent if written else {})}
    line: Line = dict(known) if known else dict.fromkeys(SEEN.columns, "")
    for name in FIELDS:
        if whole or name in held:
            line[name] = custom_text(held.get(name)) if name == "custom_field" else text_of(held.get(name))
    renumbered = known is not None and known["number"] != change["number"]  # by others: the contact was found under it
    sure = written and whole and not renumbered and change["reason"] not in ("stored_differently", "edited_meanwhile")
    line["seen"] = str(change["at"] or "") if sure else ""
    if known is None:
        number = str(change["number"] or "")
        line |= {"sid": str(change["sid"]), "raw": text_of(before.get("number")) or number, "number": number}
    return line


def _json(text: object) -> dict[str, Json]:
    found: dict[str, Json] = orjson.loads(text) if isinstance(text, str) else {}
    return found


def _frame(lines: Iterable[Line]) -> pd.DataFrame:
    made = pd.DataFrame(list(lines), columns=list(SEEN.columns))
    return SEEN.shape(made.astype(TEXT))


def _laid(contacts: pd.DataFrame, places: list[int], lines: pd.DataFrame) -> pd.DataFrame:
    """`contacts` with `lines` in their places."""
    if not places:
        return contacts
    made = {}
    for name in SEEN.columns:
        values = contacts[name].to_numpy(dtype=object).copy()
        values[places] = lines[name].to_numpy(dtype=object)
        made[name] = pd.Series(values, index=contacts.index, dtype=TEXT)
    return SEEN.shape(pd.DataFrame(made))


def _joined(contacts: pd.DataFrame, behind: pd.DataFrame) -> pd.DataFrame:
    return SEEN.shape(pd.concat([contacts, behind], ignore_index=True)) if len(behind) else contacts


def _among(column: pd.Series, values: Iterable[str]) -> pd.Series:
    return column.astype(object).isin(pd.Index(list(values), dtype=object))
