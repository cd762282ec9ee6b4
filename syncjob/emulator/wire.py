"""What crosses the border of the emulator: a request as received, and the reply as it is put on the wire.

Nothing here knows of contacts. A `Reply` says its bytes and also how they are spoilt (cut off, shorter than announced),
so that the function that answers stays a plain function and only `server` touches sockets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Object: TypeAlias = dict[str, Json]

Wire: TypeAlias = Literal["whole", "cut", "reset", "short"]
"""whole: as it should be · cut: the connection closes without a reply · reset: the same, by a TCP reset ·
short: half of the body, though the whole was announced, then the connection closes."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "api-key"})


@dataclass(frozen=True)
class Request:
    """One request as received. Header names are in lower case; of a repeated query parameter the last one counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: tuple[str, int] = ("127.0.0.1", 0)

    @property
    def target(self) -> str:
        """Path and query as one text, the way fault rules match it."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.path}?{query}" if query else self.path

    @property
    def open_headers(self) -> dict[str, str]:
        """The headers without those that carry secrets."""
        return {name: value for name, value in self.headers.items() if name not in SECRET_HEADERS}


@dataclass(frozen=True)
class Reply:
    """One reply. `body` is announced and sent whole unless `wire` says otherwise."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    wire: Wire = "whole"


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """Path and query parameters of a request line's target; blank values are kept."""
    parts = urlsplit(target)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
