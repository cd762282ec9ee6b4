"""Who joins a list and who leaves it: killed, cut off or answered strangely, every outcome is what the list holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncjob.emulator import Emulator
from syncjob.emulator.faults import Action
from syncjob.executor import joining
from syncjob.journal import Journal
from tests.builders_list import JOINED, LEFT, MADE, Killed, ListWork, killed_at
from tests.builders_work import held, number


@pytest.fixture
def work(tmp_path: Path) -> Iterator[ListWork]:
    with Emulator() as remote:
        yield ListWork(remote, tmp_path)


def references(work: ListWork) -> list[str]:
    """The sids that were sent to join, in order."""
    sent = [entry.body["contact_references"] for entry in work.emulator.log.of("member_add")]
    return [reference["contact_sid"] for each in sent for reference in each]


def test_contacts_are_made_before_they_join_and_leave_last(work: ListWork) -> None:
    work.plan()
    assert work.is_done(work.go_on())
    assert [entry.call for entry in work.emulator.log.writes()] == ["create"] + ["member_add"] * 2 + [
        "member_remove"
    ] * 2
    assert held(work.emulator)[number(6)] == {"first_name": "There"}
    assert held(work.emulator)[number(8)] == {"first_name": "Sheet"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_killed_at_any_write_nothing_is_sent_that_was_seen_to_have_landed(
    work: ListWork, monkeypatch: pytest.MonkeyPatch, nth: int, after: bool
) -> None:
    work.plan()
    with killed_at(nth, after=after), pytest.raises(Killed):
        work.go_on()
    assert work.is_done(work.go_on())
    assert len(references(work)) == len(set(references(work))) == 4
    assert len(work.emulator.log.of("create")) == 1


@pytest.mark.parametrize("nth", range(1, 11))
def test_killed_at_any_step_of_the_journal_it_ends_as_it_would_have(
    work: ListWork, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    work.plan()
    steps, commit = [0], Journal._commit

    def killed(journal: Journal) -> object:
        steps[0] += 1
        if steps[0] == nth:
            raise Killed
        return commit(journal)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "_commit", killed)
        with pytest.raises(Killed):
            work.go_on()
    assert work.is_done(work.go_on())


@pytest.mark.parametrize(
    ("call", "when", "times"),
    [
        ("create", "after", 1),
        ("member_add", "before", 5),
        ("member_add", "after", 5),
        ("member_remove", "before", 5),
        ("member_remove", "after", 5),
    ],
)
def test_every_lost_reply_is_settled_by_reading(work: ListWork, call: str, when: str, times: int) -> None:
    work.plan()
    work.emulator.faults.add("cut", call=call, when=when, times=times)
    assert work.is_done(work.go_on())


@pytest.mark.parametrize("call", ["member_add", "member_remove"])
@pytest.mark.parametrize("again", ["done", "conflict"])
def test_what_the_list_shows_late_is_not_said_to_have_failed(work: ListWork, call: str, again: str) -> None:
    work.plan()
    work.emulator.switches.set({"members_late": 60.0, "member_again": again})
    work.emulator.faults.add("cut", call=call, when="after", times=5)
    assert work.is_done(work.go_on())


def test_two_reads_of_the_list_must_agree_before_it_is_sent_again(work: ListWork) -> None:
    work.plan()
    work.emulator.switches.members_late = 60.0
    work.emulator.faults.add("cut", call="member_add", when="after", times=5)

    def seen(_seconds: float) -> None:
        work.emulator.switches.members_late = 0.0

    assert work.is_done(work.go_on(wait=seen))
    sent = [len(entry.body["contact_references"]) for entry in work.emulator.log.of("member_add")]
    assert sent == [2] * (5 + 1)  # the lost request and its repeats; those found on the list are not sent again


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("entries_missing", {"rows": (1,)}),
        ("entries_cut", {"count": 2}),
        ("entries_shuffled", {}),
        ("garbage", {}),
        ("short", {}),
        ("html", {"when": "after", "status": 502}),
        ("too_many", {}),
        ("error", {"when": "after", "status": 500}),
    ],
)
def test_a_strange_reply_ends_true(work: ListWork, action: Action, facts: dict[str, object]) -> None:
    work.plan()
    work.emulator.faults.add(action, call="member_add", **facts)
    assert work.is_done(work.go_on())


@pytest.mark.parametrize("applied", [False, True])
def test_an_entry_in_trouble_is_sent_again(work: ListWork, applied: bool) -> None:
    work.plan()
    work.emulator.faults.fail_once(JOINED[0], 500, applied=applied)
    assert work.is_done(work.go_on())


@pytest.mark.parametrize("again", ["done", "conflict"])
def test_who_joined_by_somebody_elses_hand_is_a_member(work: ListWork, again: str) -> None:
    work.plan()
    work.emulator.switches.set({"member_again": again})
    (contact,) = [one for one in work.emulator.store.export() if one["number"] == JOINED[0]]
    work.emulator.store.lists[work.sid][str(contact["sid"])] = None
    told = work.told(work.go_on())
    assert told[JOINED[0]] == ("added" if again == "done" else "unchanged/exists_already")


@pytest.mark.parametrize("duplicate", ["existing", "sid_only", "no_data", "upsert"])
def test_a_contact_that_somebody_adds_meanwhile_joins_as_it_is(work: ListWork, duplicate: str) -> None:
    work.plan()
    work.emulator.switches.set({"duplicate": duplicate})
    work.emulator.store.add({"first_name": "Theirs"}, number=MADE[0], key=MADE[0])
    told = work.told(work.go_on())
    assert (told[MADE[0]], told[MADE[1]]) == ("added", "added/contact_first")
    assert held(work.emulator)[MADE[0]] == {"first_name": "Theirs"}
    assert MADE[0] in work.members()


def test_a_refused_contact_never_joins_and_nobody_waits_for_it(work: ListWork) -> None:
    work.plan()
    work.emulator.faults.refuse(MADE[0], "Never on Sundays")
    changes = work.go_on()
    assert work.told(changes)[MADE[0]] == "rejected/refused_by_remote"
    assert set(changes["state"]) == {"settled"}
    assert set(changes["outcome"][changes["number"] == MADE[0]]) == {"rejected"}


def test_nobody_leaves_when_somebody_could_not_join(work: ListWork) -> None:
    work.plan()
    work.emulator.faults.add("error", call="member_add", status=503, times=None)
    told = work.told(work.go_on())
    assert {told[number] for number in JOINED + MADE} == {"failed/temporary_trouble"}
    assert {told[number] for number in LEFT} == {"not_sent/earlier_trouble"}


def test_a_list_that_is_gone_is_told(work: ListWork) -> None:
    work.plan()
    work.emulator.lists.about.pop(work.sid)
    told = work.told(work.go_on())
    assert {told[number] for number in JOINED + MADE} == {"rejected/refused_by_remote"}


def test_a_list_that_can_not_be_read_leaves_the_doubt(work: ListWork, monkeypatch: pytest.MonkeyPatch) -> None:
    work.plan()
    monkeypatch.setattr(joining, "ROUNDS", 1)
    work.emulator.faults.add("cut", call="member_add", when="after", times=5)
    work.emulator.faults.add("error", call="member_page", status=503, times=None)
    changes = work.go_on()
    assert work.told(changes)[JOINED[0]] == "sent"
    assert {work.told(changes)[number] for number in LEFT} == {"not_sent/earlier_trouble"}
    work.emulator.faults.clear()
    changes = work.go_on()
    assert work.told(changes)[JOINED[0]] == "added"
