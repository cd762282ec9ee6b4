"""The lines of a text that hold a mark.

What enters: bytes and a pattern. What leaves: the lines it is found in, without newlines. Promised: time grows with the
bytes, however long the lines are (a pattern for whole lines starts anew at every byte of a line without the mark).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NEWLINE = re.compile(rb"[\r\n]")


def marked_lines(data: bytes, mark: re.Pattern[bytes]) -> Iterator[bytes]:
    """Every line of `data` in which `mark` is found, once, in order."""
    at = 0
    while found := mark.search(data, at):
        start = max(data.rfind(b"\n", at, found.start()), data.rfind(b"\r", at, found.start()))
        newline = _NEWLINE.search(data, found.end())
        end = newline.start() if newline else len(data)
        yield data[start + 1 if start >= 0 else at : end]
        at = end
