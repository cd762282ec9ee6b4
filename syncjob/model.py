"""Frozen values that travel between rooms. No rule lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from syncjob.behaviour import Behaviour

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Verb: TypeAlias = Literal["create", "update", "delete"]

VERBS: tuple[Verb, ...] = ("create", "update", "delete")
"""In the order in which they are sent (CONTRACT 7)."""


@dataclass(frozen=True)
class Abilities:
    """What a remote can do. The planner obeys it; nobody asks a remote what class it is."""

    kind: str
    key: str
    verbs: frozenset[Verb]
    fields: tuple[str, ...]
    batch_size: Mapping[Verb, int]
    page_size: int
    repeatable: frozenset[Verb]  # verbs that may be sent twice within a run without harm
    lists: bool = True  # has a listing
    remembered: bool = False  # it is the account's address book, new contacts last: what it showed may be remembered
    counted: bool = True  # every page tells the total; else only the last one does, and the others say -1
    traced: bool = True  # replies carry a request id
    by_listing: tuple[str, ...] = ()  # other keys, which the listing translates into sids
    id_field: str = "sid"  # where a contact of this remote has what names it
    number_field: str = "number"  # and its number
    shown: tuple[str, ...] = ("first_name", "last_name")  # what a person knows it by
    undoable: frozenset[Verb] = frozenset(VERBS)  # what can be put back once it was done
    reasons: Mapping[tuple[Verb, int], str] = field(
        default_factory=dict
    )  # (verb, reply's code) → code of words.REASONS
    instead_of_delete: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # way → the update that stands in
    behaviour: Behaviour = field(default_factory=Behaviour)  # what was proven of this very account


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


@dataclass(frozen=True)
class Batch:
    """Changes of one verb that leave in one request (deletes: one change each)."""

    batch_id: str
    verb: Verb
    changes: tuple[Change, ...]


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
    reason: str = "exists_already"


ReplyKind: TypeAlias = Literal["done", "exists", "gone", "refused", "again", "doubt"]
"""done: 2xx · exists: 409 on create · gone: 404 on update or delete · refused: any other 4xx ·
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
