"""The first rows of all sources, as they come: the moment at which nothing about them is in doubt any more.

What enters: for each file, from any thread, how it begins or all of it. What leaves: one call, or none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from syncjob.loader.beginning import LINES
from syncjob.loader.table import Table

FEW = 5_000
"""Rows that are read and normalised before anything that begins meanwhile had got under way."""


class FirstRows:
    """Calls `accepted` once, when the tables of all `files` are known by their first lines and `judge` agrees."""

    def __init__(
        self, files: int, judge: Callable[[Sequence[Table]], bool], accepted: Callable[[], None] | None
    ) -> None:
        self._files = files
        self._judge = judge
        self._accepted = accepted
        self._lock = threading.Lock()
        self._known: dict[int, tuple[Table, ...]] = {}
        self._large = False

    def heard(self, place: int, tables: tuple[Table, ...], *, whole: bool) -> None:
        """Take what is known of the file at `place`; see `loader.read_many`."""
        with self._lock:
            if place in self._known or self._accepted is None:
                return
            self._known[place] = tuple(_begin(table) for table in tables)
            self._large = self._large or not whole or sum(len(table.cells) for table in tables) > FEW
            if len(self._known) < self._files:
                return
            accepted, self._accepted = self._accepted, None
        every = [table for at in sorted(self._known) for table in self._known[at]]
        if self._large and self._judge(every):
            accepted()


def _begin(table: Table) -> Table:
    """The table as far as its first lines go."""
    problems = table.problems[table.problems["position"] < LINES]
    return replace(table, cells=table.cells.head(LINES), row_numbers=table.row_numbers.head(LINES), problems=problems)
