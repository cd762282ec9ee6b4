"""Contacts that exist already when they were to be created: adopted, and updated where they differ (CONTRACT 8)."""

from __future__ import annotations

import pandas as pd

from syncjob.errors import CallFailed
from syncjob.executor.echo import before_image, differences, one_contact
from syncjob.executor.unread import overwrite
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Reply


def adopt(work: Work, change: Change, contact: pd.Series, reply: Reply | None = None, *, ours: bool = False) -> None:
    """Settle a create whose contact is there; `ours`: it may be the doing of our own lost request.

    As sent and ours: created. As sent and not ours: unchanged. Otherwise the change becomes the update of that contact.
    """
    sid = str(contact["sid"])
    work.known.add(sid)
    missing = differences(change, contact, work.settings.rules)
    code = str(reply.code) if reply and reply.code and not (ours and not missing) else None
    request_id = reply.request_id if reply else None
    if not missing:
        outcome, reason = ("created", None) if ours else ("unchanged", "exists_already")
        work.settle([Settled(change.change_id, outcome, reason, None, sid, code, request_id)], "create")
    elif work.settings.rules.mode == "create":
        work.settle([Settled(change.change_id, "skipped", "exists_already", None, sid, code, request_id)], "create")
    else:
        work.journal.turn(change.change_id, sid, missing, before_image(contact))


def adopt_newcomers(work: Work) -> None:
    """Just before the first create: total and tail once more; what others added meanwhile is not created again."""
    planned = work.journal.take("create", "planned")
    if not planned or not work.remote.abilities.lists or work.settings.blind:
        return
    work.read_newcomers()
    doubted = work.journal.doubted()
    for change in planned:
        contact = work.newcomers.get(change.number)
        if contact is not None:
            adopt(work, change, contact, ours=change.change_id in doubted)
    work.known.update(str(contact["sid"]) for contact in work.newcomers.values())


def adopt_existing(work: Work, there: list[tuple[Change, Reply]]) -> None:
    """Creates answered 409: the contact comes with the reply, by its sid, or from the end of the listing."""
    if work.settings.blind:
        overwrite(work, there)
        return
    missing, doubted = [], work.journal.doubted()
    for change, reply in there:
        contact = _contact_of(work, reply)
        if contact is None or contact["number"] != change.number:  # a 409 matched by place may be another's
            missing.append((change, reply))
        else:
            adopt(work, change, contact, reply, ours=change.change_id in doubted)
    if missing:
        _find_at_the_end(work, missing, doubted)


def _contact_of(work: Work, reply: Reply) -> pd.Series | None:
    if reply.contact is not None and "first_name" in reply.contact:
        return one_contact(reply.contact, work.settings.region)
    if not reply.sid:
        return None
    try:
        found = work.remote.read(reply.sid)
    except CallFailed:
        return None
    return None if found is None else one_contact(found, work.settings.region)


def _find_at_the_end(work: Work, missing: list[tuple[Change, Reply]], doubted: frozenset[int]) -> None:
    """The listing did not show it, so it was added since, and stands at the end; if not there, it stays refused."""
    work.read_newcomers()
    for change, reply in missing:
        contact = work.newcomers.get(change.number)
        if contact is not None:
            adopt(work, change, contact, reply, ours=change.change_id in doubted)
            continue
        words = reply.message or "it exists already, but can't be found"
        outcome = Settled(
            change.change_id, "rejected", "refused_by_remote", words, reply.sid, str(reply.code), reply.request_id
        )
        work.settle([outcome], "create")
