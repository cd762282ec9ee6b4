"""One pass over a drop folder: each complete file becomes a run of its own, and is put away with its results.

What enters: a session, the folder, how a run is done. What leaves: one `Tended` for each file. Promised: one file at a
time under the account's lock; a pass that is killed leaves what the next one needs to bring its file to an end, and
nothing is sent twice by that; a file that ends its run again and again without a result does not stop the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from syncjob.errors import GuardRefusal, Interrupted, NotApproved, RemoteError, SourceError, SyncjobError
from syncjob.inbox import Card, Found, Shelf, look
from syncjob.job.announcing import Announcer
from syncjob.job.recovering import resume_next
from syncjob.job.run import Options, run, run_next
from syncjob.job.session import Outcome, Session
from syncjob.job.telling import OURS_TO_FINISH
from syncjob.memory import RunRecord
from syncjob.plans import Plan
from syncjob.results.index import SUMMARY
from syncjob.state import locked
from syncjob.words import OUTCOMES

STARTS = 5
"""Times a file is begun, or taken up again, before it is put away unfinished."""

PARTIAL = "it was put into a folder, so it speaks only for the rows in it (--whole says otherwise)"
ALIEN = (1, 2, 6, 7, 130, 143)
"""Exit codes that say nothing about the file: it stays, and the pass ends, for the next file would fare no better."""


@dataclass(frozen=True)
class Tended:
    """What happened to one file. `place`: done, failed, waiting (for a later pass), back or left (not ours to take)."""

    name: str
    place: str
    says: str
    code: int = 0
    path: Path | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class Pass:
    """How a pass is done."""

    folder: Path
    whole: bool = False
    dry_run: bool = False
    wait_minutes: float = 0.0
    now: Callable[[], float] = time.time


def tend(session: Session, how: Pass) -> Iterator[Tended]:
    """Take up what earlier passes left, then take what is complete. Raises `SourceError`, `LockHeld`, `SyncjobError`.

    The lock is taken only where there is something to do, so an empty folder never waits for anybody.
    """
    session.inbox = how.folder
    found = look(how.folder, session.config.source.settle, how.now())
    yield from (Tended(each.path.name, "left", each.why) for each in found if each.foreign)
    yield from (Tended(each.path.name, "waiting", each.why) for each in found if each.why and not each.foreign)
    ready = [each for each in found if not each.why]
    if how.dry_run:
        yield from _tried(session, how, ready)
        return
    shelf = Shelf(how.folder, session.account.folder / "inbox")
    if not ready and not shelf.taken():
        return
    with locked(
        session.account,
        f"inbox of job {session.config.job}",
        wait_minutes=how.wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        yield from _worked(session, how, Shelf(how.folder, session.account.folder / "inbox"), ready)


def _tried(session: Session, how: Pass, ready: list[Found]) -> Iterator[Tended]:
    """What a pass would do: every file stays where it is."""
    for each in ready:
        outcome = _attempt(session, live=False, work=partial(run, session, _options(how, each.path)))
        says = _counted(outcome.results.counts) if outcome.results else _sentence(outcome.error)
        where = f"; see {outcome.files.report}" if outcome.files else ""
        run_id = outcome.results.facts.run_id if outcome.results else None
        yield Tended(each.path.name, "waiting", f"dry run: {says}{where}", outcome.exit_code, each.path, run_id)


def _worked(session: Session, how: Pass, shelf: Shelf, ready: list[Found]) -> Iterator[Tended]:
    for card in shelf.taken():
        tended = _brought_on(session, how, shelf, card)
        yield tended
        if tended.place == "waiting" and tended.code in ALIEN:
            return
    for each in ready:
        if session.stop.is_set():
            raise _ended(session)
        taken = shelf.take(each.path)
        if taken is None:
            yield Tended(each.path.name, "waiting", "it is gone, or open in another program")
            continue
        tended = _brought_on(session, how, shelf, taken)
        yield tended
        if tended.place == "waiting" and tended.code in ALIEN:
            return


def _ended(session: Session) -> Interrupted:
    error = Interrupted(session.signal_exit)
    error.advice = "The next pass goes on."
    return error


def _brought_on(session: Session, how: Pass, shelf: Shelf, card: Card) -> Tended:
    """Begin a file's run, or go on where an earlier pass was ended, and put it away if that came to an end."""
    if card.goes is not None:
        return _put_away(shelf, card, card.code, card.says, card.results)
    if card.starts >= STARTS:
        why = f"It was begun {card.starts} times and never came to an end. See syncjob history list."
        return _put_away(shelf, replace(card, why=why), 1, why, _results_of(session, card))
    card = shelf.note(replace(card, starts=card.starts + 1))
    outcome = _attempt(session, live=True, work=lambda: _run_or_resume(session, how, shelf, card))
    return _after(session, shelf, shelf.card_of(card.name), outcome)  # its card names the run by now


def _run_or_resume(session: Session, how: Pass, shelf: Shelf, card: Card) -> Outcome:
    """The run that was begun for the file, unless another one has overtaken it; else a new one."""
    record = _record(session, card)
    if record and record.run_id == _newest(session):
        outcome = resume_next(session, record.run_id)
        if outcome.results is not None:
            return outcome
        if _record(session, card):  # it had ended, and only its files were not put away
            return Outcome(record.exit_code or 0)
    options = _options(how, shelf.file(card))

    def begun(run_id: str) -> None:
        shelf.note(replace(card, run_id=run_id))

    return run_next(session, replace(options, begun=begun))


def _attempt(session: Session, *, live: bool, work: Callable[[], Outcome]) -> Outcome:
    """A run of its own, told to whoever wants to be told; an error of one run as its outcome."""
    session.renew()
    try:
        with Announcer(session.config, live=live) as announcer:
            announcer.ended(work())
        return announcer.outcome
    except Interrupted as error:
        return Outcome(session.signal_exit, error=error)
    except SyncjobError as error:
        return Outcome(error.exit_code, error=error)


def _after(session: Session, shelf: Shelf, card: Card, outcome: Outcome) -> Tended:
    """Put the file away, back, or leave it for the next pass, by how its run ended."""
    error, code = outcome.error, outcome.exit_code
    counts = outcome.results.counts if outcome.results else _counts_of(session, card)
    if isinstance(error, NotApproved):
        path = shelf.put_back(card)
        return Tended(card.name, "back", _sentence(error), code, path)
    if isinstance(error, RemoteError | Interrupted) or code in ALIEN or OURS_TO_FINISH & set(counts):
        if isinstance(error, RemoteError | Interrupted):  # nothing that the file could help
            shelf.note(replace(card, starts=card.starts - 1))
        says = _sentence(error) if error else f"{_counted(counts)}; what is left is taken up in the next pass"
        return Tended(card.name, "waiting", says, code, shelf.file(card), card.run_id)
    says = _counted(counts) if counts and not isinstance(error, GuardRefusal) else _sentence(error, outcome.plan)
    why = None
    if isinstance(error, SourceError | GuardRefusal):
        why = f"{error.message}\n\n{error.advice}".strip()
    folder = str(outcome.files.folder) if outcome.files else _results_of(session, card)
    return _put_away(shelf, replace(card, why=why), code, says, folder)


def _put_away(shelf: Shelf, card: Card, code: int, says: str, results: str | None) -> Tended:
    card = replace(card, code=code, says=says, results=results)
    goes = card.goes or ("failed" if code else "done")
    card = shelf.away(card, goes, beside(Path(results)) if results else {})
    return Tended(card.name, goes, says, code, shelf.lies(card), card.run_id)


def beside(folder: Path) -> Mapping[str, Path]:
    """What of a run's results belongs beside its file: "-result.xlsx" → the file, as their own names say."""
    wanted = ("result.xlsx", "result.csv", "needs-fixing.xlsx", "needs-fixing.csv", "report.html", SUMMARY)
    paths = ((f"-{name}", folder / f"{dry}{name}") for dry in ("DRY-RUN-", "") for name in wanted)
    return {tail: path for tail, path in paths if path.is_file()}


def _options(how: Pass, path: Path) -> Options:
    return Options((str(path),), how.dry_run, whole=how.whole, partial=None if how.whole else PARTIAL)


def _record(session: Session, card: Card) -> RunRecord | None:
    runs = session.memory.runs(session.config.job)
    return next((record for record in runs if record.run_id == card.run_id), None)


def _newest(session: Session) -> str | None:
    return next((record.run_id for record in session.memory.runs(session.config.job) if record.live), None)


def _counts_of(session: Session, card: Card) -> Mapping[str, int]:
    record = _record(session, card)
    return record.counts if record else {}


def _results_of(session: Session, card: Card) -> str | None:
    record = _record(session, card)
    return record.results if record else None


def _counted(counts: Mapping[str, int]) -> str:
    """14 rows: 12 added, 2 please fix."""
    rows = sum(counts.values())
    told = ", ".join(f"{count:,} {OUTCOMES[name].word.lower()}" for name, count in counts.items() if count)
    return f"{rows:,} {'row' if rows == 1 else 'rows'}: {told}" if rows else "no rows"


def _sentence(error: SyncjobError | None, plan: Plan | None = None) -> str:
    """What ended the run; of a refusal the figures, for a line of a log names nobody."""
    if isinstance(error, GuardRefusal) and plan is not None:
        return "refused; " + "; ".join(f"{each.code}: {each.figures}" for each in plan.refusals)
    return " ".join(error.message.split()) if error else "nothing to do"
