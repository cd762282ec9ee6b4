"""What is worth telling of a run, and whether it is news to somebody who was told before (CONTRACT 11). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

REFUSED = 5
"""The exit code of a refusal, which is told every time."""

GROWN_BY, GROWN_PERCENT = 10, 10
"""Bad rows are news again when there are at least this many more, and this many percent."""

Why: TypeAlias = Literal["first", "refused", "changed", "recovered", "worse", "reminder"]


class Delivery(NamedTuple):
    """Whether a message arrived with anybody, and what went wrong, in words without address or password."""

    arrived: bool
    trouble: str = ""


@dataclass(frozen=True)
class News:
    """A run in figures, without anything that could be a contact's.

    `counts`: outcome → rows; `reasons`: reason code → bad rows and contacts; `codes`: reason codes of what ended the
    run; `refusals`: figures against limits; `files`: the results folder, where there is one.
    """

    job: str
    account: str
    exit_code: int
    at: datetime  # with its zone
    seconds: float
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    bad: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    requests: int | None = None
    retries: int | None = None
    contacts: int | None = None  # of the account, as they were read
    files: str | None = None
    service: str = "Exotel"

    @property
    def rows(self) -> int:
        """Rows read."""
        return sum(self.counts.values())

    @property
    def grounds(self) -> frozenset[str]:
        """All reason codes there are for not being well."""
        return frozenset(self.reasons) | frozenset(self.codes)


@dataclass(frozen=True)
class Told:
    """What a channel was last told, and when. `bad` is the least there was since; `rows` stands for the rows mailed."""

    exit_code: int
    grounds: frozenset[str]
    bad: int
    at: datetime
    rows: str = ""


def why(news: News, told: Told | None, remind: timedelta) -> Why | None:
    """Why this run is news to a channel; None: it is not."""
    if news.exit_code == REFUSED:
        return "refused"
    if told is None:
        return "first"
    if news.exit_code != told.exit_code:
        return "changed" if news.exit_code else "recovered"
    if news.grounds != told.grounds:
        return "changed"
    if _grown(news.bad, told.bad):
        return "worse"
    return "reminder" if news.exit_code and news.at - told.at >= remind else None


def _grown(now: int, before: int) -> bool:
    more = now - before
    return more >= GROWN_BY and 100 * more >= GROWN_PERCENT * before


def learnt(news: News, rows: str = "") -> Told:
    """What a channel knows after it was told of the run."""
    return Told(news.exit_code, news.grounds, news.bad, news.at, rows)


def passed_over(news: News, told: Told) -> Told:
    """What a channel knows that was not told of the run: growth counts from the least since it was."""
    return replace(told, bad=min(told.bad, news.bad))
