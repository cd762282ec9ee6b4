"""The fast reader of a large xlsx sheet: fastexcel for the cells, a scan of the XML for what it loses.

What enters: the workbook, a sheet, the scan. What leaves: the same `Grid` that the careful reader gives. Promised: when
the two don't agree on the extent, `Unusual` is raised and the careful reader takes over.
"""

from __future__ import annotations

import contextlib
import threading
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.grid import TEXT, Grid
from syncjob.loader.limits import ReadLimits
from syncjob.loader.xlsx_book import Book
from syncjob.loader.xlsx_scan import Scan, Unusual, scan_sheet, stated_area

_SPARE = 4_000_000  # blank cells that a used range may hold beside its filled ones
_CELL = 16  # bytes of XML that a filled cell takes at least


class Engine(threading.Thread):
    """fastexcel at work on a sheet while its XML is being scanned: it needs no lock of Python's."""

    def __init__(self, path: Path, sheet: str) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._sheet = sheet
        self._batch: pa.RecordBatch | None = None

    def run(self) -> None:
        """Load the sheet; a failure leaves nothing."""
        from fastexcel import FastExcelError, read_excel

        with contextlib.suppress(FastExcelError):
            book = read_excel(self._path)
            self._batch = book.load_sheet_eager(self._sheet, header_row=None, skip_rows=0, dtypes="string")

    def batch(self) -> pa.RecordBatch:
        """The cells. Raises `Unusual` when the engine failed."""
        if self.ident is None:
            self.start()
        self.join()
        batch, self._batch = self._batch, None
        if batch is None:
            raise Unusual
        return batch


def is_dense(area: int, filled: int, limits: ReadLimits) -> bool:
    """Whether a used range is full enough for an engine that fills all of it: one stray cell can cost gigabytes."""
    return area <= limits.dense_cells and area <= 4 * filled + _SPARE


def read_fast(path: Path, sheet: str, archive: zipfile.ZipFile, part: str, book: Book, limits: ReadLimits) -> Grid:
    """The sheet's cells, patched where the scan says so. Raises `Unusual` where the careful reader must do it."""
    engine = Engine(path, sheet)
    if not is_dense(stated_area(archive, part), archive.getinfo(part).file_size // _CELL, limits):
        raise Unusual
    engine.start()
    scan = scan_sheet(archive, part, book)
    if not scan.columns or not is_dense(scan.rows * (max(scan.columns) + 1), scan.cells, limits):
        raise Unusual
    return _patched_grid(engine.batch(), scan)


def _patched_grid(batch: pa.RecordBatch, scan: Scan) -> Grid:
    first, last = min(scan.columns), max(scan.columns)
    if batch.num_columns != last - first + 1 or batch.num_rows > scan.rows:
        raise Unusual
    columns = {first + at: _texts(batch.column(at)) for at in range(batch.num_columns)}
    for column, texts in scan.texts.items():
        columns[column] = _patched(columns[column], texts)
    rows = np.arange(1, len(columns[first]) + 1, dtype=np.int64)
    grid = Grid({at: pa.chunked_array([cells]) for at, cells in columns.items()}, rows)
    grid.flaws, grid.hidden, grid.merged = sorted(scan.flaws, key=lambda flaw: flaw.row), scan.hidden, scan.merged
    return grid.take(grid.filled())


def _texts(column: pa.Array) -> pa.Array:
    return pc.fill_null(column.cast(TEXT), "")


def _patched(column: pa.Array, texts: list[tuple[int, str]]) -> pa.Array:
    """`column` with other texts in some rows; the last one said of a row counts."""
    said = {row - 1: text for row, text in texts if row <= len(column)}
    places = sorted(said)
    mask = np.zeros(len(column), dtype=np.bool_)
    mask[places] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array([said[at] for at in places], TEXT))
