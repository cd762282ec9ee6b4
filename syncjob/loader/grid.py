"""A sheet as found: cells by row and column, before anybody knows where the header is.

What enters: cells, row by row, from an engine (`Collector`), or whole columns. What leaves: a `Grid` of Arrow text
columns. Promised: row numbers are the spreadsheet program's, column positions count from A = 0, an empty cell is "".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.flaw import Flaw

Cells = Mapping[int, str]
TEXT = pa.large_string()
_FLUSH = 20_000
MOST = 200_000_000  # cells, blank ones between filled ones included


class TooMuch(ValueError):
    """The sheet holds more than is read."""


@dataclass
class Grid:
    """One sheet. `columns` maps a column's position to its cells; `rows` numbers the lines, ascending."""

    columns: dict[int, pa.ChunkedArray]
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    flaws: list[Flaw] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, first column, last row, last col
    notes: list[str] = field(default_factory=list)

    def head(self, lines: int) -> list[list[str]]:
        """The first lines as plain texts, one per column of `columns`, in order."""
        parts = [self.columns[at].slice(0, lines).to_pylist() for at in sorted(self.columns)]
        return [list(line) for line in zip(*parts, strict=True)]

    def take(self, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Grid:
        """The lines that `mask` names; flaws of other lines go."""
        chosen = pa.array(mask)
        columns = {at: cells.filter(chosen) for at, cells in self.columns.items()}
        rows = self.rows[mask]
        kept = set(rows.tolist()) if self.flaws else set()
        flaws = [flaw for flaw in self.flaws if flaw.row in kept]
        return Grid(columns, rows, flaws, self.hidden, self.merged, self.notes)

    def filled(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which lines hold anything: a cell that is not blank, or a flaw."""
        mask = np.zeros(len(self.rows), dtype=np.bool_)
        for cells in self.columns.values():
            mask |= is_filled(cells)
        if self.flaws:
            mask |= np.isin(self.rows, np.fromiter((flaw.row for flaw in self.flaws), dtype=np.int64))
        return mask


_BLANK = r"^[\s\x{A0}\x{2007}\x{202F}\x{200B}\x{FEFF}\x{3000}]*$"


def is_filled(cells: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which cells hold more than white space."""
    filled = pc.not_equal(cells, pa.scalar("", TEXT))
    short = pc.and_(filled, pc.less_equal(pc.utf8_length(cells), 16))
    white = pc.and_(short, pc.match_substring_regex(cells, _BLANK)) if _may_be_white(cells) else None
    if white is not None:
        filled = pc.and_not(filled, white)
    return np.asarray(filled.combine_chunks() if isinstance(filled, pa.ChunkedArray) else filled)


def _may_be_white(cells: pa.ChunkedArray) -> bool:
    """Cheap: whether any cell begins with white space at all."""
    first = pc.utf8_slice_codeunits(cells, 0, 1)
    return bool(pc.any(pc.utf8_is_space(first)).as_py()) or bool(pc.any(pc.is_in(first, _INVISIBLE)).as_py())


_INVISIBLE = pa.array(["\u200b", "\ufeff", "\u2007", "\u202f"], TEXT)


class Collector:
    """Gathers sparse rows and packs them into columns as it goes, so that Python objects never pile up."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, Cells]] = []
        self._rows: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        self._blocks: list[dict[int, pa.Array]] = []
        self._sizes: list[int] = []
        self.count = 0
        self._cells = 0
        self.flaws: list[Flaw] = []
        self.hidden: set[int] = set()
        self.merged: list[tuple[int, int, int, int]] = []
        self.notes: list[str] = []

    def add(self, row: int, cells: Cells) -> None:
        """One line. `row` is the spreadsheet program's number and above all earlier ones."""
        self._lines.append((row, cells))
        self.count += 1
        if len(self._lines) >= _FLUSH:
            self._flush()

    def flaw(self, row: int, column: int, code: str, value: str) -> None:
        """Something wrong with a cell."""
        self.flaws.append(Flaw(row, column, code, value))

    def _flush(self) -> None:
        if not self._lines:
            return
        used = sorted({at for _, cells in self._lines for at in cells})
        self._cells += len(used) * len(self._lines)
        if self._cells > MOST:
            raise TooMuch
        self._blocks.append({at: pa.array([cells.get(at, "") for _, cells in self._lines], TEXT) for at in used})
        self._rows.append(np.fromiter((row for row, _ in self._lines), dtype=np.int64, count=len(self._lines)))
        self._sizes.append(len(self._lines))
        self._lines = []

    def grid(self) -> Grid:
        """Everything gathered."""
        self._flush()
        rows = np.concatenate(self._rows) if self._rows else np.zeros(0, dtype=np.int64)
        used = sorted({at for block in self._blocks for at in block})
        blanks = {size: pa.array([""] * size, TEXT) for size in set(self._sizes)}
        columns = {
            at: pa.chunked_array(
                [block.get(at, blanks[size]) for block, size in zip(self._blocks, self._sizes, strict=True)], TEXT
            )
            for at in used
        }
        grid = Grid(columns, rows, self.flaws, self.hidden, self.merged, self.notes)
        return grid if _ascends(rows) else _sorted(grid)


def _ascends(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    return bool(np.all(rows[1:] > rows[:-1]))


def _sorted(grid: Grid) -> Grid:
    """Some writers leave rows in any order; of two lines with one number the later wins, as in the programs."""
    order = np.argsort(grid.rows, kind="stable")
    rows = grid.rows[order]
    last = np.append(rows[1:] != rows[:-1], True)
    chosen = pa.array(order[last])
    grid.columns = {at: cells.take(chosen) for at, cells in grid.columns.items()}
    grid.rows = rows[last]
    return grid
