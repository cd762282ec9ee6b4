"""What was wanted, beside what was measured: read off the page's own tables, so that both always say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.measuring import table


@dataclass(frozen=True)
class Goal:
    """A figure in a section's table: the lines that begin so, the column of this name; at least or at most so much."""

    section: str
    line: str
    column: str
    least: float | None = None
    most: float | None = None
    unit: str = ""
    limit: str = ""  # what stands in the way, told where the figure is missed


GOALS = (
    Goal("local", "times faster, xlsx", "seconds", least=12, unit="×"),
    Goal(
        "local",
        "times faster, csv",
        "seconds",
        least=15,
        unit="×",
        limit="comparing and the start, a third of the time, keep one processor busy and leave the other idle",
    ),
    Goal("local", "syncjob, ", "most memory, MB", most=1536, unit="MB"),
    Goal(
        "listing",
        "",
        "of the ideal",
        least=85,
        unit="%",
        limit="CPU ms a page times pages a second nears the one processor that a process of Python can use; "
        "the plain loop of the same turns meets the same limit sooner",
    ),
    Goal("pace", "", "rate held", least=97, unit="%"),
    Goal("pace", "", "most in any second, by the server's clock", most=100, unit="%"),
    Goal("requests", "cached", "requests at night", most=60, unit="requests"),
    Goal("requests", "none", "requests at night", most=44, unit="requests"),
    Goal("first-load", "syncjob", "rows told truly", least=1),
    Goal("nightly", "", "rows and deletes told truly", least=1),
    Goal(
        "small",
        "syncjob --help",
        "CPU milliseconds",
        most=100,
        unit="ms",
        limit="starting Python and importing click take most of it",
    ),
    Goal(
        "small",
        "syncjob check",
        "milliseconds",
        most=1000,
        unit="ms",
        limit="importing pandas, pydantic and the rooms of the plan is half of it",
    ),
)
"""Which figures were asked for, and how much of each."""


def judged(sections: Mapping[str, tuple[str, str]]) -> str:
    """Every goal against the sections that are there (name → title, text), as a table."""
    lines = []
    for goal in GOALS:
        title, text = sections.get(goal.section, (goal.section, ""))
        found = list(figures(text, goal)) or [("", None)]
        lines += [[_named(title, goal, line), _wanted(goal), *_verdict(goal, figure)] for line, figure in found]
    return table(["", "wanted", "measured", ""], lines)


def figures(text: str, goal: Goal) -> Iterator[tuple[str, float | None]]:
    """(line, figure) of each line of the section's table that the goal means; None for one that was not measured."""
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    if not rows or goal.column not in rows[0]:
        return
    at = rows[0].index(goal.column)
    for row in rows[2:]:
        if row[0].startswith(goal.line):
            yield row[0], _figure(row[at]) if at < len(row) else None


def _figure(cell: str) -> float | None:
    """The first number of a cell; of "48 of 50" the share in percent."""
    share = re.match(r"([\d,.]+) of ([\d,.]+)", cell)
    found = [float(number.replace(",", "")) for number in re.findall(r"^[\d,.]+", cell)]
    if share:
        return found[0] / float(share[2].replace(",", "")) * 100
    return found[0] if found else None


def _named(title: str, goal: Goal, line: str) -> str:
    named = line or goal.line
    return f"{title}: {named}, {goal.column}" if named else f"{title}: {goal.column}"


def _wanted(goal: Goal) -> str:
    wanted = f"at least {goal.least:,g}" if goal.least is not None else f"at most {goal.most:,g}"
    return f"{wanted} {goal.unit}".strip()


def _verdict(goal: Goal, figure: float | None) -> tuple[str, str]:
    if figure is None:
        return "", "not measured"
    short = (goal.least or 0) - figure if goal.least is not None else figure - (goal.most or 0)
    told = f"{figure:,g} {goal.unit}".strip()
    wanted = goal.least if goal.least is not None else goal.most
    if short <= 0:
        return told, "met"
    missed = f"**missed by {short / (wanted or 1):.0%}**"
    return told, f"{missed}: {goal.limit}" if goal.limit else missed
