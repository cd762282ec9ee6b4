"""The blank workbook to fill: headers as people say them, text cells, a note on every header, a page of help.

What enters: the names of custom fields. What leaves: the bytes of an .xlsx or .csv file. Promised: every header is
found by its alias when the file is read back, and no number typed into it loses a digit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook


@dataclass(frozen=True)
class Heading:
    """One column of the blank workbook: header, contact field, what to write into it, width in characters."""

    header: str
    field: str
    help: str
    width: int = 20


HEADINGS = (
    Heading("Mobile", "number", "The phone number, one per row, with + and the country code, or as dialled in India."),
    Heading("First name", "first_name", "As you would say it."),
    Heading("Last name", "last_name", "May stay empty."),
    Heading("Company", "company_name", "Where the person works. May stay empty.", 24),
    Heading("Email", "email", "One address. May stay empty.", 28),
    Heading("Tag", "tag", "One word to find these contacts by, such as the campaign. May stay empty.", 16),
)

_HELP = (
    "Fill in the sheet Contacts, one person in each row. Leave the headers as they are; their order does not matter.",
    "Every number may be there once. Rows with the same number and different details are put on hold.",
    "The cells are text, so that no digit and no + is lost. When you paste, paste values only.",
    "An empty cell changes nothing. To empty what is stored, write #CLEAR into the cell.",
    "More columns may stand beside these; they are left out unless the settings name them.",
    "Afterwards every row comes back with an answer: added, changed, no change, or what to fix.",
)


def headings(custom: Sequence[str] = ()) -> tuple[Heading, ...]:
    """The columns of a blank workbook, with one more for each custom field."""
    more = (
        Heading(f"custom_field.{name}", f"custom_field.{name}", "Your own field. May stay empty.") for name in custom
    )
    return (*HEADINGS, *more)


def blank_csv(columns: Sequence[Heading]) -> bytes:
    """The header line; with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerow([column.header for column in columns])
    return text.getvalue().encode("utf-8-sig")


def blank_workbook(columns: Sequence[Heading]) -> bytes:
    """The workbook: the sheet to fill, and the sheet that says how."""
    from xlsxwriter import Workbook

    held = io.BytesIO()
    with Workbook(held, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#DDEBF7", "bottom": 1})
        sheet = book.add_worksheet("Contacts")
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width, text)
            sheet.write_string(0, place, column.header, head)
            sheet.write_comment(0, place, column.help, {"x_scale": 1.6, "y_scale": 0.8, "author": ""})
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 20)
        _help_sheet(book, columns)
    return held.getvalue()


def _help_sheet(book: Workbook, columns: Sequence[Heading]) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "valign": "top"})
    sheet = book.add_worksheet("How to fill this in")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    for row, sentence in enumerate(_HELP):
        sheet.write_string(row, 1, sentence, wrapped)
    for row, column in enumerate(columns, start=len(_HELP) + 1):
        sheet.write_string(row, 0, column.header, bold)
        sheet.write_string(row, 1, column.help, wrapped)
