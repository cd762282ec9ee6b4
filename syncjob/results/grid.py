"""One sheet of text, however long: header, filter, widths, colours, folded columns, print set-up.

What enters: a `Grid`, a value that says what the sheet shows. What leaves: one worksheet, or several ("Results 2") when
the lines are more than one holds. Every cell is text. The one place that reaches into XlsxWriter's row storage is
`TextWorksheet.write_texts`; another engine would replace this file and `workbook.py`, nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from syncjob.results import cellxml
from syncjob.results.marks import Mark
from syncjob.results.packing import MARK, Rows
from syncjob.results.palette import LINE, Palette

SHEET_ROWS = 1_048_576
CHUNK = 16_384
COMMENTS = 2_000
"""Cells beyond these are coloured without a comment: spreadsheet programs open slowly with many thousands of them."""

RULED = 20_000
"""Lines beyond which no line is drawn between them: programs judge such a rule for every cell they show."""

HEADER_POINTS = 24
NARROW, WIDE, SAMPLE = 9, 44, 1_000
PER_WIDTH = 1.0
"""Characters of running text per unit of column width, less than true: fonts differ, and a cut line is a lost one."""


@dataclass(frozen=True)
class Grid:
    """What a sheet of text shows. `columns` holds one column of texts per header, aligned, empty cells as ""."""

    name: str
    headers: tuple[str, ...]
    columns: tuple[cellxml.Texts, ...]
    own: int  # how many of the first columns are the user's; the others are ours
    outcome: int | None = None  # the column of outcome codes that colours itself and the next one
    folded: tuple[int, int] | None = None  # first and last of the columns grouped and folded away
    styles: Mapping[int, str] = field(default_factory=dict)  # column → name of a palette style
    widths: Mapping[int, int] = field(default_factory=dict)  # column → characters, where not found by looking
    marks: tuple[Mark, ...] = ()  # by line, ascending
    tab: str | None = None

    @property
    def lines(self) -> int:
        """How many lines stand below the header."""
        return len(self.columns[0]) if self.columns else 0


class TextWorksheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is untyped
    """A worksheet that takes whole blocks of text and nothing else. Needs a workbook with `in_memory` and a `tmpdir`.

    Its rows are packed apart; `packing.put_together` puts them into the workbook.
    """

    rows: Rows | None = None
    """None: there are no rows yet."""

    def write_texts(
        self,
        first: int,
        columns: Sequence[pa.Array],
        formats: Sequence[Format],
        marked: Mapping[tuple[int, int], Format],
        wrapped: Mapping[int, int],
        height: int = 0,
    ) -> None:
        """Rows from `first` (0-based) on, below everything written so far.

        `marked`: (line, column) → its format. `wrapped`: column → how many characters fit into its width. `height`:
        of every row, in points; 0 leaves it to the text.
        """
        count = len(columns[0]) if columns else 0
        if not count:
            return
        numbers = pc.cast(pa.array(np.arange(first + 1, first + count + 1)), pa.large_string())
        letters = [xl_col_to_name(at) for at in range(len(columns))]
        made = [
            cellxml.column(letter, cell_format._get_xf_index(), numbers, texts, self._share)
            for letter, cell_format, texts in zip(letters, formats, columns, strict=True)
        ]
        for at in {at for _, at in marked}:
            looks = {line: look for (line, on), look in marked.items() if on == at}
            made[at] = cellxml.replaced(made[at], count, _restyled(columns[at], letters[at], first, looks))
        self.write_made(first, numbers, made, [(columns[at], width) for at, width in wrapped.items()], height)

    def write_made(
        self,
        first: int,
        numbers: pa.Array,
        made: Sequence[Sequence[cellxml.Part]],
        wrapped: Sequence[tuple[pa.Array, int]],
        height: int = 0,
    ) -> None:
        """Rows of cells that are XML already: `numbers` name them from `first` (0-based) on, `made` holds the columns.

        `wrapped` and `height`: see `cellxml.rows`.
        """
        if self.rows is None:
            self.rows = Rows(Path(self.tmpdir) / f"sheet{self.index + 1}.packed")
        self.rows.write(partial(cellxml.rows, numbers, made, wrapped, height), len(numbers))
        self._check_dimensions(first + len(numbers) - 1, len(made) - 1)

    def _share(self, text: str, times: int) -> int:
        """The place of a text in the workbook's table of shared ones."""
        place: int = self.str_table._get_shared_string_index(text)
        self.str_table.count += times - 1
        return place

    def _prepare_formula(self, formula: str, *_: object) -> str:
        """XlsxWriter's own looks for dozens of newer functions; the formulas of our rules have none of them."""
        return formula.removeprefix("=")

    def _write_sheet_data(self) -> None:
        """XlsxWriter's own writes the rows that it holds; ours lie packed elsewhere."""
        self.fh.write(f"<sheetData>{MARK.decode() if self.rows else ''}</sheetData>")


def _restyled(texts: pa.Array, letter: str, first: int, formats: Mapping[int, Format]) -> dict[int, str]:
    """Some cells of a column in another format."""
    return {
        line: cellxml.cell(f"{letter}{first + line + 1}", look._get_xf_index(), texts[line].as_py())
        for line, look in formats.items()
    }


def write_grid(book: Workbook, grid: Grid, palette: Palette, sheet_rows: int = SHEET_ROWS) -> tuple[str, ...]:
    """Write `grid` as one sheet or several; returns their names. `sheet_rows` counts the header."""
    room = sheet_rows - 1
    names = sheet_names(grid, sheet_rows)
    for part, name in enumerate(names):
        start = part * room
        _write_part(book, grid, palette, name, start, min(start + room, grid.lines))
    return names


def sheet_names(grid: Grid, sheet_rows: int = SHEET_ROWS) -> tuple[str, ...]:
    """The names of the sheets that `grid` fills: Results, Results 2, …"""
    parts = max(1, -(-grid.lines // (sheet_rows - 1)))
    return tuple(grid.name if part == 0 else f"{grid.name} {part + 1}" for part in range(parts))


def place_of(grid: Grid, line: int, sheet_rows: int = SHEET_ROWS) -> tuple[str, int]:
    """Where a line of `grid` stands: the sheet's name, and the row as the spreadsheet program numbers it."""
    part, below = divmod(line, sheet_rows - 1)
    return (grid.name if part == 0 else f"{grid.name} {part + 1}"), below + 2


def _write_part(book: Workbook, grid: Grid, palette: Palette, name: str, start: int, stop: int) -> None:
    sheet = book.add_worksheet(name, worksheet_class=TextWorksheet)
    _set_up(sheet, grid, palette, stop - start)
    formats = [palette.style(grid.styles.get(at, "text")) for at in range(len(grid.headers))]
    wrapped = {at: int(grid.widths[at] * PER_WIDTH) for at, style in grid.styles.items() if style == "wrap"}
    lines = [mark.line for mark in grid.marks]  # ascending
    for mark in grid.marks[bisect_left(lines, start) : bisect_left(lines, stop)][:COMMENTS]:
        sheet.write_comment(mark.line - start + 1, mark.column, cellxml.cut(mark.comment)[:2_000], _COMMENT)
    for first in range(start, stop, CHUNK):
        last = min(first + CHUNK, stop)
        columns = [_whole(texts.slice(first, last - first)) for texts in grid.columns]
        marks = grid.marks[bisect_left(lines, first) : bisect_left(lines, last)]
        marked = {(mark.line - first, mark.column): palette.style("marked") for mark in marks}
        sheet.write_texts(first - start + 1, columns, formats, marked, wrapped)


def _whole(texts: cellxml.Texts) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


_COMMENT = {"author": "syncjob", "x_scale": 2.2, "y_scale": 1.1, "color": "#FFF8DC", "font_size": 9}


def _set_up(sheet: TextWorksheet, grid: Grid, palette: Palette, lines: int) -> None:
    """Everything but the lines; the columns' own format keeps what is typed below the lines text, too."""
    last = max(len(grid.headers) - 1, 0)
    for at in range(len(grid.headers)):
        options = {"level": 1, "hidden": True} if grid.folded and grid.folded[0] <= at <= grid.folded[1] else {}
        width = grid.widths.get(at) or fitting(grid.headers[at], grid.columns[at])
        sheet.set_column(at, at, width, palette.style(grid.styles.get(at, "text")), options)
    if grid.folded:
        sheet.set_column(grid.folded[1] + 1, grid.folded[1] + 1, None, None, {"collapsed": True})
    looks = [palette.style("header" if at < grid.own else "our_header") for at in range(len(grid.headers))]
    write_headers(sheet, grid.headers, looks)
    sheet.freeze_panes(1, 0)
    if grid.headers:
        sheet.autofilter(0, 0, lines, last)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(last)}{SHEET_ROWS}"})
    if grid.outcome is not None:
        _colour(sheet, grid, palette, lines)
    rule_lines(sheet, palette, lines, last, {mark.column for mark in grid.marks})
    print_set_up(sheet, grid.name)
    if grid.tab:
        sheet.set_tab_color(grid.tab)


def write_headers(sheet: TextWorksheet, headers: Sequence[str], looks: Sequence[Format]) -> None:
    """The first row; each header in its look."""
    cells = [
        [cellxml.cell(f"{xl_col_to_name(at)}1", look._get_xf_index(), header)]
        for at, (header, look) in enumerate(zip(headers, looks, strict=True))
    ]
    if cells:
        sheet.write_made(0, pa.array(["1"], pa.large_string()), cells, (), HEADER_POINTS)


def rule_lines(sheet: Worksheet, palette: Palette, lines: int, last: int, boxed: Collection[int] = ()) -> None:
    """A thin line under every row, on paper too; blank cells have no look of their own, so it comes by a rule.

    Not in the columns `boxed`, whose marked cells have a frame that a rule would take away.
    """
    if not 0 < lines <= RULED:
        return
    look = palette.made("ruled", {"bottom": 1, "bottom_color": LINE})
    edges = [-1, *sorted(boxed), last + 1]
    for before, after in pairwise(edges):
        if after - before > 1:
            rule = {"type": "formula", "criteria": "=TRUE", "format": look}
            sheet.conditional_format(1, before + 1, lines, after - 1, rule)


def _colour(sheet: Worksheet, grid: Grid, palette: Palette, lines: int) -> None:
    """One rule per outcome there is, so that sorting and filtering keep the colours."""
    at = grid.outcome or 0
    letter = xl_col_to_name(at)
    for code in grid.columns[at].unique().to_pylist():
        if code not in palette.codes:
            continue
        for column, bold in ((at, True), (at + 1, False)):
            look = palette.outcome(code, bold)
            rule = {"type": "formula", "criteria": f'=${letter}2="{code}"', "format": look}
            sheet.conditional_format(1, column, max(lines, 1), column, rule)


def print_set_up(sheet: Worksheet, name: str) -> None:
    """On paper: landscape, one page wide, the header on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L{name}&R&P / &N")


def fitting(header: str, texts: cellxml.Texts) -> int:
    """A width that shows most of a column: the longest of the header and the first lines, within limits."""
    longest = pc.max(pc.utf8_length(texts.slice(0, SAMPLE))).as_py() or 0
    return int(min(max(NARROW, len(header) + 4, longest + 2), WIDE))
