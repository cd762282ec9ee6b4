"""What earlier runs did: the list of runs, one run, one contact's story; and what is kept of it, for how long."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson
import pandas as pd

from syncjob import phone
from syncjob.errors import ConfigError, SyncjobError
from syncjob.job.session import Session
from syncjob.journal import Journal
from syncjob.keeping import place_of, rows_of
from syncjob.memory import RunRecord
from syncjob.model import Json
from syncjob.planner import flat
from syncjob.results.index import entries, write_index
from syncjob.results.sheetfile import write_table
from syncjob.schema import INT, TEXT, Frame
from syncjob.state import RUN_ID

_DIALLED = re.compile(r"[+0-9 ().-]{5,24}")  # what is meant as a number

EVENTS = Frame(
    "events",
    {
        "at": TEXT,  # local time with zone, ISO
        "run": TEXT,
        "job": TEXT,
        "kind": TEXT,  # run, apply, undo
        "outcome": TEXT,  # words.OUTCOMES
        "reason": TEXT,
        "detail": TEXT,
        "file": TEXT,
        "sheet": TEXT,
        "row": TEXT,  # as the spreadsheet program numbers it; "": no row stood behind it
        "field": TEXT,
        "old": TEXT,
        "new": TEXT,
        "number": TEXT,
        "sid": TEXT,
        "request_id": TEXT,
        "change": INT,  # lines of one change share it, within their run
    },
    (),
)
"""What happened to one contact: one line per field that a change wrote, newest change first."""


@dataclass(frozen=True)
class RunStory:
    """One run: its line in the list, its results folder's files, and its requests by verb (verb, requests, changes)."""

    record: RunRecord
    changes: dict[str, int]  # outcome, or state where there is none → changes
    requests: tuple[tuple[str, int, int], ...]
    files: tuple[Path, ...]
    kept: bool  # whether its journal is still there
    approved: str = ""  # who approved its plan in a workbook, and when


@dataclass(frozen=True)
class Purged:
    """What `purge` took away: result folders, and runs."""

    results: tuple[Path, ...] = ()
    runs: tuple[str, ...] = ()


def story_of(session: Session, run_id: str) -> RunStory:
    """One run of the account. Raises `ConfigError` when there is none."""
    record = next((run for run in session.memory.runs() if run.run_id == run_id), None)
    if record is None:
        raise ConfigError(f"There is no run {run_id} that wrote to this account.", advice="See: syncjob history list.")
    path = session.account.run(run_id) / "journal.db"
    changes: dict[str, int] = {}
    requests: tuple[tuple[str, int, int], ...] = ()
    consent = ""
    if path.exists():
        with Journal.open(path) as journal:
            frame = journal.frame()
            requests = journal.requests()
            consent = journal.meta("consent")
        told = frame["outcome"].fillna(frame["state"].map({"sent": "unknown", "planned": "not_sent"}))
        changes = {str(name): int(count) for name, count in told.value_counts().items()}
    folder = Path(record.results) if record.results else None
    files = tuple(sorted(folder.iterdir())) if folder and folder.is_dir() else ()
    return RunStory(record, changes, requests, files, path.exists(), "" if consent == "yes" else consent)


def number_of(session: Session, written: str) -> str:
    """The key that `written` means: as E.164, as the sheet's numbers are read. Raises `ConfigError` when it is none.

    Where contacts go by another key, that key as it is; or the number, where the remote's listing knows them by it.
    """
    if session.region is None and not ("number" in session.remote.abilities.by_listing and _DIALLED.fullmatch(written)):
        return written.strip()
    found = phone.normalise(pd.Series([written], dtype="str"), session.config.phone.default_region)["number"].iat[0]
    if not isinstance(found, str):
        raise ConfigError(
            f"{written} is neither a run nor a phone number.", advice="See the runs: syncjob history list."
        )
    return found


def events_of(session: Session, number: str, since: date | None = None, until: date | None = None) -> pd.DataFrame:
    """Everything that runs of this account did to the contact with this number (EVENTS), both days included."""
    lines: list[tuple[object, ...]] = []
    for record in session.memory.runs():
        if until is not None and _day(record.started) > until:
            continue
        if since is not None and record.ended and _day(record.ended) < since:
            continue
        lines += [line for line in _events(session, record, number) if _within(str(line[0]), since, until)]
    return EVENTS.shape(pd.DataFrame(lines, columns=list(EVENTS.columns)))


def save_events(events: pd.DataFrame, path: Path) -> Path:
    """Write a contact's story as .xlsx or .csv; where it lies. Raises `ConfigError` for another ending."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise ConfigError(f"{path} can't be written: a story is an .xlsx or .csv file.")
    return write_table(events.drop(columns="change").fillna(""), path, "History")


def _events(session: Session, record: RunRecord, number: str) -> Iterator[tuple[object, ...]]:
    """The lines of one run, latest change first."""
    folder = session.account.run(record.run_id)
    if not (folder / "journal.db").exists():
        return
    try:
        changes = Journal.of_number(folder / "journal.db", number)
        if changes.empty and session.region is None:
            changes = _shown_as(folder / "journal.db", number, session.config.phone.default_region)
    except SyncjobError as error:
        session.door.note(error.message)
        return
    places = _places(folder, changes["row_id"].tolist())
    for change in reversed(changes.to_dict("records")):
        outcome = change["outcome"] or ("unknown" if change["state"] == "sent" else "not_sent")
        head = (change["at"] or record.started, record.run_id, record.job, record.kind)
        place = places.get(int(change["row_id"]), ("", "", ""))
        tail = (number, change["sid"], change["request_id"], change["change_id"])
        for step in _steps(str(change["verb"]), change["before"], change["fields"]):
            yield (*head, outcome, change["reason"], change["detail"], *place, *step, *tail)


def _shown_as(path: Path, number: str, region: str) -> pd.DataFrame:
    """The changes of contacts that go by another key, and that the remote showed with this number (E.164)."""
    with Journal.open(path) as journal:
        changes = journal.frame()
    images = [orjson.loads(before) if isinstance(before, str) else {} for before in changes["before"]]
    shown = pd.Series([str(image.get("number") or "") for image in images], index=changes.index, dtype=TEXT)
    return changes[phone.normalise(shown, region)["number"] == number]


def _places(folder: Path, row_ids: list[int]) -> dict[int, tuple[str, str, str]]:
    """row_id → file, sheet, row."""
    wanted = [row_id for row_id in row_ids if row_id >= 0]
    if not wanted or not place_of(folder).exists():
        return {}
    rows = rows_of(folder, wanted, ("source", "sheet", "row"))
    columns = (rows[name].tolist() for name in ("row_id", "source", "sheet", "row"))
    return {
        row_id: (str(source), sheet if isinstance(sheet, str) else "", str(row))
        for row_id, source, sheet, row in zip(*columns, strict=True)
    }


def _steps(verb: str, before: object, fields: object) -> list[tuple[str, str, str]]:
    """(field, old, new); a removal tells what was lost. At least one line, so that nothing is left out."""
    old: dict[str, Json] = orjson.loads(before) if isinstance(before, str) else {}
    new: dict[str, Json] = orjson.loads(fields) if isinstance(fields, str) else {}
    old.pop("number", None)
    if verb == "delete":
        new = {name: {} if isinstance(value, dict) else None for name, value in old.items()}
    return flat(old, new) or [("", "", "")]


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def _within(at: str, since: date | None, until: date | None) -> bool:
    return (since is None or _day(at) >= since) and (until is None or _day(at) <= until)


def purge(session: Session) -> Purged:
    """Forget what is older than `results.keep_days` and `state.history_days`.

    Only this job's own. Kept whatever their age: open runs, the last good runs that guards rest on, and the newest
    results. What can't be removed now is left for the next time.
    """
    keep = {run.run_id for run in session.memory.open_runs(session.config.job)}
    results = _purge_results(session, keep)
    keep |= set(session.memory.good_runs(session.config.job))
    return Purged(results, _purge_runs(session, keep))


def tidy(session: Session) -> None:
    """`purge` at the end of a live run: that it can't be done takes nothing from a run that is done."""
    try:
        purge(session)
    except SyncjobError as error:
        session.door.note(f"What is old could not be removed: {error.message}")


def _purge_results(session: Session, keep: set[str]) -> tuple[Path, ...]:
    folder, job = session.config.results.dir, session.config.job
    if not folder.is_dir():
        return ()
    edge = session.now() - timedelta(days=session.config.results.keep_days)
    newest = [run.run_id for run in session.memory.runs(job)][:1]
    keep = {*keep, *newest, (folder / "latest").resolve().name}
    latest = f"{edge + timedelta(days=1):%Y%m%d}"  # ids begin with a day, in whatever zone; younger ones need no look
    found = entries(folder, lambda run_id: bool(RUN_ID.fullmatch(run_id)) and run_id[:8] <= latest)
    ours = [entry for entry in found if entry.told.get("job") == job]
    old = [entry for entry in ours if entry.run_id not in keep and _older(entry.started, edge)]
    gone = tuple(path for path in (folder / entry.run_id for entry in old) if _remove(path))
    if gone:
        write_index(folder)
    return gone


def _older(started: datetime | None, edge: datetime) -> bool:
    return started is not None and started.astimezone(edge.tzinfo) < edge


def _purge_runs(session: Session, keep: set[str]) -> tuple[str, ...]:
    edge = session.now() - timedelta(days=session.config.state.history_days)
    gone = []
    for run in session.memory.runs(session.config.job):
        if run.run_id in keep or not _older(datetime.fromisoformat(run.started), edge):
            continue
        folder = session.account.run(run.run_id)
        if not folder.exists() or _remove(folder):
            session.memory.forget(run.run_id)
            gone.append(run.run_id)
    return tuple(gone)


def _remove(folder: Path, rmtree: Callable[[Path], None] = shutil.rmtree) -> bool:
    """Remove a folder; False when somebody holds something in it open."""
    try:
        rmtree(folder)
    except OSError:
        return False
    return True
