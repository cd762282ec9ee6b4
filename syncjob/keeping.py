"""A run's own copy of what it read and decided, kept until it is settled (CONTRACT 8).

Frames are Parquet, the rest is one JSON document; both lie in the run's folder in the state folder. With them and the
journal a run can be settled and continued without its source and without another listing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import orjson
import pandas as pd
from pydantic import TypeAdapter

from syncjob.errors import SyncjobError
from syncjob.loader.table import PROBLEMS, Column, Facts, FieldMap, Loaded, Table
from syncjob.model import Json
from syncjob.plans import Cost, Figures, Plan, Refusal
from syncjob.schema import CHANGES, FIELD_CHANGES, OUTCOMES, REMOTE_ONLY, ROWS

_FRAMES = {"table": CHANGES, "outcomes": OUTCOMES, "remote_only": REMOTE_ONLY, "field_changes": FIELD_CHANGES}
_HEAD = "head.json"


@dataclass(frozen=True)
class Kept:
    """What a run keeps: what it read, what it decided, what the listing proved, and its settings without secrets.

    `sids` are all contacts of the proven listing. `settings` is `Config.public()`; `facts` is what results tell.
    """

    loaded: Loaded
    plan: Plan
    sids: pd.Series[str]
    settings: Mapping[str, Json]
    facts: Mapping[str, Json]


def keep(folder: Path, kept: Kept) -> None:
    """Write everything down, durably. The head comes last: with it, the copy is whole."""
    for name in _FRAMES:
        write_frame(folder / f"{name}.parquet", getattr(kept.plan, name))
    write_frame(folder / "rows.parquet", kept.loaded.rows)
    write_frame(folder / "sids.parquet", kept.sids.to_frame("sid"))
    for place, table in enumerate(kept.loaded.tables):
        _write_table(folder / f"cells-{place}", table)
    head = {
        "plan": _plan_head(kept.plan),
        "tables": [_table_head(table) for table in kept.loaded.tables],
        "mappings": [_mapping_head(mapping) for mapping in kept.loaded.mappings],
        "partial": kept.loaded.partial,
        "settings": kept.settings,
        "facts": kept.facts,
    }
    write_whole(folder / _HEAD, orjson.dumps(head))


def recall(folder: Path) -> Kept:
    """What `keep` wrote. Raises `SyncjobError` when it is damaged."""
    try:
        head = orjson.loads((folder / _HEAD).read_bytes())
        frames = {name: shape.shape(pd.read_parquet(folder / f"{name}.parquet")) for name, shape in _FRAMES.items()}
        rows = ROWS.shape(pd.read_parquet(folder / "rows.parquet"))
        sids = pd.read_parquet(folder / "sids.parquet")["sid"].astype("str")
        tables = tuple(_read_table(folder / f"cells-{n}", about) for n, about in enumerate(head["tables"]))
        mappings = tuple(_mapping(about) for about in head["mappings"])
        plan = _plan(TypeAdapter(_PlanHead).validate_python(head["plan"]), frames)
        loaded = Loaded(tables, mappings, rows, head["partial"])
        return Kept(loaded, plan, sids, head["settings"], head["facts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SyncjobError(
            f"The copy in {folder} can't be read: {error}.",
            code="journal_damaged",
            advice="Restore the folder from a backup, or start a new run.",
        ) from error


@dataclass(frozen=True)
class _PlanHead:
    """What a plan says beside its frames."""

    plan_id: str
    job: str
    account: str
    kind: str
    made: str
    sources: tuple[str, ...]
    listing: str
    figures: Figures
    total: int
    partial: str | None
    cost: Cost
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    key: str = "number"
    service: str = "Exotel"
    spelled: bool = False


def _plan_head(plan: Plan) -> dict[str, object]:
    return asdict(_PlanHead(**{about.name: getattr(plan, about.name) for about in fields(_PlanHead)}))


def _plan(head: _PlanHead, frames: Mapping[str, pd.DataFrame]) -> Plan:
    return Plan(
        **{about.name: getattr(head, about.name) for about in fields(head)},
        table=frames["table"],
        outcomes=frames["outcomes"],
        remote_only=frames["remote_only"],
        field_changes=frames["field_changes"],
    )


def write_whole(path: Path, data: bytes) -> None:
    """Write aside, sync, rename. Raises `SyncjobError` when the disk won't have it."""
    settle(write_aside(path, (data,)), path)


def write_aside(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write `pieces` beside `path` and sync; where they lie until `settle`. Raises as `write_whole`."""
    aside = path.with_name(path.name + ".new")
    try:
        handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(path, error) from error
    return aside


def settle(aside: Path, path: Path) -> None:
    """Put what was written aside in its place. Raises as `write_whole`."""
    try:
        aside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame as Parquet: aside, synced, renamed. Raises `SyncjobError` when the disk won't have it."""
    aside = path.with_name(path.name + ".new")
    try:
        frame.to_parquet(aside, index=False, compression="zstd", use_dictionary=False)  # most texts stand there once
        aside.chmod(0o600)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> SyncjobError:
    return SyncjobError(
        f"{path} can't be written: {error.strerror or error}.",
        code="state_unwritable",
        advice="Free disk space or mend the folder's permissions. Nothing was sent that is not in the journal.",
    )


def _write_table(path: Path, table: Table) -> None:
    cells = table.cells.set_axis([str(name) for name in table.cells.columns], axis=1)
    write_frame(path.with_suffix(".parquet"), cells.assign(row_number=table.row_numbers.to_numpy()))
    write_frame(path.with_suffix(".problems.parquet"), table.problems)


def _read_table(path: Path, about: Mapping[str, Json]) -> Table:
    cells = pd.read_parquet(path.with_suffix(".parquet"))
    row_numbers = cells.pop("row_number")
    cells = cells.set_axis(range(len(cells.columns)), axis=1).astype("str")
    columns = tuple(Column(*pair) for pair in zip(_texts(about["letters"]), _texts(about["headers"]), strict=True))
    problems = pd.read_parquet(path.with_suffix(".problems.parquet"))
    sheet = about["sheet"]
    return Table(
        str(about["source"]),
        None if sheet is None else str(sheet),
        columns,
        cells,
        row_numbers,
        PROBLEMS.shape(problems),
        TypeAdapter(Facts).validate_python(about["facts"]),
    )


def _texts(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _table_head(table: Table) -> dict[str, object]:
    return {
        "source": table.source,
        "sheet": table.sheet,
        "letters": [column.letter for column in table.columns],
        "headers": [column.header for column in table.columns],
        "facts": asdict(table.facts),
    }


def _mapping_head(mapping: FieldMap) -> dict[str, object]:
    found = TypeAdapter(FieldMap).dump_python(mapping, mode="json")
    return dict(found)


def _mapping(about: Mapping[str, Json]) -> FieldMap:
    return TypeAdapter(FieldMap).validate_python(about, strict=False)
