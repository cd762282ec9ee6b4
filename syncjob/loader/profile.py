"""What a column's cells look like, learned from the lines that are surely whole.

What enters: sample lines. What leaves: a `Profile` that says whether another line fits. Promised: it only speaks
where a column is of one kind throughout (phone numbers, addresses of mail, dates, plain numbers, one of few words,
always blank); elsewhere every cell fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

_ENOUGH = 4  # cells seen before a column has a kind
_SHARE = 0.95
_SURE = 10  # cells seen before anything else is held to be true of a column
_ALWAYS = 30  # lines seen before a missing last cell is damage
_NEARLY = 0.98
_FEW = 12  # different texts of a column of words
_LONG_ID = 6
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
    """The kind of every column that has one, and what else is true of nearly all its cells.

    `blank`, `filled`: columns that always are. `words`: the texts of columns that have few. `sizes`: of one length.
    """

    def __init__(self, lines: Sequence[Sequence[str]]) -> None:
        self._seen = len(lines)
        self.kinds: dict[int, str] = {}
        self.blank: set[int] = set()
        self.filled: set[int] = set()
        self.words: dict[int, set[str]] = {}
        self.sizes: dict[int, int] = {}
        for at in range(max(map(len, lines), default=0)):
            self._learn(at, [cells[at].strip() if at < len(cells) else "" for cells in lines])

    def _learn(self, at: int, cells: Sequence[str]) -> None:
        texts = [cell for cell in cells if cell]
        kinds = Counter(map(kind, texts))
        if kinds:
            found, times = kinds.most_common(1)[0]
            if found != "text" and times >= _ENOUGH and times >= _SHARE * len(texts):
                self.kinds[at] = found
        if len(cells) < _SURE:
            return
        if len(texts) <= (1 - _NEARLY) * len(cells):
            self.blank.add(at)
        elif len(texts) >= _NEARLY * len(cells):
            self.filled.add(at)
        if len(texts) < _SURE:
            return
        others = max(1, (1 - _SHARE) * len(texts))
        usual = {text: times for text, times in Counter(texts).items() if times > 1}  # the others may be pieces
        if len(usual) <= _FEW and len(usual) * 4 <= len(texts) and len(texts) - sum(usual.values()) <= others:
            self.words[at] = set(usual)
        size, times = Counter(map(len, texts)).most_common(1)[0]
        if size >= _LONG_ID and len(texts) - times <= others:
            self.sizes[at] = size

    def contradicts(self, cells: Sequence[str]) -> bool:
        """Whether a cell stands where its kind never stands."""
        return any(at < len(cells) and cells[at].strip() and kind(cells[at]) != k for at, k in self.kinds.items())

    def supports(self, cells: Sequence[str]) -> bool:
        """Whether at least one cell is of its column's kind and none is of another."""
        seen = any(at < len(cells) and cells[at].strip() for at in self.kinds)
        return seen and not self.contradicts(cells)

    def early_ends(self, lines: Sequence[Sequence[str]], width: int) -> int:
        """How many lines end early and are at home where they stand; others are pieces, or what is before a piece."""
        home = [not self.kinds or self.supports(cells) for cells in lines]
        whole = [len(cells) >= width or at_home for cells, at_home in zip(lines, home, strict=True)]
        early = [1 < len(cells) < width and at_home for cells, at_home in zip(lines, home, strict=True)]
        return sum(map(all, zip(early, [*whole[1:], True], strict=False)))

    def lacks(self, cells: Sequence[str]) -> bool:
        """Whether a line ends before a column that is never blank."""
        return self._seen >= _ALWAYS and any(at >= len(cells) for at in self.filled)

    def moved(self, cells: Sequence[str], width: int) -> bool:
        """Whether a line of another width than `width` fits better when its cells from some place on are moved: a field
        is missing there, or a delimiter stands in one."""
        here = [self.odd(cell, at) for at, cell in enumerate(cells)]
        if not any(here):
            return False
        by = width - len(cells)
        there = [self.odd(cell, at + by) for at, cell in enumerate(cells)]
        least = cost = sum(there[max(0, -by) :])
        for at in range(min(len(cells), width)):
            after = at - min(by, 0)
            cost += here[at] - (there[after] if after < len(there) else 0)
            least = min(least, cost, *self._mended(cells, here, there, at) if by == -1 else ())
        return least < sum(here[:width])

    def _mended(self, cells: Sequence[str], here: Sequence[bool], there: Sequence[bool], at: int) -> tuple[int, ...]:
        """What is odd when the delimiter behind cell `at` is taken out."""
        if not here[at] or at + 1 >= len(cells):
            return ()
        return (sum(here[:at]) + self.odd(cells[at] + cells[at + 1], at) + sum(there[at + 2 :]),)

    def joins(self, left: str, right: str, at: int, part: Literal["left", "right"]) -> bool:
        """Whether two texts are like the cells of column `at` together, and the part that stands there alone is not."""
        alone = left if part == "left" else right
        if self.odd(left + right, at):
            return False
        return self.odd(alone, at) or (not alone.strip() and bool((left + right).strip()) and at in self.words)

    def odd(self, cell: str, at: int) -> bool:
        """Whether a cell is unlike all others of column `at`."""
        text = cell.strip()
        if not text:
            return at in self.filled
        return (
            at in self.blank
            or self.kinds.get(at, kind(text)) != kind(text)
            or text not in self.words.get(at, (text,))
            or len(text) != self.sizes.get(at, len(text))
        )
