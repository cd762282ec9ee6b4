"""One sentence per row: the plain word, what happened, and what to do. Pure and by whole columns.

All words come from `syncjob.words`; here they are only put together. Rows that share outcome, reason and action share
one template, so a million rows cost a handful of string operations.
"""

from __future__ import annotations

import pandas as pd

from syncjob.schema import TEXT
from syncjob.words import OUTCOMES, REASONS, SLOT, without_slot

__all__ = ["SLOT", "named", "says", "sentences", "template", "without_slot"]

DETAIL_LENGTH = 300
"""A detail longer than this is cut: a message is to be read, the full text stands in its own cell."""

DONE = frozenset({"created", "updated", "deleted", "added", "removed"})
"""Their plain word says everything; no second sentence where there is no reason."""

PLANNED_AS = {
    "create": ", as a new contact.",
    "update": ", as a change.",
    "add": ", to join the list.",
    "remove": ", to leave the list.",
    "delete": ", as a removal.",
}


def sentences(outcomes: pd.DataFrame, rows: pd.DataFrame, service: str) -> pd.Series[str]:
    """`sync_message` for each line of `outcomes`; `rows` (schema.ROWS) is aligned with it; `service`: see `named`."""
    detail = _details(outcomes["detail"], rows)
    keys = outcomes["outcome"] + "|" + outcomes["reason"].fillna("") + "|" + outcomes["action"].fillna("")
    keys += detail.ne("").map({True: "|detail", False: "|"})
    made = pd.Series("", index=outcomes.index, dtype=TEXT)
    for key, lines in keys.groupby(keys, sort=False).groups.items():
        outcome, reason, action, known = str(key).split("|")
        text = named(template(outcome, reason, action, known == "detail"), service)
        head, slot, tail = text.partition(SLOT)
        made.loc[lines] = head + detail.loc[lines] + tail if slot else head
    return made + _places(rows, outcomes["outcome"])


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


def _details(detail: pd.Series[str], rows: pd.DataFrame) -> pd.Series[str]:
    """The detail; for a row that could not be used, its value where none is given. Long ones are cut."""
    known = detail.fillna("")
    value = rows["value"].fillna("").where(rows["outcome"].eq("invalid"), "")
    known = known.where(known.ne(""), value)
    return known.where(known.str.len() <= DETAIL_LENGTH, known.str.slice(0, DETAIL_LENGTH) + "…")


def _places(rows: pd.DataFrame, outcome: pd.Series[str]) -> pd.Series[str]:
    """ " See cell C12 (Mobile)." behind the message of a bad row whose cell is known, else ""."""
    good = [code for code, entry in OUTCOMES.items() if entry.good]
    known = rows["column"].fillna("").ne("") & ~outcome.isin(good)
    header = rows["header"].fillna("").str.strip()
    named = (" (" + header + ")").where(header.ne(""), "")
    said = " See cell " + rows["column"].fillna("") + rows["row"].astype(TEXT) + named + "."
    placed: pd.Series[str] = said.where(known, "").astype(TEXT)
    return placed
