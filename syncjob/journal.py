"""What was meant and what came of it: one SQLite file per run, written before a request leaves and after its reply.

A change is `planned` until an intent names it, `sent` from then on (in doubt, should we die now), and `settled` when
its outcome is known. Intents and outcomes are committed on their own, thousands of rows to a commit, with
`synchronous=FULL`: power may fail between any two. Nothing here decides anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from syncjob.journalfile import connect, make, opened, unusable, unwritable
from syncjob.model import VERBS, Change, Json, Rebased, Settled, Turned, Verb
from syncjob.plans import change_of
from syncjob.schema import CHANGES
from syncjob.texts import arrow, one_of, series

__all__ = ["Journal", "Settled"]

_READY = "where verb = ? and state = ? and (verb <> 'add' or sid is not null) order by change_id limit ?"

DOUBTED = "sent before"
"""The detail of a change that is not settled yet, but may have been made by a request that was lost."""


class Journal:
    """One run's journal. Not shared between threads."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self._db = db

    @classmethod
    def create(
        cls, path: Path, meta: Mapping[str, str], table: pd.DataFrame, sizes: Mapping[str, int] | None = None
    ) -> Journal:
        """A new journal holding the whole plan (schema.CHANGES), durable before this returns.

        It is built aside and renamed: a journal under its own name always holds its whole plan. `sizes` are the
        changes per request of each verb: a change is named after the batch it belongs to, however often it is sent.
        """
        make(path, meta, table.assign(batch=_home_batches(table, sizes or {})))
        return cls(path, connect(path))

    @classmethod
    def open(cls, path: Path) -> Journal:
        """An existing journal. Raises `SyncjobError` when it is damaged, foreign or of a newer version."""
        return cls(path, opened(path))

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def meta(self, name: str, default: str = "") -> str:
        """A fact about the run."""
        found = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(found[0]) if found else default

    def remember(self, **facts: str) -> None:
        """Write facts about the run down, durably."""
        with self._commit():
            self._db.executemany("insert or replace into meta values (?, ?)", facts.items())

    def count(self, *, verb: Verb | None = None, state: str | None = None) -> int:
        """How many changes there are, of a verb, in a state."""
        where, values = _where(verb=verb, state=state)
        return int(self._db.execute(f"select count(*) from change {where}", values).fetchone()[0])

    def trouble(self) -> bool:
        """Whether any change ended failed or unknown, or is still in doubt (CONTRACT 7: then no deletes are sent)."""
        found = self._db.execute(
            "select 1 from change where state = 'sent' or outcome in ('failed', 'unknown') limit 1"
        ).fetchone()
        return found is not None

    def take(self, verb: Verb, state: str, limit: int = -1) -> list[Change]:
        """Changes of `verb` in `state`, in order, at most `limit` (-1: all). An `add` without a sid waits for one."""
        found = self._db.execute(f"select {', '.join(CHANGES.columns)} from change {_READY}", (verb, state, limit))
        return [change_of(*line) for line in found]

    def first(self, verb: Verb, limit: int) -> list[int]:
        """The ids of the changes that `take` would give of those planned."""
        found = self._db.execute(f"select change_id from change {_READY}", (verb, "planned", limit))
        return [change_id for (change_id,) in found]

    def sent_at(self, change_ids: Iterable[int]) -> float:
        """When the latest intent that names one of these was written (clock seconds); 0.0: never."""
        wanted = set(change_ids)
        found = self._db.execute("select change_id, sent_at from change where state = 'sent'").fetchall()
        return max((at for change_id, at in found if change_id in wanted and at), default=0.0)

    def intend(self, batch: str, verb: Verb, changes: Sequence[Change], now: float) -> int:
        """Write down, durably, that these changes are about to leave; the id to report the reply under."""
        ids = [change.change_id for change in changes]
        first, last = min(ids), max(ids)
        sent = "update change set state = 'sent', batch = coalesce(batch, ?), attempts = attempts + 1, sent_at = ?"
        with self._commit():
            if len(set(ids)) == last - first + 1:  # nobody else between: one statement tells them all
                self._db.execute(f"{sent} where change_id between ? and ?", (batch, now, first, last))
            else:
                self._db.executemany(f"{sent} where change_id = ?", [(batch, now, change_id) for change_id in ids])
            done = self._db.execute(
                "insert into request (batch, verb, first, last, changes, attempt, sent_at) "
                "select ?, ?, ?, ?, ?, coalesce(max(attempts), 1), ? from change where change_id = ?",
                (batch, verb, first, last, len(ids), now, ids[0]),
            )
        return int(done.lastrowid or 0)

    def settle(self, outcomes: Iterable[Settled], at: str, *, request: int = 0, now: float = 0.0) -> None:
        """Write outcomes down, durably, and that the request was answered."""
        done = list(outcomes)
        with self._commit():
            self._db.executemany(
                "update change set state = 'settled', outcome = ?, reason = coalesce(?, reason), "
                "detail = coalesce(?, nullif(detail, ?)), sid = coalesce(?, sid), "
                "code = ?, request_id = coalesce(?, request_id), attempts = max(attempts, ?), at = ? "
                "where change_id = ?",
                [
                    (s.outcome, s.reason, s.detail, DOUBTED, s.sid, s.code, s.request_id, s.attempts, at, s.change_id)
                    for s in done
                ],
            )
            if request:
                told = next((s.request_id for s in done if s.request_id), None)
                self._db.execute("update request set replied_at = ?, request_id = ? where id = ?", (now, told, request))

    def put_back(self, change_ids: Iterable[int], *, doubted: bool = False) -> None:
        """Planned again: not executed; `doubted`: perhaps, which stays known. One turned stays `exists_already`."""
        with self._commit():
            self._db.executemany(
                "update change set state = 'planned', outcome = null, "
                "detail = case when ? then ? when state = 'settled' then null else detail end, "
                "reason = case when state = 'settled' then null else reason end where change_id = ?",
                [(doubted, DOUBTED, change_id) for change_id in change_ids],
            )

    def doubted(self) -> frozenset[int]:
        """Changes that an earlier request may have made: what is there then is our own doing."""
        found = self._db.execute("select change_id from change where detail = ? and state != 'settled'", (DOUBTED,))
        return frozenset(change_id for (change_id,) in found)

    def turn(self, change_id: int, sid: str, fields: Mapping[str, Json], before: Mapping[str, Json]) -> None:
        """A create whose contact exists already becomes the update of that contact (CONTRACT 8, adopted)."""
        self.turn_all([Turned(change_id, sid, fields, before)])

    def turn_all(self, turned: Iterable[Turned]) -> None:
        """`turn` for many at once."""
        lines = [(t.sid, _text(t.fields), _text(t.before), t.reason, t.change_id) for t in turned]
        with self._commit():
            self._db.executemany(
                "update change set verb = 'update', state = 'planned', sid = ?, fields = ?, before = ?, reason = ? "
                "where change_id = ?",
                lines,
            )

    def rebase(self, rebased: Iterable[Rebased]) -> None:
        """Write down what contacts held in truth; what is to be sent again is planned."""
        lines = [
            (_text(r.before), r.others, None if r.fields is None else _text(r.fields),
             None if r.fields is None else "planned", r.change_id)
            for r in rebased
        ]  # fmt: skip
        with self._commit():
            self._db.executemany(
                "update change set before = ?, reason = 'edited_meanwhile', detail = ?, fields = coalesce(?, fields), "
                "state = coalesce(?, state) where change_id = ?",
                lines,
            )

    def place(self, sids: Mapping[int, str]) -> None:
        """Changes (by id) that waited for their contacts, which have these sids."""
        with self._commit():
            self._db.executemany("update change set sid = ? where change_id = ?", [(s, i) for i, s in sids.items()])

    def reword(self, fields: Mapping[int, Mapping[str, Json]]) -> None:
        """Changes (by id) take another way to the same end: planned again with other fields."""
        with self._commit():
            self._db.executemany(
                "update change set state = 'planned', fields = ?, outcome = null, reason = null, detail = null "
                "where change_id = ?",
                [(_text(each), change_id) for change_id, each in fields.items()],
            )

    def end(
        self, outcome: str, reason: str, detail: str | None, at: str, *, state: str, verb: Verb | None = None
    ) -> None:
        """Give every change of `verb` in `state` this outcome."""
        where, values = _where(verb=verb, state=state)
        with self._commit():
            self._db.execute(
                f"update change set state = 'settled', outcome = ?, reason = ?, detail = ?, at = ? {where}",
                (outcome, reason, detail, at, *values),
            )

    def reopen(self, outcomes: Iterable[str]) -> int:
        """Take settled changes with these outcomes up again: what never left is planned, `unknown` is in doubt."""
        changed = 0
        with self._commit():
            for outcome in outcomes:
                state = "sent" if outcome == "unknown" else "planned"
                done = self._db.execute(
                    "update change set state = ?, outcome = null, reason = null, detail = null "
                    "where state = 'settled' and outcome = ?",
                    (state, outcome),
                )
                changed += done.rowcount
        return changed

    @classmethod
    def of_number(cls, path: Path, number: str) -> pd.DataFrame:
        """The changes of one number, with state and outcome: of many journals, so none is looked through whole."""
        try:
            with cls(path, connect(path)) as journal:
                return journal._frame("select * from change where number = ? order by change_id", (number,))
        except sqlite3.Error as error:
            raise unusable(path, f"it can't be read ({error})") from error

    def frame(self) -> pd.DataFrame:
        """Every change with its state and outcome; `replied`: one in doubt whose reply came, but says nothing of it."""
        replied = (
            "state = 'sent' and exists (select 1 from request r where r.replied_at is not null "
            "and r.verb = change.verb and r.sent_at = change.sent_at and change_id between first and last)"
        )
        return self._frame(f"select *, {replied} as replied from change order by change_id", ())

    def requests(self) -> tuple[tuple[str, int, int], ...]:
        """(verb, requests, changes in them) of all writes that left."""
        found = self._db.execute(
            "select verb, sum(case when verb in ('delete', 'remove') then changes else 1 end), sum(changes) "
            "from request group by verb order by min(id)"
        )
        return tuple((str(verb), int(requests), int(changes)) for verb, requests, changes in found)

    def known_sids(self) -> set[str]:
        """The sids of all contacts that this run means: those it made, and those it was planned for."""
        found = self._db.execute("select sid from change where sid is not null")
        return {sid for (sid,) in found}

    def _frame(self, query: str, values: tuple[object, ...]) -> pd.DataFrame:
        cursor = self._db.execute(query, values)
        names = [column[0] for column in cursor.description]
        return pd.DataFrame.from_records(cursor.fetchall(), columns=names)

    @contextmanager
    def _commit(self) -> Iterator[None]:
        """All or nothing: whatever goes wrong in between, nothing of it stays."""
        try:
            self._db.execute("begin immediate")
            yield
            self._db.execute("commit")
        except sqlite3.Error as error:
            raise unwritable(self.path, error) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("rollback")


def _home_batches(table: pd.DataFrame, sizes: Mapping[str, int]) -> pd.Series[str]:
    """create-1, create-2 …: the batch of each change when all goes well."""
    verbs, names = arrow(table["verb"]), list[str]()
    named = np.zeros(len(table), dtype=np.int64)
    for verb in VERBS:
        at, size = np.flatnonzero(one_of(verbs, [verb])), sizes.get(verb, 1)
        named[at] = len(names) + np.arange(len(at)) // size
        names += [f"{verb}-{place + 1}" for place in range(-(-len(at) // size))]
    return series(pa.array(names, pa.large_string()).take(named), table.index)


def _text(fields: Mapping[str, Json]) -> str:
    return orjson.dumps(fields).decode()


def _where(*, verb: Verb | None, state: str | None) -> tuple[str, tuple[str, ...]]:
    named = [(name, value) for name, value in (("verb", verb), ("state", state)) if value]
    text = " and ".join(f"{name} = ?" for name, _ in named)
    return (f"where {text}" if text else ""), tuple(value for _, value in named)
