"""What the executor's parts share: the hands it works with, and what is known of the remote by now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncjob.differ import Rules
from syncjob.errors import Interrupted
from syncjob.executor.echo import lines_of
from syncjob.journal import Journal, Settled
from syncjob.listing import Pages, Reader, read_tail
from syncjob.model import Change, Contact, Json, Reply, Turned
from syncjob.remotes.base import Remote

TRIES = 5
"""How often a row that the remote asked to send again is sent (CONTRACT 8)."""


@dataclass(frozen=True)
class Settings:
    """Numbers and rules that the job sets. Times in seconds."""

    batch_size: int = 5000
    concurrency: int = 8
    timeout: float = 60.0  # how long a request may take, so how long a lost one may still be at work
    look_again: float = 3.0  # between two reads that must agree before a create is sent again
    region: str | None = "IN"  # None: the key is no number
    rules: Rules = field(default_factory=Rules)
    blind: bool = False  # nothing was read (listing: none): the replies alone tell who is there
    exact: bool = False  # an update leaves exactly what it sends (undo), so keys of custom_field may have to go


@dataclass
class Work:
    """The state of one execution.

    `known` are the sids proven by the listing or made by us; `total` is where the end of the listing was last seen;
    `newcomers` are contacts of others that appeared since, by number. `affordable` says how many more requests fit the
    budget. `wanted` gives all that a change's row states, where contacts were not read just before. `in_order`: entries
    of replies were seen to stand in the order of their requests.
    """

    remote: Remote
    journal: Journal
    reader: Reader
    known: set[str]
    total: int
    settings: Settings
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    stop: threading.Event = field(default_factory=threading.Event)
    affordable: Callable[[], int] = lambda: 1 << 30
    on_settled: Callable[[str, list[Settled]], None] = lambda _verb, _done: None
    wanted: Callable[[Change], Mapping[str, Json]] | None = None
    tries: Counter[int] = field(default_factory=Counter)
    again_at: dict[int, float] = field(default_factory=dict)  # clock seconds before which a repeat is not sent alone
    unclear: Counter[int] = field(default_factory=Counter)  # replies in which no entry could be attributed to a change
    rechecked: Counter[int] = field(default_factory=Counter)
    in_order: bool = False
    newcomers: dict[str, Contact] = field(default_factory=dict)
    batches: int = 0

    def seconds(self) -> float:
        """Now, as clock seconds."""
        return self.now().timestamp()

    def at(self) -> str:
        """Now, as results show it."""
        return self.now().isoformat(timespec="seconds")

    def check(self) -> None:
        """Raise `Interrupted` when the run was asked to stop."""
        if self.stop.is_set():
            raise Interrupted

    def batch_id(self, verb: str) -> str:
        """The name of the next request."""
        self.batches += 1
        return f"{verb}-{self.batches}"

    def settle(self, outcomes: Iterable[Settled], verb: str, request: int = 0) -> None:
        """Write outcomes down and tell progress."""
        done = list(outcomes)
        self.journal.settle(done, self.at(), request=request, now=self.seconds())
        self.known.update(s.sid for s in done if s.sid and s.outcome == "created")
        self.on_settled(verb, done)

    def write(self, found: Sequence[Settled | Turned], verb: str) -> None:
        """Write down what became of changes: an outcome, or the update that they turn into."""
        done = [each for each in found if isinstance(each, Settled)]
        if done:
            self.settle(done, verb)
        turned = [each for each in found if isinstance(each, Turned)]
        if turned:
            self.journal.turn_all(turned)

    def read_newcomers(self) -> None:
        """Read total and tail again; contacts not known before are `newcomers` from here on."""
        pages = Pages(self.remote.page, self.reader, size=self.remote.abilities.page_size)
        self.total = read_tail(pages, self.known, self.total)
        frame = pages.gather.frame(self.settings.region)
        for contact in lines_of(frame[~frame["sid"].isin(self.known)]):
            number = contact["number"]
            self.newcomers[number if isinstance(number, str) else str(contact["sid"])] = contact

    def look_for(self, changes: Sequence[Change]) -> tuple[list[tuple[Change, Contact]], list[Change]]:
        """Read the end of the listing: those of `changes` whose contacts are there, and those whose are not."""
        self.read_newcomers()
        there, absent = [], []
        for change in changes:
            contact = self.newcomers.get(change.number)
            if contact is None:
                absent.append(change)
            else:
                there.append((change, contact))
        return there, absent


def settled(
    change: Change, reply: Reply, outcome: str, reason: str | None = None, detail: str | None = None
) -> Settled:
    """The outcome of `change` as `reply` tells it; a code is told where it says more than "done"."""
    return Settled(
        change.change_id,
        outcome,
        reason,
        detail,
        reply.sid or change.sid,
        str(reply.code) if reply.code and reply.kind not in ("done", "gone") else None,
        reply.request_id,
        reply.attempts,
    )
