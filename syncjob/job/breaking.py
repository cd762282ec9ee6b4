"""What is told of a run that broke: before its first request, on its way, or at the very end (CONTRACT 5, 9).

What enters: the plan, the journal as it stands, and what went wrong. What leaves: results with every row in them, and
an outcome that carries the error. Promised: nothing is sent from here, and the run stays open for `resume`.
"""

from __future__ import annotations

from dataclasses import replace

from syncjob.errors import Interrupted, SyncjobError
from syncjob.job.finishing import Ending, told_of, write_results
from syncjob.job.preparing import without
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import Told
from syncjob.journal import Journal
from syncjob.keeping import Kept
from syncjob.planner import Drafted
from syncjob.results.table import fill_gaps
from syncjob.words import one_line


def not_begun(session: Session, kept: Kept, ending: Ending, error: SyncjobError) -> Outcome:
    """Results of a run that was approved, or about to be, and sent nothing: every change of it is `not_sent`."""
    plan = kept.plan
    drafted = Drafted(plan.table, plan.outcomes, plan.remote_only, plan.field_changes)
    left = without(drafted, plan.table["verb"].notna(), "not_sent", "run_ended", error.message)
    told = Told(left.outcomes, left.remote_only, left.field_changes)
    return _told(session, kept, told, ending, error)


def broken_off(session: Session, journal: Journal, kept: Kept, ending: Ending, cause: Exception) -> Outcome:
    """Results of a run that broke in the middle, as far as its journal knows; what is in doubt is `unknown`."""
    error = cause if isinstance(cause, SyncjobError) else _ours(session, cause)
    told = told_of(kept, journal.frame(), error.message)
    told = replace(told, outcomes=fill_gaps(kept.loaded.rows, told.outcomes))
    return _told(session, kept, told, replace(ending, next_command=session.paste("resume")), error)


def _told(session: Session, kept: Kept, told: Told, ending: Ending, error: SyncjobError) -> Outcome:
    """The results, and the error; one that keeps results from being written comes second, for it is not the first."""
    code = session.signal_exit if isinstance(error, Interrupted) else error.exit_code
    try:
        outcome = write_results(session, kept, told, replace(ending, stopped=error.message, code=code))
    except SyncjobError as another:
        session.door.note(f"{another.message} The next run or resume writes them.")
        return Outcome(code, plan=kept.plan, error=error)
    return replace(outcome, error=error)


def _ours(session: Session, cause: Exception) -> SyncjobError:
    error = SyncjobError(
        f"An error of syncjob's own ended the run: {type(cause).__name__}: {one_line(str(cause))}",
        advice=f"What was sent is in the journal. Go on with: {session.paste('resume')}\n"
        "If it happens again, please report it; --verbose shows where it happened.",
    )
    error.__cause__ = cause
    return error
