"""A list's job that is killed, cut off or refused in the middle ends as if it had never been."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncjob.emulator import Emulator
from syncjob.job.session import Session
from syncjob.model import Batch, Reply
from syncjob.remotes.exotel_list import ExotelList
from tests.builders_list import Killed, killed_at
from tests.builders_work import number
from tests.journey.builders import people
from tests.journey.builders_lists import ListDesk, numbers
from tests.journey.killing import CONFIG, Killer, Served, ended, killed_until_done

pytestmark = pytest.mark.usefixtures("reads_here")
BOTH: dict[str, Any] = {
    "sync": {"remote_only": "delete", "owned": "all", "batch_size": 2},
    "limits": {"deletes": {"percent": None}},
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits pass at once."""
    monkeypatch.setattr(Session, "wait", lambda _session, _seconds: None)
    monkeypatch.setattr("syncjob.pacing.Backoff.wait", lambda *_: 0.0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ListDesk]:
    """Members 1–5 and contacts 1–7; the sheet wants 3–9."""
    with Emulator() as remote:
        made = ListDesk(tmp_path, remote)
        made.seed(*people(range(1, 8)))
        made.of_list(**BOTH)
        made.sheet(people(range(3, 10)))
        yield made


LEAVING = dict.fromkeys(numbers(1, 2), "removed")
WANTED = ["unchanged"] * 3 + ["added"] * 2 + ["added/contact_first"] * 2


def is_done(desk: ListDesk, diwali: str) -> bool:
    """Rows, list and address book are those of an uninterrupted run."""
    assert desk.outcomes() == WANTED
    assert {number: word.removesuffix("/already_gone") for number, word in desk.only().items()} == LEAVING
    assert sorted(desk.members(diwali)) == numbers(range(3, 10))
    assert len(desk.remote.store) == 9
    return True


@pytest.mark.parametrize(("nth", "after"), [(1, True), (3, False), (4, True)])
def test_killed_at_any_write_and_resumed_it_ends_as_it_would_have(
    desk: ListDesk, monkeypatch: pytest.MonkeyPatch, nth: int, after: bool
) -> None:
    diwali = desk.list("Diwali", *range(5))
    with killed_at(nth, after=after):
        assert desk("run", "--yes").code == 1
    said = desk("resume")
    assert said.code == 0, said.err
    assert is_done(desk, diwali)
    joins = [reference for entry in desk.remote.log.of("member_add") for reference in entry.body["contact_references"]]
    assert len(joins) == len(numbers(range(6, 10)))


def test_refused_credentials_stop_at_once_and_resume_goes_on(desk: ListDesk) -> None:
    diwali = desk.list("Diwali", *range(5))
    desk.remote.faults.add("error", call="member_add", status=401)
    said = desk("run", "--yes")
    assert said.code == 6
    assert "not_sent/run_ended" in [*desk.outcomes(), *desk.only().values()]
    assert desk("resume").code == 0
    assert is_done(desk, diwali)


def test_a_run_settles_what_an_interrupted_one_left_and_sends_nothing_twice(
    desk: ListDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    diwali = desk.list("Diwali", *range(5))
    send = ExotelList.send

    def killed(remote: ExotelList, batch: Batch) -> tuple[Reply, ...]:
        done = send(remote, batch)
        if batch.verb == "add":
            raise Killed
        return done

    with monkeypatch.context() as patched:
        patched.setattr(ExotelList, "send", killed)
        assert desk("run", "--yes").code == 1
    assert desk("run", "--yes").code == 0
    assert sorted(desk.members(diwali)) == numbers(range(3, 10))
    assert len(desk.remote.log.of("create")) == 1
    assert len(desk.remote.log.of("member_add")) == 2


def test_a_list_is_made_once_however_often_it_is_killed(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ExotelList.make

    def killed(remote: ExotelList) -> str | None:
        make(remote)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ExotelList, "make", killed)
        assert desk("run", "--yes", "--create-list").code == 1
    assert desk("resume").code == 0
    (made,) = desk.remote.store.lists
    assert desk.members(made) == numbers(range(3, 10))


@dataclass
class ServedList(Served):
    """The emulator in another process, and one list of its account."""

    sid: str = ""

    def members(self) -> list[str]:
        (found,) = [one for one in self.ask("lists") if one["sid"] == self.sid]
        return sorted(str(each) for each in found["members"])  # type: ignore[attr-defined]


def prepared(remote: Served, folder: Path) -> ServedList:
    """Members 0–9 and contacts 0–13; the sheet wants 4–19, one of whom is refused."""
    remote.ask("reset")
    remote.ask("seed", contacts=people(range(14)))
    remote.ask("rows", number=number(16), text="on no list", code=400)
    sids = [str(one["sid"]) for one in remote.ask("dump")]
    made = remote.ask("lists", name="Diwali", members=sids[:10])
    folder.mkdir(parents=True)
    rows = [f"{number(n)},Name {n}" for n in range(4, 20)]
    (folder / "contacts.csv").write_text("\n".join(["Phone,First Name", *rows, ""]))
    config = CONFIG.format(**remote.about, listing="scan")
    of_list = config.replace("remote:\n", "remote:\n  kind: exotel_list\n  list: Diwali\n")
    (folder / "config.yaml").write_text(of_list)
    return ServedList(remote.about, str(made["sid"]))  # type: ignore[call-overload]


def test_killed_at_random_steps_a_list_ends_as_in_an_uninterrupted_run(
    tmp_path: Path, served: Served, hand: Killer, kills: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(f"{seed}/list")
    on, before = prepared(served, tmp_path / "whole"), hand.kills
    code, moments = hand.run(tmp_path / "whole", "run", kill_after=0)
    assert code == 0, (tmp_path / "whole" / "log.txt").read_text()
    wanted, members = ended(served, tmp_path / "whole", code), on.members()
    told = {row["sync_outcome"] for row in wanted.rows}
    assert told == {"added", "unchanged", "rejected"}
    assert wanted.only == {"removed": 4}
    while hand.kills - before < max(1, kills // 20):
        folder = tmp_path / f"kill-{hand.kills}-{chance.randrange(10**6)}"
        on = prepared(served, folder)
        found = killed_until_done(served, hand, folder, moments, chance.random(), chance)
        assert (found, on.members()) == (wanted, members), (found.trail, (folder / "log.txt").read_text())
    say(f"a list: {hand.kills - before} kills, {moments[-1]} steps in a whole run")


def test_who_does_not_fit_the_budget_stays_on_the_list(desk: ListDesk) -> None:
    diwali = desk.list("Diwali", *range(5))
    desk.of_list(**{**BOTH, "limits": {**BOTH["limits"], "requests": 10}})
    assert desk("run", "--yes").code == 3
    assert sorted(desk.only().values()) == ["held/budget", "removed"]
    assert len(desk.members(diwali)) == 8


def test_too_many_who_would_leave_may_be_held(desk: ListDesk) -> None:
    diwali = desk.list("Diwali", *range(5))
    desk.of_list(**{**BOTH, "limits": {"deletes": {"count": 1, "over": "hold"}}})
    assert desk("run", "--yes").code == 3
    assert set(desk.only().values()) == {"held/too_many_deletes"}
    assert sorted(desk.members(diwali)) == numbers(range(1, 10))
