"""Where a remote may go: its own paths, and nowhere else (CONTRACT 10).

Enters: a transport, a path prefix, methods. Leaves: the same calls, let through or refused. Promises: what does not
begin with the remote's own prefix, or is done by another method, is a `ValueError` and never leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from syncjob.errors import ConfigError

if TYPE_CHECKING:
    from syncjob.transport import Answer, Transport


class Fence:
    """A transport that reaches `prefix` and what lies one segment below it.

    One prefix for one remote: whatever a sheet or a reply holds, no job on contacts can release a phone number.
    `methods`: those that may be used; by default all that reading and writing contacts takes.
    """

    def __init__(
        self, transport: Transport, prefix: str, methods: tuple[str, ...] = ("GET", "POST", "PUT", "DELETE")
    ) -> None:
        self._transport = transport
        self._methods = methods
        self._inside = re.compile(re.escape(prefix) + r"(/[A-Za-z0-9_-]+)?", re.ASCII)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        repeat: bool,
        check: Callable[[Answer], None] | None = None,
        rows: int = 0,
    ) -> Answer:
        """As `Transport.call`. `ValueError` for a path or a method that is not this remote's."""
        self._check(method, path)
        return self._transport.call(method, path, query=query, body=body, repeat=repeat, check=check, rows=rows)

    def look(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: bytes | None = None
    ) -> Answer:
        """As `Transport.look`. `ValueError` for a path or a method that is not this remote's."""
        self._check(method, path)
        return self._transport.look(method, path, query=query, body=body)

    def _check(self, method: str, path: str) -> None:
        if method not in self._methods or self._inside.fullmatch(path) is None:
            raise ValueError(f"{method} {path} is not for this remote")


def plain(name: str) -> str:
    """`name` as one segment of a path. `ValueError` for what could lead elsewhere."""
    if not is_plain(name):
        raise ValueError(f"{name!r} is no sid")
    return name


def account_in(said: str | None) -> str:
    """What a config names as the account, fit for a path. Raises `ConfigError`."""
    try:
        return plain(said or "")
    except ValueError as error:
        raise ConfigError(
            "remote.account_sid: must be the account's name, as Exotel's API settings show it."
        ) from error


def is_plain(name: str) -> bool:
    """Whether `name` is one segment of a path and nothing else."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name, re.ASCII) is not None
