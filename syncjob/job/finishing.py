"""The end of a run: outcomes, exit code, files, memory. Done again after a kill, it gives the same."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.config import Config
from syncjob.errors import SyncjobError
from syncjob.headers import remember
from syncjob.job.members import sid_of_list
from syncjob.job.recording import record_run
from syncjob.job.remembering import fold_in, keep_waiting
from syncjob.job.restoring import remember_undone, told_undo, undo_lesson, undoes
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import Told, by_number, exit_code, tell
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.loader.table import Loaded
from syncjob.memory import Lesson
from syncjob.planfile import saving
from syncjob.plans import Plan
from syncjob.results.aside import make_folder, plain_words, probe
from syncjob.results.digest import clock
from syncjob.results.files import WrittenFiles, write_run
from syncjob.results.index import write_index
from syncjob.results.table import Results, RunFacts, build, fill_gaps
from syncjob.texts import arrow, frame_of, one_of, repeated

APPROVED = "approved"
"""The fact of a run's copy that says who approved its plan workbook: by, at, file, saved, applied_by."""


def approval_of(kept: Kept) -> str | None:
    """Who approved the plan, in what file, and when it was applied; None where nobody did so in a workbook."""
    found = kept.facts.get(APPROVED)
    if not isinstance(found, dict):
        return None
    when = clock(datetime.fromisoformat(str(found["at"])))
    return f"by {found['by']} in {found['file']}; applied {when} by {found['applied_by']}"


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
    annotate: bool = False  # a copy of the source workbook with the outcomes
    memory: bool = True


def facts_of(session: Session, plan: Plan, ending: Ending, code: int) -> RunFacts:
    """What results tell of the run beside its rows."""
    config, stats = session.config, session.transport.stats
    return RunFacts(
        run_id=ending.run_id,
        job=config.job,
        account=config.remote.account,
        region="" if session.remote.abilities.address else config.remote.region or "",
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
        feed_back=_feed_back(session, ending.run_id),
        memory=ending.memory,
        stopped=ending.stopped,
        of_list=config.remote.list if session.remote.abilities.members else None,
        service=session.remote.abilities.service,
    )


def _feed_back(session: Session, run_id: str) -> str:
    """How corrected rows are sent back."""
    if session.inbox:
        return f"put it into the folder {shlex.quote(str(session.inbox))}"
    return session.paste("run", str(session.config.results.dir / run_id / "needs-fixing.xlsx"))


def write_results(session: Session, kept: Kept, told: Told, ending: Ending) -> Outcome:
    """Balance the rows, write the files of the run, return how it ended."""
    code = ending.code if ending.code is not None else exit_code(told, session.config.limits.bad_rows)
    facts = replace(facts_of(session, kept.plan, ending, code), approved=approval_of(kept))
    if undoes(kept):
        facts = replace(facts, mode="undo")
    pa.default_memory_pool().release_unused()  # of the listing and the diff
    folder = session.config.results.dir / ending.run_id
    with plain_words(folder):
        make_folder(folder)
    with saving(kept, folder / "plan.json", session.account.run(ending.run_id)) as saved:
        results, error = _balanced(facts, kept.loaded, by_number(told, kept.plan, kept.loaded))
        files = write_files(session.config, results, ending)
        record_run(results)
        try:
            try:
                saved()
            finally:
                write_index(session.config.results.dir)  # which links the plan, too, where it is there
        except SyncjobError as another:  # of a run that broke, the rows are told by now; its plan is the lesser loss
            if ending.stopped is None:
                raise
            session.door.note(another.message)
    return Outcome(results.facts.exit_code, results, files, kept.plan, error)


def _balanced(facts: RunFacts, loaded: Loaded, told: Told) -> tuple[Results, SyncjobError | None]:
    """The results; where rows and outcomes do not add up, results that say so, and the error (CONTRACT 5)."""
    try:
        return build(facts, loaded, told.outcomes, told.remote_only, told.field_changes), None
    except SyncjobError as error:
        facts = replace(facts, exit_code=error.exit_code, stopped=error.message)
        outcomes = fill_gaps(loaded.rows, told.outcomes)
        return build(facts, loaded, outcomes, told.remote_only, told.field_changes), error


def probe_results(config: Config, result_path: Path | None) -> None:
    """Try to write where the results shall lie, before anything is sent. Raises `SyncjobError`."""
    probe(config.results.dir)
    if result_path is not None:
        probe(result_path if result_path.is_dir() else result_path.parent)


def write_files(config: Config, results: Results, ending: Ending) -> WrittenFiles:
    """The files of a run (CONTRACT 5), but for the index, which comes last."""
    files = write_run(
        results,
        config.results.dir,
        dry_run=ending.dry_run,
        csv=any(table.facts.format in ("csv", "tsv") for table in results.loaded.tables),
        result_path=ending.result_path,
        mask=config.results.mask,
        index=False,
    )
    if not ending.annotate:
        return files
    from syncjob.results.annotate import annotate

    return replace(files, notes=(*files.notes, *annotate(results, files.folder)))


def told_of(kept: Kept, changes: pd.DataFrame, why_ended: str) -> Told:
    """What became of every row and contact, by the journal's changes."""
    told = tell(kept.plan, changes, why_ended)
    return told_undo(kept, changes, told) if undoes(kept) else told


def finish(session: Session, journal: Journal, kept: Kept, ending: Ending) -> Outcome:
    """Settle a run that wrote: results, then memory, then the line in the list of runs.

    Each step may be repeated, so a kill between two of them does no harm (CONTRACT 8).
    """
    plan, changes = kept.plan, journal.frame()
    told = told_of(kept, changes, ending.stopped or "it was interrupted")
    outcome = write_results(session, kept, told, ending)
    open_still = bool(journal.count(state="sent")) or bool(one_of(told.outcomes["reason"], ["run_ended"]).any())
    good = outcome.exit_code in (0, 3) and not kept.facts.get("trial") and not open_still
    lesson = lesson_of(told, changes, kept.loaded, whole=plan.partial is None and good)
    if undoes(kept):
        lesson = undo_lesson(session, kept, lesson)
    session.memory.learn(ending.run_id, plan.job, lesson, sid_of_list(session))
    fold_in(session, journal, changes, ending.run_id)
    if not undoes(kept):
        keep_waiting(session, kept, changes)
    if good:
        remember_undone(session, kept)
    session.memory.end(
        ending.run_id,
        ended=session.now().isoformat(timespec="seconds"),
        exit_code=outcome.exit_code,
        counts=outcome.results.counts if outcome.results else {},
        results=str(outcome.files.folder) if outcome.files else None,
        settled=not journal.count(state="sent") and not (ending.stopped and journal.count(state="planned")),
    )
    journal.remember(state="ended", exit_code=str(outcome.exit_code))
    if outcome.exit_code in (0, 3):
        _remember_headers(session, kept)
    return outcome


def _remember_headers(session: Session, kept: Kept) -> None:
    """What a person confirmed counts from now on; that it can't be kept takes nothing from a run that is done."""
    try:
        said = remember(session.account, kept.plan.job, kept.loaded)
    except SyncjobError as error:
        said = (f"The confirmed headers can't be remembered: {error.message}",)
    for sentence in said:
        session.door.note(sentence)


def lesson_of(told: Told, changes: pd.DataFrame, loaded: Loaded, *, whole: bool) -> Lesson:
    """What the run teaches, from confirmed outcomes only (CONTRACT 7)."""
    from syncjob.job.preparing import sheet_counts

    deleted: set[str] = set()
    for frame in (told.outcomes, told.remote_only):
        gone = one_of(frame["outcome"], ["deleted", "removed"])
        deleted.update(arrow(frame["number"]).filter(pa.array(gone)).drop_null().to_pylist())
    fields = {name for mapping in loaded.mappings for name in mapping.field_of.values()}
    return Lesson(
        _met(told.outcomes, ["created", "added"]),
        _met(told.outcomes, ["created", "updated", "added", "unchanged"]),
        frozenset(deleted),
        _differing(changes),
        whole,
        sheet_counts(loaded),
        frozenset(fields),
        _written(changes),
    )


def _met(outcomes: pd.DataFrame, ends: Collection[str]) -> pd.DataFrame:
    """number and sid of the contacts whose rows ended so, no number twice."""
    number, sid = arrow(outcomes["number"]), arrow(outcomes["sid"])
    hit = pc.and_(pc.and_(pc.is_valid(number), pc.is_valid(sid)), pa.array(one_of(outcomes["outcome"], ends)))
    found = frame_of({"number": number.filter(hit), "sid": sid.filter(hit)})
    return found.drop_duplicates("number") if repeated(found["number"]).any() else found


def _written(changes: pd.DataFrame) -> dict[str, frozenset[str]]:
    """number → the fields that this run wrote, confirmed."""
    done = pa.array(one_of(changes["outcome"], ["created", "updated"]))
    pairs = zip(*(arrow(changes[name]).filter(done).to_pylist() for name in ("number", "fields")), strict=True)
    return {number: frozenset(orjson.loads(fields)) for number, fields in pairs if number and fields}


def _differing(changes: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Fields as they were sent, of contacts that hold them otherwise."""
    found: dict[str, dict[str, str]] = {}
    other = pa.array(one_of(changes["reason"], ["stored_differently"]))
    pairs = zip(*(arrow(changes[name]).filter(other).to_pylist() for name in ("number", "fields")), strict=True)
    for number, fields in pairs:
        sent = orjson.loads(fields)
        found[number] = {
            name: value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
            for name, value in sent.items()
        }
    return found


def as_dry_run(plan: Plan) -> Told:
    """What a run would do: the plan's own frames."""
    return Told(plan.outcomes, plan.remote_only, plan.field_changes)
