"""A share-safe copy of results: enough to talk about a problem, nothing that says who the people are. Pure.

Masked is what came from people: the cells, the contacts' fields, the changes, and details that quote them. Kept are
headers, row numbers, outcomes, reasons, contact ids, request ids and times, which support needs.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import PurePath

import pandas as pd

from syncjob.loader.table import Loaded, Table
from syncjob.results.sheets import label
from syncjob.results.table import Results, RunFacts, build
from syncjob.schema import FIELDS, TEXT

HIDDEN = "•"
KEPT_DIGITS = 3
_LONG = re.compile(r"\+?\d[\d ()\-]{5,}\d")
_OF_RUNS = ("plan.", "needs-fixing.")
_ROOTED = re.compile(r"(?:[A-Za-z]:)?[/\\]")

SPEAKING = frozenset({"identical_row", "conflicting_rows", "superseded", "mode", "unreadable_rows", "run_ended"})
"""Reasons whose detail names rows or settings, never a value of somebody."""


def share_safe(results: Results) -> Results:
    """`results` with every personal value masked. Messages are made anew, so they can't leak one."""
    loaded = _loaded(results.loaded)
    changes = _columns(results.changes, ("number", "old", "new"))
    remote = _columns(results.remote_only, ("raw", "number", *FIELDS))
    return build(
        _facts(results.facts),
        loaded,
        _told(_columns(results.outcomes, ("number",)), _named(results.outcomes["changes"], results.changes)),
        _told(remote, remote["changes"].where(remote["changes"].isna(), HIDDEN * 3)),
        changes,
    )


def _facts(facts: RunFacts) -> RunFacts:
    """Sentences may name numbers or files of people: long digits are hidden, paths lose their folders."""

    def said(text: str) -> str:
        return re.sub(r"\S+@\S+", lambda found: mask(found[0]), _LONG.sub(lambda found: _number(found[0]), text))

    return replace(
        facts,
        sources=tuple(PurePath(source).name for source in facts.sources),
        notes=tuple(map(said, facts.notes)),
        refusals=tuple(map(said, facts.refusals)),
        stopped=said(facts.stopped) if facts.stopped else None,
        partial=said(facts.partial) if facts.partial else None,
        approved="in a plan workbook" if facts.approved else None,
        next_command=_unplaced(facts.next_command) if facts.next_command else None,
        feed_back=_unplaced(facts.feed_back),
    )


def _unplaced(command: str) -> str:
    """A command whose absolute paths have lost their folders; of a run's files the last stays, which names the run."""
    try:
        words = shlex.split(command)
    except ValueError:  # a sentence, not a command
        words = command.split()
    return " ".join(_near(word) for word in words)


def _near(word: str) -> str:
    if not _ROOTED.match(word):
        return word
    parts = re.split(r"[/\\]", word)
    return "…/" + "/".join(parts[-2:] if parts[-1].startswith(_OF_RUNS) else parts[-1:])


def mask(text: str) -> str:
    """One value masked: numbers keep their last three digits, addresses their shape, other texts their first letter."""
    if sum(map(str.isdigit, text)) >= 7 and "@" not in text:
        return _number(text)
    if "@" in text:
        return f"{text[:1]}{HIDDEN * 3}@{HIDDEN * 3}"
    return text[:1] + HIDDEN * 3 if len(text) > 3 else HIDDEN * 3


def _number(text: str) -> str:
    """Digits and letters hidden but the last three and what may be a country code; the shape stays."""
    start = 3 if text.startswith("+") else 0
    return text[:start] + re.sub(r"\w", HIDDEN, text[start:-KEPT_DIGITS]) + text[-KEPT_DIGITS:]


def _masked(texts: pd.Series[str]) -> pd.Series[str]:
    """A column masked; "" and missing stay."""
    known = texts.dropna().unique()
    return texts.map({text: mask(text) if text else text for text in known}).astype(TEXT)


def _columns(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    return frame.assign(**{name: _masked(frame[name]) for name in names})


def _told(frame: pd.DataFrame, changes: pd.Series[str]) -> pd.DataFrame:
    """Outcomes without quotes: details only of reasons that speak of rows and settings."""
    detail = frame["detail"].where(frame["reason"].isin(SPEAKING))
    return frame.assign(detail=detail.astype(TEXT), changes=changes.astype(TEXT))


def _named(changes: pd.Series[str], fields: pd.DataFrame) -> pd.Series[str]:
    """What changed as the names of the fields; a mark where only the text is known."""
    names = fields["field"].map(label).groupby(fields["row_id"]).agg(", ".join)
    said = pd.Series(changes.index, index=changes.index).map(names).astype(TEXT)
    return said.fillna(HIDDEN * 3).where(changes.notna())


def _loaded(loaded: Loaded) -> Loaded:
    rows = _columns(loaded.rows, ("raw", "number", *FIELDS, "value"))
    rows = rows.assign(source=rows["source"].map(lambda path: PurePath(path).name).astype(TEXT))
    return replace(loaded, tables=tuple(map(_table, loaded.tables)), rows=rows)


def _table(table: Table) -> Table:
    cells = table.cells.apply(_masked) if len(table.cells.columns) else table.cells
    problems = table.problems.assign(value=_masked(table.problems["value"]))
    return replace(table, cells=cells, problems=problems)
