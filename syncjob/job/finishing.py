"""The end of a run: outcomes, exit code, files, memory. Done again after a kill, it gives the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import pandas as pd

from syncjob.config import Config
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import Told, exit_code, tell
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.loader.table import Loaded
from syncjob.memory import Lesson
from syncjob.plan import Plan
from syncjob.planfile import save_plan
from syncjob.results.files import WrittenFiles, write_run
from syncjob.results.table import Results, RunFacts, build


@dataclass(frozen=True)
class Ending:
    """How a run ended, beside its rows."""

    run_id: str
    started: datetime
    dry_run: bool = False
    stopped: str | None = None  # why it ended before its end
    code: int | None = None  # an exit code that goes before that of the rows
    refusals: tuple[str, ...] = ()
    next_command: str | None = None
    result_path: Path | None = None
    memory: bool = True


def facts_of(session: Session, plan: Plan, ending: Ending, code: int) -> RunFacts:
    """What results tell of the run beside its rows."""
    config, stats = session.config, session.transport.stats
    return RunFacts(
        run_id=ending.run_id,
        job=config.job,
        account=config.remote.account,
        region=config.remote.region or "",
        mode=config.sync.mode,
        dry_run=ending.dry_run,
        sources=plan.sources,
        listing=plan.listing,
        requests=stats.requests,
        retries=stats.retries,
        seconds=session.seconds(),
        started=ending.started,
        exit_code=code,
        notes=plan.notes,
        partial=plan.partial,
        refusals=ending.refusals,
        next_command=ending.next_command,
        memory=ending.memory,
        stopped=ending.stopped,
    )


def write_results(session: Session, kept: Kept, told: Told, ending: Ending) -> Outcome:
    """Balance the rows, write the files of the run, return how it ended."""
    code = ending.code if ending.code is not None else exit_code(told, session.config.limits.bad_rows)
    facts = facts_of(session, kept.plan, ending, code)
    results = build(facts, kept.loaded, told.outcomes, told.remote_only, told.field_changes)
    files = write_files(session.config, results, ending)
    save_plan(kept, files.folder / "plan.json")
    return Outcome(code, results, files, kept.plan)


def write_files(config: Config, results: Results, ending: Ending) -> WrittenFiles:
    """The files of a run (CONTRACT 5)."""
    return write_run(
        results,
        config.results.dir,
        dry_run=ending.dry_run,
        csv=any(table.facts.format in ("csv", "tsv") for table in results.loaded.tables),
        result_path=ending.result_path,
        mask=config.results.mask,
    )


def finish(session: Session, journal: Journal, kept: Kept, ending: Ending) -> Outcome:
    """Settle a run that wrote: results, then memory, then the line in the list of runs.

    Each step may be repeated, so a kill between two of them does no harm (CONTRACT 8).
    """
    plan, changes = kept.plan, journal.frame()
    told = tell(plan, changes, ending.stopped or "it was interrupted")
    outcome = write_results(session, kept, told, ending)
    open_still = bool(journal.count(state="sent")) or bool((told.outcomes["reason"] == "run_ended").any())
    good = outcome.exit_code in (0, 3) and not kept.facts.get("trial") and not open_still
    lesson = lesson_of(told, changes, kept.loaded, whole=plan.partial is None and good)
    session.memory.learn(ending.run_id, plan.job, lesson)
    session.memory.end(
        ending.run_id,
        ended=session.now().isoformat(timespec="seconds"),
        exit_code=outcome.exit_code,
        counts=outcome.results.counts if outcome.results else {},
        results=str(outcome.files.folder) if outcome.files else None,
    )
    journal.remember(state="ended", exit_code=str(outcome.exit_code))
    return outcome


def lesson_of(told: Told, changes: pd.DataFrame, loaded: Loaded, *, whole: bool) -> Lesson:
    """What the run teaches, from confirmed outcomes only (CONTRACT 7)."""
    from syncjob.job.preparing import sheet_counts

    columns = ["number", "sid"]
    rows = told.outcomes.dropna(subset=columns)
    present = rows[rows["outcome"].isin(["created", "updated", "unchanged"])]
    created = rows[rows["outcome"] == "created"]
    gone = pd.concat([told.outcomes, told.remote_only])
    deleted = gone["number"][gone["outcome"] == "deleted"].dropna()
    fields = {name for mapping in loaded.mappings for name in mapping.field_of.values()}
    return Lesson(
        created[columns].drop_duplicates("number"),
        present[columns].drop_duplicates("number"),
        frozenset(deleted),
        _differing(changes),
        whole,
        sheet_counts(loaded),
        frozenset(fields),
    )


def _differing(changes: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Fields as they were sent, of contacts that hold them otherwise."""
    found: dict[str, dict[str, str]] = {}
    other = changes[changes["reason"] == "stored_differently"]
    for number, fields in zip(other["number"], other["fields"], strict=True):
        sent = orjson.loads(fields)
        found[number] = {
            name: value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
            for name, value in sent.items()
        }
    return found


def as_dry_run(plan: Plan) -> Told:
    """What a run would do: the plan's own frames."""
    return Told(plan.outcomes, plan.remote_only, plan.field_changes)
