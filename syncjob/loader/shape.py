"""What a row of a delimited file looks like, and what the careful reader hands on.

What enters: nothing. What leaves: `Shape` (learned from a sample), `Line`, `Record`, `Head`, and `Seen` with
its sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from syncjob.loader.profile import Profile

_LISTED = 5  # rows named in a note


class Line(NamedTuple):
    """A physical line: its text, its newline, and where the next one begins."""

    text: str
    newline: str
    end: int


class Record(NamedTuple):
    """A row: its number, exactly `Shape.width` cells, and when it is damaged why and the text as found."""

    row: int
    cells: list[str]
    why: str = ""
    raw: str = ""


@dataclass
class Shape:
    """What a row of this file looks like.

    `width` counts the header's fields, `usual` those that most lines have. `ragged`: lines often end early. `newline`:
    the one that nearly all lines end with, or "".
    """

    delimiter: str
    width: int
    usual: int
    profile: Profile
    ragged: bool = False
    keys: tuple[int, ...] = ()  # columns whose header names a phone number
    newline: str = ""
    strict: bool = False  # every cell is quoted


@dataclass
class Seen:
    """What was met on the way, told once per file."""

    short: list[int] = field(default_factory=list)
    long: list[int] = field(default_factory=list)
    literal: list[int] = field(default_factory=list)
    cut_off: bool = False

    def notes(self) -> list[str]:
        """Sentences for people."""
        told = (
            (self.short, "Missing last fields in {} count as blank."),
            (self.long, "Blank fields behind the last column in {} were left out."),
            (self.literal, "Quotation marks inside fields in {} were kept as text."),
        )
        notes = [what.format(f"{_count(rows)} ({listed(rows)})") for rows, what in told if rows]
        return [*notes, "The file was cut off: its last line is incomplete."] if self.cut_off else notes


def _count(rows: Sequence[int]) -> str:
    return "1 line" if len(rows) == 1 else f"{len(rows):,} lines"


def listed(rows: Sequence[int]) -> str:
    """`rows 3, 5, 9 …`"""
    shown = ", ".join(str(row) for row in rows[:_LISTED])
    return f"row{'s' if len(rows) > 1 else ''} {shown}{' …' if len(rows) > _LISTED else ''}"


@dataclass
class Head:
    """The header of a text file: its record, where the body begins, and the sheet row there."""

    record: Record
    body: int
    row: int
    above: list[int]
