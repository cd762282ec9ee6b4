"""Where the header is.

What enters: the first lines of a sheet. What leaves: which of them is the header, or `SourceError`. A line counts as
the header for the contact fields it names, else for its shape: short, distinct texts above lines of another kind.
Promised: a line that is a contact is never taken for the header silently (CONTRACT 4); titles above are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncjob.aliases import field_of
from syncjob.loader.profile import is_data, kind
from syncjob.loader.refusal import refuse

LOOKED = 60  # filled lines in which a header is looked for
_LONG = 80  # characters; a header is shorter

ADVICE = "Add a line with column names above the data, or say where it is with header_row."


def name_of(header: str) -> str | None:
    """The contact field that a header names, or the key of another remote, or None."""
    from syncjob.aliases import key_names, plain

    return field_of(header) or key_names().get(plain(header)) if 0 < len(header) <= _LONG else None


def known(cells: Sequence[str]) -> frozenset[str]:
    """The contact fields that a line's cells name."""
    return frozenset(found for cell in cells if (found := name_of(cell.strip())) is not None)


def find_header(lines: Sequence[Sequence[str]]) -> int | None:
    """The position of the header among `lines` (blank ones included), or None."""
    named = _named(lines)
    return named if named is not None else _shaped(lines)


def _named(lines: Sequence[Sequence[str]]) -> int | None:
    """The line that names most fields; the number counts most. Of equals the first."""
    best, most = None, 0
    for at, cells in enumerate(lines):
        if any(is_data(cell) for cell in cells):
            continue
        found = known(cells)
        worth = len(found) + 2 * ("number" in found)
        filled = sum(1 for cell in cells if cell.strip())
        if worth > most and (len(found) > 1 or "number" in found or filled <= 1 or 2 * len(found) >= filled or at == 0):
            best, most = at, worth
    return best


def _shaped(lines: Sequence[Sequence[str]]) -> int | None:
    """The first line as wide as the table whose cells are all names, never values."""
    widths = [sum(1 for cell in cells if cell.strip()) for cells in lines]
    usual = _usual(widths)
    for at, cells in enumerate(lines):
        if not widths[at]:
            continue
        if any(is_data(cell) for cell in cells):
            return None
        if widths[at] < max(1, 0.6 * usual):
            continue
        return at if _are_names([cell.strip() for cell in cells if cell.strip()], lines[at + 1 :], usual) else None
    return None


def _usual(widths: Sequence[int]) -> int:
    filled = sorted(width for width in widths if width)
    return filled[len(filled) // 2] if filled else 0


def _are_names(names: Sequence[str], below: Sequence[Sequence[str]], usual: int) -> bool:
    if len(set(names)) < len(names) * 0.7 or any(len(name) > _LONG for name in names):
        return False
    if all(kind(name) in ("number", "date") for name in names):
        return False
    if usual > 1:
        return True
    return any(is_data(cell) for cells in below for cell in cells)  # a list of one column: names and values must differ


def unique(headers: Sequence[str]) -> list[str]:
    """The same headers, a repeated one with its count: `Phone`, `Phone (2)`. Blank ones stay blank."""
    taken = set(headers)
    seen: set[str] = set()
    made = []
    for header in headers:
        name, count = header, 1
        while name and (name in seen or (count > 1 and name in taken)):
            count += 1
            name = f"{header} ({count})"
        seen.add(name)
        made.append(name)
    return made


def missing(name: str, sheet: str | None = None) -> Exception:
    """The sentence for a sheet without a header."""
    return refuse(name, "no line with column names was found", ADVICE, sheet=sheet, code="source_unmapped")


def no_such_row(name: str, row: int, sheet: str | None = None) -> Exception:
    """The sentence for a header_row that holds nothing."""
    why = f"row {row} is named as the header, but it is empty"
    return refuse(name, why, "Correct header_row, or set it to auto.", sheet=sheet, code="source_unmapped")
