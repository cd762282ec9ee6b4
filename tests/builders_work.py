"""A plan against the emulator, without spreadsheets: wanted contacts in, journal and outcomes out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import orjson
import pandas as pd

from syncjob.behaviour import UNKNOWN, Behaviour
from syncjob.differ import Known, Rules, compare
from syncjob.emulator import Emulator
from syncjob.errors import SyncjobError
from syncjob.executor import Settings, Work, execute
from syncjob.journal import Journal
from syncjob.listing import Listing, Pages, Threads, scan
from syncjob.planner import Drafted, draft
from syncjob.remotes import fitted
from syncjob.remotes.exotel_contacts import ExotelContacts
from syncjob.schema import FIELDS, ROWS
from syncjob.transport import Auth, Transport

ALL = Rules(remote_only="delete", owned="all")
QUICK = Settings(concurrency=4, timeout=0.4, look_again=0.0)


def number(n: int) -> str:
    """The n-th of a row of plainly invented numbers."""
    return f"+9198000{n:05d}"


def row(n: int, **fields: str) -> dict[str, str]:
    """A wanted contact."""
    return {"number": number(n), **fields}


def rows_of(wanted: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """schema.ROWS of wanted contacts; `custom_field` may be a dict."""
    lines = []
    for place, contact in enumerate(wanted):
        fields = {name: contact.get(name) for name in FIELDS}
        if isinstance(fields["custom_field"], dict):
            fields["custom_field"] = orjson.dumps(fields["custom_field"], option=orjson.OPT_SORT_KEYS).decode()
        about = {"row_id": place, "table": 0, "position": place, "source": "a.csv", "row": place + 2}
        lines.append({**about, "raw": contact["number"], "number": contact["number"], **fields})
    frame = pd.DataFrame(lines) if lines else ROWS.empty()
    return ROWS.check(ROWS.shape(frame))


@dataclass
class Carried:
    """A plan carried out: the journal's frame, what ended it, the executor's work, and the seconds it waited."""

    changes: pd.DataFrame
    error: SyncjobError | None
    work: Work
    drafted: Drafted
    waits: list[float]

    def outcomes(self) -> dict[str, str]:
        """number → outcome, or the state where there is none."""
        told = self.changes["outcome"].fillna(self.changes["state"])
        return dict(zip(self.changes["number"], told, strict=True))

    def reasons(self) -> dict[str, str]:
        """number → reason, where there is one."""
        told = self.changes.dropna(subset=["reason"])
        return dict(zip(told["number"], told["reason"], strict=True))


class Jump:
    """The time of day, which jumps over every wait: nothing sleeps, and no pause is spun away either."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Be that much later."""
        with self._lock:
            self._ahead += seconds


def remote_of(emulator: Emulator, *, timeout: float = 0.4, concurrency: int = 4) -> ExotelContacts:
    """The client of an emulator; waits between tries are jumped over."""
    clock = Jump()
    transport = Transport(
        emulator.url,
        Auth.basic(emulator.key, emulator.token),
        rate=None,
        concurrency=concurrency,
        timeout=timeout,
        clock=clock,
        sleep=clock.sleep,
    )
    return ExotelContacts(transport, emulator.account)


@dataclass(frozen=True)
class Planned:
    """What was listed, and what is to be done."""

    listing: Listing
    drafted: Drafted


def planned(remote: ExotelContacts, wanted: Iterable[Mapping[str, object]], rules: Rules = ALL) -> Planned:
    """List, compare, plan."""
    listing = scan(Pages(remote.page, Threads(4)), "IN")
    return Planned(listing, draft(compare(rows_of(wanted), listing.contacts, rules, Known())))


def carry_out(
    emulator: Emulator,
    wanted: Iterable[Mapping[str, object]],
    folder: Path,
    *,
    rules: Rules = ALL,
    settings: Settings = QUICK,
    between: object = None,
    behaviour: Behaviour = UNKNOWN,
    plan: Planned | None = None,
) -> Carried:
    """List, compare, plan, then execute against `emulator`. `between(emulator)` happens after the listing.

    `behaviour` is what was proven of the account; `plan` is that of an emulator which held the same.
    """
    clock, waits = Jump(), list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.sleep(seconds)

    remote = remote_of(emulator, timeout=settings.timeout)
    remote.abilities = fitted(remote.abilities, behaviour)
    plan = plan or planned(remote, wanted, rules)
    if callable(between):
        between(emulator)
    with Journal.create(folder / "journal.db", {"run_id": "r"}, plan.drafted.table) as journal:
        work = Work(
            remote,
            journal,
            Threads(4),
            known=set(plan.listing.contacts["sid"]),
            total=plan.listing.total,
            settings=replace(settings, rules=rules),
            now=lambda: datetime.fromtimestamp(clock()).astimezone(),
            wait=wait,
        )
        error: SyncjobError | None = None
        try:
            execute(work)
        except SyncjobError as found:
            error = found
        return Carried(journal.frame(), error, work, plan.drafted, waits)


def held(emulator: Emulator) -> dict[str, dict[str, object]]:
    """number → what the remote holds, empty fields left out; fails when a number is held twice."""
    found: dict[str, dict[str, object]] = {}
    for contact in emulator.store.export(plain=True):
        assert contact["number"] not in found, f"{contact['number']} is held twice"
        found[str(contact["number"])] = {k: v for k, v in contact.items() if v not in (None, "", {}) and k != "number"}
    return found


def drop(emulator: Emulator, key: str) -> None:
    """Somebody else deletes the contact with this number."""
    found = next(contact for contact in emulator.store.export() if contact["number"] == key)
    emulator.store.remove(str(found["sid"]))
