"""The next batch is made ready while the one before it is in flight, and nothing but that happens ahead."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from syncjob.emulator import Emulator
from syncjob.errors import NotDelivered, RemoteRefused
from syncjob.executor import Settings
from syncjob.journal import Journal
from syncjob.model import Batch
from syncjob.remotes.exotel_contacts import ExotelContacts
from tests.builders_work import carry_out, held, number, row

BY_THREE = Settings(batch_size=3, timeout=20, look_again=0)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, Event]:
    """Set, by the first number of a batch, once that batch was made ready."""
    seen = {number(n): Event() for n in range(12)}
    real = ExotelContacts.written

    def told(remote: ExotelContacts, batch: Batch) -> Batch:
        found = real(remote, batch)
        assert found.body
        seen[batch.changes[0].number].set()
        return found

    monkeypatch.setattr(ExotelContacts, "written", told)
    return seen


@pytest.mark.parametrize(("call", "outcome"), [("create", "created"), ("update_many", "updated")])
def test_the_next_batch_is_ready_before_the_reply_comes_and_its_intent_is_not_written(
    tmp_path: Path, written: dict[str, Event], call: str, outcome: str
) -> None:
    with Emulator() as remote:
        remote.store.seed([row(n, tag="old") for n in range(9)] if call == "update_many" else [])
        remote.faults.add("hold", call=call, when="late")
        states: list[str] = []

        def watcher() -> None:
            assert remote.gate.until_waiting()
            if written[number(3)].wait(20):
                with Journal.open(tmp_path / "journal.db") as journal:
                    states.extend(journal.frame()["state"])
            remote.gate.release()

        other = Thread(target=watcher)
        other.start()
        done = carry_out(remote, [row(n, tag="new") for n in range(9)], tmp_path, settings=BY_THREE)
        other.join()
        assert states == ["sent"] * 3 + ["planned"] * 6
        assert set(done.outcomes().values()) == {outcome}
        assert [len(entry.body["contacts"]) for entry in remote.log.of(call)] == [3, 3, 3]


def test_what_is_sent_is_what_was_made_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes | None] = []
    send = ExotelContacts.send

    def sending(remote: ExotelContacts, batch: Batch) -> object:
        bodies.append(batch.body)
        return send(remote, batch)

    monkeypatch.setattr(ExotelContacts, "send", sending)
    with Emulator() as remote:
        carry_out(remote, [row(n) for n in range(7)], tmp_path, settings=BY_THREE)
        assert [body is not None for body in bodies] == [False, True, True]
        assert len(held(remote)) == 7


def test_a_batch_made_ready_is_dropped_when_rows_before_it_must_go_again(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.fail_once(number(1), 429)
        done = carry_out(remote, [row(n) for n in range(9)], tmp_path, settings=BY_THREE)
        assert set(done.outcomes().values()) == {"created"}
        sent = [[contact["number"] for contact in entry.body["contacts"]] for entry in remote.log.of("create")]
        assert sent[1] == [number(1), number(3), number(4)]
        assert len(held(remote)) == 9


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_reply_is_settled_before_the_batch_that_is_ready_leaves(tmp_path: Path, when: str) -> None:
    with Emulator() as remote:
        remote.faults.add("cut", call="create", when=when)
        done = carry_out(remote, [row(n) for n in range(6)], tmp_path, settings=BY_THREE)
        assert set(done.outcomes().values()) == {"created"}
        calls = [entry.call for entry in remote.log if entry.call in ("create", "page")]
        first = calls.index("create")
        assert calls[first + 1] == "page"
        assert len(held(remote)) == 6


def test_a_refusal_of_the_run_leaves_the_batch_that_is_ready_unsent(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("error", call="create", status=401)
        done = carry_out(remote, [row(n) for n in range(9)], tmp_path, settings=BY_THREE)
        assert isinstance(done.error, RemoteRefused)
        assert set(done.outcomes().values()) == {"planned"}
        assert len(remote.log.of("create")) == 1


def test_what_can_not_be_made_ready_is_told_at_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_remote: ExotelContacts, _batch: Batch) -> Batch:
        raise NotDelivered("no", words="no")

    monkeypatch.setattr(ExotelContacts, "written", broken)
    with Emulator() as remote:
        done = carry_out(remote, [row(n) for n in range(9)], tmp_path, settings=BY_THREE)
        assert set(done.outcomes().values()) == {"created"}
        assert len(remote.log.of("create")) == 3
