"""An address book on paper: contacts in order of creation, read page by page while others add and delete."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from syncjob.listing import Pages
from syncjob.listing.reading import Reading
from syncjob.model import Page


class Book:
    """Sids in order of creation. `churn` is called before and after each page is looked up, as others would."""

    def __init__(self, count: int, *, shuffle: int = 1, seed: int = 0) -> None:
        self.sids = [f"s{n}" for n in range(count)]
        self.there_throughout = set(self.sids)
        self.made = count
        self.shuffle = shuffle
        self.random = random.Random(seed)
        self.churn: Callable[[Book], None] = lambda _book: None
        self.asked: list[int] = []

    def add(self) -> None:
        self.sids.append(f"s{self.made}")
        self.made += 1

    def delete(self, position: int) -> None:
        if self.sids:
            self.there_throughout.discard(self.sids.pop(position % len(self.sids)))

    def fetch(self, offset: int) -> Page:
        self.asked.append(offset)
        self.churn(self)
        order = self._shown()
        page = Page(offset, tuple({"sid": sid, "number": None} for sid in order[offset : offset + 20]), len(order))
        self.churn(self)
        return page

    def _shown(self) -> list[str]:
        if self.shuffle == 1:
            return list(self.sids)
        groups = [self.sids[n : n + self.shuffle] for n in range(0, len(self.sids), self.shuffle)]
        return [sid for group in groups for sid in self.random.sample(group, len(group))]


class AnyOrder:
    """A Reader with several pages in flight: which request leaves, and which is served next, is drawn by chance."""

    def __init__(self, seed: int, size: int = 4) -> None:
        self.random = random.Random(seed)
        self.size = size

    def __call__(self, read: Callable[[int], Reading], offsets: Iterable[int]) -> Iterator[Reading]:
        waiting, flying = list(offsets), list[int]()
        while waiting or flying:
            while waiting and len(flying) < self.size:
                flying.append(waiting.pop(0))
            served = flying.pop(self.random.randrange(len(flying)))
            future: Future[Reading] = Future()
            future.set_result(_stretched(read(served)))
            yield future.result()


def _stretched(reading: Reading) -> Reading:
    """As if it had been in flight for long: nothing can be said about before and after."""
    return Reading(reading.offset, reading.sids, reading.total, reading.left - 1000, reading.came + 1000)


def one_by_one(read: Callable[[int], Reading], offsets: Iterable[int]) -> Iterator[Reading]:
    """A Reader with one request in flight."""
    return (read(offset) for offset in offsets)


def pages_of(book: Book, reader: object = one_by_one) -> Pages:
    return Pages(book.fetch, reader)  # type: ignore[arg-type]
