"""The exam's files: a seed → a sheet of some tool, damaged one to ten times in one way, and which rows must survive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from tests.exam_loader import damage
from tests.exam_loader.tools import TOOLS, Sheet, Tool, make
from tests.exam_loader.writing import fields, lines, together


@dataclass(frozen=True)
class Case:
    """One file of the exam. `damaged`: rows that were hit; all others must be read as they are in `sheet.rows`."""

    seed: int
    kind: str
    sheet: Sheet
    data: bytes
    damaged: frozenset[int]

    @property
    def name(self) -> str:
        """What the file is, for a report."""
        return f"{self.seed}: {self.sheet.tool}, {self.kind}"


def case(seed: int, kind: str | None = None, tool: Tool | None = None) -> Case:
    """The file of a seed; kind and tool are drawn in turn, so that every kind meets every tool."""
    rng = Random(seed)
    kind = kind or damage.ALL[seed % len(damage.ALL)]
    tool = tool or TOOLS[(seed // len(damage.ALL) + seed) % len(TOOLS)]
    rows = rng.choice((15, 40, 40, 120)) if tool.name != "300 columns" else 15
    sheet = make(tool, rng, rows)
    head, body = lines(sheet)
    ends = [sheet.dialect.newline] * rows
    hit: set[int] = set()
    if kind == damage.TORN:
        return _torn(rng, Case(seed, kind, sheet, b"", frozenset({rows - 1})), head, body, ends)
    times = rng.choice((1, 1, 1, 2, 3, 10)) if rows > 15 else 1
    for at in rng.sample(range(rows), times if kind != "none" else 0):
        if kind == damage.JOINED:
            _joined(body, ends, hit, at)
        elif kind == damage.REPEATED:
            body[at] = head + ends[at] + body[at]
        elif kind == damage.GARBAGE:
            body[at] = damage.rubbish(rng) + ends[at] + body[at]
        elif kind == damage.MIXED:
            other = {"\n": "\r\n", "\r\n": "\n", "\r": "\r\n"}[sheet.dialect.newline]
            ends = [other if place >= at else end for place, end in enumerate(ends)]
        else:
            _one(rng, kind, sheet, body, hit, at)
    return Case(seed, kind, sheet, together(sheet, head, body, ends), frozenset(hit))


def cases(seeds: range) -> Iterator[Case]:
    """The files of many seeds."""
    return (case(seed) for seed in seeds)


def _torn(rng: Random, whole: Case, head: str, body: list[str], ends: list[str]) -> Case:
    """Only a part of the last row is there, and nothing below it."""
    last = body[-1]
    sheet = replace(whole.sheet, dialect=replace(whole.sheet.dialect, after=(), ends=True))
    lines = [*body[:-1], last[: rng.randrange(1, max(2, len(last) - 1))]]
    return replace(whole, data=together(sheet, head, lines, [*ends[:-1], ""]))


def _one(rng: Random, kind: str, sheet: Sheet, body: list[str], hit: set[int], at: int) -> None:
    """Damages one row; where the kind doesn't apply, the first row below to which it does, if any."""
    for place in (*range(at, len(body)), *range(at)):
        if place in hit:
            continue
        found = damage.KINDS[kind](rng, fields(sheet.rows[place], sheet.dialect), sheet.dialect)
        if found is not None:
            body[place] = found
            hit.add(place)
            return


def _joined(body: list[str], ends: list[str], hit: set[int], at: int) -> None:
    if at + 1 < len(body):
        ends[at] = ""
        hit.update((at, at + 1))
