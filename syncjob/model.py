"""Frozen values that travel between rooms. No rule lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from syncjob.behaviour import Behaviour

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Verb: TypeAlias = Literal["create", "update", "add", "remove", "delete"]

VERBS: tuple[Verb, ...] = ("create", "update", "add", "remove", "delete")
"""In the order in which they are sent (CONTRACT 7). `add` and `remove` are about a list's members (CONTRACT 10)."""


Mode: TypeAlias = Literal["upsert", "create", "update", "delete"]
RemoteOnly: TypeAlias = Literal["keep", "report", "mark", "delete"]
Reading: TypeAlias = Literal["scan", "cached", "none", "auto"]


@dataclass(frozen=True)
class Abilities:
    """What a remote can do. Config and planner obey it; nobody asks a remote what class it is."""

    kind: str
    key: str
    verbs: frozenset[Verb]
    fields: tuple[str, ...]
    batch_size: Mapping[Verb, int]
    page_size: int
    repeatable: frozenset[Verb]  # verbs that may be sent twice within a run without harm
    lists: bool = True  # has a listing
    members: bool = False  # its wanted side is who is on a list: it offers all of `remotes.base.ListRemote`
    remembered: bool = False  # it is the account's address book, new contacts last: what it showed may be remembered
    counted: bool = True  # every page tells the total; else only the last one does, and the others say -1
    traced: bool = True  # replies carry a request id
    by_listing: tuple[str, ...] = ()  # other keys, which the listing translates into sids
    id_field: str = "sid"  # where a contact of this remote has what names it
    number_field: str = "number"  # and its number
    shown: tuple[str, ...] = ("first_name", "last_name")  # what a person knows it by
    undoable: frozenset[Verb] = frozenset({"create", "update", "delete"})  # what can be put back once it was done
    for_good: str = ""  # what a plan says of changes that can't be put back
    spelled: bool = False  # at a terminal its deletes are confirmed by typing what goes, not how much goes
    service: str = "Exotel"  # what people call it
    address: str = ""  # where it is, if it is not in the config's region
    key_header: str = ""  # the header that carries its API key; else key and token go by HTTP Basic
    needs: tuple[str, ...] = ("account_sid", "api_key", "api_token")  # keys of `remote:` that must be filled in
    modes: tuple[Mode, ...] = ("upsert", "create", "update", "delete")  # of `sync.mode`
    remote_only: tuple[RemoteOnly, ...] = ("keep", "report")  # of `sync.remote_only`
    listing: tuple[Reading, ...] = ("scan", "auto")  # of `remote.listing`; without a listing none is used
    delete_count: int | None = None  # `limits.deletes.count`, where it is not given; None: the usual one
    reasons: Mapping[tuple[Verb, int], str] = field(
        default_factory=dict
    )  # (verb, reply's code) → code of words.REASONS
    instead_of_delete: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # way → the update that stands in
    behaviour: Behaviour = field(default_factory=Behaviour)  # what was proven of this very account

    @property
    def keyed_by_number(self) -> bool:
        """Whether contacts are told apart by their numbers; where not, by their sids."""
        return self.key == "number"

    def usual_reason(self, verb: Verb) -> str | None:
        """The reason code that a success of `verb` has with this remote; None: it needs none."""
        return next((why for (of, code), why in self.reasons.items() if of == verb and 200 <= code <= 299), None)

    def reason_of(self, verb: Verb, code: int, usual: str | None) -> str | None:
        """The reason code for a reply with this code: the remote's own, else the usual one."""
        return self.reasons.get((verb, code), usual)


@dataclass(frozen=True)
class Page:
    """One page of a listing: the contacts as the remote shows them, and how many it says there are (-1: not told)."""

    offset: int
    contacts: tuple[Mapping[str, Json], ...]
    total: int
    request_id: str | None = None


@dataclass(frozen=True)
class Change:
    """One thing to do to one contact. `fields` is what is sent, `before` the contact as last read (empty: none)."""

    change_id: int
    verb: Verb
    row_id: int  # -1: no row stands behind it
    number: str
    sid: str | None
    fields: Mapping[str, Json]
    before: Mapping[str, Json] = field(default_factory=dict)


Contact: TypeAlias = Mapping[str, Json]
"""A contact of the listing: a line of schema.CONTACTS."""


@dataclass(frozen=True)
class Batch:
    """Changes of one verb that leave in one request (deletes: one change each)."""

    batch_id: str
    verb: Verb
    changes: tuple[Change, ...]
    body: bytes | None = field(default=None, repr=False)  # what is sent, where it was written before (Remote.written)


@dataclass(frozen=True)
class Settled:
    """The outcome of one change, as the remote answered or a read proved."""

    change_id: int
    outcome: str
    reason: str | None = None
    detail: str | None = None
    sid: str | None = None
    code: str | None = None
    request_id: str | None = None
    attempts: int = 1


@dataclass(frozen=True)
class Turned:
    """A create that becomes the update of a contact that is there."""

    change_id: int
    sid: str
    fields: Mapping[str, Json]
    before: Mapping[str, Json]
    reason: str | None = "exists_already"


@dataclass(frozen=True)
class Rebased:
    """An update whose contact held something else than was remembered: what it held, and what others wrote, in words.

    With `fields` it is planned again.
    """

    change_id: int
    before: Mapping[str, Json]
    others: str
    fields: Mapping[str, Json] | None


ReplyKind: TypeAlias = Literal["done", "exists", "gone", "refused", "again", "doubt"]
"""done: 2xx · exists: 409 on create or add · gone: 404 on any other, and on add · refused: any other 4xx ·
again: 429 for this row · doubt: 5xx for this row, or no entry that can be attributed to it."""


@dataclass(frozen=True)
class Reply:
    """What the remote said of one change."""

    change_id: int
    kind: ReplyKind
    code: int = 0  # the entry's own code, 0 when there is none
    message: str = ""  # the remote's words: description, else message
    sid: str | None = None
    contact: Mapping[str, Json] | None = None  # the entry's `data` when it is a whole contact
    request_id: str | None = None
    attempts: int = 1
    matched: Literal["sid", "number", "position", "elimination", "alone", "none"] = "none"
