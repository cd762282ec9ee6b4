"""Builders for the rooms that turn cells into rows: numbers in many shapes, and tables of text cells."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pandas as pd
import phonenumbers
from phonenumbers import PhoneNumberFormat

from syncjob.loader.rows import build
from syncjob.loader.table import PROBLEMS, Column, Facts, Loaded, Table
from syncjob.schema import TEXT

REGIONS = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))
OWN_RULES = re.compile(r"[+-]?([0-9]+\.0|[0-9]{7,}\.([0-9]{1,2}|0+)|[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+)")
"""Texts that CONTRACT 4's rules for decimal remains and scientific notation decide, apostrophes and spaces aside."""
_EDGES = " '\u00a0\u200b\u200d\u202a"
_HEADS = ("", "+", "0", "00", "000", "011", "1", "8", "+0", "00+", "+00", "(0)", "+ ", "tel:", "'", "＋")


def by_library(text: str, region: str) -> str | None:
    """What the library itself says: E.164 when valid and without extension, else None."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    good = phonenumbers.is_valid_number(parsed) and not parsed.extension
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if good else None


def is_ours(text: str) -> bool:
    """Whether a rule of CONTRACT 4 decides `text` instead of the library."""
    return bool(OWN_RULES.fullmatch(text.strip(_EDGES)))


def examples(region: str) -> list[phonenumbers.PhoneNumber]:
    """The library's example number of every kind that `region` has."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
    return [number for number in found if number is not None]


def shapes(number: phonenumbers.PhoneNumber, region: str, rng: random.Random) -> list[str]:
    """`number` as people write it: formats, dialled from `region`, with every prefix, and slightly wrong."""
    national = phonenumbers.national_significant_number(number)
    code = str(number.country_code)
    formats = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966)
    written = [phonenumbers.format_number(number, form) for form in formats]
    written.append(phonenumbers.format_out_of_country_calling_number(number, region))
    written += [f"{head}{middle}{national}" for head in _HEADS for middle in ("", code, f"{code}0")]
    return written + [wrong(text, rng) for text in written]


def wrong(text: str, rng: random.Random) -> str:
    """`text` with one character lost, doubled or replaced."""
    at = rng.randrange(len(text)) if text else 0
    other = rng.choice("0123456789 +-.()/x")
    return rng.choice((text[:at] + text[at + 1 :], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :]))


def texts(*values: str | None) -> pd.Series:
    """A text column."""
    return pd.Series(list(values), dtype=TEXT)


def make_table(
    headers: Sequence[str],
    *lines: Sequence[str],
    problems: Sequence[tuple[int, int, str, str]] = (),
    source: str = "leads.xlsx",
    sheet: str | None = None,
    facts: Facts | None = None,
) -> Table:
    """A table whose header stands in row 1. `problems`: (line, column or -1, code, value)."""
    columns = tuple(Column(chr(65 + at), header) for at, header in enumerate(headers))
    cells = pd.DataFrame({at: texts(*(line[at] for line in lines)) for at in range(len(headers))})
    numbers = pd.Series(range(2, len(lines) + 2), dtype="int64")
    found = PROBLEMS.shape(pd.DataFrame(list(problems), columns=["position", "column", "code", "value"]))
    return Table(source, sheet, columns, cells, numbers, found, facts or Facts("xlsx"))


def load(*tables: Table, blank: str = "keep", unmapped: str = "ignore", key: str = "number", **columns: str) -> Loaded:
    """Rows of `tables`; `columns` takes headers (with _ for a space) to fields, as the config does."""
    named = {header.replace("_", " "): target for header, target in columns.items()}
    return build(tables, columns=named, unmapped=unmapped, region="IN", blank=blank, key=key)
