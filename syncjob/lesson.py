"""What a settled run teaches of contacts, and how it is laid over what was known before. Values in, values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.schema import TEXT, Frame
from syncjob.texts import among, arrow, places, series

CONTACT_MEMORY = Frame(
    "contact_memory",
    {
        "number": TEXT,
        "sid": TEXT,
        "created": "bool",  # the job made it
        "named": "bool",  # it was once in the job's whole source
        "last": "bool",  # it was in the last good run
        "differing": TEXT,  # JSON object: fields as sent that the remote stored otherwise; NaN: none
    },
    ("number",),
)


@dataclass(frozen=True)
class Lesson:
    """What a settled run teaches. Frames have `number` and `sid`, and no number twice.

    `differing` maps numbers to fields as sent that the remote stored otherwise, `written` to the names of all fields
    that were written, so that what was true of their earlier values is forgotten.
    """

    created: pd.DataFrame
    present: pd.DataFrame  # confirmed to be there: created, updated or unchanged
    deleted: frozenset[str]
    differing: Mapping[str, Mapping[str, str]]
    good_whole: bool  # live, whole, ended 0 or 3: it moves the baseline
    rows: Mapping[str, int] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()
    written: Mapping[str, frozenset[str]] = field(default_factory=dict)


def taught(lesson: Lesson, old: pd.DataFrame) -> pd.DataFrame:
    """What is known by now of the contacts that the run met.

    What was known before stays known of the same contact only (the sid says so): somebody else's contact with the same
    number does not become ours.
    """
    others = lesson.present[~among(lesson.present["number"], lesson.created["number"])]
    fresh = pd.concat([lesson.created, others], ignore_index=True)
    at = places(fresh["number"], old["number"])
    sids = arrow(old["sid"]).take(pa.array(at, mask=at < 0))
    same = pc.fill_null(pc.equal(sids, arrow(fresh["sid"])), False).to_numpy(zero_copy_only=False)
    before = {name: np.append(old[name].to_numpy(), False)[at] for name in ("created", "named", "last")}
    fresh["created"] = (np.arange(len(fresh)) < len(lesson.created)) | (same & before["created"])
    fresh["named"] = lesson.good_whole | (same & before["named"])
    fresh["last"] = before["last"]
    differing = series(arrow(old["differing"]).take(pa.array(at, mask=~same)))
    fresh["differing"] = _differing(lesson, fresh["number"], differing)
    return CONTACT_MEMORY.shape(fresh)


def _differing(lesson: Lesson, numbers: pd.Series[str], before: pd.Series[str]) -> pd.Series[str]:
    """Field by field: what was stored differently stays known until the field is written again."""
    known = before.notna() | among(numbers, lesson.differing)
    texts = before.copy()
    for at in known.index[known]:
        number, text = numbers[at], before[at]
        fields: dict[str, str] = orjson.loads(text) if isinstance(text, str) else {}
        kept = {name: sent for name, sent in fields.items() if name not in lesson.written.get(number, ())}
        kept |= lesson.differing.get(number, {})
        texts[at] = orjson.dumps(kept).decode() if kept else None
    return texts
