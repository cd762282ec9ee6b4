"""One contact made to be asked about, and every way to ask: replies as they came, the contact as it is read.

Enters: a transport, the number to use, a token that marks the contact as the probe's own. Leaves: what was `Heard`, and
the contact as readers see it. Promises: speaks only to the contacts of the account; tells of every contact that it
made, the moment it learns of it; never touches another contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from syncjob.envelope import Entry, entries_of, error_words, metadata_of, read_entry, single_of
from syncjob.errors import RemoteError, ReplyLost
from syncjob.model import Json
from syncjob.remotes.base import Ground, Hands
from syncjob.remotes.paths import Fence, plain

if TYPE_CHECKING:
    from syncjob.transport import Answer, Transport

MARK = "company_name"
"""The field that holds the token; no question changes it."""

PATIENCE = 30.0
"""Seconds that a write may take until it can be read."""
FIRST_LOOK = 0.05

Row = dict[str, Json]


@dataclass(frozen=True)
class Heard:
    """One reply: HTTP status, and what its body holds."""

    status: int
    json: Json = field(repr=False)

    @property
    def entries(self) -> list[Entry]:
        """The entries of an array, or the only one."""
        several = entries_of(self.json)
        if several is not None:
            return [read_entry(entry) for entry in several]
        one = single_of(self.json)
        return [] if one is None else [one]

    @property
    def counts(self) -> Mapping[str, Json]:
        return metadata_of(self.json)

    @property
    def refused(self) -> bool:
        """Whether the whole request was."""
        return self.status >= 400 and len(self.entries) <= 1

    @property
    def words(self) -> str:
        return error_words(self.json) or f"HTTP {self.status}"

    @property
    def form(self) -> str:
        """array, object, rest or page: how a refusal is written."""
        if not isinstance(self.json, dict):
            return "page"
        if "RestException" in self.json:
            return "rest"
        return "object" if entries_of(self.json) is None else "array"


class Canary:
    """The contact, once `sid` is set."""

    def __init__(self, transport: Transport, ground: Ground, hands: Hands) -> None:
        self._path = f"/v2/accounts/{plain(ground.account_sid)}/contacts"
        self._transport = Fence(transport, self._path)
        self.ground = ground
        self.hands = hands
        self.sid = ""
        self.delay = 0.0
        self._marks = 0

    @property
    def number(self) -> str:
        return self.ground.number

    def create(self, *rows: Row) -> Heard:
        """POST rows, each with the number and the token. Whatever they made is told before this returns."""
        own: Row = {"number": self.number, MARK: self.ground.token}
        heard = self._look("POST", body={"contacts": [{**own, **row} for row in rows]})
        for entry in heard.entries:
            if entry.done and entry.sid:
                self.hands.made(entry.sid)
        return heard

    def update(self, *rows: Row) -> Heard:
        """PUT rows in one request, each of this contact unless it names another sid."""
        return self._look("PUT", body={"contacts": [{"sid": self.sid, **row} for row in rows]})

    def marked(self, row: Row) -> Heard:
        """PUT one row that can be recognised by readers; `held` waits for it."""
        self._marks += 1
        return self.update({**row, "last_name": self.mark})

    @property
    def mark(self) -> str:
        """The last name that the latest `marked` update gave."""
        return f"probe {self._marks}"

    def put(self, body: Row) -> Heard:
        """PUT a body as it is."""
        return self._look("PUT", body=body)

    def page(self, **query: str | int) -> Heard:
        """GET a page."""
        return self._look("GET", query=query)

    def delete(self, sid: str) -> Heard:
        """DELETE one."""
        return _heard(self._transport.look("DELETE", f"{self._path}/{plain(sid)}"))

    def held(self) -> Mapping[str, Json] | None:
        """The contact as readers see it once the latest `marked` update can be seen; None: not within patience."""
        return self._until(lambda contact: not self._marks or contact.get("last_name") == self.mark)

    def settled(self) -> Mapping[str, Json] | None:
        """The contact as readers see it, after as long as writes take to be seen."""
        if self.delay:
            self.hands.wait(2 * self.delay)
        return self._until(lambda _contact: True)

    def await_first(self) -> float | None:
        """Seconds until the contact can be read at all; None: not within patience."""
        began = self.hands.seconds()
        contact = self._until(lambda _contact: True)
        return None if contact is None else self.hands.seconds() - began if self._waited else 0.0

    def _until(self, seen: Callable[[Mapping[str, Json]], bool]) -> Mapping[str, Json] | None:
        pause, self._waited = FIRST_LOOK, 0.0
        while True:
            contact = self._read()
            if contact is not None and seen(contact):
                return contact
            if self._waited > PATIENCE:
                return None
            self.hands.wait(pause)
            self._waited += pause
            pause = min(2 * pause, 2.0)

    def _read(self) -> Mapping[str, Json] | None:
        try:
            heard = _heard(self._transport.look("GET", f"{self._path}/{plain(self.sid)}"))
        except ReplyLost:
            return None
        entry = next(iter(heard.entries), Entry())
        return entry.data if entry.done and entry.sid == self.sid else None

    def _look(self, method: str, *, query: Mapping[str, str | int] | None = None, body: Row | None = None) -> Heard:
        sent = None if body is None else orjson.dumps(body)
        return _heard(self._transport.look(method, self._path, query=query, body=sent))


def _heard(answer: Answer) -> Heard:
    """`ReplyLost` for a success that can't be read: what it says is not known."""
    if answer.status < 400 and answer.json is None and answer.status != 204:
        raise ReplyLost("The remote's reply can't be read.", status=answer.status)
    return Heard(answer.status, answer.json)


class CanaryRefused(RemoteError):
    """The probe can't make its contact, or can't see it."""

    default_code = "refused_by_remote"


def asked(question: Callable[[], None], tries: int = 3) -> bool:
    """Ask until a reply comes; whether one came. A reply that was lost leaves a question open, and nothing worse."""
    for _ in range(tries):
        try:
            question()
        except ReplyLost:
            continue
        return True
    return False


def sids_of(entries: Sequence[Entry]) -> list[str]:
    """The different sids of entries that were done, in their order."""
    return list(dict.fromkeys(entry.sid for entry in entries if entry.done and entry.sid))
