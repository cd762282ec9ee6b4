"""What the loader hands on: the tables as found, and the rows made of them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from syncjob.columns import FieldMap
from syncjob.schema import INT, TEXT, Frame

__all__ = ["PROBLEMS", "Column", "Facts", "FieldMap", "Loaded", "Table"]

PROBLEMS = Frame(
    "problems",
    {
        "position": INT,  # the line of `Table.cells`
        "column": INT,  # the column's position; -1: the whole line
        "code": TEXT,  # a reason code of words.REASONS
        "value": TEXT,  # the cell's (or the line's) text as found
        "detail": TEXT,  # of a damaged line: why, as in "it has 5 fields where the header has 4"
    },
    (),
)
"""What is wrong with single cells or whole lines of a table, before anybody knows what the columns mean."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its letter as the spreadsheet program shows it (for text files too), and its header."""

    letter: str
    header: str


@dataclass(frozen=True)
class Facts:
    """What was understood of a file; printed, so that nothing is guessed silently.

    `notes` are whole sentences for people: hidden rows, merged cells, a guessed encoding, trailing blank fields.
    """

    format: str  # csv, xlsx, xls, xlsb, ods, html, xml (XML Spreadsheet 2003)
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int = 1  # as the spreadsheet program numbers it
    hidden_rows: int = 0
    other_sheets: tuple[str, ...] = ()  # other visible sheets that hold contacts
    hidden_sheets: tuple[str, ...] = ()
    cut_off: bool = False  # a text file whose last line has no end and too few fields
    result_of: str | None = None  # run id when the file is a result or needs-fixing file of ours
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One sheet (or text file): every data line below the header, every cell as text.

    `cells` has one text column per entry of `columns`, labelled by position 0…, and one line per input row, labelled
    0…; an empty cell is "". `row_numbers` gives each line's number as the spreadsheet program shows it. Blank lines
    are left out. Lines that are damaged are kept (best effort) and named in `problems`.
    """

    source: str
    sheet: str | None
    columns: tuple[Column, ...]
    cells: pd.DataFrame
    row_numbers: pd.Series[int]
    problems: pd.DataFrame
    facts: Facts


@dataclass(frozen=True)
class Loaded:
    """All sources of a run: the tables, the mapping of each, and the rows (schema.ROWS)."""

    tables: tuple[Table, ...]
    mappings: tuple[FieldMap, ...]
    rows: pd.DataFrame
    partial: str | None = None  # why this run speaks only for its rows (CONTRACT 1), or None: whole
