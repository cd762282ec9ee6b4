"""verdicts + abilities → Plan.

Enters: a Diff, the rows it is about, what the remote can do, and facts for the head of the plan. Leaves: a Plan with
its changes numbered in the order in which they are sent, its cost, and old → new of every field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.differ import Diff
from syncjob.differ.merging import NOTHING, same
from syncjob.model import VERBS, Abilities, Json
from syncjob.plans import Cost, label
from syncjob.schema import CHANGES, FIELD_CHANGES, FIELDS, OUTCOMES, REMOTE_ONLY
from syncjob.texts import arrow, counted, one_of, places, scattered, series

EMPTY = "–"
SHOWN = 60
"""Characters of a value that a line of changes shows."""


@dataclass(frozen=True)
class Drafted:
    """The frames of a plan, before its head is written."""

    table: pd.DataFrame
    outcomes: pd.DataFrame
    remote_only: pd.DataFrame
    field_changes: pd.DataFrame


def draft(diff: Diff, waiting: Sequence[str] = ()) -> Drafted:
    """Changes, outcomes and old → new of everything the diff decided.

    `waiting`: sids whose removal did not fit an earlier run's budget; they come first among the removals.
    """
    table = _changes(diff, waiting)
    field_changes = _field_changes(table)
    said = _said(field_changes)
    outcomes = _outcomes(diff, said)
    remote_only = _remote_only(diff, said)
    return Drafted(table, outcomes, remote_only, field_changes)


def cost(
    table: pd.DataFrame,
    abilities: Abilities,
    batch_size: int,
    rate: float | None,
    *,
    unread: bool = False,
    overwrites: bool = False,
) -> Cost:
    """Requests and minutes to come: the tail, ⌈C/5000⌉ + ⌈U/5000⌉ + D. `rate` is per second, None: no limit.

    `unread`: no listing shows who is there, so the tail is not read either, and with `overwrites` every addition may
    become a change.
    """
    found = counted(table["verb"])
    counts = {verb: found.get(verb, 0) for verb in VERBS if verb in abilities.verbs}
    by = {verb + "s": -(-count // size_of(abilities, verb, batch_size)) for verb, count in counts.items()}
    by["tail"] = 1 if counts.get("create") and abilities.lists and not unread else 0
    if overwrites:
        by["updates"] += by["creates"]
    requests = sum(by.values())
    return Cost(requests, requests / rate / 60 if rate else 0.0, by)


def size_of(abilities: Abilities, verb: str, batch_size: int) -> int:
    """Changes of `verb` in one request: the job's batch size, never above what the remote can take."""
    limits: Mapping[str, int] = {str(name): size for name, size in abilities.batch_size.items()}
    return max(1, min(batch_size, limits.get(verb, 1)))


def _changes(diff: Diff, waiting: Sequence[str]) -> pd.DataFrame:
    rows = diff.verdicts[diff.verdicts["verdict"].isin(VERBS)]
    left = diff.leftovers[diff.leftovers["verdict"].isin(VERBS)]
    both = pd.concat([rows, left.assign(row_id=-1)], ignore_index=True) if len(left) else rows.reset_index(drop=True)
    both["verb"] = both["verdict"]
    both["before"] = before_images(both["sid"], diff.existing)
    rank = both["verb"].map({verb: place for place, verb in enumerate(VERBS)})
    orders = [rank.to_numpy()]
    if waiting:
        turn = {sid: place - len(waiting) for place, sid in enumerate(waiting)}
        turns = both["sid"].map(turn).where(both["verb"].isin(["remove", "delete"])).fillna(0)
        orders.insert(0, turns.to_numpy(dtype="int64"))
    both = both.iloc[np.lexsort(orders)].reset_index(drop=True)
    both["change_id"] = both.index + 1
    return CHANGES.shape(both)


def before_images(sids: pd.Series, existing: pd.DataFrame) -> pd.Series:
    """For each sid, the contact as last read, as JSON text; NaN where there is none."""
    at = places(sids, existing["sid"])
    met = at >= 0
    columns = (existing[name].iloc[at[met]].tolist() for name in ("raw", *FIELDS))
    images = np.full(len(sids), None, dtype=object)
    images[met] = [image(raw, dict(zip(FIELDS, values, strict=True))) for raw, *values in zip(*columns, strict=True)]
    return pd.Series(images, index=sids.index, dtype="str")


def image(raw: str, fields: Mapping[str, str]) -> str:
    """One contact as JSON text; empty fields are left out."""
    body: dict[str, object] = {"number": raw}
    for name, value in fields.items():
        if value:
            body[name] = orjson.Fragment(value) if name == "custom_field" else value
    return orjson.dumps(body).decode()


def _field_changes(table: pd.DataFrame) -> pd.DataFrame:
    lines = []
    columns = (table[name].tolist() for name in ("row_id", "sid", "number", "verb", "fields", "before"))
    for row_id, sid, number, verb, fields, before in zip(*columns, strict=True):
        if verb == "update":
            old, new = orjson.loads(before), orjson.loads(fields)
            lines += [(row_id, sid, number, name, was, now, "planned") for name, was, now in flat(old, new)]
    return FIELD_CHANGES.shape(pd.DataFrame(lines, columns=list(FIELD_CHANGES.columns)))


def flat(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[tuple[str, str, str]]:
    """(field, old, new) for every field of `new`, custom_field key by key; only what differs."""
    found: list[tuple[str, str, str]] = []
    for name, now in new.items():
        was = old.get(name)
        if isinstance(now, dict) and (isinstance(was, dict) or was in NOTHING):
            inner = was if isinstance(was, dict) else {}
            whole: dict[str, Json] = {**dict.fromkeys(inner), **now}  # a key that is left out goes
            found += [(f"{name}.{path}", before, after) for path, before, after in flat(inner, whole)]
        elif text(was) != text(now):
            found.append((name, text(was), text(now)))
        elif text(now) and not same(was, now):  # 1 and "1" look alike unless they are written as JSON
            found.append((name, orjson.dumps(was).decode(), orjson.dumps(now).decode()))
    return found


def text(value: Json) -> str:
    """A value as people read it; nothing is ""."""
    if value is None or value == {}:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def said_of(changes: list[tuple[str, str, str]]) -> str:
    """Old → new in one line: First name: Asha → Aisha; Tag: – → vip."""
    return "; ".join(f"{label(name)}: {_short(was)} → {_short(now)}" for name, was, now in changes)


def _short(value: str) -> str:
    return (value if len(value) <= SHOWN else value[: SHOWN - 1] + "…") or EMPTY


def _said(field_changes: pd.DataFrame) -> dict[str, str]:
    """sid → old → new in one line."""
    lines: dict[str, list[tuple[str, str, str]]] = {}
    columns = (field_changes[name].tolist() for name in ("sid", "field", "old", "new"))
    for sid, name, was, now in zip(*columns, strict=True):
        lines.setdefault(sid, []).append((name, was, now))
    return {sid: said_of(changes) for sid, changes in lines.items()}


def _outcomes(diff: Diff, said: Mapping[str, str]) -> pd.DataFrame:
    verdicts = diff.verdicts
    return OUTCOMES.shape(
        verdicts.drop(columns=["verdict", "fields", "twin"]).assign(**_planned(verdicts, said), attempts=0)
    )


def _remote_only(diff: Diff, said: Mapping[str, str]) -> pd.DataFrame:
    left = diff.leftovers
    if left.empty:
        return REMOTE_ONLY.empty()
    made = left.drop(columns=["verdict", "fields", "created"]).assign(**_planned(left, said), attempts=0)
    return REMOTE_ONLY.shape(made.reset_index(drop=True))


def _planned(decided: pd.DataFrame, said: Mapping[str, str]) -> dict[str, pd.Series[str]]:
    """Outcome, action, and old → new of what is decided; `planned` is what has a verb for its verdict."""
    verdict, nothing = arrow(decided["verdict"]), pa.scalar(None, pa.large_string())
    planned = one_of(verdict, VERBS)
    at = np.flatnonzero(planned)
    sids = zip(at.tolist(), arrow(decided["sid"]).take(at).to_pylist(), strict=True)
    return {
        "outcome": series(pc.if_else(planned, pa.scalar("planned", pa.large_string()), verdict), decided.index),
        "action": series(pc.if_else(planned, verdict, nothing), decided.index),
        "changes": scattered({place: said[sid] for place, sid in sids if sid in said}, decided.index),
    }
