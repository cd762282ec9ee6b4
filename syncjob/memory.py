"""What an account's runs left behind, for the runs to come (CONTRACT 7): from confirmed outcomes only.

`memory.db` (SQLite) lists the runs; `numbers/<run id>.parquet` holds the numbers of a good run, to compare the next
source with; `contacts/<job>.parquet` holds what the job knows of contacts (lesson.CONTACT_MEMORY). Of a job
on a list that is who it put there, so it counts for that list only, whose sid is in `contacts/<job>.list`.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

import orjson
import pandas as pd

from syncjob.behaviour import Behaviour, from_text
from syncjob.differ import Known
from syncjob.durable import read_frame, write_frame, write_whole
from syncjob.guards import Baseline
from syncjob.ledger import open_ledger, unusable, unwritable
from syncjob.lesson import CONTACT_MEMORY, Lesson, taught
from syncjob.state import Account, private_folder
from syncjob.texts import among, places

__all__ = ["CONTACT_MEMORY", "Lesson", "Memory", "RunRecord"]

GOOD_RUNS = 5
"""A source is compared with the largest of this many last good runs."""


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


class Memory:
    """One account's memory."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._db = open_ledger(account.folder / "memory.db")

    def close(self) -> None:
        self._db.close()

    def _write(self, query: str, values: tuple[object, ...]) -> None:
        try:
            self._db.execute(query, values)
        except sqlite3.Error as error:
            raise unwritable(self.account.folder / "memory.db", error) from error

    def fact(self, name: str) -> str | None:
        """A fact about the account, None when there is none."""
        found = self._db.execute("select value from fact where name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def keep_fact(self, name: str, value: str | None) -> None:
        """Write a fact down, durably; None takes it away."""
        if value is None:
            self._write("delete from fact where name = ?", (name,))
        else:
            self._write("insert or replace into fact values (?, ?)", (name, value))

    @property
    def behaviour(self) -> Behaviour:
        """What the probe has proven of this account."""
        return from_text(self.fact("behaviour"))

    def begin(self, run: RunRecord) -> None:
        """A run is about to write; it is open until `end`. One that is taken up again keeps its place and its marks."""
        self._write(
            "insert into run (run_id, job, sources, state, started, live, whole, kind, plan_id) "
            "values (?, ?, ?, 'open', ?, ?, ?, ?, ?) on conflict (run_id) do update set state = 'open', ended = null",
            (run.run_id, run.job, run.sources, run.started, run.live, run.whole, run.kind, run.plan_id),
        )

    def end(
        self,
        run_id: str,
        *,
        ended: str,
        exit_code: int,
        counts: Mapping[str, int],
        results: str | None,
        settled: bool = True,
    ) -> None:
        """The run's results are written. One that was stopped before it was `settled` stays open for the next."""
        self._write(
            "update run set state = ?, ended = ?, exit_code = ?, counts = ?, results = ? where run_id = ?",
            ("ended" if settled else "open", ended, exit_code, orjson.dumps(dict(counts)).decode(), results, run_id),
        )

    def forget(self, run_id: str) -> None:
        """A run that never stored its plan, so never sent anything."""
        self._write("delete from run where run_id = ?", (run_id,))

    def mark_undone(self, run_id: str, *, undone: bool = True) -> None:
        """An undone run is no baseline for others; a redone one is again."""
        self._write("update run set undone = ? where run_id = ?", (undone, run_id))

    def good_runs(self, job: str) -> list[str]:
        """The runs that guards rest on: of each of the job's sources the last good ones, newest first."""
        found = self._db.execute(
            "select run_id from (select run_id, rowid as place, row_number() over "
            "(partition by sources order by rowid desc) as nth from run where job = ? and good = 1 and undone = 0) "
            "where nth <= ? order by place desc",
            (job, GOOD_RUNS),
        ).fetchall()
        return [run_id for (run_id,) in found]

    def revise(self, job: str, *, unnamed: Collection[str], named: Collection[str]) -> None:
        """After an undo: `unnamed` were named by nobody else but good runs still known, `named` are so again.

        Which contacts were in the last good run is said anew.
        """
        contacts = self.contacts(job)
        numbers = contacts["number"].astype(object)
        kept = [self._numbers(run_id) for run_id in self.good_runs(job)]
        good = [list(_read(path)["number"]) if path.exists() else None for path in kept]
        stay = {*named, *(number for run in good if run for number in run)}
        contacts["named"] = (contacts["named"] & ~numbers.isin(list(unnamed))) | numbers.isin(list(stay))
        if not good or good[0] is not None:
            contacts["last"] = numbers.isin(good[0] or [] if good else [])
        write_frame(self._path(job), CONTACT_MEMORY.shape(contacts))

    def runs(self, job: str | None = None) -> list[RunRecord]:
        """All runs, or those of a job, newest first."""
        where, values = ("where job = ?", (job,)) if job else ("", ())
        found = self._db.execute(
            "select run_id, job, sources, started, live, whole, kind, state, ended, exit_code, undone, counts, "
            f"results, plan_id from run {where} order by rowid desc",
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
        path = self._numbers(found[0][0])
        numbers = frozenset(_read(path)["number"]) if path.exists() else frozenset()
        return Baseline(found[0][0], largest, numbers, frozenset(orjson.loads(found[0][2] or "[]")))

    def known(self, job: str, existing: pd.DataFrame, of_list: str = "") -> Known:
        """What the job knows of contacts (and of `of_list`) that still are the same, by their sid, or are not there."""
        contacts = self.contacts(job, of_list)
        at = places(contacts["sid"], existing["sid"])
        same = ~among(contacts["number"], existing["number"])
        now = existing["number"].iloc[at[at >= 0]]
        same[at >= 0] |= now.to_numpy() == contacts["number"][at >= 0].to_numpy()
        contacts = contacts if same.all() else contacts[same]
        differing = contacts[contacts["differing"].notna()]
        numbers = contacts["number"].tolist()
        return Known(
            created=frozenset(compress(numbers, contacts["created"].tolist())),
            named=frozenset(compress(numbers, contacts["named"].tolist())),
            claimed=self._claims(job, of_list),
            differing={n: orjson.loads(d) for n, d in zip(differing["number"], differing["differing"], strict=True)},
            sids=dict(zip(numbers, contacts["sid"].tolist(), strict=True)),
        )

    def contacts(self, job: str, of_list: str | None = None) -> pd.DataFrame:
        """What the job knows of contacts (CONTACT_MEMORY); nothing, where that is of another list than `of_list`."""
        path = self._path(job)
        if not path.exists() or of_list not in (None, self.list_of(job)):
            return CONTACT_MEMORY.empty()
        return CONTACT_MEMORY.shape(_read(path))

    def list_of(self, job: str) -> str:
        """The sid of the list that the job's memory is about; "": it is about the address book."""
        path = self._path(job).with_suffix(".list")
        return path.read_text("ascii") if path.exists() else ""

    def learn(self, run_id: str, job: str, lesson: Lesson, of_list: str = "") -> None:
        """Take a settled run in. Doing so twice changes nothing, so a kill in between does no harm."""
        old = self.contacts(job, of_list)
        old = old[~among(old["number"], lesson.deleted)]
        fresh = taught(lesson, old)
        untouched = old[~among(old["number"], fresh["number"])]
        contacts = pd.concat([untouched, fresh], ignore_index=True) if len(untouched) else fresh
        if lesson.good_whole and not self._overtaken(run_id, job):
            contacts["last"] = among(contacts["number"], lesson.present["number"])
        write_frame(self._path(job), CONTACT_MEMORY.shape(contacts))
        if self.list_of(job) != of_list:
            write_whole(self._path(job).with_suffix(".list"), of_list.encode("ascii"))
        if lesson.good_whole:
            private_folder(self._numbers(run_id).parent)
            write_frame(self._numbers(run_id), lesson.present[["number"]].reset_index(drop=True))
            self._write(
                "update run set good = 1, rows = ?, fields = ? where run_id = ?",
                (orjson.dumps(dict(lesson.rows)).decode(), orjson.dumps(sorted(lesson.fields)).decode(), run_id),
            )
            self._let_go(run_id)

    def _overtaken(self, run_id: str, job: str) -> bool:
        """Whether a later good run of the job is known: what was last in its source is not this run's to say."""
        later = self._db.execute(
            "select 1 from run where job = ? and good = 1 and undone = 0 "
            "and rowid > (select rowid from run where run_id = ?) limit 1",
            (job, run_id),
        ).fetchone()
        return later is not None

    def _let_go(self, run_id: str) -> None:
        """Numbers of good runs that are no longer compared with: those before the last five of the same sources."""
        older = self._db.execute(
            "select run_id from run where good = 1 and (job, sources) = "
            "(select job, sources from run where run_id = ?) order by rowid desc limit -1 offset ?",
            (run_id, GOOD_RUNS),
        ).fetchall()
        for (old_run,) in older:
            self._numbers(old_run).unlink(missing_ok=True)

    def _numbers(self, run_id: str) -> Path:
        return self.account.folder / "numbers" / f"{run_id}.parquet"

    def _claims(self, job: str, of_list: str) -> dict[str, str]:
        """number → another job that names it. A list is claimed by jobs on the same list, the address book by all."""
        claims: dict[str, str] = {}
        for other in sorted({run.job for run in self.runs()} - {job}):
            if not of_list or self.list_of(other) == of_list:
                contacts = self.contacts(other)
                claims.update(dict.fromkeys(contacts["number"][contacts["last"]], other))
        return claims

    def _path(self, job: str) -> Path:
        """A name that no other job has, though names of jobs may hold what names of files may not."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", job)[:80]
        if name != job:
            name += "-" + hashlib.sha256(job.encode()).hexdigest()[:8]
        return self.account.folder / "contacts" / f"{name}.parquet"


def _read(path: Path) -> pd.DataFrame:
    try:
        return read_frame(path)
    except (OSError, ValueError) as error:
        raise unusable(path, str(error)) from error


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


def _json(text: str | None) -> dict[str, int]:
    found: dict[str, int] = orjson.loads(text) if text else {}
    return found
