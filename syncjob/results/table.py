"""Rows and outcomes become one result: the user's cells, and beside them what became of each row. Pure.

What enters: the facts of a run, the loaded tables and rows, and the frames that say what became of them
(`schema.OUTCOMES`, `REMOTE_ONLY`, `FIELD_CHANGES`). What leaves: a `Results` value that every writer of this room
reads. Promise: every input row appears exactly once, in row order, with the user's cells untouched (CONTRACT 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.errors import SyncjobError
from syncjob.loader.origin import origins
from syncjob.loader.table import Loaded
from syncjob.results.cells import unite
from syncjob.results.marks import Mark, find_marks
from syncjob.results.messages import sentences
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY
from syncjob.texts import Mask, arrow, counted, frame_of, one_of, plain
from syncjob.words import OUTCOMES as WORDS

OPEN = ("sync_outcome", "sync_message", "sync_changes")
FOLDED = (
    "sync_action",
    "sync_reason",
    "sync_number",
    "sync_sid",
    "sync_code",
    "sync_request_id",
    "sync_batch",
    "sync_attempts",
    "sync_at",
    "sync_source",
    "sync_sheet",
    "sync_row",
)
SYNC_COLUMNS = (*OPEN, *FOLDED)
"""The columns beside the user's own, in this order; the first three are shown, the rest folded (CONTRACT 5)."""

FIXABLE = frozenset({"invalid", "rejected"})
CONFLICTS = frozenset({"conflicting_rows"})
"""Reasons of held rows that only somebody with the sheet can settle."""


@dataclass(frozen=True)
class RunFacts:
    """What is to be told of a run beside its rows. Sentences are whole; `started` is local time with its zone."""

    run_id: str
    job: str
    account: str
    region: str
    mode: str
    dry_run: bool
    sources: tuple[str, ...]  # paths as named
    listing: str  # a sentence: how and when the remote was read
    requests: int
    retries: int
    seconds: float
    started: datetime
    exit_code: int
    notes: tuple[str, ...] = ()  # hidden rows, guessed encodings, what else was understood
    partial: str | None = None  # why the run spoke only for its rows
    refusals: tuple[str, ...] = ()  # why a guard refused; then nothing was sent
    next_command: str | None = None  # what to run next, ready to paste
    feed_back: str = "syncjob run needs-fixing.xlsx"  # how the rows to fix are sent back, ready to paste
    memory: bool = True  # False: a run without memory, which says so
    stopped: str | None = None  # why the run ended before its end
    approved: str | None = None  # who approved the plan in a workbook, and when it was applied
    service: str = "Exotel"  # what people call the remote
    of_list: str | None = None  # the list whose members were compared


@dataclass(frozen=True)
class Balance:
    """Rows read against the sum over outcomes (CONTRACT 5)."""

    read: int
    counts: Mapping[str, int]  # outcome → rows, in the order of words.OUTCOMES, without zeros

    @property
    def total(self) -> int:
        """The sum over outcomes."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        parts = " + ".join(f"{count:,} {WORDS[code].word.lower()}" for code, count in self.counts.items())
        return f"{self.read:,} {'row' if self.read == 1 else 'rows'} read = {parts or '0'}"


@dataclass(frozen=True)
class Results:
    """A run's results. `cells` (columns 0…, named by `headers`), `sync` (SYNC_COLUMNS) and `outcomes` are aligned.

    All texts; an empty cell is "". Lines are labelled 0… in row order. `remote_only` and `changes` have the shapes of
    `schema.REMOTE_ONLY` and `schema.FIELD_CHANGES`.
    """

    facts: RunFacts
    loaded: Loaded = field(repr=False)
    outcomes: pd.DataFrame = field(repr=False)
    headers: tuple[str, ...]
    cells: pd.DataFrame = field(repr=False)
    sync: pd.DataFrame = field(repr=False)
    marks: tuple[Mark, ...] = field(repr=False)
    remote_only: pd.DataFrame = field(repr=False)
    changes: pd.DataFrame = field(repr=False)
    balance: Balance

    @property
    def counts(self) -> Mapping[str, int]:
        """Outcome → rows, in the order of `words.OUTCOMES`, without zeros."""
        return self.balance.counts

    def frame(self) -> pd.DataFrame:
        """One frame: the user's columns under their own headers (which may repeat), then the `sync_` columns."""
        user = self.cells.set_axis(list(self.headers), axis=1)
        return pd.concat([user, self.sync], axis=1)

    def to_fix(self) -> pd.Series[bool]:
        """True for the lines of `needs_fixing`."""
        return pd.Series(self._to_fix)

    @cached_property
    def _to_fix(self) -> Mask:
        outcome, reason = arrow(self.outcomes["outcome"]), self.outcomes["reason"]
        held = one_of(outcome, ["held"])
        return one_of(outcome, FIXABLE) | (held & one_of(reason, CONFLICTS))

    def lines_of(self, row_ids: pd.Series[int]) -> pa.Array:
        """The line of each row, null where there is none (`row_id` -1)."""
        known = self.loaded.rows["row_id"].to_numpy()
        at = np.searchsorted(known, row_ids.to_numpy())
        found = at < len(known)
        found[found] = known[at[found]] == row_ids.to_numpy()[found]
        return pa.array(at, pa.int64(), mask=~found)


def build(
    facts: RunFacts,
    loaded: Loaded,
    outcomes: pd.DataFrame,
    remote_only: pd.DataFrame,
    field_changes: pd.DataFrame,
) -> Results:
    """The results of a run: `outcomes` is `schema.OUTCOMES` with one line per line of `loaded.rows`, in any order.

    Raises `SyncjobError` (`out_of_balance`) where a row has no outcome, or several; `fill_gaps` first makes results
    possible even then.
    """
    balanced = balance(loaded.rows, outcomes)
    rows = loaded.rows
    if not rows["row_id"].is_monotonic_increasing:
        rows = rows.sort_values("row_id", kind="stable")
    rows = rows.reset_index(drop=True)
    loaded = replace(loaded, rows=rows)
    if not np.array_equal(outcomes["row_id"].to_numpy(), rows["row_id"].to_numpy()):
        outcomes = outcomes.set_index("row_id", drop=False).loc[rows["row_id"]]
    outcomes = OUTCOMES.shape(outcomes.reset_index(drop=True))
    block = unite(loaded, SYNC_COLUMNS)
    sync = _sync(outcomes, loaded, facts.service)
    return Results(
        facts=facts,
        loaded=loaded,
        outcomes=outcomes,
        headers=block.headers,
        cells=block.cells,
        sync=sync,
        marks=find_marks(loaded, outcomes, sync["sync_message"], block),
        remote_only=REMOTE_ONLY.shape(remote_only.reset_index(drop=True)),
        changes=FIELD_CHANGES.shape(field_changes.reset_index(drop=True)),
        balance=balanced,
    )


def balance(rows: pd.DataFrame, outcomes: pd.DataFrame) -> Balance:
    """The balance of a run, or `SyncjobError` (`out_of_balance`) naming the rows that are at fault."""
    read, told = pd.Index(rows["row_id"]), pd.Index(outcomes["row_id"])
    faults = [
        *_fault("without an outcome", read[~read.isin(told)]),
        *_fault("with several outcomes", told[told.duplicated()].drop_duplicates()),
        *_fault("that were never read", told[~told.isin(read)]),
        *_fault("with an outcome that does not exist", told[~one_of(outcomes["outcome"], WORDS)]),
    ]
    if faults:
        detail = f"{len(read):,} rows read, {len(told):,} outcomes; {'; '.join(faults)}"
        raise SyncjobError(
            f"Rows and outcomes do not add up: {detail}.",
            code="out_of_balance",
            advice="Please report it with the log.",
        )
    return _balance_of(outcomes)


def _balance_of(outcomes: pd.DataFrame) -> Balance:
    found = counted(outcomes["outcome"])
    return Balance(len(outcomes), {code: found[code] for code in WORDS if code in found})


def fill_gaps(rows: pd.DataFrame, outcomes: pd.DataFrame, reason: str = "internal_error") -> pd.DataFrame:
    """`outcomes` made to balance, so that results can be written after an error of ours.

    The last of several outcomes counts; a row without one keeps what the loader said of it, else it is `unknown` with
    `reason`. Outcomes of rows that were never read are dropped.
    """
    sound = outcomes[outcomes["outcome"].isin(list(WORDS)) & outcomes["row_id"].isin(rows["row_id"])]
    sound = sound.drop_duplicates("row_id", keep="last")
    missing = rows[~rows["row_id"].isin(sound["row_id"])]
    filled = missing[["row_id", "outcome", "reason", "number"]].assign(detail=missing["value"], attempts=0)
    silent = ~filled["outcome"].isin(list(WORDS))
    filled.loc[silent, "outcome"] = "unknown"
    filled.loc[silent, "reason"] = reason
    return OUTCOMES.shape(pd.concat([OUTCOMES.shape(sound), OUTCOMES.shape(filled)], ignore_index=True))


def needs_fixing(results: Results) -> Results:
    """The same results, only the rows that somebody with the sheet must correct; lines are labelled anew."""
    lines = results.to_fix()
    moved = {old: new for new, old in enumerate(np.flatnonzero(lines).tolist())}
    outcomes = results.outcomes[lines].reset_index(drop=True)
    return replace(
        results,
        outcomes=outcomes,
        cells=results.cells[lines].reset_index(drop=True),
        sync=results.sync[lines].reset_index(drop=True),
        marks=tuple(replace(mark, line=moved[mark.line]) for mark in results.marks if mark.line in moved),
        balance=_balance_of(outcomes),
    )


def _fault(what: str, ids: pd.Index[int]) -> list[str]:
    if ids.empty:
        return []
    first = ", ".join(str(row_id) for row_id in ids[:5])
    return [f"{len(ids):,} {what} (row_id {first}{', …' if len(ids) > 5 else ''})"]


def _sync(outcomes: pd.DataFrame, loaded: Loaded, service: str) -> pd.DataFrame:
    """The `sync_` columns, all text, "" where nothing is known; a row fed back names where it first came from."""
    rows, origin = loaded.rows, origins(loaded)
    fed_back = origin["fed_back"]
    placed = rows.assign(column=rows["column"].mask(fed_back)) if fed_back.any() else rows  # its cells stand elsewhere
    shown = set(outcomes.columns) - {"number", "attempts"}
    told = {f"sync_{name}": arrow(outcomes[name]) for name in shown if f"sync_{name}" in SYNC_COLUMNS}
    tried = pa.array(outcomes["attempts"].to_numpy())
    told |= {
        "sync_message": arrow(sentences(outcomes, placed, service)),
        "sync_number": pc.coalesce(arrow(outcomes["number"]), arrow(rows["number"])),
        "sync_attempts": pc.if_else(pc.greater(tried, 0), pc.cast(tried, pa.large_string()), None),
        **{f"sync_{name}": arrow(origin[name]) for name in ("source", "sheet", "row")},
    }
    blank = pa.repeat(pa.scalar("", pa.large_string()), len(outcomes))  # one for all columns that are empty
    empty = {name for name, texts in told.items() if texts.null_count == len(texts)}
    return frame_of({name: blank if name in empty else plain(told[name]) for name in SYNC_COLUMNS})
