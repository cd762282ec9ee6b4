"""The loader's calls: files → `Table`s, or a DataFrame for a notebook.

What enters: paths and what the config says. What leaves: tables of text. Raises `SourceError` (exit 4) with one
sentence for every whole-file failure; damage of single lines and cells is in the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

import pandas as pd

from syncjob.loader.beginning import Hear
from syncjob.loader.found import HeaderRow
from syncjob.loader.header import unique
from syncjob.loader.limits import DEFAULT, MB, ReadLimits
from syncjob.loader.process import read_apart
from syncjob.loader.refusal import refuse
from syncjob.loader.table import Table


class Heard(Protocol):
    """Told, from any thread, what is known of the file at `place`: how it begins, and in the end the `whole` of it."""

    def __call__(self, place: int, tables: tuple[Table, ...], *, whole: bool) -> None: ...


Wish = str | Sequence[str] | None
_AT_ONCE = 2  # reading processes; each may take gigabytes


def read_tables(
    path: Path | str,
    *,
    sheet: Wish = None,
    header_row: HeaderRow = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
    limits: ReadLimits = DEFAULT,
    hear: Hear | None = None,
) -> tuple[Table, ...]:
    """The tables of one file; see `syncjob.loader.read_tables`, for `hear` see `read_apart`."""
    file, name = Path(path), str(path)
    _check(file, name, limits)
    if header_row != "auto" and not (type(header_row) is int and header_row > 0):
        raise refuse(name, f"header_row can't be {header_row!r}", "Use auto, or a row number from 1 up.")
    return read_apart(
        {
            "path": str(file.resolve()),
            "name": name,
            "sheet": sheet if sheet is None or isinstance(sheet, str) else list(sheet),
            "header_row": header_row,
            "encoding": encoding,
            "delimiter": delimiter,
            "careful": False,
            "folder": "",
            "limits": asdict(limits),
        },
        limits,
        hear,
    )


def _check(file: Path, name: str, limits: ReadLimits) -> None:
    try:
        if file.is_dir():
            raise refuse(name, "it is a folder, not a file", "Name the files in it.")
        size = file.stat().st_size
        with file.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError) as error:
        raise refuse(name, "there is no such file", "Check the path.", code="source_missing") from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise refuse(name, f"it can't be opened ({why})", "Check its permissions.") from error
    if not file.is_file():
        raise refuse(name, "it is a device or a pipe, not a file", "Copy it to a file first.")
    if not size:
        raise refuse(name, "the file is empty", "Check that the export worked and the copy was complete.")
    if size > limits.file_size:
        why = f"it has {size // MB:,} MB; files of up to {limits.file_size // MB:,} MB are read"
        raise refuse(name, why, "Split it into smaller files.")


def read_many(
    paths: Sequence[Path | str],
    *,
    sheet: Wish = None,
    header_row: HeaderRow = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
    limits: ReadLimits = DEFAULT,
    heard: Heard | None = None,
) -> tuple[Table, ...]:
    """The tables of several files, in the order of `paths`; see `syncjob.loader.read_many`."""

    def one(place: int, path: Path | str) -> tuple[Table, ...]:
        hear = None if heard is None else partial(heard, place, whole=False)
        tables = read_tables(
            path, sheet=sheet, header_row=header_row, encoding=encoding, delimiter=delimiter, limits=limits, hear=hear
        )
        if heard is not None:
            heard(place, tables, whole=True)
        return tables

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return tuple(table for tables in pool.map(one, count(), paths) for table in tables)


def read_table(
    path: Path | str,
    sheet: str | None = None,
    header_row: HeaderRow = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
) -> pd.DataFrame:
    """One table as a DataFrame of text; see `syncjob.read_table`."""
    tables = read_tables(path, sheet=sheet, header_row=header_row, encoding=encoding, delimiter=delimiter)
    if len(tables) != 1:
        names = ", ".join(f"“{table.sheet}”" for table in tables)
        raise refuse(str(path), f"it holds several tables: {names}", "Name one of them with sheet.")
    table = tables[0]
    frame = table.cells.copy(deep=False)
    frame.columns = pd.Index(
        unique([column.header or f"Column {column.letter}" for column in table.columns]), dtype="str"
    )
    frame.attrs["source"] = _understood(table)
    return frame


def _understood(table: Table) -> dict[str, object]:
    """What was understood of the file, and its damaged rows, as plain values."""
    facts = asdict(table.facts)
    rows = table.row_numbers
    damaged = [
        {
            "position": int(position),
            "row": int(rows[position]),
            "column": table.columns[column].letter if column >= 0 else None,
            "header": table.columns[column].header if column >= 0 else None,
            "code": code,
            "value": value,
            "detail": detail,
        }
        for position, column, code, value, detail in table.problems.itertuples(index=False, name=None)
    ]
    return {"file": table.source, "sheet": table.sheet, **facts, "damaged": damaged}
