"""The story of a run: load → list → diff → plan → guards → approval → execute → results (CONTRACT 1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syncjob.errors import GuardRefusal, NotApproved
from syncjob.job.finishing import Ending, as_dry_run, write_results
from syncjob.job.preparing import Prepared, prepare
from syncjob.job.reading import find_sources, load
from syncjob.job.recovering import settle_interrupted
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import exit_code
from syncjob.job.working import carry_out
from syncjob.keeping import Kept
from syncjob.memory import RunRecord
from syncjob.model import Json
from syncjob.plan import Plan, Refusal
from syncjob.planfile import save_plan
from syncjob.state import locked, new_run


@dataclass(frozen=True)
class Options:
    """What a command asks of a run, beyond its config."""

    sources: Sequence[str] = ()
    dry_run: bool = False
    first: int | None = None
    whole: bool = False
    allow: Collection[str] = ()
    result_path: Path | None = None
    wait_minutes: float = 0.0


def run(session: Session, options: Options) -> Outcome:
    """The whole job. Raises `SyncjobError`s; whatever was read by then stands in results that were written."""
    if options.dry_run:
        return _dry_run(session, options)
    with locked(
        session.account,
        f"job {session.config.job}",
        wait_minutes=options.wait_minutes,
        now=session.now(),
        sleep=session.wait,
    ):
        settle_interrupted(session)
        return _live(session, options)


def _prepared(session: Session, options: Options) -> Prepared:
    sources = find_sources(session.config, options.sources, whole=options.whole, sleep=session.wait)
    loaded = load(session.config, sources)
    session.check()
    prepared = prepare(session, loaded, sources, allow=options.allow, first=options.first)
    session.check()
    return prepared


def plan(session: Session, options: Options, output: Path) -> Outcome:
    """The plan, saved at `output`; no other file is written, and nothing is sent."""
    kept = planned(session, options)
    session.door.show(kept.plan)
    save_plan(kept, output)
    session.door.note(f"The plan is saved: {output}")
    code = exit_code(as_dry_run(kept.plan), session.config.limits.bad_rows)
    command = f"syncjob apply {output}{allowances(kept.plan)}"
    session.door.note(f"To carry it out: {command}")
    if kept.plan.refusals:
        said = "\n".join(sentence(refusal) for refusal in kept.plan.refusals)
        error = GuardRefusal(said, codes=[refusal.code for refusal in kept.plan.refusals])
        return Outcome(error.exit_code, plan=kept.plan, error=error)
    return Outcome(code, plan=kept.plan)


def planned(session: Session, options: Options) -> Kept:
    """The plan and all it rests on; nothing is written."""
    prepared = _prepared(session, options)
    plan_id = f"plan-{session.now():%Y%m%d-%H%M%S}-{prepared.plan.fingerprint[:4]}"
    return _kept(session, options, prepared, plan_id)


def _dry_run(session: Session, options: Options) -> Outcome:
    """A dry run: the plan, its files, and how to apply it; nothing is sent."""
    started = session.now()
    prepared = _prepared(session, options)
    run_id = new_run(session.account, started)
    kept = _kept(session, options, prepared, run_id)
    return conclude(session, kept, Ending(run_id, started, dry_run=True, result_path=options.result_path))


def _kept(session: Session, options: Options, prepared: Prepared, run_id: str) -> Kept:
    facts: dict[str, Json] = {"trial": options.first is not None, "identity": prepared.sources.identity}
    sids = prepared.listing.contacts["sid"]
    return Kept(prepared.loaded, replace(prepared.plan, plan_id=run_id), sids, session.config.public(), facts)


def conclude(session: Session, kept: Kept, ending: Ending) -> Outcome:
    """Results of a run that sent nothing: a dry run, or one that a guard refused."""
    plan = kept.plan
    folder = session.account.run(ending.run_id)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()  # nothing was sent, so nothing is to be remembered
    said = tuple(sentence(refusal) for refusal in plan.refusals)
    final = any(refusal.final for refusal in plan.refusals)
    path = session.config.results.dir / ending.run_id / "plan.json"
    command = None if final or not len(plan.table) else f"syncjob apply {path}{allowances(plan)}"
    code = GuardRefusal.exit_code if plan.refusals else ending.code
    ending = replace(ending, dry_run=True, code=code, refusals=said, next_command=command)
    session.door.show(plan)
    outcome = write_results(session, kept, as_dry_run(plan), ending)
    if not plan.refusals:
        return outcome
    advice = "" if command is None else f"If this is meant: {command}"
    error = GuardRefusal("\n".join(said), codes=[refusal.code for refusal in plan.refusals], advice=advice)
    return replace(outcome, error=error)


def sentence(refusal: Refusal) -> str:
    """A refusal in words: figures, limit, first rows, config key."""
    shown = f" First: {', '.join(refusal.examples)}." if refusal.examples else ""
    return f"{refusal.code}: {refusal.figures} ({refusal.setting}).{shown}"


def allowances(plan: Plan) -> str:
    """The options that allow exactly this plan past its refusals."""
    return "".join(f" --allow {refusal.code}@{plan.fingerprint}" for refusal in plan.refusals if not refusal.final)


def _live(session: Session, options: Options) -> Outcome:
    started = session.now()
    prepared = _prepared(session, options)
    run_id = new_run(session.account, started)
    kept = _kept(session, options, prepared, run_id)
    ending = Ending(run_id, started, result_path=options.result_path)
    if kept.plan.refusals:
        return conclude(session, kept, ending)
    session.door.show(kept.plan)
    if len(kept.plan.table) and not session.door.approve(kept.plan):
        session.account.run(run_id).rmdir()
        raise NotApproved("Nothing was sent: the plan was not approved.", advice="Answer yes, or use --yes.")
    record = RunRecord(
        run_id,
        session.config.job,
        prepared.sources.identity,
        started.isoformat(timespec="seconds"),
        live=True,
        whole=kept.plan.partial is None,
        kind="run",
    )
    return carry_out(session, kept, record, ending)
