"""Who is to be on a list × who is on it, told as changes of membership (CONTRACT 10, `exotel_list`).

The differ and the guards see a list as they see an address book: to create is to join, to delete is to leave. Here that
is put into what is really sent. Enters: what was drafted against the members, and the address book. Leaves: `add` for
who joins, before it `create` for who is not in the address book yet, and `remove` for who leaves and stays in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from syncjob.planner import Drafted, before_images
from syncjob.plans import Figures, Refusal
from syncjob.schema import CHANGES
from syncjob.texts import Mask
from syncjob.words import OUTCOMES

if TYPE_CHECKING:
    from syncjob.differ import Diff

STATIC_LIST = 100_000
DYNAMIC_LIST = 500_000
"""Contacts that a list holds at most (reference: lists, sizes). Which kind a list is, no reply tells."""

_GOOD = frozenset(code for code, outcome in OUTCOMES.items() if outcome.good)


def of_members(diff: Diff) -> Diff:
    """A member is a member whatever the row says of its fields: they are written for new contacts only.

    What is told of contacts that are not there is told of members.
    """
    verdicts = diff.verdicts.copy()
    there = (
        verdicts["sid"].notna() & (verdicts["verdict"] == "skipped") & verdicts["reason"].isin(["mode", "protected"])
    )
    verdicts.loc[there, "verdict"] = "unchanged"
    verdicts.loc[there, ["reason", "detail"]] = None
    verdicts["reason"] = verdicts["reason"].replace({"not_there": "not_on_list", "removed_remotely": "taken_off"})
    return replace(diff, verdicts=verdicts)


def placed(drafted: Drafted, book: pd.DataFrame) -> Drafted:
    """The draft in the verbs of a list. `book` is the address book (schema.CONTACTS), empty when nobody is to join."""
    join, leave = (drafted.table[drafted.table["verb"] == verb] for verb in ("create", "delete"))
    numbers = book["number"].dropna()
    several = join["number"].isin(numbers[numbers.duplicated()])
    known = join["number"].isin(numbers)
    sids = dict(zip(numbers, book["sid"][numbers.index], strict=True))
    add = join[~several].assign(verb="add", fields="{}")
    add["sid"] = add["number"].map(sids).astype("str")
    add["before"] = before_images(add["sid"], book)
    parts = [join[~known], add, leave.assign(verb="remove", fields="{}")]
    table = pd.concat(parts, ignore_index=True)
    table["change_id"] = table.index + 1
    outcomes = _rows(drafted.outcomes, add, set(join["row_id"][~known]))
    _hold(outcomes, join[several], book)
    left = drafted.remote_only.copy()
    left.loc[left["action"] == "delete", "action"] = "remove"
    return Drafted(CHANGES.shape(table), outcomes, left, drafted.field_changes.iloc[:0])


def _rows(outcomes: pd.DataFrame, add: pd.DataFrame, fresh: set[int]) -> pd.DataFrame:
    """The rows as they are told: who joins, whom they mean, and who has to be made a contact first."""
    outcomes = outcomes.copy()
    planned = outcomes["outcome"] == "planned"
    outcomes.loc[planned, "action"] = outcomes.loc[planned, "action"].replace({"create": "add", "delete": "remove"})
    met = dict(zip(add["row_id"], add["sid"], strict=True))
    joins = planned & (outcomes["action"] == "add")
    outcomes.loc[joins, "sid"] = outcomes.loc[joins, "row_id"].map(met).astype("str")
    outcomes.loc[joins & outcomes["row_id"].isin(fresh), "reason"] = "contact_first"
    return outcomes


def _hold(outcomes: pd.DataFrame, rows: pd.DataFrame, book: pd.DataFrame) -> None:
    """Several contacts with one wanted number: which of them should join, nobody can say (CONTRACT 4)."""
    if rows.empty:
        return
    named = book[book["number"].isin(rows["number"])].groupby("number")["sid"].agg(", ".join)
    hit = outcomes["row_id"].isin(rows["row_id"])
    outcomes.loc[hit, ["outcome", "action"]] = ["held", None]
    outcomes.loc[hit, "reason"] = "ambiguous_remote"
    outcomes.loc[hit, "detail"] = outcomes.loc[hit, "number"].map(named)


def as_contacts(table: pd.DataFrame) -> pd.DataFrame:
    """The changes as guards judge them: who joins is new, who leaves goes; to make a contact is part of joining."""
    if not table["verb"].isin(["add", "remove"]).any():
        return table
    judged = table[table["verb"].isin(["add", "remove"])]
    return judged.assign(verb=judged["verb"].map({"add": "create", "remove": "delete"}))


def with_joins(table: pd.DataFrame, refused: pd.Series[bool]) -> pd.Series[bool]:
    """`refused`, and with every contact that is not to be made who would have joined as it."""
    unmade = table["number"][refused & (table["verb"] == "create")]
    return refused | (table["verb"].eq("add") & table["sid"].isna() & table["number"].isin(unmade))


def judge_size(table: pd.DataFrame, figures: Figures) -> tuple[Refusal, ...]:
    """Whether the list would hold more than a list can. Who leaves does so after the others joined, so is counted."""
    joins = int((table["verb"] == "add").sum())
    most = figures.existing + joins
    if not joins or most <= STATIC_LIST:
        return ()
    said = f"{figures.existing:,} members and {joins:,} who join make {most:,}"
    if most > DYNAMIC_LIST:
        return (Refusal("list_full", f"{said}; no list holds more than {DYNAMIC_LIST:,}", "remote.list", final=True),)
    return (Refusal("list_full", f"{said}; a static list holds {STATIC_LIST:,}", "remote.list"),)


def one_each(ended: pd.DataFrame) -> pd.DataFrame:
    """The journal's changes, one for each row: of a row's several steps the first that did not end well, or the last.

    A contact that was made for the list has joined it; that it was made first is the reason told.
    """
    row_ids = ended["row_id"].to_numpy()
    several: Mask = (row_ids >= 0) & pd.Index(row_ids).duplicated(keep=False)
    if not several.any():
        return ended
    steps = ended[several].sort_values("change_id", kind="stable")
    bad = steps[~steps["outcome"].isin(_GOOD)].drop_duplicates("row_id")
    told = pd.concat([bad, steps.drop_duplicates("row_id", keep="last")]).drop_duplicates("row_id")
    made = steps["row_id"][steps["outcome"] == "created"]
    told.loc[told["row_id"].isin(made) & told["outcome"].eq("added") & told["reason"].isna(), "reason"] = (
        "contact_first"
    )
    return pd.concat([ended[~several], told]).sort_values("change_id", kind="stable")
