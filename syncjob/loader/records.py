"""What calamine loses of xls and xlsb workbooks, from their own records.

What enters: a path. What leaves: for every sheet its error cells, hidden rows and merged cells. Formats: [MS-XLS] and
[MS-XLSB]. Promised: a file these walks don't understand gives less, never an exception.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syncjob.loader.cells import ERROR
from syncjob.loader.unpack import BROKEN, find
from syncjob.loader.xlsx_book import relations

ERRORS = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
    43: "#GETTING_DATA",
}

_BOUNDSHEET, _ROW, _FORMULA, _BOOLERR, _MERGED = 0x85, 0x208, 0x06, 0x205, 0xE5
_BOF, _EOF = 0x809, 0x0A
_B_ROW, _B_ERROR, _B_FORMULA_ERROR, _B_MERGED, _B_SHEET = 0, 3, 11, 176, 156


@dataclass
class Losses:
    """`cells`: row → column → (text, code)."""

    cells: dict[int, dict[int, tuple[str, str]]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def error(self, row: int, column: int, code: int) -> None:
        """An error cell; row and column count from 0 here."""
        self.cells.setdefault(row + 1, {})[column] = (ERRORS.get(code, "#ERROR!"), ERROR)


def xls_losses(path: Path) -> dict[str, Losses]:
    """By sheet name, for an xls workbook."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as ole:
            data = ole.openstream("Workbook" if ole.exists("Workbook") else "Book").read()
        return {name: _xls_sheet(data, at) for name, at in _xls_sheets(data)}
    except BROKEN:
        return {}


def _xls_records(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _xls_sheets(data: bytes) -> Iterator[tuple[str, int]]:
    for kind, body in _xls_records(data, 0):
        if kind == _EOF:
            return
        if kind == _BOUNDSHEET and len(body) > 8:
            wide = body[7] & 1
            raw = body[8 : 8 + body[6] * (2 if wide else 1)]
            yield raw.decode("utf-16-le" if wide else "latin-1", "replace"), struct.unpack_from("<I", body)[0]


def _xls_sheet(data: bytes, at: int) -> Losses:
    losses = Losses()
    depth = 0
    for kind, body in _xls_records(data, at):
        if kind == _BOF:
            depth += 1  # charts are nested
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif kind == _ROW and struct.unpack_from("<H", body, 12)[0] & 0x20:
            losses.hidden.add(struct.unpack_from("<H", body)[0] + 1)
        elif kind == _BOOLERR and body[7]:
            row, column = struct.unpack_from("<HH", body)
            losses.error(row, column, body[6])
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
            row, column = struct.unpack_from("<HH", body)
            losses.error(row, column, body[8])
        elif kind == _MERGED:
            for place in range(struct.unpack_from("<H", body)[0]):
                top, low, left, right = struct.unpack_from("<4H", body, 2 + 8 * place)
                losses.merged.append((top + 1, left, low + 1, right))
    return losses


def xlsb_losses(path: Path) -> dict[str, Losses]:
    """By sheet name, for an xlsb workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = find(archive, "xl/workbook.bin")
            targets = relations(archive, "xl/workbook.bin")
            found: dict[str, Losses] = {}
            for kind, body in _xlsb_records(archive.read(book or "")):
                if kind == _B_SHEET:
                    relation, at = _wide_text(body, 8)
                    name, _ = _wide_text(body, at)
                    part = find(archive, targets.get(relation, ("", ""))[1])
                    found[name] = _xlsb_sheet(archive.read(part)) if part else Losses()
            return found
    except BROKEN:
        return {}


def _wide_text(body: bytes, at: int) -> tuple[str, int]:
    size = struct.unpack_from("<I", body, at)[0] * 2
    return body[at + 4 : at + 4 + size].decode("utf-16-le", "replace"), at + 4 + size


def _xlsb_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 21:
                break
        yield kind, data[at : at + size]
        at += size


def _xlsb_sheet(data: bytes) -> Losses:
    losses = Losses()
    row = 0
    for kind, body in _xlsb_records(data):
        if kind == _B_ROW and len(body) >= 12:
            row = struct.unpack_from("<I", body)[0]
            if body[11] & 0x10:
                losses.hidden.add(row + 1)
        elif kind in (_B_ERROR, _B_FORMULA_ERROR) and len(body) >= 9:
            losses.error(row, struct.unpack_from("<I", body)[0], body[8])
        elif kind == _B_MERGED and len(body) >= 16:
            top, low, left, right = struct.unpack_from("<4I", body)
            losses.merged.append((top + 1, left, low + 1, right))
    return losses
