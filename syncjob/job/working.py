"""A plan that was approved is written down, executed and settled; an interrupted one goes on from there.

Promised: whatever goes wrong on the way, nothing more is sent, every row is told in results, and `resume` goes on.
"""

from __future__ import annotations

from dataclasses import replace

from syncjob.differ import Rules
from syncjob.errors import Interrupted, NotApproved, RemoteError, SyncjobError
from syncjob.executor import Settings, Work, execute
from syncjob.job.breaking import broken_off, not_begun
from syncjob.job.budget import affordable
from syncjob.job.finishing import APPROVED, Ending, approval_of, finish, probe_results
from syncjob.job.history import tidy
from syncjob.job.members import list_rules, with_list
from syncjob.job.preparing import rules_of
from syncjob.job.recording import record_batch
from syncjob.job.restoring import keep_former, undoes
from syncjob.job.session import Outcome, Session
from syncjob.job.stating import stated
from syncjob.journal import Journal, Settled
from syncjob.keeping import Kept, keep
from syncjob.listing import Threads
from syncjob.memory import RunRecord
from syncjob.model import VERBS
from syncjob.planner import size_of
from syncjob.snapshot import generation


def carry_out(session: Session, kept: Kept, record: RunRecord, ending: Ending) -> Outcome:
    """Ask for a yes, write the plan down, execute it, settle it. Once it is written down the run can be resumed.

    Raises `NotApproved`, and `SyncjobError` (`results_unwritable`) before anything is asked or sent.
    """
    probe_results(session.config, ending.result_path)
    try:
        _approved(session, kept, record.run_id)
        journal = _written_down(session, kept, record, ending)
    except NotApproved:
        raise
    except SyncjobError as error:  # stopped at the question, or the state folder can't be written: nothing leaves
        return not_begun(session, kept, ending, error)
    with journal:
        outcome = go_on(session, kept, journal, ending)
    tidy(session)
    return outcome


def _approved(session: Session, kept: Kept, run_id: str) -> None:
    """Raises `NotApproved`, or `Interrupted` where the question was answered by Ctrl-C; then nothing is left of it."""
    said = False
    try:
        said = not len(kept.plan.table) or APPROVED in kept.facts or session.door.approve(kept.plan)
    finally:
        if not said:
            session.account.run(run_id).rmdir()
    if not said:
        raise NotApproved("Nothing was sent: the plan was not approved.", advice="Answer yes, or use --yes.")


def _written_down(session: Session, kept: Kept, record: RunRecord, ending: Ending) -> Journal:
    """The run in memory, its own copy, and its journal: all that must be durable before anything is sent."""
    folder = session.account.run(record.run_id)
    session.memory.begin(record)
    keep(folder, kept)
    keep_former(folder, session.memory.contacts(record.job), kept.plan)
    abilities, size = session.remote.abilities, session.config.sync.batch_size
    sizes: dict[str, int] = {verb: size_of(abilities, verb, size) for verb in VERBS}
    meta = _meta(session, record, ending, approval_of(kept))
    return Journal.create(folder / "journal.db", meta, kept.plan.table, sizes)


def _meta(session: Session, record: RunRecord, ending: Ending, approval: str | None) -> dict[str, str]:
    return {
        "run_id": record.run_id,
        "job": record.job,
        "kind": record.kind,
        "started": record.started,
        "consent": approval or "yes",
        "result_path": str(ending.result_path or ""),
        "annotate": "yes" if ending.annotate else "",
        "snapshot": generation(session.account) or "",
    }


def go_on(session: Session, kept: Kept, journal: Journal, ending: Ending) -> Outcome:
    """Execute what the journal still holds, then write results; an error's exit code goes before that of the rows.

    Whoever calls it has tried whether results can be written.
    """
    try:
        session = with_list(session, kept, journal)
        execute(work_of(session, kept, journal))
    except (RemoteError, Interrupted) as stop:
        error = Interrupted(session.signal_exit) if isinstance(stop, Interrupted) else stop
        code = session.signal_exit if isinstance(error, Interrupted) else error.exit_code
        ending = replace(ending, stopped=error.message, code=code, next_command=session.paste("resume"))
        return replace(finish(session, journal, kept, ending), error=error)
    except Exception as error:  # noqa: BLE001 - requests have left: whatever broke, their rows must be told in results
        return broken_off(session, journal, kept, ending, error)
    return finish(session, journal, kept, ending)


def work_of(session: Session, kept: Kept, journal: Journal) -> Work:
    """The executor's view of a run that is kept and journalled."""
    config, behaviour = session.config, session.remote.abilities.behaviour
    whole = kept.plan.partial is None
    rules = rules_of(config, whole=whole, behaviour=behaviour)
    done: dict[str, int] = {}

    def on_settled(verb: str, settled: list[Settled]) -> None:
        record_batch(config.job, verb, settled)
        done[verb] = done.get(verb, 0) + len(settled)
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
            look_again=max(min(3.0, config.remote.timeout), 2 * behaviour.delay),
            region=session.region,
            rules=Rules(mode="create") if undoes(kept) else list_rules(session, rules),
            exact=undoes(kept) is not None,
            blind=bool(kept.facts.get("blind")),
        ),
        wanted=stated(kept.loaded.rows) if kept.facts.get("way") in ("cached", "none") and not undoes(kept) else None,
        now=session.now,
        wait=session.wait,
        stop=session.stop,
        affordable=lambda: affordable(session),
        on_settled=on_settled,
    )
