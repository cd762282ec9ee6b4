"""Rows that share a number: identical ones collapse onto the first, others are held or decided by `sync.conflict`.

By whole columns: a sheet that states everything twice takes no longer than any other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from syncjob.differ.rules import Rules
from syncjob.schema import FIELDS, TEXT
from syncjob.texts import repeated

NAMED = 5
"""How many fellow rows a held row names before it says "and N more"."""


def settle_duplicates(rows: pd.DataFrame, verdicts: pd.DataFrame, rules: Rules) -> None:
    """Write the verdict of every good row whose number another good row has too into `verdicts` (in place).

    In mode delete a row says nothing but its number, so all rows of a number are the same.
    """
    shared = rows[repeated(rows["number"], rows["outcome"].isna())]
    if shared.empty:
        return
    group = pd.Series(pd.factorize(shared["number"])[0], index=shared.index)
    content = _contents(shared) if rules.mode != "delete" else group * 0
    chosen = content.groupby(group).transform("last" if rules.conflict == "last" else "first")
    same = content == chosen
    held = ~same.groupby(group).transform("all") if rules.conflict == "hold" else same & False
    _hold(shared[held], group[held], verdicts)
    _collapse(shared[~held], group[~held], same[~held], verdicts)


def _contents(rows: pd.DataFrame) -> pd.Series:
    """A code for each row: equal codes, equal fields. Saying nothing and emptying a field are different things."""
    code = np.zeros(len(rows), dtype=np.int64)
    for name in FIELDS:
        found, values = pd.factorize(rows[name])
        code, _ = pd.factorize(code * (len(values) + 1) + found + 1)
    return pd.Series(code, index=rows.index)


def _collapse(rows: pd.DataFrame, group: pd.Series, same: pd.Series, verdicts: pd.DataFrame) -> None:
    """Rows that are as the chosen one point to the first of these, which carries the outcome; others gave way to it."""
    carriers = rows[same][~group[same].duplicated()].set_index(group[same].drop_duplicates())
    fellow = carriers.loc[group].set_axis(rows.index)
    others = rows["row_id"] != fellow["row_id"]
    _say(verdicts, rows[others & same], "duplicate", "identical_row", _places(fellow, rows))
    _say(verdicts, rows[others & ~same], "skipped", "superseded", _places(fellow, rows))
    twins = fellow["row_id"][others & same]
    verdicts.loc[twins.index, "twin"] = twins


def _hold(rows: pd.DataFrame, group: pd.Series, verdicts: pd.DataFrame) -> None:
    """Each names the first of its fellows."""
    place = group.groupby(group).cumcount()
    first = rows[place <= NAMED]
    fellows: dict[int, list[tuple[int, int, object, str]]] = {}
    columns = (first[name].tolist() for name in ("row_id", "row", "sheet", "source"))
    for of, row_id, row, sheet, source in zip(group[first.index].tolist(), *columns, strict=True):
        fellows.setdefault(of, []).append((row_id, row, sheet, source))
    sizes = group.map(group.value_counts()).tolist()
    details = []
    columns = (rows[name].tolist() for name in ("row_id", "sheet", "source"))
    for of, size, row_id, sheet, source in zip(group.tolist(), sizes, *columns, strict=True):
        others = [fellow for fellow in fellows[of] if fellow[0] != row_id][:NAMED]
        named = [_place(row, its, file, sheet, source) for _, row, its, file in others]
        more = [f"and {size - 1 - NAMED:,} more"] if size - 1 > NAMED else []
        details.append(", ".join(named + more))
    _say(verdicts, rows, "held", "conflicting_rows", pd.Series(details, index=rows.index, dtype=TEXT))


def _place(row: int, sheet: object, source: str, own_sheet: object, own_source: str) -> str:
    """How a row names a fellow: by its number, and by sheet and file where they differ from its own."""
    other_sheet = f" of sheet {sheet}" if isinstance(sheet, str) and sheet != own_sheet else ""
    other_source = f" in {source}" if source != own_source else ""
    return f"row {row}{other_sheet}{other_source}"


def _places(fellows: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """`_place` for columns; `fellows` and `rows` are aligned."""
    sheet = (" of sheet " + fellows["sheet"]).where(fellows["sheet"] != rows["sheet"]).fillna("")
    source = (" in " + fellows["source"]).where(fellows["source"] != rows["source"]).fillna("")
    return "row " + fellows["row"].astype(TEXT) + sheet + source


def _say(verdicts: pd.DataFrame, rows: pd.DataFrame, verdict: str, reason: str, details: pd.Series) -> None:
    verdicts.loc[rows.index, "verdict"] = verdict
    verdicts.loc[rows.index, "reason"] = reason
    verdicts.loc[rows.index, "detail"] = details[rows.index]
