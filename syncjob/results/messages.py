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
from syncjob.texts import Mask, arrow, filled, joined, kinds, one_of
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
    outcome, reason, action = (arrow(outcomes[name]) for name in ("outcome", "reason", "action"))
    bad = ~one_of(outcome, GOOD)
    detail = _details(outcomes, rows)
    known = pc.cast(pc.not_equal(detail, ""), pa.large_string())
    kind, first = kinds([outcome, reason, action, known])
    said = zip(*(column.take(first).to_pylist() for column in (outcome, reason, action, detail)), strict=True)
    texts = [named(template(o, r or "", a or "", d != ""), service).partition(SLOT) for o, r, a, d in said]
    made = pa.array([head for head, _, _ in texts], pa.large_string()).take(pa.array(kind))
    slotted = np.isin(kind, [at for at, (_, slot, _) in enumerate(texts) if slot])
    if slotted.any():
        tails = pa.array([tail for _, _, tail in texts], pa.large_string()).take(pa.array(kind[slotted]))
        whole = joined(made.filter(pa.array(slotted)), detail.filter(pa.array(slotted)), tails)
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


def _details(outcomes: pd.DataFrame, rows: pd.DataFrame) -> pa.Array:
    """The detail; for a row that could not be used, its value where none is given. Long ones are cut."""
    detail = pc.fill_null(arrow(outcomes["detail"]), "")
    invalid = one_of(outcomes["outcome"], ["invalid"])
    if invalid.any():
        untold = pc.and_(pa.array(invalid), pc.equal(detail, ""))
        detail = pc.if_else(untold, pc.fill_null(arrow(rows["value"]), ""), detail)
    long = pc.greater(pc.utf8_length(detail), DETAIL_LENGTH)
    if not pc.any(long).as_py():
        return detail
    return pc.if_else(long, joined(pc.utf8_slice_codeunits(detail, 0, DETAIL_LENGTH), "…"), detail)


def _placed(made: pd.Series[str], rows: pd.DataFrame, bad: Mask) -> pd.Series[str]:
    """ " See cell C12 (Mobile)." behind the message of a bad row whose cell is known."""
    known = bad & filled(rows["column"]).ne("") if bad.any() else bad
    if not known.any():
        return made
    named = rows.loc[known, ["column", "header", "row"]]
    header = filled(named["header"]).str.strip()
    cell = named["column"] + named["row"].astype(TEXT) + (" (" + header + ")").where(header.ne(""), "")
    made = made.copy()
    made[known] = made[known] + " See cell " + cell + "."
    return made
