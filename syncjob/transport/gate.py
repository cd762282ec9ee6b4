"""The gate every request passes: how many are on their way at once, and at which moment each may leave.

Enters: a pace, a ledger, a clock. Leaves: passages. Promises: requests leave one after the other, each at the moment
the ledger gave it; a pause holds everybody, also those who already had a moment; `stop` ends every wait at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncjob.pacing import Pace, Quota, Tempo
from syncjob.transport.ledger import Ledger

_NOW = 0.001
"""Seconds: less than this is no wait (and less than a clock of Unix seconds can tell is no reason to ask again)."""


class Stopped(Exception):
    """A wait was ended by `stop`. Never leaves this folder."""


class TooLong(Exception):
    """Everybody is paused for longer than a run should wait. Never leaves this folder."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Gate:
    """Safe under threads. `patience`: the longest pause, in seconds, that is worth waiting for."""

    def __init__(
        self,
        pace: Pace,
        ledger: Ledger,
        *,
        concurrency: int,
        patience: float,
        clock: Callable[[], float],
        sleep: Callable[[float], object] | None,
        on_wait: Callable[[float], None],
    ) -> None:
        self._pace = pace
        self._ledger = ledger
        self._patience = patience
        self._clock = clock
        self._stop = threading.Event()
        self._sleep = sleep or self._stop.wait
        self._on_wait = on_wait
        self._places = threading.Condition()
        self._free = concurrency
        self._turn = threading.Lock()

    @contextmanager
    def passage(self) -> Iterator[float]:
        """Waits for a place and a moment; gives the moment of leaving. Raises `Stopped`, `TooLong`."""
        with self._places:
            self._places.wait_for(lambda: self._free > 0 or self._stop.is_set())
            if self._stop.is_set():
                raise Stopped
            self._free -= 1
        try:
            yield self._leave()
        finally:
            with self._places:
                self._free += 1
                self._places.notify()

    def wait(self, seconds: float) -> None:
        """Wait; `Stopped` when `stop` came before or meanwhile."""
        self.check()
        if seconds > 0:
            self._on_wait(seconds)
            self._sleep(seconds)
        self.check()

    def check(self) -> None:
        """`Stopped` when `stop` came."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """End every wait, now and from here on."""
        self._stop.set()
        with self._places:
            self._places.notify_all()

    def throttled(self, sent_at: float, asked: float | None, random: float) -> float:
        """A 429 came: everybody pauses. Returns the seconds still to wait."""
        now = self._clock()

        def step(tempo: Tempo) -> tuple[Tempo, float]:
            after = self._pace.throttled(tempo, now, sent_at=sent_at, asked=asked, random=random)
            return after, self._pace.pause_left(after, now)

        return self._ledger.step(step)

    def answered(self, sent_at: float, quota: Quota | None) -> None:
        """A reply came that was no 429. Writes only what it changes."""
        now = self._clock()

        def step(tempo: Tempo) -> tuple[Tempo, None]:
            return self._pace.answered(tempo, now, sent_at=sent_at, quota=quota), None

        seen = self._ledger.look()
        if step(seen)[0] != seen:
            self._ledger.step(step)

    def rate(self) -> float | None:
        """Requests a second at present; None: not paced."""
        return self._pace.rate_at(self._ledger.look(), self._clock())

    def _leave(self) -> float:
        """One thread at a time waits for the next moment, so that a process never holds more than one."""
        if self._pace.rate is None:  # nothing is taken, so there are no turns, and there is nothing to write down
            return self._at(lambda: self._reserve(self._ledger.look())[1])
        with self._turn:
            now = self._at(lambda: self._ledger.step(self._reserve))
            tempo = self._ledger.look()
            if self._pace.left(tempo, now) != tempo:
                self._ledger.step(lambda newest: (self._pace.left(newest, now), None))
            return now

    def _at(self, moment: Callable[[], float]) -> float:
        """Wait for `moment`, and for another one while everybody is paused; gives the moment it has become."""
        while True:
            self.wait(moment() - self._clock())
            now = self._clock()
            if self._pace.pause_left(self._ledger.look(), now) < _NOW:
                return now

    def _reserve(self, tempo: Tempo) -> tuple[Tempo, float]:
        now = self._clock()
        left = self._pace.pause_left(tempo, now)
        if left > self._patience:
            raise TooLong(left)
        return self._pace.reserve(tempo, now)
