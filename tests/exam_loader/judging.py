"""A reader's answer against the truth: which rows are right, lost, shifted or changed, and who was told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.exam_loader.cases import Case


@dataclass(frozen=True)
class Answer:
    """What a reader gave: the data lines in order, which of them it named as damaged, or why it read nothing."""

    rows: Sequence[Sequence[str]] = ()
    named: frozenset[int] = frozenset()
    header: Sequence[str] | None = None
    texts: Sequence[str] = ()  # what was said of the named lines
    error: str | None = None


@dataclass
class Verdict:
    """How many of a file's rows ended how. Undamaged rows: `right`, or harmed: `lost`, `shifted`, `changed`.
    Damaged rows: `told` (named, or right all the same), `gone` (nowhere to be found) or `silent` (another value, and
    nobody was told)."""

    rows: int = 0
    right: int = 0
    lost: int = 0
    shifted: int = 0
    changed: int = 0
    damaged: int = 0
    told: int = 0
    silent: int = 0
    gone: int = 0
    alarms: int = 0  # undamaged rows named as damaged
    cells: int = 0  # of undamaged rows
    cells_right: int = 0
    header: bool = True
    refused: int = 0
    harmed: list[int] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)

    @property
    def harm(self) -> int:
        """Undamaged rows not read right."""
        return self.lost + self.shifted + self.changed


def judge(case: Case, answer: Answer) -> Verdict:
    """The verdict on one file."""
    sheet, told = case.sheet, Verdict(refused=int(answer.error is not None))
    lines = [_tidy(row) for row in answer.rows]
    at: dict[tuple[str, ...], list[int]] = {}
    for place, line in enumerate(lines):
        at.setdefault(line, []).append(place)
    truth = [_tidy(row) for row in sheet.rows]
    wanted = Counter(truth)
    for number, row in enumerate(truth):
        places = at.get(row, [])
        if number in case.damaged:
            _damaged(told, number, row, lines, answer, case)
            continue
        told.rows += 1
        told.cells += len(sheet.header)
        if places and len(places) >= min(1, wanted[row]):
            told.right += 1
            told.cells_right += len(sheet.header)
            told.alarms += any(place in answer.named for place in places)
        else:
            told.harmed.append(number)
            told.cells_right += _alike(sheet.rows[number], sheet.key, answer.rows)
            _harmed(told, row[sheet.key], lines, sheet.key)
    told.header = answer.header is None or _tidy(answer.header) == _tidy(sheet.header)
    return told


def _alike(row: Sequence[str], key: int, lines: Sequence[Sequence[str]]) -> int:
    """How many cells of a harmed row are right, in the line that holds its number where it belongs."""
    for line in lines:
        if len(line) > key and line[key] == row[key]:
            padded = [*line, *[""] * (len(row) - len(line))]
            return sum(_tidy([have]) == _tidy([want]) for have, want in zip(padded, row, strict=False))
    return 0


def _harmed(told: Verdict, key: str, lines: list[tuple[str, ...]], column: int) -> None:
    """An undamaged row that isn't there as it should: what became of it."""
    if any(len(line) > column and line[column] == key for line in lines):
        told.changed += 1
    elif any(key in line for line in lines):
        told.shifted += 1
    else:
        told.lost += 1


def _damaged(
    told: Verdict,
    number: int,
    row: tuple[str, ...],
    lines: list[tuple[str, ...]],
    answer: Answer,
    case: Case,
) -> None:
    """A damaged row: was anybody told? What is read with only the mark added is right: the cell holds that mark."""
    told.damaged += 1
    key, wanted = row[case.sheet.key], _bare(row)
    holding = [place for place, line in enumerate(lines) if any(key in cell.translate(_MARKS) for cell in line)]
    cut_away = not holding and len(answer.named) >= len(case.damaged)  # its number is no longer in the file
    named = any(place in answer.named for place in holding) or any(
        key in text.translate(_MARKS) for text in answer.texts
    )
    if cut_away or named or any(_bare(line[: len(row)]) == wanted for line in lines):
        told.told += 1
    elif not holding:
        told.gone += 1
    else:
        told.silent += 1
        told.quiet.append(number)


_MARKS = str.maketrans("", "", '"\n\r\x00\x0b\x0c\x1a\x85\u2028\ufeff\ufffd?ÿéð\x9fŸ')


def _bare(row: Sequence[str]) -> tuple[str, ...]:
    """A line without the marks that damage puts into cells."""
    return _tidy([cell.translate(_MARKS) for cell in row])


def _tidy(row: Sequence[str]) -> tuple[str, ...]:
    """A line without the blank fields at its end, newlines in cells in one form."""
    cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)
