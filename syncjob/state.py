"""The state folder: where an account's lock, shared rate, memory and runs lie. Folders are 0700, files 0600.

<state>/<account>/lock · lock.json · rate · memory.db · contacts/<job>.parquet ·
numbers/<run id>.parquet · mappings/<job>.yaml · runs/<run id>/
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncjob.errors import LockHeld, SyncjobError

RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
"""What the id of a run looks like."""

LOOK_EVERY = 1.0
"""Seconds between two looks at a lock that is held."""


@dataclass(frozen=True)
class Account:
    """The folder of one account on one host."""

    folder: Path

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def rate(self) -> Path:
        return self.folder / "rate"

    def run(self, run_id: str) -> Path:
        """The folder of one run."""
        return self.runs / run_id


def account_at(state_dir: Path, identity: str) -> Account:
    """The place of an account's folder, for commands that only look; nothing is made."""
    return Account(state_dir / re.sub(r"[^A-Za-z0-9._-]+", "_", identity))


def open_account(state_dir: Path, identity: str) -> Account:
    """The folder of an account, made when missing. `identity` names account and host."""
    account = account_at(state_dir, identity)
    for folder in (state_dir, account.folder, account.runs, account.folder / "contacts"):
        private_folder(folder)
    return account


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into. Raises `SyncjobError` when that can't be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SyncjobError(
            f"The folder {folder} can't be made: {error.strerror}.",
            code="state_unwritable",
            advice="Give a folder that can be written as state.dir or results.dir, or mend its permissions.",
        ) from error


def look_into(path: Path, application_id: int, version: int) -> str | None:
    """Why the SQLite file at `path` is none of ours to write into, or None. Not a byte of it is changed."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
            return "it is damaged"
        if int.from_bytes(head[68:72], "big") != application_id:
            return "it was not made by syncjob"
        found = int.from_bytes(head[60:64], "big")
        if found != version:
            return f"its version is {found}, and this syncjob knows version {version}"
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
        try:
            sound = db.execute("pragma quick_check(1)").fetchone() == ("ok",)
        finally:
            db.close()
    except (OSError, sqlite3.DatabaseError) as error:
        return f"it can't be read ({error})"
    return None if sound else "it is damaged"


def new_run(account: Account, now: datetime) -> str:
    """A run id that no other run of the account has: local time, and four hex digits of chance."""
    while True:
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        try:
            account.run(run_id).mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(account.run(run_id), error) from error
        return run_id


@contextmanager
def locked(
    account: Account,
    owner: str,
    *,
    wait_minutes: float,
    now: datetime,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    note: Callable[[str], None] = lambda _sentence: None,
) -> Iterator[None]:
    """Hold the account's lock: an OS lock that dies with its owner.

    Raises `LockHeld`, naming the owner and since when, after `wait_minutes`; waiting is told to `note` once. `sleep`
    may raise, to end the wait.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(account.folder / "lock", mode=0o600)
    until, told = clock() + wait_minutes * 60, False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            said = f"Another run is at work on this account: {_owner(account)}."
            if clock() >= until:
                raise LockHeld(said, advice="Wait for it, or use --wait MINUTES.") from None
            if not told:
                note(f"{said} Waiting up to {wait_minutes:g} minutes for it to end.")
                told = True
            sleep(min(LOOK_EVERY, max(0.0, until - clock())))
        except OSError as error:
            raise _unwritable(account.folder / "lock", error) from error
    about = {"owner": owner, "pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat("T", "seconds")}
    card = account.folder / "lock.json"
    try:
        with suppress(OSError):  # a full disk: the lock holds without the card that says whose it is
            write_private(card, json.dumps(about).encode(), synced=False)  # it says nothing beyond this process
        yield
    finally:
        with suppress(OSError):
            card.unlink(missing_ok=True)
        lock.release()


def _unwritable(path: Path, error: OSError) -> SyncjobError:
    return SyncjobError(
        f"{path} can't be made: {error.strerror or error}.",
        code="state_unwritable",
        advice="Make room, or name another folder under state: dir.",
    )


def _owner(account: Account) -> str:
    try:
        about = json.loads((account.folder / "lock.json").read_text())
        return f"{about['owner']} (process {about['pid']} on {about['host']}, since {about['since']})"
    except (OSError, ValueError, KeyError):
        return "its name is not known"


def write_private(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Write a small file whole or not at all, for its owner's eyes only; `synced`: it is to outlive a power failure."""
    aside = path.with_name(path.name + ".new")
    handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        if synced:
            file.flush()
            os.fsync(file.fileno())
    aside.replace(path)


def sync_folder(folder: Path) -> None:
    """Make sure that what was renamed within `folder` stays so when power fails."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
