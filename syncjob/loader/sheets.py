"""Which sheets of a workbook are read.

What enters: an open workbook and the wish (none, a name, a list of names, all). What leaves: `Found`s. Promised
(CONTRACT 4): without a wish the sheet that holds the contacts; others that hold contacts are named; hidden ones only
when named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable

from syncjob.errors import SourceError
from syncjob.loader.beginning import Tell
from syncjob.loader.books import Workbook
from syncjob.loader.found import Found, HeaderRow
from syncjob.loader.grid import Grid
from syncjob.loader.header import LOOKED, known
from syncjob.loader.refusal import refuse
from syncjob.loader.settling import settle
from syncjob.loader.unpack import BROKEN

_PEEKED = LOOKED * 2
_OURS = "Needs fixing"
_RESULTS = re.compile(r"Results( \d+)?")
_OUR_SHEETS = frozenset(("Summary", "Results", _OURS))


@runtime_checkable
class Foreseen(Protocol):
    """A workbook whose first lines can be had long before the rest."""

    def first(self, sheets: Sequence[str], lines: int) -> list[Grid] | None:
        """The first filled lines of sheets; None where waiting for the whole costs no time."""
        ...


def read_sheets(
    book: Workbook, wish: str | Sequence[str] | None, header_row: HeaderRow, name: str, tell: Tell | None = None
) -> list[Found]:
    """The sheets wished for, with their headers found. Raises `SourceError` naming the sheet.

    `tell` is called with the first lines of large ones, before the rest is read.
    """
    if not book.sheets:
        raise refuse(name, "it holds no sheet with cells")
    wish, header_row = _wish_for(book, wish, header_row, name)
    hidden = tuple(sheet for sheet, visible in book.sheets if not visible)
    others: tuple[str, ...] = ()
    if wish is None:
        chosen, others = _holding_contacts(book, header_row, name)
        wanted = [chosen]
    else:
        wanted = _named(book, wish, name)
    if tell is not None and (begun := _begin(book, wanted, header_row, name)):
        tell(_with_facts(begun, book, others, hidden))
    grids = [(sheet, book.read(sheet)) for sheet in wanted]
    if wish == "all":
        grids = [(sheet, grid) for sheet, grid in grids if len(grid.rows)]
    if not any(len(grid.rows) for _, grid in grids):
        raise _empty(name, wanted[0] if len(wanted) == 1 and len(book.sheets) > 1 else None, hidden)
    return _with_facts([_settled(grid, header_row, name, sheet) for sheet, grid in grids], book, others, hidden)


def _begin(book: Workbook, wanted: Sequence[str], header_row: HeaderRow, name: str) -> list[Found]:
    """The first lines of the sheets; none where the whole is read as quickly, or where it can't be told yet."""
    if isinstance(book, Foreseen):
        with suppress(SourceError, *BROKEN):  # reading the whole will say what is wrong
            lines = _PEEKED if header_row == "auto" else _PEEKED + header_row
            grids = zip(wanted, book.first(wanted, lines) or (), strict=False)
            return [settle(grid, header_row, name, sheet) for sheet, grid in grids if len(grid.rows)]
    return []


def _with_facts(found: list[Found], book: Workbook, others: Sequence[str], hidden: Sequence[str]) -> list[Found]:
    for table in found:
        table.facts["format"] = book.format
        table.facts["other_sheets"] = others
        table.facts["hidden_sheets"] = hidden
        if book.run or table.is_result:
            table.facts["result_of"] = book.run or "unknown"
    return found


def _wish_for(
    book: Workbook, wish: str | Sequence[str] | None, header_row: HeaderRow, name: str
) -> tuple[str | Sequence[str] | None, HeaderRow]:
    """What is wished for of the job's own sheets does not fit a result of ours that is fed back: it is read as such."""
    if wish is None and header_row == "auto":
        return wish, header_row
    ours = [sheet for sheet, _ in book.sheets if sheet in _OUR_SHEETS]
    looks = (_look(book, sheet, "auto", name) for sheet in ours)
    if not (book.run and ours) and not any(look is not None and look.is_result for look in looks):
        return wish, header_row
    names = [wish] if isinstance(wish, str) else list(wish or ())
    return (wish if set(names) <= {sheet for sheet, _ in book.sheets} else None), "auto"


def _settled(grid: Grid, header_row: HeaderRow, name: str, sheet: str) -> Found:
    if not len(grid.rows):
        raise _empty(name, sheet, ())
    return settle(grid, header_row, name, sheet)


def _empty(name: str, sheet: str | None, hidden: Sequence[str]) -> SourceError:
    advice = f"Name one of its hidden sheets with sheet: {', '.join(hidden)}." if hidden else "Check the file."
    what = "the sheet holds nothing" if sheet else "its visible sheets hold nothing" if hidden else "it holds nothing"
    return refuse(name, what, advice, sheet=sheet)


def _named(book: Workbook, wish: str | Sequence[str], name: str) -> list[str]:
    """The sheets a person named: exactly, else regardless of case and outer spaces."""
    if wish == "all":
        return [sheet for sheet, visible in book.sheets if visible] or [book.sheets[0][0]]
    names = [wish] if isinstance(wish, str) else list(wish)
    exact = {sheet: sheet for sheet, _ in book.sheets}
    loose = {sheet.strip().casefold(): sheet for sheet, _ in reversed(book.sheets)}
    found = []
    for wanted in names:
        sheet = exact.get(wanted) or loose.get(wanted.strip().casefold())
        if sheet is None:
            there = ", ".join(f"“{sheet}”" for sheet in exact)
            raise refuse(name, f"there is no sheet “{wanted}” in it", f"It has {there}.", code="source_missing")
        if sheet not in found:
            found.append(sheet)
    return found


def _holding_contacts(book: Workbook, header_row: HeaderRow, name: str) -> tuple[str, tuple[str, ...]]:
    """The sheet to read when nobody named one, and the others that hold contacts."""
    visible = [sheet for sheet, seen in book.sheets if seen]
    if len(visible) == 1:
        return visible[0], ()
    looks = {sheet: _look(book, sheet, header_row, name) for sheet in visible}
    heads = {sheet: found for sheet, found in looks.items() if found is not None}
    if _OURS in heads and (book.run or (set(visible) >= _OUR_SHEETS and heads[_OURS].is_result)):
        return _OURS, tuple(sheet for sheet in visible if sheet in heads and _RESULTS.fullmatch(sheet))
    contacts = [sheet for sheet, found in heads.items() if found.holds_contacts]
    if contacts:
        return contacts[0], tuple(contacts[1:])
    if heads:
        return max(heads, key=lambda sheet: len(known(heads[sheet].headers))), ()
    filled = [sheet for sheet in visible if len(book.peek(sheet, 1).rows)]
    return (filled or visible or [book.sheets[0][0]])[0], ()


def _look(book: Workbook, sheet: str, header_row: HeaderRow, name: str) -> Found | None:
    """The header of a sheet, or None when it has none."""
    grid = book.peek(sheet, _PEEKED if header_row == "auto" else max(_PEEKED, header_row))
    if not len(grid.rows):
        return None
    try:
        return settle(grid, header_row, name, sheet)
    except SourceError:
        return None
