"""The few figures of a run that are seen first: rows read, what was sent, what is as it was, what needs whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from syncjob.results.digest import Digest
from syncjob.words import OUTCOMES

SENT = frozenset({"created", "updated", "deleted", "added", "removed"})


@dataclass(frozen=True)
class Figure:
    """A number and its word. `tone` says how it is shown."""

    count: int
    word: str
    tone: Literal["plain", "sent", "quiet", "fix", "ours"]


def figures(told: Digest) -> tuple[Figure, ...]:
    """They add up: rows read = all others."""
    counts = {line.outcome: 0 for line in told.counts}
    for line in told.counts:
        counts[line.outcome] += line.count
    fix, ours = sum(line.count for line in told.fix), sum(line.count for line in told.ours)
    sent = sum(counts.get(code, 0) for code in SENT)
    planned = counts.get("planned", 0)
    quiet = sum(count for code, count in counts.items() if OUTCOMES[code].good) - sent - planned
    found = (
        Figure(sum(counts.values()), "Rows read", "plain"),
        Figure(sent, "Done", "sent"),
        Figure(planned, "Would be done", "sent"),
        Figure(quiet, "Nothing to do", "quiet"),
        Figure(fix, "For you to fix", "fix"),
        Figure(ours, "For us to finish", "ours"),
    )
    return tuple(figure for figure in found if figure.count or figure.tone == "plain")
