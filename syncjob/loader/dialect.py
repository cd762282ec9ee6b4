"""Which delimiter a text file has.

What enters: the first lines. What leaves: one of comma, semicolon, tab and pipe. The one wins that gives a header we
know, lines of equal width, and cells that are something (a phone number, an address of mail, a date). Promised: a file
of one column is read as one column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from syncjob.loader.marked import marked_lines
from syncjob.loader.profile import is_data, kind
from syncjob.loader.quotes import Split, resume, split, unescape

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SEP = re.compile(r'"?sep=(.)"?[ ,;\t]*\Z', re.IGNORECASE)
_SAMPLE = 300  # lines judged
_HEADERS = 40  # of these the first may be the header
_MAIN = 0.7  # the share of lines from which on their newline is the file's
_STRICT = 0.9
_VOTES = 2000
_ESCAPED = re.compile(rb'\\"')
_ESCAPES = re.compile(rb'\\(["\\\n]|\r\n)')
_RUN = 60  # lines a quoted field of the sample may run over

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
    found = logical(lines, delimiter)
    parsed = [one.fields for one in found if one.state in ("fine", "literal")]
    widths = Counter(len(fields) for fields in parsed)
    if max(widths, default=1) < 2:
        return 0.0
    width, times = max(((w, n) for w, n in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]))
    share = times / max(len(found), 1)
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


def usual_width(found: Sequence[Split]) -> int:
    """The number of fields that most records have; of equals the larger."""
    widths: Counter[int] = Counter()
    for one in found:
        if one.state in ("fine", "literal") and any(one.fields):
            widths[len(one.fields)] += 1
    if not widths:
        return 1
    return max(widths, key=lambda width: (widths[width], width))


def logical(lines: Sequence[str], delimiter: str) -> list[Split]:
    """Sample lines as records: a quoted field that runs over several lines is put together where that works out."""
    found: list[Split] = []
    at = 0
    while at < len(lines):
        one = split(lines[at], delimiter)
        size = 1
        if one.state == "open":
            whole, size = over_lines(lines, at, one, delimiter)
            one = whole or Split(one.fields, "torn")
        found.append(one)
        at += size
    return found


def over_lines(lines: Sequence[str], at: int, begun: Split, delimiter: str) -> tuple[Split | None, int]:
    """The record that begins on line `at` and how many lines it takes; None and 1 when its quote never closes well."""
    fields, part = begun.fields[:-1], [begun.fields[-1]]
    for size in range(1, min(_RUN, len(lines) - at)):
        more = resume(lines[at + size], delimiter)
        if more.state == "torn":
            break
        part.append(more.fields[0])
        if more.state == "open" and len(more.fields) == 1:
            continue
        fields.append(unescape("\n".join(part)))
        if more.state != "open":
            return Split([*fields, *more.fields[1:]], more.state), size + 1
        fields += more.fields[1:-1]
        part = [more.fields[-1]]
    return None, 1


def main_newline(text: bytes) -> str:
    """The newline that nearly all lines end with, or ""."""
    returns = text.count(b"\r")
    pairs = text.count(b"\r\n") if returns else 0
    counts = {"\r\n": pairs, "\n": text.count(b"\n") - pairs, "\r": returns - pairs}
    newline = max(counts, key=lambda sign: counts[sign])
    return newline if counts[newline] >= _MAIN * max(sum(counts.values()), 1) else ""


def unescaped(text: bytes, delimiter: str) -> bytes | None:
    """A file whose quotes are escaped as \\" (as MySQL writes it), with doubled ones instead; None for all others.

    Every line that holds \\" votes: it is well formed in one way and not in the other.
    """
    if b"\\" not in text or b'\\"' not in text:  # one sign is found ten times as fast as two
        return None
    votes = [0, 0]
    for line in islice(marked_lines(text, _ESCAPED), _VOTES):
        doubled = _is_sound(line, delimiter)
        escaped = _is_sound(_plain(line), delimiter)
        votes[0] += doubled and not escaped
        votes[1] += escaped and not doubled
    return _plain(text) if votes[1] > 3 * votes[0] else None


def _is_sound(line: bytes, delimiter: str) -> bool:
    """Whether a line is well formed, by itself or as a later line of a quoted field."""
    text = line.decode("utf-8", "replace")
    return any(way(text, delimiter).state in ("fine", "open") for way in (split, resume))


def _plain(text: bytes) -> bytes:
    return _ESCAPES.sub(lambda match: b'""' if match[1] == b'"' else match[1], text)


def is_strict(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether a program wrote the file that quotes every cell: its lines are never short."""
    whole = [line for line in lines if line.count(delimiter) >= width - 1 > 0]
    quoted = sum(1 for line in whole if line[:1] == line[-1:] == '"' and line.count('"') >= 2 * width)
    return len(whole) > 2 and quoted >= _STRICT * len(whole)


def is_foreign(text: str, delimiter: str, width: int) -> bool:
    """Whether a line without a delimiter was written with another one."""
    for other in DELIMITERS:
        pieces = text.split(other) if other != delimiter else []
        if len(pieces) == width or (len(pieces) > max(2, width // 2) and any(map(is_data, pieces))):
            return True
    return False
