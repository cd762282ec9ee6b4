"""The campaign address book: Exotel's contacts API (reference: contacts).

Enters: offsets, sids, batches. Leaves: pages, contacts in the service's own words, replies. Promises: speaks only to
`/v2/accounts/{account}/contacts`; sends texts and objects, never a bare number, null or NaN; a page that contradicts
itself is asked for again like one that never came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

import orjson

from syncjob.behaviour import UNKNOWN, Behaviour
from syncjob.envelope import contact_in, count_of, entries_of, metadata_of, single_of
from syncjob.errors import CallRefused
from syncjob.matching import match
from syncjob.model import Abilities, Batch, Change, Json, Page, Reply, Verb
from syncjob.remotes.paths import Fence, account_in, is_plain, plain
from syncjob.schema import FIELDS

if TYPE_CHECKING:
    from syncjob.remotes import RemoteConfig
    from syncjob.transport import Answer, Transport

BATCH = 5000
"""Contacts in one request at most (reference: create, update many)."""

PAGE = 20
"""Contacts on a page: default and maximum (reference: get many)."""

EMPTY_AFTER = 3
"""A first page that is not found is believed to mean an empty address book when it was said so many times in a row."""

_METHODS: Mapping[Verb, str] = {"create": "POST", "update": "PUT"}


class ExotelContacts:
    """One account's address book, as `remotes.base.Remote`."""

    abilities = Abilities(
        kind="exotel_contacts",
        key="number",
        verbs=frozenset({"create", "update", "delete"}),
        fields=FIELDS,
        batch_size={"create": BATCH, "update": BATCH, "delete": 1},
        page_size=PAGE,
        repeatable=frozenset({"update", "delete"}),
        remote_only=("keep", "report", "mark", "delete"),
        listing=("scan", "cached", "none", "auto"),
        remembered=True,
    )

    def __init__(self, transport: Transport, account_sid: str, page_size: int = PAGE) -> None:
        self._path = f"/v2/accounts/{plain(account_sid)}/contacts"
        self._transport = Fence(transport, self._path)
        self.abilities = replace(ExotelContacts.abilities, page_size=page_size)

    @classmethod
    def from_config(cls, remote: RemoteConfig, transport: Transport) -> ExotelContacts:
        """By the config's `remote:` group. `ConfigError` without a usable account sid."""
        return cls(transport, account_in(remote.account_sid))

    def __repr__(self) -> str:
        return f"ExotelContacts({self._path!r})"

    def page(self, offset: int) -> Page:
        """The page at record position `offset`.

        `total` is -1 where the reply does not tell it: behind the end the service may answer 404, and what a lost page
        looks like is the same. An address book that is not found at all is empty once that was said three times.
        """
        return read_page(self._transport, self._path, offset, self.abilities.page_size)

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """The contact as it is now; None when there is none, by HTTP 404 or by an entry that says 404."""
        if not is_plain(sid):
            return None

        def whose(answer: Answer) -> None:
            entry = single_of(answer.json)
            if entry is None or not entry.done or entry.sid != sid:
                raise ValueError("it is not the contact that was asked for")

        try:
            answer = self._transport.call("GET", self._one(sid), repeat=True, check=whose)
        except CallRefused as refusal:
            if refusal.status == 404:
                return None
            raise
        entry = single_of(answer.json)
        return None if entry is None else entry.data

    def written(self, batch: Batch) -> Batch:
        """`batch` with the JSON that `send` sends. `ValueError` for a batch that the abilities forbid."""
        check_batch(batch, self.abilities)
        if batch.verb == "delete":
            return batch
        return replace(batch, body=body_of(batch, self.abilities.behaviour))

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """Send `batch` in one request. `ValueError` for a batch that the abilities forbid."""
        check_batch(batch, self.abilities)
        if batch.verb == "delete":
            return (delete_at(self._transport, self._path, batch.changes[0]),)
        try:
            return self._send(batch)
        except CallRefused as refusal:
            there = {"create": 409, "update": 404}[batch.verb]
            if len(batch.changes) > 1 or refusal.status != there:
                raise
            return (told_alone(batch.changes[0], refusal),)

    def _send(self, batch: Batch) -> tuple[Reply, ...]:
        answer = self._transport.call(
            _METHODS[batch.verb],
            self._path,
            body=batch.body or body_of(batch, self.abilities.behaviour),
            repeat=batch.verb in self.abilities.repeatable,
            check=is_bulk,
            rows=len(batch.changes),
        )
        entries = entries_of(answer.json) or []
        counts, behaviour = metadata_of(answer.json), self.abilities.behaviour
        return match(batch, entries, answer.request_id, answer.attempts, counts, behaviour)

    def _one(self, sid: str) -> str:
        return f"{self._path}/{plain(sid)}"


def read_page(transport: Fence, path: str, offset: int, size: int) -> Page:
    """The page of contacts at `path` from `offset` on. One that is not found is empty; the first, when said thrice."""
    for _ in range(EMPTY_AFTER if offset == 0 else 1):
        found = _page(transport, path, offset, size)
        if found is not None:
            return found
    return Page(offset, (), 0 if offset == 0 else -1)


def _page(transport: Fence, path: str, offset: int, size: int) -> Page | None:
    """The page, or None when the service says 404."""
    contacts: tuple[Mapping[str, Json], ...] = ()

    def fits(answer: Answer) -> None:
        nonlocal contacts
        contacts = check_page(answer.json, offset, size)

    try:
        answer = transport.call("GET", path, query={"limit": size, "offset": offset}, repeat=True, check=fits)
    except CallRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    total = count_of(metadata_of(answer.json), "total")
    return Page(offset, contacts, -1 if total is None else total, answer.request_id)


def delete_at(transport: Fence, path: str, change: Change) -> Reply:
    """What became of `change` when its contact was deleted below `path`: from the address book, or from a list."""
    if not is_plain(change.sid or ""):
        return Reply(change.change_id, "refused", message="it has no sid that can be named", sid=change.sid)
    try:
        answer = transport.call("DELETE", f"{path}/{plain(change.sid or '')}", repeat=True)
    except CallRefused as refusal:
        return told_alone(change, refusal)
    if answer.json is None:  # 204
        said: Json = {"code": answer.status, "status": "success"}
    else:
        said = answer.json.get("response") if isinstance(answer.json, dict) else None
    entries = said if isinstance(said, list) else [said]
    return match(Batch("", change.verb, (change,)), entries, answer.request_id, answer.attempts)[0]


def told_alone(change: Change, refusal: CallRefused) -> Reply:
    """What the refusal of a request says of the only change in it."""
    entry: dict[str, Json] = {"code": refusal.status, "error_data": {"description": refusal.words}}
    return match(Batch("", change.verb, (change,)), [entry], refusal.request_id, refusal.attempts)[0]


def body_of(batch: Batch, behaviour: Behaviour = UNKNOWN) -> bytes:
    """The JSON of a bulk request: a create names the number, an update the sid and never the number.

    Null leaves only where it is proven to be what empties a field.
    """
    nulls = batch.verb == "update" and behaviour.clears_by == "null"
    contacts: list[Json] = [_written(change, batch.verb, nulls=nulls) for change in batch.changes]
    try:
        return orjson.dumps({"contacts": contacts})
    except TypeError:  # half characters, which no JSON can carry
        return orjson.dumps(_mended({"contacts": contacts}))


def _written(change: Change, verb: Verb, *, nulls: bool) -> dict[str, Json]:
    key: dict[str, Json] = {"number": change.number} if verb == "create" else {"sid": change.sid}
    if not all(isinstance(value, str) and value for value in key.values()):
        raise ValueError(f"change {change.change_id} lacks its {next(iter(key))}")
    if stray := change.fields.keys() - set(FIELDS):
        raise ValueError(f"change {change.change_id} names fields that are not the contact's: {sorted(stray)}")
    said = {name: _value(name, value) for name, value in change.fields.items() if _told(value)}
    if nulls:
        said |= dict.fromkeys((name for name, value in said.items() if value == ""), None)
    return key | said


def _told(value: Json) -> bool:
    """Null and NaN say nothing, so they are not sent: whether null would empty a field is not documented."""
    return value is not None and (not isinstance(value, float) or isfinite(value))


def _value(name: str, value: Json) -> Json:
    """Texts as texts, `custom_field` as an object: one value of another type refuses the whole request."""
    if name == "custom_field":
        found = orjson.loads(value or "{}") if isinstance(value, str) else value
        if not isinstance(found, dict):
            raise ValueError("custom_field is no object")
        return found
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _mended(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {str(_mended(key)): _mended(item) for key, item in value.items()}
    return value


def check_page(json: Json, offset: int, page_size: int) -> tuple[Mapping[str, Json], ...]:
    """The contacts of a page. `ValueError` when it contradicts itself or the question: it may then hide a contact."""
    entries, metadata = entries_of(json), metadata_of(json)
    if entries is None:
        raise ValueError("there is no list of contacts")
    contacts = [contact for contact in map(contact_in, entries) if contact is not None]
    if len(contacts) != len(entries):
        raise ValueError("an entry is no contact")
    if len({str(contact["sid"]) for contact in contacts}) != len(contacts):
        raise ValueError("a contact is on it twice")
    for name, right in (("offset", offset), ("limit", page_size), ("count", len(contacts))):
        if count_of(metadata, name) not in (None, right):
            raise ValueError(f"its {name} says {count_of(metadata, name)}, not {right}")
    total = count_of(metadata, "total")
    if contacts and (total is None or total < offset + len(contacts) or len(contacts) > page_size):
        raise ValueError(f"{len(contacts)} contacts from {offset} on don't fit a total of {total}")
    return tuple(contacts)


def check_batch(batch: Batch, able: Abilities) -> None:
    """`ValueError` for a batch that the abilities forbid."""
    if not 1 <= len(batch.changes) <= able.batch_size.get(batch.verb, 0):
        raise ValueError(f"{len(batch.changes)} changes can't be one request to {batch.verb}")


def is_bulk(answer: Answer) -> None:
    """`ValueError` for a reply without entries."""
    if entries_of(answer.json) is None:
        raise ValueError("there are no entries")
