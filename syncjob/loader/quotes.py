"""One line of a delimited file → its fields.

What enters: a line without its newline. What leaves: a `Split`: the fields, and what is wrong with the quotes. Pure.
Promised: what RFC 4180 writers write is read exactly; everything else is named, not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

_BEGINS = ('"', " ")  # of a quoted field
State: TypeAlias = Literal["fine", "literal", "open", "torn"]
"""fine: well formed · literal: a quote inside an unquoted field stands for itself · open: the last field's quote does
not close on this line · torn: quotes stand where none can."""


class Split(NamedTuple):
    """Fields of a line; with state `open` the last one is what follows the opening quote, still escaped."""

    fields: list[str]
    state: State


@dataclass(frozen=True)
class _Patterns:
    """Quoted: a whole quoted field with blanks around. Opening: its begin. Inside: the rest of a line within quotes."""

    quoted: re.Pattern[str]
    opening: re.Pattern[str]
    inside: re.Pattern[str]
    closing: re.Pattern[str]


@lru_cache(maxsize=16)
def _patterns(delimiter: str) -> _Patterns:
    end = rf'" *(?={re.escape(delimiter)}|\Z)'
    body = r'([^"]*+(?:""[^"]*+)*+)'
    return _Patterns(
        re.compile(" *" + '"' + body + end),
        re.compile(r' *"'),
        re.compile(body + r"\Z"),
        re.compile(body + end),
    )


def split(text: str, delimiter: str) -> Split:
    """The fields of a line that begins outside quotes."""
    if '"' not in text:
        return Split(text.split(delimiter), "fine")
    return _scan(text, 0, delimiter, [])


@lru_cache(maxsize=512)
def resume(text: str, delimiter: str) -> Split:
    """The fields of a line that begins inside quotes; the first one continues the field before.

    Remembered, as every line before it whose quote stays open asks again.
    """
    patterns = _patterns(delimiter)
    closing = patterns.closing.match(text)
    if closing is None:
        return Split([text], "open" if patterns.inside.match(text) else "torn")
    if closing.end() == len(text):
        return Split([closing[1]], "fine")
    return _scan(text, closing.end() + len(delimiter), delimiter, [closing[1]])


def unescape(field: str) -> str:
    """What stands between quotes, without the doubling."""
    return field.replace('""', '"')


def rough(text: str, delimiter: str) -> list[str]:
    """Best effort for a damaged line: cut at every delimiter, quotes around fields taken off."""
    return [field.strip().strip('"').replace('""', '"') for field in text.split(delimiter)]


def _scan(text: str, at: int, delimiter: str, fields: list[str]) -> Split:
    patterns = _patterns(delimiter)
    state: State = "fine"
    size = len(text)
    quote = text.find('"', at)
    while quote >= 0:
        begin = text[at : at + 1]
        if begin in _BEGINS and (quoted := patterns.quoted.match(text, at)):
            fields.append(unescape(quoted[1]))
            at = quoted.end()
        elif begin in _BEGINS and (opening := patterns.opening.match(text, at)):
            fields.append(text[opening.end() :])
            return Split(fields, "open" if patterns.inside.match(text, opening.end()) else "torn")
        else:
            end = text.find(delimiter, at)
            end = size if end < 0 else end
            fields.append(text[at:end])
            if quote < end:
                state = "literal"
            at = end
        if at >= size:
            return Split(fields, state)
        at += len(delimiter)
        quote = text.find('"', at) if quote < at else quote
    return Split(fields + text[at:].split(delimiter), state)
