"""Which delimiter a text file has.

What enters: the first lines. What leaves: one of comma, semicolon, tab and pipe. The one wins that gives a header we
know, lines of equal width, and cells that are something (a phone number, an address of mail, a date). Promised: a file
of one column is read as one column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from syncjob.loader.profile import kind
from syncjob.loader.quotes import split

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SEP = re.compile(r'"?sep=(.)"?[ ,;\t]*\Z', re.IGNORECASE)
_SAMPLE = 300  # lines judged
_HEADERS = 40  # of these the first may be the header

Naming = Callable[[str], str | None]


def stated(line: str) -> str | None:
    """The delimiter of Excel's first line `sep=;`."""
    found = _SEP.match(line.lstrip("\ufeff"))
    return found[1] if found else None


def sniff_delimiter(lines: Sequence[str], name_of: Naming) -> str:
    """The delimiter of the file whose first lines are `lines`; `name_of` knows contact headers."""
    sample = [line for line in lines if line.strip()][:_SAMPLE]
    scores = {delimiter: _score(sample, delimiter, name_of) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def _score(lines: Sequence[str], delimiter: str, name_of: Naming) -> float:
    """Known headers count most, then equal widths, then cells of a kind."""
    parsed = [
        found.fields for found in (split(line, delimiter) for line in lines) if found.state in ("fine", "literal")
    ]
    widths = Counter(len(fields) for fields in parsed)
    if max(widths, default=1) < 2:
        return 0.0
    width, times = max(((w, n) for w, n in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]))
    share = times / max(len(lines), 1)
    known = max((_known(fields, name_of) for fields in parsed[:_HEADERS]), default=0)
    if share < 0.2 and known < 2:
        return 0.0
    cells = [cell for fields in parsed if len(fields) == width for cell in fields]
    telling = sum(1 for cell in cells if kind(cell) in ("phone", "email", "date")) / max(len(cells), 1)
    return 2.0 * known + 3.0 * share + 2.0 * telling + min(width, 30) / 100


def _known(fields: Sequence[str], name_of: Naming) -> int:
    if len(fields) < 2:
        return 0
    return len({field for field in map(name_of, fields) if field is not None})


def usual_width(lines: Sequence[str], delimiter: str) -> int:
    """The number of fields that most lines have; of equals the larger."""
    widths: Counter[int] = Counter()
    for line in lines:
        found = split(line, delimiter)
        if line.strip() and found.state in ("fine", "literal"):
            widths[len(found.fields)] += 1
    if not widths:
        return 1
    return max(widths, key=lambda width: (widths[width], width))
