"""The frames of an undo: the changes of the run it undoes as its rows, and the verdict on each as its plan. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
import pandas as pd

from syncjob.behaviour import Behaviour
from syncjob.job.inverse import Verdict
from syncjob.loader.table import PROBLEMS, Column, Facts, FieldMap, Loaded, Table
from syncjob.memory import RunRecord
from syncjob.model import VERBS
from syncjob.planner import Drafted, flat, said_of
from syncjob.results.digest import clock
from syncjob.schema import CHANGES, FIELD_CHANGES, OUTCOMES, REMOTE_ONLY, ROWS
from syncjob.words import OUTCOMES as WORDS

HEADERS = ("undone contact", "was", "old → new", "file", "sheet", "row")
"""None of them names a contact field, so the sheet can't be taken for a list of contacts."""


def table_of(run_id: str, changes: pd.DataFrame, rows: pd.DataFrame) -> Loaded:
    """The changes of a run (Journal.frame) as the rows of its undo; `rows` are those the run had read."""
    place = rows.set_index("row_id")[["source", "sheet", "row"]].reindex(changes["row_id"]).reset_index(drop=True)
    cells = pd.DataFrame(
        {
            0: changes["number"].tolist(),
            1: [_was(outcome, state) for outcome, state in zip(changes["outcome"], changes["state"], strict=True)],
            2: [_old_new(*line) for line in zip(changes["verb"], changes["before"], changes["fields"], strict=True)],
            3: place["source"].tolist(),
            4: place["sheet"].tolist(),
            5: ["" if pd.isna(row) else str(int(row)) for row in place["row"]],
        }
    )
    cells = cells.astype("str").fillna("")
    lines = range(len(changes))
    table = Table(
        source=f"run {run_id}",
        sheet=None,
        columns=tuple(Column("ABCDEF"[at], header) for at, header in enumerate(HEADERS)),
        cells=cells,
        row_numbers=pd.Series([at + 2 for at in lines], dtype="int64"),
        problems=PROBLEMS.empty(),
        facts=Facts(format="run"),
    )
    about = pd.DataFrame({"row_id": lines, "position": lines, "row": [at + 2 for at in lines], "table": 0})
    about = about.assign(source=table.source, raw=cells[0], number=changes["number"].tolist())
    mapping = FieldMap(field_of={0: "number"}, how={0: "name"})
    return Loaded((table,), (mapping,), ROWS.shape(about), f"it undoes run {run_id} and speaks only for its contacts")


def _was(outcome: object, state: object) -> str:
    if isinstance(outcome, str):
        return WORDS[outcome].word
    return WORDS["unknown" if state == "sent" else "not_sent"].word


def _old_new(verb: str, before: object, fields: object) -> str:
    old = orjson.loads(before) if isinstance(before, str) else {}
    new = orjson.loads(fields) if isinstance(fields, str) and verb != "delete" else {}
    if verb == "delete":
        new = dict.fromkeys(name for name in old if name != "number")
    return said_of(flat(old, new))


def drafted(changes: pd.DataFrame, verdicts: Sequence[Verdict], images: Mapping[str, str]) -> Drafted:
    """The plan's frames. `images` are the contacts as they are now, by sid."""
    sent, told, steps = [], [], []
    numbers, sids = changes["number"].tolist(), changes["sid"].tolist()
    for row_id, (number, sid, verdict) in enumerate(zip(numbers, sids, verdicts, strict=True)):
        there = None if verdict.verb == "create" or verdict.anew else sid
        before = images.get(sid) if verdict.verb in ("update", "delete") else None
        lines = flat(orjson.loads(before or "{}"), verdict.fields) if verdict.verb == "update" else []
        steps += [(row_id, sid, number, name, was, now, "planned") for name, was, now in lines]
        said = said_of(lines) or None
        told.append((row_id, verdict.outcome, verdict.reason, verdict.detail, said, verdict.verb, number, there, 0))
        if verdict.verb:
            sent.append((verdict.verb, row_id, number, there, orjson.dumps(verdict.fields).decode(), before))
    sent.sort(key=lambda line: VERBS.index(line[0]))
    table = pd.DataFrame(sent, columns=["verb", "row_id", "number", "sid", "fields", "before"])
    table["change_id"] = range(1, len(table) + 1)
    names = ["row_id", "outcome", "reason", "detail", "changes", "action", "number", "sid", "attempts"]
    return Drafted(
        CHANGES.shape(table),
        OUTCOMES.shape(pd.DataFrame(told, columns=names)),
        REMOTE_ONLY.empty(),
        FIELD_CHANGES.shape(pd.DataFrame(steps, columns=list(FIELD_CHANGES.columns))),
    )


def notes(
    record: RunRecord, verdicts: Sequence[Verdict], table: pd.DataFrame, behaviour: Behaviour, as_of: str = ""
) -> tuple[str, ...]:
    """What the undo can't bring back, in sentences; or not surely, where nothing is proven of the account.

    `as_of`: of when the oldest values put back are.
    """
    updates = [verdict.fields for verdict in verdicts if verdict.verb == "update"]
    counted = Counter(verdict.reason for verdict in verdicts if verdict.reason)
    counted["back"] = int((table["verb"] == "create").sum())
    counted["blank"] = 0 if behaviour.clears_by else sum("" in fields.values() for fields in updates)
    counted["custom"] = 0 if behaviour.of("custom") else sum("custom_field" in fields for fields in updates)
    said = [f"This undoes run {record.run_id} of {clock(datetime.fromisoformat(record.started))}."]
    if record.undone:
        said.append("It was undone before; only what is left of it is undone now.")
    if as_of and updates:
        said.append(
            "That run went by what was remembered of contacts (listing: cached), so what the contacts held before is "
            f"as it was known on {clock(datetime.fromisoformat(as_of))} or later."
        )
    return (*said, *(f"{counted[name]:,} {words}" for name, words in _NOTES.items() if counted[name]))


_NOTES = {
    "back": "to add back: as new contacts, with new sids, and not in the lists they were in.",
    "changed_since_run": "changed by others after that run: what they changed stays.",
    "number_taken": "can't come back, for another contact has the number by now.",
    "no_before_image": "can't be put back, for what they held before that run is not known.",
    "doubt_stays": "left alone, for it is not known whether that run changed them.",
    "cannot_empty": "with a field that was empty, and stays as it is: this account takes no empty value.",
    "left_empty": "with custom fields that stay, empty: this account can't take them away.",
    "blank": "with fields to empty: an account that takes no empty value keeps what it holds.",
    "custom": "with custom fields to put back: one that the account can't take away stays, empty.",
}
"""What is to be said of so many contacts, by reason."""
