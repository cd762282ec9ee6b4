"""Backoff and rate arithmetic. Time is an argument (seconds since the epoch), chance is an argument (0 ≤ r < 1).

Enters: rates, headers, moments. Leaves: moments at which to send, and waits in seconds. Promises: at a set rate no
window of a second or more ever holds more requests than the rate allows, and the long run stays within 2 % below it;
a 429 pauses everyone and lowers the rate; nothing here sleeps, reads a clock or keeps anything between calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import inf
from typing import Literal, TypeAlias

SLACK = 0.015
"""Sent this much slower than allowed, so that the network's jitter can't push a window over the rate."""

GRACE = 0.010
"""Of the slack, what a request may use up by leaving late here; the rest is the network's."""

IDLE = 0.25
"""Seconds; who comes so much later than a free moment was not held up, but had nothing to send."""

LOWERED = 0.5
"""What a 429 leaves of the rate."""

LOWEST = 1 / 16
"""Never lowered below this share of the rate."""

RECOVERY = 0.1 / 60
"""Share of the rate regained per second of quiet: a tenth a minute."""

SHORTEST_PAUSE = 0.25
"""A 429 always pauses, even when it asks for no wait at all."""

LONGEST_PAUSE = 86_400.0
"""A `Retry-After` of more than a day is read as a day."""

LONGEST_QUOTA = 60.0
"""An empty quota is waited for no longer than the minute that is documented; then a 429 tells."""

AUTO_RATE = 0.5
"""`auto` without headers: 30 a minute, the smallest figure the documents name (reference: rate limits)."""


@dataclass(frozen=True)
class Backoff:
    """Exponential waits with full jitter, in seconds."""

    base: float = 0.5
    cap: float = 30.0

    def ceiling(self, tries: int) -> float:
        """The longest wait after `tries` failed tries (1 and up)."""
        return min(self.cap, self.base * 2.0 ** min(max(tries - 1, 0), 64))

    def wait(self, tries: int, random: float) -> float:
        """The wait after `tries` failed tries: anything from nothing to the ceiling."""
        return self.ceiling(tries) * random


UNTOLD = Backoff(base=1.0, cap=60.0)
"""Pauses after a 429 that names no time: 1, 2, 4 … 60 seconds (reference: error codes, retry advice)."""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header (seconds, or an HTTP date), None when it says nothing readable.

    `now` is the server's own time where its reply tells it, so that a wrong clock here does no harm. At most a day.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII):
        return min(float(text), LONGEST_PAUSE)
    moment = http_date(text)
    return None if moment is None else min(max((moment - now).total_seconds(), 0.0), LONGEST_PAUSE)


@lru_cache(maxsize=64)  # all replies of one second carry the same
def http_date(value: str | None) -> datetime | None:
    """An HTTP date as a moment with its zone, None when it is none."""
    try:
        moment = parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Quota:
    """What a reply's rate headers say; None where they say nothing. `reset` is in seconds from now."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None

    def per_second(self) -> float | None:
        """The rate that neither the limit nor what remains of it forbids; None when no limit is told.

        The window's length is never told: a minute is documented, and a reset further away proves a longer one.
        """
        if not self.limit:
            return None
        window = max(60.0, self.reset or 0.0)
        rate = self.limit / window
        if self.remaining and self.reset:
            rate = min(rate, self.remaining / self.reset)
        return rate


def read_quota(headers: Mapping[str, str], now: float) -> Quota | None:
    """The quota in `headers` (lower-case names), None when there is none. `now`: by the server's clock."""

    def figure(name: str) -> float | None:
        for prefix in ("x-ratelimit-", "ratelimit-"):
            found = re.match(r"\s*(\d{1,16}(?:\.\d{1,9})?)", headers.get(prefix + name, ""), re.ASCII)
            if found:
                return float(found[1])
        return None

    if not any("ratelimit" in name for name in headers):  # the common case, told at once
        return None
    limit, remaining, reset = figure("limit"), figure("remaining"), figure("reset")
    if limit is None and remaining is None:
        return None
    if reset is not None and reset > 1e11:  # the epoch in milliseconds
        reset /= 1000.0
    if reset is not None and reset > 1e8:  # the epoch, not a span
        reset -= now
    told = None if reset is None else min(max(reset, 0.0), LONGEST_PAUSE)
    return Quota(None if limit is None else int(limit), None if remaining is None else int(remaining), told)


Rate: TypeAlias = Literal["auto"] | float | None
"""Requests a second; `auto`; None: no pacing, though a 429 still pauses (CONTRACT 3)."""


@dataclass(frozen=True)
class Tempo:
    """What all who share a rate must know; it travels through a file. Moments are seconds since the epoch."""

    last: float = 0.0  # the latest moment given to anybody
    paused_at: float = 0.0
    paused_for: float = 0.0
    factor: float = 1.0  # share of the rate left after the latest 429
    lowered_at: float = 0.0
    strikes: int = 0  # 429s in a row
    allowed: float = 0.0  # requests a second by the account's own headers; 0: not told
    allowed_until: float = 0.0


@dataclass(frozen=True)
class Pace:
    """The rules of one rate: from a tempo and a moment to the next tempo."""

    rate: Rate

    def __post_init__(self) -> None:
        if isinstance(self.rate, float | int) and not 0 < self.rate < inf:
            raise ValueError(f"a rate is above 0, not {self.rate!r}")

    def rate_at(self, tempo: Tempo, now: float) -> float | None:
        """Requests a second at `now`; None: not paced."""
        if self.rate is None:
            return None
        if self.rate == "auto":
            told = tempo.allowed if now < tempo.allowed_until else 0.0
            return max(AUTO_RATE, told) * self._factor(tempo, now)
        return self.rate * self._factor(tempo, now)

    def pause_left(self, tempo: Tempo, now: float) -> float:
        """Seconds that everyone still has to wait. A pause from the future (a clock set back) is none."""
        elapsed = now - tempo.paused_at
        return max(tempo.paused_for - elapsed, 0.0) if elapsed > -1.0 else 0.0

    def reserve(self, tempo: Tempo, now: float) -> tuple[Tempo, float]:
        """The next free moment, and the tempo in which it is taken.

        A moment missed by a little is made up for, as far as the grace goes; one missed by more than IDLE is not:
        nothing is ever saved up for a burst.
        """
        rate = self.rate_at(tempo, now)
        earliest = now + self.pause_left(tempo, now)
        if rate is None:
            return tempo, earliest
        gap = 1.0 / (rate * (1.0 - SLACK))
        ideal = max(earliest if earliest > now else 0.0, tempo.last + gap)
        if ideal > earliest + 100 * gap:  # left by a clock that was set back since
            ideal = earliest
        moment = max(ideal, now)
        missed = moment - ideal
        return replace(tempo, last=moment if missed > IDLE else max(ideal, moment - self._grace(rate))), moment

    def left(self, tempo: Tempo, now: float) -> Tempo:
        """The tempo after a request left at `now`, perhaps late: the next must not come close behind."""
        rate = self.rate_at(tempo, now)
        if rate is None or now - tempo.last <= self._grace(rate):
            return tempo
        return replace(tempo, last=now - self._grace(rate))

    def throttled(self, tempo: Tempo, now: float, *, sent_at: float, asked: float | None, random: float) -> Tempo:
        """The tempo after a 429: everyone pauses; the rate is lowered once for all that were on their way."""
        together = sent_at <= tempo.lowered_at <= now
        strikes = max(tempo.strikes, 1) if together else tempo.strikes + 1
        wait = UNTOLD.ceiling(strikes) * (0.5 + random / 2) if asked is None else max(asked, SHORTEST_PAUSE)
        left = self.pause_left(tempo, now)
        if together:
            return tempo if asked is None or wait <= left else replace(tempo, paused_at=now, paused_for=wait)
        factor = max(self._factor(tempo, now) * LOWERED, LOWEST)
        return replace(tempo, paused_at=now, paused_for=max(wait, left), factor=factor, lowered_at=now, strikes=strikes)

    def answered(self, tempo: Tempo, now: float, *, sent_at: float, quota: Quota | None) -> Tempo:
        """The tempo after a reply that was no 429, with what its headers tell.

        Only `auto` goes by headers: they can allow more than 30 a minute, and an empty quota is waited for. A rate that
        somebody set is theirs; a 429 corrects it.
        """
        if tempo.strikes and sent_at > tempo.lowered_at:
            tempo = replace(tempo, strikes=0)
        if quota is None or self.rate != "auto":
            return tempo
        allowed = quota.per_second()
        if allowed is not None:
            tempo = replace(tempo, allowed=allowed, allowed_until=now + (quota.reset or 60.0) + 60.0)
        if quota.remaining == 0 and quota.reset and quota.reset > self.pause_left(tempo, now):
            tempo = replace(tempo, paused_at=now, paused_for=min(quota.reset, LONGEST_QUOTA))
        return tempo

    def _factor(self, tempo: Tempo, now: float) -> float:
        quiet = now - max(tempo.lowered_at, tempo.paused_at + tempo.paused_for)
        return min(1.0, max(tempo.factor, LOWEST) + RECOVERY * max(quiet, 0.0))

    def _grace(self, rate: float) -> float:
        """How late a request may leave without the next one waiting for it."""
        return GRACE * max(1.0, 1.0 / rate)
