"""What a run leaves behind beside the job's own memory: the account's snapshot, and removals that have to wait."""

from __future__ import annotations

from datetime import datetime

import orjson
import pandas as pd

from syncjob import snapshot as snapshots
from syncjob.job.session import Session
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.listing import Listing

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
    removals = changes[changes["verb"].isin(["remove", "delete"])]
    left = kept.plan.remote_only
    ends = (removals, kept.plan.outcomes, left)
    late = [sid for end in ends for sid in end["sid"][(end["outcome"] == "held") & (end["reason"] == "budget")]]
    settled = set(removals["sid"][removals["state"] == "settled"]) - set(late)
    stay = {*late, *left["sid"][left["outcome"].isin(["held", "not_sent", "planned"])]}
    says_all = kept.plan.partial is None and not kept.facts.get("trial")
    before = waiting(session)
    after = [sid for sid in before if sid not in settled and (sid in stay or not says_all)]
    after += [sid for sid in dict.fromkeys(late) if sid not in after]
    if tuple(after) != before:
        session.memory.keep_fact(_WAITING + session.config.job, orjson.dumps(after).decode() if after else None)
