"""One list of the campaign address book: Exotel's lists API (reference: lists, membership).

Enters: offsets, sids, batches. Leaves: pages of the address book and of the list's members, replies. Promises: speaks
only to `/v2/accounts/{account}/contacts` and `/v2/accounts/{account}/lists`; contacts are spoken of as the address
book's own remote does; who leaves the list by `remove` stays in the address book, only the association goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from syncjob.envelope import count_of, entries_of, metadata_of, read_entry, single_of
from syncjob.errors import CallRefused, ConfigError
from syncjob.matching import match
from syncjob.model import Batch, Json, Page, Reply
from syncjob.remotes.exotel_contacts import (
    BATCH,
    PAGE,
    ExotelContacts,
    check_batch,
    delete_at,
    is_bulk,
    read_page,
    told_alone,
)
from syncjob.remotes.paths import Fence, account_in, plain

if TYPE_CHECKING:
    from syncjob.remotes import RemoteConfig
    from syncjob.transport import Answer, Transport

_SID = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""The sids of lists (reference: identifiers). A list may be named like one, too."""


class ExotelList:
    """One list and the address book behind it, as `remotes.base.ListRemote`.

    `named` is the list's sid or name, as the config gives it; `sid` its sid once that is known.
    """

    abilities = replace(
        ExotelContacts.abilities,
        kind="exotel_list",
        verbs=frozenset({"create", "add", "remove", "delete"}),
        batch_size={"create": BATCH, "add": BATCH, "remove": 1, "delete": 1},
        repeatable=frozenset({"add", "remove", "delete"}),
        undoable=frozenset({"create", "add", "remove", "delete"}),
        needs=("account_sid", "api_key", "api_token", "list"),
        modes=("upsert", "create", "delete"),
        remote_only=("keep", "report", "delete"),
        listing=("scan", "auto"),
        remembered=False,
        members=True,
    )

    def __init__(self, transport: Transport, account_sid: str, named: str, sid: str | None = None) -> None:
        self.sid = sid
        self._open = (transport, account_sid, named)
        self._path = f"/v2/accounts/{plain(account_sid)}/lists"
        self._lists = Fence(transport, self._path, ("GET", "POST"))
        self._book = ExotelContacts(transport, account_sid)
        self.abilities = ExotelList.abilities

    @classmethod
    def from_config(cls, remote: RemoteConfig, transport: Transport) -> ExotelList:
        """By the config's `remote:` group. `ConfigError` without a usable account sid."""
        return cls(transport, account_in(remote.account_sid), remote.list or "")

    def __repr__(self) -> str:
        return f"ExotelList({self._path!r}, {self.sid!r})"

    def on(self, sid: str) -> ExotelList:
        """The same service, speaking of the list with this sid."""
        return ExotelList(*self._open, sid=sid)

    # -- the address book ------------------------------------------------------------------------------------------

    def page(self, offset: int) -> Page:
        """A page of the address book."""
        return self._book.page(offset)

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """A contact of the address book."""
        return self._book.read(sid)

    # -- the list --------------------------------------------------------------------------------------------------

    def members(self, offset: int) -> Page:
        """A page of the list's members, whole contacts. `ValueError` before the list was found."""
        return read_page(*self._inside(), offset, PAGE)

    def find(self) -> str | None:
        """The sid of the list that `named` means, by sid or else by name; None when there is none."""
        named = self._open[2]
        if _SID.fullmatch(named) and self._there(named):
            return named
        found = [sid for name, sid in self._by_name(named) if name == named]
        if len(set(found)) > 1:
            raise ConfigError(
                f"remote.list: {len(set(found))} lists are called {named}: {', '.join(sorted(set(found)))}.",
                advice="Give the sid of the one that is meant.",
            )
        return found[0] if found else None

    def make(self) -> str | None:
        """Make the list; its sid, or None when it is there already: a 409 tells no sid (reference: duplicate name)."""
        body = orjson.dumps({"lists": [{"name": self._open[2]}]})
        try:
            answer = self._lists.call("POST", self._path, body=body, repeat=True, check=_one_entry)
        except CallRefused as refusal:
            if refusal.status == 409:
                return None
            raise
        entry = read_entry((entries_of(answer.json) or [None])[0])
        if entry.done or entry.code == 409:
            return entry.sid if entry.done else None
        raise CallRefused(f"The list could not be made: {entry.words}.", status=entry.code, words=entry.words)

    def written(self, batch: Batch) -> Batch:
        """`batch` with the JSON that `send` sends. `ValueError` for a batch that the abilities forbid."""
        check_batch(batch, self.abilities)
        if batch.verb == "remove":
            return batch
        return replace(batch, body=_references(batch)) if batch.verb == "add" else self._book_now().written(batch)

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """Send `batch` in one request. `ValueError` for a batch that the abilities forbid."""
        check_batch(batch, self.abilities)
        if batch.verb == "remove":
            return (delete_at(*self._inside(), batch.changes[0]),)
        if batch.verb != "add":
            return self._book_now().send(batch)
        try:
            return self._add(batch)
        except CallRefused as refusal:
            if len(batch.changes) > 1 or refusal.status != 409:
                raise
            return (told_alone(batch.changes[0], refusal),)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _add(self, batch: Batch) -> tuple[Reply, ...]:
        """The contacts join by reference. Joining twice is joining, so a lost request may be repeated."""
        fence, path = self._inside()
        answer = fence.call(
            "POST",
            path,
            body=batch.body or _references(batch),
            repeat=True,
            check=is_bulk,
            rows=len(batch.changes),
        )
        entries = entries_of(answer.json) or []
        return match(batch, entries, answer.request_id, answer.attempts, metadata_of(answer.json))

    def _book_now(self) -> ExotelContacts:
        """The address book, knowing of the account what is known by now."""
        self._book.abilities = replace(self._book.abilities, behaviour=self.abilities.behaviour)
        return self._book

    def _inside(self) -> tuple[Fence, str]:
        """The way to the members, and where they are."""
        if self.sid is None:
            raise ValueError("the list was not found yet")
        path = f"{self._path}/{plain(self.sid)}/contacts"
        return Fence(self._open[0], path, ("GET", "POST", "DELETE")), path

    def _there(self, sid: str) -> bool:
        """Whether there is a list with this sid."""

        def whose(answer: Answer) -> None:
            entry = single_of(answer.json)
            if entry is None or not entry.done or entry.sid != sid:
                raise ValueError("it is not the list that was asked for")

        try:
            self._lists.call("GET", f"{self._path}/{sid}", repeat=True, check=whose)
        except CallRefused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def _by_name(self, name: str) -> list[tuple[str, str]]:
        """(name, sid) of all lists that the service finds by `name`, whatever it takes that to mean."""
        found: dict[str, str] = {}
        offset, total = 0, 1
        while offset < total:
            query: dict[str, str | int] = {"limit": PAGE, "offset": offset, "name": name}
            try:
                answer = self._lists.call("GET", self._path, query=query, repeat=True, check=is_bulk)
            except CallRefused as refusal:
                if refusal.status == 404:
                    break
                raise
            lists = [read_entry(entry) for entry in entries_of(answer.json) or []]
            fresh = {each.sid: str(each.data.get("name")) for each in lists if each.sid and each.sid not in found}
            found |= fresh
            if not fresh:
                break
            offset, total = offset + len(lists), count_of(metadata_of(answer.json), "total") or 0
        return [(called, sid) for sid, called in found.items()]


def _references(batch: Batch) -> bytes:
    """The JSON by which contacts join."""
    if not all(change.sid for change in batch.changes):
        raise ValueError("who joins must be a contact")
    return orjson.dumps({"contact_references": [{"contact_sid": change.sid} for change in batch.changes]})


def _one_entry(answer: Answer) -> None:
    if len(entries_of(answer.json) or []) != 1:
        raise ValueError("there is not one entry")
