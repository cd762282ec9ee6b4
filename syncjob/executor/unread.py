"""Creates that find their contact there, where nothing was read (CONTRACT 6, none): the reply names it, and it is
changed to what the row says, without a look at what it held.

A sid is believed when its entry names the number too, when entries are proven to keep their order, or when three of
them, read, turn out to be the contacts of their rows. Otherwise nothing is written: it might be somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from syncjob.errors import CallFailed
from syncjob.executor.echo import before_image, differences, one_contact
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Json, Reply, Turned

UNNAMED = "it exists already, and the reply does not say for certain which contact it is"


def overwrite(work: Work, there: Sequence[tuple[Change, Reply]]) -> None:
    """Settle creates answered 409, or turn them into updates of all that their rows state."""
    creating = work.settings.rules.mode == "create"
    lost = work.journal.doubted()
    there = [pair for pair in there if not (pair[0].change_id in lost and _settle_lost(work, *pair))]
    in_order = _in_order(work, [pair for pair in there if _by_place(pair[1]) and not creating])
    done: list[Settled] = []
    turned: list[Turned] = []
    for change, reply in there:
        sure = bool(reply.sid) and (in_order or not _by_place(reply)) and _number_fits(work, change, reply)
        fields = _written(work, change)
        if creating:
            named = reply if sure else replace(reply, sid=None)
            done.append(_told(change, named, "skipped", "exists_already"))
        elif not sure:
            done.append(_told(change, reply, "rejected", "refused_by_remote", UNNAMED))
        elif not fields:
            done.append(_told(change, reply, "unchanged", "not_looked_at"))
        else:
            reason = None if change.change_id in lost else "not_looked_at"
            turned.append(Turned(change.change_id, reply.sid or "", fields, _before(work, reply), reason))
    work.settle(done, "create")
    work.journal.turn_all(turned)


def look_for(work: Work, changes: Sequence[Change]) -> list[Change]:
    """Settle creates in doubt by reading everything, where none may be sent again; return what is not there."""
    there, absent = work.look_for(changes)
    for change, contact in there:
        _settle_found(work, change, contact)
    return absent


def _settle_lost(work: Work, change: Change, reply: Reply) -> bool:
    """Settle a create whose first reply was lost, by the contact that is there; False: it is not shown.

    Its own lost request may have added it, so it is not said to have been there already. Where only a sid is told, it
    is read only if nothing else is going to be sent.
    """
    contact: Mapping[str, Json] | None = reply.contact
    if (contact is None or "first_name" not in contact) and work.settings.rules.mode == "create" and reply.sid:
        try:
            contact = work.remote.read(reply.sid)
        except CallFailed:
            contact = None
    if contact is None or "first_name" not in contact:
        return False
    found = one_contact(contact, work.settings.region)
    if found["number"] != change.number:
        return False
    _settle_found(work, change, found)
    return True


def _settle_found(work: Work, change: Change, found: pd.Series) -> None:
    sid, missing = str(found["sid"]), differences(change, found, work.settings.rules)
    if not missing:
        work.settle([Settled(change.change_id, "unchanged", "there_as_sent", None, sid)], "create")
    elif work.settings.rules.mode == "create":
        work.settle([Settled(change.change_id, "skipped", "exists_already", None, sid)], "create")
    else:
        work.journal.turn_all([Turned(change.change_id, sid, missing, before_image(found), None)])


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


def _number_fits(work: Work, change: Change, reply: Reply) -> bool:
    return reply.contact is None or one_contact(reply.contact, work.settings.region)["number"] == change.number


def _before(work: Work, reply: Reply) -> dict[str, Json]:
    """The contact as the refusal showed it; nothing where it showed no more than a sid."""
    contact = reply.contact
    if contact is None or "first_name" not in contact:
        return {}
    return before_image(one_contact(contact, work.settings.region))


def _written(work: Work, change: Change) -> dict[str, Json]:
    """What the row states and may overwrite."""
    rules = work.settings.rules
    kept = {*rules.protect_fields, *(["tag"] if rules.owned == "tag" else [])}
    stated = work.wanted(change) if work.wanted else change.fields
    return {name: value for name, value in stated.items() if name not in kept}


def _told(change: Change, reply: Reply, outcome: str, reason: str, detail: str | None = None) -> Settled:
    code = str(reply.code) if reply.code else None
    return Settled(change.change_id, outcome, reason, detail, reply.sid, code, reply.request_id, reply.attempts)
