"""Validation without a remote: what is wrong with the rows themselves, every problem in one pass.

What enters: the config, the sources, and somebody to ask. What leaves: `Checked`: one verdict per row, and every
problem with its place, its value and what to do. Promised: no connection is opened and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from syncjob.config import Config
from syncjob.differ import Known, compare
from syncjob.headers import Asker, Confirmed, recall
from syncjob.job.preparing import rules_of
from syncjob.job.reading import Sources, load
from syncjob.loader.rows import every_flaw
from syncjob.loader.table import Loaded
from syncjob.results.messages import SLOT, without_slot
from syncjob.schema import CONTACTS, INT, TEXT, Frame
from syncjob.state import account_at
from syncjob.words import REASONS

VALUE_LENGTH = 80
"""A longer value is cut where people read it; JSON holds it whole."""

PROBLEMS = Frame(
    "problems",
    {
        "row_id": INT,
        "table": INT,
        "file": TEXT,
        "sheet": TEXT,
        "row": INT,  # as the spreadsheet program numbers it
        "column": TEXT,  # letter; NaN: the whole line
        "header": TEXT,
        "value": TEXT,
        "code": TEXT,
        "detail": TEXT,  # what the reason's sentence needs
        "outcome": TEXT,  # invalid, held
    },
    (),
)
"""One line per problem, in row order; a row may have several."""


@dataclass(frozen=True)
class Checked:
    """What a check found. `rows` is one line per input row (row_id, outcome, reason, detail), `problems` PROBLEMS.

    `warnings` are whole sentences: what a run would refuse although no single row is to blame.
    """

    loaded: Loaded
    rows: pd.DataFrame = field(repr=False)
    problems: pd.DataFrame = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → rows."""
        return {str(name): int(count) for name, count in self.rows["outcome"].value_counts().items()}

    @property
    def bad(self) -> int:
        """Rows, not problems, that somebody has to fix."""
        return int(self.rows["outcome"].isin(["invalid", "held"]).sum())


@dataclass(frozen=True)
class Problem:
    """One problem, as JSON tells it: whole sentences, the value uncut."""

    file: str
    sheet: str | None
    row: int
    column: str | None
    header: str | None
    value: str
    code: str
    says: str
    do: str


def check(config: Config, sources: Sources, asker: Asker) -> Checked:
    """Read the sources and say all that is wrong with them. Raises `SourceError`."""
    loaded = load(config, sources, asker=asker, confirmed=_confirmed(config))
    rows = checked(config, loaded)
    problems = _problems(config, loaded, rows)
    return Checked(loaded, rows, problems, tuple(_warnings(config, sources, loaded)))


def _confirmed(config: Config) -> Confirmed:
    return recall(account_at(config.state_dir, config.remote.identity), config.job)


def checked(config: Config, loaded: Loaded) -> pd.DataFrame:
    """One line per row: its place (source, sheet, row, column, header), outcome, reason, detail.

    Good rows are `planned`: what a run would do with them only the remote knows, whatever the mode.
    """
    rules = replace(rules_of(config, whole=False), mode="upsert")
    diff = compare(loaded.rows, CONTACTS.empty(), rules, Known())
    rows = loaded.rows[["row_id", "source", "sheet", "row", "column", "header", "value"]]
    told = rows.merge(diff.verdicts[["row_id", "verdict", "reason", "detail"]], on="row_id")
    told["outcome"] = told["verdict"].where(~told["verdict"].isin(["create", "update", "delete"]), "planned")
    return told


def _problems(config: Config, loaded: Loaded, rows: pd.DataFrame) -> pd.DataFrame:
    """Every problem of every bad row: of the cells, and of rows that contradict each other."""
    flaws = every_flaw(loaded, region=config.phone.default_region, blank=config.sync.blank)
    ids = loaded.rows[["row_id", "table", "position", "source", "sheet", "row", "raw"]]
    cells = flaws.merge(ids, on=["table", "position"])
    cells = cells[cells["row_id"].isin(rows["row_id"][rows["outcome"] == "invalid"])]
    whole = cells["row_id"][cells["at"] < 0]
    cells = cells[(cells["at"] < 0) | ~cells["row_id"].isin(whole)]  # the rest follows from the damaged line
    cells = cells.drop_duplicates(["row_id", "at"]).assign(outcome="invalid", detail=cells["value"])
    both = pd.concat([cells, _held(loaded, rows, ids)], ignore_index=True)
    places = [_column(loaded, table, at) for table, at in zip(both["table"], both["at"], strict=True)]
    named = both.assign(
        file=both["source"],
        column=pd.Series([place[0] for place in places], dtype=TEXT),
        header=pd.Series([place[1] for place in places], dtype=TEXT),
    )
    return PROBLEMS.shape(named.sort_values(["row_id", "at"], kind="stable").reset_index(drop=True))


def _held(loaded: Loaded, rows: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Rows with one number and other details; the fault lies in their key's cell."""
    held = rows.loc[rows["outcome"] == "held", ["row_id", "reason", "detail", "outcome"]].merge(ids, on="row_id")
    keys = [_key_of(loaded, number) for number in range(len(loaded.tables))]
    at = pd.Series([keys[number] for number in held["table"]], index=held.index, dtype="int64")
    return held.assign(code=held["reason"], value=held["raw"], at=at)


def _key_of(loaded: Loaded, table: int) -> int:
    return next((at for at, name in loaded.mappings[table].field_of.items() if name == "number"), -1)


def _column(loaded: Loaded, table: int, at: int) -> tuple[str | None, str | None]:
    if at < 0:
        return None, None
    column = loaded.tables[table].columns[at]
    return column.letter, column.header.strip()


def _warnings(config: Config, sources: Sources, loaded: Loaded) -> Iterator[str]:
    """What a run would refuse as a whole."""
    if not loaded.rows["number"].notna().any():
        yield "No row can be used, so a run would be refused (source_empty)."
    limit = config.source.max_age
    for name, age in sources.ages.items():
        if limit is not None and age > limit:
            yield (
                f"{name} was last changed {age:,.1f} hours ago; source.max_age allows {limit:g}, "
                "so a run would be refused (source_old)."
            )


def problems_of(frame: pd.DataFrame) -> list[Problem]:
    """The lines of a PROBLEMS frame as values, in words."""
    names = ("file", "sheet", "row", "column", "header", "value", "code", "detail")
    lines = zip(*(frame[name].astype(object).where(frame[name].notna(), None) for name in names), strict=True)
    return [
        Problem(file, sheet, int(row), column, header, value or "", code, says(code, detail), advice(code))
        for file, sheet, row, column, header, value, code, detail in lines
    ]


def says(code: str, detail: str | None = None) -> str:
    """What a reason code means, with its detail or, without one, made to read well alone."""
    known = REASONS.get(code)
    if known is None:
        return code
    return known.says.replace(SLOT, cut(detail)) if detail else without_slot(known.says)


def advice(code: str) -> str:
    """What to do about a reason code; "" where there is nothing."""
    known = REASONS.get(code)
    return known.do if known else ""


def cut(value: str) -> str:
    """A value on one line, and not too long for it."""
    text = " ".join(value.split()) or value
    return text if len(text) <= VALUE_LENGTH else f"{text[: VALUE_LENGTH - 1]}…"


def grouped(problems: pd.DataFrame) -> list[tuple[str, Sequence[int], pd.DataFrame]]:
    """Problems of one kind together: (code, row ids, lines), those that concern most rows first."""
    groups = [(str(code), lines) for code, lines in problems.groupby("code", sort=False)]
    found = [(code, lines["row_id"].unique().tolist(), lines) for code, lines in groups]
    return sorted(found, key=lambda group: -len(group[1]))
