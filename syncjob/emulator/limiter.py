"""The rate limit: a token bucket per account, by an injected clock."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from email.utils import formatdate

from syncjob.emulator.switches import Switches, parse_rate


class Limiter:
    """A bucket that holds `burst` tokens (else the rate's count) and fills at the rate. Off while `rate` is None."""

    def __init__(self, switches: Switches, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._switches = switches
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """A full bucket."""
        self._setting: tuple[str | None, int | None] = (None, None)
        self._tokens = 0.0
        self._filled = self._clock()

    def take(self) -> float:
        """Take a token. 0.0: taken; else the seconds until there is one."""
        with self._lock:
            count, per_second = self._fill()
            if count == 0:
                return 0.0
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / per_second

    def headers(self) -> dict[str, str]:
        """X-RateLimit-Limit, -Remaining and -Reset (Unix seconds until the bucket is full); empty while it is off."""
        with self._lock:
            size, per_second = self._fill()
            if size == 0:
                return {}
            full = self._clock() + (size - self._tokens) / per_second
            return {
                "X-RateLimit-Limit": str(size),
                "X-RateLimit-Remaining": str(int(self._tokens)),
                "X-RateLimit-Reset": str(math.ceil(full)),
            }

    def _fill(self) -> tuple[int, float]:
        """Let time run into the bucket; its size (0: off) and the tokens per second."""
        rate, burst = self._switches.rate, self._switches.burst
        if rate is None:
            return 0, 0.0
        count, seconds = parse_rate(rate)
        size = burst or count
        now = self._clock()
        if (rate, burst) != self._setting:
            self._setting, self._tokens = (rate, burst), float(size)
        self._tokens = min(float(size), self._tokens + max(0.0, now - self._filled) * count / seconds)
        self._filled = now
        return size, count / seconds


def retry_after(kind: str, seconds: float, now: float) -> str:
    """The text of a Retry-After header in one of its kinds; empty for none. Never earlier than `seconds` from now."""
    if kind == "none":
        return ""
    return formatdate(math.ceil(now + seconds), usegmt=True) if kind == "date" else str(math.ceil(seconds))
