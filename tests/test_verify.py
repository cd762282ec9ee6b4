"""verify: a run's contacts read again and compared with its results."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders_past import drop, number, past, row

pytestmark = pytest.mark.usefixtures("reads_here")

THERE = (row(1, first_name="Asha"), row(2, first_name="Ravi"), row(3), {**row(5), "custom_field": {"theirs": "1"}})
WANTED = (
    row(1, first_name="Asha"),
    row(2, first_name="Ravindra"),
    row(4, first_name="Noor", tag="vip"),
    row(5, city="Goa"),
)


def test_a_run_that_still_stands_is_exit_0(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        run_id = job.run(*WANTED)
        job.change(number(5), custom_field={"theirs": "2", "city": "Goa"})
        found = job.told("verify")
        assert (found["run_id"], found["exit_code"], found["differences"]) == (run_id, 0, [])
        assert (found["contacts"], found["checked"]) == (5, 5)


def test_every_difference_is_named_with_row_field_expected_and_found(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        run_id = job.run(*WANTED)
        job.change(number(1), first_name="Usha")
        job.change(number(2), first_name="Ravi")
        job.change(number(5), custom_field={"city": "Pune"})
        drop(job.remote, number(4))
        found = job.told("verify", run_id)
        seen = {(d["number"], d["row"], d["field"], d["expected"], d["found"]) for d in found["differences"]}
        assert seen == {
            (number(1), "2", "first_name", "Asha", "Usha"),
            (number(2), "3", "first_name", "Ravindra", "Ravi"),
            (number(4), "4", "contact", "there", "gone"),
            (number(5), "5", "custom_field.city", "Goa", "Pune"),
        }
        assert (found["exit_code"], found["differing"]) == (3, 4)
        assert job.do("verify", run_id) == 3
        assert f"row 3 ({tmp_path / 'sheet.csv'}), {number(2)}: First name: expected Ravindra, found Ravi" in job.said
        assert "all 5 contacts read again" in job.said


def test_a_deleted_contact_that_is_there_differs(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        sid = next(str(contact["sid"]) for contact in job.remote.store.export() if contact["number"] == number(3))
        stored = job.remote.store.find(sid)
        job.run(*WANTED)
        job.remote.store._apply(None, stored)
        (difference,) = job.told("verify")["differences"]
        assert (difference["number"], difference["expected"], difference["found"]) == (number(3), "gone", "there")


def test_a_sample_reads_only_so_many(tmp_path: Path) -> None:
    crowd = [row(n) for n in range(100, 160)]
    with past(tmp_path, *crowd) as job:
        job.run(*(contact | {"tag": "x"} for contact in crowd))
        found = job.told("verify", "--sample", 2)
        assert (found["contacts"], found["checked"], found["requests"]) == (60, 2, 2)
        everything = job.told("verify")
        assert (everything["checked"], everything["requests"]) == (60, 3)  # by page


def test_what_was_stored_differently_and_said_so_agrees(tmp_path: Path) -> None:
    with past(tmp_path, numbers="echo") as job:
        job.remote.switches.max_length = 40
        job.run(row(1, first_name="Asha"))
        job.change(number(1), first_name="ASHA")
        run_id = job.run(row(1, first_name="Asha", tag="x"))
        assert job.told("verify", run_id)["differences"] == []
        job.change(number(1), tag="y")
        assert job.told("verify", run_id)["differing"] == 1


def test_only_reads_and_says_what_it_can_not_compare(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        job.remote.faults.add("error", call="update_many", status=403)
        job.run(*WANTED, code=6)
        writes = job.writes()
        found = job.told("verify")
        assert (found["unfinished"], found["differences"]) == (3, [])
        assert job.writes() == writes


def test_later_runs_are_named_as_a_possible_cause(tmp_path: Path) -> None:
    with past(tmp_path, *THERE) as job:
        first = job.run(*WANTED)
        second = job.run(row(1, first_name="Aisha"), *WANTED[1:])
        assert job.told("verify", first)["later_runs"] == [second]
        assert job.do("verify", first) == 3
        assert f"Runs since then may be why: {second}" in job.said


def test_without_a_run_it_is_exit_2_and_unreachable_it_is_exit_6(tmp_path: Path) -> None:
    with past(tmp_path) as job:
        assert job.do("verify") == 2
        job.run(row(1))
        job.remote.faults.add("error", call="read", status=403, times=None)
        job.remote.faults.add("error", call="page", status=403, times=None)
        assert job.do("verify") == 6
