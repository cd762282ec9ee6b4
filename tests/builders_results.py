"""Builders for the results room: small tables, their rows, and what became of them. Invented people only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

import pandas as pd
from openpyxl.utils import get_column_letter

from syncjob.loader.table import PROBLEMS, Column, Facts, FieldMap, Loaded, Table
from syncjob.results.table import Results, RunFacts, build
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY, ROWS, TEXT

IST = timezone(timedelta(hours=5, minutes=30))
HEADERS = ("Mobile", "Name", "City")


def make_table(
    lines: Sequence[Sequence[str]],
    headers: Sequence[str] = HEADERS,
    source: str = "leads.xlsx",
    sheet: str | None = "Leads",
    **facts: str,
) -> Table:
    """A table as the loader hands it on; its header stands in row 1. `facts` go into `Facts`."""
    columns = tuple(Column(get_column_letter(at + 1), header) for at, header in enumerate(headers))
    cells = pd.DataFrame({at: pd.Series([line[at] for line in lines], dtype=TEXT) for at in range(len(headers))})
    numbers = pd.Series(range(2, len(lines) + 2), dtype="int64")
    understood = {"format": "xlsx" if sheet else "csv", **facts}
    return Table(source, sheet, columns, cells, numbers, PROBLEMS.empty(), Facts(**understood))


def make_loaded(*tables: Table, problems: Mapping[int, Mapping[str, str]] | None = None) -> Loaded:
    """All lines of `tables` as rows; `problems` adds outcome, reason, column, header and value by row_id."""
    lines = []
    for number, table in enumerate(tables):
        for position, row in enumerate(table.row_numbers):
            raw = table.cells.iat[position, 0] if table.columns else ""
            lines.append(
                {"table": number, "position": position, "source": table.source, "sheet": table.sheet}
                | {"row": row, "raw": raw, "number": raw}
            )
    frame = pd.DataFrame(lines, columns=["table", "position", "source", "sheet", "row", "raw", "number"])
    frame.insert(0, "row_id", range(len(frame)))
    for name in ("outcome", "reason", "column", "header", "value"):
        frame[name] = [(problems or {}).get(row_id, {}).get(name) for row_id in frame["row_id"]]
    mapping = FieldMap({0: "number"}, {0: "alias"})
    return Loaded(tables, tuple(mapping for _ in tables), ROWS.shape(frame))


def make_outcomes(*lines: Mapping[str, object] | str) -> pd.DataFrame:
    """One line per row, in row order: an outcome's code, or a mapping of columns of schema.OUTCOMES."""
    told = [{"outcome": line} if isinstance(line, str) else dict(line) for line in lines]
    frame = pd.DataFrame(
        [{"row_id": at, "attempts": 0} | line for at, line in enumerate(told)], columns=list(OUTCOMES.columns)
    )
    return OUTCOMES.shape(frame)


def make_remote_only(*lines: Mapping[str, object]) -> pd.DataFrame:
    """Contacts that no row names."""
    told = [{"sid": f"sid-{at}", "attempts": 0} | dict(line) for at, line in enumerate(lines)]
    return REMOTE_ONLY.shape(pd.DataFrame(told, columns=list(REMOTE_ONLY.columns)))


def make_changes(*lines: Mapping[str, object]) -> pd.DataFrame:
    """Field by field, old → new."""
    return FIELD_CHANGES.shape(pd.DataFrame([dict(line) for line in lines], columns=list(FIELD_CHANGES.columns)))


def make_facts(**given: object) -> RunFacts:
    """The facts of an unremarkable live run."""
    usual: dict[str, object] = {
        "run_id": "20261121-0200-k3f9",
        "job": "leads",
        "account": "exotel1",
        "region": "mumbai",
        "mode": "upsert",
        "dry_run": False,
        "sources": ("leads.xlsx",),
        "listing": "Read in full, 41 pages, a minute ago.",
        "requests": 48,
        "retries": 1,
        "seconds": 131.4,
        "started": datetime(2026, 11, 21, 2, 0, tzinfo=IST),
        "exit_code": 0,
    }
    return RunFacts(**{**usual, **given})  # type: ignore[arg-type]


def make_results(
    lines: Sequence[Sequence[str]],
    outcomes: Sequence[Mapping[str, object] | str],
    headers: Sequence[str] = HEADERS,
    problems: Mapping[int, Mapping[str, str]] | None = None,
    remote_only: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
    **facts: object,
) -> Results:
    """Results of one table."""
    return build(
        make_facts(**facts),
        make_loaded(make_table(lines, headers), problems=problems),
        make_outcomes(*outcomes),
        REMOTE_ONLY.empty() if remote_only is None else remote_only,
        FIELD_CHANGES.empty() if changes is None else changes,
    )


PEOPLE = ("Asha Rao", "Ravi Kumar", "Meera Nair", "Kabir Singh", "Zoya Khan", "Dev Patel", "Leela Iyer", "Arjun Das")
CITIES = ("Pune", "Kochi", "Jaipur", "Indore", "Nagpur")


def make_sample(dry_run: bool = False, **facts: object) -> Results:
    """Forty rows with every outcome, contacts outside the file, and changes: what a busy night looks like."""
    lines = [
        [
            f"+9198765{at:05}",
            PEOPLE[at % 8],
            f"{PEOPLE[at % 8].split()[0].lower()}{at}@example.com",
            CITIES[at % 5],
            "lead",
        ]
        for at in range(40)
    ]
    fates: list[dict[str, object]] = [{"outcome": "unchanged"} for _ in lines]
    done = "planned" if dry_run else ""
    for at in range(9):
        fates[at] = {"outcome": done or "created", "action": "create"}
    for at in range(9, 15):
        fates[at] = {"outcome": done or "updated", "action": "update", "changes": "City: Surat → " + lines[at][3]}
    fates[15] = {
        "outcome": done or "updated",
        "action": "update",
        "changes": "Tag: – → lead",
        "reason": "stored_differently",
        "detail": "Name was shortened",
    }
    problems = {}
    for at, value, reason in (
        (16, "98765", "number_too_short"),
        (17, "", "number_missing"),
        (18, "9.19877E+11", "number_damaged"),
        (19, "98765 4", "number_too_short"),
        (20, "call after six", "number_no_digits"),
    ):
        lines[at][0] = value
        fates[at] = {"outcome": "invalid", "reason": reason, "detail": value or None}
        problems[at] = {"outcome": "invalid", "reason": reason, "column": "A", "header": "Mobile", "value": value}
    lines[22][0] = lines[21][0]
    fates[21] = {"outcome": "held", "reason": "conflicting_rows", "detail": "row 24"}
    fates[22] = {"outcome": "held", "reason": "conflicting_rows", "detail": "row 23"}
    fates[23] = {"outcome": "held", "reason": "ambiguous_remote", "detail": "sid-81, sid-95"}
    lines[25] = list(lines[24])
    fates[25] = {"outcome": "duplicate", "reason": "identical_row", "detail": "row 26"}
    fates[26] = {"outcome": "skipped", "reason": "removed_remotely"}
    fates[27] = {"outcome": "skipped", "reason": "protected", "detail": "Tag"}
    if not dry_run:
        fates[28] = {
            "outcome": "rejected",
            "reason": "refused_by_remote",
            "detail": "email is not valid",
            "code": "400",
        }
        fates[29] = {"outcome": "failed", "reason": "temporary_trouble", "detail": "busy (503)", "attempts": 5}
        fates[30] = {"outcome": "unknown", "reason": "reply_lost"}
        fates[31] = {"outcome": "not_sent", "reason": "run_ended", "detail": "the hour was over"}
        fates[32] = {"outcome": "not_sent", "reason": "run_ended", "detail": "the hour was over"}
    for at, fate in enumerate(fates):
        if fate.get("action"):
            fate |= {
                "number": lines[at][0],
                "sid": f"c{at:031x}",
                "attempts": 1,
                "at": "2026-11-21T02:01:09+05:30",
                "batch": "u1",
                "request_id": "req-5f1d",
                "code": "200",
            }
    gone = {"outcome": "planned" if dry_run else "deleted", "action": "delete"}
    remote = [{"number": f"+9198760{at:05}", "first_name": "Old", "tag": "lead"} for at in range(5)]
    remote = [
        line | (gone if at < 3 else {"outcome": "skipped", "reason": "not_owned"}) for at, line in enumerate(remote)
    ]
    changes = [
        {
            "row_id": at,
            "sid": f"c{at:031x}",
            "number": lines[at][0],
            "field": "custom_field.city",
            "old": "Surat",
            "new": lines[at][3],
            "outcome": fates[at]["outcome"],
        }
        for at in range(9, 15)
    ]
    given: dict[str, object] = {
        "dry_run": dry_run,
        "exit_code": 3,
        "sources": ("/data/leads/November leads.xlsx",),
        "listing": "All 814 contacts were read in full, from 02:00 to 02:01 (42 requests).",
        "notes": ("3 hidden rows were read, too.", "The column Remarks is not used."),
    }
    return make_results(
        lines,
        fates,
        ("Mobile", "Name", "Email", "City", "Status"),
        problems,
        make_remote_only(*remote),
        make_changes(*changes),
        **{**given, **facts},
    )
