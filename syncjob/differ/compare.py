"""The comparison itself: rows first, then the contacts that no row names."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from syncjob.differ.duplicates import settle_duplicates
from syncjob.differ.fields import Lines, create_fields, update_fields
from syncjob.differ.rules import LEFTOVERS, VERDICTS, Diff, Known, Rules
from syncjob.schema import FIELDS, TEXT
from syncjob.texts import Mask, among, arrow, places, put, repeated, series


def compare(rows: pd.DataFrame, existing: pd.DataFrame, rules: Rules, known: Known) -> Diff:
    """One verdict per row (VERDICTS) and per leftover contact (LEFTOVERS)."""
    rows, existing = rows.reset_index(drop=True), existing.reset_index(drop=True)
    verdicts = _begin(rows)
    settle_duplicates(rows, verdicts, rules)
    several = repeated(existing["number"])
    _settle_ambiguous(verdicts, existing[several])
    open_rows = verdicts["verdict"].isna()
    position = _positions(verdicts["number"], existing)
    matched = open_rows & (position >= 0)
    _settle_matched(rows, verdicts, existing, matched, position, rules, known)
    _settle_unmatched(rows, verdicts, open_rows & ~matched, rules, known)
    leftovers = _leftovers(rows, existing, _named(existing, several, position), rules, known)
    return Diff(VERDICTS.shape(verdicts), LEFTOVERS.shape(leftovers), existing)


def _begin(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were decided while loading keep their outcome; the others wait for a verdict."""
    verdicts = VERDICTS.shape(rows.rename(columns={"outcome": "verdict"}).assign(twin=-1))
    verdicts["detail"] = rows["value"].astype(TEXT)
    return verdicts


def _positions(numbers: pd.Series, existing: pd.DataFrame) -> pd.Series:
    """For each number, the position in `existing` of the contact that has it; -1: none."""
    return pd.Series(places(numbers, existing["number"]), index=numbers.index)


def _named(existing: pd.DataFrame, several: Mask, position: pd.Series) -> Mask:
    """Which contacts the rows name: those at `position`, and others (of `several`) with the number of one of them."""
    named = np.zeros(len(existing), dtype=np.bool_)
    named[position[position >= 0]] = True
    named[several] = among(existing["number"][several], existing["number"][named & several])
    return named


def _settle_ambiguous(verdicts: pd.DataFrame, several: pd.DataFrame) -> None:
    """Several contacts with one wanted number: the row is held (CONTRACT 4)."""
    if several.empty:
        return
    sids: dict[str, list[str]] = {}
    for number, sid in zip(several["number"].tolist(), several["sid"].tolist(), strict=True):
        sids.setdefault(number, []).append(sid)
    hit = verdicts["verdict"].isna() & among(verdicts["number"], sids)
    _say(verdicts, hit, "held", "ambiguous_remote")
    verdicts.loc[hit, "detail"] = [", ".join(sids[number]) for number in verdicts["number"][hit]]


def _settle_matched(
    rows: pd.DataFrame,
    verdicts: pd.DataFrame,
    existing: pd.DataFrame,
    matched: pd.Series,
    position: pd.Series,
    rules: Rules,
    known: Known,
) -> None:
    """Rows with one contact: an update of what differs, or why there is none."""
    at = pa.array(position.to_numpy(), mask=~matched.to_numpy())
    verdicts["sid"] = series(arrow(existing["sid"]).take(at), verdicts.index)
    if rules.mode == "delete":
        _say(verdicts, matched, "delete")
        _protect_numbers(verdicts, matched, rules)
        return
    contacts = Lines(existing, position[matched].to_numpy())
    bodies, left = update_fields(Lines(rows, np.flatnonzero(matched)), contacts, rules)
    bodies, settled = _as_stored_before(bodies, rows.loc[matched, "number"], known)
    _say(verdicts, matched, "unchanged")
    for notes, verdict, reason in (
        (settled, "unchanged", "stored_differently"),
        (left.guarded, "skipped", "protected"),
        (left.stuck, "skipped", "cannot_empty"),
    ):
        said = notes.dropna()
        if len(said):
            verdicts.loc[said.index, ["verdict", "reason"]] = [verdict, reason]
            verdicts.loc[said.index, "detail"] = said
    differ = matched.copy()
    differ[matched] = bodies.notna()
    if rules.mode == "create":
        _say(verdicts, differ, "skipped", "mode", "create")
        return
    partly = left.stuck[differ[matched]].dropna()
    _say(verdicts, differ, "update")
    if len(partly):
        verdicts.loc[partly.index, "reason"], verdicts.loc[partly.index, "detail"] = "cannot_empty", partly
    verdicts.loc[differ, "fields"] = bodies.dropna()
    _protect_numbers(verdicts, differ, rules)


def _protect_numbers(verdicts: pd.DataFrame, chosen: pd.Series, rules: Rules) -> None:
    if rules.protect_numbers:
        hit = chosen & among(verdicts["number"], rules.protect_numbers)
        _say(verdicts, hit, "skipped", "protected", "number")
        verdicts.loc[hit, "fields"] = None


def _as_stored_before(bodies: pd.Series, numbers: pd.Series, known: Known) -> tuple[pd.Series, pd.Series]:
    """`bodies` without what was sent just so before and stored otherwise: not sent again until the sheet changes.

    Also the names of those fields for rows that have nothing else to send: the contact is not quite as the row says.
    """
    settled = pd.Series(None, index=bodies.index, dtype=TEXT)
    hit = bodies.index[bodies.notna() & among(numbers, known.differing)]
    if hit.empty:
        return bodies, settled
    left: list[str | None] = []
    names: list[str | None] = []
    for text, number in zip(bodies[hit], numbers[hit], strict=True):
        sent, body = known.differing[number], orjson.loads(text)
        rest = {n: v for n, v in body.items() if sent.get(n) != (v if isinstance(v, str) else _text(v))}
        left.append(orjson.dumps(rest).decode() if rest else None)
        names.append(None if rest else ", ".join(body))
    bodies, settled = bodies.copy(), settled.copy()
    bodies[hit], settled[hit] = left, names
    return bodies, settled


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _settle_unmatched(
    rows: pd.DataFrame, verdicts: pd.DataFrame, unmatched: pd.Series, rules: Rules, known: Known
) -> None:
    if rules.mode == "delete":
        _say(verdicts, unmatched, *(("deleted", "already_gone") if rules.proven_gone else ("skipped", "not_there")))
        return
    if rules.mode == "update":
        _say(verdicts, unmatched, "skipped", "mode", "update")
        return
    _say(verdicts, unmatched, "create")
    if rules.gone == "skip" and unmatched.any():
        gone = unmatched & among(verdicts["number"], known.created | known.named)
        _say(verdicts, gone, "skipped", "removed_remotely")
    _protect_numbers(verdicts, verdicts["verdict"] == "create", rules)
    creating = verdicts["verdict"] == "create"
    if creating.any():
        verdicts.loc[creating, "fields"] = create_fields(rows.loc[creating, list(FIELDS)], rules).to_numpy()


def _leftovers(rows: pd.DataFrame, existing: pd.DataFrame, named: Mask, rules: Rules, known: Known) -> pd.DataFrame:
    """Contacts that no row names, held and invalid rows included: a held row freezes its twin.

    A partial source speaks only for its own rows, and a list of what to delete names all it means.
    """
    if not rules.whole or rules.mode == "delete" or named.all():
        return LEFTOVERS.empty()
    left = existing[~named].copy()
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
    _say(left, among(left["number"], rules.protect_numbers), "skipped", "protected", "number")
    _say(left, left["number"].isna(), "skipped", "remote_number_unreadable")
    left.loc[left["verdict"] != "update", "fields"] = None


def _unreadable(rows: pd.DataFrame) -> pd.Series:
    """Rows that may be anybody's: they were meant for a contact, but nobody can say for which (CONTRACT 4)."""
    return (rows["outcome"] == "invalid") & rows["number"].isna()


def _ours(left: pd.DataFrame, rules: Rules, known: Known) -> pd.Series:
    """Which leftovers the job may touch. Ownership is of a contact, not of whoever has its number now."""
    if rules.owned == "all":
        return pd.Series(True, index=left.index)
    if rules.owned == "tag":
        return left["tag"] == rules.owned_tag
    numbers = known.created if rules.owned == "created" else known.created | known.named
    same = left["number"].map(dict(known.sids)).astype(TEXT).fillna(left["sid"]) == left["sid"]
    return among(left["number"], numbers) & same


def _say(
    frame: pd.DataFrame, hit: pd.Series, verdict: str, reason: str | None = None, detail: str | None = None
) -> None:
    if hit.any():
        for name, text in (("verdict", verdict), ("reason", reason), ("detail", detail)):
            frame[name] = put(frame[name], hit, text)
