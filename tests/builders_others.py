"""Others at work on the same address book: they add, edit and remove contacts, between runs and during them."""

from __future__ import annotations

import random
from collections.abc import Mapping

from syncjob.behaviour import Behaviour
from syncjob.emulator import Emulator
from syncjob.emulator.wire import Reply, Request
from syncjob.memory import Memory
from syncjob.state import open_account
from tests.builders_work import number
from tests.journey.builders import Desk


def edit(remote: Emulator, key: str, **fields: object) -> None:
    """Somebody else changes fields of the contact with this number."""
    found = remote.store.find_number(key)
    assert found is not None
    remote.store.change(found, dict(fields))  # type: ignore[arg-type]


def add(remote: Emulator, n: int, **fields: str) -> None:
    """Somebody else adds the n-th invented person."""
    remote.store.add({"first_name": f"Other {n}", **fields}, number=number(n), key=number(n))


def prove(desk: Desk, **answers: str) -> None:
    """As if the probe had proven that a number twice is refused with the contact that has it."""
    usual = {"duplicate": "conflict", "conflict_tells": "contact", "repeated": "conflict"}
    identity = f"{desk.remote.url.removeprefix('http://')}/{desk.remote.account}"
    memory = Memory(open_account(desk.folder / "state", identity))
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


EDITS: tuple[Mapping[str, str], ...] = (
    {"first_name": "By Others"},
    {"tag": "theirs"},
    {"company_name": "Elsewhere"},
)
