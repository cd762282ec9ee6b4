"""Interrupted runs: settled from their own copy, and continued where nobody overtook them (CONTRACT 8)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syncjob.config import restored
from syncjob.errors import ConfigError
from syncjob.executor import settle_doubts
from syncjob.job.finishing import Ending, finish, probe_results
from syncjob.job.members import on_list_of
from syncjob.job.session import Outcome, Session
from syncjob.job.working import go_on, work_of
from syncjob.journal import Journal
from syncjob.keeping import Kept, recall
from syncjob.memory import RunRecord
from syncjob.state import locked

TAKEN_UP = ("failed", "not_sent", "unknown")
"""Outcomes that `resume` takes up again."""


def settle_interrupted(session: Session) -> list[Outcome]:
    """What `run` does before its own work: interrupted runs of its job are settled by reading and get their results.

    What they had not sent yet is left to the new run, which reads the source anew.
    """
    outcomes = []
    for record in session.memory.open_runs(session.config.job):
        session.door.note(f"Run {record.run_id} was interrupted; what it left in doubt is settled first.")
        outcome = settle_run(session, record)
        if outcome:
            outcomes.append(outcome)
    return outcomes


def settle_run(session: Session, record: RunRecord) -> Outcome | None:
    """Settle an interrupted run without sending anything; None when it never stored its plan."""
    opened = open_run(session, record)
    if opened is None:
        return None
    own, kept, journal = opened
    with journal:
        settle_doubts(work_of(own, kept, journal))
        return finish(own, journal, kept, ending_of(record, journal))


def resume(session: Session, run_id: str | None, *, wait_minutes: float = 0.0) -> Outcome:
    """Continue an interrupted run, and take up what ended failed, unsent or unknown (CONTRACT 2).

    Without `run_id`: the job's latest live run. A run overtaken by a later one of its job is only settled.
    """
    with locked(
        session.account,
        f"resume of job {session.config.job}",
        wait_minutes=wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        return resume_next(session, run_id)


def resume_next(session: Session, run_id: str | None) -> Outcome:
    """`resume`, for those who hold the account's lock."""
    record, overtaken = _which(session, run_id)
    opened = open_run(session, record) if record else None
    if record is None or opened is None:
        session.door.note("There is nothing to resume.")
        return Outcome(0)
    own, kept, journal = opened
    with journal:
        if overtaken:
            settle_doubts(work_of(own, kept, journal))
            return finish(own, journal, kept, ending_of(record, journal))
        if record.state == "ended" and not _left_open(journal):
            session.door.note(f"Run {record.run_id} is finished; there is nothing to resume.")
            return Outcome(0)
        ending = ending_of(record, journal)
        probe_results(own.config, ending.result_path)
        session.memory.begin(record)
        return go_on(own, kept, journal, ending)


def _left_open(journal: Journal) -> bool:
    """Take up what ended otherwise than well; whether anything is left to do, what was stopped before its turn too."""
    taken_up = journal.reopen(TAKEN_UP)
    return bool(taken_up or journal.count(state="planned") or journal.count(state="sent"))


def _which(session: Session, run_id: str | None) -> tuple[RunRecord | None, bool]:
    """The run meant, and whether a later run of its job overtook it."""
    runs = [run for run in session.memory.runs(session.config.job) if run.live]
    if run_id is None:
        interrupted = [run for run in runs if run.state == "open"]
        found = interrupted[0] if interrupted else (runs[0] if runs else None)
    else:
        found = next((run for run in runs if run.run_id == run_id), None)
        if found is None:
            raise ConfigError(f"Job {session.config.job} has no run {run_id}.", advice="See: syncjob history list.")
    return found, found is not None and found is not runs[0]


def open_run(session: Session, record: RunRecord) -> tuple[Session, Kept, Journal] | None:
    """A run's own settings, copy and journal; None, and forgotten, when it was killed before its plan was stored."""
    folder = session.account.run(record.run_id)
    path = folder / "journal.db"
    if not path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        session.memory.forget(record.run_id)
        return None
    kept = recall(folder)
    session.check_kind(record.run_id, kept.plan.kind)
    config = restored(kept.settings, session.config)
    config = config.model_copy(update={"results": session.config.results})  # where results can lie is known now
    journal = Journal.open(path)
    own = on_list_of(replace(session, config=config), kept.facts, journal)
    return own, kept, journal


def ending_of(record: RunRecord, journal: Journal) -> Ending:
    """The ending of a run that goes on: its own id, start and result path."""
    result_path = journal.meta("result_path")
    return Ending(
        record.run_id,
        datetime.fromisoformat(record.started),
        stopped=None,
        result_path=Path(result_path) if result_path else None,
        annotate=bool(journal.meta("annotate")),
    )
