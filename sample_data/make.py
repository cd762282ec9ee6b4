"""Makes the sample files that can't be typed: the marketing workbook, and the CSV as a German Excel saves it.

What enters: the people below, all invented; their numbers come from ranges set aside for fiction where a country has
them (+1 201 555 01xx, +61 491 570 15x, +49 30 23125 xxx, +46 70 174 06xx), the Indian ones are plainly made up. What
leaves: `campaign.xlsx` and `partners.csv` beside this file. Promised: the same content every time.

    python sample_data/make.py
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TypeAlias

import xlsxwriter

HERE = Path(__file__).parent
Cell: TypeAlias = str | float | None

TITLE = "Diwali evening: guest list"
NOTE = "Kept by Marketing. Please don't sort, the printer works from this order."
HEADERS = ("Mobile", "First name", "Surname", "Company", "E-mail", "Tag", "City", "Remarks")
HEADER_ROW = 4
"""As the spreadsheet program numbers it."""

GUESTS: tuple[tuple[Cell, ...], ...] = (
    # known from last month's list, as they were: numbers in four dresses
    ("+91 90000 00101", "Asha", "Kulkarni", "Neem Traders", "asha@neem.example", "member", "Pune", None),
    (919000000102.0, "Bhaskar", "Rao", "Banyan Books", "bhaskar@banyan.example", "member", "Mysuru", None),
    (9000000103.0, "Chitra", "Iyer", "Peepal Pumps", "chitra@peepal.example", "lead", "Kochi", "vegetarian"),
    ("(+1) 201-555-0123", "Maya", "Bose", "Hudson Spices", "maya@hudson.example", "member", "Jersey City", None),
    ("0061 491 570 156", "Nikhil", "Anand", "Wattle Exports", None, None, "Melbourne", "e-mail to follow"),
    # known, and changed
    ("090000 00104", "Dev", "Malhotra", "Ashoka Autos", "dev@ashoka.example", "member", "Indore", "signed up"),
    (919000000105.0, "Esha", "Das-Mehta", "Neem Traders", "esha.mehta@neem.example", "member", "Patna", "married"),
    (919000000106.0, "Farhan", "Khan", "Saffron Studio", "farhan@saffron.example", "member", "Guwahati", None),
    (919000000107.0, "Gauri", "Joshi", "Gulmohar Glass", "gauri@gulmohar.example", "vip", "Pune", "table 1"),
    ("90000-00108", "Harish", "Menon", "Tamarind Tours", "harish@tamarind.example", "vip", "Kochi", "table 1"),
    (919000000109.0, "Ira", "Fernandes", "Tamarind Tours", "ira@tamarind.example", "vip", "Margao", "table 2"),
    (919000000110.0, "Jatin", "Chauhan", "Ashoka Autos", "jatin@ashoka.example", "lead", "Indore", None),
    ("+91-90000-00111", "Kavya", "Nair", "Peepal Pumps", "kavya@peepal.example", "member", "Kochi", "needs a ramp"),
    # new
    (919000000113.0, "Omkar", "Patil", "Neem Traders", "omkar@neem.example", "diwali", "Nashik", None),
    (919000000114.0, "Pooja", "Verma", "Saffron Studio", "pooja@saffron.example", "diwali", "Guwahati", None),
    ("+91 90000 00115", "Qadir", "Sheikh", None, None, "diwali", "Surat", None),
    (9000000116.0, "Reema", "D'Souza", "Tamarind Tours", "reema@tamarind.example", "diwali", "Margao", "plus one"),
    ("+1 201 555 0187", "Sanjay", "Pillai", "Hudson Spices", "sanjay@hudson.example", "diwali", "Newark", None),
    ("+61 491 570 157", "Tara", "Ghosh", "Wattle Exports", None, "diwali", "Sydney", None),
    # new, and the remote won't have the address
    (919000000117.0, "Uday", "Shetty", "Coral Catering", "uday at coral.example", "diwali", "Mangaluru", None),
    # twice the same; twice, but not the same
    ("+91 90000 00113", "Omkar", "Patil", "Neem Traders", "omkar@neem.example", "diwali", "Nashik", None),
    (919000000118.0, "Vidya", "Reddy", "Lotus Labs", "vidya@lotus.example", "diwali", "Hyderabad", None),
    ("90000 00118", "Vidya", "Reddy", "Mango Media", "vidya@mango.example", "diwali", "Hyderabad", "new job?"),
    # numbers that got lost on the way
    ("9.19E+11", "Waqar", "Ali", "Banyan Books", "waqar@banyan.example", "diwali", "Bhopal", None),
    ("90000 0012", "Yamini", "Sen", "Peepal Pumps", "yamini@peepal.example", "diwali", "Howrah", None),
    (None, "Zubin", "Mistry", "Ashoka Autos", "zubin@ashoka.example", "diwali", "Navsari", "ask Gauri"),
    ("will call back", "Anita", "Borah", "Saffron Studio", None, "diwali", "Guwahati", None),
)
TOTAL = ("Total", float(len(GUESTS)))

BRIEF = (
    ("Diwali evening", None),
    (None, None),
    ("When", "Saturday, 7 November 2026, 19:00"),
    ("Where", "The Orangery, Pune"),
    ("Caterer", "Coral Catering"),
    ("Budget (INR)", 240000.0),
)

PARTNERS = (
    ("Mobile", "First name", "Surname", "Company", "Email", "Tag", "City"),
    ("+49 30 23125 017", "Jörg", "Schäfer", "Müller & Söhne; Import", "joerg@mueller.example", "partner", "Köln"),
    ("+49 30 23125 042", "Zoë", "Größler", "Café Brüderchen", "zoe@brueder.example", "partner", "Düsseldorf"),
    ("0049 171 3920012", "François", "Lefèvre", "Épices d'Été", "francois@epices.example", "partner", "Zürich"),
    ("+46 70 174 06 05", "Åsa", "Nyström", "Smörgås AB", "asa@smorgas.example", "partner", "Malmö"),
    ("+91 90000 00131", "Renée", "D'Çruz", "Château Pondy", "renee@chateau.example", "partner", "Puducherry"),
    ("090000 00132", "João", "Conceição", "Coração Travels", "joao@coracao.example", "partner", "Panjim"),
)


def make(folder: Path) -> None:
    """Write both files into `folder`."""
    write_workbook(folder / "campaign.xlsx")
    lines = (";".join(f'"{cell}"' if ";" in cell else cell for cell in row) for row in PARTNERS)
    (folder / "partners.csv").write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))


def write_workbook(path: Path) -> None:
    """The workbook: a sheet that is no list of contacts comes first, as it often does."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": TITLE, "author": "Marketing", "created": datetime.datetime(2026, 10, 20)})  # noqa: DTZ001
        title = book.add_format({"bold": True, "font_size": 16, "font_color": "#7A3E00"})
        head = book.add_format({"bold": True, "bg_color": "#F6C667", "bottom": 1})
        grey = book.add_format({"italic": True, "font_color": "#777777"})
        whole = book.add_format({"num_format": "0", "align": "left"})
        brief = book.add_worksheet("Brief")
        brief.set_column(0, 1, 34)
        for line, (name, value) in enumerate(BRIEF):
            brief.write(line, 0, name, title if line == 0 else None)
            brief.write(line, 1, value)
        guests = book.add_worksheet("Guests")
        guests.activate()
        guests.set_row(0, 26)
        brief.set_row(0, 26)
        guests.set_column("A:H", 19)
        guests.merge_range("A1:H1", TITLE, title)
        guests.write("A2", NOTE, grey)
        guests.write_row(HEADER_ROW - 1, 0, HEADERS, head)
        for line, cells in enumerate(GUESTS, start=HEADER_ROW):
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    guests.write_string(line, place, cell)
                elif cell is not None:
                    guests.write_number(line, place, cell, whole)
        guests.write_row(HEADER_ROW + len(GUESTS), 0, TOTAL, head)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
