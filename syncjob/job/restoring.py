"""What an undo leaves behind: its rows told truly, and the job's memory as it was before the run that was undone.

Before a run writes, it keeps what the job knew of contacts that it may delete, and which numbers it may name for the
first time (`former.parquet` in its folder). An undo puts that back, so a contact that comes back is owned as it was,
and a wrong file that was undone has named nothing (CONTRACT 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import orjson
import pandas as pd

from syncjob.durable import read_frame, write_frame
from syncjob.job.session import Session
from syncjob.job.telling import Told
from syncjob.keeping import Kept
from syncjob.lesson import CONTACT_MEMORY, Lesson
from syncjob.model import Json
from syncjob.plans import Plan, label
from syncjob.schema import PLAIN_FIELDS
from syncjob.texts import among

FORMER = "former.parquet"


def undoes(kept: Kept) -> str | None:
    """The run that this run undoes; None: it is no undo."""
    found = kept.facts.get("undoes")
    return str(found) if found else None


def keep_former(folder: Path, contacts: pd.DataFrame, plan: Plan) -> None:
    """Keep what memory (CONTACT_MEMORY) knows of contacts to be deleted, and who was not named before."""
    gone = plan.table["number"][among(plan.table["verb"], ["delete", "remove"])]
    lost = among(contacts["number"], gone)
    former = contacts[lost]
    if plan.partial is None:
        met = plan.outcomes["number"][among(plan.outcomes["outcome"], ["planned", "unchanged"])].dropna()
        unnamed = met[~among(met, contacts["number"][lost | contacts["named"]])].drop_duplicates()
        if len(unnamed):
            blank = pd.DataFrame({"number": unnamed}).assign(created=False, named=False, last=False)
            former = pd.concat([former, CONTACT_MEMORY.shape(blank)])
    write_frame(folder / FORMER, CONTACT_MEMORY.shape(former.reset_index(drop=True)))


def former_of(session: Session, kept: Kept) -> pd.DataFrame:
    """What `keep_former` kept for the run that `kept` undoes; nothing where that is not there."""
    path = session.account.run(undoes(kept) or "") / FORMER
    return CONTACT_MEMORY.shape(read_frame(path)) if path.is_file() else CONTACT_MEMORY.empty()


def undo_lesson(session: Session, kept: Kept, lesson: Lesson) -> Lesson:
    """A contact that came back is the job's own only if it was so before."""
    former = former_of(session, kept)
    ours = former["number"][former["created"]].tolist()
    return replace(lesson, created=lesson.created[lesson.created["number"].isin(ours)])


def remember_undone(session: Session, kept: Kept) -> None:
    """The undone run moves no baseline and has named nobody; the undo of an undo gives both back."""
    run_id = undoes(kept)
    if run_id is None:
        return
    session.memory.mark_undone(run_id)
    redone = kept.facts.get("redoes")
    if redone:
        session.memory.mark_undone(str(redone), undone=False)
    former = former_of(session, kept)
    session.memory.revise(
        kept.plan.job,
        unnamed=former["number"][~former["named"]].tolist(),
        named=former["number"][former["named"]].tolist(),
    )


def told_undo(kept: Kept, changes: pd.DataFrame, told: Told) -> Told:
    """What the journal alone can't say: values that stay because they were changed since, or can't be emptied."""
    notes = _notes(kept.plan, changes)
    outcomes = told.outcomes.copy()
    partly = outcomes["outcome"].eq("updated") & outcomes["reason"].isna() & outcomes["row_id"].isin(list(notes))
    hit = [notes[row_id] for row_id in outcomes["row_id"][partly].tolist()]
    outcomes.loc[partly, "reason"] = [reason for reason, _ in hit]
    outcomes.loc[partly, "detail"] = [detail for _, detail in hit]
    return replace(told, outcomes=outcomes)


def _notes(plan: Plan, changes: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """row_id → reason and detail of updates that put back less than everything."""
    outcomes = plan.outcomes[plan.outcomes["action"].eq("update") & plan.outcomes["reason"].notna()]
    lines = (outcomes[name].tolist() for name in ("row_id", "reason", "detail"))
    notes = {row_id: (reason, detail) for row_id, reason, detail in zip(*lines, strict=True)}
    planned = dict(zip(plan.table["row_id"].tolist(), plan.table["fields"].tolist(), strict=True))
    for row_id, sent in zip(changes["row_id"].tolist(), changes["fields"].tolist(), strict=True):
        stays = _stays(orjson.loads(planned[row_id]), orjson.loads(sent))
        if stays:
            notes[row_id] = stays
    return notes


def _stays(planned: Mapping[str, Json], sent: Mapping[str, Json]) -> tuple[str, str] | None:
    """(reason, fields) where the executor had to send something else than planned (executor/exact.py)."""
    blanks = [label(name) for name in PLAIN_FIELDS if name in planned and name not in sent]
    if blanks:
        return "cannot_empty", ", ".join(blanks)
    emptied = _added(planned.get("custom_field"), sent.get("custom_field"), "custom_field")
    return ("left_empty", ", ".join(label(path) for path in emptied)) if emptied else None


def _added(planned: Json, sent: Json, path: str) -> list[str]:
    """Paths that `sent` has beyond `planned`."""
    if not isinstance(sent, dict):
        return []
    held = planned if isinstance(planned, dict) else {}
    found: list[str] = []
    for key, value in sent.items():
        below = f"{path}.{key}"
        if key not in held and not isinstance(value, dict):
            found.append(below)
        else:
            found += _added(held.get(key), value, below)
    return found
