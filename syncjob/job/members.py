"""A list as the side that is compared: found by its sid or name, read, and made before anybody joins it (CONTRACT 10).

Every function does nothing, or what it does for an address book, where the remote speaks of no list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

import pandas as pd

from syncjob.differ import Rules
from syncjob.errors import ConfigError, RemoteError
from syncjob.job.book import read_book
from syncjob.job.session import Session
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.listing import Listing
from syncjob.membership import placed
from syncjob.model import Json, Page
from syncjob.planner import Drafted
from syncjob.remotes.base import list_of
from syncjob.results.digest import many
from syncjob.schema import CONTACTS

LOOKS = 3
"""How often a list is looked for that is said to be there, or members that may be visible late."""
PAUSE = 3.0
"""Seconds between two looks (reference: a client waits three before it uses a list)."""
FRESH = 60.0
"""Seconds after a run for which the list may not show yet what it did."""

_NOBODY = Page(0, (), 0)


def find_list(session: Session, *, create: bool = False) -> bool:
    """Let the session's remote speak of the config's list; whether it is there.

    `create`: it may be missing, and is made when the plan is carried out; otherwise `ConfigError`.
    """
    remote = list_of(session.remote)
    if remote is None or remote.sid is not None:
        return True
    sid = remote.find()
    if sid is not None:
        session.remote = remote.on(sid)
    elif not create:
        raise ConfigError(
            f"remote.list: account {session.config.remote.account} has no list {session.config.remote.list}.",
            advice="Correct the name or the sid, or let this run make the list: --create-list.",
        )
    return sid is not None


def read_remote(session: Session, *, create: bool = False) -> Listing:
    """The proven listing of what the job compares with (CONTRACT 6): the members of its list, or the address book."""
    there = find_list(session, create=create)
    remote = list_of(session.remote)
    if remote is None:
        return read_book(session)
    return read_book(session, remote.members if there else lambda _offset: _NOBODY)


def read_compared(session: Session, *, create: bool = False) -> Listing:
    """`read_remote`, and again, within bounds, while it does not show who the job let in only just now."""
    listing = read_remote(session, create=create)
    just_in = _just_in(session)
    for _ in range(LOOKS - 1):
        if just_in <= set(listing.contacts["sid"]):
            break
        session.pause(PAUSE)
        listing = read_remote(session)
    return listing


def _just_in(session: Session) -> set[str]:
    """The sids of those who are on the list by the job's own doing, when its last run has only just ended."""
    sid, memory, job = sid_of_list(session), session.memory, session.config.job
    last = next(iter(memory.runs(job)), None)
    if not sid or last is None or last.ended is None or memory.list_of(job) != sid:
        return set()
    if (session.now() - datetime.fromisoformat(last.ended)).total_seconds() > FRESH:
        return set()
    known = memory.contacts(job)
    return set(known["sid"][known["created"]].dropna())


def members_seen(session: Session, *, there: Collection[str] = (), gone: Collection[str] = ()) -> pd.DataFrame:
    """The members (schema.CONTACTS), read again while the list does not show `there`, or still shows `gone`.

    What was done to a list may be visible late. After `LOOKS` it counts as it is.
    """
    for look in range(LOOKS):
        if look:
            session.pause(PAUSE)
        members = read_remote(session).contacts
        sids = set(members["sid"])
        if sids.issuperset(there) and sids.isdisjoint(gone):
            break
    return members


def list_rules(session: Session, rules: Rules) -> Rules:
    """On a list nobody's fields are changed; who is a member already is as wanted."""
    if list_of(session.remote) is None:
        return rules
    mode = "create" if rules.mode == "upsert" else rules.mode
    return replace(rules, mode=mode, protect_fields=(), fill_only=())


def on_list(session: Session, drafted: Drafted, listing: Listing) -> tuple[Drafted, Listing, str]:
    """The draft in the verbs of a list, the address book that it rests on, and how that was read, in a sentence.

    The book stays unread when nobody is to join.
    """
    if list_of(session.remote) is None:
        return drafted, listing, ""
    if not drafted.table["verb"].eq("create").any():
        said = "Nobody new joins, so the address book was not read."
        return placed(drafted, CONTACTS.empty()), Listing(CONTACTS.empty(), 0, 0, "quiet"), said
    book = read_book(session)
    spent = many(book.requests, "request", "requests")
    return (
        placed(drafted, book.contacts),
        book,
        f"All {book.total:,} contacts of the address book were read with {spent}.",
    )


def members_told(session: Session, members: Listing, at: datetime) -> str:
    """How and when the list was read, and what it cost."""
    named = session.config.remote.list
    if not sid_of_list(session):
        return f"There is no list {named} yet; it will be made."
    spent = many(members.requests, "request", "requests")
    return (
        f"All {members.total:,} members of list {named} were read at {at:%H:%M %Z} with {spent} and {members.assured}."
    )


def to_be_made(session: Session, table: pd.DataFrame) -> bool:
    """Whether the list is missing and somebody is to join it."""
    remote = list_of(session.remote)
    return remote is not None and remote.sid is None and bool(table["verb"].eq("add").any())


def facts_of_list(session: Session) -> dict[str, Json]:
    """What a run must know of its list to go on: how the config names it, and its sid (None: it is to be made)."""
    remote = list_of(session.remote)
    return {} if remote is None else {"list": remote.sid, "list_named": session.config.remote.list}


def sid_of_list(session: Session) -> str:
    """The sid of the list that the session speaks of; "" where it speaks of none, or of none that is there."""
    remote = list_of(session.remote)
    return (remote.sid or "") if remote else ""


def same_list(session: Session, kept: Kept) -> None:
    """Raises `ConfigError` when a plan is of another list than the config."""
    named = kept.facts.get("list_named")
    if list_of(session.remote) is not None and named != session.config.remote.list:
        raise ConfigError(f"The plan is for the list {named}, not {session.config.remote.list}.")


def on_list_of(session: Session, facts: Mapping[str, Json], journal: Journal | None = None) -> Session:
    """The session speaking of the list that a run was of; as it is where that is not known, or there is none."""
    remote = list_of(session.remote)
    sid = (journal.meta("list") if journal else "") or facts.get("list")
    return session if remote is None or not isinstance(sid, str) else replace(session, remote=remote.on(sid))


def with_list(session: Session, kept: Kept, journal: Journal) -> Session:
    """`on_list_of`, the list made first where it was to be. Its name is its own, so one that is there is the one meant.

    Raises `RemoteError` when it can neither be made nor found.
    """
    session = on_list_of(session, kept.facts, journal)
    remote = list_of(session.remote)
    if remote is None or remote.sid is not None or not journal.count(verb="add"):
        return session
    sid = remote.find() or remote.make()
    for _ in range(LOOKS):
        if sid is not None:
            break
        session.pause(PAUSE)
        sid = remote.find()
    if sid is None:
        raise RemoteError(
            f"The list {session.config.remote.list} is said to be there, but it can't be found.",
            advice="Name it by its sid under remote.list, then run again.",
        )
    journal.remember(list=sid)
    return replace(session, remote=remote.on(sid))
