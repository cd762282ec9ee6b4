"""The request log: every request received, whatever became of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from syncjob.emulator.wire import Json

KEPT = 200_000
"""Requests remembered; the oldest go first."""


@dataclass(slots=True)
class Entry:
    """One request. `status` is 0 while unanswered and when the connection was cut; `applied` counts what it wrote."""

    call: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # without secrets
    body: Json  # parsed; a text when it is no JSON; None when there is none
    at: float  # by the emulator's clock, Unix seconds
    arrived: float  # monotonic seconds, by the machine
    port: int  # the client's port: one per connection
    status: int = 0
    applied: int = 0
    fault: str | None = None
    request_id: str | None = field(default=None)


class Log:
    """All entries in order of arrival. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def append(self, entry: Entry) -> None:
        """Remember a request; its outcome is filled in later."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __getitem__(self, place: int) -> Entry:
        return self._entries[place]

    def of(self, *calls: str) -> list[Entry]:
        """The requests of these calls: create, update_many, update, delete, page, read …"""
        return [entry for entry in self if entry.call in calls]

    def writes(self) -> list[Entry]:
        """Every request that asked for a write, done or not."""
        return [entry for entry in self if entry.method not in ("GET", "HEAD", "OPTIONS")]

    def applied(self) -> list[Entry]:
        """Every request that wrote something."""
        return [entry for entry in self if entry.applied]

    def show(self) -> list[dict[str, object]]:
        """All entries as plain objects."""
        return [asdict(entry) for entry in self]
