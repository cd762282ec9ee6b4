"""What an account's runs left behind, for the runs to come (CONTRACT 7): from confirmed outcomes only.

`memory.db` (SQLite) lists the runs; `contacts/<job>.parquet` holds what the job knows of contacts: number, sid, whether
the job made it (`created`), whether it was once in the job's whole source (`named`), whether it was in the last good
run (`last`), and which fields the remote stored differently from how they were sent (`differing`, JSON text).
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pandas as pd

from syncjob.differ import Known
from syncjob.errors import SyncjobError
from syncjob.guards import Baseline
from syncjob.schema import TEXT, Frame
from syncjob.state import Account

GOOD_RUNS = 5
"""A source is compared with the largest of this many last good runs."""

APPLICATION_ID = 0x53594E4D
VERSION = 1

CONTACT_MEMORY = Frame(
    "contact_memory",
    {"number": TEXT, "sid": TEXT, "created": "bool", "named": "bool", "last": "bool", "differing": TEXT},
    ("number",),
)

_RUNS = """
create table if not exists run (
    run_id text primary key, job text not null, sources text not null, state text not null, started text not null,
    ended text, exit_code integer, live integer not null, whole integer not null, undone integer not null default 0,
    good integer not null default 0, kind text not null, rows text, fields text, counts text, results text, plan_id text
)
"""


@dataclass(frozen=True)
class RunRecord:
    """One line of the list of runs. `state`: open (at work, or interrupted) · ended."""

    run_id: str
    job: str
    sources: str  # what "these sources" means: the patterns of the config, or the files named
    started: str
    live: bool
    whole: bool
    kind: str  # run, apply, undo
    state: str = "open"
    ended: str | None = None
    exit_code: int | None = None
    undone: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    results: str | None = None
    plan_id: str = ""  # of the plan it carried out


@dataclass(frozen=True)
class Lesson:
    """What a settled run teaches. Frames have `number` and `sid`; `differing` maps numbers to fields as sent."""

    created: pd.DataFrame
    present: pd.DataFrame  # confirmed to be there: created, updated or unchanged
    deleted: frozenset[str]
    differing: Mapping[str, Mapping[str, str]]
    good_whole: bool  # live, whole, ended 0 or 3: it moves the baseline
    rows: Mapping[str, int] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()


class Memory:
    """One account's memory."""

    def __init__(self, account: Account) -> None:
        self.account = account
        path = account.folder / "memory.db"
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            (mark,) = self._db.execute("pragma application_id").fetchone()
            tables = self._db.execute("select count(*) from sqlite_master").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise _unusable(path, str(error)) from error
        if tables and mark != APPLICATION_ID:
            self._db.close()
            raise _unusable(path, "it was not made by syncjob")
        path.chmod(0o600)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.execute(f"pragma application_id={APPLICATION_ID}")
        self._db.execute(f"pragma user_version={VERSION}")
        self._db.execute(_RUNS)

    def close(self) -> None:
        self._db.close()

    def begin(self, run: RunRecord) -> None:
        """A run is about to write; it is open until `end`."""
        self._db.execute(
            "insert or replace into run (run_id, job, sources, state, started, live, whole, kind, plan_id) "
            "values (?, ?, ?, 'open', ?, ?, ?, ?, ?)",
            (run.run_id, run.job, run.sources, run.started, run.live, run.whole, run.kind, run.plan_id),
        )

    def end(self, run_id: str, *, ended: str, exit_code: int, counts: Mapping[str, int], results: str | None) -> None:
        """The run's results are written."""
        self._db.execute(
            "update run set state = 'ended', ended = ?, exit_code = ?, counts = ?, results = ? where run_id = ?",
            (ended, exit_code, orjson.dumps(dict(counts)).decode(), results, run_id),
        )

    def forget(self, run_id: str) -> None:
        """A run that never stored its plan, so never sent anything."""
        self._db.execute("delete from run where run_id = ?", (run_id,))

    def mark_undone(self, run_id: str) -> None:
        self._db.execute("update run set undone = 1 where run_id = ?", (run_id,))

    def runs(self, job: str | None = None) -> list[RunRecord]:
        """All runs, or those of a job, newest first."""
        where, values = ("where job = ?", (job,)) if job else ("", ())
        found = self._db.execute(
            "select run_id, job, sources, started, live, whole, kind, state, ended, exit_code, undone, counts, results, plan_id "
            f"from run {where} order by rowid desc",
            values,
        ).fetchall()
        return [_record(line) for line in found]

    def open_runs(self, job: str) -> list[RunRecord]:
        """Interrupted runs of a job, oldest first."""
        return [run for run in reversed(self.runs(job)) if run.state == "open"]

    def baseline(self, job: str, sources: str) -> Baseline | None:
        """The last good runs of this job and these sources (CONTRACT 7), or None."""
        found = self._db.execute(
            "select run_id, rows, fields from run where job = ? and sources = ? and good = 1 and undone = 0 "
            "order by rowid desc limit ?",
            (job, sources, GOOD_RUNS),
        ).fetchall()
        if not found:
            return None
        largest: dict[str, int] = {}
        for _, rows, _ in found:
            counts = _json(rows)
            for name, count in {**counts, "": sum(counts.values())}.items():
                largest[name] = max(largest.get(name, 0), count)
        contacts = self.contacts(job)
        numbers = frozenset(contacts["number"][contacts["last"]])
        return Baseline(found[0][0], largest, numbers, frozenset(orjson.loads(found[0][2] or "[]")))

    def known(self, job: str, existing: pd.DataFrame) -> Known:
        """What the job knows of contacts, where it still is the same contact (the sid says so) or none is there."""
        contacts = self.contacts(job)
        there = existing.drop_duplicates("number").dropna(subset=["number"]).set_index("number")["sid"]
        now = contacts["number"].map(there)
        contacts = contacts[now.isna() | (now == contacts["sid"])]
        differing = contacts.dropna(subset=["differing"])
        return Known(
            created=frozenset(contacts["number"][contacts["created"]]),
            named=frozenset(contacts["number"][contacts["named"]]),
            claimed=self._claims(job),
            differing={n: orjson.loads(d) for n, d in zip(differing["number"], differing["differing"], strict=True)},
        )

    def contacts(self, job: str) -> pd.DataFrame:
        """What the job knows of contacts (CONTACT_MEMORY)."""
        path = self._path(job)
        if not path.exists():
            return CONTACT_MEMORY.empty()
        try:
            return CONTACT_MEMORY.shape(pd.read_parquet(path))
        except (OSError, ValueError) as error:
            raise _unusable(path, str(error)) from error

    def learn(self, run_id: str, job: str, lesson: Lesson) -> None:
        """Take a settled run in. Doing so twice changes nothing, so a kill in between does no harm."""
        old = self.contacts(job)
        fresh = _taught(lesson)
        old = old[~old["number"].isin(lesson.deleted)]
        both = pd.concat([old, fresh], ignore_index=True)
        if lesson.good_whole:
            both["last"] = both["number"].isin(lesson.present["number"])
        merged = both.groupby("number", as_index=False, sort=False).agg(
            {"sid": "last", "created": "max", "named": "max", "last": "max"}
        )
        differing = both.drop_duplicates("number", keep="last").set_index("number")["differing"]
        merged["differing"] = merged["number"].map(differing)
        self._write(job, CONTACT_MEMORY.shape(merged))
        if lesson.good_whole:
            self._db.execute(
                "update run set good = 1, rows = ?, fields = ? where run_id = ?",
                (orjson.dumps(dict(lesson.rows)).decode(), orjson.dumps(sorted(lesson.fields)).decode(), run_id),
            )

    def _claims(self, job: str) -> dict[str, str]:
        claims: dict[str, str] = {}
        others = {run.job for run in self.runs() if run.job != job}
        for other in sorted(others):
            contacts = self.contacts(other)
            claims.update(dict.fromkeys(contacts["number"][contacts["last"]], other))
        return claims

    def _path(self, job: str) -> Path:
        return self.account.folder / "contacts" / (re.sub(r"[^A-Za-z0-9._-]+", "_", job) + ".parquet")

    def _write(self, job: str, contacts: pd.DataFrame) -> None:
        path = self._path(job)
        aside = path.with_suffix(".new")
        contacts.to_parquet(aside, index=False, compression="zstd")
        aside.chmod(0o600)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)


def _record(line: tuple[str, ...]) -> RunRecord:
    run_id, job, sources, started, live, whole, kind, state, ended, code, undone, counts, results, plan_id = line
    return RunRecord(
        run_id,
        job,
        sources,
        started,
        bool(live),
        bool(whole),
        kind,
        state,
        ended,
        int(code) if ended else None,
        bool(undone),
        _json(counts),
        results,
        plan_id or "",
    )


def _taught(lesson: Lesson) -> pd.DataFrame:
    created, present = lesson.created.assign(created=True), lesson.present.assign(created=False)
    fresh = pd.concat([created, present[~present["number"].isin(created["number"])]], ignore_index=True)
    fresh["named"] = lesson.good_whole
    fresh["last"] = False
    texts = {number: orjson.dumps(dict(fields)).decode() for number, fields in lesson.differing.items()}
    fresh["differing"] = fresh["number"].map(texts) if texts else None
    return CONTACT_MEMORY.shape(fresh)


def _json(text: str | None) -> dict[str, int]:
    found: dict[str, int] = orjson.loads(text) if text else {}
    return found


def _unusable(path: Path, why: str) -> SyncjobError:
    return SyncjobError(
        f"The memory {path} can't be used: {why}.",
        code="journal_damaged",
        advice="Nothing was changed in it. Restore it from a backup, or move it away to start without memory.",
    )
