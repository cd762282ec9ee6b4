"""What was meant and what came of it, through kills, damage and foreign files (CONTRACT 8)."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from syncjob.errors import SyncjobError
from syncjob.journal import Journal, Settled
from syncjob.journalfile import APPLICATION_ID
from syncjob.schema import CHANGES
from tests.builders_plan import ASHA, MEERA, RAVI, make_changes, number, small_plan

AT = "2026-11-20T10:00:00+05:30"


def made(folder: Path, *lines: tuple[str, str], **sizes: int) -> Journal:
    """A journal of these changes; two creates, an update and a delete unless said otherwise."""
    plain = (("create", ASHA), ("create", RAVI), ("update", MEERA), ("delete", number(9)))
    return Journal.create(folder / "journal.db", {"job": "leads"}, make_changes(*(lines or plain)), sizes)


def states(journal: Journal) -> list[str]:
    """state or state/outcome of every change."""
    frame = journal.frame()
    pairs = zip(frame["state"], frame["outcome"].astype("str").fillna(""), strict=True)
    return [f"{state}/{outcome}" if outcome and outcome != "None" else state for state, outcome in pairs]


def killed(journal: Journal, folder: Path) -> list[str]:
    """The states that the next process meets when this one dies now."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in journal.path.parent.glob("journal.db*"):
        shutil.copy(path, folder / path.name)
    with Journal.open(folder / "journal.db") as found:
        return states(found)


def test_a_new_journal_holds_the_whole_plan(tmp_path: Path) -> None:
    plan = small_plan()
    with Journal.create(tmp_path / "journal.db", {"job": "leads"}, plan.table) as journal:
        pd.testing.assert_frame_equal(CHANGES.shape(journal.frame()), plan.table)
        assert states(journal) == ["planned"] * 3
        assert [journal.meta("job"), journal.meta("none", "nothing")] == ["leads", "nothing"]
        taken = [change for verb in ("create", "update", "delete") for change in journal.take(verb, "planned")]
    assert taken == list(plan.changes())
    assert (tmp_path / "journal.db").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]


def test_a_plan_without_changes_can_be_journalled(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.db", {}, CHANGES.empty()) as journal:
        assert [journal.count(), journal.trouble(), journal.take("create", "planned")] == [0, False, []]


def test_what_an_earlier_attempt_left_is_no_part_of_a_new_journal(tmp_path: Path) -> None:
    for name in ("journal.db.new", "journal.db.new-wal"):
        (tmp_path / name).write_bytes(b"half a journal")
    with made(tmp_path) as journal:
        assert journal.count() == 4


def test_killed_between_any_two_commits_a_journal_says_what_was_meant_and_what_came_of_it(tmp_path: Path) -> None:
    journal = made(tmp_path)
    creates = journal.take("create", "planned")
    rest = ["planned", "planned"]
    steps: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: None, ["planned", "planned", *rest]),
        (lambda: journal.intend("create-1", "create", creates, 5.0), ["sent", "sent", *rest]),
        (lambda: journal.settle([Settled(1, "created", sid="n1")], AT), ["settled/created", "sent", *rest]),
        (lambda: journal.put_back([2]), ["settled/created", "planned", *rest]),
        (lambda: journal.turn(2, "s7", {"tag": "a"}, {"tag": "b"}), ["settled/created", "planned", *rest]),
        (lambda: journal.intend("update-1", "update", journal.take("update", "planned"), 6.0),
         ["settled/created", "sent", "sent", "planned"]),
        (lambda: journal.settle([Settled(2, "updated"), Settled(3, "failed")], AT),
         ["settled/created", "settled/updated", "settled/failed", "planned"]),
        (lambda: journal.end("not_sent", "earlier_trouble", None, AT, state="planned", verb="delete"),
         ["settled/created", "settled/updated", "settled/failed", "settled/not_sent"]),
        (lambda: journal.reopen(("failed", "not_sent")), ["settled/created", "settled/updated", *rest]),
    ]  # fmt: skip
    with journal:
        for do, expected in steps:
            do()
            assert killed(journal, tmp_path / "next") == expected


def test_an_intent_that_fails_midway_leaves_nothing_and_the_journal_usable(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        bad = [*journal.take("create", "planned"), None]
        with pytest.raises(AttributeError):
            journal.intend("create-1", "create", bad, 1.0)  # type: ignore[list-item]
        with pytest.raises(SyncjobError) as raised:
            journal.settle([Settled(1, "created", sid=object())], AT)  # type: ignore[arg-type]
        assert raised.value.code == "journal_unwritable"
        assert states(journal) == ["planned"] * 4
        journal.intend("create-1", "create", journal.take("create", "planned"), 1.0)


def test_an_intent_names_its_own_changes_and_none_between_them(tmp_path: Path) -> None:
    with made(tmp_path, ("create", ASHA), ("create", RAVI), ("create", MEERA)) as journal:
        one, _, three = journal.take("create", "planned")
        journal.intend("create-1", "create", [one, three], 1.0)
        assert states(journal) == ["sent", "planned", "sent"]
        assert journal.first("create", 5) == [2]
        journal.intend("create-2", "create", journal.take("create", "planned"), 2.0)
        assert journal.frame()["sent_at"].tolist() == [1.0, 2.0, 1.0]


def test_that_a_change_was_in_doubt_is_no_word_about_its_outcome(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        journal.put_back([1], doubted=True)
        assert journal.doubted() == {1}
        journal.settle([Settled(1, "created", sid="n1")], AT)
        assert journal.doubted() == frozenset()
        assert journal.frame()["detail"].isna().all()


def test_a_request_is_written_down_with_its_reply(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        request = journal.intend("create-1", "create", journal.take("create", "planned"), 5.0)
        assert journal.sent_at([1, 2]) == 5.0
        assert journal.sent_at([3]) == 0.0
        journal.settle([Settled(1, "created", request_id="abc")], AT, request=request, now=6.0)
    db = sqlite3.connect(tmp_path / "journal.db")
    found = db.execute(
        "select batch, verb, first, last, changes, attempt, sent_at, replied_at, request_id from request"
    )
    assert found.fetchall() == [("create-1", "create", 1, 2, 2, 1, 5.0, 6.0, "abc")]
    db.close()


def test_attempts_count_every_intent_and_the_batch_keeps_its_name(tmp_path: Path) -> None:
    with made(tmp_path, ("create", ASHA), ("create", RAVI), ("create", MEERA), create=2) as journal:
        for batch in ("create-8", "create-9"):
            journal.intend(batch, "create", journal.take("create", "planned", 1), 5.0)
            journal.put_back([1])
        frame = journal.frame()
        assert frame["attempts"].tolist() == [2, 0, 0]
        assert frame["batch"].tolist() == ["create-1", "create-1", "create-2"]


def test_a_turned_create_stays_known_as_existing_through_retries(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        journal.turn(1, "s7", {"tag": "a"}, {"tag": "b"})
        (change, *_) = journal.take("update", "planned")
        assert (change.sid, change.fields, change.before) == ("s7", {"tag": "a"}, {"tag": "b"})
        journal.intend("update-1", "update", [change], 1.0)
        journal.put_back([1])
        journal.settle([Settled(1, "updated")], AT)
        assert journal.frame()["reason"].tolist()[0] == "exists_already"
        assert "s7" in journal.known_sids()


def test_reopening_makes_unknown_doubtful_and_the_rest_planned(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        outcomes = ("unknown", "failed", "rejected", "not_sent")
        journal.settle([Settled(at, outcome, "x", "y") for at, outcome in enumerate(outcomes, 1)], AT)
        assert journal.reopen(("failed", "not_sent", "unknown")) == 3
        assert states(journal) == ["sent", "planned", "settled/rejected", "planned"]
        assert journal.frame()["reason"].isna().tolist() == [True, True, False, True]
        assert journal.reopen(("failed",)) == 0


@pytest.mark.parametrize(("outcome", "trouble"), [("failed", True), ("unknown", True), ("rejected", False)])
def test_trouble_is_what_failed_or_is_in_doubt(tmp_path: Path, outcome: str, trouble: bool) -> None:
    with made(tmp_path) as journal:
        assert not journal.trouble()
        journal.settle([Settled(1, outcome)], AT)
        assert journal.trouble() is trouble
        journal.intend("create-2", "create", journal.take("create", "planned"), 1.0)
        assert journal.trouble()


def test_facts_are_remembered_and_replaced(tmp_path: Path) -> None:
    with made(tmp_path) as journal:
        journal.remember(batches="1", state="open")
        journal.remember(batches="2")
    with Journal.open(tmp_path / "journal.db") as journal:
        assert [journal.meta("batches"), journal.meta("state")] == ["2", "open"]


def foreign(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("create table mine (a)")
    db.close()


def newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript(f"pragma application_id={APPLICATION_ID}; pragma user_version=99; create table later (a)")
    db.close()


def damaged(path: Path) -> None:
    made(path.parent, *(("create", number(at)) for at in range(500))).close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 9000] = b"\x5a" * 9000
    path.write_bytes(data)


def cut_off(path: Path) -> None:
    made(path.parent).close()
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (foreign, "not made by syncjob"),
        (newer, "its version is 99"),
        (damaged, "can't be used"),
        (cut_off, "can't be used"),
        (lambda path: path.write_bytes(b"not a database at all" * 20), "damaged"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: None, "There is no journal"),
    ],
)
def test_a_journal_that_is_none_is_refused_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "journal.db"
    spoil(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(SyncjobError, match=why) as raised:
        Journal.open(path)
    assert raised.value.code == "journal_damaged"
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SyncjobError) as raised:
        Journal.create(tmp_path / "none" / "journal.db", {}, make_changes(("create", ASHA)))
    assert raised.value.code == "journal_unwritable"


def test_a_hundred_thousand_changes_are_journalled_and_their_batches_settled_in_seconds(tmp_path: Path) -> None:
    count, size = 100_000, 5_000
    table = make_changes(("create", ASHA)).iloc[[0] * count].assign(change_id=range(1, count + 1))
    began = time.perf_counter()
    with Journal.create(tmp_path / "journal.db", {}, table, {"create": size}) as journal:
        for _ in range(4):
            changes = journal.take("create", "planned", size)
            request = journal.intend("create", "create", changes, 1.0)
            done = [Settled(change.change_id, "created", sid=f"n{change.change_id}") for change in changes]
            journal.settle(done, AT, request=request)
        assert [journal.count(), journal.count(state="settled")] == [count, 4 * size]
    assert time.perf_counter() - began < 60  # about 1 s alone; room for a busy machine
