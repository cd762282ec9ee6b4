"""What a result row says is what the remote holds (laws 1, 2 and 4), with the least possible number of requests."""

from __future__ import annotations

import math
import random

import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, Row, people, person, read_csv

pytestmark = pytest.mark.usefixtures("reads_here")

SWEEP = {
    "source": {"files": ["contacts.csv"]},
    "sync": {"remote_only": "delete", "owned": "all"},
    "limits": {"deletes": {"percent": None, "count": None}, "updates": {"percent": None}, "column_change": None},
}


def says_the_truth(
    desk: Desk, rows: list[Row], told: list[dict[str, str]], before: dict[str, dict[str, object]]
) -> None:
    """Compare every result row with what the remote holds now and held before."""
    held = desk.held()
    assert len(told) == len(rows)
    for row, line in zip(rows, told, strict=True):
        assert line["number"] == row["number"]
        contact, wanted = held.get(row["number"]), {n: v for n, v in row.items() if n != "number" and v}
        outcome = line["sync_outcome"]
        if outcome in ("created", "updated", "unchanged"):
            assert contact == wanted, line
        elif outcome in ("rejected", "failed", "invalid", "held"):
            assert contact == before.get(row["number"]), line
        else:
            raise AssertionError(outcome)


def test_a_run_does_create_update_unchanged_and_delete_right_and_a_second_one_changes_nothing(desk: Desk) -> None:
    """The least possible: ⌈N/20⌉ + 1 reads, the tail before creates, ⌈C/5000⌉ + ⌈U/5000⌉ + D writes."""
    there, creates, deletes = 205, 30, 7
    desk.seed(*people(range(there)))
    desk.config(**SWEEP)
    rows = [
        *people(range(100)),
        *people(range(100, there - deletes), first_name="New"),
        *people(range(500, 500 + creates)),
    ]
    desk.sheet(rows)
    assert desk("run", "--yes").code == 0
    log = desk.remote.log
    assert (len(log.of("create")), len(log.of("update_many")), len(log.of("delete"))) == (1, 1, deletes)
    assert len(log.of("page")) == math.ceil(there / 20) + 1 + 1
    assert len(log) == len(log.of("page")) + 2 + deletes
    assert desk.summary()["counts"] == {"unchanged": 100, "updated": 98, "created": 30}
    assert desk.summary()["requests"] == len(log)
    says_the_truth(desk, rows, desk.rows(), {})
    assert desk.held().keys() == {row["number"] for row in rows}

    log.clear()
    left = there - deletes + creates
    said = desk("run", "--yes")
    assert (said.code, desk.writes, len(log)) == (0, 0, math.ceil(left / 20) + 1)
    assert desk.summary()["counts"] == {"unchanged": len(rows)}


def test_batches_of_5000_and_no_request_more(desk: Desk) -> None:
    desk.seed(*people(range(5001)))
    desk.config(**SWEEP, remote={"timeout": 20})
    rows = [*people(range(5001), first_name="New"), *people(range(10_000, 15_001))]
    desk.sheet(rows)
    assert desk("run", "--yes").code == 0
    log = desk.remote.log
    assert (len(log.of("create")), len(log.of("update_many")), len(log.of("delete"))) == (2, 2, 0)
    assert len(log.of("page")) == math.ceil(5001 / 20) + 1 + 1


@pytest.mark.parametrize(("order", "codes", "half"), [("request", (429,), 1000), ("shuffled", (429, 503), 6000)])
def test_with_one_percent_refused_and_one_percent_failing_once_every_row_tells_the_truth(
    desk: Desk, order: str, codes: tuple[int, ...], half: int
) -> None:
    """Half are new, half are changed; a failure comes as an entry inside the 207, a 503 now and then after the deed."""
    desk.remote.switches.set({"order": order})
    chance = random.Random(11)
    old, one_percent = people(range(half)), half // 50
    desk.seed(*old)
    rows = [*people(range(half), first_name="New"), *people(range(20_000, 20_000 + half))]
    chance.shuffle(rows)
    picked = chance.sample(rows, 2 * one_percent)
    refused, failing = picked[:one_percent], picked[one_percent:]
    for row in refused:
        desk.remote.faults.refuse(row["number"], "Invalid parameter")
    for place, row in enumerate(failing):
        code = codes[place % len(codes)]
        desk.remote.faults.fail_once(row["number"], code, applied=code == 503 and place % 4 == 1)
    desk.config(**SWEEP, remote={"timeout": 6})  # a create in doubt is sent again when this long has passed
    desk.sheet(rows)
    said = desk("run", "--yes")
    assert said.code == 3, said.err
    told = read_csv(desk.latest() / "result.csv")
    says_the_truth(desk, rows, told, {row["number"]: {"first_name": row["first_name"]} for row in old})
    fresh = sum(row["number"] >= number(20_000) for row in refused)
    counts = {"created": half - fresh, "updated": half - (one_percent - fresh), "rejected": one_percent}
    assert desk.summary()["counts"] == counts
    told_refused = {line["number"] for line in told if line["sync_outcome"] == "rejected"}
    assert told_refused == {row["number"] for row in refused}
    assert all("Invalid parameter" in line["sync_message"] for line in told if line["sync_outcome"] == "rejected")


def test_a_row_stored_otherwise_says_so_and_is_not_sent_again_until_the_sheet_changes(desk: Desk) -> None:
    desk.remote.switches.set({"empty": "null"})
    desk.seed(person(1, tag="vip"))
    path = desk.sheet([{"number": number(1), "tag": "#CLEAR"}])
    assert desk("run", path, "--yes").code == 0
    desk.remote.log.clear()
    assert desk("run", path, "--yes").code == 0
    assert desk.writes == 0


def test_contacts_nobody_named_are_told_with_what_was_done(desk: Desk) -> None:
    desk.seed(*people(range(4)), {"number": "12345", "first_name": "Unreadable"})
    desk.config(**SWEEP)
    desk.sheet(people(0, 1))
    desk.remote.faults.refuse(number(3), "in use", code=409)
    assert desk("run", "--yes").code == 3
    only = desk.only()
    assert only[number(2)] == "deleted"
    assert only[number(3)].startswith("rejected")
    assert only["12345"] == "skipped/remote_number_unreadable"
    assert "12345" in {str(contact["number"]) for contact in desk.remote.store.export()}


def test_two_contacts_with_one_number_hold_the_row_that_means_them(desk: Desk) -> None:
    desk.seed(person(1), person(1, first_name="Twin"))
    assert desk("run", desk.sheet([person(1, first_name="New"), person(2)]), "--yes").code == 3
    assert desk.outcomes() == ["held/ambiguous_remote", "created"]


def test_what_others_add_between_plan_and_create_is_adopted_and_not_doubled(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.remote.faults.before_page(3, add=person(8, first_name="Theirs"))
    path = desk.sheet([person(8), person(9)])
    assert desk("run", path, "--yes").code == 0
    assert desk.outcomes() == ["updated/exists_already", "created"]
    assert desk.held()[number(8)] == {"first_name": "Name 8"}


def test_a_lost_reply_is_settled_by_reading_and_nothing_is_there_twice(desk: Desk) -> None:
    desk.seed(*people(range(3)))
    desk.remote.switches.set({"duplicate": "both_stored"})
    desk.remote.faults.add("cut", call="create", when="after")
    desk.remote.faults.add("cut", call="update_many", when="after")
    path = desk.sheet([*people(0, 1, first_name="New"), *people(7, 8)])
    said = desk("run", path, "--yes")
    assert (said.code, desk.outcomes()) == (0, ["updated", "updated", "created", "created"])
    assert len(desk.held()) == 5
