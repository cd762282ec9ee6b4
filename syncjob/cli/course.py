"""How far a stage has come, and when it will be over at the pace it has held: for bars and for lines.

Enters: counts, as they come, and a clock. Leaves: seconds, or None; words. Promises: nothing is said before there is a
pace to go by, nor where the end is not known; a pause counts as what it is, time in which nothing came.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

HELD = 60.0
"""Seconds over which a pace is taken: long enough to hold a pause, short enough to follow a changed rate."""

ENOUGH = 3.0
"""Seconds, and steps, before a pace can be spoken of."""

SAMPLE = 0.5


class Course:
    """One stage. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self.done = self.total = 0

    def reached(self, done: int, total: int) -> None:
        """`done` of `total` are done; 0: how many there are is not known."""
        self.done, self.total = done, total
        now = self._clock()
        if not self._seen or now - self._seen[-1][0] >= SAMPLE:
            self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= HELD:
            self._seen.popleft()

    def left(self) -> float | None:
        """Seconds until the end, at the pace held lately; None: nobody can tell."""
        if not self._seen or not self.total:
            return None
        since, before = self._seen[0]
        took, came = self._clock() - since, self.done - before
        if self.done >= self.total or took < ENOUGH or came < ENOUGH:
            return None
        return (self.total - self.done) * took / came

    def words(self) -> str:
        """What is left, as people say it; "" where nobody can tell."""
        left = self.left()
        return "" if left is None else f"{about(left)} left"


def about(seconds: float) -> str:
    """A duration as an estimate is told: no more exact than it is."""
    if seconds < 7.5:
        return "a few seconds"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"about {hours} h {rest:02} min"
