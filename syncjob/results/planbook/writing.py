"""Lines and cover → an .xlsx: frozen headers, filters, drop-downs, highlights, and the sealed plan on a hidden sheet.

What enters: a run's own copy and the path of a file that does not exist yet; the caller writes aside and renames. What
leaves: a workbook whose only formulas are ours: the totals, and the answers of removals, which follow one cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from syncjob.keeping import Kept
from syncjob.loader.origin import placed
from syncjob.planfile import VERSION, pack
from syncjob.results import cellxml
from syncjob.results.book import write_book as put_book
from syncjob.results.grid import (
    CHUNK,
    HEADER_POINTS,
    PER_WIDTH,
    SAMPLE,
    SHEET_ROWS,
    TextWorksheet,
    fitting,
    print_set_up,
    rule_lines,
    write_headers,
)
from syncjob.results.palette import DONE, FIX, INK, LINE, MUTED, NAVY, PAPER, PLANNED_BARS, QUIET, Palette, Properties
from syncjob.results.planbook.cover import NAME, Put, answer_at, cover_of, sheet_names
from syncjob.results.planbook.lines import ALL_DELETES, APPROVE, ARROW, FORMULA, MARK, Lines, answer, sheets_of
from syncjob.results.sheets import WRAP_UNTIL
from syncjob.texts import arrow

SEALED = "syncjob"
"""The hidden sheet; it is found by what stands in its first cell, `MAGIC`."""

MAGIC = "syncjob plan: leave this sheet as it is"
PIECE = 30_000
"""Characters of the sealed plan in one cell: a cell holds 32,767."""

WAITS = "#FFE699"
_OLD, _NEW = ("FF8A3B12", False), ("FF0B5394", True)
_WIDTHS = {MARK: 13, "From": 26, "Why": 34, "Why, and what to do": 70, "Number": 18, "What": 14}
COVER_WIDTHS = (1.3, 22, 11, 11, 13, 40, 22, 20)
_BASE: Properties = {"font_color": INK, "valign": "vcenter", "num_format": "@"}
_RULED: Properties = {"bottom": 1, "bottom_color": LINE}
_LOOKS: dict[str, Properties] = {
    "title": {**_BASE, "font_size": 20, "bold": True, "font_color": NAVY},
    "banner": {**_BASE, "font_size": 12, "bold": True, "bg_color": "#FFC933"},
    "headline": {**_BASE, "font_size": 14, "text_wrap": True},
    "section": {**_BASE, "font_size": 13, "bold": True, "font_color": NAVY, "bottom": 2, "bottom_color": NAVY},
    "head": {**_BASE, "font_color": MUTED, "align": "right", "indent": 1, "bottom": 2, "bottom_color": NAVY},
    "link": {**_BASE, **_RULED, "bold": True, "font_color": "#0B6FB8", "underline": 1, "indent": 1},
    "count": {**_BASE, **_RULED, "num_format": "#,##0", "align": "right", "indent": 1},
    "total": {**_BASE, **_RULED, "num_format": "#,##0", "align": "right", "indent": 1, "bold": True},
    "sum": {**_BASE, **_RULED, "bold": True, "font_color": MUTED, "indent": 1},
    **{f"chip {verb}": {"bg_color": colour} for verb, colour in PLANNED_BARS.items()},
    "answer": {**_BASE, "align": "center", "bold": True, "bg_color": WAITS, "border": 2, "border_color": "#B8860B"},
    "line": {**_BASE, **_RULED, "text_wrap": True, "indent": 1},
    "step": {**_BASE, "text_wrap": True, "indent": 1},
    "refusal": {**_BASE, "text_wrap": True, "bold": True, "bg_color": FIX, "indent": 1},
    "command": {**_BASE, "font_name": "Consolas", "font_size": 10, "bg_color": PAPER, "text_wrap": True, "indent": 1},
    "label": {**_BASE, "font_color": MUTED, "valign": "top", "indent": 1},
    "value": {**_BASE, "text_wrap": True, "valign": "top"},
    "approve": {**_BASE, "align": "center", "bold": True, "valign": "top"},
    "approve header": {**_BASE, "align": "center", "bold": True, "font_color": "#FFFFFF", "bg_color": NAVY},
    "changed": {**_BASE, "valign": "top", "bg_color": "#FFF6DA"},
    "changed wrap": {**_BASE, "valign": "top", "bg_color": "#FFF6DA", "text_wrap": True},
}


def write_book(kept: Kept, path: Path) -> None:
    """Write the plan workbook to `path`. Raises OSError."""
    sheets = sheets_of(kept.plan, placed(kept.loaded))

    def fill(book: Workbook) -> None:
        _properties(book, kept)
        palette = Palette(book)
        puts = cover_of(kept, sheets)
        _write_cover(book, palette, puts)
        for lines in sheets:
            _write_lines(book, palette, lines)
        _seal(book, kept, fingerprint(sheets, puts))

    put_book(path, fill)


def _properties(book: Workbook, kept: Kept) -> None:
    book.set_properties({"title": f"syncjob: plan of {kept.plan.job}", "author": "syncjob"})
    book.set_custom_property("syncjob.kind", "plan", "text")
    book.set_custom_property("syncjob.plan", kept.plan.plan_id, "text")


# -- the cover -------------------------------------------------------------------------------------------------------


def _write_cover(book: Workbook, palette: Palette, puts: Sequence[Put]) -> None:
    sheet = book.add_worksheet(NAME)
    for at, width in enumerate(COVER_WIDTHS):
        sheet.set_column(at, at, width)
    heights: dict[int, float] = {}
    for put in puts:
        heights[put.row] = max(heights.get(put.row, 18.0), put.height or _height(put))
    done = -1
    for put in puts:
        if put.row != done:
            sheet.set_row(put.row, heights[put.row])
            done = put.row
        _put(sheet, palette, put)
    place = answer_at(puts)
    if place:
        told = {"input_title": "All removals", "input_message": "yes answers for every removal. Empty or no: none."}
        sheet.data_validation(*place, *place, {**_CHOICES, **told})
        book.define_name(ALL_DELETES, f"={NAME}!${xl_col_to_name(place[1])}${place[0] + 1}")
    sheet.hide_gridlines(2)
    sheet.set_tab_color(NAVY)
    print_set_up(sheet, NAME)
    sheet.fit_to_pages(1, 1)
    sheet.activate()


def _put(sheet: Worksheet, palette: Palette, put: Put) -> None:
    look = palette.made(f"cover {put.look}", _LOOKS[put.look])
    if put.to > put.column:
        sheet.merge_range(put.row, put.column, put.row, put.to, "", look)
    text = Palette.safe(put.text)
    if put.formula:
        sheet.write_formula(put.row, put.column, f"={put.formula}", look, int(put.text))
    elif put.sheet:
        sheet.write_url(put.row, put.column, f"internal:'{put.sheet}'!A1", look, text, f"Open the sheet {put.sheet}")
    elif put.look == "count" and put.text:
        sheet.write_number(put.row, put.column, int(put.text), look)
    elif put.text:
        sheet.write_string(put.row, put.column, text, look)
    else:
        sheet.write_blank(put.row, put.column, None, look)


def _height(put: Put) -> float:
    """Merged cells don't grow by themselves."""
    width = sum(COVER_WIDTHS[put.column : max(put.to, put.column) + 1]) * 1.05
    return 15.0 * cellxml.lines_of(put.text, int(width)) + 4


# -- the sheets of lines ---------------------------------------------------------------------------------------------

_CHOICES = {
    "validate": "list",
    "source": ["yes", "no"],
    "ignore_blank": True,
    "error_title": "yes or no",
    "error_message": "Only yes or no. Empty is no.",
}


def _write_lines(book: Workbook, palette: Palette, lines: Lines) -> None:
    for part, name in enumerate(sheet_names(lines)):
        start = part * (SHEET_ROWS - 1)
        stop = min(start + SHEET_ROWS - 1, lines.count)
        sheet = book.add_worksheet(name, worksheet_class=TextWorksheet)
        looks = _set_up(sheet, palette, lines, stop - start)
        wrapped = {at: width for at, width in _wrapped(lines).items() if lines.count <= WRAP_UNTIL}
        for first in range(start, stop, CHUNK):
            last = min(first + CHUNK, stop)
            _write_chunk(sheet, palette, lines, looks, wrapped, (first, last, first - start + 1))


def _write_chunk(
    sheet: TextWorksheet,
    palette: Palette,
    lines: Lines,
    looks: Sequence[Format],
    wrapped: Mapping[int, int],
    span: tuple[int, int, int],
) -> None:
    """Lines `first` up to `last` from row `at` (0-based) on."""
    first, last, at = span
    numbers = pa.array([str(row + 1) for row in range(at, at + last - first)], pa.large_string())
    texts = [pa.array(column.iloc[first:last], pa.large_string()) for column in lines.columns]
    shift = 1 if lines.verb else 0
    made = [
        cellxml.column(xl_col_to_name(place + shift), look._get_xf_index(), numbers, column)
        for place, (look, column) in enumerate(zip(looks, texts, strict=True))
    ]
    changed = palette.made("changed", _LOOKS["changed wrap" if wrapped else "changed"])._get_xf_index()
    large = lines.count > WRAP_UNTIL  # then without runs of their own: programs open it, and we read it, twice as fast
    for place, (old, new) in lines.changed.items():
        if large:
            made[place] = cellxml.column(xl_col_to_name(place + shift), changed, numbers, texts[place])
            continue
        pairs = zip(numbers.to_pylist(), old[first:last], new[first:last], texts[place].to_pylist(), strict=True)
        letter = xl_col_to_name(place + shift)
        cells = [_both(f"{letter}{row}", changed, was, now, text) for row, was, now, text in pairs]
        made[place] = [pa.array(cells, pa.large_string())]
    if lines.verb:
        made.insert(0, _answers(palette, lines, numbers))
    sheet.write_made(at, numbers, made, [(texts[place], width) for place, width in wrapped.items()])


def _both(reference: str, style: int, was: str, now: str, text: str) -> str:
    """Old → new in one cell, each in its own look; plain where it had to be cut."""
    if not now:
        return ""
    if not text.endswith(now):
        return cellxml.cell(reference, style, text)
    return cellxml.rich(reference, style, ((f"{was}{ARROW}", *_OLD), (now, *_NEW)))


def _answers(palette: Palette, lines: Lines, numbers: pa.Array) -> list[cellxml.Part]:
    style = palette.made("approve", _LOOKS["approve"])._get_xf_index()
    assert lines.verb
    if answer(lines.verb):
        return cellxml.column("A", style, numbers, pa.array([answer(lines.verb)] * len(numbers), pa.large_string()))
    formula = cellxml.escape(FORMULA)
    cells = [f'<c r="A{row}" s="{style}" t="str"><f>{formula}</f><v></v></c>' for row in numbers.to_pylist()]
    return [pa.array(cells, pa.large_string())]


def _wrapped(lines: Lines) -> dict[int, int]:
    """Column → how many characters fit, of those that may need more than one line."""
    long = [at for at, header in enumerate(lines.headers) if header == "Why, and what to do" or at in lines.changed]
    return {at: int(_width(lines, at) * PER_WIDTH) for at in long}


def _width(lines: Lines, at: int) -> int:
    found = _WIDTHS.get(lines.headers[at]) or fitting(lines.headers[at], arrow(lines.columns[at].head(SAMPLE)))
    return found * 7 // 6 if at in lines.changed else found  # what is new is bold, so wider


def _set_up(sheet: TextWorksheet, palette: Palette, lines: Lines, count: int) -> list[Format]:
    """Everything but the lines; the formats of the columns without `approve`."""
    shift = 1 if lines.verb else 0
    looks = [palette.style("muted" if header in (MARK, "From") else "text") for header in lines.headers]
    if lines.count <= WRAP_UNTIL:
        looks = [palette.style("wrap") if at in _wrapped(lines) else look for at, look in enumerate(looks)]
    headers = [APPROVE, *lines.headers] if shift else list(lines.headers)
    for at in range(len(lines.headers)):
        sheet.set_column(at + shift, at + shift, _width(lines, at), looks[at])
    if shift:
        sheet.set_column(0, 0, 11, palette.made("approve", _LOOKS["approve"]))
    styles = [palette.style("our_header" if header == MARK else "header") for header in headers]
    if shift:
        styles[0] = palette.made("approve header", _LOOKS["approve header"])
    write_headers(sheet, headers, styles)
    sheet.freeze_panes(1, 2 if shift else 0)
    last = len(headers) - 1
    sheet.autofilter(0, 0, count, last)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(last)}{SHEET_ROWS}"})
    if lines.verb:
        _ask(sheet, palette, lines, count, last)
    rule_lines(sheet, palette, count, last)
    print_set_up(sheet, lines.name)
    return looks


def _ask(sheet: TextWorksheet, palette: Palette, lines: Lines, count: int, last: int) -> None:
    """The drop-down; an answer that waits is yellow, and a line that was answered no fades."""
    sheet.set_tab_color(PLANNED_BARS[str(lines.verb)])
    sheet.data_validation(1, 0, max(count, 1), 0, _CHOICES)
    looks: tuple[tuple[str, int, Properties], ...] = (
        ('=$A2="yes"', 0, {"bg_color": DONE, "font_color": INK}),
        ('=$A2="no"', last, {"bg_color": QUIET, "font_color": "#7A8591"}),
        ('=TRIM($A2)=""', 0, {"bg_color": WAITS}),
    )
    for criteria, to, look in looks:
        ruled: Properties = {**look, "bottom": 1, "bottom_color": LINE}
        rule = {"type": "formula", "criteria": criteria, "format": palette.made(criteria, ruled)}
        sheet.conditional_format(1, 0, max(count, 1), to, rule)


# -- the sealed plan -------------------------------------------------------------------------------------------------


def fingerprint(sheets: Sequence[Lines], puts: Sequence[Put]) -> str:
    """Of every text that is written, so that words of another version are not taken for edits."""
    told = hashlib.sha256("\x1e".join(put.text for put in puts).encode())
    for lines in sheets:
        for header, column in zip(lines.headers, lines.columns, strict=True):
            told.update("\x1e".join([lines.name, header, *column.tolist()]).encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def _seal(book: Workbook, kept: Kept, words: str) -> None:
    """The run's own copy in cells of text: every program that keeps hidden sheets keeps it."""
    carried = pack(kept)
    pieces = [carried[at : at + PIECE] for at in range(0, len(carried), PIECE)]
    seal = hashlib.sha256((words + carried).encode()).hexdigest()
    column = pd.Series([MAGIC, f"version {VERSION}", seal, words, *pieces], dtype="str")
    sheet = book.add_worksheet(SEALED, worksheet_class=TextWorksheet)
    texts = pa.array(column, pa.large_string())
    numbers = pa.array([str(row + 1) for row in range(len(column))], pa.large_string())
    sheet.write_made(0, numbers, [cellxml.column("A", 0, numbers, texts)], (), HEADER_POINTS)
    sheet.very_hidden()
