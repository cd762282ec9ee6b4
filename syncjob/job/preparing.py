"""Rows × listing → a guarded plan. No write can come from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

import pandas as pd

from syncjob.behaviour import UNKNOWN, Behaviour
from syncjob.config import Config, unused
from syncjob.differ import Diff, Known, Rules, compare
from syncjob.guards import Judged, Limits, figures_of, judge_changes, judge_sources
from syncjob.job.ahead import Ahead
from syncjob.job.budget import budget_notes, costs
from syncjob.job.looking import Looked, look
from syncjob.job.members import list_rules, on_list
from syncjob.job.reading import Sources, understood
from syncjob.job.remembering import waiting
from syncjob.job.session import Session
from syncjob.listing import Listing
from syncjob.loader.origin import placed
from syncjob.loader.table import Loaded
from syncjob.membership import judge_size
from syncjob.model import Abilities, Json
from syncjob.planner import Drafted, draft
from syncjob.plans import Cost, Figures, Plan, Refusal, fingerprint
from syncjob.remotes import abilities_of
from syncjob.schema import CONTACTS


@dataclass(frozen=True)
class Prepared:
    """A plan, and all it rests on."""

    plan: Plan
    loaded: Loaded
    diff: Diff
    sources: Sources
    listing: Listing
    facts: Mapping[str, Json]  # of how the remote was read (Looked.facts)


def rules_of(config: Config, *, whole: bool, behaviour: Behaviour = UNKNOWN) -> Rules:
    """The `sync:` settings as the differ takes them, and what the account is proven not to do."""
    sync = config.sync
    return Rules(
        mode=sync.mode,
        whole=whole,
        remote_only=cast(Literal["keep", "report", "mark", "delete"], sync.remote_only.kind),
        mark=sync.remote_only.value or "",
        owned=cast(Literal["created", "named", "tag", "all"], sync.owned.kind),
        owned_tag=sync.owned.value or "",
        gone=sync.gone,
        conflict=sync.conflict,
        protect_fields=sync.protected_fields,
        protect_numbers=config.protected_numbers,
        fill_only=tuple(sync.fill_only),
        unreadable=config.limits.unreadable,
        proven_gone=not abilities_of(config.remote.kind).lists,
        clearable=behaviour.clears_by != "impossible",
    )


def limits_of(config: Config) -> Limits:
    """The `limits:` settings as the guards take them."""
    limits = config.limits
    return Limits(
        delete_percent=limits.deletes.percent,
        delete_count=limits.deletes.count,
        update_percent=limits.updates.percent,
        create_count=limits.creates.count,
        create_factor=limits.creates.factor,
        shrink=limits.shrink,
        familiar=limits.familiar,
        column_change=limits.column_change,
        max_age_hours=config.source.max_age,
        removing=("update", "delete") if config.sync.mode == "delete" else ("delete",),
    )


def prepare(
    session: Session,
    loaded: Loaded,
    sources: Sources,
    ahead: Ahead,
    *,
    allow: Collection[str] = (),
    first: int | None = None,
    create_list: bool = False,
) -> Prepared:
    """The plan for `loaded`, judged by every guard. `allow` holds GUARD@FINGERPRINT; `first` limits a trial."""
    config, able, read_at = session.config, session.remote.abilities, ahead.since or session.now()
    rules = rules_of(config, whole=loaded.partial is None, behaviour=able.behaviour)
    seen = look(session, replace(loaded, rows=placed(loaded)), rules, create_list=create_list, ahead=ahead)
    listing, diff = seen.listing, seen.diff
    drafted = _with_codes(draft(diff, waiting(session)), seen)
    drafted = drafted if first is None else trial(drafted, first)
    figures, limits = replace(figures_of(diff), partly=not able.lists), limits_of(config)
    refusals = judge_sources(_judged(session, loaded, sources), limits)
    refusals += judge_changes(drafted.table, figures, limits, whole=loaded.partial is None and able.lists)
    drafted, refusals = _held_deletes(drafted, refusals, config)
    drafted, listing, of_book = on_list(session, _in_time(drafted, seen), listing)
    refusals += judge_size(drafted.table, figures)
    refusals = allowed(refusals, fingerprint(drafted.table), allow)
    late = budget_notes(session, drafted.table, seen.facts, seen.late)
    plan = Plan(
        plan_id="",
        job=config.job,
        account=config.remote.identity,
        kind=config.remote.kind,
        made=read_at.isoformat(timespec="seconds"),
        sources=tuple(str(path) for path in sources.files),
        listing=f"{seen.said} {of_book}".rstrip(),
        figures=figures,
        total=listing.total,
        partial=loaded.partial,
        table=drafted.table,
        outcomes=drafted.outcomes,
        remote_only=drafted.remote_only,
        field_changes=drafted.field_changes,
        cost=costs(session, drafted.table, seen.facts),
        refusals=refusals,
        notes=(*_notes(config, loaded, drafted, able), *seen.notes, *late),
        key=able.key,
        service=able.service,
        spelled=able.spelled,
    )
    return Prepared(plan, loaded, diff, sources, listing, seen.facts)


def _in_time(drafted: Drafted, seen: Looked) -> Drafted:
    """The draft without the deletes of contacts that did not fit the budget to be read."""
    beyond = (drafted.table["verb"] == "delete") & drafted.table["sid"].isin(list(seen.late))
    return without(drafted, beyond, "held", "budget", None) if beyond.any() else drafted


def _with_codes(drafted: Drafted, seen: Looked) -> Drafted:
    """The draft with the answers of contacts that could not be read (`sync_code`, `sync_request_id`)."""
    outcomes = drafted.outcomes.copy()
    for key, error in seen.unread.items():
        hit = outcomes["number"] == key
        outcomes.loc[hit, "code"] = str(error.status) if error.status else None
        outcomes.loc[hit, "request_id"] = error.request_id
    return replace(drafted, outcomes=outcomes)


def _notes(config: Config, loaded: Loaded, drafted: Drafted, able: Abilities) -> tuple[str, ...]:
    """What a person must know besides the figures."""
    said = unused(config) + tuple(understood(loaded)) + _unreadable_note(drafted) + _stuck_note(drafted)
    return said + _for_good(drafted.table, able)


def _for_good(table: pd.DataFrame, able: Abilities) -> tuple[str, ...]:
    """What can't be undone says so (CONTRACT 10)."""
    lasting = set(table["verb"].unique()) - set(able.undoable)
    return (able.for_good,) if lasting and able.for_good else ()


def unread_plan(session: Session, loaded: Loaded, sources: Sources, plan_id: str, why: str) -> Plan:
    """The plan of a run whose remote could not be read: what the rows themselves tell, and nothing to do."""
    rules = replace(rules_of(session.config, whole=False), mode="upsert")  # nothing is known of what is there
    rules = list_rules(session, rules)
    drafted = draft(compare(loaded.rows, CONTACTS.empty(), rules, Known()))
    drafted = without(drafted, drafted.table["verb"].notna(), "not_sent", "run_ended", why)
    return Plan(
        plan_id=plan_id,
        job=session.config.job,
        account=session.config.remote.identity,
        kind=session.config.remote.kind,
        made=session.now().isoformat(timespec="seconds"),
        sources=tuple(str(path) for path in sources.files),
        listing="The contacts of the remote were not read.",
        figures=Figures(),
        total=0,
        partial=loaded.partial,
        table=drafted.table,
        outcomes=drafted.outcomes,
        remote_only=drafted.remote_only,
        field_changes=drafted.field_changes,
        cost=Cost(0, 0.0),
        notes=tuple(understood(loaded)),
        key=session.remote.abilities.key,
        service=session.remote.abilities.service,
    )


def _judged(session: Session, loaded: Loaded, sources: Sources) -> Judged:
    fields = {name for mapping in loaded.mappings for name in mapping.field_of.values()}
    return Judged(
        loaded.rows,
        loaded.partial is None and session.remote.abilities.lists,
        frozenset(fields),
        sheet_counts(loaded),
        dict(sources.ages),
        session.memory.baseline(session.config.job, sources.identity),
    )


def sheet_counts(loaded: Loaded) -> dict[str, int]:
    """ "file · sheet" → rows."""
    counts: dict[str, int] = {}
    for table in loaded.tables:
        name = Path(table.source).name + (f" · {table.sheet}" if table.sheet else "")
        counts[name] = counts.get(name, 0) + len(table.cells)
    return counts


def _held_deletes(
    drafted: Drafted, refusals: tuple[Refusal, ...], config: Config
) -> tuple[Drafted, tuple[Refusal, ...]]:
    """`limits.deletes.over: hold`: too many deletes are held, all of them, and the rest goes (CONTRACT 3)."""
    over = [refusal for refusal in refusals if refusal.code == "too_many_deletes"]
    if not over or config.limits.deletes.over != "hold":
        return drafted, refusals
    removals = drafted.table["verb"].isin(limits_of(config).removing)
    held = without(drafted, removals, "held", "too_many_deletes", over[0].figures)
    return held, tuple(refusal for refusal in refusals if refusal.code != "too_many_deletes")


def trial(drafted: Drafted, first: int) -> Drafted:
    """Only the first N creates and updates, never deletes (CONTRACT 2, `run --first`)."""
    rank = (drafted.table["verb"] != "delete").cumsum()
    return without(drafted, (drafted.table["verb"] == "delete") | (rank > first), "not_sent", "trial", None)


def without(drafted: Drafted, gone: pd.Series[bool], outcome: str, reason: str, detail: str | None) -> Drafted:
    """The draft without some of its changes, whose rows and contacts get this outcome instead."""
    rows = set(drafted.table["row_id"][gone])
    sids = set(drafted.table["sid"][gone & (drafted.table["row_id"] < 0)])
    outcomes, remote_only = drafted.outcomes.copy(), drafted.remote_only.copy()
    for frame, hit in (
        (outcomes, outcomes["row_id"].isin(rows) & (outcomes["outcome"] == "planned")),
        (remote_only, remote_only["sid"].isin(sids)),
    ):
        frame.loc[hit, "outcome"] = outcome
        frame.loc[hit, "reason"] = reason
        frame.loc[hit, "detail"] = detail
    table = drafted.table[~gone].reset_index(drop=True)
    field_changes = drafted.field_changes[drafted.field_changes["sid"].isin(table["sid"])].reset_index(drop=True)
    return Drafted(table, outcomes, remote_only, field_changes)


def allowed(refusals: tuple[Refusal, ...], mark: str, allow: Collection[str]) -> tuple[Refusal, ...]:
    """The refusals that were not allowed for this very plan; final ones stand."""
    return tuple(refusal for refusal in refusals if refusal.final or f"{refusal.code}@{mark}" not in allow)


def _unreadable_note(drafted: Drafted) -> tuple[str, ...]:
    held = drafted.remote_only[drafted.remote_only["reason"] == "unreadable_rows"]
    if held.empty:
        return ()
    rows = held["detail"].iloc[0]
    return (f"{len(held):,} contacts were not removed, because {rows} of your rows have no readable number.",)


def _stuck_note(drafted: Drafted) -> tuple[str, ...]:
    stuck = int((drafted.outcomes["reason"] == "cannot_empty").sum())
    if not stuck:
        return ()
    return (f"{stuck:,} rows empty a field, which the probe has shown this account can't do; the rest of them goes.",)
