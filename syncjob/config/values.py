"""Settings that are written as one short text: rates, spans of time, shares, choices with a value.

What enters: what YAML, a variable or Python gave. What leaves: a value that computes, and can be written back as text.
A value that can't be used raises `ValueError` whose text is the rest of a sentence: "must be …".
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import timedelta
from typing import Literal, NamedTuple, TypeAlias

from syncjob.config.problems import did_you_mean

Rate: TypeAlias = Literal["auto"] | float | None
"""Requests per second, or `auto` (the service decides), or None: no limit of ours."""

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/|per)\s*(?:(s|sec|second)|(m|min|minute)|(h|hour))")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


class Choice(NamedTuple):
    """A choice that may carry a value: `mark:lapsed` is ("mark", "lapsed"), `keep` is ("keep", "")."""

    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind


class Share(NamedTuple):
    """A number of rows, or a percentage of them."""

    amount: float
    percent: bool = False

    def of(self, total: int) -> int:
        """How many of `total` rows this is, rounded down."""
        return math.floor(total * self.amount / 100 + 1e-9) if self.percent else int(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:g}%" if self.percent else f"{self.amount:.0f}"


def as_text(value: object) -> str:
    """A text; a bare number counts as it was written."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("must be a text.")
    return str(value)


def as_flag(value: object) -> bool:
    """true or false; yes, no, on and off count as well."""
    said = str(value).strip().lower()
    if isinstance(value, (bool, str)) and said in ("true", "yes", "on", "false", "no", "off"):
        return said in ("true", "yes", "on")
    raise ValueError("must be true or false.")


def as_whole(value: object) -> int:
    """A whole number, also as text (a variable always gives text)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value.strip(), re.ASCII):
        return int(value)
    raise ValueError("must be a whole number.")


def as_number(value: object) -> float:
    """A finite number, also as text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value.strip(), re.ASCII):
        return float(value)
    raise ValueError("must be a number.")


def as_percent(value: object) -> float:
    """A percentage, with or without the sign."""
    bare = value.strip().removesuffix("%") if isinstance(value, str) else value
    try:
        percent = as_number(bare)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise ValueError("must be a percentage from 0 to 100.")
    return percent


def as_rate(value: object) -> Rate:
    """`auto`, `off`, or a rate such as 30/minute, 2/s."""
    said = str(value).strip().lower()
    if said == "auto":
        return "auto"
    if said == "off":
        return None
    found = _RATE.fullmatch(said)
    if not found or float(found[1]) <= 0:
        raise ValueError("must be auto, off, or a rate such as 30/minute or 2/second.")
    return float(found[1]) / (1 if found[2] else 60 if found[3] else 3600)


def say_rate(rate: Rate) -> str:
    """`rate` as it is written: auto, off, 30/minute, 2/second."""
    if rate is None or rate == "auto":
        return rate or "off"
    for amount, unit in ((rate, "second"), (rate * 60, "minute"), (rate * 3600, "hour")):
        if amount >= 1 and math.isclose(amount, round(amount), rel_tol=1e-9):
            return f"{round(amount)}/{unit}"
    return f"{rate * 3600:.15g}/hour"


def as_span(value: object) -> timedelta:
    """A span of time such as 90m, 72h, 7d; without a unit it can't be told."""
    if isinstance(value, timedelta):
        return value
    found = _SPAN.fullmatch(str(value).strip().lower())
    if not found or float(found[1]) * _SECONDS[found[2]] > 3650 * 86400:
        raise ValueError("must be a span of time with its unit, such as 90m, 72h or 7d.")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def say_span(span: timedelta) -> str:
    """`span` as it is written: 7d, 72h, 90m, 10s; days from a week on."""
    seconds = span.total_seconds()
    for unit in ("d", "h", "m") if seconds >= _SECONDS["w"] else ("h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def in_unit(value: object, unit: str) -> float:
    """A number of `unit`s (s, m, h): a bare number, or a span of time such as 90m."""
    try:
        amount = as_number(value)
    except ValueError:
        try:
            amount = as_span(value).total_seconds() / _SECONDS[unit]
        except ValueError:
            name = {"s": "seconds", "m": "minutes", "h": "hours"}[unit]
            raise ValueError(f"must be a number of {name}, or a span of time such as 90m.") from None
    if amount < 0:
        raise ValueError("must not be below 0.")
    return amount


def as_share(value: object) -> Share:
    """A number of rows, or text such as 2%."""
    if isinstance(value, Share):
        return value
    if isinstance(value, str) and value.strip().endswith("%"):
        return Share(as_percent(value), percent=True)
    try:
        rows = as_whole(value)
    except ValueError:
        rows = -1
    if rows < 0:
        raise ValueError('must be a number of rows, or a percentage such as "2%".')
    return Share(rows)


def say_share(share: Share) -> int | str:
    """`share` as it is written: 5, "2%"."""
    return str(share) if share.percent else int(share.amount)


def as_choice(value: object, plain: Collection[str], valued: str) -> Choice:
    """One of `plain`, or `valued` with a text behind a colon."""
    if isinstance(value, Choice):
        return value
    kind, colon, rest = str(value).partition(":")
    if kind == valued:
        if colon and rest.strip():
            return Choice(kind, rest.strip())
        raise ValueError(f"needs a value: {valued}:VALUE.")
    if not colon and kind in plain:
        return Choice(kind)
    known = (*plain, f"{valued}:VALUE")
    raise ValueError(f"is not one of {', '.join(known)}.{did_you_mean(kind, (*plain, valued))}")
