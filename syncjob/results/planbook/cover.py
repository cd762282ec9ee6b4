"""The first sheet of a plan workbook: what would happen, what a guard refused, totals that follow the answers. Pure.

What enters: a run's own copy and the sheets of lines. What leaves: `Put`s, one per cell, from top to bottom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncjob.keeping import Kept
from syncjob.model import VERBS, Verb
from syncjob.plans import Plan
from syncjob.results.digest import clock, many
from syncjob.results.grid import SHEET_ROWS
from syncjob.results.naming import called
from syncjob.results.planbook.lines import NAMES, WAITING, Lines, answer

NAME = "Summary"
CHIP, WORD, PLANNED, YES, ANSWER, TEXT, LAST = 0, 1, 2, 3, 4, 5, 7
_HEADS = ("planned", "approved", "yes to all")
NONE = "None goes unless you answer yes: here for all, or line by line."
SAYS: dict[Verb, str] = {
    "create": "New contacts. They come filled with yes.",
    "update": "Contacts whose details differ, old → new. They come filled with yes.",
    "add": "Contacts that join the list. They come filled with yes.",
    "remove": f"Contacts that would leave the list and stay in the address book. {NONE}",
    "delete": f"Contacts that would be removed. {NONE}",
}


@dataclass(frozen=True)
class Put:
    """One cell: where it stands, what it says, how it looks. `to` is the last column it is merged over.

    `formula` follows the choices (`text` is what it gives as the file is written); `height` is its row's, in points.
    """

    row: int
    column: int
    text: str
    look: str
    to: int = 0
    formula: str = ""
    height: float = 0.0
    sheet: str = ""  # which sheet it links to


def cover_of(kept: Kept, sheets: Sequence[Lines]) -> tuple[Put, ...]:
    """Every cell of the sheet. The command that applies the plan is `kept.facts["apply"]`."""
    page = _Page()
    _head(page, kept.plan)
    _refusals(page, kept.plan)
    page.section("What you decide" if sheets else "There is nothing to decide", _HEADS if sheets else ())
    chosen = [lines for lines in sheets if lines.verb]
    for lines in chosen:
        page.choice(lines)
    if len(chosen) > 1:
        page.together(chosen)
    held = next((lines for lines in sheets if lines.verb is None), None)
    if held:
        page.line(held.name, held.count, "Not part of the plan: these need a person first.", held.name)
    if command := kept.facts.get("apply"):
        page.section("How to approve")
        for number, step in enumerate(_steps(kept), 1):
            page.across(f"{number}.  {step}", "step")
        page.across(str(command), "command")
    page.section("About this plan")
    for label, value in _about(kept.plan):
        page.pair(label, value)
    return tuple(page.puts)


def answer_at(puts: Sequence[Put]) -> tuple[int, int] | None:
    """Where the one answer for all removals stands; None where nothing is to be removed."""
    return next(((put.row, put.column) for put in puts if put.look == "answer"), None)


def counting(sheet_names: Sequence[str], last: int) -> str:
    """How many lines of these sheets say yes."""
    return "+".join(f"COUNTIF('{name}'!$A$2:$A${max(last, 2)},\"yes\")" for name in sheet_names)


def sheet_names(lines: Lines) -> tuple[str, ...]:
    """The sheets that the lines fill: To add, To add 2, …"""
    parts = max(1, -(-lines.count // (SHEET_ROWS - 1)))
    return tuple(lines.name if part == 0 else f"{lines.name} {part + 1}" for part in range(parts))


class _Page:
    """The cells, and the row that comes next (0-based)."""

    def __init__(self) -> None:
        self.puts: list[Put] = []
        self.next = 0

    def across(self, text: str, look: str, height: float = 0.0) -> None:
        """One text over the whole width."""
        self.puts.append(Put(self.next, WORD, text, look, LAST, height=height))
        self.next += 1

    def section(self, title: str, heads: Sequence[str] = ()) -> None:
        """A heading, with the heads of the columns below it."""
        self.next += 1
        self.puts.append(Put(self.next, WORD, title, "section", height=22))
        for at in range(PLANNED, LAST + 1):
            head = heads[at - PLANNED] if at - PLANNED < len(heads) else ""
            self.puts.append(Put(self.next, at, head, "head"))
        self.next += 1

    def choice(self, lines: Lines) -> None:
        """A kind of change: how many are planned, how many approved, and where one answer is for all, its cell."""
        assert lines.verb
        yes = lines.count if answer(lines.verb) else 0
        last = min(lines.count + 1, SHEET_ROWS)
        self.puts += [
            Put(self.next, CHIP, "", f"chip {lines.verb}"),
            Put(self.next, WORD, lines.name, "link", sheet=lines.name),
            Put(self.next, PLANNED, f"{lines.count}", "count"),
            Put(self.next, YES, f"{yes}", "total", formula=counting(sheet_names(lines), last)),
            Put(self.next, ANSWER, "", "answer" if lines.verb in WAITING else "count"),
            Put(self.next, TEXT, SAYS[lines.verb], "line", LAST),
        ]
        self.next += 1

    def together(self, chosen: Sequence[Lines]) -> None:
        """The sum of the choices above."""
        first, last = self.next - len(chosen) + 1, self.next
        yes = sum(lines.count for lines in chosen if lines.verb and answer(lines.verb))
        self.puts += [
            Put(self.next, WORD, "Together", "sum"),
            Put(self.next, PLANNED, f"{sum(lines.count for lines in chosen)}", "count"),
            Put(self.next, YES, f"{yes}", "total", formula=f"SUM(D{first}:D{last})"),
        ]
        self.next += 2

    def line(self, word: str, count: int, text: str, sheet: str) -> None:
        """A count and what it means, with a link to its sheet."""
        self.puts += [
            Put(self.next, WORD, word, "link", sheet=sheet),
            Put(self.next, PLANNED, f"{count}", "count"),
            Put(self.next, YES, "", "count"),
            Put(self.next, ANSWER, "", "count"),
            Put(self.next, TEXT, text, "line", LAST),
        ]
        self.next += 1

    def pair(self, label: str, value: str) -> None:
        """A label and its value."""
        self.puts += [Put(self.next, WORD, label, "label"), Put(self.next, PLANNED, value, "value", LAST)]
        self.next += 1


def _head(page: _Page, plan: Plan) -> None:
    page.across(f"Plan of job {plan.job}", "title", 34)
    banner = (
        "REFUSED by a guard; see below. Nothing is sent yet."
        if plan.refusals
        else "NOTHING IS SENT YET. This plan waits for you."
    )
    page.across(f"  {banner}", "banner", 26)
    said = [f"{count:,} {words}" for count, words in plan.to_do if count]
    page.across(
        f"{', '.join(said) or 'Nothing to do'}. Made {clock(datetime.fromisoformat(plan.made))}.", "headline", 34
    )


def _refusals(page: _Page, plan: Plan) -> None:
    if not plan.refusals:
        return
    page.section("What a guard refused")
    for refusal in plan.refusals:
        shown = f" First: {', '.join(refusal.examples)}." if refusal.examples else ""
        page.across(f"{refusal.code}: {refusal.figures} ({refusal.setting}).{shown}", "refusal")
    page.across(_way_out(plan), "step")


def _way_out(plan: Plan) -> str:
    if any(refusal.final for refusal in plan.refusals):
        return "This can't be allowed: correct the source and make a new plan."
    return (
        "Guards are judged again on what you approve, so fewer approved lines may pass. "
        "If all of it is meant, the command below allows exactly this plan."
    )


def _steps(kept: Kept) -> Iterator[str]:
    yield (
        "Look at the sheets. The first column, approve, holds yes or no; empty is no, and so is a line you delete. "
        "Sort, filter and widen as you like."
    )
    waiting = [NAMES[verb] for verb in VERBS if verb in WAITING and (kept.plan.table["verb"] == verb).any()]
    if waiting:
        yield (
            "What is taken away waits for you: answer yes in the yellow cell above for all of it, or yes in single "
            f"lines of the sheet {' and '.join(waiting)}."
        )
    yield (
        "Change nothing else: a plan that was edited is refused. So is a line that is hidden or struck through and "
        "still says yes."
    )
    yield "Save it as .xlsx. Then this command does exactly what you approved, and asks no more:"


def _about(plan: Plan) -> Iterator[tuple[str, str]]:
    yield ("File" if len(plan.sources) == 1 else "Files"), "\n".join(called(plan.sources).values())
    yield "How it was read", plan.listing
    if plan.partial:
        yield "Only part", f"{plan.partial}."
    yield "Still to come", f"{many(plan.cost.requests, 'request', 'requests')} to send all of it."
    if plan.notes:
        yield "To know", "\n".join(plan.notes)
    yield "Account", plan.account
    yield "Plan", f"{plan.plan_id}, fingerprint {plan.fingerprint}"
