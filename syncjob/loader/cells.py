"""One text form for every kind of cell, whatever the engine.

What enters: a cell's value as a workbook stores it. What leaves: `(text, code)`, where `code` is "" or a reason code.
Promised (CONTRACT 4): whole numbers without a point (`919101234511`), other numbers in their shortest exact form
without an exponent, `TRUE`/`FALSE`, dates `2024-01-05`, with a time `2024-01-05 10:30:00`, times `10:30:00`, durations
`36:00:00`. A whole number of more than fifteen digits has lost its last ones: `number_damaged`.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal, TypeAlias

Moment: TypeAlias = Literal["", "date", "elapsed"]
"""How a number format shows a number: as it is, as a date or time, as hours that may pass 24."""

DAMAGED = "number_damaged"
ERROR = "error_cell"
NO_VALUE = "formula_without_value"

_PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,14})\Z", re.ASCII)
_EXACT = 10**15  # a spreadsheet program keeps fifteen digits
_READABLE = 22  # digits up to which a number is written out
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zones
_MAC_EPOCH = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_BUILT_IN = {**dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), "date"), 46: "elapsed"}
_QUOTED = re.compile(r'"[^"]*"?|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_DATE_LETTER = re.compile(r"[dmyhsMYDHS]|\bAM/PM\b|[年月日]")


def moment_of(format_id: int, code: str | None) -> Moment:
    """How a number format (its id, and its code when the workbook defines it) shows numbers."""
    if code is None:
        found = _BUILT_IN.get(format_id, "")
        return "elapsed" if found == "elapsed" else "date" if found else ""
    bare = _QUOTED.sub("", code.split(";")[0])
    if _ELAPSED.search(bare):
        return "elapsed"
    bare = _BRACKETS.sub("", bare)
    if re.fullmatch(r"\s*General\s*", bare, re.IGNORECASE):
        return ""
    return "date" if _DATE_LETTER.search(bare) else ""


def number(raw: str, moment: Moment = "", mac: bool = False) -> tuple[str, str]:
    """A number as stored (`919101234511`, `9.1E+11`, `45296.5`), shown as its format says."""
    if not moment and _PLAIN.match(raw):
        return ("0" if raw == "-0" else raw), ""
    try:
        value = float(raw)
    except ValueError:
        return raw, ""
    if moment:
        shown = _shown(value, moment, mac)
        if shown is not None:
            return shown, ""
    return real(value)


def real(value: float) -> tuple[str, str]:
    """A number in its shortest exact form."""
    if value != value or value in (float("inf"), float("-inf")):
        return "", ERROR
    whole = value == int(value)
    code = DAMAGED if whole and abs(value) >= _EXACT else ""
    if whole and abs(value) < _EXACT:
        return str(int(value)), code
    try:
        exact = Decimal(repr(value))
    except InvalidOperation:
        return repr(value), code
    if exact.adjusted() > _READABLE or exact.adjusted() < -_READABLE:
        return repr(value), code
    text = format(exact, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text), code


def boolean(value: bool) -> str:
    """As a spreadsheet program shows it."""
    return "TRUE" if value else "FALSE"


@lru_cache(maxsize=1 << 16)
def _shown(value: float, moment: Moment, mac: bool) -> str | None:
    """A serial number as date, time or duration; None when it is none."""
    seconds = round(value * 86400)
    if moment == "elapsed":
        return elapsed(seconds)
    if value < 0 or seconds >= 2958466 * 86400:
        return None
    if seconds < 86400 and not mac:
        return clock(seconds)
    days = value
    if not mac and days < 60:
        seconds += 86400  # the day 1900-02-29, which the format believes in
    return date((_MAC_EPOCH if mac else _EPOCH) + dt.timedelta(seconds=seconds))


def elapsed(seconds: int) -> str:
    """Hours, minutes and seconds; hours may pass 24."""
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def clock(seconds: int) -> str:
    """A time of day; the second that rounds up to midnight stays on its day."""
    return elapsed(min(seconds, 86399))


def date(value: dt.datetime) -> str:
    """`2024-01-05`, with the time when it is not midnight."""
    if value.hour == value.minute == value.second == 0:
        return value.strftime("%Y-%m-%d") if value.year >= 1000 else value.date().isoformat()
    return value.replace(microsecond=0, tzinfo=None).isoformat(" ")


def iso(raw: str) -> str:
    """An ISO date as ODS and Strict OOXML store it, in our form; what is no date stays as it is."""
    try:
        return date(dt.datetime.fromisoformat(raw.strip()))
    except ValueError:
        pass
    try:
        return dt.time.fromisoformat(raw.strip()).replace(microsecond=0, tzinfo=None).isoformat()
    except ValueError:
        return raw


def typed(value: object) -> tuple[str, str]:
    """A value as calamine hands it on."""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return boolean(value), ""
    if isinstance(value, int):
        return str(value), DAMAGED if abs(value) >= _EXACT else ""
    if isinstance(value, float):
        return real(value)
    if isinstance(value, dt.datetime):
        return _rounded(value), ""
    if isinstance(value, dt.date):
        return value.isoformat(), ""
    if isinstance(value, dt.time):
        return clock(round(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)), ""
    if isinstance(value, dt.timedelta):
        return elapsed(round(value.total_seconds())), ""
    return str(value), ""


def _rounded(value: dt.datetime) -> str:
    return date((value + dt.timedelta(microseconds=500_000)).replace(microsecond=0))
