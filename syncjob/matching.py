"""The entries of a bulk reply → what became of each change (CONTRACT 5, "The truth"; reference: response order).

Enters: a batch, the entries that came back in whatever order, number and shape, and the reply's own counts. Leaves: one
`Reply` per change, in the order of the changes. Promises: a change gets an outcome only from an entry that is its own;
what can't be attributed is `doubt`. An entry is told by its sid, else by its number. One that carries neither (refusals
carry none) is told by its place, when everything that can be checked says that the order was kept; or else by
elimination, when nothing was lost, added or repeated and all that are left over say the same.

What no reader of such a reply could notice stays possible: entries without sid and number that changed places only
among themselves. `Reply.matched` says how an entry was attributed, for those to whom this matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from syncjob.behaviour import UNKNOWN, Behaviour
from syncjob.envelope import Entry, count_of, read_entry
from syncjob.model import Batch, Change, Json, Reply, ReplyKind, Verb

_NO_COUNTS: Mapping[str, Json] = {}

_STRANGER = -1
"""Owner of an entry that speaks of nobody in the batch, of several, or contradicts itself."""

_FEWEST = 6
"""Digits that a number has at least; what has fewer (masked, empty) names nobody."""

Way: TypeAlias = Literal["sid", "number", "position", "elimination", "alone", "none"]


def match(
    batch: Batch,
    entries: Sequence[object],
    request_id: str | None,
    attempts: int,
    metadata: Mapping[str, Json] = _NO_COUNTS,
    behaviour: Behaviour = UNKNOWN,
) -> tuple[Reply, ...]:
    """One reply per change of `batch`, in its order. `metadata`: the reply's counts, where it has any.

    Where `behaviour` proves that replies come in any order, a place says nothing.
    """
    read = [read_entry(entry) for entry in entries]
    owners = _owners(batch.changes, read)
    found = _by_key(batch, read, owners)
    if len(read) == len(batch.changes) and _counts_agree(metadata, read, behaviour):
        in_place = all(owner is None or owner == place for place, owner in enumerate(owners))
        if in_place and (len(read) == 1 or not behaviour.mixes_replies):
            found |= _by_place(batch, read, owners)
        elif _each_once(owners):
            found |= _by_elimination(batch, read, owners)
    nothing = Reply(0, "doubt")
    return tuple(
        replace(found.get(place, nothing), change_id=change.change_id, request_id=request_id, attempts=attempts)
        for place, change in enumerate(batch.changes)
    )


# -- what an entry says ------------------------------------------------------------------------------------------------


def kind_of(entry: Entry, verb: Verb) -> ReplyKind:
    """What an entry says of a change. Its code decides, never the HTTP status; a success must be one by both signs."""
    code = entry.code
    if entry.done:
        return "done"
    if code == 429:
        return "again"
    if 500 <= code <= 599:
        return "doubt" if verb == "create" else "again"
    if code == 409 and verb in ("create", "add"):
        return "exists"
    if code == 404 and verb != "create":
        return "gone"
    return "refused" if 400 <= code <= 499 else "doubt"


def _reply(entry: Entry, change: Change, verb: Verb, matched: Way) -> Reply:
    kind = kind_of(entry, verb)
    tells = kind in ("done", "exists")
    whole = entry.sid is not None and entry.number is not None and change.fields.keys() <= entry.data.keys()
    return Reply(
        change.change_id,
        kind,
        code=entry.code,
        message=entry.words,
        sid=(entry.sid if tells else None) or change.sid,
        contact=entry.data if tells and whole else None,
        matched=matched,
    )


# -- whom an entry speaks of -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Index:
    """Where sids and numbers stand in a batch, the latter also as they are written at home."""

    sids: Mapping[str, set[int]]
    numbers: Mapping[str, set[int]]
    local: Mapping[str, set[int]]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> _Index:
        sids, numbers, local = (defaultdict[str, set[int]](set) for _ in range(3))
        for place, change in enumerate(changes):
            if change.sid:
                sids[change.sid].add(place)
            digits = digits_of(change.number)
            numbers[digits].add(place)
            for form in _local_forms(digits):
                local[form].add(place)
        return cls(sids, numbers, local)

    def named(self, number: str) -> set[int]:
        """The changes that `number` may mean. One that says it is international means exactly itself."""
        digits = digits_of(number)
        exact = self.numbers.get(digits, set())
        return exact if number.lstrip().startswith(("+", "00")) else exact | self.local.get(digits, set())


def digits_of(number: str) -> str:
    """The digits of a number without the zeros in front, so that +91…, 0091… and 91… compare equal."""
    bare = number.removeprefix("+")
    if bare.isascii() and bare.isdecimal():  # as nearly all are
        return bare.lstrip("0")
    return "".join(str(int(mark)) for mark in number if mark.isdecimal()).lstrip("0")


def _local_forms(digits: str) -> set[str]:
    """A number without its country code of one to three digits."""
    return {digits[cut:].lstrip("0") for cut in (1, 2, 3) if len(digits) - cut >= _FEWEST}


def _owners(changes: Sequence[Change], read: Sequence[Entry]) -> list[int | None]:
    """Per entry the place of the change it speaks of; None when it names nobody."""
    index = _Index.of(changes)
    owners = [_owner(entry, index) for entry in read]
    claims: defaultdict[str, set[int]] = defaultdict(set)
    for entry, owner in zip(read, owners, strict=True):
        if entry.done and entry.sid and owner is not None:
            claims[entry.sid].add(owner)
    return [
        _STRANGER if entry.done and len(claims.get(entry.sid or "", ())) > 1 else owner
        for entry, owner in zip(read, owners, strict=True)
    ]


def _owner(entry: Entry, index: _Index) -> int | None:
    """Sid first, then number. Where both name somebody, they must name the same."""
    by_number = None
    if entry.number is not None and len(digits_of(entry.number)) >= _FEWEST:
        by_number = index.named(entry.number)
    if entry.sid is not None and entry.sid in index.sids:
        by_sid = index.sids[entry.sid]
        told = by_sid & by_number if by_number else by_sid
    elif entry.sid and index.sids:
        return _STRANGER  # our sids are known, and this is none of them
    elif by_number is None:
        return None
    else:
        told = by_number
    return next(iter(told)) if len(told) == 1 else _STRANGER


# -- the four ways -----------------------------------------------------------------------------------------------------


def _by_key(batch: Batch, read: Sequence[Entry], owners: Sequence[int | None]) -> dict[int, Reply]:
    """Entries that name their change. Said twice alike is said once; said twice differently is doubt."""
    found: dict[int, Reply] = {}
    for entry, owner in zip(read, owners, strict=True):
        if owner is None or owner == _STRANGER:
            continue
        change = batch.changes[owner]
        way: Way = "sid" if change.sid and entry.sid == change.sid else "number"
        reply = _reply(entry, change, batch.verb, way)
        other = found.setdefault(owner, reply)
        if _gist(other) != _gist(reply):
            found[owner] = Reply(change.change_id, "doubt")
    return found


def _gist(reply: Reply) -> tuple[ReplyKind, int, str | None]:
    return reply.kind, reply.code, reply.sid


def _by_place(batch: Batch, read: Sequence[Entry], owners: Sequence[int | None]) -> dict[int, Reply]:
    """Entries that name nobody, in a reply whose every other entry stands where its change stood."""
    way: Way = "alone" if len(batch.changes) == 1 else "position"
    return {
        place: _reply(read[place], batch.changes[place], batch.verb, way)
        for place, owner in enumerate(owners)
        if owner is None
    }


def _by_elimination(batch: Batch, read: Sequence[Entry], owners: Sequence[int | None]) -> dict[int, Reply]:
    """Entries that name nobody, in a reply out of order, when it does not matter whose: they all say one thing."""
    left = [entry for entry, owner in zip(read, owners, strict=True) if owner is None]
    if len({(kind_of(entry, batch.verb), entry.code, entry.words) for entry in left}) != 1:
        return {}
    said = left[0] if len(left) == 1 else replace(left[0], data={})  # whose sid it is, nobody knows
    places = set(range(len(batch.changes))) - set(owners)
    return {place: _reply(said, batch.changes[place], batch.verb, "elimination") for place in places}


def _each_once(owners: Sequence[int | None]) -> bool:
    """No stranger, nobody twice: each entry left over belongs to one of the changes left over."""
    told = [owner for owner in owners if owner is not None]
    return _STRANGER not in told and len(set(told)) == len(told)


def _counts_agree(metadata: Mapping[str, Json], read: Sequence[Entry], behaviour: Behaviour) -> bool:
    """Whether the reply's counts, where it gives any, fit its entries, so that none was lost behind another's repeat.

    Whether a 409 counts as failed is not documented. Unless it is proven, that it counts as a success is believed only
    of a reply without any other failure, where no loss could look like it.
    """
    done = sum(entry.done for entry in read)
    fits = [(done, len(read) - done)]
    there = sum(entry.code == 409 and not entry.done for entry in read)
    counted = behaviour.of("conflict_counts")
    if counted == "success":
        fits = [(done + there, len(read) - done - there)]
    elif counted != "failed" and done + there == len(read):
        fits.append((len(read), 0))
    total, success, failed = (count_of(metadata, name) for name in ("total", "success", "failed"))
    return total in (None, len(read)) and any(success in (None, good) and failed in (None, bad) for good, bad in fits)
