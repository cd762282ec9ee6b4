"""Builders for the thinking rooms: rows, contacts, what is known, plans and runs. Invented people and numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from syncjob.differ import Diff, Known, Rules, compare
from syncjob.guards import Limits, figures_of, judge_changes
from syncjob.keeping import Kept
from syncjob.loader.table import PROBLEMS, Column, Facts, FieldMap, Loaded, Table
from syncjob.planner import draft
from syncjob.plans import Cost, Figures, Plan, Refusal
from syncjob.schema import CHANGES, CONTACTS, FIELDS, ROWS, TEXT
from syncjob.state import Account, open_account

ASHA, RAVI, MEERA = "+919100000001", "+919100000002", "+919100000003"


def number(at: int) -> str:
    """The at-th invented number."""
    return f"+9191{at:08d}"


def make_rows(*lines: Mapping[str, object]) -> pd.DataFrame:
    """Rows as the loader hands them on: row 2 onward of leads.csv; a field not named says nothing."""
    about = {"table": 0, "source": "leads.csv"}
    made = [
        about | {"row_id": at, "position": at, "row": at + 2, "raw": line.get("number", "")} | dict(line)
        for at, line in enumerate(lines)
    ]
    return ROWS.shape(pd.DataFrame(made, columns=list(ROWS.columns)))


def invalid(reason: str, **more: object) -> dict[str, object]:
    """A row that can't be used."""
    return {"outcome": "invalid", "reason": reason, "value": "?", **more}


def make_contacts(*lines: Mapping[str, object]) -> pd.DataFrame:
    """Contacts as the listing hands them on: s1, s2 …; a field not named is empty."""
    made = [
        dict.fromkeys(FIELDS, "") | {"sid": f"s{at}", "raw": line.get("number"), "created": ""} | dict(line)
        for at, line in enumerate(lines, 1)
    ]
    return CONTACTS.shape(pd.DataFrame(made, columns=list(CONTACTS.columns)))


def diff_of(rows: pd.DataFrame, contacts: pd.DataFrame, known: Known | None = None, **rules: object) -> Diff:
    """The diff under these rules."""
    return compare(rows, contacts, Rules(**rules), known or Known())


def verdicts(diff: Diff) -> list[str]:
    """verdict or verdict/reason of every row, in order."""
    return _said(diff.verdicts)


def left(diff: Diff) -> dict[str, str]:
    """sid → verdict or verdict/reason of every leftover contact."""
    return dict(zip(diff.leftovers["sid"], _said(diff.leftovers), strict=True))


def _said(frame: pd.DataFrame) -> list[str]:
    reasons = frame["reason"].fillna("").tolist()
    return [f"{v}/{r}" if r else v for v, r in zip(frame["verdict"].tolist(), reasons, strict=True)]


def refused(diff: Diff, *, whole: bool = True, **limits: object) -> list[str]:
    """Codes of the guards that refuse what the diff would do."""
    found = judge_changes(draft(diff).table, figures_of(diff), Limits(**limits), whole=whole)
    return [refusal.code for refusal in found]


def make_changes(*lines: tuple[str, str]) -> pd.DataFrame:
    """A CHANGES frame of (verb, number), numbered from 1, each with a row behind it."""
    made = [
        {
            "change_id": at,
            "verb": verb,
            "row_id": at - 1,
            "number": number,
            "sid": None if verb == "create" else f"s{at}",
            "fields": "{}" if verb == "delete" else '{"first_name":"Neu"}',
            "before": None if verb == "create" else f'{{"number":"{number}","first_name":"Alt"}}',
        }
        for at, (verb, number) in enumerate(lines, 1)
    ]
    return CHANGES.shape(pd.DataFrame(made, columns=list(CHANGES.columns)))


def make_plan(diff: Diff, **facts: object) -> Plan:
    """The plan of a diff."""
    drafted = draft(diff)
    about: dict[str, object] = {
        "plan_id": "plan-1",
        "job": "leads",
        "account": "127.0.0.1/acme",
        "kind": "exotel_contacts",
        "made": "2026-11-20T10:00:00+05:30",
        "sources": ("leads.csv", "more.csv"),
        "listing": "All contacts were read.",
        "figures": Figures(3, 2, 1),
        "total": 3,
        "partial": None,
        "cost": Cost(4, 0.5, {"creates": 1, "tail": 1}),
        "refusals": (Refusal("source_old", "old", "source.max_age", ("a", "b"), final=True),),
        "notes": ("Two rows are hidden.",),
    }
    frames = {name: getattr(drafted, name) for name in ("table", "outcomes", "remote_only", "field_changes")}
    return Plan(**(about | facts), **frames)


def small_plan() -> Plan:
    """One create (Ravi), one update (Asha), one delete (s2, Meera), one row on hold."""
    rows = make_rows(
        {"number": ASHA, "first_name": "Asha"},
        {"number": RAVI, "first_name": "Ravi"},
        invalid("number_too_short", raw="12"),
    )
    contacts = make_contacts({"number": ASHA, "first_name": "Aisha"}, {"number": MEERA, "first_name": "Meera"})
    return make_plan(diff_of(rows, contacts, remote_only="delete", owned="all", unreadable=1))


def make_kept(plan: Plan | None = None, *texts: str) -> Kept:
    """A run's own copy; `texts` are the cells of its one column."""
    cells = pd.DataFrame({0: pd.Series(list(texts), dtype=TEXT)})
    problems = PROBLEMS.shape(
        pd.DataFrame([(0, -1, "row_damaged", "a;b")], columns=["position", "column", "code", "value"])
    )
    facts = Facts("csv", "utf-8", ";", 3, 1, ("Other",), ("Hidden",), True, "run-0", ("A note.",))
    numbers = pd.Series(range(2, len(texts) + 2), dtype="int64")
    table = Table("leads.csv", None, (Column("A", "Mobile"),), cells, numbers, problems, facts)
    mapping = FieldMap({0: "number"}, {0: "alias"}, (1, 2), {3: "email"}, ("Column A is used.",))
    loaded = Loaded((table,), (mapping,), make_rows({"number": ASHA}), "Cut off.")
    sids = pd.Series(["s1", "s2"], dtype="str", name="sid")
    return Kept(loaded, plan or small_plan(), sids, {"job": "leads", "nested": {"a": [1, None]}}, {"trial": False})


def make_account(folder: Path) -> Account:
    """A fresh state folder with one account."""
    return open_account(folder / "state", "127.0.0.1/acme")
