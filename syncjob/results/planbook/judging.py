"""The sheets of a plan workbook against what was written: which lines say yes, and what keeps them from counting. Pure.

What enters: a sheet as it came back, and its `Lines` or `Put`s as they were written. What leaves: `Judged`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncjob.loader.flaw import letter
from syncjob.results.planbook.cellread import Line, Sheet
from syncjob.results.planbook.cover import NAME, Put
from syncjob.results.planbook.lines import APPROVE, FORMULA, MARK, WAITING, Lines

ANSWERS = {"yes": True, "no": False, "": False}
FIRST = 5
"""Rows that a problem names."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True)
class Judged:
    """What a sheet gives: the approved changes, and sentences about what keeps the file from being taken."""

    approved: frozenset[int] = frozenset()
    problems: tuple[str, ...] = ()


def judge_cover(sheet: Sheet | None, puts: Sequence[Put]) -> tuple[Judged, bool]:
    """The first sheet, and whether one yes answers for every removal."""
    if sheet is None:
        return Judged(problems=(f"the sheet {NAME} is missing",)), False
    cells = {(line.row - 1, at): text for line in sheet.lines for at, text in line.cells.items()}
    formulas = {(line.row - 1, at) for line in sheet.lines for at in line.formulas}
    problems, everything = [], False
    for put in puts:
        place = put.row, put.column
        text = cells.pop(place, "")
        if put.look == "answer":
            everything = ANSWERS.get(_plain(text).casefold(), False)
            if place in formulas or _plain(text).casefold() not in ANSWERS:
                problems.append(f"sheet {NAME}, cell {_cell(*place)}: “{_short(text)}” is neither yes nor no")
        elif put.formula:  # a total: a program may keep the figure alone
            if place not in formulas and not _plain(text).isdigit():
                problems.append(f"sheet {NAME}, cell {_cell(*place)}: edited")
        elif _number(_plain(text)) != _number(_plain(put.text)) or place in formulas:
            problems.append(f"sheet {NAME}, cell {_cell(*place)}: edited")
    problems += [f"sheet {NAME}, cell {_cell(*place)} was filled in" for place, text in cells.items() if _plain(text)]
    if everything and (lost := _hidden_answer(sheet, puts)):
        problems.append(lost)
    return Judged(problems=tuple(problems)), everything


def _hidden_answer(sheet: Sheet, puts: Sequence[Put]) -> str:
    """The one answer counts only where people see it, as any other."""
    row = next(put.row for put in puts if put.look == "answer") + 1
    line = next(line for line in sheet.lines if line.row == row)
    if not (line.hidden or line.struck or not sheet.visible):
        return ""
    return f"sheet {NAME}, row {row}: hidden or struck through, and still yes"


def judge_lines(sheets: Sequence[Sheet], lines: Lines, everything: bool) -> Judged:
    """The sheets of one kind of change; a line that is gone is a no."""
    expected = {mark: at for at, mark in enumerate(lines.columns[lines.headers.index(MARK)].tolist())}
    texts = [column.tolist() for column in lines.columns]
    found = _Found({}, {}, {}, [])
    for sheet in sheets:
        _judge_sheet(sheet, lines, expected, texts, everything, found)
    problems = [f"{where}{_rows(rows)} {what}" for (where, what), rows in found.problems.items()]
    return Judged(frozenset(lines.ids[at] for at in found.yes), (*found.others, *problems))


@dataclass
class _Found:
    """What was seen so far: line → row of its sheet, lines that say yes, and problems by sheet and kind."""

    seen: dict[int, str]
    yes: dict[int, str]
    problems: dict[tuple[str, str], list[int]]
    others: list[str]

    def problem(self, sheet: Sheet, row: int, what: str) -> None:
        """Rows of one sheet with the same problem share a sentence."""
        self.problems.setdefault((f"sheet {sheet.name}, ", what), []).append(row)


def _judge_sheet(
    sheet: Sheet, lines: Lines, expected: Mapping[str, int], texts: Sequence[list[str]], everything: bool, found: _Found
) -> None:
    columns = _columns(sheet, (APPROVE, *lines.headers), found.others)
    if columns is None:
        return
    places = [columns[header] for header in lines.headers]
    answer, mark = columns[APPROVE], columns[MARK]
    for line in sheet.lines[1:]:
        at = expected.get(_plain(line.cells.get(mark, "")))
        if at is None:
            if _says_anything(line, answer):
                found.problem(
                    sheet, line.row, f"the column {MARK} was edited, so nobody can tell which change is meant"
                )
            continue
        if at in found.seen:
            found.problem(sheet, line.row, f"stands there twice, {found.seen[at]} is the same change")
            continue
        found.seen[at] = f"row {line.row}"
        for place, column, header in zip(places, texts, lines.headers, strict=True):
            text = line.cells.get(place, "")
            if place in line.formulas or (text != column[at] and _plain(text) != _plain(column[at])):
                found.problem(sheet, line.row, f"edited in the column {header}")
        said = _answer(sheet, line, answer, everything, lines.verb in WAITING, found)
        if said and (line.hidden or line.struck or not sheet.visible):
            what = "struck through" if line.struck else "hidden or filtered out"
            found.problem(sheet, line.row, f"{what}, and still yes: show it again, or answer no")
        elif said:
            found.yes[at] = ""


def _answer(sheet: Sheet, line: Line, at: int, everything: bool, follows: bool, found: _Found) -> bool:
    """Whether a line says yes; a removal's own formula says what the one answer says."""
    text = _plain(line.cells.get(at, "")).casefold()
    if at not in line.formulas:
        if text not in ANSWERS:
            found.problem(sheet, line.row, f"says “{_short(text)}” in approve, which is neither yes nor no")
        return ANSWERS.get(text, False)
    formula = line.formulas[at].replace("$", "").replace(" ", "").lstrip("=").casefold()
    if not follows or formula != FORMULA.casefold():
        found.problem(sheet, line.row, "holds a formula in approve: type yes or no")
        return False
    if at not in line.unsaved and text != ("yes" if everything else ""):
        found.problem(sheet, line.row, "not calculated before it was saved: open it in Excel or LibreOffice, save it")
    return everything


def _columns(sheet: Sheet, headers: Iterable[str], others: list[str]) -> dict[str, int] | None:
    """Header → column, wherever they were moved; None where the sheet can't be read."""
    if not sheet.lines:
        return None  # emptied: every line is gone
    there = {_plain(text): at for at, text in sheet.lines[0].cells.items()}
    missing = [header for header in headers if _plain(header) not in there]
    known = {_plain(header) for header in headers}
    used = {at for line in sheet.lines for at in line.cells}
    more = [at for at in sorted(used) if at not in [there[name] for name in known if name in there]]
    if missing:
        others.append(f"sheet {sheet.name}: the column {missing[0]} is missing from its first row")
        return None
    if more:
        others.append(f"sheet {sheet.name}: column {letter(more[0])} is not part of the plan")
        return None
    return {header: there[_plain(header)] for header in headers}


def _says_anything(line: Line, answer: int) -> bool:
    """Whether a line without its mark holds more than the formula that a removal leaves behind when it is emptied."""
    return any(_plain(text) for at, text in line.cells.items() if not (at == answer and at in line.formulas))


def judge_held(sheets: Sequence[Sheet], lines: Lines) -> Judged:
    """Lines that nobody has to answer: in any order, but as they were."""
    known = {tuple(map(_plain, line)) for line in zip(*(column.tolist() for column in lines.columns), strict=True)}
    problems: list[str] = []
    for sheet in sheets:
        columns = _columns(sheet, lines.headers, problems)
        if columns is None:
            continue
        places = [columns[header] for header in lines.headers]
        edited = [
            line.row
            for line in sheet.lines[1:]
            if tuple(_plain(line.cells.get(place, "")) for place in places) not in known
        ]
        if edited:
            problems.append(f"sheet {sheet.name}, {_rows(edited)} edited")
    return Judged(problems=tuple(problems))


def _rows(rows: Sequence[int]) -> str:
    """row 7 · rows 7, 9, 12 and 4 more."""
    said = ", ".join(map(str, rows[:FIRST]))
    more = f" and {len(rows) - FIRST:,} more" if len(rows) > FIRST else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {said}{more}:"


def _plain(text: str) -> str:
    """A text without what programs change when they save: spaces, line ends, control characters."""
    return _BLANK.sub(" ", text).strip()


def _number(text: str) -> str:
    """A figure as it is counted, however it is written: 3, 3.0, 1,204."""
    bare = text.replace(",", "").removesuffix(".0")
    return bare if bare.isdigit() else text


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _cell(row: int, column: int) -> str:
    return f"{letter(column)}{row + 1}"
