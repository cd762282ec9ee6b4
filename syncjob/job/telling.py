"""Plan + journal → what became of every row and contact. Pure: what was never answered or proven is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.config.values import Share
from syncjob.loader.table import Loaded
from syncjob.membership import one_each
from syncjob.planner import flat, said_of
from syncjob.plans import Plan
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY, TEXT
from syncjob.texts import arrow, frame_of, one_of
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
    of_rows = ended["row_id"].to_numpy() >= 0
    outcomes = _laid_over(plan.outcomes, ended if of_rows.all() else ended[of_rows], "row_id")
    emptied = one_of(plan.outcomes["reason"], ["cannot_empty"])
    if emptied.any():
        partly = emptied & outcomes["outcome"].eq("updated") & outcomes["reason"].isna()
        planned = plan.outcomes.reset_index(drop=True)
        outcomes.loc[partly, ["reason", "detail"]] = planned.loc[partly, ["reason", "detail"]]
    remote_only = _laid_over(plan.remote_only, ended[~of_rows], "sid")
    return Told(OUTCOMES.shape(outcomes), REMOTE_ONLY.shape(remote_only), _field_changes(ended))


def _ended(changes: pd.DataFrame, why_ended: str) -> pd.DataFrame:
    said = [
        said_of(_fields_of(before, fields)) if verb == "update" else None
        for verb, fields, before in zip(*(changes[name].tolist() for name in ("verb", "fields", "before")), strict=True)
    ]
    ended = changes.assign(action=changes["verb"], changes=pd.array(said, dtype=TEXT))
    open_still = one_of(changes["state"], ["sent", "planned"])
    if not open_still.any():
        return ended
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
    if ended.empty or frame.empty:
        return frame.reset_index(drop=True)
    places = pd.Index(ended[key]).get_indexer(pd.Index(frame[key]))
    hit = places >= 0
    known, at = pa.array(hit), pa.array(np.maximum(places, 0))
    made: dict[str, pa.Array | np.ndarray] = {}
    for name, column in ((str(name), frame[name]) for name in frame.columns):
        if name in _TOLD and name != key:
            if column.dtype == TEXT:
                made[name] = pc.if_else(known, arrow(ended[name]).take(at), arrow(column))
            else:
                made[name] = np.where(hit, ended[name].to_numpy()[at], column.to_numpy())
        else:
            made[name] = arrow(column) if column.dtype == TEXT else column.to_numpy()
    return frame_of(made)


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
    updates = np.flatnonzero(one_of(ended["verb"], ["update"]))
    lines: list[tuple[str, str, str]] = []
    of: list[int] = []
    pairs = zip(*(arrow(ended[name]).take(updates).to_pylist() for name in ("before", "fields")), strict=True)
    for at, (before, fields) in zip(updates.tolist(), pairs, strict=True):
        found = _fields_of(before, fields)
        lines += found
        of += [at] * len(found)
    field, old, new = zip(*lines, strict=True) if lines else ((), (), ())
    places = pa.array(of, pa.int64())
    told = {name: arrow(ended[name]).take(places) for name in ("sid", "number", "outcome")}
    changed = {
        name: pa.array(texts, pa.large_string()) for name, texts in (("field", field), ("old", old), ("new", new))
    }
    return FIELD_CHANGES.shape(frame_of({"row_id": ended["row_id"].to_numpy()[of], **told, **changed}))


def exit_code(told: Told, allowed: Share) -> int:
    """0 or 3: whether rows ended bad beyond what `limits.bad_rows` allows (CONTRACT 9)."""
    fixable = 0
    for frame in (told.outcomes, told.remote_only):
        bad = one_of(frame["outcome"], BAD)
        if not bad.any():
            continue
        theirs = bad & (one_of(frame["outcome"], THEIRS_TO_FIX) | one_of(frame["reason"], ["conflicting_rows"]))
        follows = one_of(frame["reason"], ["unreadable_rows"])  # comes of invalid rows, which are counted themselves
        if (bad & ~theirs & ~follows).any():
            return 3
        fixable += int(theirs.sum())
    return 3 if fixable > allowed.of(len(told.outcomes)) else 0


def counts(frame: pd.DataFrame) -> Mapping[str, int]:
    """Outcome → lines."""
    return {str(name): int(count) for name, count in frame["outcome"].value_counts().items()}
