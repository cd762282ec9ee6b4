"""What is wrong with a cell or a line, and how columns are called; without any library, for small files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """Something wrong with one cell (or, with `column` -1, one line): a reason code, the text as found, and why."""

    row: int
    column: int
    code: str
    value: str
    detail: str = ""


def letter(column: int) -> str:
    """`A` for 0, `Z` for 25, `AA` for 26."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_of(letters: str) -> int:
    """0 for `A`, 26 for `AA`."""
    at = 0
    for character in letters:
        at = at * 26 + ord(character) - 64
    return at - 1
