"""Ctrl-C and SIGTERM at every phase: no new work, what is in flight is settled, results, 130 or 143, and resume."""

from __future__ import annotations

import os
import pty
import signal
import sys
from collections.abc import Callable

import pytest

from syncjob.journal import Journal
from tests.builders_work import number
from tests.journey.builders import Desk, people, person
from tests.journey.builders_hostile import Forge, Running

Setting = Callable[[Desk], None]


def laid_out(desk: Desk, **sync: object) -> None:
    """A job whose run changes 1–4, adds 5–9 and removes 0, in batches of two."""
    desk.seed(*people(range(5), tag="old"))
    desk.config(
        source={"files": ["contacts.csv"]},
        sync={"remote_only": "delete", "owned": "all", "batch_size": 2, **sync},
        limits={"deletes": {"percent": 100}, "updates": {"percent": 100}},
        remote={"timeout": 5, "concurrency": 2},
    )
    desk.sheet(people(range(1, 10), tag="new"))


WANTED = {number(n): {"first_name": f"Name {n}", "tag": "new"} for n in range(1, 10)}


def unsettled(desk: Desk) -> list[str]:
    """The states of changes in the newest journal that are neither settled nor planned."""
    path = max((desk.folder / "state").rglob("journal.db"), key=lambda found: found.parent.name)
    with Journal.open(path) as journal:
        return [state for state in journal.frame()["state"] if state not in ("settled", "planned")]


def resumed(desk: Desk) -> None:
    """`resume` ends the run, every contact is as wanted, and nothing was created twice."""
    said = desk("resume", "--yes")
    assert said.code == 0, said.err
    assert {key: {k: v for k, v in c.items() if k in ("first_name", "tag")} for key, c in desk.held().items()} == WANTED
    assert all(outcome.split("/")[0] in ("created", "updated") for outcome in desk.outcomes())
    assert desk.summary()["remote_only"] == {"deleted": 1}
    assert len(desk.remote.log.of("create")) == 3  # two, two, one: none twice


def stopped_at(desk: Desk, forge: Forge, call: str, number: signal.Signals, nth: int = 1) -> Running:
    """A run whose `nth` request of this kind is held when the signal comes."""
    desk.remote.faults.add("hold", call=call, nth=nth, seconds=20, when="late")
    running = forge.start(desk, "run", "--yes")
    assert desk.remote.gate.until_waiting()
    running.signal(number)
    running.heard()
    return running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("call", ["create", "update"])
def test_what_is_in_flight_is_settled_and_the_rest_waits_for_resume(
    desk: Desk, forge: Forge, call: str, number: signal.Signals, code: int
) -> None:
    laid_out(desk)
    running = stopped_at(desk, forge, call, number)
    desk.remote.gate.release()
    said = running.wait()
    assert said.code == code, said.err
    assert "Traceback" not in said.err
    assert len(desk.remote.log.of(call)) == 1
    assert unsettled(desk) == []
    outcomes = desk.outcomes()
    assert outcomes.count("created") + outcomes.count("updated") == (2 if call == "create" else 7)
    assert "not_sent/run_ended" in outcomes
    assert (desk.summary()["exit_code"], desk.only()) == (code, {"+919800000000": "not_sent/run_ended"})
    resumed(desk)
