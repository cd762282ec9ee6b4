"""Files → text tables, and text tables → rows. Importing this is cheap; the calls load what they need.

What enters: paths, globs, and what the config says of them. What leaves: `Table`s: every cell as text, every line with
its number in the spreadsheet program, everything that is wrong named. Promised (CONTRACT 4 and 8): nothing is guessed
silently, a damaged line costs its row only, and a file that can't be read costs one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from syncjob.loader.limits import DEFAULT, ReadLimits

if TYPE_CHECKING:
    import pandas as pd

    from syncjob.loader.reader import Heard
    from syncjob.loader.table import Table

__all__ = ["ReadLimits", "expand", "read_many", "read_table", "read_tables"]


def read_tables(
    path: Path | str,
    *,
    sheet: str | Sequence[str] | None = None,
    header_row: int | Literal["auto"] = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
    limits: ReadLimits = DEFAULT,
) -> tuple[Table, ...]:
    """The tables of one file, read in a process of its own.

    `sheet`: None (the sheet that holds the contacts; `Facts.other_sheets` names others that do), a name, several names,
    or "all" visible ones. `header_row` counts as the spreadsheet program does. Raises `SourceError` (CONTRACT 8).
    """
    from syncjob.loader import reader

    return reader.read_tables(
        path, sheet=sheet, header_row=header_row, encoding=encoding, delimiter=delimiter, limits=limits
    )


def read_many(
    paths: Sequence[Path | str],
    *,
    sheet: str | Sequence[str] | None = None,
    header_row: int | Literal["auto"] = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
    limits: ReadLimits = DEFAULT,
    heard: Heard | None = None,
) -> tuple[Table, ...]:
    """The tables of several files, in the order of `paths`; two files are read at a time. Raises `SourceError`.

    `heard` is told how each file begins while a large one is still being read, and of each that was read whole.
    """
    from syncjob.loader import reader

    return reader.read_many(
        paths,
        sheet=sheet,
        header_row=header_row,
        encoding=encoding,
        delimiter=delimiter,
        limits=limits,
        heard=heard,
    )


def read_table(
    path: Path | str,
    sheet: str | None = None,
    header_row: int | Literal["auto"] = "auto",
    encoding: str = "auto",
    delimiter: str = "auto",
) -> pd.DataFrame:
    """Any CSV or workbook → DataFrame of text, one column per column found, blank cells "" (CONTRACT 12).

    `.attrs["source"]` is a plain dict: `file`, `sheet`, `format`, `encoding`, `delimiter`, `header_row`, `notes` and
    the other facts, and `damaged`: one dict per problem with `position` (line of the frame), `row`, `column`, `header`,
    `code`, `value`, `detail` (why a line is damaged). Raises `SourceError`.
    """
    from syncjob.loader import reader

    return reader.read_table(path, sheet=sheet, header_row=header_row, encoding=encoding, delimiter=delimiter)


def expand(patterns: Sequence[str], base: Path) -> list[Path]:
    """The files that paths and globs name, relative to `base`, in natural order. Raises `SourceError`."""
    from syncjob.loader.paths import expand as expanded

    return expanded(patterns, base)
