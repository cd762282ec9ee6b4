"""What stands of an earlier listing: who was added and who was removed since, for a handful of requests (CONTRACT 6).

Enters: the pages of the remote, and the sids of an earlier listing in their order. Leaves: `Standing`, which claims as
much as a scan does: it names every contact that is there at one instant. Whatever does not fit raises `Misfit`.

The proof is a count. New contacts go to the end, so the end of the listing, read from a known contact on, shows all A
that were added; of N known contacts and T in all, exactly N + A − T are gone. When that is none, one page was enough.
Otherwise each one that is gone is found by bisection (a deletion shifts what follows towards the front, so a page tells
how many are gone before it), asked for by its sid, and must be answered with "not found". The end is read once more
then: it stands as before, so nothing was moved by others while the search went on. The order of the earlier listing
only guides the search; where it misleads, a sid is found to be there after all, or the count is off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from syncjob.listing.reading import Pages, Reading
from syncjob.listing.scan import STARTS


class Misfit(Exception):
    """What was read does not fit what was known. The text is the end of a sentence: why everything is read."""


@dataclass(frozen=True)
class Standing:
    """The contacts at one instant: known `sids` that are still there with those added behind, in order."""

    sids: tuple[str, ...]
    added: frozenset[str]
    gone: frozenset[str]


@dataclass(frozen=True)
class _Point:
    """A known contact (its index among the known) that was seen at a position."""

    position: int
    index: int


@dataclass(frozen=True)
class _End:
    """The end of the listing: the last page read, the sids added, and where known contacts were seen."""

    last: Reading
    added: tuple[str, ...]
    points: tuple[_Point, ...]


class Known:
    """The sids of an earlier listing, in its order."""

    def __init__(self, sids: Sequence[str]) -> None:
        self.sids = tuple(sids)
        self.index = dict(zip(self.sids, range(len(self.sids)), strict=True))

    def points(self, offset: int, sids: Sequence[str]) -> list[_Point]:
        """Where known contacts stand on a page that begins at `offset`."""
        return [_Point(at, self.index[sid]) for at, sid in enumerate(sids, offset) if sid in self.index]


def stand(pages: Pages, known: Known, still_there: Callable[[Collection[str]], bool], most: int) -> Standing:
    """What stands of `known`, with at most about `most` requests.

    `still_there` asks for sids, and says whether any of them is there or could not be asked. Raises `Misfit`.
    """
    for _ in range(STARTS):
        end = _end(pages, known, most)
        if end is None:
            continue
        total = end.last.total
        lacking = len(known.sids) + len(end.added) - total
        if lacking < 0:
            raise Misfit("contacts were added elsewhere than at the end")
        gone = _gone(pages, known, end, most) if lacking else frozenset()
        if gone is None:
            continue
        if len(gone) != lacking or (gone and still_there(gone)):
            raise Misfit("the order of the contacts is not stable")
        if not gone or _same(pages.one(end.last.offset), end.last):
            left = tuple(sid for sid in known.sids if sid not in gone)
            return Standing(left + end.added, frozenset(end.added), gone)
    raise Misfit("contacts came and went while they were being looked at")


def _same(one: Reading, other: Reading) -> bool:
    return one.sids == other.sids and one.total == other.total


def _end(pages: Pages, known: Known, most: int) -> _End | None:
    """Pages from a known contact to the end, neighbours sharing one; None when they moved meanwhile."""
    first = _last_known(pages, known, most)
    sids, last = list(first.sids), first
    while last.end < last.total:
        _afford(pages, most)
        following = pages.one(last.end - 1)
        if following.total != first.total or following.sids[:1] != last.sids[-1:]:
            return None
        sids += following.sids[1:]
        last = following
    if last.total != first.total or last.end != last.total or len(set(sids)) != len(sids):
        return None
    points = known.points(first.offset, sids)
    if [point.position for point in points] != list(range(first.offset, first.offset + len(points))):
        raise Misfit("new contacts stand between known ones")
    return _End(last, tuple(sids[len(points) :]), tuple(points))


def _last_known(pages: Pages, known: Known, most: int) -> Reading:
    """A page near the end that begins with a known contact, or at position 0."""
    offset = max(0, len(known.sids) - pages.size // 2)
    while True:
        reading = pages.one(offset)
        if offset == 0 and reading.total >= 0:
            return reading
        if reading.sids and reading.total >= 0 and reading.sids[0] in known.index:
            return reading
        _afford(pages, most)
        total = reading.total if reading.total >= 0 else pages.one(0).total
        offset = max(0, min(offset - pages.size + 1, total - pages.size // 2))


def _gone(pages: Pages, known: Known, end: _End, most: int) -> frozenset[str] | None:
    """The known contacts that are gone, by the shifts of those that are seen; None when something moved meanwhile."""
    behind = _Point(end.last.total - len(end.added), len(known.sids))
    points = {_Point(-1, -1), behind, *end.points}
    while True:
        line = sorted(points, key=lambda point: point.position)
        steps = list(pairwise(line))
        if any(after.index <= before.index or _lacking(before, after) < 0 for before, after in steps):
            raise Misfit("the order of the contacts is not stable")
        unread = [step for step in steps if _lacking(*step) and step[1].position - step[0].position > 1]
        if not unread:
            missing = [step for step in steps if _lacking(*step)]
            return frozenset(sid for before, after in missing for sid in known.sids[before.index + 1 : after.index])
        _afford(pages, most, len(unread) + sum(_lacking(*step) for step in steps))
        for reading in pages.many([_middle(before, after, pages.size) for before, after in unread]):
            found = known.points(reading.offset, reading.sids)
            held = {point.position: point for point in points}
            moved = any(held.get(point.position, point) != point for point in found)
            if reading.total != end.last.total or moved or not _only(reading, found, end):
                return None
            points.update(found)


def _lacking(before: _Point, after: _Point) -> int:
    """How many known contacts between two of them are gone; only where the two are neighbours, they are all."""
    return (after.index - before.index) - (after.position - before.position)


def _only(reading: Reading, found: Sequence[_Point], end: _End) -> bool:
    """Whether a page shows nothing but known contacts and those already seen at the end."""
    return len(found) + len(set(reading.sids) & set(end.added)) == len(reading.sids)


def _middle(before: _Point, after: _Point, size: int) -> int:
    """Where a page begins that stands in the middle between two points."""
    between = after.position - before.position - 1
    return before.position + 1 + max(0, (between - size) // 2)


def _afford(pages: Pages, most: int, more: int = 1) -> None:
    if pages.requests + more > most:
        raise Misfit("so much was added or removed that a scan costs less")
