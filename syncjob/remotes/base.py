"""The contract every remote keeps: three methods and a record of abilities.

A remote speaks one service's language. It never waits, retries, batches or writes down anything: `transport` paces and
retries single requests, the executor decides what follows from a reply. All contacts it returns are dicts in the
service's own words; `listing` and `differ` normalise them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from syncjob.model import Abilities, Batch, Json, Page, Reply

if TYPE_CHECKING:
    from syncjob.transport import Transport


class Remote(Protocol):
    """One service. Raises `errors.RemoteRefused` (401, 402, 403) and `errors.CallFailed` with its three kinds."""

    abilities: Abilities

    def page(self, offset: int) -> Page:
        """One page of the listing, from record position `offset`. Past the end: no contacts, never an error."""
        ...

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """One contact as it is now, or None when there is none (404)."""
        ...

    def written(self, batch: Batch) -> Batch:
        """`batch` with its body, where its verb has one: what `send` has written already. Sends nothing."""
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


@dataclass(frozen=True)
class Hands:
    """What is lent to a probe: it neither waits nor keeps anything itself.

    `made` is told the sid of each contact it makes, at once; `find` reads the end of the listing for contacts that are
    the probe's; `wait` takes seconds; `seconds` is a clock that only moves on; `told`: so much done of so much.
    """

    made: Callable[[str], None]
    find: Callable[[], list[Mapping[str, Json]]]
    wait: Callable[[float], None]
    seconds: Callable[[], float]
    told: Callable[[int, int], None]


@dataclass(frozen=True)
class Ground:
    """Where a probe asks: the account, how many contacts there are and their numbers; its own number and mark."""

    account_sid: str
    total: int
    taken: Collection[str]
    number: str
    token: str


class Probe(Protocol):
    """Learns from one contact of its own how an account behaves. `mark`: the field in which its contacts have a token.

    `requests`: what it sends and what for, to be told in advance.
    """

    mark: str
    requests: tuple[tuple[str, str], ...]

    def ask(self, transport: Transport, ground: Ground, hands: Hands) -> dict[str, str]:
        """The answers (behaviour.QUESTIONS), as far as they can be told. Raises what a `Remote` raises."""
        ...
