"""Creates and updates: one request for up to a batch of changes, one reply per change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from syncjob.errors import CallRefused, Interrupted, NotDelivered, RemoteRefused, ReplyLost
from syncjob.executor.ahead import Ahead
from syncjob.executor.echo import stored_otherwise
from syncjob.executor.exact import replan
from syncjob.executor.recheck import recheck
from syncjob.executor.work import TRIES, Work, settled
from syncjob.journal import Settled
from syncjob.model import Batch, Change, Reply, Verb
from syncjob.planner import size_of

PARTS_REFUSED = 8
"""A batch refused whole, and refused in as many parts, is refused for what it is, not for one row."""
SPLITS = 64
"""Requests that may be spent on finding the rows for which a batch is refused."""
FEWER = 18
"""A batch of 5,000 comes down to one change within as many tries as a create has (18³ > 5,000)."""
PAUSE = 0.5
LONGEST_PAUSE = 30.0

DONE: dict[Verb, str] = {"create": "created", "update": "updated", "add": "added"}
"""What a change is when the remote said that it was done."""

Exists = Callable[[Work, list[tuple[Change, Reply]]], None]


def send_all(work: Work, verb: Verb, exists: Exists, doubt: Callable[[Work], None]) -> None:
    """Send every planned change of `verb`. `exists` adopts 409s, `doubt` settles what is in doubt."""
    undelivered = 0
    with Ahead(work, verb, size_of(work.remote.abilities, verb, work.settings.batch_size)) as ahead:
        while batch := ahead.next():
            work.check()
            batch = _fewer(work, batch)
            _pause_for_repeats(work, batch.changes)
            try:
                send(work, batch, exists, meanwhile=ahead.begin)
                undelivered = 0
            except ReplyLost:
                doubt(work)
            except NotDelivered as error:
                undelivered += 1
                _fail(work, batch, error)
                if undelivered == 2:
                    raise


def send(
    work: Work,
    batch: Batch,
    exists: Exists,
    *,
    spent: Counter[str] | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Send one batch; one that is refused whole is split until the rows that cause it are found.

    `meanwhile` begins, once the intent is written down, what may go on until the reply is there. `spent` counts the
    requests of a batch and of its parts, by what came of them.
    """
    spent = Counter() if spent is None else spent
    verb, changes = batch.verb, batch.changes
    batch = replace(batch, batch_id=work.batch_id(verb))
    request = work.journal.intend(batch.batch_id, verb, changes, work.seconds())
    meanwhile()
    try:
        replies = work.remote.send(batch)
    except CallRefused as error:
        _refused_whole(work, batch, exists, error, spent)
        return
    except (NotDelivered, RemoteRefused, Interrupted) as error:
        if not (isinstance(error, RemoteRefused) and error.in_doubt):
            unread = work.journal.doubted() if work.settings.blind else ()  # no read has told that they are not there
            work.journal.put_back(change.change_id for change in changes if change.change_id not in unread)
        raise
    spent["accepted"] += 1
    take(work, verb, changes, replies, exists, request)


def take(
    work: Work, verb: Verb, changes: Sequence[Change], replies: Sequence[Reply], exists: Exists, request: int
) -> None:
    """Write down what each reply says of its change; what stays in doubt stays `sent`."""
    pairs = list(zip(changes, replies, strict=True))
    work.unclear.update(
        change.change_id for change, reply in pairs if reply.kind == "doubt" and reply.matched == "none"
    )
    shown = [(change, reply.contact) for change, reply in pairs if reply.kind == "done"]
    anew = replan(work, shown) | recheck(work, shown)
    told = [(change, reply) for change, reply in pairs if change.change_id not in anew]
    done = [found for change, reply in told if (found := _settled(work, verb, change, reply))]
    work.settle(done, verb, request)
    again = [
        change.change_id for change, reply in pairs if reply.kind == "again" and work.tries[change.change_id] < TRIES
    ]
    if again:
        work.journal.put_back(again)
    there = [(change, reply) for change, reply in pairs if reply.kind == "exists"]
    if there:
        exists(work, there)


def _settled(work: Work, verb: Verb, change: Change, reply: Reply) -> Settled | None:
    if reply.kind == "done":
        other = stored_otherwise(change, reply.contact)
        reason = "stored_differently" if other else None
        return settled(change, reply, DONE[verb], reason, other)
    if reply.kind == "refused" or (reply.kind == "gone" and verb == "add"):  # the contact, or the list
        return settled(change, reply, "rejected", "refused_by_remote", reply.message)
    if reply.kind == "gone":
        return settled(change, reply, "rejected", "gone_meanwhile")
    if reply.kind == "again":
        tries = work.tries[change.change_id] = work.tries[change.change_id] + 1
        work.again_at[change.change_id] = work.seconds() + min(LONGEST_PAUSE, PAUSE * 2.0 ** (tries - 1))
        if tries >= TRIES:
            return settled(change, reply, "failed", "temporary_trouble", reply.message)
    return None


def _refused_whole(work: Work, batch: Batch, exists: Exists, error: CallRefused, spent: Counter[str]) -> None:
    verb, changes = batch.verb, batch.changes
    spent["refused"] += 1
    hopeless = not spent["accepted"] and spent["refused"] > PARTS_REFUSED
    if len(changes) == 1 or hopeless or spent["refused"] + spent["accepted"] > SPLITS:
        code, words = str(error.status), error.words
        outcomes = [
            Settled(c.change_id, "rejected", "refused_by_remote", words, c.sid, code, error.request_id, error.attempts)
            for c in changes
        ]
        work.settle(outcomes, verb)
        return
    work.journal.put_back(change.change_id for change in changes)
    middle = len(changes) // 2
    for part in (changes[:middle], changes[middle:]):
        work.check()
        send(work, Batch("", verb, part), exists, spent=spent)


def _fail(work: Work, batch: Batch, error: NotDelivered) -> None:
    outcomes = [
        Settled(c.change_id, "failed", "temporary_trouble", error.words, c.sid, None, error.request_id, error.attempts)
        for c in batch.changes
    ]
    work.settle(outcomes, batch.verb)


def _fewer(work: Work, batch: Batch) -> Batch:
    """Fewer at once of what no reply could be attributed to, down to one alone: its reply is plain."""
    times = max(work.unclear[change.change_id] for change in batch.changes)
    count = max(1, len(batch.changes) // FEWER**times)
    return batch if count == len(batch.changes) else Batch("", batch.verb, batch.changes[:count])


def _pause_for_repeats(work: Work, changes: Sequence[Change]) -> None:
    """Where every change of a batch has been sent before, give each a little longer since its last reply."""
    if not all(change.change_id in work.again_at for change in changes):
        return
    left = max(work.again_at[change.change_id] for change in changes) - work.seconds()
    if left > 0:
        work.wait(min(LONGEST_PAUSE, left))
