"""How the remote reads a phone number (open question 14 of the documents).

What enters: a text. What leaves: the number as stored and shown, and the key by which it is unique; or nothing, when
the remote refuses it. Deliberately simpler than any client: with a plus any number of E.164's form is taken, local
numbers (ten digits, or a leading zero and ten digits) are taken for Indian ones.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Reading: TypeAlias = Literal["local", "strict", "echo"]

_E164 = re.compile(r"\+(?:91[1-9][0-9]{9}|(?!91)[1-9][0-9]{6,14})", re.ASCII)
_LOCAL = re.compile(r"0?([1-9][0-9]{9})", re.ASCII)


def canonical(text: str) -> str | None:
    """The number in E.164 form, or None when it has neither that form nor a local one."""
    if _E164.fullmatch(text):
        return text
    local = _LOCAL.fullmatch(text)
    return f"+91{local[1]}" if local else None


def read_number(text: str, reading: Reading) -> tuple[str, str] | None:
    """(as shown, unique key) of a number that a client sends, or None: refused."""
    key = canonical(text)
    if key is None or (reading == "strict" and key != text):
        return None
    return (text if reading == "echo" else key), key
