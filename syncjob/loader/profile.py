"""What a column's cells look like, learned from the lines that are surely whole.

What enters: sample lines. What leaves: a `Profile` that says whether another line fits. Promised: it only speaks
where a column is of one kind throughout (phone numbers, addresses of mail, dates, plain numbers); elsewhere every
cell fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_ENOUGH = 4  # cells seen before a column has a kind
_SHARE = 0.95
_DIGITS = re.compile(r"\d")
_PHONE = re.compile(r"'?(?:tel:)?[+(]?[\d\s().\-/\u00a0\u2010-\u2015+]{7,}\Z")
_EMAIL = re.compile(r"[^@\s,;|\"]+@[^@\s,;|\"]+\.[^@\s,;|\"]+\Z")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T][\d:.]+(?: ?[AaPp][Mm])?Z?)?\Z")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*%?\Z")


def kind(cell: str) -> str:
    """`phone`, `email`, `date`, `number`, `text`, or "" for a blank cell."""
    text = cell.strip()
    if not text:
        return ""
    if _DATE.match(text):
        return "date"
    if _PHONE.match(text) and len(_DIGITS.findall(text)) >= 7:
        return "phone"
    if _NUMBER.match(text):
        return "number"
    return "email" if _EMAIL.match(text) else "text"


def is_data(cell: str) -> bool:
    """Whether a cell is surely a contact's value and no header: a phone number or an address of mail."""
    return kind(cell) in ("phone", "email")


class Profile:
    """The kind of every column that has one."""

    def __init__(self, lines: Sequence[Sequence[str]]) -> None:
        counts: dict[int, Counter[str]] = {}
        for cells in lines:
            for at, cell in enumerate(cells):
                if found := kind(cell):
                    counts.setdefault(at, Counter())[found] += 1
        self.kinds: dict[int, str] = {}
        for at, counter in counts.items():
            found, times = counter.most_common(1)[0]
            if found != "text" and times >= _ENOUGH and times >= _SHARE * counter.total():
                self.kinds[at] = found

    def contradicts(self, cells: Sequence[str]) -> bool:
        """Whether a cell stands where its kind never stands."""
        return any(at < len(cells) and cells[at].strip() and kind(cells[at]) != k for at, k in self.kinds.items())

    def supports(self, cells: Sequence[str]) -> bool:
        """Whether at least one cell is of its column's kind and none is of another."""
        seen = any(at < len(cells) and cells[at].strip() for at in self.kinds)
        return seen and not self.contradicts(cells)
