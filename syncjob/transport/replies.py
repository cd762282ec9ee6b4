"""What one try comes to: a reply as it came, or why there is none and what that proves. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Raw:
    """An HTTP reply as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Proof: TypeAlias = Literal["unreached", "doubt", "hopeless"]
"""unreached: provably never got there · doubt: may have been executed · hopeless: never got there, never will."""


@dataclass(frozen=True)
class Fault:
    """A request without a reply: what that proves, and why in our words."""

    proof: Proof
    words: str


NO_CONNECTION = Fault("unreached", "no connection within the time allowed")
REFUSED = Fault("unreached", "it can't be reached: the name is unknown, or nobody answers there")
UNTRUSTED = Fault("hopeless", "its certificate is not trusted (see REQUESTS_CA_BUNDLE)")
BROKEN_ENCRYPTION = Fault("doubt", "the encrypted connection broke")
NO_REPLY = Fault("doubt", "no reply within the time allowed")
CUT = Fault("doubt", "the connection was cut before a reply came")
BROKEN = Fault("doubt", "the connection broke off during the reply")
TOO_LARGE = Fault("doubt", "the reply is larger than any reply should be")
TOO_SLOW = Fault("doubt", "the reply did not end within the time allowed")
UNREADABLE = Fault("doubt", "the reply can't be read")
UNPACKABLE = Fault("doubt", "the reply is compressed in a way that can't be read")
