"""Every key of sync:, limits:, columns:, phone: and results: changes what a run does."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.builders_work import drop, number
from tests.journey.builders import Desk, people, person, read_sheet

pytestmark = pytest.mark.usefixtures("reads_here")

SOURCE = {"files": ["contacts.csv"]}
HALF = {"deletes": {"percent": None, "count": None}, "updates": {"percent": None}, "column_change": None}


def first_name(desk: Desk, n: int) -> object:
    return desk.held()[number(n)].get("first_name")


@pytest.mark.parametrize(
    ("mode", "outcomes", "left"),
    [
        ("upsert", ["unchanged", "updated", "created"], [0, 1, 2, 3]),
        ("create", ["unchanged", "skipped/mode", "created"], [0, 1, 2, 3]),
        ("update", ["unchanged", "updated", "skipped/mode"], [0, 1, 3]),
        ("delete", ["deleted", "deleted", "skipped/not_there"], [3]),
    ],
)
def test_mode(desk: Desk, mode: str, outcomes: list[str], left: list[int]) -> None:
    desk.seed(*people(0, 1, 3))
    desk.config(sync={"mode": mode})
    said = desk("run", desk.sheet([person(0), person(1, first_name="New"), person(2)]), "--yes")
    assert (said.code, desk.outcomes()) == (0, outcomes)
    assert sorted(desk.held()) == [number(n) for n in left]
    assert first_name(desk, 3) == "Name 3"


@pytest.mark.parametrize(
    ("remote_only", "told", "tag", "there"),
    [
        ("keep", "skipped/kept", None, True),
        ("report", "skipped/reported", None, True),
        ("mark:gone", "updated", "gone", True),
        ("delete", "deleted", None, False),
    ],
)
def test_remote_only(desk: Desk, remote_only: str, told: str, tag: str | None, there: bool) -> None:
    desk.seed(*people(0), person(1, tag="lead"))
    desk.config(source=SOURCE, sync={"remote_only": remote_only, "owned": "all"})
    desk.sheet(people(0))
    assert desk("run", "--yes").code == 0
    assert desk.only() == {number(1): told}
    assert (number(1) in desk.held()) is there
    if there:
        assert desk.held()[number(1)]["tag"] == (tag or "lead")


@pytest.mark.parametrize(
    ("owned", "goes"),
    [("created", {2}), ("named", {1, 2}), ("tag:ours", {3}), ("all", {1, 2, 3, 4})],
)
def test_owned(desk: Desk, owned: str, goes: set[int]) -> None:
    """0 stays in the sheet; 1 was named, 2 was made by the job; 3 carries a tag, 4 is a stranger."""
    desk.seed(person(0), person(1), person(3, tag="ours"), person(4))
    desk.ours(*people(0, 1, 2))
    desk.config(source=SOURCE, sync={"remote_only": "delete", "owned": owned})
    desk.sheet(people(0))
    assert desk("run", "--yes").code == 0
    assert set(desk.held()) == {number(n) for n in {0, 1, 2, 3, 4} - goes}
    assert desk.only() == {number(n): "deleted" if n in goes else "skipped/not_owned" for n in (1, 2, 3, 4)}


def test_a_tag_that_says_what_is_ours_is_written_on_what_the_job_creates(desk: Desk) -> None:
    desk.config(sync={"owned": "tag:ours"})
    assert desk("run", desk.sheet([person(1, tag="vip")]), "--yes").code == 0
    assert desk.held()[number(1)]["tag"] == "ours"


def test_a_contact_that_another_job_names_is_kept(desk: Desk) -> None:
    desk.ours(*people(0, 1))
    other = desk.sheet(people(1), "other.csv")
    desk.config(job="other", source={"files": ["other.csv"]})
    assert desk("run", "--yes").code == 0
    assert other.exists()
    desk.config(source=SOURCE, sync={"remote_only": "delete"})
    desk.sheet(people(0))
    assert desk("run", "--yes").code == 0
    assert desk.only() == {number(1): "skipped/claimed"}


@pytest.mark.parametrize(("gone", "told"), [("skip", "skipped/removed_remotely"), ("recreate", "created")])
def test_gone(desk: Desk, gone: str, told: str) -> None:
    desk.ours(*people(0, 1), sync={"gone": gone})
    drop(desk.remote, number(1))
    assert desk("run", "--yes").code == 0
    assert desk.outcomes() == ["unchanged", told]


@pytest.mark.parametrize(("blank", "name"), [("keep", "Name 1"), ("clear", None)])
def test_blank_and_the_cell_text_that_clears(desk: Desk, blank: str, name: str | None) -> None:
    desk.seed(person(1, tag="vip"), person(2))
    desk.config(sync={"blank": blank})
    path = desk.sheet([{"number": number(1), "first_name": "", "tag": "#CLEAR"}, {**person(2), "tag": ""}])
    assert desk("run", path, "--yes").code == 0
    assert desk.held()[number(1)].get("first_name") == name
    assert "tag" not in desk.held()[number(1)]
    assert desk("run", path, "--yes").code == 0
    assert desk.outcomes() == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("conflict", "outcomes", "name"),
    [
        ("hold", ["held/conflicting_rows", "held/conflicting_rows"], "Name 1"),
        ("first", ["updated", "skipped/superseded"], "A"),
        ("last", ["skipped/superseded", "updated"], "B"),
    ],
)
def test_conflict(desk: Desk, conflict: str, outcomes: list[str], name: str) -> None:
    desk.seed(person(1))
    desk.config(sync={"conflict": conflict})
    desk("run", desk.sheet([person(1, first_name="A"), person(1, first_name="B")]), "--yes")
    assert desk.outcomes() == outcomes
    assert first_name(desk, 1) == name


def test_protect_keeps_fields_and_numbers_from_being_touched(desk: Desk) -> None:
    desk.seed(person(1, tag="vip"), person(2), person(3))
    desk.config(source=SOURCE, sync={"protect": ["tag", number(2), number(3)], "remote_only": "delete", "owned": "all"})
    desk.sheet([person(1, first_name="New", tag="other"), person(2, first_name="New", tag="x")])
    assert desk("run", "--yes").code == 0
    assert (desk.held()[number(1)]["tag"], first_name(desk, 1)) == ("vip", "New")
    assert first_name(desk, 2) == "Name 2"
    assert desk.outcomes()[1] == "skipped/protected"
    assert desk.only() == {number(3): "skipped/protected"}


def test_fill_only_sets_a_field_only_where_the_remote_is_empty(desk: Desk) -> None:
    desk.seed(person(1, tag="vip"), person(2))
    desk.config(sync={"fill_only": ["tag"]})
    assert desk("run", desk.sheet([person(1, tag="new"), person(2, tag="new")]), "--yes").code == 0
    assert [desk.held()[number(n)]["tag"] for n in (1, 2)] == ["vip", "new"]


def test_batch_size_bounds_what_one_request_holds(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(sync={"batch_size": 2})
    path = desk.sheet([*people(range(5), first_name="New"), *people(range(10, 15))])
    assert desk("run", path, "--yes").code == 0
    for call in ("create", "update_many"):
        sizes = [len(entry.body["contacts"]) for entry in desk.remote.log.of(call)]  # type: ignore[index,call-overload,arg-type]
        assert sorted(sizes) == [1, 2, 2], call


def test_keys_of_another_kind_of_remote_are_taken_and_said_to_be_unused(desk: Desk) -> None:
    desk.config(remote={"list": "Summer"}, sync={"instead_of_delete": "deactivate"})
    said = desk("run", desk.sheet(people(1)), "--yes")
    assert said.code == 0
    assert "sync.instead_of_delete is not used with exotel_contacts." in said.out
    assert "remote.list is not used with exotel_contacts." in said.out


def test_columns_map_headers_to_fields_paths_and_nothing(desk: Desk) -> None:
    desk.config(columns={"Wer": "number", "Treue": "custom_field.loyalty.level", "tag": "ignore"})
    path = desk.sheet([{"Wer": number(1), "Treue": "gold", "tag": "x", "Surname": "Rao", "Pets": "2"}])
    assert desk("run", path, "--yes").code == 0
    contact = desk.held()[number(1)]
    assert contact == {"last_name": "Rao", "custom_field": {"loyalty": {"level": "gold"}}}


def test_a_header_named_in_columns_but_absent_is_exit_4(desk: Desk) -> None:
    desk.config(columns={"Treue": "custom_field.loyalty"})
    said = desk("run", desk.sheet(people(1)), "--yes")
    assert (said.code, len(desk.remote.log)) == (4, 0)
    assert "Treue" in said.err


@pytest.mark.parametrize(
    ("unmapped", "custom"), [("ignore", None), ("custom_field", {"Pets": "2"}), ("error", "exit 4")]
)
def test_unmapped(desk: Desk, unmapped: str, custom: object) -> None:
    desk.config(unmapped=unmapped)
    said = desk("run", desk.sheet([{**person(1), "Pets": "2"}]), "--yes")
    if custom == "exit 4":
        assert (said.code, desk.writes) == (4, 0)
        assert "Pets" in said.err
        return
    assert desk.held()[number(1)].get("custom_field") == custom


@pytest.mark.parametrize(
    ("region", "written", "stored"), [("IN", "98000 00001", "+919800000001"), ("US", "(212) 555-0123", "+12125550123")]
)
def test_phone_default_region(desk: Desk, region: str, written: str, stored: str) -> None:
    desk.config(phone={"default_region": region})
    assert desk("run", desk.sheet([{"number": written}]), "--yes").code == 0
    assert list(desk.held()) == [stored]


def test_unreadable_rows_freeze_the_contacts_they_may_be_and_the_last_line_says_so(desk: Desk) -> None:
    desk.seed(*people(range(4)))
    settings: dict[str, Any] = {"source": SOURCE, "sync": {"remote_only": "delete", "owned": "all"}}
    desk.config(**settings)
    desk.sheet([*people(range(3)), person(9), {"number": "9.19E+11"}])
    said = desk("run", "--yes")
    assert (said.code, desk.only()) == (3, {number(3): "held/unreadable_rows"})
    assert "created" in desk.outcomes()
    assert "1 contact was not removed: 1" in said.err.splitlines()[-1]
    desk.config(**settings, limits={"unreadable": 1})
    desk("run", "--yes")
    assert desk.only() == {number(3): "deleted"}


@pytest.mark.parametrize("limit", [{"requests": 8}, {"minutes": 0.000001}])
def test_deletes_beyond_the_budget_are_held_and_come_in_the_next_run(desk: Desk, limit: dict[str, float]) -> None:
    desk.seed(*people(range(10)))
    settings: dict[str, Any] = {"source": SOURCE, "sync": {"remote_only": "delete", "owned": "all"}}
    desk.config(**settings, limits=HALF | limit)
    desk.sheet(people(0))
    said = desk("run", "--yes")
    left = list(desk.only().values())
    assert (said.code, set(left) - {"deleted"}) == (3, {"held/budget"})
    if "requests" in limit:
        assert 0 < left.count("deleted") < 9
        assert len(desk.remote.log) <= 8
    desk.config(**settings, limits=HALF)
    assert desk("run", "--yes").code == 0
    assert len(desk.held()) == 1


def test_results_are_masked_beside_and_lie_where_the_config_says(desk: Desk) -> None:
    desk.config(results={"dir": "answers", "mask": True})
    said = desk("run", desk.sheet(people(1)), "--yes", "-v")
    assert said.code == 0, said.err
    (folder,) = [path for path in (desk.folder / "answers").iterdir() if path.is_dir() and not path.is_symlink()]
    plain, masked = (read_sheet(folder / name, "Results")[0] for name in ("result.xlsx", "result-masked.xlsx"))
    assert plain["number"] == number(1)
    assert number(1) not in json.dumps(masked)


def test_concurrency_bounds_the_requests_in_flight_and_timeout_ends_a_silent_one(desk: Desk) -> None:
    desk.seed(*people(range(200)))
    desk.config(remote={"concurrency": 2})
    desk.remote.switches.latency = 0.05
    began = time.monotonic()
    assert desk("export", "-o", desk.folder / "a.csv").code == 0
    assert len({entry.port for entry in desk.remote.log}) <= 2
    assert time.monotonic() - began >= 0.2
    desk.remote.switches.latency = 0.0
    desk.remote.faults.add("hold", call="page", seconds=30, times=1)
    desk.config(remote={"timeout": 0.2})
    began = time.monotonic()
    assert desk("export", "-o", desk.folder / "a.csv").code == 0
    assert time.monotonic() - began < 15


def test_rate_spaces_the_requests(desk: Desk) -> None:
    desk.seed(*people(range(100)))
    desk.config(remote={"rate": "20/second"})
    assert desk("export", "-o", desk.folder / "a.csv").code == 0
    arrived = sorted(entry.arrived for entry in desk.remote.log)
    assert len(arrived) == 6
    assert arrived[-1] - arrived[0] >= 0.15
