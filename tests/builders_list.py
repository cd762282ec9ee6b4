"""A plan of a list against the emulator, without spreadsheets; killed where a test says so, and taken up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from syncjob.differ import Known, Rules, compare
from syncjob.emulator import Emulator
from syncjob.executor import Work, execute
from syncjob.journal import Journal
from syncjob.listing import Pages, Threads, scan
from syncjob.membership import of_members, one_each, placed
from syncjob.model import Batch, Reply
from syncjob.planner import draft
from syncjob.remotes.exotel_list import ExotelList
from syncjob.transport import Auth, Transport
from tests.builders_work import QUICK, Jump, number, row, rows_of

RULES = Rules(mode="create", remote_only="delete", owned="all")
SIZES = {"create": 2, "add": 2}
QUICK_LIST = replace(QUICK, batch_size=2, rules=RULES)
LEFT, JOINED, MADE = [number(n) for n in (1, 2)], [number(n) for n in (6, 7)], [number(n) for n in (8, 9)]


class Killed(BaseException):
    """The process is gone: nothing of the program sees it but the command line."""


@contextmanager
def killed_at(nth: int, *, after: bool) -> Iterator[None]:
    """The `nth` request of a list's remote ends the process, before it left or after it was applied."""
    sent, send = 0, ExotelList.send

    def killed(remote: ExotelList, batch: Batch) -> tuple[Reply, ...]:
        nonlocal sent
        sent += 1
        if sent != nth:
            return send(remote, batch)
        if after:
            send(remote, batch)
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ExotelList, "send", killed)
        yield


@dataclass
class ListWork:
    """Members 1–5 of contacts 1–7, whose list shall hold 3–9; `folder` keeps the journal."""

    emulator: Emulator
    folder: Path

    def __post_init__(self) -> None:
        held = self.emulator.store.seed([row(n, first_name="There") for n in range(1, 8)])
        self.sid = self.emulator.lists.add("Diwali", [contact.sid for contact in held[:5]])
        clock = Jump()
        auth = Auth.basic(self.emulator.key, self.emulator.token)
        transport = Transport(
            self.emulator.url, auth, rate=None, concurrency=4, timeout=0.4, clock=clock, sleep=clock.sleep
        )
        self.remote = ExotelList(transport, self.emulator.account, "Diwali", self.sid)

    def plan(self) -> None:
        """Write the plan down; it is made once, for an emulator's sids are the same each time."""
        self._book, table = _planned()
        Journal.create(self.folder / "journal.db", {"run_id": "r"}, table, SIZES).close()

    def go_on(self, wait: Callable[[float], None] = lambda _seconds: None) -> pd.DataFrame:
        """Carry out what the journal still holds; its frame."""
        with Journal.open(self.folder / "journal.db") as journal:
            execute(
                Work(
                    self.remote,
                    journal,
                    Threads(4),
                    known=set(self._book) | journal.known_sids(),
                    total=len(self._book),
                    settings=QUICK_LIST,
                    now=lambda: datetime.now().astimezone(),
                    wait=wait,
                )
            )
            return journal.frame()

    def told(self, changes: pd.DataFrame) -> dict[str, str]:
        """number → how the last step for it ended, with its reason where there is one."""
        ended = one_each(changes.assign(outcome=changes["outcome"].fillna(changes["state"])))
        words = ended["outcome"] + ("/" + ended["reason"]).fillna("")
        return dict(zip(ended["number"], words, strict=True))

    def is_done(self, changes: pd.DataFrame) -> bool:
        """Whether all of it was done, and the list and the address book hold just that."""
        wanted = (
            dict.fromkeys(LEFT, "removed") | dict.fromkeys(JOINED, "added") | dict.fromkeys(MADE, "added/contact_first")
        )
        assert {number: word.removesuffix("/already_gone") for number, word in self.told(changes).items()} == wanted
        assert self.members() == [number(n) for n in range(3, 10)]
        assert len(self.emulator.store) == 9
        return True

    def members(self) -> list[str]:
        """The numbers of the list's members."""
        return sorted(self.emulator.lists.numbers(self.sid))


@cache
def _planned() -> tuple[frozenset[str], pd.DataFrame]:
    """The sids of the address book, and the changes that make the list hold 3–9."""
    with Emulator() as emulator:
        work = ListWork(emulator, Path())
        fetches = (work.remote.members, work.remote.page)
        members, book = (scan(Pages(fetch, Threads(1)), "IN").contacts for fetch in fetches)
    rows = rows_of([row(n, first_name="Sheet") for n in range(3, 10)])
    drafted = placed(draft(of_members(compare(rows, members, RULES, Known()))), book)
    return frozenset(book["sid"]), drafted.table
