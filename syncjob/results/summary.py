"""The sheet that opens first: what happened, what a person must fix, what we finish ourselves, what it cost.

What enters: a `Digest` and where the rows it names stand. What leaves: one worksheet, drawn from top to bottom.
All words come from the digest; here are only places and looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from syncjob.results.digest import FIRST, TITLES, Digest, Line
from syncjob.results.palette import FILLS, INK, LINE, MUTED, NAVY, PAPER, PLANNED_BARS, Palette, Properties

NAME = "Summary"
WIDTHS = (1.3, 25, 10, 66, 17, 17, 17)
CHIP, WORD, COUNT, TEXT, LINK, LAST = 0, 1, 2, 3, 4, 6
ROW_PIXELS, POINTS = 25, 15
ONE_PAGE = 1_100
"""Points of height that can still be read when they are printed on one page."""

_BASE: Properties = {"font_color": INK, "valign": "vcenter"}
_LOOKS: dict[str, Properties] = {
    "title": {**_BASE, "font_size": 20, "bold": True, "font_color": NAVY, "valign": "vcenter"},
    "live": {"font_size": 12, "bold": True, "font_color": "#FFFFFF", "bg_color": "#0B6FB8", "valign": "vcenter"},
    "dry": {"font_size": 12, "bold": True, "font_color": INK, "bg_color": "#FFC933", "valign": "vcenter"},
    "headline": {**_BASE, "font_size": 14, "text_wrap": True, "valign": "vcenter"},
    "section": {**_BASE, "font_size": 13, "bold": True, "font_color": NAVY, "bottom": 2, "bottom_color": NAVY},
    "section_link": {
        "font_color": "#0B6FB8",
        "underline": 1,
        "align": "right",
        "valign": "vcenter",
        "bottom": 2,
        "bottom_color": NAVY,
    },
    "word": {**_BASE, "bold": True, "indent": 1, "bottom": 1, "bottom_color": LINE},
    "count": {**_BASE, "num_format": "#,##0", "align": "right", "bottom": 1, "bottom_color": LINE, "indent": 1},
    "line": {**_BASE, "text_wrap": True, "num_format": "@", "bottom": 1, "bottom_color": LINE},
    "link": {"font_color": "#0B6FB8", "underline": 1, "valign": "vcenter", "bottom": 1, "bottom_color": LINE},
    "label": {**_BASE, "font_color": MUTED, "valign": "top"},
    "value": {**_BASE, "text_wrap": True, "num_format": "@", "valign": "top"},
    "refusal": {**_BASE, "text_wrap": True, "num_format": "@", "indent": 1},
    "total": {**_BASE, "bold": True, "font_color": MUTED, "indent": 1},
    "step": {**_BASE, "text_wrap": True, "indent": 1},
    "command": {
        **_BASE,
        "font_name": "Consolas",
        "font_size": 10,
        "bg_color": PAPER,
        "num_format": "@",
        "text_wrap": True,
    },
}


@dataclass(frozen=True)
class Target:
    """Where a named row stands: the sheet, its row there, and how people call it."""

    sheet: str
    row: int
    called: str
    tip: str = ""


@dataclass(frozen=True)
class Links:
    """How the digest's lines are found in the workbook: by sheet name, and by line of the rows or contacts."""

    sheets: Mapping[str, str]  # fixing, changes, remote → sheet name, where there is one
    row: Callable[[int], Target]
    contact: Callable[[int], Target]


def write_summary(book: Workbook, told: Digest, links: Links, palette: Palette) -> None:
    """Write the Summary sheet; call it before the sheets it links to, so that it is the first."""
    page = _Page(book.add_worksheet(NAME), palette)
    page.head(told)
    if told.refusals:
        page.section(TITLES["refusals"])
        for refusal in told.refusals:
            page.across(refusal, "refusal", FILLS["rejected"][1])
        page.command(TITLES["allow"], told.command)
    page.section(TITLES["live" if told.live else "not_live"], links.sheets.get("changes"))
    page.counts(book, told)
    page.group(TITLES["fix"], told.fix, links.row, links.sheets.get("fixing"))
    for number, step in enumerate(told.steps, 1):
        page.across(f"{number}.  {step}", "step")
    page.group(TITLES["ours"], told.ours, links.row, None)
    if told.command and not told.refusals:
        if not told.ours:
            page.section(TITLES["next"])
        page.command(TITLES["command"], told.command)
    page.group(TITLES["aside"], told.aside, links.row, None)
    page.group(told.remote_title, told.remote, links.contact, links.sheets.get("remote"))
    page.section(TITLES["about"])
    for label, value in told.about:
        page.pair(label, value)
    page.fit()


class _Page:
    """The sheet and the row that comes next."""

    def __init__(self, sheet: Worksheet, palette: Palette) -> None:
        self._sheet, self._palette, self._next, self._height = sheet, palette, 0, 0.0
        for at, width in enumerate(WIDTHS):
            sheet.set_column(at, at, width)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&LSummary&R&P / &N")
        sheet.set_tab_color(NAVY)
        sheet.activate()

    def fit(self) -> None:
        """On paper one page, and only where that could not be read, several."""
        self._sheet.fit_to_pages(1, 1 if self._height <= ONE_PAGE else 0)

    def _row(self, height: float) -> None:
        """The height of the row that comes next."""
        self._sheet.set_row(self._next, height)
        self._height += height

    def head(self, told: Digest) -> None:
        """Title, banner and headline."""
        self.across(told.title, "title", height=34)
        self.across("  " + told.banner, "live" if told.live else "dry", height=26)
        self.across(told.headline, "headline", height=max(34, 20 * _lines(told.headline, 118)))

    def section(self, title: str, sheet: str | None = None) -> None:
        """A heading, with a link to the sheet that says more."""
        self._row(POINTS)
        self._next += 1
        self._row(22)
        self._text(WORD, title, "section")
        for at in range(COUNT, LAST + 1):
            self._sheet.write_blank(self._next, at, None, self._look("section"))
        if sheet:
            self._link(LAST, Target(sheet, 1, f"{sheet} ›", f"Open the sheet {sheet}"), "section_link")
        self._next += 1

    def counts(self, book: Workbook, told: Digest) -> None:
        """The outcomes as a small table, and beside it as bars."""
        first = self._next
        for line in told.counts:
            self._line(line)
        if told.counts:
            self._chart(book, told.counts, first)
        self._next = max(self._next, first + 2)
        self._row(18)
        self._text(WORD, told.balance, "total")
        self._next += 1

    def group(self, title: str, lines: tuple[Line, ...], find: Callable[[int], Target], sheet: str | None) -> None:
        """Rows that share a fate, with links to the first of them; nothing at all where there are none."""
        if not lines:
            return
        self.section(title, sheet)
        for line in lines:
            self._line(line, find)

    def across(self, text: str, look: str, chip: str | None = None, height: float = 0) -> None:
        """One text over the whole width."""
        self._row(height or POINTS * _lines(text, 140) + 4)
        if chip:
            self._chip(chip)
        self._sheet.merge_range(self._next, WORD, self._next, LAST, "", self._look(look))
        self._text(WORD, text, look)
        self._next += 1

    def command(self, label: str, command: str | None) -> None:
        """A command to paste, under what it is for."""
        if command:
            self.across(label, "label")
            self.across(command, "command")

    def pair(self, label: str, value: str) -> None:
        """A label and its value."""
        self._row(POINTS * _lines(value, 118) + 3)
        self._text(WORD, label, "label")
        self._sheet.merge_range(self._next, COUNT, self._next, LAST, "", self._look("value"))
        self._text(COUNT, value, "value")
        self._next += 1

    def _line(self, line: Line, find: Callable[[int], Target] | None = None) -> None:
        self._row(max(ROW_PIXELS * 0.75, POINTS * _lines(line.text, 72) + 4))
        self._chip(_bar(line))
        self._text(WORD, line.word, "word")
        self._sheet.write_number(self._next, COUNT, line.count, self._look("count"))
        self._text(TEXT, line.text, "line")
        if find:
            for at in range(LINK, LAST + 1):
                self._sheet.write_blank(self._next, at, None, self._look("link"))
            for offset, row in enumerate(line.first[:FIRST]):
                self._link(LINK + offset, find(row), "link")
        self._next += 1

    def _chart(self, book: Workbook, lines: tuple[Line, ...], first: int) -> None:
        chart = book.add_chart({"type": "bar"})
        last = first + len(lines) - 1
        chart.add_series(
            {
                "categories": [NAME, first, WORD, last, WORD],
                "values": [NAME, first, COUNT, last, COUNT],
                "categories_data": [line.word for line in lines],
                "values_data": [line.count for line in lines],
                "points": [{"fill": {"color": _bar(line)}} for line in lines],
                "data_labels": {"value": True, "num_format": "#,##0", "font": {"color": INK, "size": 9}},
                "gap": 45,
            }
        )
        chart.set_legend({"none": True})
        chart.set_title({"none": True})
        chart.set_y_axis({"reverse": True, "line": {"none": True}, "num_font": {"color": INK, "size": 9}})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
        chart.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        chart.set_size({"width": 372, "height": max(len(lines), 2) * ROW_PIXELS})
        spoken = "Rows by what happened: " + ", ".join(f"{line.word} {line.count:,}" for line in lines)
        place = {"x_offset": 4, "y_offset": 0, "object_position": 2, "description": spoken}
        self._sheet.insert_chart(first, LINK, chart, place)

    def _chip(self, colour: str) -> None:
        chip = self._palette.made(f"chip {colour}", {"bg_color": colour})
        self._sheet.write_blank(self._next, CHIP, None, chip)

    def _link(self, at: int, to: Target, look: str) -> None:
        url = f"internal:'{to.sheet}'!A{to.row}"
        self._sheet.write_url(self._next, at, url, self._look(look), Palette.safe(to.called), to.tip[:250] or None)

    def _text(self, at: int, text: str, look: str) -> None:
        self._sheet.write_string(self._next, at, Palette.safe(text), self._look(look))

    def _look(self, name: str) -> Format:
        return self._palette.made(f"summary {name}", _LOOKS[name])


def _bar(line: Line) -> str:
    return PLANNED_BARS.get(line.action, FILLS[line.outcome][1])


def _lines(text: str, width: int) -> int:
    """How many lines a text fills, so that a row is high enough: merged cells don't grow by themselves."""
    return sum(max(1, math.ceil(len(part) / width)) for part in text.split("\n"))
