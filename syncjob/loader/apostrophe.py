"""The apostrophe that keeps a CSV value from becoming a formula (CONTRACT 5, last paragraph).

What enters: cell texts. What leaves: the same with the apostrophe put before, or taken off, exactly where the rule
says: values that start with `=`, `@`, tab or CR, and those that start with `+` or `-` unless a number follows.
Promised: `take(put(text)) == text` for every text that does not itself begin with such an apostrophe.
"""

from __future__ import annotations

import re

_NEEDED = re.compile(r"[=@\t\r]|[+-](?!\d[\d\s().,/-]*\Z)", re.ASCII)
"""After a sign only a whole number (as phones are written) is harmless: `+1+cmd|...` begins with a digit too."""


def needed(text: str) -> bool:
    """Whether a CSV cell with this value must begin with an apostrophe."""
    return _NEEDED.match(text) is not None


def put(text: str) -> str:
    """`text` as it is written to a CSV file."""
    return "'" + text if needed(text) else text


def take(text: str) -> str:
    """`text` as it was before `put`."""
    return text[1:] if text.startswith("'") and needed(text[1:]) else text
