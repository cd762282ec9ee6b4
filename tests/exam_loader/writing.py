"""A sheet → bytes, written here by hand: no library's idea of a dialect stands between the truth and the file."""

from __future__ import annotations

from tests.exam_loader.tools import Dialect, Sheet

BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe"}


def fields(row: tuple[str, ...], dialect: Dialect) -> list[str]:
    """The cells of one line as they stand in the file."""
    return [quoted(cell, dialect, len(row)) for cell in row]


def quoted(cell: str, dialect: Dialect, width: int = 2) -> str:
    """One cell as it stands in the file."""
    text = cell.replace("\n", dialect.newline) if dialect.newline != "\r" else cell
    if not _needs(cell, dialect, width):
        return text
    if dialect.backslash:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n") + '"'
    return '"' + text.replace('"', '""') + '"'


def _needs(cell: str, dialect: Dialect, width: int) -> bool:
    if dialect.quoting == "none":
        return False
    if dialect.quoting == "all" or (dialect.quoting == "text" and not cell.replace(".", "").isdigit()):
        return True
    return any(mark in cell for mark in (dialect.delimiter, '"', "\n", "\r"))


def line(row: tuple[str, ...], dialect: Dialect) -> str:
    """One line, without its newline."""
    return dialect.delimiter.join(fields(row, dialect)) + (dialect.delimiter if dialect.trailing else "")


def lines(sheet: Sheet) -> tuple[str, list[str]]:
    """The header and the data lines, without newlines."""
    head = sheet.dialect.delimiter.join(fields(sheet.header, sheet.dialect))
    head += sheet.dialect.delimiter if sheet.dialect.trailing == "all" else ""
    return head, [line(row, sheet.dialect) for row in sheet.rows]


def together(sheet: Sheet, head: str, body: list[str], newlines: list[str] | None = None) -> bytes:
    """The file. `newlines`: one per data line, where they differ. Lone surrogates stand for raw bytes."""
    dialect = sheet.dialect
    ends = newlines or [dialect.newline] * len(body)
    text = "".join(raw + dialect.newline for raw in (*dialect.before, head))
    text += "".join(raw + end for raw, end in zip(body, ends, strict=True))
    text += dialect.newline.join(dialect.after) + (dialect.newline if dialect.after else "")
    if not dialect.ends:
        text = text.removesuffix(dialect.newline)
    data = text.encode(dialect.encoding, "surrogateescape" if dialect.encoding == "utf-8" else "replace")
    return (BOMS[dialect.encoding] if dialect.bom else b"") + data
