"""Invented sheets and address books, the same for everybody who is measured; any size, always the same cells.

A sheet has ten columns. Of its rows 0.2 % repeat another and 1 % have no number that exists; phones are written in
eight ways, 30 % of them as number cells. The address book knows nine in ten of the sheet's people, one in twenty of
these with another company; and as many others as it lacks.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from syncjob.schema import CONTACTS

HEADERS = ("Mobile", "First name", "Last name", "Company", "Email", "Tag", "City", "Notes", "Updated", "Source")
COLUMNS = {"City": "custom_field.city"}
"""What a config says of these headers; the others are found by their names, or belong to nobody."""

KNOWN, CHANGED, INVALID, TWINS = 0.90, 0.05, 0.01, 0.002

_FIRST = ("Asha", "Ravi", "Meera", "Arjun", "Zoya", "Kiran", "Anil", "Sunita", "Imran", "Lakshmi", "José", "Noor")
_LAST = ("Rao", "Iyer", "Khan", "Das", "Nair", "Patel", "Singh", "Joshi", "Bose", "D'Souza", "Menon", "Gill")
_COMPANY = ("Anand & Sons", "Blue Tea", "Chai Point", "Deccan Tools", "Eastern Mills", "Fabindia")
_TAGS = ("lead", "vip", "partner", "")
_CITIES = ("Pune", "Mumbai", "Chennai", "Kochi", "Delhi", "Indore", "Surat")
_LARGE = pa.large_string()
_CHUNK = 50_000


@dataclass(frozen=True)
class Sheet:
    """A sheet's columns as text, by header, and where the phone is a number cell."""

    columns: dict[str, pa.Array]
    numeric: np.ndarray[tuple[int], np.dtype[np.bool_]]


def sheet(rows: int) -> Sheet:
    """The cells of a sheet of `rows` rows."""
    people, rng = np.arange(rows), np.random.default_rng(7)
    twin = rng.random(rows) < TWINS
    people[twin] = np.maximum(people[twin] - 1, 0)
    local = pc.cast(pa.array(_local(people)), _LARGE)
    way = rng.choice(8, rows, p=(0.30, 0.26, 0.18, 0.09, 0.09, 0.05, 0.02, 0.01))
    way[twin] = 1
    mobile = _ways(local, way)
    columns = dict(zip(HEADERS, (mobile, *_fields(people, "sheet")), strict=True))
    return Sheet(columns, way == 0)


def address_book(rows: int) -> pd.DataFrame:
    """`rows` contacts (schema.CONTACTS) as the remote shows them, beside a sheet of as many rows."""
    count, strangers = int(rows * KNOWN), rows - int(rows * KNOWN)
    people = np.concatenate([np.arange(count), np.arange(strangers) + 20_000_000])
    other = np.random.default_rng(8).random(rows) < CHANGED
    first, last, company, email, tag, city, *_ = _fields(people, "book")
    company = pc.if_else(pa.array(other), "Somewhere Else Ltd", company)
    number = _joined("+91", pc.cast(pa.array(_local(people)), _LARGE))
    custom = _joined('{"city":"', city, '"}')
    sids = pa.array([f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}{n:016x}" for n in range(rows)], _LARGE)
    fields = (sids, number, number, first, last, company, email, tag, custom, _repeated("2026-01-05T10:00:00Z", rows))
    names = list(CONTACTS.columns)
    return CONTACTS.shape(pa.table(dict(zip(names, fields, strict=True))).to_pandas().astype("str"))


def contacts(book: pd.DataFrame) -> list[dict[str, object]]:
    """The contacts of `book` as JSON objects of the service, without sids and dates."""
    names = ["raw", "first_name", "last_name", "company_name", "email", "tag", "custom_field"]
    lines = zip(*(book[name].tolist() for name in names), strict=True)
    return [
        dict(zip(["number", *names[1:-1]], line[:-1], strict=True)) | {"custom_field": orjson.loads(line[-1] or "null")}
        for line in lines
    ]


def write_csv(made: Sheet, path: Path) -> None:
    """The sheet as CSV, UTF-8."""
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(pa.table(made.columns), path, options)


def write_xlsx(made: Sheet, path: Path) -> None:
    """The sheet as a workbook like Excel's: texts shared, phones partly numbers. Fast, so that data costs no time."""
    texts = [pc.dictionary_encode(column) for column in made.columns.values()]
    every = pa.concat_arrays([text.dictionary for text in texts])
    shared = pc.dictionary_encode(every)
    place = np.asarray(shared.indices)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _FRAME.items():
            archive.writestr(name, text)
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            _write_shared(part, shared.dictionary, len(HEADERS) * len(made.numeric))
        offset, cells = 0, []
        for text in texts:
            cells.append(place[offset + np.asarray(text.indices)])
            offset += len(text.dictionary)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            part.write(_header_row().encode())
            for first in range(0, len(made.numeric), _CHUNK):
                part.write(_rows(made, cells, first, min(first + _CHUNK, len(made.numeric))))
            part.write(b"</sheetData></worksheet>")


def _rows(made: Sheet, cells: list[np.ndarray[tuple[int], np.dtype[np.int64]]], first: int, last: int) -> bytes:
    numbers = pc.cast(pa.array(np.arange(first + 2, last + 2)), _LARGE)
    parts: list[pa.Array | str] = ['<row r="', numbers, '">']
    for at, shared in enumerate(cells):
        letter = chr(65 + at)
        text = _joined(
            f'<c r="{letter}', numbers, '" t="s"><v>', pc.cast(pa.array(shared[first:last]), _LARGE), "</v></c>"
        )
        if at == 0:
            plain = next(iter(made.columns.values())).slice(first, last - first)
            number = _joined('<c r="A', numbers, '"><v>', plain, "</v></c>")
            text = pc.if_else(pa.array(made.numeric[first:last]), number, text)
        parts.append(text)
    return "".join(_joined(*parts, "</row>").to_pylist()).encode()


def _header_row() -> str:
    cells = (f'<c r="{chr(65 + at)}1" t="inlineStr"><is><t>{name}</t></is></c>' for at, name in enumerate(HEADERS))
    return f'<row r="1">{"".join(cells)}</row>'


def _write_shared(part: object, texts: pa.Array, count: int) -> None:
    write = part.write  # type: ignore[attr-defined]  # a zip entry
    write(f'{_HEAD}<sst xmlns="{_MAIN}" count="{count}" uniqueCount="{len(texts)}">'.encode())
    for raw, entity in (("&", "&amp;"), ("<", "&lt;")):
        texts = pc.replace_substring(texts, raw, entity)
    for first in range(0, len(texts), _CHUNK):
        write("".join(_joined("<si><t>", texts.slice(first, _CHUNK), "</t></si>").to_pylist()).encode())
    write(b"</sst>")


def _local(people: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Ten digits of an Indian mobile number for each person, spread over the range, each its own."""
    return 9_810_000_000 + (people * 7_919) % 90_000_049 % 90_000_000


def _ways(local: pa.Array, way: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    """The numbers as people write them; the last way is no number at all."""
    spaced = _joined(pc.utf8_slice_codeunits(local, 0, 5), " ", pc.utf8_slice_codeunits(local, 5))
    dashed = _joined("+91-", pc.utf8_slice_codeunits(local, 0, 5), "-", pc.utf8_slice_codeunits(local, 5))
    short = pc.utf8_slice_codeunits(local, 0, 7)
    written = (local, _joined("+91", local), local, _joined("0", local), spaced, _joined("91", local), dashed, short)
    return pc.choose(pa.array(way), *written)


def _fields(people: np.ndarray[tuple[int], np.dtype[np.int64]], side: str) -> tuple[pa.Array, ...]:
    """First name, last name, company, email, tag, city, notes, updated, source of each person."""
    text = pc.cast(pa.array(people), _LARGE)

    def of(choice: tuple[str, ...], step: int) -> pa.Array:
        return pa.array(choice, _LARGE).take(pa.array((people // step + people) % len(choice)))

    first, last = of(_FIRST, 3), of(_LAST, 5)
    email = _joined(pc.ascii_lower(pc.utf8_slice_codeunits(first, 0, 3)), text, "@example.com")
    notes = _joined("called ", pc.cast(pa.array(people % 9), _LARGE), " times; ref ", text)
    day = pc.cast(pa.array(people % 28 + 1), _LARGE)
    updated = _joined("2026-03-", pc.utf8_lpad(day, 2, "0"))
    length = len(people)
    return first, last, of(_COMPANY, 7), email, of(_TAGS, 11), of(_CITIES, 13), notes, updated, _repeated(side, length)


def _repeated(text: str, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, _LARGE), length)


def _joined(*parts: pa.Array | str) -> pa.Array:
    large = [pa.scalar(part, _LARGE) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*large, pa.scalar("", _LARGE))


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FRAME = {
    "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETML}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEETML}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEETML}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Contacts" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    f'Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}
