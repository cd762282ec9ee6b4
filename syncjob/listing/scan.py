"""The scan: every page once, and the proof that nothing slipped through.

Quiet accounts cost ⌈N/20⌉ + 1 requests (what fits one page is read at one instant, and its total asked for twice):

    page 0 ── A ── windows from the end to the front, several in flight ── B
    0…19      a…a+19     19…38, 39…58, …                                   b…b+19

A and B are the two reads of the tail. They share the contact at position b: found at the same position both times, it
proves that nothing before it was deleted between A and B, so every window in between was read of unmoving positions.
Page 0 was read before A, so the first window begins at position 19, on page 0's last contact: found there again, it
proves the same for page 0. (Equal totals prove nothing: one deletion in front and one addition behind cancel out.)

Something moved: what shifts towards the front falls into pages that are read later, if pages are read one after the
other from the end to the front. So every window whose successor was not provably read after it is read again that way
(`_descend`), then the tail again.

Nothing moved, yet contacts are missing: the order among equals is not stable. Then windows that show a contact which
another window shows too are read again until as many contacts as the unmoving total were seen, twice (`_regroup`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from syncjob.errors import ListingIncomplete
from syncjob.listing.reading import Pages, Reading

STARTS = 3
"""How often a scan starts over before it gives up."""
ROUNDS = 60
"""How often doubtful windows are read again where the order among equals isn't stable."""

_ALTHOUGH = {
    "descending": ", though contacts came or went meanwhile",
    "regrouped": ", though its order is not stable",
    "twice": ", by reading it twice",
}


@dataclass(frozen=True)
class Listing:
    """A proven listing: the contacts (schema.CONTACTS), what it cost, and how it was proven."""

    contacts: pd.DataFrame
    total: int
    requests: int
    proof: str  # quiet, descending, regrouped, twice

    @property
    def assured(self) -> str:
        """The proof in plain words, as the end of a sentence."""
        return f"the listing was proven complete{_ALTHOUGH.get(self.proof, '')}"


def pages_of(total: int, size: int) -> int:
    """⌈N/20⌉."""
    return -(-total // size)


def cost(total: int, size: int) -> int:
    """Requests of a quiet scan."""
    return pages_of(total, size) + 1


def scan(pages: Pages, region: str | None) -> Listing:
    """Read the whole remote. Raises `ListingIncomplete` when completeness can't be proven within bounds."""
    for _ in range(STARTS):
        first = pages.one(0)
        if first.total < 0:
            raise ListingIncomplete("The remote does not say how many contacts there are.")
        pages.planned = pages.requests - 1 + cost(first.total, pages.size)
        proof = _prove(pages, first)
        if proof:
            contacts = pages.gather.frame(region)
            return Listing(contacts, len(contacts), pages.requests, proof)
    raise ListingIncomplete(
        "Contacts came and went, or changed places, while they were being read, again and again.",
        advice="Run again when nothing else is changing the address book.",
    )


def _prove(pages: Pages, first: Reading) -> str | None:
    if first.total <= pages.size:
        return "quiet" if not first.total or pages.one(0).total <= first.total else None
    windows, ends = _pass(pages, first)
    everything = [first, *windows, *ends]
    if _unmoved(first, windows, ends[0]) and _all_seen(everything):
        return "quiet"
    if len({reading.total for reading in everything}) == 1 and not _all_seen(everything):
        return _regroup(pages)
    return "descending" if _descend(pages, windows) else _regroup(pages)


def _pass(pages: Pages, first: Reading) -> tuple[list[Reading], list[Reading]]:
    """The windows from the end to the front, A first; and B with whatever was added behind it."""
    size, count = pages.size, pages_of(first.total, pages.size)
    top = size * (count - 1) - 1
    head = pages.one(top)
    middle = pages.many(range(top - size, 0, -size))
    ends = [pages.one(max(top, first.total - size))]
    while ends[-1].sids and ends[-1].total > ends[-1].end:
        ends.append(pages.one(ends[-1].end))
    return [head, *sorted(middle, key=lambda reading: -reading.offset)], ends


def _unmoved(first: Reading, windows: Sequence[Reading], tail: Reading) -> bool:
    """Whether the contact that A and B share, and the one that page 0 and its neighbour share, stayed in place."""
    head, last = windows[0], windows[-1]
    shift = tail.offset - head.offset
    shared = head.sids[shift : shift + 1]
    return bool(shared) and shared == tail.sids[:1] and first.sids[-1:] == last.sids[:1]


def _all_seen(readings: Sequence[Reading]) -> bool:
    """Whether the positions before the smallest total showed at least as many contacts as there are positions."""
    total = min(reading.total for reading in readings)
    seen = {sid for reading in readings for sid in reading.sids[: max(0, total - reading.offset)]}
    return 0 <= total <= len(seen)


def _descend(pages: Pages, windows: Sequence[Reading]) -> bool:
    """Read again, one after the other from the end to the front, all that was not provably read in that order.

    False when the end can't be found, or when order turns out not to be stable: a contact that neighbours share is
    gone although the total did not move.
    """
    head = windows[0]
    above = windows[_in_order(windows) - 1] if 0 <= head.total <= head.end else _top(pages)
    while above and above.offset > 0:
        reading = pages.one(max(0, above.offset - pages.size + 1))
        if above.total == reading.total and above.sids and above.sids[0] not in reading.sids:
            return False
        if above.total < 0 and reading.total > above.offset:
            return False
        above = reading
    if above:
        pages.one(max(0, above.total - pages.size))
    return bool(above)


def _top(pages: Pages) -> Reading | None:
    """The last page, which agrees with its own total that it is the last; None when the end keeps moving."""
    total = pages.one(0).total
    for _ in range(STARTS):
        reading = pages.one(max(0, total - pages.size))
        if 0 <= reading.total <= reading.end and (reading.sids or not reading.offset):
            return reading
        total = max(reading.total, 0) or pages.one(0).total
    return None


def _in_order(windows: Sequence[Reading]) -> int:
    """How many windows, from the end, were each read only after the one behind them had come."""
    count = 1
    for behind, before in pairwise(windows):
        if not behind.came < before.left:
            break
        count += 1
    return count


def _regroup(pages: Pages) -> str | None:
    """Two passes that both saw all of one unmoving total, and saw the same: nothing was added, nothing deleted.

    (A contact deleted in the first pass, its place in the total taken by an addition, can't be seen by the second.)
    """
    total = pages.one(0).total
    first = _every_one(pages, total)
    return "regrouped" if first is not None and first == _every_one(pages, total) else None


def _every_one(pages: Pages, total: int) -> set[str] | None:
    """Read windows that show one contact twice again, until all of `total` were seen; None: it moved."""
    latest = {reading.offset: reading for reading in pages.many(range(0, max(total, 0), pages.size))}
    seen: set[str] = set()
    for _ in range(ROUNDS):
        if any(reading.total != total for reading in latest.values()):
            return None
        seen.update(sid for reading in latest.values() for sid in reading.sids)
        if len(seen) >= total:
            return seen if len(seen) == total else None
        latest.update({reading.offset: reading for reading in pages.many(_doubtful(latest))})
    return None


def _doubtful(latest: dict[int, Reading]) -> list[int]:
    """Windows that hold a contact which another window holds too."""
    times = Counter(sid for reading in latest.values() for sid in reading.sids)
    return [offset for offset, reading in latest.items() if any(times[sid] > 1 for sid in reading.sids)]


def read_tail(pages: Pages, known: frozenset[str] | set[str], total: int) -> int:
    """Read from the end back until a page holds only `known` contacts; the new total. New ones are in `pages.gather`.

    `total` is the size as last known. Used just before creates, and to settle creates that are in doubt (CONTRACT 8).
    """
    offset = max(0, total - pages.size)
    reading = pages.one(offset)
    newest = reading.total if reading.total >= 0 else pages.one(0).total
    if newest > reading.end:
        pages.many(range(reading.end, newest, pages.size))
    elif newest >= 0 and max(0, newest - pages.size) < offset:
        offset = max(0, newest - pages.size)
        reading = pages.one(offset) if newest else reading
    while offset > 0 and not set(reading.sids) <= known:
        offset = max(0, offset - pages.size)
        reading = pages.one(offset)
    return max(newest, 0)
