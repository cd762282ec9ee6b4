"""What the reading process hands to its parent, and how it is taken up.

What enters: a `Found`; later its Arrow file and JSON. What leaves: a `Table`. Columns travel by Arrow, so a million
rows are handed over without becoming Python objects; those of a small file, which are such objects, stay in the JSON.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncjob.loader.flaw import Flaw, letter
from syncjob.loader.found import Found

if TYPE_CHECKING:
    import pyarrow as pa

    from syncjob.loader.table import Table

_ROW = "row"


def write(found: Found, path: Path) -> dict[str, object]:
    """The answer. Cells that are not plain are written to `path`."""
    if isinstance(found.rows, array):
        cells: dict[str, object] = {"cells": list(found.cells), "rows": found.rows.tolist()}
    else:
        _store(found, path)
        cells = {"file": path.name}
    return {
        **cells,
        "sheet": found.sheet,
        "letters": [letter(at) for at in found.letters],
        "headers": found.headers,
        "problems": _problems(found),
        "facts": found.facts,
    }


def _store(found: Found, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.ipc

    names = [str(at) for at in range(len(found.cells))]
    table = pa.table([*found.cells, pa.array(found.rows)], names=[*names, _ROW])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 18)


def _stored(answer: dict[str, object], folder: Path) -> pa.Table:
    """The columns of cells, and the rows' numbers."""
    import pyarrow as pa
    import pyarrow.ipc

    if "rows" in answer:
        cells = [pa.array(column, pa.large_string()) for column in _list(answer["cells"])]
        names = [str(at) for at in range(len(cells))]
        return pa.table([*cells, pa.array(_list(answer["rows"]), pa.int64())], names=[*names, _ROW])
    path = str(folder / str(answer["file"]))
    with pa.memory_map(path) if os.name == "posix" else pa.OSFile(path) as file:  # there the file may go meanwhile
        return pa.ipc.open_file(file).read_all()


def _problems(found: Found) -> list[tuple[int, int, str, str, str]]:
    """Flaws by the position of their line and column."""
    columns = {at: position for position, at in enumerate(found.letters)}
    flaws: list[Flaw] = [flaw for flaw in found.flaws if flaw.column < 0 or flaw.column in columns]
    return [
        (bisect_left(found.rows, flaw.row), columns.get(flaw.column, -1), flaw.code, flaw.value, flaw.detail)
        for flaw in flaws
    ]


def take(answer: dict[str, object], folder: Path, source: str) -> Table:
    """The table that the reading process left in `folder`."""
    import pandas as pd

    from syncjob.loader.table import PROBLEMS, Column, Facts, Table

    data = _stored(answer, folder)
    rows = pd.Series(data.column(_ROW).to_numpy(), dtype="int64")
    cells = data.drop_columns([_ROW]).to_pandas() if data.num_columns > 1 else pd.DataFrame(index=rows.index)
    cells.columns = pd.RangeIndex(cells.shape[1])
    flaws = _list(answer["problems"])
    problems = PROBLEMS.shape(pd.DataFrame(flaws, columns=list(PROBLEMS.columns))) if flaws else PROBLEMS.empty()
    stated = answer["facts"] if isinstance(answer["facts"], dict) else {}
    known = {field.name for field in fields(Facts)}
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stated.items() if name in known
    }
    return Table(
        source=source,
        sheet=None if answer["sheet"] is None else str(answer["sheet"]),
        columns=tuple(
            Column(str(mark), str(header))
            for mark, header in zip(_list(answer["letters"]), _list(answer["headers"]), strict=True)
        ),
        cells=cells,
        row_numbers=rows,
        problems=problems,
        facts=Facts(**facts),
    )


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
