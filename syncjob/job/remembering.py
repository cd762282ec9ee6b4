"""What a run leaves behind beside the job's own memory: the account's snapshot, and removals that have to wait."""

from __future__ import annotations

from datetime import datetime

import orjson
import pandas as pd
import pyarrow as pa

from syncjob import snapshot as snapshots
from syncjob.job.session import Session
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.listing import Listing
from syncjob.texts import Mask, arrow, one_of

_WAITING = "waiting:"
"""What the fact about a job's removals that wait is called, before the job's name."""


def open_runs(session: Session) -> list[str]:
    """Runs of the account, of whatever job, that are at work or were interrupted and are not settled yet."""
    return [run.run_id for run in session.memory.runs() if run.state == "open"]


def remember(session: Session, listing: Listing, read_at: datetime) -> None:
    """Keep a proven listing as the account's snapshot, if a job of this account goes by it.

    An order that is not stable can't be built on; while a run is open, what it does is not in the listing.
    """
    account, wanted = session.account, session.config.remote.listing in ("cached", "auto")
    if not session.remote.abilities.remembered or not (wanted or snapshots.place_of(account).exists()):
        return
    if listing.proof == "regrouped":
        snapshots.drop(account)
    elif not open_runs(session):
        made = snapshots.of_listing(listing.contacts, read_at)
        snapshots.store(account, made, session.config.phone.default_region)


def fold_in(session: Session, journal: Journal, changes: pd.DataFrame, run_id: str) -> None:
    """Lay what the run did over the snapshot that it began with; done again, it gives the same.

    Somebody else's snapshot in between is thrown away: which of the two is right for a contact, nobody can say.
    """
    account, region = session.account, session.config.phone.default_region
    if not session.remote.abilities.remembered or not snapshots.place_of(account).exists():
        return
    found = snapshots.load(account, region)
    if found is None or found.generation not in (journal.meta("snapshot"), run_id):
        snapshots.drop(account)
    else:
        snapshots.store(account, snapshots.folded(found, changes, run_id), region)


def waiting(session: Session) -> tuple[str, ...]:
    """The sids of contacts whose removal did not fit a budget, in the order in which they shall go."""
    found: list[str] = orjson.loads(session.memory.fact(_WAITING + session.config.job) or "[]")
    return tuple(found)


def keep_waiting(session: Session, kept: Kept, changes: pd.DataFrame) -> None:
    """Remember which removals have to wait, those that have waited already first (CONTRACT 8, budgets).

    A whole run that no longer wants to remove a contact takes it off the list; any other says nothing of it.
    """
    removals, left = one_of(changes["verb"], ["remove", "delete"]), kept.plan.remote_only
    late = [*_sids(changes, removals & _late(changes))]
    late += [sid for end in (kept.plan.outcomes, left) for sid in _sids(end, _late(end))]
    settled = set(_sids(changes, removals & one_of(changes["state"], ["settled"]))) - set(late)
    stay = {*late, *_sids(left, one_of(left["outcome"], ["held", "not_sent", "planned"]))}
    says_all = kept.plan.partial is None and not kept.facts.get("trial")
    before = waiting(session)
    after = [sid for sid in before if sid not in settled and (sid in stay or not says_all)]
    after += [sid for sid in dict.fromkeys(late) if sid not in after]
    if tuple(after) != before:
        session.memory.keep_fact(_WAITING + session.config.job, orjson.dumps(after).decode() if after else None)


def _late(ends: pd.DataFrame) -> Mask:
    """What had to wait, because a budget was used up."""
    held = one_of(ends["outcome"], ["held"])
    return held & one_of(ends["reason"], ["budget"]) if held.any() else held


def _sids(ends: pd.DataFrame, which: Mask) -> list[str]:
    found: list[str] = arrow(ends["sid"]).filter(pa.array(which)).drop_null().to_pylist()
    return found
