"""What may or may not have landed is settled by reading (CONTRACT 8), each verb in its own way.

A create that is in doubt stands at the end of the listing if it landed. It is sent again only when two reads, some
seconds apart and after the lost request's time is over, agree that it is not there. An update is compared with what it
wanted and with its before-image. A delete is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from syncjob.errors import CallFailed
from syncjob.executor.adopting import adopt
from syncjob.executor.echo import differences, one_contact, same_image
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.listing import Pages
from syncjob.model import Change

REPEATS = 3
"""How often a change that was proven absent is sent again before it counts as failed."""


def settle_creates(work: Work) -> None:
    """Settle every create that is in doubt; what can't be read now stays in doubt."""
    open_changes = work.journal.take("create", "sent")
    if not open_changes:
        return
    sent_at = work.journal.sent_at(change.change_id for change in open_changes)
    try:
        absent = _look(work, open_changes)
        if absent:
            over = sent_at + work.settings.timeout - work.seconds()
            work.wait(max(work.settings.look_again, over))
            absent = _look(work, absent)
    except CallFailed:
        return
    _send_again(work, absent)


def settle_updates(work: Work) -> None:
    """Settle every update that is in doubt."""
    open_changes = work.journal.take("update", "sent")
    if not open_changes:
        return
    found = _read(work, [change.sid or "" for change in open_changes])
    unchanged = []
    for change in open_changes:
        if change.sid not in found:
            continue
        contact = found[change.sid]
        if contact is None:
            _one(work, change, "rejected", "gone_meanwhile")
        elif not differences(change, contact, work.settings.rules):
            _one(work, change, "updated")
        elif same_image(change.before, contact):
            unchanged.append(change)
        else:
            _one(work, change, "held", "changed_since_plan")
    _send_again(work, unchanged)


def settle_deletes(work: Work) -> None:
    """Settle every delete that is in doubt."""
    open_changes = work.journal.take("delete", "sent")
    if not open_changes:
        return
    found = _read(work, [change.sid or "" for change in open_changes])
    still_there = []
    for change in open_changes:
        if change.sid in found and found[change.sid] is None:
            _one(work, change, "deleted")
        elif change.sid in found:
            still_there.append(change)
    _send_again(work, still_there)


def _look(work: Work, changes: Sequence[Change]) -> list[Change]:
    """Read the end of the listing; settle what is found there, return what is not."""
    work.read_newcomers()
    absent = []
    for change in changes:
        contact = work.newcomers.get(change.number)
        if contact is None:
            absent.append(change)
        else:
            adopt(work, change, contact, ours=True)
    return absent


def _send_again(work: Work, changes: Sequence[Change]) -> None:
    again = []
    for change in changes:
        work.tries[change.change_id] += 1
        if work.tries[change.change_id] > REPEATS:
            _one(work, change, "failed", "temporary_trouble", "its request was lost again and again")
        else:
            again.append(change.change_id)
    if again:
        work.journal.put_back(again)


def _one(work: Work, change: Change, outcome: str, reason: str | None = None, detail: str | None = None) -> None:
    work.settle([Settled(change.change_id, outcome, reason, detail, change.sid)], change.verb)


def _read(work: Work, sids: list[str]) -> dict[str, pd.Series | None]:
    """The contacts with these sids as they are now, None where there is none; what can't be read is left out.

    Singly, or by page where that takes fewer requests.
    """
    size = work.remote.abilities.page_size
    found: dict[str, pd.Series | None] = {}
    if work.remote.abilities.lists and len(sids) > -(-work.total // size):
        found.update(_read_pages(work, set(sids)))
    rest = [sid for sid in sids if sid not in found]
    with ThreadPoolExecutor(max(1, work.settings.concurrency)) as pool:
        for sid, answer in zip(rest, pool.map(lambda sid: _read_one(work, sid), rest), strict=True):
            if not isinstance(answer, CallFailed):
                found[sid] = answer
    return found


def _read_one(work: Work, sid: str) -> pd.Series | CallFailed | None:
    try:
        contact = work.remote.read(sid)
    except CallFailed as error:
        return error
    return None if contact is None else one_contact(contact, work.settings.region)


def _read_pages(work: Work, sids: set[str]) -> dict[str, pd.Series | None]:
    pages = Pages(work.remote.page, work.reader, size=work.remote.abilities.page_size)
    try:
        pages.many(range(0, work.total, pages.size))
    except CallFailed:
        return {}
    frame = pages.gather.frame(work.settings.region)
    return {str(contact["sid"]): contact for _, contact in frame[frame["sid"].isin(sids)].iterrows()}
