"""Lines of a table that are totals, not contacts (CONTRACT 4).

What enters: a table's cells and which lines have a readable number. What leaves: which lines are totals.
Promised: a line with a readable number never is one, nor is a line with any text beside its label. A line is a total
when its first text says so (Total, Sum, Gesamt …), all else in it are figures, and a figure in the key's place is the
sum or the count of what stands above it; or when it is the last line, has no
text at all, and each of its figures is such a sum or count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.numbering import Mask, where
from syncjob.texts import arrow, trimmed

_WORDS = (
    "(?:grand |sub|sub-|sub |running |overall |report )?totals?|totaal|sum|sums|summe|gesamt|gesamtsumme|endsumme|"
    "zwischensumme|insgesamt|somme|total général|total general|totale|suma|soma|count|anzahl|average|mean|कुल|कुल योग|योग"
)
_THINGS = "contacts?|records?|rows?|customers?|leads?|entries|people|numbers?|count"
_FIGURE = r"[+-]?(?:[^\pL\pN\s]{0,3}\s?)?[0-9][0-9.,' \x{00a0}]*\s?%?"
_LABEL = rf"(?i)^(?:{_WORDS})(?:\s+(?:of\s+)?(?:{_THINGS}))?\s*[:=–-]?\s*(?:{_FIGURE})?$"
_NUMERIC = rf"^(?:{_FIGURE})?$"
_FEWEST = 3  # lines above a last line of bare figures, so that a sum can be told from chance


def find(cells: Sequence[pd.Series], key: pd.Series, readable: Mask) -> Mask:
    """Which lines are totals. `cells` are the user's columns and `key` the key's, as found."""
    totals = np.zeros(len(readable), dtype=bool)
    if not cells or not len(readable):
        return totals
    unread = np.flatnonzero(~readable)
    labelled = np.zeros(len(unread), dtype=bool)
    for column in cells:
        labelled |= where(pc.match_substring_regex(_texts(column.iloc[unread]), _LABEL))
    for at in unread[labelled].tolist():
        totals[at] = _is_labelled([_text(column, at) for column in cells]) and _is_no_number(key, at)
    last = len(readable) - 1
    if not readable[last] and not totals[last] and last >= _FEWEST:
        totals[last] = _is_sum(cells, last)
    return totals


def _is_labelled(line: Sequence[str]) -> bool:
    """Every filled cell is a label or a figure, and one is a label."""
    label, figure = re.compile(_python(_LABEL)), re.compile(_python(_NUMERIC))
    texts = [text for text in line if not figure.match(text)]
    return bool(texts) and all(label.match(text) for text in texts)


def _texts(cells: pd.Series) -> pa.Array:
    return trimmed(pc.fill_null(arrow(cells), ""))


def _text(column: pd.Series, at: int) -> str:
    return str(_texts(column.iloc[at : at + 1])[0].as_py())


def _is_no_number(key: pd.Series, at: int) -> bool:
    """The key's cell holds no attempt at a number: it is empty, a label, or sums up what stands above it."""
    text = _text(key, at)
    figure = _figure(text)
    if figure is None:
        return not text or bool(re.match(_python(_LABEL), text))
    return _sums_up(key, at, figure, fewest=1)


def _python(pattern: str) -> str:
    """An RE2 pattern in the words of `re`."""
    return pattern.replace(r"[^\pL\pN\s]", r"[^\w\s]").replace(r"\x{00a0}", "\u00a0")


def _is_sum(cells: Sequence[pd.Series], last: int) -> bool:
    """Whether every figure of the last line is the sum or the count of what stands above it, and there is one."""
    line = [(column, _figure(text)) for column in cells if (text := _text(column, last))]
    return bool(line) and all(figure is not None and _sums_up(column, last, figure) for column, figure in line)


def _sums_up(column: pd.Series, at: int, figure: float, fewest: int = _FEWEST) -> bool:
    """Whether `figure` is the count or the sum of what stands above line `at`."""
    above = [str(text) for text in _texts(column.iloc[:at]).to_pylist() if text]
    if len(above) < fewest:
        return False
    figures = [value for value in map(_figure, above) if value is not None]
    return figure == len(above) or (figure != 0 and bool(np.isclose(sum(figures), figure, rtol=1e-9, atol=0.005)))


def _figure(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        return None
