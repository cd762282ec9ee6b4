"""A plan as a Markdown page, to be read and discussed in a pull request; `apply` takes the JSON.

What enters: a plan and the rows it rests on. What leaves: one page of text, the same for the same plan, with what is
removed before what is changed and added, because that is what a reviewer must not miss. Promised: nothing that a sheet
or the remote holds can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import orjson
import pandas as pd

from syncjob.plans import Plan, label
from syncjob.schema import NAMES
from syncjob.words import OUTCOMES, REASONS

SHOWN = 1000
"""Lines of a table; what is more is counted."""

_CUT = 200  # characters of a value
_MARKS = re.compile(r"([\\`*_{}\[\]#!|<>~&@]|(?<=:)/(?=/)|(?<=www)\.|^[+-](?= ))", re.IGNORECASE)
"""What could become markup, a link, or a name that is told of being mentioned."""


Line = tuple[object, ...]


def plan_page(plan: Plan, rows: pd.DataFrame) -> str:
    """The page. `rows` are schema.ROWS."""
    parts = [
        _head(plan),
        _refusals(plan),
        _section("To remove", (label(plan.key), "Name", "Why"), _deletes(plan)),
        _section("To change", (label(plan.key), "Field", "Now", "Then"), _updates(plan)),
        _section("To add", ("Number", "Fields"), _creates(plan)),
        _section("Not sent", ("Where", label(plan.key), "What", "Why"), _bad(plan, rows)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(plan: Plan) -> str:
    counts = plan.counts
    said = [
        f"**{counts[v]:,} {w}**" for v, w in (("create", "to add"), ("update", "to change"), ("delete", "to remove"))
    ]
    said += [f"{n:,} {OUTCOMES[name].word.lower()}" for name, n in counts.items() if name in OUTCOMES and n]
    about = [
        f"Account {_safe(plan.account)}, made {_safe(plan.made)}, fingerprint `{plan.fingerprint}`.",
        *([f"Partial: {_safe(plan.partial)}."] if plan.partial else []),
        _safe(plan.listing),
        f"Still to come: {plan.cost.requests:,} requests.",
        *map(_safe, plan.notes),
    ]
    return "\n".join([f"# Plan of job {_safe(plan.job)}", "", " · ".join(said), "", *(f"- {line}" for line in about)])


def _refusals(plan: Plan) -> str:
    if not plan.refusals:
        return ""
    lines = [f"- **{r.code}**: {_safe(r.figures)} (`{r.setting}`)" for r in plan.refusals]
    return "\n".join(["## Refused by guards", "", *lines])


def _deletes(plan: Plan) -> list[Line]:
    why = dict(zip(plan.remote_only["sid"], plan.remote_only["reason"], strict=True))
    lines: list[Line] = []
    for change in plan.changes("delete"):
        told = NAMES if plan.key == "number" else (*NAMES, "number")  # a key of another kind says nobody's number
        name = " ".join(str(change.before.get(part) or "") for part in told).strip()
        asked = "the sheet lists it" if change.row_id >= 0 else "not in the source"
        reason = REASONS.get(str(why.get(change.sid)))
        lines.append((change.number, name, reason.says if reason else asked))
    return lines


def _updates(plan: Plan) -> list[Line]:
    found = plan.field_changes
    columns = (found[name].tolist() for name in ("number", "field", "old", "new"))
    return [(number, label(name), old, new) for number, name, old, new in zip(*columns, strict=True)]


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
    for source, sheet, row, raw, outcome, reason, detail in zip(*(placed[n].tolist() for n in names), strict=True):
        where = ", ".join([str(source), *([f"sheet {sheet}"] if isinstance(sheet, str) else []), f"row {row}"])
        known = REASONS.get(str(reason))
        said = known.says.replace("{detail}", detail if isinstance(detail, str) else "…") if known else ""
        lines.append((where, raw, OUTCOMES[outcome].word, said))
    return lines


def _section(title: str, header: Sequence[str], lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    table = [_line(header), _line("---" for _ in header), *(_line(map(_safe, line)) for line in lines[:SHOWN])]
    more = ["", f"… and {len(lines) - SHOWN:,} more."] if len(lines) > SHOWN else []
    return "\n".join([f"## {title} ({len(lines):,})", "", *table, *more])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(value: object) -> str:
    """Text that Markdown shows as it is, on one line; nothing is a dash."""
    text = " ".join(str(value).split()) if isinstance(value, str) else "" if value is None else str(value)
    text = text if len(text) <= _CUT else text[: _CUT - 1] + "…"
    return _MARKS.sub(r"\\\1", text) or "–"
