"""The database of a run's journal: made aside and whole, looked into before it is used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from syncjob.errors import SyncjobError
from syncjob.schema import CHANGES
from syncjob.state import look_into, sync_folder

APPLICATION_ID = 0x53594E43  # "SYNC": marks a file of ours
VERSION = 1
_TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table change (
    change_id integer primary key, verb text not null, row_id integer not null, number text, sid text, fields text,
    before text, state text not null default 'planned', outcome text, reason text, detail text, code text,
    request_id text, batch text, attempts integer not null default 0, at text, sent_at real
);
create index change_state on change (verb, state);
create index change_number on change (number);
create table request (
    id integer primary key, batch text not null, verb text not null, first integer not null, last integer not null,
    changes integer not null, attempt integer not null, sent_at real not null, replied_at real, request_id text
);
"""


def make(path: Path, meta: Mapping[str, str], table: pd.DataFrame) -> None:
    """A new journal at `path` with its whole plan (schema.CHANGES, and `batch`), durable before this returns.

    Raises `SyncjobError` (`journal_unwritable`).
    """
    aside = path.with_name(path.name + ".new")
    try:
        for left in (aside, *_beside(aside)):
            left.unlink(missing_ok=True)
        _build(aside, meta, table)
        aside.replace(path)
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(path, error) from error


def opened(path: Path) -> sqlite3.Connection:
    """The database at `path`. Raises `SyncjobError` (`journal_damaged`)."""
    if not path.exists():
        raise SyncjobError(f"There is no journal at {path}.", code="journal_damaged")
    why_not = look_into(path, APPLICATION_ID, VERSION)
    if why_not:
        raise unusable(path, why_not)
    return connect(path)


def _build(path: Path, meta: Mapping[str, str], table: pd.DataFrame) -> None:
    """A new database at `path`, complete in itself: what WAL held has gone into it, and it is synced.

    Nobody relies on it before that, so it is synced once, as a whole.
    """
    db = connect(path)
    try:
        db.execute("pragma synchronous=off")
        db.executescript(f"pragma application_id={APPLICATION_ID}; pragma user_version={VERSION}; begin; {_TABLES}")
        db.executemany("insert into meta values (?, ?)", meta.items())
        names = [*CHANGES.columns, "batch"]
        columns = [[None if value != value else value for value in table[name].tolist()] for name in names]
        marks = ", ".join("?" * len(names))
        db.executemany(f"insert into change ({', '.join(names)}) values ({marks})", zip(*columns, strict=True))
        db.execute("commit")
        db.execute("pragma wal_checkpoint(truncate)")
    finally:
        db.close()
    with path.open("rb") as made:
        os.fsync(made.fileno())


def _beside(path: Path) -> tuple[Path, Path]:
    """SQLite's own files beside a database."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def connect(path: Path) -> sqlite3.Connection:
    """The database at `path` as it is, made when missing."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    return db


def unwritable(path: Path, error: Exception) -> SyncjobError:
    """What to raise when it can't be written."""
    return SyncjobError(
        f"The journal {path} can't be written: {error}.",
        code="journal_unwritable",
        advice="Free disk space or mend the folder's permissions, then run syncjob resume.",
    )


def unusable(path: Path, why: str) -> SyncjobError:
    """What to raise when it is damaged, or somebody else's."""
    return SyncjobError(
        f"The journal {path} can't be used: {why}.",
        code="journal_damaged",
        advice="Nothing was changed in it. Move it away to start afresh; restore it from a backup to go on.",
    )
