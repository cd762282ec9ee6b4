"""The story of a run: load → list → diff → plan → guards → approval → execute → results (CONTRACT 1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from syncjob.durable import write_whole
from syncjob.errors import ConfigError, GuardRefusal, Interrupted, RemoteError
from syncjob.headers import recall
from syncjob.job.ahead import Ahead
from syncjob.job.canary import remove_left
from syncjob.job.finishing import Ending, as_dry_run, probe_results, write_results
from syncjob.job.looking import sure_to_scan
from syncjob.job.members import facts_of_list
from syncjob.job.preparing import Prepared, prepare, unread_plan
from syncjob.job.reading import Patience, Sources, find_sources, load
from syncjob.job.recovering import settle_interrupted
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import exit_code
from syncjob.job.working import carry_out
from syncjob.keeping import Kept
from syncjob.loader.origin import placed
from syncjob.loader.table import Loaded
from syncjob.memory import RunRecord
from syncjob.model import Json
from syncjob.planfile import save_plan
from syncjob.plans import Plan, Refusal
from syncjob.results.aside import place
from syncjob.results.planbook.writing import write_book
from syncjob.results.planmd import plan_page
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
    annotate: bool = False
    partial: str | None = None  # why its sources speak only for the rows in them, whatever the config says
    begun: Callable[[str], None] | None = None  # told the id of a live run before anything else knows it
    create_list: bool = False


def run(session: Session, options: Options) -> Outcome:
    """The whole job. Raises `SyncjobError`s; whatever was read by then stands in results that were written."""
    probe_results(session.config, options.result_path)
    if options.dry_run:
        return _dry_run(session, options)
    with locked(
        session.account,
        f"job {session.config.job}",
        wait_minutes=options.wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        return run_next(session, options)


def run_next(session: Session, options: Options) -> Outcome:
    """A live run, after interrupted ones were settled. Whoever calls it holds the account's lock."""
    remove_left(session)
    settle_interrupted(session)
    return _live(session, options)


def _loaded(session: Session, options: Options, ahead: Ahead) -> tuple[Sources, Loaded]:
    patience = Patience(sleep=session.wait, check=session.check, note=session.door.note)
    sources = find_sources(session.config, options.sources, whole=options.whole, patience=patience)
    sources = replace(sources, partial=options.partial or sources.partial)
    confirmed = recall(session.account, session.config.job)
    why = sure_to_scan(session)
    accepted = partial(ahead.begin, why) if why else None
    loaded = load(session.config, sources, asker=session.door, confirmed=confirmed, accepted=accepted)
    return sources, loaded


def _prepared(session: Session, options: Options, sources: Sources, loaded: Loaded, ahead: Ahead) -> Prepared:
    session.check()  # asked to stop while it loaded: the rows are there by now, so results tell them
    prepared = prepare(
        session, loaded, sources, ahead, allow=options.allow, first=options.first, create_list=options.create_list
    )
    session.check()
    return prepared


def plan(session: Session, options: Options, output: Path) -> Outcome:
    """The plan, saved at `output` (.json, .xlsx for a person's answers, .md to read); nothing else is written or sent.

    Raises `ConfigError` for another ending before anything is read.
    """
    form = output.suffix.lower()
    if form not in (".json", ".md", ".xlsx"):
        raise ConfigError(f"{output} can't be written: plan makes .json and .xlsx files, and .md files for a review.")
    _never_onto(output, options.sources)
    kept = planned(session, options)
    _never_onto(output, kept.plan.sources)
    session.door.show(kept.plan)
    if form == ".md":
        write_whole(output, plan_page(kept.plan, placed(kept.loaded)).encode())
    elif form == ".xlsx":
        output = place(output, partial(write_book, _with_command(session, kept, output)))
    else:
        save_plan(kept, output)
    session.door.note(f"The plan is saved: {output}")
    code = exit_code(as_dry_run(kept.plan), session.config.limits.bad_rows)
    error = refused(session, kept.plan, output if form != ".md" else None)
    if error:
        return Outcome(error.exit_code, plan=kept.plan, error=error)
    if len(kept.plan.table) and form != ".md":
        answers = "what you approve in it" if form == ".xlsx" else "it"
        session.door.note(f"To carry out {answers}: {session.paste('apply', str(output))}")
    return Outcome(code, plan=kept.plan)


def _never_onto(output: Path, sources: Sequence[str]) -> None:
    """Raises `ConfigError` where a plan would replace the very sheet it is about."""
    if output.resolve() in {Path(source).resolve() for source in sources}:
        raise ConfigError(f"{output} is the source, so the plan is not written there.", advice="Name another file.")


def _with_command(session: Session, kept: Kept, output: Path) -> Kept:
    """The copy that a plan workbook carries: it names the command that applies it."""
    return replace(kept, facts={**kept.facts, "apply": carrying_out(session, kept.plan, output)})


def planned(session: Session, options: Options) -> Kept:
    """The plan and all it rests on; nothing is written."""
    with Ahead(session) as ahead:
        prepared = _prepared(session, options, *_loaded(session, options, ahead), ahead)
    plan_id = f"plan-{session.now():%Y%m%d-%H%M%S}-{prepared.plan.fingerprint[:4]}"
    return _kept(session, options, prepared, plan_id)


@dataclass(frozen=True)
class _Begun:
    """A run that has its plan: what it keeps, how it is going to end, and the files it read."""

    kept: Kept
    ending: Ending
    sources: Sources


def _begun(session: Session, options: Options, *, dry_run: bool) -> _Begun | Outcome:
    """Read, look and plan; where the remote can't be read, results that say so. Nothing is sent.

    The listing and the diff end here: results need neither, and both are large.
    """
    started = session.now()
    with Ahead(session) as ahead:
        sources, loaded = _loaded(session, options, ahead)
        run_id = new_run(session.account, started)
        if options.begun and not dry_run:
            options.begun(run_id)
        ending = Ending(run_id, started, dry_run=dry_run, result_path=options.result_path, annotate=options.annotate)
        try:
            prepared = _prepared(session, options, sources, loaded, ahead)
        except ConfigError:  # what only the remote can tell: there is no such list
            _drop_folder(session, run_id)
            raise
        except (RemoteError, Interrupted) as error:
            return _unread(session, sources, loaded, ending, error)
    return _Begun(_kept(session, options, prepared, run_id), ending, sources)


def _dry_run(session: Session, options: Options) -> Outcome:
    """The plan, its files, and how to apply it; nothing is sent."""
    begun = _begun(session, options, dry_run=True)
    return begun if isinstance(begun, Outcome) else conclude(session, begun.kept, begun.ending)


def _unread(
    session: Session, sources: Sources, loaded: Loaded, ending: Ending, error: RemoteError | Interrupted
) -> Outcome:
    """Results of a run whose remote could not be read: every row is told, nothing was sent."""
    _drop_folder(session, ending.run_id)
    if isinstance(error, Interrupted):
        error = Interrupted(session.signal_exit)
    code = session.signal_exit if isinstance(error, Interrupted) else error.exit_code
    plan = unread_plan(session, loaded, sources, ending.run_id, error.message)
    kept = Kept(loaded, plan, pd.Series([], dtype="str"), session.config.public(), {})
    ending = replace(ending, stopped=error.message, code=code)
    return replace(write_results(session, kept, as_dry_run(plan), ending), error=error)


def _drop_folder(session: Session, run_id: str) -> None:
    """A run that sent nothing has nothing to be remembered."""
    folder = session.account.run(run_id)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def _kept(session: Session, options: Options, prepared: Prepared, run_id: str) -> Kept:
    facts: dict[str, Json] = {"trial": options.first is not None, "identity": prepared.sources.identity}
    facts |= {**prepared.facts, **facts_of_list(session)}
    sids = prepared.listing.contacts["sid"]
    return Kept(prepared.loaded, replace(prepared.plan, plan_id=run_id), sids, session.config.public(), facts)


def conclude(session: Session, kept: Kept, ending: Ending) -> Outcome:
    """Results of a run that sent nothing: a dry run, or one that a guard refused."""
    plan = kept.plan
    _drop_folder(session, ending.run_id)
    said = tuple(sentence(refusal) for refusal in plan.refusals)
    path = session.config.results.dir / ending.run_id / "plan.json"
    error = refused(session, plan, path)
    code = error.exit_code if error else ending.code
    command = carrying_out(session, plan, path)
    ending = replace(ending, dry_run=True, code=code, refusals=said, next_command=command)
    session.door.show(plan)
    return replace(write_results(session, kept, as_dry_run(plan), ending), error=error)


def refused(session: Session, plan: Plan, path: Path | None) -> GuardRefusal | None:
    """What the guards said, with the one command that goes on all the same; None when none refused.

    `path` is where the plan was saved; None: not in a form that can be applied.
    """
    if not plan.refusals:
        return None
    command = carrying_out(session, plan, path) if path else None
    final = any(refusal.final for refusal in plan.refusals)
    advice = (
        f"If this is meant: {command}" if command else "This can't be allowed; correct the source." if final else ""
    )
    said = "\n".join(sentence(refusal) for refusal in plan.refusals)
    return GuardRefusal(said, codes=[refusal.code for refusal in plan.refusals], advice=advice)


def carrying_out(session: Session, plan: Plan, path: Path) -> str | None:
    """The command that carries out the plan saved at `path`; None where there is nothing to do or no way to."""
    if any(refusal.final for refusal in plan.refusals) or not (len(plan.table) or plan.refusals):
        return None
    return session.paste("apply", str(path), *allowances(plan))


def sentence(refusal: Refusal) -> str:
    """A refusal in words: figures, limit, first rows, config key."""
    shown = f" First: {', '.join(refusal.examples)}." if refusal.examples else ""
    return f"{refusal.code}: {refusal.figures} ({refusal.setting}).{shown}"


def allowances(plan: Plan) -> list[str]:
    """The options that allow exactly this plan past its refusals, each guard once."""
    codes = dict.fromkeys(refusal.code for refusal in plan.refusals)
    return [word for code in codes for word in ("--allow", f"{code}@{plan.fingerprint}")]


def _live(session: Session, options: Options) -> Outcome:
    begun = _begun(session, options, dry_run=False)
    if isinstance(begun, Outcome):
        return begun
    kept, ending = begun.kept, begun.ending
    if kept.plan.refusals:
        return conclude(session, kept, ending)
    session.door.show(kept.plan)
    record = RunRecord(
        ending.run_id,
        session.config.job,
        begun.sources.identity,
        ending.started.isoformat(timespec="seconds"),
        live=True,
        whole=kept.plan.partial is None,
        kind="run",
    )
    return carry_out(session, kept, record, ending)
