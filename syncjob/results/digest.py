"""What is to be told of a run, in the order in which it is told: the words of the Summary sheet and the page. Pure.

What enters: `Results`. What leaves: a `Digest` of short texts and counted lines; whoever shows it adds no words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.results.cellxml import MOST, MOST_COLUMNS, cut
from syncjob.results.messages import SLOT, named, says, template
from syncjob.results.naming import called
from syncjob.results.table import SYNC_COLUMNS, Results, RunFacts
from syncjob.texts import arrow, kinds
from syncjob.words import OUTCOMES, PLANNED, REASONS, without_slot

FIRST = 3
"""How many rows of a group are named."""

OURS = frozenset({"failed", "unknown", "not_sent"})
OURS_HELD = frozenset({"budget"})
"""Reasons of held rows that the next run settles by itself."""

TITLES = {
    "refusals": "Why nothing was sent",
    "allow": "If it is meant so, run:",
    "live": "What happened",
    "not_live": "What would happen",
    "fix": "What you need to fix",
    "ours": "What we will finish ourselves",
    "next": "What comes next",
    "command": "To go on, run:",
    "aside": "Left out on purpose",
    "changes": "Changes, field by field",
    "remote": "In the address book, but not in your file",
    "about": "About this run",
}
"""What the parts of a digest are headed with, wherever it is shown."""

MODES = {
    "upsert": "Add what is new, change what differs",
    "create": "Only add what is new",
    "update": "Only change what differs",
    "delete": "Remove the contacts that the file lists",
    "undo": "Take back an earlier run",
}


LIST_MODES = {
    "upsert": "Let the list {list} hold the numbers of the file",
    "create": "Let the numbers of the file join the list {list}",
    "delete": "Take the numbers of the file off the list {list}",
    "undo": MODES["undo"],
}


@dataclass(frozen=True)
class Line:
    """Rows (or contacts) that share a fate: the plain word, how many, what it means and what to do."""

    outcome: str
    action: str  # "" unless the outcome is `planned`
    word: str
    count: int
    text: str
    first: tuple[int, ...] = ()  # lines of the result's frames


@dataclass(frozen=True)
class Digest:
    """A run in words. `fix` needs a person, `ours` we finish ourselves, `aside` was left out on purpose."""

    title: str
    live: bool
    banner: str
    headline: str
    counts: tuple[Line, ...]
    balance: str
    fix: tuple[Line, ...]
    ours: tuple[Line, ...]
    aside: tuple[Line, ...]
    remote: tuple[Line, ...]
    remote_title: str
    refusals: tuple[str, ...]
    steps: tuple[str, ...]
    command: str | None
    about: tuple[tuple[str, str], ...]


def digest(results: Results, first: int = FIRST) -> Digest:
    """The digest of `results`; each group of it names its `first` lines."""
    facts = results.facts
    groups = _groups(results.outcomes, facts.service, first)
    fix = tuple(line for (reason, line) in groups if _is_fix(line, reason))
    ours = tuple(line for (reason, line) in groups if _is_ours(line, reason))
    return Digest(
        title=f"{facts.job}: {clock(facts.started)}",
        live=not facts.dry_run and not facts.refusals,
        banner=_banner(facts),
        headline=_headline(results, fix, ours),
        counts=_counts(results),
        balance=f"{results.balance.read:,} rows read, {results.balance.total:,} accounted for",
        fix=fix,
        ours=ours,
        aside=tuple(line for (reason, line) in groups if reason and line.outcome in ("skipped", "duplicate")),
        remote=tuple(line for (_, line) in _groups(results.remote_only, facts.service, first)),
        remote_title=_remote_title(facts),
        refusals=tuple(map(_plainly, facts.refusals)),
        steps=_steps(results),
        command=facts.next_command or (f"syncjob resume {facts.run_id}" if ours and not facts.dry_run else None),
        about=_about(facts, (*facts.notes, *_unfit(results))),
    )


def clock(moment: datetime) -> str:
    """A moment with its zone, as it is given: 21 Nov 2026, 02:00 IST."""
    name, offset = moment.strftime("%Z"), moment.strftime("%z")
    zone = name if name.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{moment.day} {moment.strftime('%b %Y, %H:%M')} {zone}"


def span(seconds: float) -> str:
    """A duration: 8 s, 2 min 11 s, 3 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def many(count: int, one: str, several: str) -> str:
    """1 row, 1,204 rows."""
    return f"{count:,} {one if count == 1 else several}"


def _is_ours(line: Line, reason: str) -> bool:
    return line.outcome in OURS or (line.outcome == "held" and reason in OURS_HELD)


def _is_fix(line: Line, reason: str) -> bool:
    return not OUTCOMES[line.outcome].good and not _is_ours(line, reason)


def _groups(outcomes: pd.DataFrame, service: str, first: int) -> list[tuple[str, Line]]:
    """(reason, line) for every outcome and reason there is: bad ones first, then the larger ones."""
    if outcomes.empty:
        return []
    detail = arrow(outcomes["detail"])
    told = [pc.fill_null(arrow(outcomes[name]), "") for name in ("outcome", "reason", "action")]
    told[2] = pc.if_else(pc.equal(told[0], "planned"), told[2], "")
    kind, firsts = kinds(told)
    found = []
    for at, (outcome, reason, action) in enumerate(
        zip(*(texts.take(firsts).to_pylist() for texts in told), strict=True)
    ):
        lines = np.flatnonzero(kind == at)
        text = named(_said(outcome, reason, detail.take(lines)), service)
        shown = tuple(lines[:first].tolist())
        found.append((reason, Line(outcome, action, _word(outcome, action), len(lines), text, shown)))
    return sorted(found, key=lambda entry: (OUTCOMES[entry[1].outcome].good, -entry[1].count))


def _word(outcome: str, action: str) -> str:
    return PLANNED.get(action, OUTCOMES[outcome].word) if outcome == "planned" else OUTCOMES[outcome].word


def _said(outcome: str, reason: str, details: pa.Array) -> str:
    """The reason's sentence; with its detail where all rows of the group share one."""
    if reason:
        shared = details.unique()
        detail = shared[0].as_py() or ""
        detail = detail if len(shared) == 1 and len(detail) < 100 else ""
        return says(reason, bool(detail)).replace(SLOT, detail)
    meaning = template(outcome, has_detail=False).removeprefix(OUTCOMES[outcome].word).lstrip(". ")
    return meaning or OUTCOMES[outcome].meaning


def _counts(results: Results) -> tuple[Line, ...]:
    """What happened, by outcome in the catalogue's order; what is planned, by what it would be."""
    service = results.facts.service
    lines = []
    for code, count in results.counts.items():
        meaning = named(OUTCOMES[code].meaning, service)
        if code != "planned":
            lines.append(Line(code, "", OUTCOMES[code].word, count, meaning))
            continue
        actions = results.outcomes.loc[results.outcomes["outcome"].eq(code), "action"].fillna("").value_counts()
        order: Callable[[str], int] = [*PLANNED, ""].index
        for action in sorted(map(str, actions.index), key=order):
            lines.append(Line(code, action, _word(code, action), int(actions[action]), meaning))
    return tuple(lines)


def _task(facts: RunFacts) -> str:
    if facts.of_list is None:
        return MODES.get(facts.mode, facts.mode)
    return LIST_MODES.get(facts.mode, facts.mode).replace("{list}", facts.of_list)


def _remote_title(facts: RunFacts) -> str:
    """Over the contacts that no row names."""
    return TITLES["remote"] if facts.of_list is None else f"On the list {facts.of_list}, but not in your file"


def _plainly(refusal: str) -> str:
    """A refusal that begins with what is wrong instead of the guard's code."""
    code, colon, figures = refusal.partition(": ")
    return f"{without_slot(REASONS[code].says).rstrip('.')}: {figures}" if colon and code in REASONS else refusal


def _banner(facts: RunFacts) -> str:
    if facts.refusals:
        return f"REFUSED: nothing was sent to {facts.service}."
    if facts.dry_run:
        return f"DRY RUN: nothing was sent to {facts.service}. This is what a live run would do."
    return f"LIVE: what is shown here was done in {facts.service}."


def _headline(results: Results, fix: tuple[Line, ...], ours: tuple[Line, ...]) -> str:
    """The result in one or two sentences."""
    facts, read = results.facts, results.balance.read
    theirs, rest = sum(line.count for line in fix), sum(line.count for line in ours)
    parts = []
    if facts.refusals:
        parts.append("The plan was refused, because it looks like a mistake; see below.")
    elif facts.stopped:
        parts.append(f"The run ended early: {facts.stopped.rstrip('.')}.")
    waiting = results.counts.get("planned", 0)
    if facts.dry_run and not facts.refusals:
        parts.append(f"{many(waiting, 'row', 'rows')} of {read:,} would be sent.")
    elif not facts.refusals and not theirs and not rest:
        return " ".join([*parts, _all_well(read, len(results.remote_only))])
    elif not facts.refusals:
        parts.append(f"{read - theirs - rest:,} of {many(read, 'row is', 'rows are')} as they should be.")
    if theirs:
        parts.append(f"{many(theirs, 'row needs', 'rows need')} you.")
    if rest:
        parts.append(f"{many(rest, 'row is', 'rows are')} left for us to finish.")
    return " ".join(parts)


def _all_well(read: int, contacts: int) -> str:
    if read > 1:
        return f"All {read:,} rows are as they should be."
    if read:
        return "The row is as it should be."
    return f"{many(contacts, 'contact was', 'contacts were')} looked after." if contacts else "There was nothing to do."


def _steps(results: Results) -> tuple[str, ...]:
    """What a person does with the rows that need fixing."""
    lines = results.to_fix()
    if not lines.any():
        return ()
    marked = {mark.line for mark in results.marks if lines[mark.line]}
    told = "The column sync_message says what is wrong in each row."
    if len(marked) == lines.sum():
        told = "Yellow cells are at fault; point at one and it says why."
    elif marked:
        told += " Where we know the cell at fault, it is yellow."
    return (
        f"Open needs-fixing.xlsx (or the sheet Needs fixing). {told}",
        "Correct the cells there, or delete the rows you no longer want. Leave the sync_ columns as they are.",
        f"Save it and send it back; only its rows are touched:  {results.facts.feed_back}",
    )


def _unfit(results: Results) -> tuple[str, ...]:
    """What a sheet can't hold is said, never dropped silently."""
    room = MOST_COLUMNS - len(SYNC_COLUMNS)
    long = sum(cut(text) != text for at in results.cells.columns for text in _long(results.cells[at]))
    notes = []
    if len(results.headers) > room:
        notes.append(f"Only the first {room:,} of your {len(results.headers):,} columns fit on a sheet.")
    if long:
        notes.append(f"{many(long, 'cell is', 'cells are')} too long for a sheet and cut there; CSV files hold all.")
    return tuple(notes)


def _long(texts: pd.Series[str]) -> list[str]:
    """Those that may be too long for a cell."""
    found = arrow(texts)
    long: list[str] = found.filter(pc.greater(pc.binary_length(found), MOST // 2)).to_pylist()
    return long


def _about(facts: RunFacts, notes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    again = f", {facts.retries:,} of them sent again" if facts.retries else ""
    told = (
        ("File" if len(facts.sources) == 1 else "Files", "\n".join(called(facts.sources).values())),
        (f"How {facts.service} was read", facts.listing),
        ("Cost", f"{many(facts.requests, 'request', 'requests')}{again}, in {span(facts.seconds)}"),
        ("Only part of the contacts", facts.partial or ""),
        ("Approved", facts.approved or ""),
        ("Memory", "" if facts.memory else "This run kept no memory: it can't be compared with earlier ones."),
        ("To know", "\n".join(notes)),
        ("Started", clock(facts.started)),
        ("Account", f"{facts.account}, {facts.region}" if facts.region else facts.account),
        ("Task", _task(facts)),
        ("Run", f"{facts.run_id} (exit code {facts.exit_code})"),
    )
    return tuple((label, text) for label, text in told if text)
