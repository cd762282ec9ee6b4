"""How the remote is read before a plan: whole, from what is remembered of it, or not at all (CONTRACT 6).

The plan says which way was taken and why, when the contacts were read, and what it cost.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from syncjob import snapshot as snapshots
from syncjob.differ import Diff, Known, Rules, compare
from syncjob.errors import CallFailed, ConfigError
from syncjob.job.ahead import Ahead, scan_now
from syncjob.job.existing import compared, existing_told, read_existing
from syncjob.job.members import list_rules, members_told, read_compared, sid_of_list
from syncjob.job.recalling import Recalled, Sight, estimate, recall
from syncjob.job.remembering import open_runs, remember
from syncjob.job.session import Session
from syncjob.listing import Listing
from syncjob.listing.scan import cost as cost_of_scan
from syncjob.listing.standing import Misfit
from syncjob.loader.table import Loaded
from syncjob.membership import of_members
from syncjob.model import Json
from syncjob.results.digest import clock, many
from syncjob.schema import CONTACTS, TEXT
from syncjob.snapshot import Snapshot

TELLING = 100
"""From so many requests for a scan on, a plan says what another way would cost, whatever the settings."""
_LESS = "1 request and more, from the next run on"


@dataclass(frozen=True)
class Looked:
    """What a plan rests on: the contacts, what is to be done, how they were read in words, and facts for later.

    `unread`: what could not be read, key → why. `facts`: `way`; `as_of` where before-images are older than this look;
    `blind` where nothing was read.
    """

    listing: Listing
    diff: Diff
    said: str
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)
    late: frozenset[str] = frozenset()  # to be removed, but beyond the budget, so not read: not in this run
    unread: Mapping[str, CallFailed] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ways:
    """What each way of reading costs (requests; None: not known), or why it can't be gone (a sentence's end)."""

    scan: int | None
    cached: int | str | None
    none: int | str

    def told(self, chosen: str, why: str) -> str:
        """All of it in one sentence."""
        least = "at least " if isinstance(self.cached, int) else ""
        parts = [f"scan {_cost(self.scan)}", f"cached {least}{_cost(self.cached)}", f"none {_cost(self.none)}"]
        return f"Ways to read the remote: {' · '.join(parts)}. Taken: {chosen}, {why}."


def _cost(value: int | str | None) -> str:
    if value is None:
        return "1 request per 20 contacts"
    if value == _LESS or isinstance(value, int):
        return many(value, "request", "requests") if isinstance(value, int) else value
    return f"not possible ({value})"


def sure_to_scan(session: Session) -> str:
    """Why all pages of the address book are going to be read whatever the rows say, in words; "": that is not sure.

    It is sure for `scan`, and where there is nothing to start from instead. It rests on the rows with a snapshot (many
    may have to be read again) and for `auto` in mode create (nothing may have to be read).
    """
    able, setting = session.remote.abilities, session.config.remote.listing
    if able.members or not (able.lists and able.keyed_by_number):
        return ""
    if setting == "scan":
        return "remote.listing says so"
    if setting == "none" or (setting == "auto" and session.config.sync.mode == "create"):
        return ""
    return _why_not_trusted(session, snapshots.scanned(session.account))


def look(
    session: Session, loaded: Loaded, rules: Rules, *, create_list: bool = False, ahead: Ahead | None = None
) -> Looked:
    """Read the remote as `remote.listing` says. Raises what reading raises, and `ConfigError` where none can't be.

    `create_list`: the list that the job is for may be missing. `ahead`: the listing that may be under way already.
    """
    rows, able = loaded.rows, session.remote.abilities
    if able.members:
        return _members(session, rows, rules, create_list)
    if not (able.lists and able.keyed_by_number):
        return _by_key(session, loaded, rules)
    sight = Sight(session, rows, rules)
    setting = session.config.remote.listing
    if setting == "none":
        why_not = why_not_unread(session, rows, rules)
        if why_not:
            raise ConfigError(f"remote.listing: none can't be used here: {why_not}.", advice=_PROBE)
        return _unread(sight, "remote.listing says so", None)
    if setting == "scan":
        ways = _Ways(None, _LESS, why_not_unread(session, rows, rules) or 0)
        return _scanned(sight, ways, "remote.listing says so", ahead)
    found, why = (None, ahead.why) if ahead and ahead.since else _remembered(session)
    ways = _ways(sight, found, why)
    if setting == "auto" and _safe_unread(session, rows, rules, ways):
        return _unread(sight, "the cheapest that is safe for this job (remote.listing: auto)", ways)
    if found is None:
        return _scanned(sight, ways, f"because {why}", ahead)
    if not isinstance(ways.cached, int) or ways.scan is None or ways.cached >= ways.scan:
        return _scanned(sight, ways, "because it costs no more than looking at single contacts")
    try:
        return _from_memory(sight, found, ways)
    except Misfit as misfit:
        return _scanned(sight, ways, f"because {misfit}")


def _members(session: Session, rows: pd.DataFrame, rules: Rules, create: bool) -> Looked:
    """The members of the job's list; a list is always read whole."""
    read_at = session.now()
    members = read_compared(session, create=create)
    known = session.memory.known(session.config.job, members.contacts, sid_of_list(session))
    diff = of_members(compare(rows, members.contacts, list_rules(session, rules), known))
    return Looked(members, diff, members_told(session, members, read_at))


def _by_key(session: Session, loaded: Loaded, rules: Rules) -> Looked:
    """What a remote holds that is no address book: read as it can be."""
    began, read_at = time.monotonic(), session.now()
    found = read_existing(session, loaded)
    diff = compared(session, loaded, found, rules)
    return Looked(found.listing, diff, existing_told(found, read_at, time.monotonic() - began), unread=found.unread)


def _remembered(session: Session) -> tuple[Snapshot | None, str]:
    """The snapshot if it may be trusted to start from, else why not (CONTRACT 6)."""
    if why := _why_not_trusted(session, snapshots.scanned(session.account)):
        return None, why
    found = snapshots.load(session.account, session.config.phone.default_region)
    why = _why_not_trusted(session, found.scanned if found else None)
    return (None, why) if why else (found, "")


def _why_not_trusted(session: Session, scanned: datetime | None) -> str:
    """Why a snapshot whose contacts were all read last when it was `scanned` can't be started from; "": it can."""
    if not session.remote.abilities.remembered:
        return f"{session.config.remote.kind} is always read whole"
    doubts = open_runs(session)
    if doubts:
        return f"run {doubts[0]} is not settled yet"
    if scanned is None:
        return "nothing is remembered of an earlier reading"
    if session.now() - scanned > session.config.remote.max_age:
        return f"the last scan, of {clock(scanned)}, is older than remote.max_age allows"
    return ""


def _ways(sight: Sight, found: Snapshot | None, why: str) -> _Ways:
    """What each way would cost, as far as that can be told before anything is read."""
    session = sight.session
    none = why_not_unread(session, sight.rows, sight.rules) or 0
    if found is None:
        return _Ways(None, why, none)
    size = session.remote.abilities.page_size
    return _Ways(cost_of_scan(len(found.contacts), size), estimate(sight, found), none)


def _scanned(sight: Sight, ways: _Ways, why: str, ahead: Ahead | None = None) -> Looked:
    """All pages are read, or were already; what they show is remembered where that may help the next run."""
    session = sight.session
    scanned = (ahead.scanned() if ahead else None) or scan_now(session)
    listing = scanned.listing
    effort = _effort(scanned.read_at, scanned.requests, scanned.seconds)
    said = f"All {listing.total:,} contacts were read {effort} and {listing.assured}."
    remember(session, listing, scanned.read_at)
    ways = replace(ways, scan=cost_of_scan(listing.total, session.remote.abilities.page_size))
    chosen = session.config.remote.listing != "scan"
    worth = session.remote.abilities.remembered and listing.requests >= TELLING
    notes = (ways.told("scan", why),) if chosen or worth else ()
    return Looked(listing, sight.diff(listing.contacts), said, notes, {"way": "scan"})


def _effort(at: datetime, requests: int, seconds: float) -> str:
    return f"at {at:%H:%M %Z} with {many(requests, 'request', 'requests')} in {seconds:.0f} s"


def _from_memory(sight: Sight, found: Snapshot, ways: _Ways) -> Looked:
    """Start from the snapshot and read what it takes to trust it. Raises `Misfit`."""
    session = sight.session
    began, spent, read_at = time.monotonic(), session.transport.stats.requests, session.now()
    now = recall(sight, found, ways.scan or 0)
    spent = session.transport.stats.requests - spent
    if snapshots.generation(session.account) == found.generation and not open_runs(session):
        snapshots.store(session.account, now.snapshot, session.config.phone.default_region)
    contacts = now.snapshot.contacts
    said = (
        f"{len(contacts):,} contacts, as of {clock(found.scanned)} and later (remote.listing: cached): "
        f"{_looked_at(now)} read {_effort(read_at, spent, time.monotonic() - began)}; "
        f"{len(now.added):,} had been added and {len(now.gone):,} removed by others. What others have changed in the "
        f"rest since then is not known."
    )
    auto = session.config.remote.listing == "auto"
    why = "the cheapest that is safe for this job (remote.listing: auto)" if auto else "remote.listing says so"
    listing = Listing(CONTACTS.shape(contacts), len(contacts), spent, "cached")
    diff, as_of = dated(now)
    facts: dict[str, Json] = {"way": "cached", **({"as_of": as_of} if as_of else {})}
    return Looked(listing, diff, said, (ways.told("cached", why),), facts, now.late)


def _looked_at(now: Recalled) -> str:
    again = len(now.fresh - now.added)
    return f"the end of the listing and {many(again, 'contact', 'contacts')} of before were"


def dated(now: Recalled) -> tuple[Diff, str | None]:
    """The diff, in which what was not read now is "as of" (CONTRACT 5), and the oldest such date behind an update."""
    diff, seen = now.diff, now.snapshot.contacts.set_index("sid")["seen"]
    verdicts, leftovers = diff.verdicts.copy(), diff.leftovers.copy()
    for frame in (verdicts, leftovers):
        old = frame["sid"].notna() & ~frame["sid"].isin(list(now.fresh))
        hit = old & (frame["verdict"] == "unchanged") & frame["reason"].isna()
        dates = frame["sid"][hit].map(seen)
        words = {date: clock(datetime.fromisoformat(date)) for date in dates.unique().tolist()}
        frame.loc[hit, "reason"] = "as_of"
        frame.loc[hit, "detail"] = dates.map(words).astype(TEXT)
    updated = verdicts["sid"][(verdicts["verdict"] == "update") & ~verdicts["sid"].isin(list(now.fresh))]
    oldest = updated.map(seen).min() if len(updated) else None
    return Diff(verdicts, leftovers, diff.existing), oldest if isinstance(oldest, str) else None


def _without_known(sight: Sight, diff: Diff) -> Diff:
    """Contacts that the job knew are there, or somebody has removed them: neither is added (`sync.gone: skip`)."""
    known = sight.session.memory.known(sight.session.config.job, CONTACTS.empty())
    verdicts = diff.verdicts.copy()
    hit = (verdicts["verdict"] == "create") & verdicts["number"].isin(list(known.created | known.named))
    verdicts.loc[hit, ["verdict", "reason", "detail", "fields"]] = ["skipped", "mode", "create", None]
    return Diff(verdicts, diff.leftovers, diff.existing)


_PROBE = (
    "Prove it once with syncjob doctor --probe NUMBER, or set remote.listing to auto: then it is read where it must be."
)


def why_not_unread(session: Session, rows: pd.DataFrame, rules: Rules) -> str:
    """Why nothing may be left unread (CONTRACT 6), as a sentence's end; "": it may."""
    abilities = session.remote.abilities
    if not abilities.remembered:
        return f"{session.config.remote.kind} has to be read"
    if rules.mode not in ("upsert", "create"):
        return f"mode {rules.mode} needs to know who is there"
    if rules.whole and rules.remote_only != "keep":
        return f"remote_only: {rules.remote_only} needs to know who is there"
    if rules.fill_only or rows["custom_field"].notna().any():
        return "custom fields and fill_only rest on what the contacts hold"
    behaviour = abilities.behaviour
    if not behaviour.names_duplicates:
        return "it is not proven that this account answers a number twice with the contact that has it"
    if behaviour.mixes_replies and behaviour.of("conflict_tells") != "contact":
        return "this account answers in any order, and with no more than a sid"
    return ""


def _safe_unread(session: Session, rows: pd.DataFrame, rules: Rules, ways: _Ways) -> bool:
    """Whether `auto` may leave the remote unread: nothing is changed that could not be undone, no guard is needed."""
    if not isinstance(ways.none, int) or rules.mode != "create":
        return False
    most = session.config.limits.creates.count
    return most is None or len(rows) <= most


def _unread(sight: Sight, why: str, ways: _Ways | None) -> Looked:
    """Every row goes as a create; the service answers for those that are there."""
    rules = replace(sight.rules, gone="recreate")
    diff = compare(sight.rows, CONTACTS.empty(), rules, Known())
    if rules.mode == "create" and sight.rules.gone == "skip":
        diff = _without_known(sight, diff)
    there = (
        "stay as they are, and no guard judges the additions."
        if rules.mode == "create"
        else "are changed without a look at what they held: such changes can't be undone, and no guard judges them."
    )
    said = f"Nothing was read (listing: none): every row is sent as new, and those that exist already {there}"
    notes = (ways.told("none", why),) if ways else ()
    return Looked(Listing(CONTACTS.empty(), 0, 0, "none"), diff, said, notes, {"way": "none", "blind": True})
