"""Invented people for the loader's exam: a number → values for every kind of column that the tools export.

Promised: the same seed gives the same people, and each row's number is found in no other row, so that a row can be
recognised wherever a reader puts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

FIRST = {
    "en": ("Asha", "Ravi", "Meera", "John", "O'Neil", "Anne-Marie", "Li", "Zoë"),
    "de": ("Jürgen", "Käthe", "Günther", "Mareike", "Björn"),
    "fr": ("Élodie", "François", "Chloë", "Noël", "Hélène"),
    "hi": ("आशा", "रवि", "मीरा", "अनिल", "ज्योति"),
    "ar": ("عائشة", "محمد", "ליאור", "سارة"),
}
LAST = {
    "en": ("Mehta", "Rao", "de Souza", "Smith Jr.", "D'Cruz", "Iyer", "Null", "None", "True"),
    "de": ("Müller", "Weiß", "Groß", "Schröder"),
    "fr": ("Lefèvre", "D’Arcy", "Béranger", "Château"),
    "hi": ("शर्मा", "गुप्ता", "अय्यर", "मेहता"),
    "ar": ("الهاشمي", "حسن", "כהן"),
}
CITIES = ("Pune", "Delhi", "New Delhi", "Bengaluru", "Mysuru", "Kochi", "Navi Mumbai", "")
NOTES = (
    "",
    "",
    "",
    "called twice",
    "VIP 👍🏽",
    "prefers e-mail; not phone",
    "a, b, and c",
    'says "call me"',
    '"quoted whole"',
    'screen 5.5" wide',
    "C:\\share\\",
    "tab\there",
    "pipe | here",
    "NA",
    "null",
    "\xa0nbsp\xa0",
    "  spaces kept  ",
    "100%",
    "#1 customer",
    "-- none --",
    "it's",
)
STREETS = ("12 MG Road", "Flat 4, Rose Villa", "7/2 Hill St.", "Plot 9; Sector 5", 'House "Shanti"', "")

Value = Callable[[Random, int, str], str]


def phone(_rng: Random, number: int, _locale: str) -> str:
    """The row's own number; nobody else has it."""
    return f"+9190{number:08d}"


def email(_rng: Random, number: int, _locale: str) -> str:
    """An address in a domain that can't exist."""
    return f"p{number}@example.com"


def first(rng: Random, _number: int, locale: str) -> str:
    """A given name of the locale."""
    return rng.choice(FIRST.get(locale, FIRST["en"]))


def last(rng: Random, _number: int, locale: str) -> str:
    """A family name of the locale."""
    return rng.choice(LAST.get(locale, LAST["en"]))


def city(rng: Random, _number: int, _locale: str) -> str:
    """A city, sometimes blank."""
    return rng.choice(CITIES)


def note(rng: Random, _number: int, _locale: str) -> str:
    """Free text with everything that needs care."""
    return rng.choice(NOTES)


def street(rng: Random, _number: int, _locale: str) -> str:
    """A street in one line."""
    return rng.choice(STREETS)


def address(rng: Random, _number: int, _locale: str) -> str:
    """An address of one to four lines."""
    lines = [rng.choice(STREETS) or "c/o", rng.choice(CITIES) or "Goa", f"{rng.randrange(400000, 799999)}", "India"]
    return "\n".join(lines[: rng.randrange(1, 5)])


def document(rng: Random, number: int, _locale: str) -> str:
    """A JSON document, as custom fields are exported."""
    if not rng.randrange(4):
        return ""
    return json.dumps({"id": number, "tags": ["a", "b"][: rng.randrange(3)], "note": rng.choice(NOTES)})


def long(rng: Random, _number: int, _locale: str) -> str:
    """Now and then a very long cell."""
    return "lorem, ipsum " * rng.randrange(500, 2500) if not rng.randrange(40) else rng.choice(NOTES)


def day(rng: Random, _number: int, locale: str) -> str:
    """A date as the locale writes it."""
    year, month, date = rng.randrange(1950, 2025), rng.randrange(1, 13), rng.randrange(1, 29)
    if locale == "de":
        return f"{date:02d}.{month:02d}.{year}"
    if locale in ("fr", "hi"):
        return f"{date:02d}/{month:02d}/{year}"
    return f"{year}-{month:02d}-{date:02d}"


def moment(rng: Random, _number: int, _locale: str) -> str:
    """A date and time."""
    return f"2024-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d} {rng.randrange(24):02d}:05:59"


def amount(rng: Random, _number: int, locale: str) -> str:
    """A number with thousand separators as the locale writes it."""
    whole, cents = rng.randrange(10, 9_999_999), rng.randrange(100)
    if locale == "de":
        return f"{whole:,}".replace(",", ".") + f",{cents:02d}"
    if locale == "fr":
        return f"{whole:,}".replace(",", "\xa0") + f",{cents:02d}"
    return f"{whole:,}.{cents:02d}"


def small(rng: Random, _number: int, _locale: str) -> str:
    """A small figure, sometimes blank."""
    return rng.choice(("", "0", "1", "007", "3.0", "1e5", "-4"))


def blank(_rng: Random, _number: int, _locale: str) -> str:
    """The many columns that nobody fills."""
    return ""


def ident(rng: Random, number: int, _locale: str) -> str:
    """An id of 18 characters."""
    return f"003{number:015X}"


def gst(rng: Random, _number: int, _locale: str) -> str:
    """Yes or no, as a program writes it."""
    return rng.choice(("TRUE", "FALSE", "true", "Y", "N"))
