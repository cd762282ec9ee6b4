"""Every fault of the emulator, alone and in pairs, with requests in flight: nothing twice, nothing lost, all true."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from syncjob.emulator import Emulator, Switches
from syncjob.errors import RemoteError
from tests.builders_work import Carried, Planned, carry_out, planned, remote_of, row

TROUBLES: dict[str, tuple[dict[str, object], ...]] = {
    "too_many": tuple({"retry_after": kind, "seconds": 0.01} for kind in ("seconds", "date", "none")),
    "error": tuple({"when": when, "shape": shape} for when in ("before", "after") for shape in ("envelope", "html")),
    "cut": ({"when": "before"}, {"when": "after"}, {"when": "after", "reset": True}),
    "hold": ({"when": "after"},),
    "short": ({},),
    "html": ({"when": "before"}, {"when": "after"}, {"status": 200}),
    "garbage": ({},),
    "entries_missing": ({"rows": (0, 2)},),
    "entries_cut": ({"count": 3},),
    "entries_shuffled": ({},),
    "wrong_total": ({"count": 7}, {"count": -7}),
    "empty_page": ({},),
    "lost_page": ({},),
}
PAGES_ONLY = ("wrong_total", "empty_page", "lost_page")
BULK_ONLY = ("entries_missing", "entries_cut", "entries_shuffled")
CALLS = ("page", "create", "update_many", "delete", "read")


@dataclass(frozen=True)
class Fault:
    """One trouble on one call; `nth` request of that call meets it, `times` times."""

    action: str
    call: str
    options: tuple[tuple[str, object], ...]
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.call}-{self.action}-{'-'.join(str(value) for _, value in self.options)}"


def every_fault() -> list[Fault]:
    found = []
    for (action, variants), call in itertools.product(TROUBLES.items(), CALLS):
        if (action in PAGES_ONLY and call != "page") or (action in BULK_ONLY and call not in ("create", "update_many")):
            continue
        found += [Fault(action, call, tuple(options.items())) for options in variants]
    return found


def every_pair() -> list[tuple[Fault, Fault]]:
    """Shuffled always alike, so that the first N are a fair sample."""
    pairs = list(itertools.product(every_fault(), repeat=2))
    return random.Random(11).sample(pairs, len(pairs))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`--pairs N`: how many pairs are tried; by default few enough for every day."""
    if "pair" in metafunc.fixturenames:
        wanted = int(metafunc.config.getoption("--pairs"))
        metafunc.parametrize("pair", every_pair()[:wanted], ids=lambda pair: f"{pair[0]}+{pair[1]}")


THERE = [row(n, tag="old" if n >= 10 else "new", last_name="Rao") for n in range(30)]
WANTED = [row(n, tag="new") for n in (*range(20), *range(40, 50))]
"""Forty contacts wanted, thirty there: ten to make, ten to change, ten to delete, ten as they are."""


@cache
def untroubled() -> Planned:
    """The plan where no fault meets the listing: every emulator gives its contacts the same sids."""
    with Emulator() as remote:
        remote.store.seed(THERE)
        return planned(remote_of(remote), WANTED)


def troubled(remote: Emulator, faults: tuple[Fault, ...], folder: Path) -> Carried | None:
    """The plan carried out; with the listing where it may be met."""
    remote.store.seed(THERE)
    plan = untroubled() if faults and all(fault.call != "page" for fault in faults) else None
    for fault in faults:
        remote.faults.add(fault.action, call=fault.call, nth=fault.nth, **dict(fault.options))  # type: ignore[arg-type]
    try:
        return carry_out(remote, WANTED, folder, plan=plan)
    except RemoteError:
        assert not remote.log.applied(), "the listing was refused, yet something was written"
        return None


def check_truth(remote: Emulator, done: Carried) -> None:
    """No number is held twice, and every outcome is what the remote holds."""
    remote.faults.clear()
    contacts = remote.store.export(plain=True)
    held = {str(contact["number"]): contact for contact in contacts}
    assert len(held) == len(contacts), "a number is held twice"
    verbs = dict(zip(done.changes["number"], done.changes["verb"], strict=True))
    for key, outcome in done.outcomes().items():
        there = held.get(key)
        if outcome in ("created", "updated", "unchanged"):
            assert there is not None, (key, outcome)
            assert there["tag"] == "new", (key, outcome)
        elif outcome == "deleted":
            assert there is None, key
        elif outcome in ("rejected", "failed", "not_sent", "planned", "held"):
            landed = there is None if verbs[key] == "delete" else there is not None and there["tag"] == "new"
            assert not landed, (key, outcome)
        else:
            assert outcome in ("unknown", "sent"), (key, outcome)


def single_faults() -> list[tuple[Fault, str]]:
    """Every fault where a duplicate is stored twice; those of a create also where it is answered with what is there."""
    alone = [(fault, "both_stored") for fault in every_fault()]
    return [*alone, *((fault, "existing") for fault in every_fault() if fault.call == "create")]


@pytest.mark.parametrize(("fault", "duplicate"), single_faults(), ids=str)
def test_a_fault_leaves_nothing_twice_and_every_outcome_true(tmp_path: Path, fault: Fault, duplicate: str) -> None:
    with Emulator(Switches(duplicate=duplicate)) as remote:  # type: ignore[arg-type]
        done = troubled(remote, (fault,), tmp_path)
        if done:
            check_truth(remote, done)


def test_two_faults_leave_nothing_twice_and_every_outcome_true(tmp_path: Path, pair: tuple[Fault, Fault]) -> None:
    with Emulator(Switches(duplicate="both_stored")) as remote:
        done = troubled(remote, pair, tmp_path)
        if done:
            check_truth(remote, done)


@pytest.mark.parametrize("chance", range(12))
def test_troubles_at_random_leave_nothing_twice_and_every_outcome_true(tmp_path: Path, chance: int) -> None:
    with Emulator(Switches(duplicate="both_stored")) as remote:
        for fault in random.Random(chance).sample(every_fault(), 6):
            options = dict(fault.options)
            remote.faults.add(fault.action, call=fault.call, times=3, chance=0.4, **options)  # type: ignore[arg-type]
        done = troubled(remote, (), tmp_path)
        if done:
            check_truth(remote, done)
