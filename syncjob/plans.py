"""The plan as a value: what will be done, to whom, why, at what cost, and what stands against it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import starmap

import orjson
import pandas as pd

from syncjob.model import VERBS, Change, Verb
from syncjob.schema import CHANGES, NAMES
from syncjob.texts import counted
from syncjob.words import TO_DO


@dataclass(frozen=True)
class Refusal:
    """A guard's no: its code, the figures against the limit, the key to turn, and the first rows it is about."""

    code: str
    figures: str
    setting: str
    examples: tuple[str, ...] = ()
    final: bool = False  # can't be overridden


@dataclass(frozen=True)
class Figures:
    """What percentages are taken of (contacts)."""

    existing: int = 0  # all there are
    touchable: int = 0  # those the job's rows name, and the leftovers that its settings reach
    compared: int = 0  # rows that were compared with a contact
    partly: bool = False  # without a listing: only what the rows name was read, so shares mean nothing


@dataclass(frozen=True)
class Cost:
    """What is still to be spent: requests, and minutes at the rate in force (NaN-free; 0.0 where no rate is set)."""

    requests: int
    minutes: float
    by: Mapping[str, int] = field(default_factory=dict)  # tail, creates, updates, deletes


@dataclass(frozen=True)
class Plan:
    """All decisions of a run.

    `table` holds the changes (schema.CHANGES), `outcomes` one line per row (schema.OUTCOMES; rows with a change are
    `planned`), `remote_only` the leftover contacts (schema.REMOTE_ONLY), `field_changes` old → new.
    """

    plan_id: str
    job: str
    account: str
    kind: str
    made: str  # local time with zone, ISO
    sources: tuple[str, ...]
    listing: str  # how and when the remote was read, and what it cost
    figures: Figures
    total: int
    partial: str | None
    table: pd.DataFrame
    outcomes: pd.DataFrame
    remote_only: pd.DataFrame
    field_changes: pd.DataFrame
    cost: Cost
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    key: str = "number"  # what contacts are told apart by; where it is another, `table` has it in `number`
    service: str = "Exotel"  # what people call the remote
    spelled: bool = False  # at a terminal deletes are confirmed by typing what goes, not how much goes

    @property
    def counts(self) -> dict[str, int]:
        """Changes by verb, and rows without a change by outcome."""
        found = counted(self.table["verb"])
        told = [verb for verb in VERBS if verb in found or verb in ("create", "update", "delete")]
        rows = counted(self.outcomes["outcome"])
        rows.pop("planned", None)
        return {**{verb: found.get(verb, 0) for verb in told}, **rows}

    @property
    def to_do(self) -> list[tuple[int, str]]:
        """How many changes of which kind, in words. Of a list, to make a contact is told only where there is one."""
        of_list = self.kind == "exotel_list"
        usual = ("add", "remove") if of_list else ("create", "update", "delete")
        words = {**TO_DO, "create": "to add to the address book first"} if of_list else TO_DO
        counts = self.counts
        return [(counts.get(verb, 0), words[verb]) for verb in TO_DO if counts.get(verb) or verb in usual]

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over every change: an override of a guard holds for this very plan (CONTRACT 7)."""
        return fingerprint(self.table)

    def changes(self, verb: Verb | None = None) -> Iterator[Change]:
        """Every change as a value, or those of one verb."""
        table = self.table if verb is None else self.table[self.table["verb"] == verb]
        return changes_of(table)


def changes_of(table: pd.DataFrame) -> Iterator[Change]:
    """The lines of a CHANGES frame as values."""
    return starmap(change_of, zip(*(table[name].tolist() for name in CHANGES.columns), strict=True))


def change_of(
    change_id: int, verb: Verb, row_id: int, number: object, sid: object, fields: object, before: object
) -> Change:
    """One line of a CHANGES frame as a value; what is missing may be NaN or None."""
    return Change(
        change_id,
        verb,
        row_id,
        number if isinstance(number, str) else "",
        sid if isinstance(sid, str) else None,
        orjson.loads(fields) if isinstance(fields, str) else {},
        orjson.loads(before) if isinstance(before, str) else {},
    )


def fingerprint(table: pd.DataFrame) -> str:
    """See `Plan.fingerprint`; independent of the order of the changes."""
    parts = (table[name].fillna("").tolist() for name in ("verb", "number", "sid", "fields"))
    found = hashlib.sha256()
    for at, line in enumerate(sorted("\x1f".join(line) for line in zip(*parts, strict=True))):
        found.update((f"\x1e{line}" if at else line).encode())
    return found.hexdigest()[:12]


def who(before: str) -> str:
    """Whom a before-image is of, for people: the name, and the number as the remote shows it."""
    held = orjson.loads(before)
    name = " ".join(str(held[part]) for part in NAMES if held.get(part))
    return " · ".join(text for text in (name, str(held.get("number") or "")) if text)


def label(name: str) -> str:
    """A field as people say it: first_name → First name; custom_field.loyalty → loyalty."""
    if name.startswith("custom_field."):
        return name.removeprefix("custom_field.")
    return name.replace("_", " ").capitalize()
