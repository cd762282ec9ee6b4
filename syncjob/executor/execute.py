"""The order of things: settle what is in doubt, then creates, updates, deletes (CONTRACT 7 and 8).

On a list, who joins comes after the creates, and who leaves before the deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from syncjob.errors import CallFailed, CallRefused, Interrupted, NotDelivered, RemoteRefused, ReplyLost, SyncjobError
from syncjob.executor.adopting import adopt_existing, adopt_newcomers
from syncjob.executor.bulk import send, send_all
from syncjob.executor.doubt import settle_creates, settle_deletes, settle_updates
from syncjob.executor.exact import without_refused_blanks
from syncjob.executor.joining import join, settle_joins, settle_leaves
from syncjob.executor.recheck import hold_mistaken
from syncjob.executor.work import Work, settled
from syncjob.journal import Settled
from syncjob.model import Batch, Change, Reply, Verb

ROUNDS = 4
"""How often sending and settling take turns before what is left open stays open."""


STOPS = (RemoteRefused, Interrupted)
"""What ends the run at once; the request that met it was not executed."""

_GONE: dict[Verb, str] = {"delete": "deleted", "remove": "removed"}
_SETTLE: dict[Verb, Callable[[Work], None]] = {"delete": settle_deletes, "remove": settle_leaves}


def execute(work: Work) -> None:
    """Carry the plan in the journal out, as far as it goes.

    Raises `RemoteRefused`, `Interrupted`, or `NotDelivered` when the remote stays out of reach; the journal then tells
    what was settled, what is in doubt, and what was never sent.
    """
    settle_doubts(work, sending=True)
    adopt_newcomers(work)
    for _ in range(ROUNDS):
        send_all(work, "create", adopt_existing, settle_creates)
        settle_creates(work)
        hold_mistaken(work)
        send_all(work, "update", _no_adoption, _leave)
        _send_alone(work)
        settle_updates(work)
        without_refused_blanks(work)
        if not work.journal.count(verb="create", state="planned") and not work.journal.count(
            verb="update", state="planned"
        ):
            break
    join(work)
    _send_deletes(work, "remove")
    _send_deletes(work, "delete")


def settle_doubts(work: Work, *, sending: bool = False) -> None:
    """Settle, by reading, everything that an interrupted run left in doubt. `sending`: the rest will be sent."""
    settle_creates(work, sending=sending)
    settle_updates(work)
    settle_joins(work)
    settle_leaves(work)
    settle_deletes(work)


def _leave(_work: Work) -> None:
    """Updates in doubt are settled after all were sent: sending the others can't disturb them."""


def _no_adoption(work: Work, there: list[tuple[Change, Reply]]) -> None:
    outcomes = [settled(change, reply, "rejected", "refused_by_remote", reply.message) for change, reply in there]
    work.settle(outcomes, "update")


def _send_alone(work: Work) -> None:
    """An update that no entry of a reply could be attributed to is sent alone (CONTRACT 5)."""
    for change in work.journal.take("update", "sent"):
        work.check()
        try:
            send(work, Batch("", "update", (change,)), _no_adoption)
        except (ReplyLost, NotDelivered):
            return


def _send_deletes(work: Work, verb: Verb) -> None:
    """Deletes, or members who leave a list: one request each, several in flight."""
    if not work.journal.count(verb=verb, state="planned"):
        return
    if work.journal.trouble():
        work.journal.end("not_sent", "earlier_trouble", None, work.at(), state="planned", verb=verb)
        return
    chunk = max(32, 4 * work.settings.concurrency)
    with ThreadPoolExecutor(max(1, work.settings.concurrency), thread_name_prefix="delete") as pool:
        while work.journal.count(verb=verb, state="planned"):
            work.check()
            fitting = min(chunk, work.affordable())
            if fitting <= 0:
                work.journal.end("held", "budget", None, work.at(), state="planned", verb=verb)
                break
            _delete_chunk(work, pool, work.journal.take(verb, "planned", fitting))
            _SETTLE[verb](work)


def _delete_chunk(work: Work, pool: ThreadPoolExecutor, changes: list[Change]) -> None:
    """One intent for the chunk, one request per contact, one commit for the replies."""
    verb = changes[0].verb
    name = work.batch_id(verb)
    request = work.journal.intend(name, verb, changes, work.seconds())
    stops: list[SyncjobError] = []
    answers = list(pool.map(lambda change: _delete(work, name, change, stops), changes))
    done: list[Settled] = []
    for change, answer in zip(changes, answers, strict=True):
        done += _deleted(work, change, answer)
    work.settle(done, verb, request)
    refused = [(change, answer) for change, answer in zip(changes, answers, strict=True) if isinstance(answer, STOPS)]
    if refused:
        work.journal.put_back(
            change.change_id for change, error in refused if not (isinstance(error, RemoteRefused) and error.in_doubt)
        )
        raise stops[0]


def _delete(work: Work, batch: str, change: Change, stops: list[SyncjobError]) -> Reply | SyncjobError:
    """What came of one delete; once one met what ends the run, `stops` holds it and no other leaves."""
    if stops:
        return Interrupted()
    try:
        return work.remote.send(Batch(batch, change.verb, (change,)))[0]
    except STOPS as error:
        stops.append(error)
        return error
    except CallFailed as error:
        return error


def _deleted(work: Work, change: Change, answer: Reply | SyncjobError) -> Sequence[Settled]:
    """The outcome of one delete; a lost reply stays in doubt."""
    able = work.remote.abilities
    if isinstance(answer, CallRefused):
        return [_failed(change, answer, "rejected", "refused_by_remote")]
    if isinstance(answer, NotDelivered):
        return [_failed(change, answer, "failed", "temporary_trouble")]
    if isinstance(answer, SyncjobError):
        return []
    if answer.kind == "done":
        return [settled(change, answer, _GONE[change.verb], able.reason_of(change.verb, answer.code, None))]
    if answer.kind == "gone":
        return [settled(change, answer, _GONE[change.verb], "already_gone")]
    if answer.kind == "refused":
        reason = able.reason_of(change.verb, answer.code, "refused_by_remote")
        return [settled(change, answer, "rejected", reason, answer.message)]
    if answer.kind == "again":
        return [settled(change, answer, "failed", "temporary_trouble", answer.message)]
    return []


def _failed(change: Change, error: CallFailed, outcome: str, reason: str) -> Settled:
    code = str(error.status) if error.status else None
    return Settled(change.change_id, outcome, reason, error.words, change.sid, code, error.request_id, error.attempts)
