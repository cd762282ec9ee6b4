"""One sentence per row: the plain word, what happened, and what to do. Pure and by whole columns.

All words come from `syncjob.words`; here they are only put together. Rows that share outcome, reason and action share
one template, so a million rows cost a handful of string operations.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.schema import TEXT
from syncjob.texts import arrow, filled, joined, kinds
from syncjob.words import OUTCOMES, REASONS, SLOT, without_slot

__all__ = ["SLOT", "named", "says", "sentences", "template", "without_slot"]

DETAIL_LENGTH = 300
"""A detail longer than this is cut: a message is to be read, the full text stands in its own cell."""

DONE = frozenset({"created", "updated", "deleted", "added", "removed"})
"""Their plain word says everything; no second sentence where there is no reason."""

GOOD = frozenset(code for code, entry in OUTCOMES.items() if entry.good)

PLANNED_AS = {
    "create": ", as a new contact.",
    "update": ", as a change.",
    "add": ", to join the list.",
    "remove": ", to leave the list.",
    "delete": ", as a removal.",
}


def sentences(outcomes: pd.DataFrame, rows: pd.DataFrame, service: str) -> pd.Series[str]:
    """`sync_message` for each line of `outcomes`; `rows` (schema.ROWS) is aligned with it; `service`: see `named`."""
    bad = ~outcomes["outcome"].isin(GOOD)
    detail = _details(outcomes, rows, bad)
    known = detail.ne("")
    kind, first = kinds([outcomes["outcome"], outcomes["reason"], outcomes["action"], known.astype(TEXT)])
    lines = outcomes.iloc[first]
    said = zip(lines["outcome"], filled(lines["reason"]), filled(lines["action"]), known.iloc[first], strict=True)
    texts = [named(template(*one), service).partition(SLOT) for one in said]
    made = pa.array([head for head, _, _ in texts], pa.large_string()).take(pa.array(kind))
    slotted = np.isin(kind, [at for at, (_, slot, _) in enumerate(texts) if slot])
    if slotted.any():
        tails = pa.array([tail for _, _, tail in texts], pa.large_string()).take(pa.array(kind[slotted]))
        whole = joined(made.filter(pa.array(slotted)), arrow(detail[slotted]), tails)
        made = pc.replace_with_mask(made, pa.array(slotted), whole)
    return _placed(pd.Series(made, index=outcomes.index, dtype=TEXT), rows, bad)


def template(outcome: str, reason: str = "", action: str = "", has_detail: bool = True) -> str:
    """The sentence of a kind of row, with the slot for its detail or, without a detail, made to read well alone."""
    word = OUTCOMES[outcome].word
    if outcome == "duplicate" and has_detail:
        return f"Same as {SLOT}."
    if outcome == "planned" and not reason:
        return word + PLANNED_AS.get(action, ".")
    said = says(reason, has_detail) if reason else _meaning(outcome, has_detail)
    return f"{word}. {said}".strip()


def says(reason: str, has_detail: bool = True) -> str:
    """What happened and what to do, for a reason code. A code the catalogue does not know shows itself."""
    known = REASONS.get(reason)
    if known is None:
        return f"{reason}: {SLOT}." if has_detail else f"{reason}."
    what = known.says if has_detail else without_slot(known.says)
    return f"{what} {known.do}".strip()


def named(text: str, service: str) -> str:
    """`text` with what people call the remote in place of "the remote", and of the usual one."""
    for name in ("The remote", "the remote", "Exotel"):
        text = text.replace(name, service)
    return text


def _meaning(outcome: str, has_detail: bool) -> str:
    if outcome in DONE:
        return SLOT if has_detail else ""
    meaning = OUTCOMES[outcome].meaning
    return f"{meaning} {SLOT}" if has_detail else meaning


def _details(outcomes: pd.DataFrame, rows: pd.DataFrame, bad: pd.Series[bool]) -> pd.Series[str]:
    """The detail; for a row that could not be used, its value where none is given. Long ones are cut."""
    detail = filled(outcomes["detail"])
    invalid = bad & outcomes["outcome"].eq("invalid") & detail.eq("")
    if invalid.any():
        detail = detail.mask(invalid, filled(rows["value"]))
    long = detail.str.len() > DETAIL_LENGTH
    return detail.mask(long, detail.str.slice(0, DETAIL_LENGTH) + "…") if long.any() else detail


def _placed(made: pd.Series[str], rows: pd.DataFrame, bad: pd.Series[bool]) -> pd.Series[str]:
    """ " See cell C12 (Mobile)." behind the message of a bad row whose cell is known."""
    known = bad & filled(rows["column"]).ne("")
    if not known.any():
        return made
    named = rows.loc[known, ["column", "header", "row"]]
    header = filled(named["header"]).str.strip()
    cell = named["column"] + named["row"].astype(TEXT) + (" (" + header + ")").where(header.ne(""), "")
    made = made.copy()
    made[known] = made[known] + " See cell " + cell + "."
    return made
