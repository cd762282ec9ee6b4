"""A plain table of text as a spreadsheet: exports and histories. Every value stays text, nothing becomes a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa

from syncjob.loader.apostrophe import put
from syncjob.results.aside import place
from syncjob.results.book import write_book
from syncjob.results.grid import Grid, write_grid
from syncjob.results.palette import Palette


def write_table(table: pd.DataFrame, path: Path, name: str = "Contacts") -> Path:
    """Write `table` (all text) to `path`, .xlsx or .csv by its ending, whole or not at all; where it lies."""
    return place(path, lambda aside: _csv(table, aside) if path.suffix.lower() == ".csv" else _xlsx(table, aside, name))


def _csv(table: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([put(str(header)) for header in table.columns])
        columns = [[put(value) for value in table[header].tolist()] for header in table.columns]
        writer.writerows(zip(*columns, strict=True))


def _xlsx(table: pd.DataFrame, path: Path, name: str) -> None:
    headers = tuple(str(header) for header in table.columns)
    columns = tuple(pa.array(table[header], pa.large_string()) for header in table.columns)
    grid = Grid(name, headers, columns, own=len(headers))
    write_book(path, lambda book: write_grid(book, grid, Palette(book)))
