"""What a run leaves in the account's snapshot: proven listings, and the outcomes that its journal confirms."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from syncjob import snapshot as snapshots
from syncjob.job.session import Session
from syncjob.journal import Journal
from syncjob.listing import Listing


def remember(session: Session, listing: Listing, read_at: datetime) -> None:
    """Keep a proven listing as the account's snapshot, if a job of this account goes by it.

    An order that is not stable can't be built on; while a run is open, what it does is not in the listing.
    """
    account, wanted = session.account, session.config.remote.listing in ("cached", "auto")
    if not session.remote.abilities.remembered or not (wanted or snapshots.place_of(account).exists()):
        return
    if listing.proof == "regrouped":
        snapshots.drop(account)
    elif not any(run.state == "open" for run in session.memory.runs()):
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
