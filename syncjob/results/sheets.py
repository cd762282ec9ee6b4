"""Which sheets of text a result has, and what stands in each. Pure: `Results` in, `Grid` values out."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.results.cellxml import MOST_COLUMNS, Texts
from syncjob.results.grid import Grid
from syncjob.results.messages import sentences
from syncjob.results.naming import CUSTOM, called, custom_columns
from syncjob.results.palette import FILLS
from syncjob.results.table import FOLDED, OPEN, SYNC_COLUMNS, Results, needs_fixing
from syncjob.schema import FIELDS, TEXT
from syncjob.texts import arrow, mapped
from syncjob.words import OUTCOMES

RESULTS, FIXING, REMOTE, CHANGES = "Results", "Needs fixing", "Remote only", "Changes"

_SYNC_WIDTHS = {"sync_outcome": 16, "sync_message": 64, "sync_changes": 40}
WRAP_UNTIL = 20_000
"""Beyond this many lines messages are not wrapped: programs measure every wrapped line when they open the file."""


def grids(results: Results) -> tuple[Grid, ...]:
    """The sheets of text in their order; those without lines are left out, Results never."""
    made = [results_grid(results)]
    if results.to_fix().any():
        made.append(fixing_grid(results))
    if len(results.remote_only):
        made.append(remote_grid(results))
    if len(results.changes):
        made.append(changes_grid(results))
    return tuple(made)


def results_grid(results: Results) -> Grid:
    """The user's columns, untouched, then ours."""
    return _rows_grid(RESULTS, results, None)


def fixing_grid(results: Results) -> Grid:
    """The same of the rows that somebody must correct: valid input as it stands."""
    return _rows_grid(FIXING, needs_fixing(results), FILLS["invalid"][1])


def _rows_grid(name: str, results: Results, tab: str | None) -> Grid:
    own = min(len(results.headers), MOST_COLUMNS - len(SYNC_COLUMNS))
    columns = [results.cells[at] for at in range(own)] + [results.sync[at] for at in SYNC_COLUMNS]
    at = {header: own + position for position, header in enumerate(SYNC_COLUMNS)}
    wrapped = "wrap" if len(results.sync) <= WRAP_UNTIL else "text"
    return Grid(
        name=name,
        headers=(*results.headers[:own], *SYNC_COLUMNS),
        columns=tuple(map(_texts, columns)),
        own=own,
        outcome=at[OPEN[0]],
        folded=(at[FOLDED[0]], at[FOLDED[-1]]),
        styles={at["sync_message"]: wrapped, at["sync_changes"]: wrapped},
        widths={at[header]: width for header, width in _SYNC_WIDTHS.items()},
        marks=tuple(mark for mark in results.marks if mark.column < own),
        tab=tab,
    )


def remote_grid(results: Results) -> Grid:
    """Contacts that no row names: first what they hold, then what was done and why."""
    frame = results.remote_only.fillna("")
    number = frame["number"].where(frame["number"].ne(""), frame["raw"])
    held = {name: frame[name] for name in FIELDS if name != CUSTOM} | custom_columns(frame[CUSTOM])
    named = {
        "Number": number,
        **{label(name): texts for name, texts in held.items()},
        "Outcome": frame["outcome"],
        "What happened": _told(results.remote_only, results.facts.service),
        "Contact id": frame["sid"],
        "Reason": frame["reason"],
        "Answer": frame["code"],
        "Request id": frame["request_id"],
        "Time": frame["at"],
    }
    own = 1 + len(held)
    return Grid(
        name=REMOTE,
        headers=tuple(named),
        columns=tuple(map(_texts, named.values())),
        own=own,
        outcome=own,
        folded=(own + 2, len(named) - 1),
        styles={own + 1: "wrap" if len(frame) <= WRAP_UNTIL else "text"},
        widths={own: 14, own + 1: 64},
    )


def changes_grid(results: Results) -> Grid:
    """Field by field, old → new."""
    frame = results.changes
    lines = results.lines_of(frame["row_id"])
    source, sheet, row = (arrow(results.sync[f"sync_{name}"]).take(lines) for name in ("source", "sheet", "row"))
    outcome, files = arrow(frame["outcome"]), called(source.unique().drop_null().to_pylist())
    named = {
        "Number": frame["number"],
        "Field": mapped(arrow(frame["field"]), label),
        "Before": frame["old"],
        "After": frame["new"],
        "Outcome": outcome,
        "In words": mapped(outcome, lambda code: OUTCOMES[code].word if code in OUTCOMES else ""),
        "File": mapped(source, lambda path: files.get(path, path)),
        "Sheet": sheet,
        "Row": row,
        "Contact id": frame["sid"],
    }
    texts = tuple(map(_texts, named.values()))
    return Grid(CHANGES, tuple(named), texts, own=4, outcome=4, styles={2: "old", 3: "new"}, widths={4: 14, 5: 18})


def label(field: str) -> str:
    """A contact field as people read it: first_name → First name, custom_field.loyalty → Custom field: loyalty."""
    name, _, rest = str(field).partition(".")
    said = name.replace("_", " ").capitalize()
    return f"{said}: {rest}" if rest else said


def _texts(column: pd.Series | pa.Array) -> Texts:
    """A column as sheets take it: texts, "" where it is missing."""
    found = pa.array(column, pa.large_string(), from_pandas=True)
    return pc.fill_null(found, "") if found.null_count else found


def _told(remote_only: pd.DataFrame, service: str) -> pd.Series[str]:
    """The sentence for each contact that no row names."""
    blank = pd.Series(None, index=remote_only.index, dtype=TEXT)
    nowhere = pd.DataFrame(dict.fromkeys(("outcome", "value", "column", "header", "row"), blank))
    return sentences(remote_only, nowhere, service)
