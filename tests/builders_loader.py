"""Files for the loader's tests: honest ones by the usual writers, damaged and hostile ones by hand."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from syncjob.loader.found import Found, HeaderRow
from syncjob.loader.inner import read_file
from syncjob.loader.limits import DEFAULT, ReadLimits

HEADER = ("Name", "Mobile", "City", "Note")
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STRICT = 'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"'
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def people(count: int) -> list[list[str]]:
    """Rows under `HEADER`: invented people with plainly invented numbers."""
    return [[f"Person {at}", f"+9198765{at:05d}", f"City {at % 7}", f"note {at}"] for at in range(count)]


def csv_text(rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\r\n", quoting: int = 0) -> str:
    """What Python's own writer makes of `rows`."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)
    return out.getvalue()


def read(
    path: Path,
    sheet: str | Sequence[str] | None = None,
    header_row: HeaderRow = "auto",
    limits: ReadLimits = DEFAULT,
    careful: bool = False,
    **how: str,
) -> list[Found]:
    """Read in this process."""
    return read_file(
        path,
        path.name,
        sheet=sheet,
        header_row=header_row,
        encoding=how.get("encoding", "auto"),
        delimiter=how.get("delimiter", "auto"),
        limits=limits,
        folder=path.parent,
        careful=careful,
    )


def read_bytes(folder: Path, data: bytes, name: str = "leads.csv", **how: str) -> Found:
    """`data` as a file, read in this process."""
    path = folder / name
    path.write_bytes(data)
    return read(path, **how)[0]


def lines(found: Found) -> list[list[str]]:
    """The cells of a table, line by line."""
    return [list(line) for line in zip(*(column.to_pylist() for column in found.cells), strict=True)]


def flaws(found: Found) -> list[tuple[int, int, str, str]]:
    """What is wrong: row, column, code, value."""
    return [(flaw.row, flaw.column, flaw.code, flaw.value) for flaw in found.flaws]


def notes(found: Found) -> str:
    """What people are told."""
    said = found.facts["notes"]
    assert isinstance(said, list)
    return " ".join(said)


def archive(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A zip archive of `parts`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return path


def workbook(
    path: Path,
    sheets: Mapping[str, str],
    strict: bool = False,
    styles: str = "",
    states: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Path:
    """An xlsx written by hand; `sheets` maps a name to the XML between the worksheet's tags."""
    namespace = STRICT if strict else NS
    base = "http://purl.oclc.org/ooxml" if strict else "http://schemas.openxmlformats.org"
    kinds = f"{base}/officeDocument/{'' if strict else '2006/'}relationships"
    relation = '<Relationship Id="{}" Type="{}/{}" Target="{}"/>'
    head = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    states = states or {}
    entries, targets = "", relation.format("rIdS", kinds, "styles", "styles.xml") if styles else ""
    parts: dict[str, str | bytes] = {"[Content_Types].xml": _TYPES}
    for at, (name, content) in enumerate(sheets.items(), start=1):
        state = f' state="{states[name]}"' if name in states else ""
        entries += f'<sheet name="{name}" sheetId="{at}"{state} r:id="rId{at}"/>'
        targets += relation.format(f"rId{at}", kinds, "worksheet", f"worksheets/sheet{at}.xml")
        parts[f"xl/worksheets/sheet{at}.xml"] = f'<?xml version="1.0"?><worksheet {namespace}>{content}</worksheet>'
    parts["_rels/.rels"] = (
        head + relation.format("rId1", kinds, "officeDocument", "xl/workbook.xml") + "</Relationships>"
    )
    parts["xl/_rels/workbook.xml.rels"] = head + targets + "</Relationships>"
    parts["xl/workbook.xml"] = (
        f'<?xml version="1.0"?><workbook {namespace} xmlns:r="{kinds}"><sheets>{entries}</sheets></workbook>'
    )
    if styles:
        parts["xl/styles.xml"] = f'<?xml version="1.0"?><styleSheet {namespace}>{styles}</styleSheet>'
    return archive(path, {**parts, **(extra or {})})


def text_cell(place: str, text: str) -> str:
    """A cell that holds text."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def sheet_data(rows: Mapping[int, Sequence[str]], left: str = "A") -> str:
    """`<sheetData>` of text rows that begin at column `left`."""
    made = ""
    for row, cells in rows.items():
        placed = "".join(text_cell(f"{chr(ord(left) + at)}{row}", cell) for at, cell in enumerate(cells) if cell)
        made += f'<row r="{row}">{placed}</row>'
    return f"<sheetData>{made}</sheetData>"


def _record(kind: int, body: bytes) -> bytes:
    """A record of the binary workbook format."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(body), b""
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + length + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _binary_cell(column: int, value: str | float | bool) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, bool):
        return _record(4, place + bytes([value]))
    if isinstance(value, float):
        return _record(5, place + struct.pack("<d", value))
    return _record(3, place + bytes([42])) if value == "#N/A" else _record(6, place + _wide(value))


def binary_workbook(
    path: Path, rows: Mapping[int, Mapping[int, str | float | bool]], hidden: Sequence[int] = ()
) -> Path:
    """An xlsb written by hand; rows count from 1, columns from 0."""
    widest = max(column for cells in rows.values() for column in cells)
    body = _record(129, b"") + _record(148, struct.pack("<4I", min(rows) - 1, max(rows) - 1, 0, widest))
    body += _record(145, b"")
    for row, cells in rows.items():
        flags = struct.pack("<IIHHBI", row - 1, 0, 300, 0x1000 if row in hidden else 0, 0, 0)
        body += _record(0, flags)
        body += b"".join(_binary_cell(column, value) for column, value in cells.items())
    body += _record(146, b"") + _record(130, b"")
    book = _record(131, b"") + _record(143, b"")
    book += _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Leads"))
    book += _record(144, b"") + _record(132, b"")
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    relation = '<Relationship Id="rId1" Type="{}/{}" Target="{}"/></Relationships>'
    return archive(
        path,
        {
            "[Content_Types].xml": _TYPES.replace("workbook.xml", "workbook.bin"),
            "_rels/.rels": head + relation.format(kinds, "officeDocument", "xl/workbook.bin"),
            "xl/_rels/workbook.bin.rels": head + relation.format(kinds, "worksheet", "worksheets/sheet1.bin"),
            "xl/workbook.bin": book,
            "xl/worksheets/sheet1.bin": body,
        },
    )


def open_document(path: Path, rows: str, extra: str = "") -> Path:
    """An ods written by hand; `rows` is the XML within the table."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {names}>{extra}<office:body><office:spreadsheet>'
        f'<table:table table:name="Leads">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return archive(path, {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})
