"""What the differ is told, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from syncjob.schema import CONTACTS, INT, TEXT, Frame


@dataclass(frozen=True)
class Rules:
    """The job's `sync:` settings (CONTRACT 3), parsed. `whole`: the source states the truth for its job."""

    mode: Literal["upsert", "create", "update", "delete"] = "upsert"
    whole: bool = True
    remote_only: Literal["keep", "report", "mark", "delete"] = "keep"
    mark: str = ""
    owned: Literal["created", "named", "tag", "all"] = "created"
    owned_tag: str = ""
    gone: Literal["skip", "recreate"] = "skip"
    conflict: Literal["hold", "first", "last"] = "hold"
    protect_fields: tuple[str, ...] = ()
    protect_numbers: frozenset[str] = frozenset()
    fill_only: tuple[str, ...] = ()
    unreadable: int = 0
    proven_gone: bool = False  # each contact was asked for by its key, so one that is not there is gone
    clearable: bool = True  # False: this account is proven to take no empty value for a text field


@dataclass(frozen=True)
class Known:
    """What confirmed outcomes of earlier runs taught (CONTRACT 7): memory, never intents.

    `created` and `named` are this job's numbers; `claimed` maps a number to the other job whose last good run names
    it; `differing` maps a number to the fields the remote stored differently, as they were sent (JSON text); `sids`
    maps a number to the contact that was created or named, lest another contact with that number be taken for it.
    """

    created: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    claimed: Mapping[str, str] = field(default_factory=dict)
    differing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sids: Mapping[str, str] = field(default_factory=dict)


VERDICTS = Frame(
    "verdicts",
    {
        "row_id": INT,
        "verdict": TEXT,  # create, update, delete, or an outcome of words.OUTCOMES
        "reason": TEXT,
        "detail": TEXT,
        "number": TEXT,
        "sid": TEXT,  # of the contact it is compared with
        "fields": TEXT,  # JSON object: what would be sent
        "twin": INT,  # the row that carries the outcome of a duplicate; -1
    },
    ("row_id",),
)

LEFTOVERS = Frame(
    "leftovers",
    {**CONTACTS.columns, "verdict": TEXT, "reason": TEXT, "detail": TEXT, "fields": TEXT},
    ("sid",),
)
"""Contacts that no row names, and what is to be done: update (mark), delete, or an outcome."""


@dataclass(frozen=True)
class Diff:
    """One verdict per row and per leftover contact, and the existing side they rest on."""

    verdicts: pd.DataFrame
    leftovers: pd.DataFrame
    existing: pd.DataFrame
