"""A plan that was approved is written down, executed and settled; an interrupted one goes on from there."""

from __future__ import annotations

from dataclasses import replace

from syncjob.errors import Interrupted, RemoteError
from syncjob.executor import Settings, Work, execute
from syncjob.job.finishing import Ending, finish
from syncjob.job.preparing import rules_of
from syncjob.job.session import Outcome, Session
from syncjob.journal import Journal
from syncjob.keeping import Kept, keep
from syncjob.listing import Threads
from syncjob.memory import RunRecord
from syncjob.model import VERBS
from syncjob.planner import size_of


def carry_out(session: Session, kept: Kept, record: RunRecord, ending: Ending) -> Outcome:
    """Write the plan down, execute it, settle it. From the first line on the run can be resumed."""
    folder = session.account.run(record.run_id)
    session.memory.begin(record)
    keep(folder, kept)
    abilities, size = session.remote.abilities, session.config.sync.batch_size
    sizes: dict[str, int] = {verb: size_of(abilities, verb, size) for verb in VERBS}
    with Journal.create(folder / "journal.db", _meta(record, ending), kept.plan.table, sizes) as journal:
        return go_on(session, kept, journal, ending)


def _meta(record: RunRecord, ending: Ending) -> dict[str, str]:
    return {
        "run_id": record.run_id,
        "job": record.job,
        "kind": record.kind,
        "started": record.started,
        "consent": "yes",
        "result_path": str(ending.result_path or ""),
    }


def go_on(session: Session, kept: Kept, journal: Journal, ending: Ending) -> Outcome:
    """Execute what the journal still holds, then write results; an error's exit code goes before that of the rows."""
    try:
        execute(work_of(session, kept, journal))
    except (RemoteError, Interrupted) as error:
        code = session.signal_exit if isinstance(error, Interrupted) else error.exit_code
        ending = replace(ending, stopped=error.message, code=code, next_command="syncjob resume")
        return replace(finish(session, journal, kept, ending), error=error)
    return finish(session, journal, kept, ending)


def work_of(session: Session, kept: Kept, journal: Journal) -> Work:
    """The executor's view of a run that is kept and journalled."""
    config = session.config
    whole = kept.plan.partial is None
    done: dict[str, int] = {}

    def on_settled(verb: str, count: int) -> None:
        done[verb] = done.get(verb, 0) + count
        total = int((kept.plan.table["verb"] == verb).sum())
        session.door.progress(verb, done[verb], total)

    return Work(
        session.remote,
        journal,
        Threads(config.remote.concurrency),
        known=set(kept.sids) | journal.known_sids(),
        total=kept.plan.total,
        settings=Settings(
            batch_size=config.sync.batch_size,
            concurrency=config.remote.concurrency,
            timeout=config.remote.timeout,
            look_again=min(3.0, config.remote.timeout),
            region=config.phone.default_region,
            rules=rules_of(config, whole=whole),
        ),
        now=session.now,
        wait=session.wait,
        stop=session.stop,
        affordable=lambda: affordable(session),
        on_settled=on_settled,
    )


def affordable(session: Session) -> int:
    """Requests that still fit `limits.requests` and `limits.minutes`."""
    limits = session.config.limits
    left = 1 << 30
    if limits.requests is not None:
        left = limits.requests - session.transport.stats.requests
    if limits.minutes is not None and session.seconds() > limits.minutes * 60:
        left = 0
    return max(0, left)
