"""Waiting on the server's side: held replies and latency, ended early by a release or by the end."""

from __future__ import annotations

import threading


class Gate:
    """Everybody who waits goes on when the time is over, at `release`, or at `close` (after which nobody waits)."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._round = 0
        self._open = False
        self.waiting = 0

    def wait(self, seconds: float) -> None:
        """Wait so many seconds of real time at most."""
        if seconds <= 0:
            return
        with self._changed:
            mine = self._round
            self.waiting += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._open or self._round != mine, seconds)
            self.waiting -= 1

    def until_waiting(self, count: int = 1, seconds: float = 10.0) -> bool:
        """Wait until `count` requests are held, to look at the world meanwhile. False: they never were."""
        with self._changed:
            return self._changed.wait_for(lambda: self.waiting >= count, seconds)

    def release(self) -> None:
        """Let go all that wait now."""
        with self._changed:
            self._round += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let go all, for ever."""
        with self._changed:
            self._open = True
            self._changed.notify_all()
