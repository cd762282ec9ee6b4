"""How far a stage has come, on stderr: a bar at a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Never, TextIO

from syncjob.cli.course import Course

if TYPE_CHECKING:
    from tqdm import tqdm

DRAW_EVERY = 0.1
"""Seconds between two pictures of a bar: pages come faster than anybody sees, and each picture costs."""

LINE_EVERY = 60.0
LINE_SHARE = 0.05
"""A line is due after so many seconds, and after such a share of the whole."""

STAGES = {
    "reading": "Reading Exotel",
    "create": "Adding",
    "update": "Changing",
    "delete": "Removing",
    "add": "Joining the list",
    "remove": "Leaving the list",
    "asking": "Asking",
}
_UNITS = {"reading": "pages", "asking": "questions"}
_COUNTED = "{l_bar}{bar}| {n_fmt}/{total_fmt}{unit} [{elapsed}{postfix}]"
_UNCOUNTED = "{desc}: {n_fmt}{unit} [{elapsed}]"


def is_terminal(stream: TextIO | None) -> bool:
    """A service manager may have closed it: then it is None."""
    return stream is not None and not stream.closed and stream.isatty()


class Progress:
    """One stage after the other. `line` says a line on stderr; `clock`: seconds."""

    def __init__(self, line: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._line, self._clock = line, clock
        self._bar: tqdm[Never] | None = None
        self._stage = ""
        self._course = Course(clock)
        self._drawn = 0.0
        self._told = (0.0, 0)

    def reached(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` (0: nobody knows) pages or contacts of `stage` are done."""
        if stage != self._stage:
            self.close()
            self._stage, self._course = stage, Course(self._clock)
            self._drawn, self._told = 0.0, (self._clock(), 0)
        self._course.reached(done, total)
        if is_terminal(sys.stderr):
            self._draw()
        else:
            self._tell()

    def clear(self) -> None:
        """Make room for a line."""
        if self._bar is not None:
            self._bar.clear()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        self._stage = ""

    def _draw(self) -> None:
        from tqdm import tqdm

        now, course = self._clock(), self._course
        total, form = course.total or None, _COUNTED if course.total else _UNCOUNTED
        if self._bar is None:
            name, unit = STAGES.get(self._stage, self._stage), f" {_UNITS.get(self._stage, 'contacts')}"
            self._bar = tqdm(total=total, desc=name, unit=unit, leave=False, file=sys.stderr, bar_format=form)
        elif now - self._drawn < DRAW_EVERY and course.done != course.total:
            return
        self._drawn = now
        self._bar.n, self._bar.total, self._bar.bar_format = course.done, total, form
        self._bar.set_postfix_str(course.words())

    def _tell(self) -> None:
        """For a log: what takes long is told of, what takes moments is not."""
        course, (then, before) = self._course, self._told
        if self._clock() - then < LINE_EVERY or course.done - before < LINE_SHARE * course.total:
            return
        self._told = (self._clock(), course.done)
        of = f" of {course.total:,}" if course.total else ""
        what = f"{STAGES.get(self._stage, self._stage)}: {course.done:,}{of} {_UNITS.get(self._stage, 'contacts')}"
        self._line(", ".join(part for part in (what, course.words()) if part) + ".")
