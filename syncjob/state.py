"""The state folder: where an account's lock, shared rate, memory and runs lie. Folders are 0700, files 0600.

<state>/<account>/lock · lock.json · rate · memory.db · contacts/<job>.parquet · runs/<run id>/
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncjob.errors import LockHeld, SyncjobError

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


def open_account(state_dir: Path, identity: str) -> Account:
    """The folder of an account, made when missing. `identity` names account and host."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", identity)
    account = Account(state_dir / name)
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


def new_run(account: Account, now: datetime) -> str:
    """A run id that no other run of the account has: local time, and four hex digits of chance."""
    while True:
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        try:
            account.run(run_id).mkdir(mode=0o700)
        except FileExistsError:
            continue
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
) -> Iterator[None]:
    """Hold the account's lock: an OS lock that dies with its owner.

    Raises `LockHeld`, naming the owner and since when, after `wait_minutes`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(account.folder / "lock", mode=0o600)
    until = clock() + wait_minutes * 60
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if clock() >= until:
                raise LockHeld(
                    f"Another run is at work on this account: {_owner(account)}.",
                    advice="Wait for it, or use --wait MINUTES.",
                ) from None
            sleep(min(LOOK_EVERY, max(0.0, until - clock())))
    note = account.folder / "lock.json"
    about = {"owner": owner, "pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat("T", "seconds")}
    write_private(note, json.dumps(about).encode())
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _owner(account: Account) -> str:
    try:
        about = json.loads((account.folder / "lock.json").read_text())
        return f"{about['owner']} (process {about['pid']} on {about['host']}, since {about['since']})"
    except (OSError, ValueError, KeyError):
        return "its name is not known"


def write_private(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all, for its owner's eyes only."""
    aside = path.with_name(path.name + ".new")
    handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
