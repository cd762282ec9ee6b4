"""A saved plan, carried out: exactly the approved changes, and only while their ground still holds (CONTRACT 2)."""

from __future__ import annotations

import getpass
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from syncjob.errors import ConfigError
from syncjob.executor.echo import same_image
from syncjob.executor.reading import read_contacts
from syncjob.guards import judge_changes
from syncjob.job.budget import costs
from syncjob.job.finishing import APPROVED, Ending
from syncjob.job.members import same_list
from syncjob.job.preparing import allowed, limits_of, without
from syncjob.job.recovering import settle_interrupted
from syncjob.job.run import Options, conclude
from syncjob.job.session import Outcome, Session
from syncjob.job.working import carry_out
from syncjob.keeping import Kept
from syncjob.listing import Threads
from syncjob.membership import as_contacts, judge_size, with_joins
from syncjob.memory import RunRecord
from syncjob.model import Change, Contact, Json
from syncjob.planfile import load_plan
from syncjob.planner import Drafted
from syncjob.plans import Plan, changes_of
from syncjob.results.planbook.reading import is_workbook, review
from syncjob.state import locked, new_run


def apply_plan(session: Session, path: Path, options: Options) -> Outcome:
    """Carry out the approved changes of the plan at `path`.

    Raises `ConfigError` for a plan of another account or job, too old, applied before, or edited.
    """
    kept, approved = _loaded(session, path)
    _check(session, kept)
    with locked(
        session.account,
        f"apply of {path.name}",
        wait_minutes=options.wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        settle_interrupted(session)
        _check_fresh(session, kept.plan)
        return _apply(session, kept, approved, options)


def _loaded(session: Session, path: Path) -> tuple[Kept, frozenset[int]]:
    """The plan's copy and the ids of its approved changes; a workbook's copy says who approved it, which is the yes."""
    if not is_workbook(path):
        kept, ids = load_plan(path)
        facts = {name: fact for name, fact in kept.facts.items() if name != APPROVED}  # another file's yes is none here
        return replace(kept, facts=facts), ids
    found = review(path)
    by = found.by or _somebody()
    approved: dict[str, Json] = {
        "by": by,
        "at": session.now().isoformat(timespec="seconds"),
        "file": path.name,
        "saved": found.saved,
        "applied_by": _somebody(),
    }
    count = f"{len(found.approved):,} of {len(found.kept.plan.table):,}"
    session.door.note(f"{path.name}: {count} changes are approved, by {by}.")
    return replace(found.kept, facts={**found.kept.facts, APPROVED: approved}), found.approved


def _somebody() -> str:
    """Who runs the command, as the system calls them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "an unnamed user"


def _apply(session: Session, kept: Kept, approved: frozenset[int], options: Options) -> Outcome:
    started = session.now()
    original = kept.plan.fingerprint
    kept = _only(kept, approved)
    kept = _judged(session, kept, original, options.allow)
    run_id = new_run(session.account, started)
    ending = Ending(run_id, started, result_path=options.result_path)
    if kept.plan.refusals:
        return conclude(session, kept, ending)
    kept = _still_holding(session, kept)
    session.door.show(kept.plan)
    record = RunRecord(
        run_id,
        session.config.job,
        str(kept.facts.get("identity", "")),
        started.isoformat(timespec="seconds"),
        live=True,
        whole=kept.plan.partial is None,
        kind="apply",
        plan_id=kept.plan.plan_id,
    )
    return carry_out(session, replace(kept, settings=session.config.public()), record, ending)


def _check(session: Session, kept: Kept) -> None:
    config, plan = session.config, kept.plan
    if plan.account != config.remote.identity:
        raise ConfigError(f"The plan is for account {plan.account}, not {config.remote.identity}.")
    if plan.kind != config.remote.kind:
        raise ConfigError(f"The plan is for {plan.kind}, not {config.remote.kind}.")
    if plan.job != config.job:
        raise ConfigError(f"The plan is of job {plan.job}, not {config.job}.")
    same_list(session, kept)
    age = session.now() - datetime.fromisoformat(plan.made)
    if age > config.limits.plan_age:
        raise ConfigError(
            f"The plan was made {plan.made} and is older than limits.plan_age allows.", advice="Make a new plan."
        )


def _check_fresh(session: Session, plan: Plan) -> None:
    """Refuse a plan that was carried out before, by apply or by the run that made it."""
    for run in session.memory.runs():
        if plan.plan_id in (run.plan_id, run.run_id):
            raise ConfigError(f"The plan was applied before, by run {run.run_id}.", advice="Make a new plan.")


def _only(kept: Kept, approved: frozenset[int]) -> Kept:
    """The plan without what a reviewer did not approve."""
    refused = with_joins(kept.plan.table, ~kept.plan.table["change_id"].isin(approved))
    return _without(kept, refused, "skipped", "reviewers_no") if refused.any() else kept


def _without(kept: Kept, gone: pd.Series[bool], outcome: str, reason: str) -> Kept:
    plan = kept.plan
    drafted = Drafted(plan.table, plan.outcomes, plan.remote_only, plan.field_changes)
    left = without(drafted, gone, outcome, reason, None)
    plan = replace(
        plan,
        table=left.table,
        outcomes=left.outcomes,
        remote_only=left.remote_only,
        field_changes=left.field_changes,
    )
    return replace(kept, plan=plan)


def _judged(session: Session, kept: Kept, original: str, allow: Collection[str]) -> Kept:
    """Guards on what is approved; what the sources were refused for stands unless it is allowed."""
    plan, config = kept.plan, session.config
    whole = plan.partial is None and not plan.figures.partly
    changes = judge_changes(as_contacts(plan.table), plan.figures, limits_of(config), whole=whole)
    changes += judge_size(plan.table, plan.figures)
    sources = tuple(refusal for refusal in plan.refusals if refusal.code.startswith(("source_", "column_vanished")))
    refusals = allowed(sources + changes, plan.fingerprint, allow)
    refusals = allowed(refusals, original, allow)
    money = costs(session, plan.table, kept.facts)
    return replace(kept, plan=replace(plan, refusals=refusals, cost=money))


def _as_it_was(change: Change, contact: Contact) -> bool:
    """Whether a change's ground holds. To join or leave a list rests on who it is, and on nothing else of them."""
    if change.verb in ("add", "remove"):
        return bool(contact["number"] == change.number)
    return same_image(change.before, contact)


def _still_holding(session: Session, kept: Kept) -> Kept:
    """Hold every update and delete whose before-image is no longer what the remote shows."""
    resting = kept.plan.table[kept.plan.table["verb"].ne("create") & kept.plan.table["sid"].notna()]
    if resting.empty:
        return kept
    config = session.config
    found = read_contacts(
        session.remote,
        Threads(config.remote.concurrency),
        resting["sid"].tolist(),
        kept.plan.total,
        concurrency=config.remote.concurrency,
        region=session.region,
    )
    moved = []
    for change in changes_of(resting):
        contact = found.get(change.sid or "")
        if contact is None and change.verb in ("delete", "remove") and change.sid in found:
            continue  # gone already, which is what a delete wants
        if contact is None or not _as_it_was(change, contact):
            moved.append(change.change_id)
    changed = kept.plan.table["change_id"].isin(moved)
    return _without(kept, changed, "held", "changed_since_plan") if moved else kept
