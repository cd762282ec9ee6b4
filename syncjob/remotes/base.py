"""The contract every remote keeps: three methods and a record of abilities.

A remote speaks one service's language. It never waits, retries, batches or writes down anything: `transport` paces and
retries single requests, the executor decides what follows from a reply. All contacts it returns are dicts in the
service's own words; `listing` and `differ` normalise them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from syncjob.model import Abilities, Batch, Json, Page, Reply


class Remote(Protocol):
    """One service. Raises `errors.RemoteRefused` (401, 402, 403) and `errors.CallFailed` with its three kinds."""

    abilities: Abilities

    def page(self, offset: int) -> Page:
        """One page of the listing, from record position `offset`. Past the end: no contacts, never an error."""
        ...

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """One contact as it is now, or None when there is none (404)."""
        ...

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """Send `batch` in one request; exactly one reply per change, in the order of the changes.

        A change that no entry can be attributed to gets the reply `doubt`.
        """
        ...


class ListRemote(Remote, Protocol):
    """A service whose wanted side is who is on one list. `page`, `read` and contacts are those of the address book."""

    sid: str | None  # the list's; None until it was found

    def members(self, offset: int) -> Page:
        """One page of the list's members, as `page` gives one of the address book. `ValueError` before it was found."""
        ...

    def find(self) -> str | None:
        """The sid of the list that the config names, None when there is none. `ConfigError`: several have its name."""
        ...

    def make(self) -> str | None:
        """Make the list; its sid, or None when it is there already."""
        ...

    def on(self, sid: str) -> ListRemote:
        """The same service, speaking of the list with this sid."""
        ...


def list_of(remote: Remote) -> ListRemote | None:
    """`remote` as one that speaks of a list; None when its abilities say that it doesn't."""
    return cast("ListRemote", remote) if remote.abilities.members else None
