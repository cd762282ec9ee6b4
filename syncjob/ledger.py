"""The database of an account's memory: made when missing, looked into before it is used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from syncjob.errors import SyncjobError
from syncjob.state import look_into

APPLICATION_ID = 0x53594E4D
VERSION = 1

_RUNS = """
create table if not exists run (
    run_id text primary key, job text not null, sources text not null, state text not null, started text not null,
    ended text, exit_code integer, live integer not null, whole integer not null, undone integer not null default 0,
    good integer not null default 0, kind text not null, rows text, fields text, counts text, results text, plan_id text
)
"""

_FACTS = "create table if not exists fact (name text primary key, value text not null) without rowid"
"""Facts about the account: how it behaves, and the probe's contact while there is one."""


def open_ledger(path: Path) -> sqlite3.Connection:
    """The database at `path`. Raises `SyncjobError` (`journal_damaged`, `state_unwritable`)."""
    there = path.exists() and path.stat().st_size > 0
    if there:
        why_not = look_into(path, APPLICATION_ID, VERSION)
        if why_not:
            raise unusable(path, why_not)
    try:
        return _connect(path, new=not there)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(path, error) from error


def _connect(path: Path, *, new: bool) -> sqlite3.Connection:
    """The list of runs, made when missing: all of it in one transaction, so a half-made one is never met.

    `new`: it is nobody's yet. Of one that is there nothing is written, so opening it costs no trip to the disk.
    """
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        path.chmod(0o600)
        if new:
            db.execute("begin immediate")
            db.execute(f"pragma application_id={APPLICATION_ID}")
            db.execute(f"pragma user_version={VERSION}")
            db.execute(_RUNS)
            db.execute(_FACTS)
            db.execute("commit")
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
    except (OSError, sqlite3.Error):
        db.close()
        raise
    return db


def unwritable(path: Path, error: Exception) -> SyncjobError:
    """What to raise when it can't be written."""
    return SyncjobError(
        f"The memory {path} can't be written: {error}.",
        code="state_unwritable",
        advice="Free disk space or mend the folder's permissions, then run syncjob resume.",
    )


def unusable(path: Path, why: str) -> SyncjobError:
    """What to raise when it is damaged, or somebody else's."""
    return SyncjobError(
        f"The memory {path} can't be used: {why}.",
        code="journal_damaged",
        advice="Nothing was changed in it. Restore it from a backup, or move it away to start without memory.",
    )
