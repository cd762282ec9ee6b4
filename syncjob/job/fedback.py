"""Results fed back: which of their rows somebody corrected, found by comparing them with what the run had read.

What enters: the tables of the sources. What leaves: the same tables, of a result only with what counts: rows that still
need a person or were corrected there, on Needs fixing or on Results, each once. Promised: a row that nobody touched is
not sent again, and one that was corrected in two ways is held, never guessed (CONTRACT 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from syncjob.config import Config
from syncjob.errors import SyncjobError
from syncjob.keeping import place_of, recall
from syncjob.loader import read_tables
from syncjob.loader.origin import NAMES, origin_of, origins
from syncjob.loader.table import Loaded, Table
from syncjob.planfile import load_plan
from syncjob.results.cells import unite
from syncjob.results.cellxml import cut
from syncjob.results.sheets import FIXING
from syncjob.results.table import SYNC_COLUMNS
from syncjob.state import RUN_ID, account_at
from syncjob.words import OUTCOMES

_LONG = 10_000  # characters from which a cell may have been cut
Key = tuple[str, str, str]
Copies = Callable[[str, Path], Loaded | None]
"""Run id ("unknown" where the file has lost it) and the file → what that run had read."""


@dataclass(frozen=True)
class Taken:
    """What of the tables counts; `clashes` are rows, as (table, number of the row), that contradict each other."""

    tables: tuple[Table, ...]
    clashes: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass
class _Sheet:
    """One sheet of a result that came back. `keep`, `changed`: one entry per line of the table."""

    table: Table
    fixing: bool  # it holds only rows that need a person
    keys: list[Key]
    changed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    contents: dict[int, tuple[str, ...]]  # of the lines that were changed
    keep: np.ndarray[tuple[int], np.dtype[np.bool_]]


Spot = tuple[_Sheet, int]


def take_corrections(tables: Sequence[Table], copies: Copies) -> Taken:
    """`tables`; of results that come back only what still needs a person or was corrected."""
    taken: list[Table | _Sheet] = []
    groups: dict[int, list[_Sheet]] = {}
    for table in tables:
        original = copies(table.facts.result_of, Path(table.source)) if table.facts.result_of else None
        if original is None:
            taken.append(_alone(table))
            continue
        for sheet in (table, *_results_beside(table)):
            judged = _judged(sheet, original)
            groups.setdefault(id(original), []).append(judged)
            taken.append(judged)
    clashes = [clash for sheets in groups.values() for clash in _settled(sheets)]
    kept = [one for one in taken if isinstance(one, Table) or one.keep.any()]
    place = {id(one): at for at, one in enumerate(kept)}
    return Taken(
        tuple(one if isinstance(one, Table) else _reduced(one) for one in kept),
        tuple(
            tuple((place[id(sheet)], int(sheet.table.row_numbers.iloc[line])) for sheet, line in clash)
            for clash in clashes
        ),
    )


def hold(loaded: Loaded, clashes: Iterable[Sequence[tuple[int, int]]]) -> Loaded:
    """`loaded` with every row on hold that was corrected in several ways; each names the others."""
    rows = loaded.rows.copy()
    for clash in clashes:
        for table, row in clash:
            others = ", ".join(_place(loaded.tables[other], at) for other, at in clash if (other, at) != (table, row))
            hit = (rows["table"] == table) & (rows["row"] == row)
            for name, value in (("outcome", "held"), ("reason", "conflicting_rows"), ("value", others)):
                rows.loc[hit, name] = value
    return replace(loaded, rows=rows)


def copies_of(config: Config) -> Copies:
    """The copies that the job's runs kept: in the state folder, or in the plan that lies beside their results."""
    account = account_at(config.state_dir, config.remote.identity)
    found: dict[str, Loaded | None] = {}

    def copy_of(run: str, path: Path) -> Loaded | None:
        names = [name for name in (run, path.resolve().parent.name) if RUN_ID.fullmatch(name)]
        for name in names:
            if name not in found:
                found[name] = _copy(account.run(name), (config.results.dir / name, path.resolve().parent))
            if found[name] is not None:
                return found[name]
        return None

    return copy_of


def _copy(kept: Path, results: Sequence[Path]) -> Loaded | None:
    """What a run had read, or None where nothing of it is left."""
    try:
        if place_of(kept).is_file():
            return recall(kept).loaded
        plans = [folder / "plan.json" for folder in results if folder.name == kept.name]
        return next((load_plan(plan)[0].loaded for plan in plans if plan.is_file()), None)
    except SyncjobError:
        return None


def _results_beside(table: Table) -> tuple[Table, ...]:
    """The sheets Results, Results 2 … of a workbook whose sheet Needs fixing was read."""
    if table.sheet != FIXING or not table.facts.other_sheets:
        return ()
    found = read_tables(table.source, sheet=list(table.facts.other_sheets))
    return tuple(other for other in found if origin_of(other) is not None)  # else nobody knows which row is which


def _alone(table: Table) -> Table:
    """A result that can't be compared is read as it stands; people should know what is not."""
    if table.sheet != FIXING or not table.facts.other_sheets or not table.facts.result_of:
        return table
    said = f"What that run had read is no longer known: only {FIXING} counts, not what was corrected on Results."
    return replace(table, facts=replace(table.facts, notes=(*table.facts.notes, said)))


def _judged(table: Table, original: Loaded) -> _Sheet:
    """Which lines of a sheet differ from what the run had read."""
    origin = origin_of(table)
    if origin is None:
        origin = pd.DataFrame(dict.fromkeys(NAMES, ""), index=table.cells.index)
    keys: list[Key] = list(zip(*(origin[name].tolist() for name in NAMES), strict=True))
    block = unite(original, SYNC_COLUMNS)
    known = {key: at for at, key in reversed(list(enumerate(_keys(original))))}
    at = np.array([known.get(key, -1) for key in keys], dtype=np.int64)
    labels, places = _labels(block.headers), _columns(table)
    changed = at < 0
    for label, place in places.items():
        now = table.cells[place].fillna("").str.strip().to_numpy(dtype=object)
        was = np.full(len(at), "", dtype=object)
        if label in labels:
            held = block.cells[labels[label]]
            held = held.map(cut) if len(held) and bool(held.str.len().max() > _LONG) else held
            was[at >= 0] = held.str.strip().to_numpy(dtype=object)[at[at >= 0]]
        changed |= now != was
    cells = table.cells[list(places.values())]
    lines = np.flatnonzero(changed).tolist()
    contents = {
        line: tuple(str(text).strip() for text in values)
        for line, values in zip(lines, cells.iloc[lines].itertuples(index=False, name=None), strict=True)
    }
    return _Sheet(table, not _good(table).any(), keys, changed, contents, np.full(len(at), True))


def _settled(sheets: Sequence[_Sheet]) -> list[list[Spot]]:
    """Decide for every line of one run's sheets whether it counts; gives the lines that contradict each other."""
    fixing = any(sheet.fixing for sheet in sheets)
    if fixing or any(sheet.changed.any() for sheet in sheets):  # else it is read as any other file
        for sheet in (sheet for sheet in sheets if not sheet.fixing):
            sheet.keep = sheet.changed.copy() if fixing else sheet.changed | ~_good(sheet.table).to_numpy()
    spots: dict[Key, dict[int, list[int]]] = {}
    for at, sheet in enumerate(sheets):
        for line in np.flatnonzero(sheet.keep).tolist():
            if sheet.keys[line][0]:
                spots.setdefault(sheet.keys[line], {}).setdefault(at, []).append(line)
    met = (_met([(sheets[at], lines) for at, lines in found.items()]) for found in spots.values() if len(found) > 1)
    return [clash for clash in met if clash]


def _met(found: Sequence[tuple[_Sheet, list[int]]]) -> list[Spot]:
    """Lines of several sheets that are one row: what was corrected goes before what was not, and counts once.

    Corrected in several ways, all of them are given.
    """
    corrected = [(sheet, [line for line in lines if sheet.changed[line]]) for sheet, lines in found]
    corrected = [(sheet, lines) for sheet, lines in corrected if lines] or list(found[:1])
    said = {tuple(sorted(sheet.contents.get(line, ()) for line in lines)) for sheet, lines in corrected}
    stay = corrected if len(said) > 1 else corrected[:1]
    for sheet, lines in found:
        sheet.keep[lines] = False
    for sheet, lines in stay:
        sheet.keep[lines] = True
    return [(sheet, line) for sheet, lines in stay for line in lines] if len(said) > 1 else []


def _reduced(sheet: _Sheet) -> Table:
    """The table with the lines that count; of a sheet that holds others, too, how many do is said."""
    table, lines = sheet.table, np.flatnonzero(sheet.keep)
    if len(lines) == len(table.cells):
        return table
    place = {int(old): new for new, old in enumerate(lines)}
    problems = table.problems[table.problems["position"].isin(place)]
    said = (
        f"{len(lines):,} of its {len(table.cells):,} rows count: what was corrected there or still needs a person. "
        "The others are as the run had read them and are left out."
    )
    return replace(
        table,
        cells=table.cells.iloc[lines].reset_index(drop=True),
        row_numbers=table.row_numbers.iloc[lines].reset_index(drop=True),
        problems=problems.assign(position=problems["position"].map(place)).reset_index(drop=True),
        facts=replace(table.facts, notes=(*table.facts.notes, *(() if sheet.fixing else (said,)))),
    )


def _good(table: Table) -> pd.Series[bool]:
    """Lines whose outcome in that run was good."""
    at = next((at for at, column in enumerate(table.columns) if _plain(column.header) == SYNC_COLUMNS[0]), None)
    good = [code for code, known in OUTCOMES.items() if known.good]
    return table.cells[at].isin(good) if at is not None else pd.Series(False, index=table.cells.index)


def _keys(original: Loaded) -> list[Key]:
    found = origins(original)
    return list(zip(*(found[name].tolist() for name in NAMES), strict=True))


def _labels(headers: Sequence[str]) -> dict[tuple[str, int], int]:
    """(header, its how-manieth) → column."""
    seen: Counter[str] = Counter()
    labels = {}
    for at, header in enumerate(headers):
        seen[header] += 1
        labels[header, seen[header]] = at
    return labels


def _columns(table: Table) -> dict[tuple[str, int], int]:
    """The user's columns of a table, by label."""
    own = [at for at, column in enumerate(table.columns) if not _plain(column.header).startswith("sync_")]
    return {label: own[at] for label, at in _labels([table.columns[at].header for at in own]).items()}


def _plain(header: str) -> str:
    return header.strip().casefold()


def _place(table: Table, row: int) -> str:
    return f"row {row} of sheet {table.sheet}" if table.sheet else f"row {row} of {Path(table.source).name}"
