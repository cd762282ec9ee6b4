"""Contacts whose places are known, read again: by page where two or more share one, else singly. Pure.

A page that shows two of them costs one request, as each of them alone would.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rereading:
    """The requests that show a set of contacts again: offsets of pages, and sids to be asked for singly."""

    pages: tuple[int, ...] = ()
    singly: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """What it costs."""
        return len(self.pages) + len(self.singly)


def rereading(order: Sequence[str], wanted: Collection[str], size: int) -> Rereading:
    """How to read the `wanted` again, which stand in `order` (the remote's), `size` contacts to a page."""
    among = frozenset(wanted)
    places = [place for place, sid in enumerate(order) if sid in among]
    pages, singly = [], []
    at = 0
    while at < len(places):
        first, begin = places[at], at
        while at < len(places) and places[at] < first + size:
            at += 1
        if at - begin == 1:
            singly.append(order[first])
        else:
            pages.append(min(first, max(0, len(order) - size)))
    return Rereading(tuple(pages), tuple(singly))


def oldest(seen: Sequence[str], count: int, size: int) -> tuple[int, ...]:
    """The offsets of the `count` pages whose contacts were read longest ago; `seen` is by position (ISO, or "")."""
    ages = sorted((min(seen[offset : offset + size]), offset) for offset in range(0, len(seen), size))
    return tuple(sorted(offset for _, offset in ages[:count]))
