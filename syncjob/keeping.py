"""A run's own copy of what it read and decided, kept until it is settled (CONTRACT 8).

One zip in the run's folder in the state folder: frames are Parquet, the rest is one JSON document. With it and the
journal a run can be settled and continued without its source and without another listing. A plan's file carries it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

import orjson
import pandas as pd
from pydantic import TypeAdapter

from syncjob.durable import put_frame, read_frame, whole
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


def place_of(folder: Path) -> Path:
    """Where a run's copy lies in its folder."""
    return folder / "kept.zip"


def keep(folder: Path, kept: Kept) -> None:
    """Write everything down, durably, in one file that is whole or not there. Raises `SyncjobError`."""
    with whole(place_of(folder)) as file:
        pack(kept, file)


def recall(folder: Path) -> Kept:
    """What `keep` wrote. Raises `SyncjobError` when it is damaged."""
    with _opened(folder) as file:
        return unpack(file)


def pack(kept: Kept, sink: IO[bytes]) -> None:
    """Write everything into a file that is open."""
    with zipfile.ZipFile(sink, "w") as packed:
        for name in _FRAMES:
            _put(packed, name, getattr(kept.plan, name))
        _put(packed, "rows", kept.loaded.rows)
        _put(packed, "sids", kept.sids.to_frame("sid"))
        for place, table in enumerate(kept.loaded.tables):
            _put(packed, f"cells-{place}", table.cells.assign(row_number=table.row_numbers.to_numpy()))
            _put(packed, f"problems-{place}", table.problems)
        packed.writestr(zipfile.ZipInfo(_HEAD), orjson.dumps(_head(kept)))


def unpack(source: IO[bytes]) -> Kept:
    """What `pack` wrote. Raises `OSError` or `ValueError` when it is damaged."""
    try:
        with zipfile.ZipFile(source) as packed:
            head = orjson.loads(packed.read(_HEAD))
            frames = {name: shape.shape(_get(packed, name)) for name, shape in _FRAMES.items()}
            rows = ROWS.shape(_get(packed, "rows"))
            sids = _get(packed, "sids")["sid"].astype("str")
            tables = tuple(_table(packed, place, about) for place, about in enumerate(head["tables"]))
        mappings = tuple(_mapping(about) for about in head["mappings"])
        plan = _plan(TypeAdapter(_PlanHead).validate_python(head["plan"]), frames)
        return Kept(Loaded(tables, mappings, rows, head["partial"]), plan, sids, head["settings"], head["facts"])
    except (zipfile.BadZipFile, NotImplementedError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def rows_of(folder: Path, row_ids: Collection[int], columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of some rows (schema.ROWS) of a run's copy. Raises `SyncjobError` when it is damaged."""
    with _opened(folder) as file, zipfile.ZipFile(file) as packed:
        found = _get(packed, "rows", ["row_id", *columns])
    return found[found["row_id"].isin(list(row_ids))]


@contextmanager
def _opened(folder: Path) -> Iterator[IO[bytes]]:
    """The copy of a run, to be read. Raises `SyncjobError` when it is found damaged."""
    try:
        with place_of(folder).open("rb") as file:
            yield file
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SyncjobError(
            f"The copy in {folder} can't be read: {error}.",
            code="journal_damaged",
            advice="Restore the folder from a backup, or start a new run.",
        ) from error


def _put(packed: zipfile.ZipFile, name: str, frame: pd.DataFrame) -> None:
    with packed.open(zipfile.ZipInfo(f"{name}.parquet"), "w", force_zip64=True) as member:
        put_frame(frame, member)


def _get(packed: zipfile.ZipFile, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A frame; what is damaged is found by its checksum."""
    return read_frame(io.BytesIO(packed.read(f"{name}.parquet")), columns)


def _head(kept: Kept) -> dict[str, object]:
    return {
        "plan": _plan_head(kept.plan),
        "tables": [_table_head(table) for table in kept.loaded.tables],
        "mappings": [_mapping_head(mapping) for mapping in kept.loaded.mappings],
        "partial": kept.loaded.partial,
        "settings": kept.settings,
        "facts": kept.facts,
    }


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


def _table(packed: zipfile.ZipFile, place: int, about: Mapping[str, Json]) -> Table:
    cells = _get(packed, f"cells-{place}")
    row_numbers = cells.pop("row_number")
    cells = cells.set_axis(range(len(cells.columns)), axis=1).astype("str")
    columns = tuple(Column(*pair) for pair in zip(_texts(about["letters"]), _texts(about["headers"]), strict=True))
    sheet = about["sheet"]
    return Table(
        str(about["source"]),
        None if sheet is None else str(sheet),
        columns,
        cells,
        row_numbers,
        PROBLEMS.shape(_get(packed, f"problems-{place}")),
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
