"""Others at work on the same address book, and a job that looks at it without sending anything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from syncjob.behaviour import Behaviour
from syncjob.config import load
from syncjob.emulator import Emulator
from syncjob.emulator.wire import Reply, Request
from syncjob.job.looking import Looked, look
from syncjob.job.preparing import rules_of
from syncjob.job.session import Session, Silent, open_session
from syncjob.loader.table import Loaded
from syncjob.memory import Memory
from syncjob.state import open_account
from tests.builders_work import number, rows_of

EDITS: tuple[Mapping[str, str], ...] = (
    {"first_name": "By Others"},
    {"tag": "theirs"},
    {"company_name": "Elsewhere"},
)


def edit(remote: Emulator, key: str, **fields: object) -> None:
    """Somebody else changes fields of the contact with this number."""
    found = remote.store.find_number(key)
    assert found is not None
    remote.store.change(found, dict(fields))  # type: ignore[arg-type]


def add(remote: Emulator, n: int, **fields: str) -> None:
    """Somebody else adds the n-th invented person."""
    remote.store.add({"first_name": f"Other {n}", **fields}, number=number(n), key=number(n))


def prove(remote: Emulator, state: Path, **answers: str) -> None:
    """As if the probe had proven that a number twice is refused with the contact that has it."""
    usual = {"duplicate": "conflict", "conflict_tells": "contact", "repeated": "conflict"}
    memory = Memory(open_account(state, f"{remote.url.removeprefix('http://')}/{remote.account}"))
    memory.keep_fact("behaviour", Behaviour({**usual, **answers}, "2026-11-20").to_text())
    memory.close()


class Busy(Emulator):
    """An emulator on which others are at work while requests come in: `rate` is how often, per request."""

    rate = 0.0
    chance = random.Random(1)
    touched: set[str]

    def handle(self, request: Request) -> Reply:
        if self.rate and self.chance.random() < self.rate:
            self.touched |= churn(self, self.chance)
        return super().handle(request)


def churn(remote: Emulator, chance: random.Random, *, edits: bool = True) -> set[str]:
    """One thing that others do; the numbers that it concerns."""
    held = [str(contact["number"]) for contact in remote.store.export(plain=True)]
    what = chance.choice(["add", "remove", *(["edit"] if edits else [])])
    if what == "add" or not held:
        n = next(n for n in iter(lambda: chance.randrange(2000, 90000), None) if number(n) not in held)
        add(remote, n)
        return {number(n)}
    key = chance.choice(held)
    found = remote.store.find_number(key)
    assert found is not None
    if what == "remove":
        remote.store.remove(found.sid)
    else:
        edit(remote, key, **chance.choice(EDITS))
    return {key}


class Looker:
    """A job that looks at an account again and again, as its config says, and sends nothing."""

    def __init__(self, folder: Path, book: Emulator, **groups: Any) -> None:
        self.folder, self.book, self.groups = folder, book, groups
        self.later = timedelta()

    @contextmanager
    def session(self, **groups: Any) -> Iterator[Session]:
        """The job's session; `groups` lie over those of the job, remote: within."""
        groups = {**self.groups, **groups}
        about = {"base_url": self.book.url, "account_sid": self.book.account, "rate": "off", "concurrency": 2}
        about |= {"api_key": self.book.key, "api_token": self.book.token, "listing": "cached"}
        remote = {**about, **self.groups.get("remote", {}), **groups.pop("remote", {})}
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump({"job": "leads", "remote": remote, "state": {"dir": "state"}, **groups}))
        with open_session(load(path, env={}, need_remote=True), Silent()) as session:
            session.now = lambda: datetime.now().astimezone() + self.later
            yield session

    def look(self, wanted: list[dict[str, str]], **groups: Any) -> Looked:
        """What the job sees, and would do with these contacts in its sheet."""
        self.book.log.clear()
        with self.session(**groups) as session:
            return look(session, Loaded((), (), rows_of(wanted), None), rules_of(session.config, whole=True))

    @property
    def calls(self) -> list[str]:
        """The requests of the last look."""
        return sorted(entry.call for entry in self.book.log)


def verdicts(found: Looked) -> dict[str, str]:
    """number → verdict, or verdict/reason, of every row and of every contact that no row names; "as of" left out."""
    told = {}
    for frame in (found.diff.verdicts, found.diff.leftovers):
        columns = (frame[name].tolist() for name in ("number", "verdict", "reason"))
        for key, verdict, reason in zip(*columns, strict=True):
            told[str(key)] = f"{verdict}/{reason}" if isinstance(reason, str) and reason != "as_of" else str(verdict)
    return told


def undated(found: Looked) -> set[str]:
    """The numbers of rows without a change whose contact was read in this look."""
    frame = found.diff.verdicts
    return set(frame["number"][(frame["verdict"] == "unchanged") & frame["reason"].isna()])
