"""Plan + journal → what became of every row and contact. Pure: what was never answered or proven is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import pandas as pd

from syncjob.config.values import Share
from syncjob.loader.table import Loaded
from syncjob.membership import one_each
from syncjob.planner import flat, said_of
from syncjob.plans import Plan
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY, TEXT
from syncjob.words import OUTCOMES as WORDS

BAD = frozenset(code for code, outcome in WORDS.items() if not outcome.good)
OURS_TO_FINISH = frozenset({"failed", "unknown", "not_sent"})
"""Never within `limits.bad_rows` (CONTRACT 9)."""
NOT_READ = "?"
"""In place of the old value of a contact that was changed without being read (`listing: none`)."""
THEIRS_TO_FIX = frozenset({"invalid", "rejected"})


@dataclass(frozen=True)
class Told:
    """The frames of a run as it ended."""

    outcomes: pd.DataFrame
    remote_only: pd.DataFrame
    field_changes: pd.DataFrame


def tell(plan: Plan, changes: pd.DataFrame, why_ended: str) -> Told:
    """Lay what the journal knows of each change (`Journal.frame`) over the plan's frames.

    A change still `sent` is `unknown`; one still `planned` is `not_sent`, because of `why_ended`.
    """
    ended = one_each(_ended(changes, why_ended))
    planned = plan.outcomes.reset_index(drop=True)
    outcomes = _laid_over(plan.outcomes, ended[ended["row_id"] >= 0], "row_id")
    partly = outcomes["outcome"].eq("updated") & outcomes["reason"].isna() & planned["reason"].eq("cannot_empty")
    outcomes.loc[partly, ["reason", "detail"]] = planned.loc[partly, ["reason", "detail"]]
    remote_only = _laid_over(plan.remote_only, ended[ended["row_id"] < 0], "sid")
    return Told(OUTCOMES.shape(outcomes), REMOTE_ONLY.shape(remote_only), _field_changes(ended))


def _ended(changes: pd.DataFrame, why_ended: str) -> pd.DataFrame:
    ended = changes.copy()
    ended["action"] = ended["verb"]
    ended["changes"] = [
        said_of(_fields_of(before, fields)) if verb == "update" else None
        for verb, fields, before in zip(ended["verb"], ended["fields"], ended["before"], strict=True)
    ]
    in_doubt, waiting = ended["state"] == "sent", ended["state"] == "planned"
    replied = ended["replied"].astype("bool")
    for hit, outcome, reason, detail in (
        (in_doubt & ~replied, "unknown", "reply_lost", None),
        (in_doubt & replied, "unknown", "reply_unclear", None),
        (waiting, "not_sent", "run_ended", why_ended),
    ):
        ended.loc[hit, "outcome"] = outcome
        ended.loc[hit, "reason"] = reason
        ended.loc[hit, "detail"] = detail
    return ended


def _fields_of(before: object, fields: str) -> list[tuple[str, str, str]]:
    """(field, old, new) of an update; `before` is missing, or empty, where nothing was known of the contact."""
    if before == "{}":  # it was there, and nobody looked at it
        return [(name, NOT_READ, new) for name, _, new in flat({}, orjson.loads(fields))]
    return flat(orjson.loads(before) if isinstance(before, str) else {}, orjson.loads(fields))


_TOLD = ("outcome", "reason", "detail", "changes", "action", "sid", "code", "request_id", "batch", "attempts", "at")


def _laid_over(frame: pd.DataFrame, ended: pd.DataFrame, key: str) -> pd.DataFrame:
    """`frame` with the columns of `_TOLD` taken from `ended` where it has the key."""
    made = frame.reset_index(drop=True).copy()
    if ended.empty:
        return made
    places = pd.Index(ended[key]).get_indexer(pd.Index(made[key]))
    hit = places >= 0
    for name in _TOLD:
        if name == key:
            continue
        values = ended[name].to_numpy(dtype=object)[places[hit]]
        column = made[name].to_numpy(dtype=object).copy()
        column[hit] = values
        made[name] = pd.Series(column, index=made.index).astype(made[name].dtype)
    return made


def by_number(told: Told, plan: Plan, loaded: Loaded) -> Told:
    """The frames as people read them where numbers are no keys: the key stands as the sid, the number as the number.

    A number is known of a contact that was read, or of a row that names its contact by it.
    """
    if plan.key == "number":
        return told
    images = {sid: orjson.loads(before) for sid, before in zip(plan.table["sid"], plan.table["before"], strict=True)}
    known = {sid: str(image.get("number") or "") for sid, image in images.items()}
    rows = told.outcomes[["row_id"]].merge(loaded.rows[["row_id", "table", "number"]], on="row_id", how="left")
    named = rows["table"].isin([at for at, mapping in enumerate(loaded.mappings) if mapping.key == "number"])
    outcomes = told.outcomes.reset_index(drop=True)
    sid = outcomes["sid"].fillna(outcomes["number"].mask(named))
    number = rows["number"].where(named, sid.map(known)).fillna("")
    outcomes = outcomes.assign(sid=sid.astype(TEXT), number=number.astype(TEXT))
    only = told.remote_only.assign(number=told.remote_only["raw"])
    changes = told.field_changes.assign(number=told.field_changes["sid"].map(known).astype(TEXT))
    return Told(OUTCOMES.shape(outcomes), REMOTE_ONLY.shape(only), FIELD_CHANGES.shape(changes))


def _field_changes(ended: pd.DataFrame) -> pd.DataFrame:
    """Old → new of every update that was sent, with its outcome."""
    lines = []
    names = ("row_id", "sid", "number", "fields", "before", "outcome")
    updates = ended[ended["verb"] == "update"]
    for row_id, sid, number, fields, before, outcome in zip(*(updates[n].tolist() for n in names), strict=True):
        for name, old, new in _fields_of(before, fields):
            lines.append((row_id, sid, number, name, old, new, outcome))
    return FIELD_CHANGES.shape(pd.DataFrame(lines, columns=list(FIELD_CHANGES.columns)))


def exit_code(told: Told, allowed: Share) -> int:
    """0 or 3: whether rows ended bad beyond what `limits.bad_rows` allows (CONTRACT 9)."""
    reasons = pd.concat([told.outcomes[["outcome", "reason"]], told.remote_only[["outcome", "reason"]]])
    bad = reasons[reasons["outcome"].isin(BAD)]
    theirs = bad["outcome"].isin(THEIRS_TO_FIX) | (bad["reason"] == "conflicting_rows")
    follows = bad["reason"] == "unreadable_rows"  # comes of invalid rows, which are counted themselves
    if (~theirs & ~follows).any():
        return 3
    return 3 if int(theirs.sum()) > allowed.of(len(told.outcomes)) else 0


def counts(frame: pd.DataFrame) -> Mapping[str, int]:
    """Outcome → lines."""
    return {str(name): int(count) for name, count in frame["outcome"].value_counts().items()}
