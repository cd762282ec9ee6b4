"""What may or may not have landed is settled by reading (CONTRACT 8), each verb in its own way.

A create that is in doubt stands at the end of the listing if it landed. It is sent again only when two reads, some
seconds apart and after the lost request's time is over, agree that it is not there; or at once where it is proven that
a number can't be stored twice, since the remote then tells the second from the first. An update is compared with what
it wanted and with its before-image. A delete is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncjob.differ import Rules
from syncjob.errors import CallFailed
from syncjob.executor.adopting import Met, adopt
from syncjob.executor.echo import before_image, differences, same_image
from syncjob.executor.exact import replan
from syncjob.executor.reading import read_contacts
from syncjob.executor.unread import look_for
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Contact

SENT = Rules()
"""No rule asks again whether a field may be written that was sent: what it was sent as, it is compared with."""

REPEATS = 3
"""How often a change that was proven absent is sent again before it counts as failed."""


def settle_creates(work: Work, *, sending: bool = True) -> None:
    """Settle every create that is in doubt; what can't be read now stays in doubt.

    `sending`: what is absent will be sent again, so that the remote's 409 may tell what two reads would.
    """
    open_changes = work.journal.take("create", "sent")
    if not open_changes:
        return
    if work.settings.blind:  # the account is proven to refuse a number twice, so sending again settles it
        absent = open_changes if sending else look_for(work, open_changes)
        send_again(work, absent, doubted=True)
        return
    sent_at = work.journal.sent_at(change.change_id for change in open_changes)
    try:
        absent = _look(work, open_changes)
        if absent and not (sending and _told_by_409(work, absent)):
            over = sent_at + work.settings.timeout - work.seconds()
            over = min(over, work.settings.timeout)  # a clock set back since makes it look far away
            work.wait(max(work.settings.look_again, over))
            absent = _look(work, absent)
    except CallFailed:
        return
    send_again(work, absent, doubted=True)


def _told_by_409(work: Work, absent: Sequence[Change]) -> bool:
    """Whether sending again tells as much as reading again: proven, and not the last try, after which none would."""
    last = any(work.tries[change.change_id] >= REPEATS for change in absent)
    return work.remote.abilities.behaviour.refuses_duplicates and not last


def settle_updates(work: Work) -> None:
    """Settle every update that is in doubt."""
    open_changes = work.journal.take("update", "sent")
    if not open_changes:
        return
    found = _read(work, [change.sid or "" for change in open_changes])
    met = [(change, contact) for change in open_changes if (contact := found.get(change.sid or "")) is not None]
    gone = [change for change in open_changes if change.sid in found and found[change.sid] is None]
    done = [_of(change, "rejected", "gone_meanwhile") for change in gone]
    unchanged: list[Change] = []
    landed: list[tuple[Change, Contact]] = []
    for (change, contact), missing in zip(met, differences(met, SENT), strict=True):
        as_before = same_image(change.before, contact) or work.settings.blind  # blind: nothing is known to be kept
        if as_before and (work.settings.exact or missing):
            unchanged.append(change)
        elif missing:
            done.append(_of(change, "held", "changed_since_plan"))
        else:
            landed.append((change, contact))
    anew = replan(work, [(change, before_image(contact)) for change, contact in landed])
    done += [_of(change, "updated") for change, _ in landed if change.change_id not in anew]
    work.write(done, "update")
    send_again(work, unchanged)


def settle_deletes(work: Work) -> None:
    """Settle every delete that is in doubt."""
    open_changes = work.journal.take("delete", "sent")
    if not open_changes:
        return
    found = _read(work, [change.sid or "" for change in open_changes])
    met = [change for change in open_changes if change.sid in found]
    reason = work.remote.abilities.usual_reason("delete")
    work.write([_of(change, "deleted", reason) for change in met if found[change.sid or ""] is None], "delete")
    send_again(work, [change for change in met if found[change.sid or ""] is not None])


def _look(work: Work, changes: Sequence[Change]) -> list[Change]:
    """Read the end of the listing; settle what is found there, return what is not."""
    there, absent = work.look_for(changes)
    adopt(work, [Met(change, contact, ours=True) for change, contact in there])
    return absent


def send_again(work: Work, changes: Sequence[Change], *, doubted: bool = False) -> None:
    """Plan changes anew that were proven not to have landed; after `REPEATS` they have failed.

    `doubted`: an earlier request may make them all the same.
    """
    if not changes:
        return
    work.tries.update(change.change_id for change in changes)
    lost = [change for change in changes if work.tries[change.change_id] > REPEATS]
    words = "its request was lost again and again"
    work.write([_of(change, "failed", "temporary_trouble", words) for change in lost], changes[0].verb)
    again = [change.change_id for change in changes if work.tries[change.change_id] <= REPEATS]
    if again:
        work.journal.put_back(again, doubted=doubted)


def _of(change: Change, outcome: str, reason: str | None = None, detail: str | None = None) -> Settled:
    return Settled(change.change_id, outcome, reason, detail, change.sid)


def _read(work: Work, sids: list[str]) -> dict[str, Contact | None]:
    settings = work.settings
    if settings.blind and not work.total:
        work.total = max(0, work.remote.page(0).total)
    return read_contacts(
        work.remote, work.reader, sids, work.total, concurrency=settings.concurrency, region=settings.region
    )
