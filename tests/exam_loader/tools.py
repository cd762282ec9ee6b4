"""Sheets as other people's tools export them: the header sets as they stand in the files, and their own dialects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from tests.exam_loader import people as p
from tests.exam_loader.people import Value

Quoting = Literal["minimal", "all", "text", "none"]


@dataclass(frozen=True)
class Dialect:
    """How a tool writes its lines."""

    delimiter: str = ","
    quoting: Quoting = "minimal"
    backslash: bool = False  # quotes are escaped \" instead of ""
    newline: str = "\n"
    encoding: str = "utf-8"
    bom: bool = False
    before: tuple[str, ...] = ()  # raw lines above the header
    after: tuple[str, ...] = ()  # raw lines below the last row
    trailing: Literal["", "rows", "all"] = ""  # a delimiter at the end of lines
    ends: bool = True  # the last line has a newline


@dataclass(frozen=True)
class Sheet:
    """A sheet with its truth: `rows` as a spreadsheet program would show them, `key` the column of the row's number."""

    tool: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    key: int
    dialect: Dialect


@dataclass(frozen=True)
class Tool:
    """A program that exports contacts."""

    name: str
    columns: tuple[tuple[str, Value], ...]
    dialect: Dialect = field(default_factory=Dialect)
    locales: tuple[str, ...] = ("en",)


def _named(text: str, **special: Value) -> tuple[tuple[str, Value], ...]:
    """Columns from a line of headers; what is not named in `special` (spaces as _) is blank."""
    known = {name.replace("_", " "): value for name, value in special.items()}
    return tuple((name, known.get(name.replace("-", " "), p.blank)) for name in text.split(","))


GOOGLE = _named(
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,"
    "Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,"
    "Address 1 - Country,Address 1 - Extended Address,Website 1 - Label,Website 1 - Value",
    First_Name=p.first,
    Last_Name=p.last,
    Birthday=p.day,
    Notes=p.note,
    E_mail_1___Value=p.email,
    Phone_1___Value=p.phone,
    Address_1___Formatted=p.address,
    Address_1___City=p.city,
)
OUTLOOK = _named(
    "First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,E-mail 2 Address,"
    "E-mail 3 Address,Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,Car Phone,Other Phone,"
    "Primary Phone,Pager,Business Fax,Home Fax,Other Fax,Company Main Phone,Callback,Radio Phone,Telex,TTY/TDD Phone,"
    "IMAddress,Job Title,Department,Company,Office Location,Manager's Name,Assistant's Name,Assistant's Phone,"
    "Company Yomi,Business Street,Business City,Business State,Business Postal Code,Business Country/Region,"
    "Home Street,Home City,Home State,Home Postal Code,Home Country/Region,Other Street,Other City,Other State,"
    "Other Postal Code,Other Country/Region,Personal Web Page,Spouse,Schools,Hobby,Location,Web Page,Birthday,"
    "Anniversary,Notes",
    First_Name=p.first,
    Last_Name=p.last,
    E_mail_Address=p.email,
    Mobile_Phone=p.phone,
    Home_Street=p.address,
    Home_City=p.city,
    Notes=p.long,
)
HUBSPOT = (
    ("Record ID", p.ident),
    ("First Name", p.first),
    ("Last Name", p.last),
    ("Email", p.email),
    ("Phone Number", p.phone),
    ("Contact owner", p.first),
    ("Lead Status", p.small),
    ("Marketing contact status", p.gst),
    ("Create Date", p.moment),
    ("Associated Company", p.note),
)
MAILCHIMP = (
    ("Email Address", p.email),
    ("First Name", p.first),
    ("Last Name", p.last),
    ("Address", p.street),
    ("Phone Number", p.phone),
    ("Birthday", p.day),
    ("MEMBER_RATING", p.small),
    ("OPTIN_TIME", p.moment),
    ("OPTIN_IP", p.blank),
    ("LATITUDE", p.small),
    ("TIMEZONE", p.city),
    ("LEID", p.small),
    ("EUID", p.ident),
    ("NOTES", p.note),
    ("TAGS", p.note),
)
SALESFORCE = (
    ("Id", p.ident),
    ("Salutation", p.blank),
    ("FirstName", p.first),
    ("LastName", p.last),
    ("Account.Name", p.note),
    ("Phone", p.blank),
    ("MobilePhone", p.phone),
    ("Email", p.email),
    ("MailingStreet", p.address),
    ("MailingCity", p.city),
    ("Description", p.note),
    ("CreatedDate", p.moment),
)
TABLE = (
    ("id", p.ident),
    ("first_name", p.first),
    ("last_name", p.last),
    ("number", p.phone),
    ("email", p.email),
    ("custom_field", p.document),
    ("notes", p.note),
    ("created_at", p.moment),
)
PLAIN = (
    ("name", p.first),
    ("number", p.phone),
    ("city", p.city),
    ("total", p.small),
)
OFFICE = (
    ("Name", p.last),
    ("Vorname", p.first),
    ("Telefon", p.phone),
    ("Ort", p.city),
    ("Umsatz", p.amount),
    ("Datum", p.day),
    ("Bemerkung", p.note),
)
BUREAU = (
    ("Nom", p.last),
    ("Prénom", p.first),
    ("Téléphone", p.phone),
    ("Ville", p.city),
    ("Montant", p.amount),
    ("Né le", p.day),
    ("Remarque", p.note),
)
DAFTAR = (
    ("नाम", p.first),
    ("उपनाम", p.last),
    ("मोबाइल", p.phone),
    ("शहर", p.city),
    ("राशि", p.amount),
    ("पता", p.street),
)
WIDE = (("number", p.phone), ("name", p.first), *((f"attribute {i}", p.small) for i in range(298)))
ONE = (("Mobile", p.phone),)
RTL = (("الاسم", p.first), ("الهاتف", p.phone), ("ملاحظات", p.note), ("City", p.city))

TOOLS = (
    Tool("Google Contacts", GOOGLE, locales=("en", "hi", "ar")),
    Tool("Outlook", OUTLOOK, Dialect(newline="\r\n", encoding="cp1252"), ("en", "de", "fr")),
    Tool("Outlook.com", OUTLOOK, Dialect(quoting="all", newline="\r\n", bom=True), ("en", "hi")),
    Tool("HubSpot", HUBSPOT, Dialect(quoting="all")),
    Tool("Mailchimp", MAILCHIMP),
    Tool("Salesforce Data Loader", SALESFORCE, Dialect(quoting="all")),
    Tool(
        "Salesforce report",
        SALESFORCE,
        Dialect(
            quoting="all",
            newline="\r\n",
            encoding="cp1252",
            after=("", "", '"Contact list"', '"Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved."'),
        ),
    ),
    Tool("MySQL outfile", TABLE, Dialect(quoting="all", backslash=True), ("en", "hi")),
    Tool("MySQL outfile, tabs", TABLE, Dialect(delimiter="\t", quoting="all", backslash=True)),
    Tool("mysql -B", PLAIN, Dialect(delimiter="\t", quoting="none"), ("en", "ar")),
    Tool("phpMyAdmin", TABLE, Dialect(delimiter=";", quoting="all"), ("en", "de")),
    Tool("Postgres COPY", TABLE, Dialect(), ("en", "hi", "ar")),
    Tool("psql -A", TABLE, Dialect(delimiter="|", after=("({n} rows)",))),
    Tool("R write.csv", PLAIN, Dialect(quoting="text")),
    Tool("Excel, German", OFFICE, Dialect(delimiter=";", newline="\r\n", encoding="cp1252"), ("de",)),
    Tool("Excel, German, UTF-8", OFFICE, Dialect(delimiter=";", newline="\r\n", bom=True), ("de", "ar")),
    Tool("Excel, French", BUREAU, Dialect(delimiter=";", newline="\r\n", encoding="cp1252"), ("fr",)),
    Tool("Excel, Hindi", DAFTAR, Dialect(newline="\r\n", bom=True), ("hi",)),
    Tool(
        "Excel, Unicode text", DAFTAR, Dialect(delimiter="\t", newline="\r\n", encoding="utf-16-le", bom=True), ("hi",)
    ),
    Tool("Excel, sep line", TABLE, Dialect(delimiter=";", newline="\r\n", bom=True, before=("sep=;",))),
    Tool("Excel for Mac, old", PLAIN, Dialect(newline="\r", encoding="mac-roman")),
    Tool("Excel, title rows", SALESFORCE, Dialect(before=("Contacts of the branch,,,,,,,,,,,", ",,,,,,,,,,,"))),
    Tool("a report with comments", TABLE, Dialect(before=("# exported by report 2.1", "# on 2024-05-06"))),
    Tool("Google Sheets", SALESFORCE, Dialect(newline="\r\n", ends=False), ("en", "hi")),
    Tool("Airtable", SALESFORCE, Dialect(bom=True)),
    Tool("a form", TABLE, Dialect(quoting="all", newline="\r\n", bom=True)),
    Tool("trailing commas", PLAIN, Dialect(trailing="rows")),
    Tool("trailing commas everywhere", PLAIN, Dialect(trailing="all", newline="\r\n")),
    Tool("trailing blank lines", MAILCHIMP, Dialect(after=("", "", ",,,,,,,,,,,,,,", ""))),
    Tool("totals below", PLAIN, Dialect(after=("Total,{n},,",))),
    Tool("300 columns", WIDE),
    Tool("one column", ONE),
    Tool("right to left", RTL, Dialect(bom=True), ("ar",)),
)


def make(tool: Tool, rng: Random, rows: int) -> Sheet:
    """A sheet of a tool; numbers are drawn so that no two files or rows share one."""
    locale = rng.choice(tool.locales)
    numbers = rng.sample(range(10_000_000, 99_999_999), rows)
    lines = tuple(tuple(value(rng, number, locale) for _, value in tool.columns) for number in numbers)
    dialect = tool.dialect
    if dialect.encoding not in ("utf-8", "utf-16-le"):
        lines = tuple(tuple(_sayable(cell, dialect.encoding) for cell in line) for line in lines)
    if dialect.quoting == "none":
        lines = tuple(tuple(" ".join(cell.replace('"', "").split()) for cell in line) for line in lines)
    dialect = replace(dialect, after=tuple(line.replace("{n}", str(rows)) for line in dialect.after))
    key = next(at for at, (_, value) in enumerate(tool.columns) if value is p.phone)
    return Sheet(tool.name, tuple(name for name, _ in tool.columns), lines, key, dialect)


def _sayable(text: str, encoding: str) -> str:
    return text.encode(encoding, "ignore").decode(encoding)
