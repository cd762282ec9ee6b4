"""A job goes by what the probe has proven of its account, and assumes nothing else."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncjob.behaviour import Behaviour
from syncjob.emulator import Emulator, Switches
from syncjob.emulator.wire import Reply, Request
from syncjob.model import Batch, Change
from tests.builders_past import past
from tests.builders_probe import NUMBER, at_desk, keep, told
from tests.builders_work import carry_out, number, row
from tests.journey.builders import Desk, people, person

pytestmark = pytest.mark.usefixtures("reads_here")

REFUSES = {"duplicate": "conflict", "repeated": "conflict", "conflict_tells": "contact"}
LEARNED = "2026-11-21T00:00:00+00:00"
NO_EMPTY = {"empty": "refused", "null": "ignored"}
GOLD = {"loyalty": "gold"}


@pytest.mark.parametrize(
    "switches",
    [
        {"duplicate": "both_stored", "empty": "refused", "stale": 0.05},
        {"duplicate": "upsert", "empty": "refused", "null": "clears", "custom_update": "merge", "max_rows": 2},
    ],
    ids=str,
)
def test_after_a_probe_a_run_tells_the_truth(
    desk: Desk, switches: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncjob.remotes.questions.MANY", 16)
    limits = {"updates": {"percent": None}, "column_change": None}
    desk.config(columns={"loyalty": "custom_field.loyalty"}, limits=limits, remote={"timeout": 0.3})
    desk.seed(*people(range(2), tag="old"))
    desk.remote.switches.set(switches)
    assert desk("doctor", "--probe", NUMBER, "--yes").code == 0
    desk.remote.faults.add("cut", call="create", when="after")
    desk.remote.faults.refuse(number(3), "on a list")
    sheet = desk.sheet([{**person(0), "tag": "#CLEAR", "loyalty": "gold"}, person(1), *people(range(2, 5))])
    assert desk("run", sheet, "--yes").code == 3
    stays = switches.get("empty") == "refused" and "null" not in switches
    cleared = "updated/cannot_empty" if stays else "updated"
    assert desk.outcomes() == [cleared, "unchanged", "created", "rejected/refused_by_remote", "created"]
    there = desk.held()
    assert (there[number(0)].get("tag"), there[number(0)]["custom_field"]) == ("old" if stays else None, GOLD)
    assert set(there) == {number(n) for n in (0, 1, 2, 4)}


# -- what may be sent again --------------------------------------------------------------------------------------------


def pages_between_creates(remote: Emulator) -> list[int]:
    """How often the listing was looked into after each create."""
    calls = [entry.call for entry in remote.log]
    places = [at for at, call in enumerate(calls) if call == "create"]
    return [calls[at:end].count("page") for at, end in zip(places, [*places[1:], None], strict=True)]


@pytest.mark.parametrize(("answers", "looks"), [(REFUSES, 1), ({}, 2)])
def test_a_create_that_was_lost_is_sent_again_after_one_look_where_409_is_proven(
    tmp_path: Path, answers: dict[str, str], looks: int
) -> None:
    with Emulator() as remote:
        remote.faults.add("cut", call="create", when="before")
        done = carry_out(remote, [row(n) for n in range(3)], tmp_path, behaviour=Behaviour(answers))
        assert set(done.outcomes().values()) == {"created"}
        assert pages_between_creates(remote) == [looks, 0]


def test_the_last_try_of_a_create_is_followed_by_two_looks(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("cut", call="create", when="before", times=None)
        done = carry_out(remote, [row(1)], tmp_path, behaviour=Behaviour(REFUSES))
        assert done.reasons() == {number(1): "temporary_trouble"}
        assert pages_between_creates(remote) == [1, 1, 1, 2]


@pytest.mark.parametrize("kind", ["existing", "sid_only", "no_data"])
def test_what_the_lost_request_made_late_is_told_as_added(tmp_path: Path, kind: Any) -> None:
    """The contacts appear after the look that follows the lost request: the second is told 409, by our own doing."""
    with Emulator(Switches(duplicate=kind)) as remote:
        appear_at_the_second_create(remote, row(1), row(2))
        done = carry_out(remote, [row(1), row(2)], tmp_path, behaviour=Behaviour(REFUSES))
        assert set(done.outcomes().values()) == {"created"}
        assert pages_between_creates(remote)[0] == 1


def test_a_run_sends_a_lost_create_again_at_once_where_409_is_proven(desk: Desk) -> None:
    told(desk, Behaviour(REFUSES, LEARNED))
    appear_at_the_second_create(desk.remote, *people(range(2)))
    assert desk("run", desk.sheet(people(range(2))), "--yes").code == 0
    assert desk.outcomes() == ["created"] * 2
    assert pages_between_creates(desk.remote) == [1, 0]


def appear_at_the_second_create(remote: Emulator, *contacts: dict[str, str]) -> None:
    """The first create is lost, and executed just before the second comes."""
    remote.faults.add("cut", call="create", when="before")
    creates = count(1)

    def serve(request: Request) -> Reply:
        if request.method == "POST" and next(creates) == 2:
            remote.store.seed([dict(contact) for contact in contacts])
        return remote.handle(request)

    assert remote._server
    remote._server.handle = serve


def test_to_settle_alone_two_looks_are_needed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that overtakes an interrupted one settles it without sending: no 409 will tell."""
    slept: list[float] = []
    monkeypatch.setattr("syncjob.job.session.Session.wait", lambda _self, seconds: slept.append(seconds))
    with past(tmp_path) as job:
        with job.session() as session:
            keep(session.memory, Behaviour(REFUSES, LEARNED))
        job.remote.faults.add("cut", call="create", when="before")
        monkeypatch.setattr("syncjob.executor.doubt._look", lambda *_: 1 / 0)
        run_id = job.run(row(1), code=1)
        monkeypatch.undo()
        monkeypatch.setattr("syncjob.job.session.Session.wait", lambda _self, seconds: slept.append(seconds))
        job.run(row(2))
        assert job.rows(run_id)[number(1)] == ("not_sent", "run_ended")
        assert any(seconds > 0.1 for seconds in slept)


# -- how a field is emptied --------------------------------------------------------------------------------------------


def test_null_empties_a_field_where_that_is_proven(desk: Desk) -> None:
    desk.seed(person(1, tag="old"))
    desk.remote.switches.set({"empty": "refused", "null": "clears"})
    told(desk, Behaviour({"empty": "refused", "null": "clears"}, LEARNED))
    assert desk("run", desk.sheet([person(1, tag="#CLEAR")]), "--yes").code == 0
    assert desk.outcomes() == ["updated"]
    (sent,) = desk.remote.log.of("update_many")
    assert sent.body["contacts"][0]["tag"] is None


def test_an_account_that_can_not_empty_a_field_is_not_asked_to(desk: Desk) -> None:
    desk.seed(person(1, tag="old"), person(2, tag="old"))
    desk.remote.switches.empty = "refused"
    told(desk, Behaviour(NO_EMPTY, LEARNED))
    sheet = desk.sheet([person(1, tag="#CLEAR"), {**person(2, tag="#CLEAR"), "first_name": "Asha"}])
    said = desk("run", sheet, "--yes")
    assert said.code == 0
    assert "2 rows empty a field" in said.out
    assert desk.outcomes() == ["skipped/cannot_empty", "updated/cannot_empty"]
    assert "still holds: tag" in desk.rows()[1]["sync_message"]
    (sent,) = desk.remote.log.of("update_many")
    assert sent.body["contacts"][0].keys() == {"sid", "first_name"}


def test_undo_says_beforehand_what_this_account_can_not_empty(tmp_path: Path) -> None:
    with past(tmp_path, row(1, last_name="Rao"), row(2), empty="refused") as job:
        with job.session() as session:
            keep(session.memory, Behaviour(NO_EMPTY, LEARNED))
        run_id = job.run(row(1, first_name="Asha", last_name="Roy"), row(2, first_name="Ravi"))
        undone = job.undo(run_id, code=3)
        assert "2 with a field that was empty, and stays as it is" in job.said
        assert job.rows(undone) == {number(1): ("updated", "cannot_empty"), number(2): ("held", "cannot_empty")}
        assert job.there()[number(1)] == {"first_name": "Asha", "last_name": "Rao"}
        assert all(
            "" not in contact.values() for e in job.remote.log.of("update_many") for contact in e.body["contacts"]
        )


# -- custom_field ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("custom", "requests", "reason", "note"),
    [("merged", 1, "left_empty", True), ("replaced", 1, "", False)],
)
def test_undo_takes_a_custom_field_away_in_one_step_where_the_way_is_proven(
    tmp_path: Path, custom: str, requests: int, reason: str, note: bool
) -> None:
    with past(tmp_path, row(1), custom_update="replace" if custom == "replaced" else "merge") as job:
        with job.session() as session:
            keep(session.memory, Behaviour({"custom": custom}, LEARNED))
        run_id = job.run(row(1, loyalty="gold"))
        before = len(job.remote.log.of("update_many"))
        undone = job.undo(run_id)
        assert len(job.remote.log.of("update_many")) - before == requests
        assert job.rows(undone)[number(1)] == ("updated", reason)
        assert ("custom fields" in job.said) is note
        assert job.there()[number(1)] == {}


# -- replies, requests, delays -----------------------------------------------------------------------------------------


def test_where_replies_come_in_any_order_no_refusal_is_told_by_its_place(tmp_path: Path) -> None:
    """Every row is refused for something else, and nothing in the reply says which is which."""
    words = {number(n): f"reason {word}" for n, word in enumerate(["alpha", "beta", "gamma", "delta"])}
    behaviour = Behaviour({"order": "mixed", **REFUSES})
    with Emulator(Switches(order="shuffled")) as remote:
        for key, word in words.items():
            remote.faults.refuse(key, word)
        done = carry_out(remote, [row(n) for n in range(4)], tmp_path, behaviour=behaviour)
        assert dict(zip(done.changes["number"], done.changes["detail"], strict=True)) == words
        assert set(done.outcomes().values()) == {"rejected"}


def test_a_request_never_holds_more_rows_than_are_proven_to_be_taken(desk: Desk) -> None:
    told(desk, Behaviour({"rows": "3"}, LEARNED))
    assert desk("run", desk.sheet(people(range(7))), "--yes").code == 0
    assert [len(entry.body["contacts"]) for entry in desk.remote.log.of("create")] == [3, 3, 1]


def test_two_looks_lie_further_apart_than_writes_take_to_be_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("syncjob.job.session.Session.wait", lambda _self, seconds: slept.append(seconds))
    told(desk, Behaviour({"delay": "20"}, LEARNED))
    desk.remote.faults.add("cut", call="create", when="before")
    assert desk("run", desk.sheet(people(range(1))), "--yes").code == 0
    assert max(slept) == 40


def test_what_was_proven_of_one_account_counts_for_no_other(desk: Desk) -> None:
    told(desk, Behaviour({"rows": "3"}, LEARNED))
    with Emulator(account="another1") as other, at_desk(Desk(desk.folder, other)) as session:
        assert session.remote.abilities.behaviour.rows == 3
    Desk(desk.folder, other).config()
    with at_desk(desk) as session:
        assert session.remote.abilities.behaviour == Behaviour()


def test_what_was_proven_counts_for_the_address_book_behind_a_list(desk: Desk) -> None:
    desk.config(remote={"kind": "exotel_list", "list": "Diwali"})
    desk.remote.switches.order = "shuffled"
    told(desk, Behaviour({"order": "mixed"}, LEARNED))
    changes = tuple(Change(n, "create", n, number(n), None, {}) for n in range(2))
    for n in range(2):
        desk.remote.faults.refuse(number(n), f"reason {n}")
    with at_desk(desk) as session:
        replies = session.remote.send(Batch("b", "create", changes))
    assert [reply.kind for reply in replies] == ["doubt", "doubt"]
