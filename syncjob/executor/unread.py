"""Creates that find their contact there, where nothing was read (CONTRACT 6, none): the reply names it, and it is
changed to what the row says, without a look at what it held.

A sid is believed when its entry names the number too, when entries are proven to keep their order, or when three of
them, read, turn out to be the contacts of their rows. Otherwise nothing is written: it might be somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncjob.errors import CallFailed
from syncjob.executor.echo import before_image, differences, is_whole, one_contact, shown
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Contact, Json, Reply, Turned

UNNAMED = "it exists already, and the reply does not say for certain which contact it is"


def overwrite(work: Work, there: Sequence[tuple[Change, Reply]]) -> None:
    """Settle creates answered 409, or turn them into updates of all that their rows state."""
    creating = work.settings.rules.mode == "create"
    told = shown(there, work.settings.region)
    lost = work.journal.doubted()
    mine = _found_lost(work, [pair for pair in there if pair[0].change_id in lost], told)
    there = [pair for pair in there if pair[0].change_id not in mine]
    in_order = _in_order(work, [pair for pair in there if _by_place(pair[1]) and not creating])
    found: list[Settled | Turned] = []
    for change, reply in there:
        contact = told.get(change.change_id)
        fits = contact is None or contact["number"] == change.number
        sure = bool(reply.sid) and (in_order or not _by_place(reply)) and fits
        fields = _written(work, change)
        if creating:
            named = reply if sure else replace(reply, sid=None)
            found.append(_told(change, named, "skipped", "exists_already"))
        elif not sure:
            found.append(_told(change, reply, "rejected", "refused_by_remote", UNNAMED))
        elif not fields:
            found.append(_told(change, reply, "unchanged", "not_looked_at"))
        else:
            reason = None if change.change_id in lost else "not_looked_at"
            before = before_image(contact) if contact is not None and is_whole(reply) else {}
            found.append(Turned(change.change_id, reply.sid or "", fields, before, reason))
    work.write(found, "create")


def look_for(work: Work, changes: Sequence[Change]) -> list[Change]:
    """Settle creates in doubt by reading everything, where none may be sent again; return what is not there."""
    there, absent = work.look_for(changes)
    _settle_found(work, there)
    return absent


def _found_lost(work: Work, lost: Sequence[tuple[Change, Reply]], told: Mapping[int, Contact]) -> frozenset[int]:
    """Settle creates whose first reply was lost, by the contacts that are there; the ids of those that are shown.

    Their own lost requests may have added them, so they are not said to have been there already. Where only a sid is
    told, it is read only if nothing else is going to be sent.
    """
    found: list[tuple[Change, Contact]] = []
    try:
        for change, reply in lost:
            contact = told[change.change_id] if is_whole(reply) else None
            if contact is None and work.settings.rules.mode == "create" and reply.sid:
                contact = _read(work, reply.sid)
            if contact is not None and contact["number"] == change.number:
                found.append((change, contact))
    finally:  # what was read is told, also when the next read ends the run
        _settle_found(work, found)
    return frozenset(change.change_id for change, _ in found)


def _read(work: Work, sid: str) -> Contact | None:
    try:
        found = work.remote.read(sid)
    except CallFailed:
        return None
    return None if found is None or "first_name" not in found else one_contact(found, work.settings.region)


def _settle_found(work: Work, there: Sequence[tuple[Change, Contact]]) -> None:
    if not there:
        return
    found: list[Settled | Turned] = []
    for (change, contact), missing in zip(there, differences(there, work.settings.rules), strict=True):
        sid = str(contact["sid"])
        if not missing:
            found.append(Settled(change.change_id, "unchanged", "there_as_sent", None, sid))
        elif work.settings.rules.mode == "create":
            found.append(Settled(change.change_id, "skipped", "exists_already", None, sid))
        else:
            found.append(Turned(change.change_id, sid, missing, before_image(contact), None))
    work.write(found, "create")


def _by_place(reply: Reply) -> bool:
    """Whether only its place in the reply tells whose entry it is."""
    return reply.contact is None and reply.matched not in ("sid", "number", "alone")


def _in_order(work: Work, placed: Sequence[tuple[Change, Reply]]) -> bool:
    """Whether entries stand in the order of the request: proven before, or seen on three of them."""
    if work.remote.abilities.behaviour.of("order") == "kept" or work.in_order:
        return True
    if placed:
        picked = {0, len(placed) // 2, len(placed) - 1}
        work.in_order = all(_is(work, *placed[place]) for place in sorted(picked))
    return work.in_order


def _is(work: Work, change: Change, reply: Reply) -> bool:
    try:
        found = work.remote.read(reply.sid or "")
    except CallFailed:
        return False
    return found is not None and one_contact(found, work.settings.region)["number"] == change.number


def _written(work: Work, change: Change) -> dict[str, Json]:
    """What the row states and may overwrite."""
    rules = work.settings.rules
    kept = {*rules.protect_fields, *(["tag"] if rules.owned == "tag" else [])}
    stated = work.wanted(change) if work.wanted else change.fields
    return {name: value for name, value in stated.items() if name not in kept}


def _told(change: Change, reply: Reply, outcome: str, reason: str, detail: str | None = None) -> Settled:
    code = str(reply.code) if reply.code else None
    return Settled(change.change_id, outcome, reason, detail, reply.sid, code, reply.request_id, reply.attempts)
