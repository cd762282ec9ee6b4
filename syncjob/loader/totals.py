"""Lines of a table that are totals, not contacts (CONTRACT 4).

What enters: a table's trimmed cells and which lines have a readable number. What leaves: which lines are totals.
Promised: a line with a readable number never is one, nor is a line with any text beside its label. A line is a total
when its first text says so (Total, Sum, Gesamt …), all else in it are figures, and a figure in the key's place is the
sum or the count of what stands above it; or when it is the last line, has no
text at all, and each of its figures is such a sum or count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.numbering import Mask, where

_WORDS = (
    "(?:grand |sub|sub-|sub |running |overall |report )?totals?|totaal|sum|sums|summe|gesamt|gesamtsumme|endsumme|"
    "zwischensumme|insgesamt|somme|total général|total general|totale|suma|soma|count|anzahl|average|mean|कुल|कुल योग|योग"
)
_THINGS = "contacts?|records?|rows?|customers?|leads?|entries|people|numbers?|count"
_FIGURE = r"[+-]?(?:[^\pL\pN\s]{0,3}\s?)?[0-9][0-9.,' \x{00a0}]*\s?%?"
_LABEL = rf"(?i)^(?:{_WORDS})(?:\s+(?:of\s+)?(?:{_THINGS}))?\s*[:=–-]?\s*(?:{_FIGURE})?$"
_NUMERIC = rf"^(?:{_FIGURE})?$"
_FEWEST = 3  # lines above a last line of bare figures, so that a sum can be told from chance


def find(cells: Sequence[pa.Array], key: pa.Array, readable: Mask) -> Mask:
    """Which lines are totals. `cells` are the user's columns and `key` the key's, trimmed, "" where empty."""
    totals = np.zeros(len(readable), dtype=bool)
    if not cells or not len(readable):
        return totals
    unread = np.flatnonzero(~readable)
    labelled = np.zeros(len(unread), dtype=bool)
    for column in cells:
        labelled |= where(pc.match_substring_regex(column.take(unread), _LABEL))
    for at in unread[labelled]:
        line = [str(column[int(at)].as_py()) for column in cells]
        totals[at] = _is_labelled(line) and _is_no_number(key, int(at))
    last = len(readable) - 1
    if not readable[last] and not totals[last] and last >= _FEWEST:
        totals[last] = _is_sum(cells, last)
    return totals


def _is_labelled(line: Sequence[str]) -> bool:
    """Every filled cell is a label or a figure, and one is a label."""
    label, figure = re.compile(_python(_LABEL)), re.compile(_python(_NUMERIC))
    texts = [text for text in line if not figure.match(text)]
    return bool(texts) and all(label.match(text) for text in texts)


def _is_no_number(key: pa.Array, at: int) -> bool:
    """The key's cell holds no attempt at a number: it is empty, a label, or sums up what stands above it."""
    text = str(key[at].as_py())
    figure = _figure(text)
    if figure is None:
        return not text or bool(re.match(_python(_LABEL), text))
    return _sums_up(key, at, figure, fewest=1)


def _python(pattern: str) -> str:
    """An RE2 pattern in the words of `re`."""
    return pattern.replace(r"[^\pL\pN\s]", r"[^\w\s]").replace(r"\x{00a0}", "\u00a0")


def _is_sum(cells: Sequence[pa.Array], last: int) -> bool:
    """Whether every figure of the last line is the sum or the count of what stands above it, and there is one."""
    line = [(column, _figure(str(column[last].as_py()))) for column in cells if column[last].as_py()]
    return bool(line) and all(figure is not None and _sums_up(column, last, figure) for column, figure in line)


def _sums_up(column: pa.Array, at: int, figure: float, fewest: int = _FEWEST) -> bool:
    """Whether `figure` is the count or the sum of what stands above line `at`."""
    above = [str(text) for text in column.slice(0, at).to_pylist() if text]
    if len(above) < fewest:
        return False
    figures = [value for value in map(_figure, above) if value is not None]
    return figure == len(above) or (figure != 0 and bool(np.isclose(sum(figures), figure, rtol=1e-9, atol=0.005)))


def _figure(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        return None
