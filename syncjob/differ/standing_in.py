"""Removals for which an update stands in: the contact stays, and gets a state in which it is left alone.

Enters: a Diff, and what to write instead of removing. Leaves: a Diff without removals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson

from syncjob.differ.merging import custom_change
from syncjob.differ.rules import Diff
from syncjob.model import Json
from syncjob.schema import TEXT


def stood_in(diff: Diff, fields: Mapping[str, Json]) -> Diff:
    """`diff` with an update of `custom_field` for every removal; none where the contact is so already."""
    verdicts = diff.verdicts.copy()
    held = verdicts["sid"].map(diff.existing.set_index("sid")["custom_field"]).fillna("")
    wanted = orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS).decode()
    for at in verdicts.index[verdicts["verdict"] == "delete"]:
        change, _ = custom_change(str(held[at]), wanted, (), ())
        verdicts.loc[at, "verdict"] = "update" if change is not None else "unchanged"
        verdicts.loc[at, "fields"] = orjson.dumps({"custom_field": change}).decode() if change is not None else None
    return replace(diff, verdicts=verdicts.astype({"fields": TEXT}))
