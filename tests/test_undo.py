"""undo: a run taken back restores every field of every contact, and says what it can't bring back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncjob.differ.merging import merged
from syncjob.job.inverse import alike, reverted
from tests.builders_past import Past, drop, number, past, row

pytestmark = pytest.mark.usefixtures("reads_here")

THERE = (
    row(1, first_name="Asha", email="asha@example.com"),
    {**row(2, first_name="Ravi"), "custom_field": {"city": "Pune", "deep": {"x": "1"}}},
    {**row(3, first_name="Mina", tag="old"), "custom_field": {"city": "Delhi"}},
    row(5),
)
WANTED = (
    row(1, first_name="Asha"),
    row(2, first_name="Ravindra", loyalty="gold"),
    row(4, first_name="Noor"),
    row(5, first_name="Zoya", city="Goa"),
)


def test_undo_restores_every_field_of_every_contact(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        before = job.exported()
        run_id = job.run(*WANTED)
        assert job.exported() != before
        undone = job.undo(run_id)
        assert job.exported() == before
        assert job.rows(undone) == {
            number(2): ("updated", ""),
            number(3): ("created", ""),
            number(4): ("deleted", ""),
            number(5): ("updated", ""),
        }


@pytest.mark.parametrize(("custom", "when"), [("replace", "after"), ("merge", "after"), ("replace", "before")])
def test_an_undo_whose_replies_are_lost_ends_true(tmp_path: Path, custom: str, when: str) -> None:
    with past(tmp_path, *THERE, custom_update=custom, duplicate="both_stored") as job:
        before = job.there()
        run_id = job.run(*WANTED)
        for call in ("create", "update_many", "delete"):
            job.remote.faults.add("cut", call=call, when=when)
        job.undo(run_id)
        assert job.there() == before


def test_a_custom_field_that_can_not_be_taken_away_is_told(tmp_path: Path) -> None:
    with past(tmp_path, *THERE, custom_update="merge", empty="null") as job:
        before = job.there()
        undone = job.undo(job.run(*WANTED))
        assert job.there() == before
        assert job.rows(undone)[number(2)] == ("updated", "left_empty")
        assert job.do("verify", undone) == 0, job.said


def test_a_field_that_can_not_be_emptied_is_told_and_the_others_are_put_back(tmp_path: Path) -> None:
    with past(tmp_path, row(1, last_name="Rao"), row(2), empty="refused") as job:
        run_id = job.run(row(1, first_name="Asha", last_name="Roy"), row(2, first_name="Ravi"))
        undone = job.undo(run_id, code=3)
        assert job.there()[number(1)] == {"first_name": "Asha", "last_name": "Rao"}
        assert job.rows(undone) == {
            number(1): ("updated", "cannot_empty"),
            number(2): ("rejected", "refused_by_remote"),
        }


def test_what_others_changed_since_stays_and_is_told(tmp_path: Path) -> None:
    with past(tmp_path, row(1, first_name="Asha", tag="a"), row(2, tag="b")) as job:
        wanted = (row(1, first_name="Aisha", tag="x"), row(2, tag="x"), row(3, tag="x"), row(4, tag="x"))
        run_id = job.run(*wanted)
        for key in (1, 2, 3):
            job.change(number(key), tag="theirs")
        drop(job.remote, number(4))
        undone = job.undo(run_id, code=3)
        assert job.there() == {
            number(1): {"first_name": "Asha", "tag": "theirs"},
            number(2): {"tag": "theirs"},
            number(3): {"tag": "theirs"},
        }
        assert job.rows(undone) == {
            number(1): ("updated", "changed_since_run"),
            number(2): ("held", "changed_since_run"),
            number(3): ("held", "changed_since_run"),
            number(4): ("skipped", "already_gone"),
        }


def test_custom_fields_are_put_back_key_by_key(tmp_path: Path) -> None:
    with past(tmp_path, {**row(1), "custom_field": {"city": "Pune"}}) as job:
        run_id = job.run(row(1, city="Goa", loyalty="gold"))
        job.change(number(1), custom_field={"city": "Goa", "loyalty": "silver", "theirs": "1"})
        job.undo(run_id)
        assert job.there()[number(1)] == {"custom_field": {"city": "Pune", "loyalty": "silver", "theirs": "1"}}


def test_a_contact_does_not_come_back_where_another_has_its_number(tmp_path: Path) -> None:
    with past(tmp_path, row(1), row(2, tag="a"), row(3, tag="b")) as job:
        run_id = job.run(row(1))
        job.remote.store.seed([row(2, tag="theirs"), row(3, tag="b")])
        undone = job.undo(run_id, code=3)
        assert job.rows(undone) == {number(2): ("held", "number_taken"), number(3): ("unchanged", "exists_already")}
        assert job.there()[number(2)] == {"tag": "theirs"}


def test_without_a_yes_nothing_is_sent(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        run_id = job.run(*WANTED)
        writes = job.writes()
        assert job.do("undo", run_id) == 8
        assert job.writes() == writes
        assert "1 to add back: as new contacts, with new sids" in job.said
        assert "requests" in job.said
        assert [run["run_id"] for run in job.told("history", "list")["runs"]] == [run_id]


def test_undone_twice_a_run_is_undone_once(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        run_id = job.run(*WANTED)
        job.undo(run_id)
        after, writes = job.exported(), job.writes()
        again = job.undo(run_id)
        assert job.exported() == after
        assert job.writes() == writes
        assert {outcome for outcome, _ in job.rows(again).values()} == {"unchanged", "skipped"}


def test_the_undo_of_an_undo_does_the_run_again(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        run_id = job.run(*WANTED)
        after = job.exported()
        job.undo(job.undo(run_id))
        assert job.exported() == after
        runs = {run["run_id"]: run["undone"] for run in job.told("history", "list")["runs"]}
        assert runs[run_id] is False
        assert job.run(*WANTED)
        assert {outcome for outcome, _ in job.rows(job.latest()).values()} == {"unchanged"}


def test_what_a_run_did_not_do_is_not_undone(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        before = job.there()
        job.remote.faults.add("error", call="update_many", status=403)
        run_id = job.run(*WANTED, code=6)
        undone = job.undo(run_id)
        assert job.there() == before
        assert job.rows(undone)[number(2)] == ("skipped", "never_done")
        assert job.rows(undone)[number(4)] == ("deleted", "")


def test_an_interrupted_run_is_settled_before_it_is_undone(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        before = job.there()
        run_id = job.run(*WANTED)
        with job.session() as opened:
            (record,) = opened.memory.runs()
            opened.memory.begin(record)
        job.undo(run_id)
        assert f"Run {run_id} was interrupted" in job.said
        assert job.there() == before


def test_an_undo_that_was_stopped_is_resumed(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        before = job.there()
        run_id = job.run(*WANTED)
        job.remote.faults.add("error", call="update_many", status=403)
        stopped = job.undo(run_id, code=6)
        assert job.rows(stopped)[number(2)] == ("not_sent", "run_ended")
        assert job.do("resume") == 0, job.said
        assert job.latest() == stopped
        assert job.there() == before
        runs = {run["run_id"]: run["undone"] for run in job.told("history", "list")["runs"]}
        assert runs == {run_id: True, stopped: False}


def test_without_contacts_to_bring_back_the_account_is_not_listed(tmp_path: Path) -> None:
    crowd = [row(n) for n in range(100, 300)]
    with past(tmp_path, row(1), *crowd) as job:
        run_id = job.run(row(1, first_name="Asha"), *crowd)
        job.remote.log.clear()
        job.undo(run_id)
        assert len(job.remote.log.of("read")) == 1
        assert not job.remote.log.of("page")


def test_a_contact_that_comes_back_is_ours_again_and_one_taken_back_is_forgotten(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        job.settings = {"sync": {"remote_only": "delete", "owned": "created"}, "limits": {"shrink": None}}
        job.run(row(1), row(2))
        undone = job.undo(job.run(row(1), row(3)))
        assert job.rows(undone) == {number(2): ("created", ""), number(3): ("deleted", "")}
        with job.session() as opened:
            assert set(opened.memory.contacts("leads")["number"]) == {number(1), number(2)}
        job.run(row(1))
        assert set(job.there()) == {number(1)}


def test_an_undone_run_moves_no_baseline_and_has_named_nobody(tmp_path: Path) -> None:
    with past(tmp_path, row(7), row(8)) as job:
        job.settings = {"sync": {"remote_only": "keep"}}
        first = job.run(row(1), row(2))
        wrong = job.run(row(7), row(8, tag="x"), row(9))
        job.undo(wrong)
        with job.session() as opened:
            baseline = opened.memory.baseline("leads", "sheet.csv")
            contacts = opened.memory.contacts("leads")
        assert baseline is not None
        assert (baseline.run_id, baseline.numbers) == (first, frozenset({number(1), number(2)}))
        assert set(contacts["number"][contacts["named"]]) == {number(1), number(2)}
        assert set(contacts["number"][contacts["last"]]) == {number(1), number(2)}


def test_guards_do_not_judge_an_undo(tmp_path: Path) -> None:
    crowd = [row(n) for n in range(30)]
    with past(tmp_path, *crowd) as job:
        limits = {"deletes": {"percent": None}, "creates": {"count": 1, "factor": 0}}
        job.settings = {**job.settings, "limits": limits}
        run_id = job.run(*crowd[:5])
        job.undo(run_id)
        assert len(job.there()) == 30


@pytest.mark.parametrize("named", ["20990101-000000-abcd", "nothing"])
def test_a_run_that_is_not_there_is_exit_2(tmp_path: Path, named: str) -> None:
    with past(tmp_path) as job:
        assert job.do("undo", named, "--yes") == 2
        assert "syncjob history list" in job.said


def test_a_run_of_another_job_is_exit_2(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        run_id = job.run(row(1))
        other = Past(job.remote, tmp_path, job="others")
        assert other.do("undo", run_id, "--yes") == 2
        assert "is of job leads" in other.said


texts = st.sampled_from(["a", "b", ""])
customs = st.recursive(texts, lambda inner: st.dictionaries(st.sampled_from("pqr"), inner, max_size=3), max_leaves=6)
trees = st.dictionaries(st.sampled_from("pqr"), customs, max_size=3)


@given(was=trees, new=trees)
def test_what_nobody_touched_is_put_back_whole(was: dict[str, object], new: dict[str, object]) -> None:
    wrote = merged(was, new)  # type: ignore[arg-type]
    changed: list[str] = []
    assert alike(reverted(was, wrote, wrote, "custom_field", changed), was)  # type: ignore[arg-type]
    assert not changed


@given(was=trees, new=trees, theirs=trees)
def test_undone_twice_is_undone_once_whatever_others_did(
    was: dict[str, object], new: dict[str, object], theirs: dict[str, object]
) -> None:
    wrote = merged(was, new)  # type: ignore[arg-type]
    once = reverted(was, wrote, merged(wrote, theirs), "custom_field", [])  # type: ignore[arg-type]
    assert alike(reverted(was, wrote, once, "custom_field", []), once)  # type: ignore[arg-type]
