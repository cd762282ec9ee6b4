"""What a file is, by its bytes; its ending is never asked.

What enters: the first bytes of a file (and the names inside a zip or OLE container). What leaves: a `Kind`, or
`SourceError` naming what the file is instead and what to do. Promised: every file gets a kind or one sentence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, TypeAlias

from syncjob.loader.refusal import SAVE_AS, refuse

Kind: TypeAlias = Literal["text", "xlsx", "xlsb", "xls", "ods", "html", "xml", "fods", "encrypted"]

HEAD = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")  # a bare workbook stream of Excel 2 to 4

_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "Ask for the spreadsheet it was made from."),
    (b"{\\rtf", "a text document (RTF)", "Copy its table into a spreadsheet and save that."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xfd7zXZ\x00", "an xz archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first."),
    (b"\x89PNG", "a picture (PNG)", "Ask for the spreadsheet itself."),
    (b"\xff\xd8\xff", "a picture (JPEG)", "Ask for the spreadsheet itself."),
    (b"GIF8", "a picture (GIF)", "Ask for the spreadsheet itself."),
    (b"II*\x00", "a picture (TIFF)", "Ask for the spreadsheet itself."),
    (b"MM\x00*", "a picture (TIFF)", "Ask for the spreadsheet itself."),
    (b"PAR1", "a Parquet file", "Export it as CSV."),
    (b"SQLite format 3\x00", "a SQLite database", "Export the table as CSV."),
    (b"\x7fELF", "a program", "Name the spreadsheet."),
    (b"BEGIN:VCARD", "a vCard file", "Export the contacts as CSV."),
    (b"MIME-Version:", "a web archive (MHTML)", SAVE_AS),
)
_NULS = re.compile(rb"\x00{8,}")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|meta|body|table|style)\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})|\s*\[\s*(?:\]|\[|"[^"]*"\s*,|-?\d+\s*,)')
_ARCHIVED: tuple[tuple[str, str, str], ...] = (
    ("word/", "a Word document", "Copy its table into a spreadsheet and save that."),
    ("ppt/", "a presentation", "Name the spreadsheet it was made from."),
    ("Index/", "a Numbers document", "In Numbers, choose File, Export To, Excel or CSV."),
    ("Index.zip", "a Numbers document", "In Numbers, choose File, Export To, Excel or CSV."),
)


def sniff(path: Path, name: str) -> Kind:
    """The kind of the file at `path`, named `name` to people. Raises `SourceError` for anything that is no table."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe\x1a"):
        raise refuse(name, "the file is empty", "Check that the export worked and the copy was complete.")
    if head.startswith(_OLE):
        return _in_ole(path, name)
    if head.startswith(b"PK"):
        return _in_zip(path, name)
    for magic, what, advice in _OTHERS:
        if head.startswith(magic):
            raise refuse(name, f"it is {what}, not a spreadsheet", advice)
    if head.startswith(b"RIFF") or head[4:8] == b"ftyp":
        raise refuse(name, "it is a picture, sound or video, not a spreadsheet", "Name the spreadsheet.")
    if head.startswith(_BIFF) and head[3:4] == b"\x00":
        raise refuse(name, "it was saved by a very old Excel (before 1995)")
    return _markup(head, name)


def _markup(head: bytes, name: str) -> Kind:
    """Plain text, or one of the languages with angle brackets that spreadsheets are saved in."""
    start = _as_ascii(head).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF"):
        raise refuse(name, "it is a PDF document, not a spreadsheet", "Ask for the spreadsheet it was made from.")
    if start.startswith(b"<"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in start and b"Workbook" in start:
            return "xml"
        if b"opendocument" in start[:4096] and b"office:document" in start[:4096]:
            return "fods"
        if _HTML.search(start[:4096]):
            return "html"
        if start.startswith((b"<?xml", b"<!DOCTYPE", b"<!--")) or re.match(rb"<\w[\w:.-]*[\s>/]", start):
            raise refuse(name, "it is an XML document without a table we know")
    if _JSON.match(start):
        raise refuse(name, "it is a JSON file, not a spreadsheet", "Export it as CSV.")
    _refuse_binary(head, name)
    return "text"


def _as_ascii(head: bytes) -> bytes:
    """UTF-16 seen through its ASCII letters, everything else as it is."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\x00", b"")
    return head


def _refuse_binary(head: bytes, name: str) -> None:
    """Text holds few control characters; a program, a picture or an encrypted file holds many."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    head = _NULS.sub(b"\x00", head)  # a block of zeros is what a crash leaves in a text file; it is one damage
    nuls = head.count(b"\x00")
    if nuls * 3 > len(head) and abs(head[::2].count(b"\x00") - head[1::2].count(b"\x00")) * 2 > nuls:
        return  # UTF-16 without a mark: every other byte is zero
    odd = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 26))
    if odd * 20 > len(head) + 400:
        raise refuse(name, "it is neither text nor a workbook we know")


def _in_zip(path: Path, name: str) -> Kind:
    import zipfile

    from syncjob.loader.unpack import BROKEN, damaged

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            mime = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except BROKEN as error:
        raise damaged(name) from error
    lower = {entry.replace("\\", "/").lstrip("/").lower() for entry in names}
    if "xl/workbook.bin" in lower:
        return "xlsb"
    if b"opendocument.spreadsheet" in mime:
        return "ods"
    if any(entry.startswith("xl/") for entry in lower) or ("[content_types].xml" in lower and _is_book(lower)):
        return "xlsx"
    if b"opendocument" in mime:
        raise refuse(name, "it is an OpenDocument text or drawing, not a spreadsheet")
    for start, what, advice in _ARCHIVED:
        if any(entry.startswith(start) for entry in names):
            raise refuse(name, f"it is {what}, not a spreadsheet we can read", advice)
    if "content.xml" in lower:
        return "ods"
    raise refuse(name, "it is a zip archive without a workbook in it", "Unpack it first.")


def _is_book(names: set[str]) -> bool:
    return any(entry.endswith("workbook.xml") for entry in names)


def _in_ole(path: Path, name: str) -> Kind:
    """The container of Excel 97, and of Office files under a password."""
    import olefile  # type: ignore[import-untyped]

    from syncjob.loader.unpack import BROKEN

    try:
        with olefile.OleFileIO(str(path)) as ole:
            streams = {"/".join(entry).lower() for entry in ole.listdir()}
    except BROKEN as error:
        raise refuse(name, "the workbook is cut off or damaged", "Copy or download it again.") from error
    if "encryptedpackage" in streams:
        return "encrypted"
    if "workbook" in streams or "book" in streams:
        return "xls"
    if "worddocument" in streams:
        raise refuse(name, "it is a Word document, not a spreadsheet", "Copy its table into a spreadsheet.")
    if "powerpoint document" in streams:
        raise refuse(name, "it is a presentation, not a spreadsheet", "Name the spreadsheet it was made from.")
    raise refuse(name, "it is an Office file without a workbook in it", "Name the spreadsheet.")
