"""The existing side, read the way the remote allows: as a proven listing, or contact by contact.

A remote without a listing is asked for each contact that the rows name. What can't be read is never touched: its rows
are held, and where the remote as a whole is in trouble the run ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from syncjob import phone
from syncjob.differ import Diff, Rules, compare, stood_in
from syncjob.errors import CallFailed, CallRefused, NotDelivered
from syncjob.job.book import read_book
from syncjob.job.session import Session
from syncjob.listing import Listing
from syncjob.listing.gather import contact_frame
from syncjob.loader.table import Loaded
from syncjob.model import Json
from syncjob.results.digest import many

CHUNK = 4
"""Reads per request in flight, before somebody may stop the run."""

TOLD = 20
"""More contacts than this to be read singly are told in advance."""

TROUBLES = 3
"""Contacts that may fail to be read before more failures than answers mean that the remote is in trouble."""


@dataclass(frozen=True)
class Existing:
    """What is there, and what could not be read: key → why. `said` tells how it was read, without its moment."""

    listing: Listing
    said: str
    unread: Mapping[str, CallFailed] = field(default_factory=dict)


def read_existing(session: Session, loaded: Loaded) -> Existing:
    """All that the remote holds, or all that the rows name of it. Raises `RemoteError`."""
    if not session.remote.abilities.lists:
        return _read_named(session, loaded.rows)
    listing = read_book(session)
    return Existing(listing, f"All {listing.total:,} contacts were read")


def _read_named(session: Session, rows: pd.DataFrame) -> Existing:
    good = rows["number"][rows["outcome"].isna()]
    keys = good.dropna().drop_duplicates().tolist()
    if len(keys) > TOLD:
        session.door.note(f"Each contact is read before anything is planned: {len(keys):,} requests.")
    found: list[Mapping[str, Json]] = []
    unread: dict[str, CallFailed] = {}
    size = max(1, session.config.remote.concurrency)
    with ThreadPoolExecutor(size, thread_name_prefix="reading") as pool:
        for start in range(0, len(keys), CHUNK * size):
            session.check()
            chunk = keys[start : start + CHUNK * size]
            for key, answer in zip(chunk, pool.map(lambda key: _read(session, key), chunk), strict=True):
                if isinstance(answer, CallFailed):
                    unread[key] = answer
                elif answer is not None:
                    found.append(answer)
            _give_up(unread, len(found))
            session.door.progress("reading", len(found) + len(unread), len(keys))
    contacts = contact_frame(found, session.region)
    said = f"{many(len(keys), 'contact was', 'contacts were')} read one by one ({len(found):,} there)"
    return Existing(Listing(contacts, len(contacts), len(keys), "singly"), said, unread)


def _read(session: Session, key: str) -> Mapping[str, Json] | CallFailed | None:
    try:
        return session.remote.read(key)
    except CallFailed as error:
        return error


def _give_up(unread: Mapping[str, CallFailed], found: int) -> None:
    """Raise what went wrong where it is no trouble of single contacts."""
    troubles = [error for error in unread.values() if not isinstance(error, CallRefused)]
    out_of_reach = [error for error in troubles if isinstance(error, NotDelivered)]
    if out_of_reach or (len(troubles) >= TROUBLES and len(troubles) > found):
        raise (out_of_reach or troubles)[0]


def compared(session: Session, loaded: Loaded, existing: Existing, rules: Rules) -> Diff:
    """Rows × what is there, by the remote's key; removals as the config wants them."""
    config, contacts = session.config, existing.listing.contacts
    able, rows = session.remote.abilities, loaded.rows
    if not able.keyed_by_number:
        rows = with_sids(loaded, contacts, config.phone.default_region)
    rows = marked(rows, existing.unread)
    known = session.memory.known(config.job, contacts)
    if not able.keyed_by_number:
        rules = replace(rules, protect_numbers=sids_of(rules.protect_numbers, contacts, config.phone.default_region))
    diff = compare(rows, contacts, rules, known)
    instead = able.instead_of_delete.get(config.sync.instead_of_delete or "")
    return diff if instead is None else stood_in(diff, instead)


def with_sids(loaded: Loaded, contacts: pd.DataFrame, region: str) -> pd.DataFrame:
    """The rows with sids for keys: where a table names contacts by number, the listing tells whose it is.

    A number that several contacts have says of none which is meant, so its rows are held; one that nobody has stays as
    it is, and so is no contact's key.
    """
    by_number = [at for at, mapping in enumerate(loaded.mappings) if mapping.key == "number"]
    rows = loaded.rows
    mine = rows["table"].isin(by_number) & rows["outcome"].isna()
    if not mine.any():
        return rows
    numbers = phone.normalise(contacts["raw"], region)["number"]
    sids = {str(number): list(mine) for number, mine in contacts["sid"].groupby(numbers)}
    rows = rows.copy()
    whose = rows["number"][mine].map(lambda number: sids.get(number, [number]))
    rows.loc[mine, "number"] = whose.str[0]
    several = whose.index[whose.str.len() > 1]
    rows.loc[several, ["outcome", "reason"]] = ["held", "ambiguous_remote"]
    rows.loc[several, "value"] = whose[several].str.join(", ")
    return rows


def sids_of(numbers: frozenset[str], contacts: pd.DataFrame, region: str) -> frozenset[str]:
    """The contacts that have one of these numbers (E.164)."""
    if not numbers:
        return frozenset()
    held = phone.normalise(contacts["raw"], region)["number"]
    return frozenset(contacts["sid"][held.isin(list(numbers))])


def marked(rows: pd.DataFrame, unread: Mapping[str, CallFailed]) -> pd.DataFrame:
    """The rows with what reading their contacts came to: refused by the remote, or left alone unread."""
    if not unread:
        return rows
    rows = rows.copy()
    for at in rows.index[rows["number"].isin(list(unread)) & rows["outcome"].isna()]:
        error = unread[str(rows.at[at, "number"])]
        told = ("rejected", "refused_by_remote") if isinstance(error, CallRefused) else ("held", "contact_unread")
        rows.loc[at, ["outcome", "reason", "value"]] = [*told, error.words]
    return rows


def existing_told(existing: Existing, at: datetime, seconds: float) -> str:
    """How and when it was read, and what it cost."""
    listing = existing.listing
    proof = "" if listing.proof == "singly" else f" and {listing.assured}"
    spent = many(listing.requests, "request", "requests")
    return f"{existing.said} at {at:%H:%M %Z} with {spent} in {seconds:.0f} s{proof}."
