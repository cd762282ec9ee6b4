"""A plan as a Markdown page, to be read and discussed in a pull request; `apply` takes the workbook or the JSON.

What enters: a plan and the rows it rests on. What leaves: one page of text, the same for the same plan, with what is
removed before what is changed and added, because that is what a reviewer must not miss. Promised: nothing that a sheet
or the remote holds can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import pandas as pd

from syncjob.model import Json, Verb
from syncjob.plans import Plan, label
from syncjob.results.digest import clock
from syncjob.results.naming import called
from syncjob.schema import NAMES
from syncjob.words import OUTCOMES, REASONS

SHOWN = 1000
"""Lines of a table; what is more is counted."""

OPEN = 50
"""Lines of a table beyond which it is folded."""

_CUT = 200  # characters of a value
_MARKS = re.compile(r"([\\`*_{}\[\]#!|<>~&@]|(?<=:)/(?=/)|(?<=www)\.|^[+-](?= ))", re.IGNORECASE)
"""What could become markup, a link, or a name that is told of being mentioned."""


Line = tuple[object, ...]


@dataclass(frozen=True)
class Marked:
    """A cell whose texts are safe already, and whose marks are ours."""

    text: str


def plan_page(plan: Plan, rows: pd.DataFrame) -> str:
    """The page. `rows` are schema.ROWS."""
    parts = [
        _head(plan),
        _refusals(plan),
        _section("To leave the list", ("Number", "Name", "Why"), _deletes(plan, "remove")),
        _section("To remove", (label(plan.key), "Name", "Why"), _deletes(plan, "delete")),
        _section("To change", (label(plan.key), "Name", "Now → then"), _updates(plan), folds=True),
        _section("To join the list", ("Number", "Name", "Now"), _joins(plan), folds=True),
        _section("To add", ("Number", "Fields"), _creates(plan), folds=True),
        _section("Not sent", ("Where", label(plan.key), "What", "Why"), _bad(plan, rows)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(plan: Plan) -> str:
    counts = plan.counts
    said = [f"**{count:,} {words}**" for count, words in plan.to_do]
    said += [f"{n:,} {OUTCOMES[name].word.lower()}" for name, n in counts.items() if name in OUTCOMES and n]
    about = [
        f"Account {_safe(plan.account)}, made {clock(datetime.fromisoformat(plan.made))}, "
        f"fingerprint `{plan.fingerprint}`.",
        *([f"Partial: {_safe(plan.partial)}."] if plan.partial else []),
        _safe(plan.listing),
        f"Still to come: {plan.cost.requests:,} requests.",
        *map(_safe, plan.notes),
    ]
    return "\n".join([f"# Plan of job {_safe(plan.job)}", "", " · ".join(said), "", *(f"- {line}" for line in about)])


def _refusals(plan: Plan) -> str:
    if not plan.refusals:
        return ""
    lines = [
        f"- **{r.code}**: {_safe(r.figures)} (`{r.setting}`)"
        + (f". First: {', '.join(map(_safe, r.examples))}" if r.examples else "")
        for r in plan.refusals
    ]
    return "\n".join(["## Refused by guards", "", *lines])


def _deletes(plan: Plan, verb: Verb) -> list[Line]:
    why = dict(zip(plan.remote_only["sid"], plan.remote_only["reason"], strict=True))
    lines: list[Line] = []
    for change in plan.changes(verb):
        told = NAMES if plan.key == "number" else (*NAMES, "number")  # a key of another kind says nobody's number
        name = " ".join(str(change.before.get(part) or "") for part in told).strip()
        asked = "the sheet lists it" if change.row_id >= 0 else "not in the source"
        reason = REASONS.get(str(why.get(change.sid)))
        lines.append((change.number, name, reason.says if reason else asked))
    return lines


def _updates(plan: Plan) -> list[Line]:
    """One line per contact: every field that changes, the new value bold."""
    found = plan.field_changes
    said: dict[str, list[str]] = {}
    for sid, name, old, new in zip(*(found[column].tolist() for column in ("sid", "field", "old", "new")), strict=True):
        said.setdefault(sid, []).append(f"{_safe(label(name))}: {_safe(old)} → **{_safe(new)}**")
    return [
        (change.number, _name(change.before), Marked("; ".join(said.get(change.sid or "", ()))))
        for change in plan.changes("update")
    ]


def _name(image: Mapping[str, Json]) -> str:
    return " ".join(str(image.get(part) or "") for part in ("first_name", "last_name")).strip()


def _joins(plan: Plan) -> list[Line]:
    return [
        (change.number, _name(change.before), "in the address book" if change.sid else "new to the address book")
        for change in plan.changes("add")
    ]


def _creates(plan: Plan) -> list[Line]:
    return [(change.number, "; ".join(_named(change.fields))) for change in plan.changes("create")]


def _named(fields: object) -> Iterable[str]:
    if isinstance(fields, dict):
        for name, value in fields.items():
            yield f"{label(str(name))}: {value if isinstance(value, str) else orjson.dumps(value).decode()}"


def _bad(plan: Plan, rows: pd.DataFrame) -> list[Line]:
    """Rows that a person must look at."""
    bad = plan.outcomes[plan.outcomes["outcome"].map(lambda code: not OUTCOMES[code].good)]
    placed = bad.merge(rows[["row_id", "source", "sheet", "row", "raw"]], on="row_id")
    names = ("source", "sheet", "row", "raw", "outcome", "reason", "detail")
    lines: list[Line] = []
    files = called(rows["source"].dropna().unique())
    for source, sheet, row, raw, outcome, reason, detail in zip(*(placed[n].tolist() for n in names), strict=True):
        where = ", ".join(
            [files.get(source, str(source)), *([f"sheet {sheet}"] if isinstance(sheet, str) else []), f"row {row}"]
        )
        known = REASONS.get(str(reason))
        text = detail if isinstance(detail, str) else "…"
        said = f"{known.says} {known.do}".strip().replace("{detail}", text) if known else ""
        lines.append((where, raw, OUTCOMES[outcome].word, said))
    return lines


def _section(title: str, header: Sequence[str], lines: Sequence[Line], *, folds: bool = False) -> str:
    """A heading and its table; a long one that `folds` opens at a click."""
    if not lines:
        return ""
    table = [_line(header), _line("---" for _ in header), *(_line(map(_safe, line)) for line in lines[:SHOWN])]
    if len(lines) > SHOWN:
        table += ["", f"… and {len(lines) - SHOWN:,} more."]
    if folds and len(lines) > OPEN:
        table = ["<details><summary>Show them</summary>", "", *table, "", "</details>"]
    return "\n".join([f"## {title} ({len(lines):,})", "", *table])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(value: object) -> str:
    """Text that Markdown shows as it is, on one line; nothing is a dash."""
    if isinstance(value, Marked):
        return value.text
    text = " ".join(str(value).split()) if isinstance(value, str) else "" if value is None else str(value)
    text = text if len(text) <= _CUT else text[: _CUT - 1] + "…"
    return _MARKS.sub(r"\\\1", text) or "–"
