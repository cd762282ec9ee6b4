"""Reading single pages: several in flight, each one checked whole, every contact gathered once.

A `Reading` remembers when its request left and when its reply came, in ticks that only order events: reading A came
before reading B exactly when `A.came < B.left`. Whatever else is claimed about time in this folder rests on that.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from syncjob.errors import ListingIncomplete
from syncjob.listing.gather import Gather
from syncjob.model import Page

READS_OF_A_TORN_PAGE = 5


@dataclass(frozen=True)
class Reading:
    """One page as it was read: the sids at `offset`…, the total it claimed (-1: none), and its place in time."""

    offset: int
    sids: tuple[str, ...]
    total: int
    left: int
    came: int

    @property
    def end(self) -> int:
        """The first position behind this page."""
        return self.offset + len(self.sids)


class Reader(Protocol):
    """Calls `read` for each offset, several at once if it likes, and yields the results in any order."""

    def __call__(self, read: Callable[[int], Reading], offsets: Iterable[int]) -> Iterator[Reading]: ...


class Threads:
    """A Reader with `size` requests in flight; the offsets leave in the order given."""

    def __init__(self, size: int) -> None:
        self.size = max(1, size)

    def __call__(self, read: Callable[[int], Reading], offsets: Iterable[int]) -> Iterator[Reading]:
        queue, turn, over = iter(offsets), threading.Lock(), threading.Event()

        def work() -> list[Reading]:
            """Read one page after the other; a thread that fails ends the others after the page they are at."""
            done, whole = [], False
            try:
                while not over.is_set():
                    with turn:
                        offset = next(queue, None)
                    if offset is None:
                        break
                    done.append(read(offset))
                whole = True
            finally:
                if not whole:
                    over.set()
            return done

        pool = ThreadPoolExecutor(self.size, thread_name_prefix="listing")
        try:
            workers = [pool.submit(work) for _ in range(self.size)]
            for worker in workers:
                yield from worker.result()
        finally:
            over.set()
            pool.shutdown(wait=True, cancel_futures=True)


class Pages:
    """The door to the remote's pages: reads them, checks them, gathers their contacts, counts the requests.

    `on_page(read, planned)` is told after each page, for progress; `planned` is 0 until the total is known. `counted`:
    whether every page tells the total.
    """

    def __init__(
        self,
        fetch: Callable[[int], Page],
        reader: Reader,
        *,
        size: int = 20,
        counted: bool = True,
        on_page: Callable[[int, int], None] = lambda _read, _planned: None,
    ) -> None:
        self.size = size
        self.counted = counted
        self.requests = 0
        self.planned = 0
        self.gather = Gather()
        self._fetch = fetch
        self._reader = reader
        self._on_page = on_page
        self._ticks = itertools.count()
        self._lock = threading.Lock()

    def one(self, offset: int) -> Reading:
        """The page at `offset`, whole."""
        return self._read(offset)

    def many(self, offsets: Iterable[int]) -> list[Reading]:
        """The pages at `offsets`; they leave in this order and may come in any."""
        return list(self._reader(self._read, offsets))

    def _read(self, offset: int) -> Reading:
        """A page that is whole, or the last torn one: short of what its own total promises is no page (law 7)."""
        for _ in range(READS_OF_A_TORN_PAGE):
            reading = self._read_once(offset)
            if self._whole(reading):
                return reading
        if reading.total >= 0 and len(reading.sids) > 0:
            raise ListingIncomplete(
                f"The page at position {offset} came with {len(reading.sids)} contacts again and again, "
                f"although the remote counts {reading.total} in all.",
            )
        return reading

    def _whole(self, reading: Reading) -> bool:
        if not self.counted and reading.total < 0:  # only the last page tells the total; the others are full
            return len(reading.sids) == self.size - reading.offset % self.size == len(set(reading.sids))
        promised = min(self.size, max(0, reading.total - reading.offset))
        return reading.total >= 0 and len(reading.sids) == promised == len(set(reading.sids))

    def _read_once(self, offset: int) -> Reading:
        left = next(self._ticks)
        page = self._fetch(offset)
        came = next(self._ticks)
        sids = tuple([str(contact.get("sid")) for contact in page.contacts])
        with self._lock:
            self.requests += 1
            self._on_page(self.requests, self.planned)
        self.gather.add(came, page.contacts, offset)
        return Reading(offset, sids, page.total, left, came)
