"""Contacts that exist already when they were to be created: adopted, and updated where they differ (CONTRACT 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from syncjob.errors import CallFailed
from syncjob.executor.echo import before_image, differences, is_whole, one_contact, shown
from syncjob.executor.unread import overwrite
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Contact, Json, Reply, Turned


class Met(NamedTuple):
    """A create whose contact is there; `ours`: it may be the doing of our own lost request."""

    change: Change
    contact: Contact
    ours: bool
    reply: Reply | None = None


def adopt(work: Work, there: Sequence[Met]) -> None:
    """Settle creates whose contacts are there.

    As sent and ours: created. As sent and not ours: unchanged. Otherwise the change becomes the update of that contact.
    """
    if not there:
        return
    missing = differences([(met.change, met.contact) for met in there], work.settings.rules)
    creating = work.settings.rules.mode == "create"
    found = [_adopted(met, fields, creating=creating) for met, fields in zip(there, missing, strict=True)]
    work.known.update(str(met.contact["sid"]) for met in there)
    work.write(found, "create")


def _adopted(met: Met, missing: dict[str, Json], *, creating: bool) -> Settled | Turned:
    sid, reply, ours = str(met.contact["sid"]), met.reply, met.ours
    if missing and not creating:
        return Turned(met.change.change_id, sid, missing, before_image(met.contact))
    code = str(reply.code) if reply and reply.code and not (ours and not missing) else None
    outcome, reason = ("created", None) if ours else ("unchanged", "exists_already")
    if missing:
        outcome, reason = "skipped", "exists_already"
    return Settled(met.change.change_id, outcome, reason, None, sid, code, reply.request_id if reply else None)


def adopt_newcomers(work: Work) -> None:
    """Just before the first create: total and tail once more; what others added meanwhile is not created again."""
    if not work.journal.first("create", 1) or not work.remote.abilities.lists or work.settings.blind:
        return
    work.read_newcomers()
    planned = work.journal.take("create", "planned") if work.newcomers else []
    doubted = work.journal.doubted()
    there = [(change, work.newcomers[change.number]) for change in planned if change.number in work.newcomers]
    adopt(work, [Met(change, contact, change.change_id in doubted) for change, contact in there])
    work.known.update(str(contact["sid"]) for contact in work.newcomers.values())


def adopt_existing(work: Work, there: list[tuple[Change, Reply]]) -> None:
    """Creates answered 409: the contact comes with the reply, by its sid, or from the end of the listing."""
    if work.settings.blind:
        overwrite(work, there)
        return
    found: list[Met] = []
    missing, doubted = [], work.journal.doubted()
    told = shown(((change, reply) for change, reply in there if is_whole(reply)), work.settings.region)
    try:
        for change, reply in there:
            contact = told.get(change.change_id) or _read(work, reply)
            if contact is None or contact["number"] != change.number:  # a 409 matched by place may be another's
                missing.append((change, reply))
            else:
                found.append(Met(change, contact, change.change_id in doubted, reply))
    finally:  # what was read is told, also when the next read ends the run
        adopt(work, found)
    if missing:
        _find_at_the_end(work, missing, doubted)


def _read(work: Work, reply: Reply) -> Contact | None:
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
    found: list[Met] = []
    refused: list[Settled] = []
    for change, reply in missing:
        contact = work.newcomers.get(change.number)
        if contact is not None:
            found.append(Met(change, contact, change.change_id in doubted, reply))
            continue
        words = reply.message or "it exists already, but can't be found"
        code, request_id = str(reply.code), reply.request_id
        refused.append(Settled(change.change_id, "rejected", "refused_by_remote", words, reply.sid, code, request_id))
    adopt(work, found)
    work.write(refused, "create")
