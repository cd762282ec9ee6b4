"""The comparison itself: rows first, then the contacts that no row names."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd

from syncjob.differ.duplicates import settle_duplicates
from syncjob.differ.fields import create_fields, update_fields
from syncjob.differ.rules import LEFTOVERS, VERDICTS, Diff, Known, Rules
from syncjob.schema import TEXT

UNREADABLE = ("number_", "row_damaged", "error_cell", "formula_without_value")
"""Reasons of rows whose number can't be read: such a row may be anybody's (CONTRACT 4)."""


def compare(rows: pd.DataFrame, existing: pd.DataFrame, rules: Rules, known: Known) -> Diff:
    """One verdict per row (VERDICTS) and per leftover contact (LEFTOVERS)."""
    verdicts = _begin(rows)
    settle_duplicates(rows, verdicts, rules)
    _settle_ambiguous(verdicts, existing)
    open_rows = verdicts["verdict"].isna()
    position = _positions(verdicts["number"], existing)
    matched = open_rows & (position >= 0)
    _settle_matched(rows, verdicts, existing, matched, position, rules, known)
    _settle_unmatched(rows, verdicts, open_rows & ~matched, rules, known)
    leftovers = _leftovers(rows, existing, rules, known)
    return Diff(VERDICTS.shape(verdicts), LEFTOVERS.shape(leftovers), existing)


def _begin(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were decided while loading keep their outcome; the others wait for a verdict."""
    verdicts = VERDICTS.shape(rows.rename(columns={"outcome": "verdict"}).assign(twin=-1))
    verdicts["detail"] = rows["value"].astype(TEXT)
    return verdicts


def _positions(numbers: pd.Series, existing: pd.DataFrame) -> pd.Series:
    """For each number, the position in `existing` of the contact that has it; -1: none."""
    index = pd.Index(existing["number"])
    unique = ~index.duplicated() & index.notna()
    found = pd.Index(existing["number"][unique]).get_indexer(pd.Index(numbers))
    places = np.append(np.flatnonzero(unique), -1)[found]
    return pd.Series(np.where(numbers.notna(), places, -1), index=numbers.index)


def _settle_ambiguous(verdicts: pd.DataFrame, existing: pd.DataFrame) -> None:
    """Several contacts with one wanted number: the row is held (CONTRACT 4)."""
    numbers = existing["number"].dropna()
    several = numbers[numbers.duplicated(keep=False)]
    if several.empty:
        return
    hit = verdicts["verdict"].isna() & verdicts["number"].isin(several.unique())
    sids = existing.loc[several.index].groupby("number")["sid"].agg(", ".join)
    verdicts.loc[hit, "verdict"] = "held"
    verdicts.loc[hit, "reason"] = "ambiguous_remote"
    verdicts.loc[hit, "detail"] = verdicts["number"][hit].map(sids).astype(TEXT)


def _settle_matched(
    rows: pd.DataFrame,
    verdicts: pd.DataFrame,
    existing: pd.DataFrame,
    matched: pd.Series,
    position: pd.Series,
    rules: Rules,
    known: Known,
) -> None:
    contacts = existing.iloc[position[matched]]
    verdicts.loc[matched, "sid"] = contacts["sid"].to_numpy()
    if rules.mode == "delete":
        _say(verdicts, matched, "delete")
        _protect_numbers(verdicts, matched, rules)
        return
    bodies, guarded = update_fields(rows[matched], contacts, rules)
    bodies = _as_stored_before(bodies, rows.loc[matched, "number"], known)
    wanted = matched.copy()
    wanted[matched] = bodies.notna().to_numpy()
    verdicts.loc[matched, "fields"] = bodies.to_numpy()
    _say(verdicts, matched & ~wanted, "unchanged")
    only_guarded = matched & ~wanted
    only_guarded[matched] &= guarded.notna().to_numpy()
    _say(verdicts, only_guarded, "skipped", "protected")
    verdicts.loc[only_guarded, "detail"] = guarded[only_guarded[matched].to_numpy()].to_numpy()
    if rules.mode == "create":
        _say(verdicts, wanted, "skipped", "mode", "create")
        verdicts.loc[wanted, "fields"] = None
    else:
        _say(verdicts, wanted, "update")
        _protect_numbers(verdicts, wanted, rules)


def _protect_numbers(verdicts: pd.DataFrame, among: pd.Series, rules: Rules) -> None:
    if rules.protect_numbers:
        hit = among & verdicts["number"].isin(rules.protect_numbers)
        _say(verdicts, hit, "skipped", "protected", "number")
        verdicts.loc[hit, "fields"] = None


def _as_stored_before(bodies: pd.Series, numbers: pd.Series, known: Known) -> pd.Series:
    """Drop fields that were sent just so before and stored differently: not sent again until the sheet changes."""
    if not known.differing:
        return bodies
    made: list[str | None] = []
    for text, number in zip(bodies, numbers, strict=True):
        sent = known.differing.get(number) if isinstance(text, str) else None
        if not sent:
            made.append(text if isinstance(text, str) else None)
            continue
        body = {n: v for n, v in orjson.loads(text).items() if sent.get(n) != (v if isinstance(v, str) else _text(v))}
        made.append(orjson.dumps(body).decode() if body else None)
    return pd.Series(made, index=bodies.index, dtype=TEXT)


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _settle_unmatched(
    rows: pd.DataFrame, verdicts: pd.DataFrame, unmatched: pd.Series, rules: Rules, known: Known
) -> None:
    if rules.mode == "delete":
        _say(verdicts, unmatched, "skipped", "not_there")
        return
    if rules.mode == "update":
        _say(verdicts, unmatched, "skipped", "mode", "update")
        return
    _say(verdicts, unmatched, "create")
    if rules.gone == "skip":
        known_before = known.created | known.named
        gone = unmatched & verdicts["number"].isin(known_before) if known_before else unmatched & False
        _say(verdicts, gone, "skipped", "removed_remotely")
    _protect_numbers(verdicts, verdicts["verdict"] == "create", rules)
    creating = verdicts["verdict"] == "create"
    verdicts.loc[creating, "fields"] = create_fields(rows[creating], rules).to_numpy()


def _leftovers(rows: pd.DataFrame, existing: pd.DataFrame, rules: Rules, known: Known) -> pd.DataFrame:
    """Contacts that no row names, held and invalid rows included: a held row freezes its twin.

    A partial source speaks only for its own rows, and a list of what to delete names all it means.
    """
    if not rules.whole or rules.mode == "delete":
        return LEFTOVERS.empty()
    left = existing[~existing["number"].isin(rows["number"].dropna()) | existing["number"].isna()].copy()
    left["verdict"], left["reason"], left["detail"], left["fields"] = "skipped", "kept", None, None
    if rules.remote_only == "report":
        left["reason"] = "reported"
    if rules.remote_only in ("mark", "delete"):
        _settle_unwanted(left, rows, rules, known)
    return left


def _settle_unwanted(left: pd.DataFrame, rows: pd.DataFrame, rules: Rules, known: Known) -> None:
    """Mark or delete, but for what is not ours, protected, unreadable, or held back; the last word said stands."""
    everything = pd.Series(True, index=left.index)
    verdict = "delete" if rules.remote_only == "delete" else "update"
    _say(left, everything, verdict)
    left["reason"] = left["reason"].where(left["verdict"] != verdict)
    if verdict == "update":
        left["fields"] = orjson.dumps({"tag": rules.mark}).decode()
        _say(left, left["tag"] == rules.mark, "unchanged")
    unreadable = int(_unreadable(rows).sum())
    if unreadable > rules.unreadable:
        _say(left, left["verdict"] == verdict, "held", "unreadable_rows", str(unreadable))
    _say(left, ~_ours(left, rules, known), "skipped", "not_owned")
    claims = left["number"].map(dict(known.claimed)).astype(TEXT)
    _say(left, claims.notna(), "skipped", "claimed")
    left.loc[claims.notna(), "detail"] = claims[claims.notna()]
    _say(left, left["number"].isin(rules.protect_numbers), "skipped", "protected", "number")
    _say(left, left["number"].isna(), "skipped", "remote_number_unreadable")
    left.loc[~left["verdict"].isin(["update"]), "fields"] = None


def _unreadable(rows: pd.DataFrame) -> pd.Series:
    """Rows that may be anybody's."""
    return (
        (rows["outcome"] == "invalid") & rows["number"].isna() & rows["reason"].str.startswith(UNREADABLE).fillna(False)
    )


def _ours(left: pd.DataFrame, rules: Rules, known: Known) -> pd.Series:
    if rules.owned == "all":
        return pd.Series(True, index=left.index)
    if rules.owned == "tag":
        return left["tag"] == rules.owned_tag
    return left["number"].isin(known.created if rules.owned == "created" else known.created | known.named)


def _say(
    frame: pd.DataFrame, hit: pd.Series, verdict: str, reason: str | None = None, detail: str | None = None
) -> None:
    frame.loc[hit, "verdict"] = verdict
    frame.loc[hit, "reason"] = reason
    frame.loc[hit, "detail"] = detail
