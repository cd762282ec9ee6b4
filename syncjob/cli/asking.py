"""What is what in a sheet: the columns shown with samples and a guess, and a person's answers.

What enters: the columns of a table, and a way to ask (none without a terminal). What leaves: for each column the
contact field it feeds, or None. Promised: without a person only a field's own name or a known alias counts, and no two
columns feed one field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncjob.config.fields import CONTACT_FIELDS, is_field
from syncjob.config.problems import did_you_mean

if TYPE_CHECKING:
    from syncjob.loader.table import Table

IGNORE = "ignore"
_KNOWN = ("number", *CONTACT_FIELDS, IGNORE)
_SAMPLE_WIDTH = 24

Ask = Callable[[str, str], str]
"""Asks a question with a default; Enter gives the default back."""


@dataclass(frozen=True)
class Seen:
    """One column as a person sees it: letter, header, up to three of its values, and what it probably is."""

    letter: str
    header: str
    samples: tuple[str, ...]
    guess: str | None = None  # by name or alias: certain
    near: str | None = None  # by a similar name: only ever proposed

    @property
    def ours(self) -> bool:
        """Is it a column of a result of ours, fed back?"""
        return self.header.strip().casefold().startswith("sync_")

    def line(self) -> str:
        """The column on one line: letter, header, samples."""
        shown = " · ".join(self.samples) or "(empty)"
        return f"{self.letter:>3}  {self.header or '(no header)':<24}  {shown}"


def seen(table: Table, field_of: Mapping[int, str], near: Mapping[int, str]) -> tuple[Seen, ...]:
    """The columns of `table`, with the fields that `field_of` is sure of and `near` proposes, by position."""
    return tuple(
        Seen(
            column.letter,
            column.header,
            _samples(table.cells[place].head(200).tolist()),
            field_of.get(place),
            near.get(place),
        )
        for place, column in enumerate(table.columns)
    )


def _samples(values: Sequence[object]) -> tuple[str, ...]:
    """The first three different values that say something, cut to a width that fits a line."""
    said = (" ".join(str(value).split()) for value in values)
    different = list(dict.fromkeys(text for text in said if text))[:3]
    return tuple(text if len(text) <= _SAMPLE_WIDTH else f"{text[: _SAMPLE_WIDTH - 1]}…" for text in different)


def settle(columns: Sequence[Seen], ask: Ask | None, say: Callable[[str], None]) -> tuple[str | None, ...]:
    """The contact field of each column, None where it is left out. `say` shows a line; without `ask` guesses stand."""
    taken: dict[str, str] = {}
    named: set[str] = set()
    settled: list[str | None] = []
    for column in columns:
        if column.ours:
            settled.append(None)
            continue
        nameable = bool(column.header.strip()) and column.header not in named
        guess = column.guess if column.guess and column.guess not in taken and nameable else None
        if ask and nameable:
            say(column.line())
            field = _answer(column, guess, taken, ask, say)
        else:
            field = guess
            say(f"{column.line()}  → {field or 'not used'}")
        named.add(column.header)
        if field:
            taken[field] = column.header
        settled.append(field)
    return tuple(settled)


def _answer(
    column: Seen, guess: str | None, taken: Mapping[str, str], ask: Ask, say: Callable[[str], None]
) -> str | None:
    """Ask until the answer can be used."""
    near = column.near if column.near not in taken else None
    while True:
        answer = ask("     is", guess or near or IGNORE).strip()
        field = named_field(answer, column.header)
        if field == IGNORE:
            return None
        if field is None:
            say(f"     That is no field. Fields: {', '.join(_KNOWN)}, custom_field.NAME.{did_you_mean(answer, _KNOWN)}")
        elif field in taken:
            say(f"     {field} is {taken[field]} already; answer ignore here, or start again.")
        else:
            return field


def named_field(answer: str, header: str) -> str | None:
    """The field that an answer means: its name, what people call it, or `custom`; None when it means none."""
    from syncjob.aliases import OTHER_KEYS, field_of

    plain = answer.strip()
    if plain in (*_KNOWN, *OTHER_KEYS) or is_field(plain):
        return plain
    if plain.lower() in ("custom", "own"):
        return f"custom_field.{'_'.join(header.lower().replace('.', ' ').split())}"
    if plain.lower() in ("", "no", "none", "skip", "-", IGNORE):
        return IGNORE
    return field_of(plain)
