"""Rows that share a number: identical ones collapse onto the first, others are held or decided by `sync.conflict`."""

from __future__ import annotations

import pandas as pd

from syncjob.differ.rules import Rules
from syncjob.schema import FIELDS

NAMED = 5
"""How many fellow rows a held row names before it says "and N more"."""


def place(row: pd.Series, source: str, sheet: object) -> str:
    """How a row names a fellow: by its number, and by sheet and file where they differ."""
    words = [f"row {row['row']}"]
    if pd.notna(row["sheet"]) and row["sheet"] != sheet:
        words.append(f"of sheet {row['sheet']}")
    if row["source"] != source:
        words.append(f"in {row['source']}")
    return " ".join(words)


def settle_duplicates(rows: pd.DataFrame, verdicts: pd.DataFrame, rules: Rules) -> None:
    """Write the verdict of every good row whose number another good row has too into `verdicts` (in place)."""
    good = rows[rows["outcome"].isna()]
    shared = good[good.duplicated("number", keep=False)]
    for _, group in shared.groupby("number", sort=False):
        first = group.iloc[0]
        same = pd.Series(True, index=group.index) if rules.mode == "delete" else _same_as(group, first)
        if same.all():
            _collapse(group.iloc[1:], first, verdicts)
        elif rules.conflict == "hold":
            _hold(group, verdicts)
        else:
            _choose(group, group.iloc[0 if rules.conflict == "first" else -1], verdicts)


def _same_as(group: pd.DataFrame, row: pd.Series) -> pd.Series:
    same = pd.Series(True, index=group.index)
    for name in FIELDS:
        same &= (group[name] == row[name]) | (group[name].isna() & pd.isna(row[name]))
    return same


def _collapse(others: pd.DataFrame, first: pd.Series, verdicts: pd.DataFrame) -> None:
    for index, row in others.iterrows():
        _say(verdicts, index, "duplicate", "identical_row", place(first, row["source"], row["sheet"]))
        verdicts.loc[[index], "twin"] = first["row_id"]


def _hold(group: pd.DataFrame, verdicts: pd.DataFrame) -> None:
    for index, row in group.iterrows():
        fellows = group[group.index != index]
        named = [place(fellow, row["source"], row["sheet"]) for _, fellow in fellows.head(NAMED).iterrows()]
        more = [f"and {len(fellows) - NAMED} more"] if len(fellows) > NAMED else []
        _say(verdicts, index, "held", "conflicting_rows", ", ".join(named + more))


def _choose(group: pd.DataFrame, chosen: pd.Series, verdicts: pd.DataFrame) -> None:
    same = _same_as(group, chosen)
    for (index, row), is_same in zip(group.iterrows(), same, strict=True):
        if row["row_id"] == chosen["row_id"]:
            continue
        named = place(chosen, row["source"], row["sheet"])
        if is_same:
            _say(verdicts, index, "duplicate", "identical_row", named)
            verdicts.loc[[index], "twin"] = chosen["row_id"]
        else:
            _say(verdicts, index, "skipped", "superseded", named)


def _say(verdicts: pd.DataFrame, index: object, verdict: str, reason: str, detail: str) -> None:
    verdicts.loc[[index], ["verdict", "reason", "detail"]] = [verdict, reason, detail]
