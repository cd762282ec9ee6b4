"""The same local work as people write it first: `python -m benchmarks.local_plain SHEET BOOK FOLDER`.

openpyxl or the csv module in, `phonenumbers` for each row, dicts, loops, openpyxl out. The result workbook has the
columns of syncjob's own Results sheet, and that sheet only. What it takes to load the address book is told apart.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import phonenumbers

from benchmarks.data import contacts
from syncjob.results.table import SYNC_COLUMNS

FIELDS = {
    "First name": "first_name",
    "Last name": "last_name",
    "Company": "company_name",
    "Email": "email",
    "Tag": "tag",
}


def main(arguments: list[str]) -> int:
    """Do it; one JSON line with counts, and what loading the address book cost."""
    source, book, folder = (Path(argument) for argument in arguments)
    began, used = time.perf_counter(), _cpu()
    frame = pd.read_parquet(book)
    there = {str(one["number"]): one | {"sid": sid} for one, sid in zip(contacts(frame), frame["sid"], strict=True)}
    del frame
    loading = {"wall": time.perf_counter() - began, "cpu": _cpu() - used}
    lines = _xlsx(source) if source.suffix == ".xlsx" else _csv(source)
    header = [str(cell) for cell in next(lines)]
    creates: list[dict[str, object]] = []
    updates: list[dict[str, object]] = []
    done = openpyxl.Workbook(write_only=True)
    result = done.create_sheet("Results")
    result.freeze_panes = "A2"
    result.append([*header, *SYNC_COLUMNS])
    seen: dict[str, int] = {}
    counts: dict[str, int] = {}
    for place, line in enumerate(lines, start=2):
        cells = ["" if cell is None else str(cell) for cell in line]
        told = _judged(dict(zip(header, cells, strict=True)), there, seen, place, creates, updates)
        counts[told["sync_outcome"]] = counts.get(told["sync_outcome"], 0) + 1
        told |= {"sync_source": source.name, "sync_sheet": "Contacts", "sync_row": str(place)}
        result.append([*cells, *(told.get(name, "") for name in SYNC_COLUMNS)])
    result.auto_filter.ref = f"A1:Y{place}"
    batches = [json.dumps({"contacts": group[at : at + 5000]}) for group in (creates, updates) for at in _steps(group)]
    path = folder / "plain.xlsx"
    done.save(path)
    told = {"loading": loading, "counts": counts, "batches": len(batches), "bytes": path.stat().st_size}
    print(json.dumps(told))
    return 0


def _judged(
    row: dict[str, str],
    there: dict[str, dict[str, object]],
    seen: dict[str, int],
    place: int,
    creates: list[dict[str, object]],
    updates: list[dict[str, object]],
) -> dict[str, str]:
    """One row: normalised, compared, planned."""
    number = _number(row["Mobile"])
    if number is None:
        return {"sync_outcome": "invalid", "sync_message": f"The number {row['Mobile']} does not exist."}
    if number in seen:
        return {"sync_outcome": "duplicate", "sync_message": f"As row {seen[number]}.", "sync_number": number}
    seen[number] = place
    wanted: dict[str, object] = {field: row[name] for name, field in FIELDS.items() if row[name]}
    wanted["custom_field"] = {"city": row["City"]}
    contact = there.get(number)
    if contact is None:
        creates.append({"number": number, **wanted})
        return {
            "sync_outcome": "planned",
            "sync_message": "Would be added.",
            "sync_action": "create",
            "sync_number": number,
        }
    sid = str(contact["sid"])
    other = {field: value for field, value in wanted.items() if contact.get(field) != value}
    if not other:
        return {"sync_outcome": "unchanged", "sync_message": "As it should be.", "sync_number": number, "sync_sid": sid}
    updates.append({"sid": sid, **other})
    changes = "; ".join(f"{field}: {contact.get(field)} → {value}" for field, value in other.items())
    told = {
        "sync_outcome": "planned",
        "sync_message": "Would be changed.",
        "sync_action": "update",
        "sync_changes": changes,
    }
    return told | {"sync_number": number, "sync_sid": sid}


def _number(text: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, "IN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _xlsx(path: Path) -> Iterator[tuple[object, ...]]:
    book = openpyxl.load_workbook(path, read_only=True)
    yield from book.worksheets[0].iter_rows(values_only=True)
    book.close()


def _csv(path: Path) -> Iterator[tuple[object, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            yield tuple(line)


def _steps(group: list[dict[str, object]]) -> range:
    return range(0, len(group), 5000)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
