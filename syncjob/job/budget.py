"""What a plan is going to cost, and what of it fits `limits.requests` and `limits.minutes`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from syncjob.job.members import to_be_made
from syncjob.job.remembering import waiting
from syncjob.job.session import Session
from syncjob.model import Json
from syncjob.planner import cost
from syncjob.plans import Cost


def costs(session: Session, table: pd.DataFrame, facts: Mapping[str, Json]) -> Cost:
    """What `table` (schema.CHANGES) is still going to cost; `facts`: how the remote was read (Looked.facts)."""
    config, unread = session.config, bool(facts.get("blind"))
    found = cost(
        table,
        session.remote.abilities,
        config.sync.batch_size,
        session.transport.rate,
        unread=unread,
        overwrites=unread and config.sync.mode != "create",
    )
    if not to_be_made(session, table):
        return found
    each = found.minutes / found.requests
    return Cost(found.requests + 2, found.minutes + 2 * each, {**found.by, "list": 2})  # looked for again, and made


UNBOUNDED = 1 << 30
"""As many requests as it takes."""


def affordable(session: Session) -> int:
    """Requests that still fit `limits.requests` and `limits.minutes`, these at the rate in force."""
    limits, left = session.config.limits, UNBOUNDED
    if limits.requests is not None:
        left = limits.requests - session.transport.stats.requests
    if limits.minutes is not None:
        seconds, rate = limits.minutes * 60 - session.seconds(), session.transport.rate
        left = min(left, 0 if seconds < 0 else int(seconds * rate) if rate else left)
    return max(0, left)


def budget_notes(
    session: Session, table: pd.DataFrame, facts: Mapping[str, Json], late: Collection[str]
) -> tuple[str, ...]:
    """Removals that waited for their turn, and those that will have to, `late` among them (CONTRACT 8, budgets)."""
    removals = table["sid"][table["verb"].isin(["remove", "delete"])]
    waited = int(removals.isin(list(waiting(session))).sum())
    to_come = costs(session, table, facts).requests
    more = min(len(removals), max(0, to_come - affordable(session))) + len(late)
    said = []
    if waited:
        said.append(f"{waited:,} removals that did not fit an earlier run's budget come first.")
    if more:
        said.append(
            f"About {more:,} of {len(removals) + len(late):,} removals won't fit limits.requests or limits.minutes "
            "and will wait for the next run."
        )
    return tuple(said)
