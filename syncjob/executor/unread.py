"""Creates that find their contact there, where nothing was read (CONTRACT 6, none): the reply names it, and it is
changed to what the row says, without a look at what it held.

A sid is believed when its entry names the number too, when entries are proven to keep their order, or when three of
them, read, turn out to be the contacts of their rows. Otherwise nothing is written: it might be somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncjob.errors import CallFailed
from syncjob.executor.echo import before_image, one_contact
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.model import Change, Json, Reply, Turned

UNNAMED = "it exists already, and the reply does not say for certain which contact it is"


def overwrite(work: Work, there: Sequence[tuple[Change, Reply]]) -> None:
    """Settle creates answered 409, or turn them into updates of all that their rows state."""
    creating = work.settings.rules.mode == "create"
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
            done.append(_told(change, reply, "unchanged", "not_read"))
        else:
            turned.append(Turned(change.change_id, reply.sid or "", fields, _before(work, reply), "not_read"))
    work.settle(done, "create")
    work.journal.turn_all(turned)


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
