"""Every guard refuses before the first write, says why, and prints one command that really goes on (law 5)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, Row, people, person

pytestmark = pytest.mark.usefixtures("reads_here")

OWN_ALL = {"remote_only": "delete", "owned": "all"}
OPEN = {"deletes": {"percent": None, "count": None}, "updates": {"percent": None}, "column_change": None}
"""Limits that keep other guards out of the way."""


@dataclass(frozen=True)
class Case:
    """What trips one guard: contacts that are there, rows, config; and what the refusal must tell."""

    code: str
    there: list[dict[str, str]]
    rows: list[dict[str, str]]
    says: tuple[str, ...]
    config: dict[str, Any] = field(default_factory=dict)
    before: list[dict[str, str]] | None = None  # rows of an earlier good run
    meanwhile: Callable[[Desk], None] = lambda _desk: None


def age(desk: Desk) -> None:
    """The file was last changed two days ago."""
    then = time.time() - 48 * 3600
    os.utime(desk.folder / "contacts.csv", (then, then))


CASES = [
    Case("source_empty", people(1), [], ("0 rows", "source.files")),
    Case(
        "source_old",
        [],
        people(1),
        ("48.0 hours old", "24 hours", "source.max_age"),
        {"source": {"max_age": 24}},
        None,
        age,
    ),
    Case(
        "source_shrank",
        [],
        people(range(23)),
        ("23 rows", "30 in an earlier", "20 %", "limits.shrink"),
        {},
        people(range(30)),
    ),
    Case(
        "source_unfamiliar",
        [],
        people(range(19, 49)),
        ("11 of the 30", "36.7 %", "40 %", "limits.familiar"),
        {"limits": {"familiar": 40}},
        people(range(30)),
    ),
    Case(
        "column_vanished", [], [{"number": number(n)} for n in range(3)], ("First name", "columns"), {}, people(0, 1, 2)
    ),
    Case(
        "column_changed_everywhere",
        people(range(25)),
        people(range(19), first_name="Same") + people(range(19, 25)),
        ("First name: 19 of 25 (76 %)", "70 %", "limits.column_change", number(0), number(4)),
        {"limits": {"updates": {"percent": None}, "column_change": 70}},
    ),
    Case(
        "too_many_deletes",
        people(range(30)),
        people(range(26)),
        ("4 of 30", "13.3 %", "12 %", "limits.deletes", number(26), number(29)),
        {"sync": OWN_ALL, "limits": {"deletes": {"percent": 12}}},
    ),
    Case(
        "too_many_deletes",
        people(range(9)),
        people(range(6)),
        ("3 of 9", "the limit is 2", "limits.deletes"),
        {"sync": OWN_ALL, "limits": {"deletes": {"count": 2}}},
    ),
    Case("too_many_deletes", people(0, 1), people(50), ("2 of 2", "every contact"), {"sync": OWN_ALL, "limits": OPEN}),
    Case(
        "too_many_updates",
        people(range(25)),
        people(range(13), first_name="New") + people(range(13, 25)),
        ("13 of 25", "52 %", "50 %", "limits.updates.percent", number(0)),
    ),
    Case(
        "too_many_creates",
        people(0, 1),
        people(range(7)),
        ("5 new contacts beside 2", "the limit is 4", "limits.creates", number(2)),
        {"limits": {"creates": {"count": 3, "factor": 2}}},
    ),
]


def lay_out(desk: Desk, case: Case) -> None:
    settings = {**case.config, "source": {"files": ["contacts.csv"], **case.config.get("source", {})}}
    desk.seed(*case.there)
    desk.config(**settings)
    if case.before:
        desk.sheet(case.before)
        assert desk("run", "--yes").code == 0
        desk.remote.log.clear()
    desk.sheet(case.rows, header=None if case.rows else ["number"])
    case.meanwhile(desk)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.code}-{place}" for place, case in enumerate(CASES)])
def test_a_guard_refuses_with_figures_and_the_pasted_command_goes_on(desk: Desk, case: Case) -> None:
    lay_out(desk, case)
    before = desk.held()
    said = desk("run", "--yes")
    assert (said.code, desk.writes, desk.held()) == (5, 0, before)
    line = next(line for line in said.err.splitlines() if line.startswith(f"{case.code}:"))
    assert all(word in line for word in case.says), line
    assert desk.summary()["refusals"] == [line]
    assert "DRY-RUN-result.xlsx" in {path.name for path in desk.latest().iterdir()}
    if case.code == "source_empty":
        return
    assert "--allow" in said.pasted()
    pasted = desk.paste(said, "--yes")
    assert (pasted.code, desk.runs()[0]) == (0, "apply"), pasted.err
    assert {row["number"] for row in case.rows} <= set(desk.held())


def test_all_guards_speak_at_once_and_one_command_allows_them_all(desk: Desk) -> None:
    desk.seed(*people(range(30)))
    desk.config(
        source={"files": ["contacts.csv"], "max_age": 24}, sync=OWN_ALL, limits={"creates": {"count": 0, "factor": 0}}
    )
    desk.sheet([*people(range(24), first_name="Same"), person(50)])
    age(desk)
    said = desk("run", "--yes")
    codes = [line.split(":")[0] for line in said.err.splitlines() if ": " in line and line.split(":")[0].islower()]
    assert set(codes) == {
        "source_old",
        "too_many_deletes",
        "too_many_updates",
        "column_changed_everywhere",
        "too_many_creates",
    }
    assert desk.writes == 0
    pasted = desk.paste(said, "--yes")
    assert (pasted.code, len(desk.held())) == (0, 25), pasted.err


def test_an_empty_source_can_not_be_allowed_by_anything(desk: Desk) -> None:
    desk.seed(*people(1))
    desk.config(source={"files": ["contacts.csv"]}, sync=OWN_ALL)
    desk.sheet([{"number": "total"}, {"number": "12"}])
    assert desk("plan", "-o", desk.folder / "p.json").code == 5
    import json

    mark = json.loads((desk.folder / "p.json").read_text())["fingerprint"]
    said = desk("run", "--yes", "--allow", f"source_empty@{mark}", "--allow", f"too_many_deletes@{mark}")
    assert (said.code, desk.writes) == (5, 0)
    assert "syncjob apply" not in said.err
    applied = desk("apply", desk.folder / "p.json", "--yes", "--allow", f"source_empty@{mark}")
    assert (applied.code, desk.writes) == (5, 0)


def test_an_allowance_holds_for_that_very_plan_only(desk: Desk) -> None:
    desk.seed(*people(range(9)))
    desk.config(source={"files": ["contacts.csv"]}, sync=OWN_ALL, limits={"deletes": {"count": 1}})
    desk.sheet(people(range(7)))
    words = desk("run", "--yes").pasted()
    allow = words[words.index("--allow") + 1]
    desk.sheet(people(range(6)))
    assert desk("run", "--yes", "--allow", allow).code == 5
    assert desk("run", "--yes", "--allow", "too_many_deletes").code == 5
    assert desk("run", "--yes", "--allow", allow.replace("deletes", "updates")).code == 5
    assert desk.writes == 0
    desk.sheet(people(range(7)))
    assert desk("run", "--yes", "--allow", allow).code == 0
    assert len(desk.held()) == 7


def test_percentages_judge_from_20_contacts_up_and_filling_what_was_empty_is_no_update(desk: Desk) -> None:
    small = people(range(19))
    desk.seed(*small)
    desk.config(source={"files": ["contacts.csv"]}, sync=OWN_ALL)
    desk.sheet(people(range(5), first_name="New"))
    assert desk("run", "--yes").code == 0
    assert len(desk.held()) == 5
    desk.seed(*({"number": number(n)} for n in range(100, 130)))
    desk.sheet([*people(range(5), first_name="New"), *people(range(100, 130))])
    assert desk("run", "--yes").code == 0
    assert desk.outcomes().count("updated") == 30


PARTIAL: list[tuple[list[Row], list[Row], dict[str, Any]]] = [
    (people(range(25)), people(range(25), first_name="New"), {}),
    (people(range(25)), people(0), {"sync": OWN_ALL}),
]


@pytest.mark.parametrize(("there", "rows", "config"), PARTIAL)
def test_no_guard_that_compares_judges_a_partial_source(
    desk: Desk, there: list[Row], rows: list[Row], config: dict[str, Any]
) -> None:
    desk.seed(*there)
    desk.config(source={"files": ["contacts.csv"]}, **config)
    desk.sheet(rows)
    assert desk("run", desk.folder / "contacts.csv", "--yes").code == 0
    assert len(desk.held()) == 25


def test_counts_judge_partial_sources_too(desk: Desk) -> None:
    desk.seed(*people(range(9)))
    desk.config(source={"files": ["other.csv"]}, sync={"mode": "delete"}, limits={"deletes": {"count": 2}})
    path = desk.sheet(people(range(3)))
    said = desk("run", path, "--yes")
    assert (said.code, desk.writes) == (5, 0)
    assert "too_many_deletes: 3 of 3" in said.err
    desk.sheet(people(range(2)))
    assert desk("run", path, "--yes").code == 0
    assert len(desk.held()) == 7


def test_over_hold_holds_the_deletes_and_lets_the_rest_go(desk: Desk) -> None:
    desk.seed(*people(range(9)))
    desk.config(
        source={"files": ["contacts.csv"]},
        sync=OWN_ALL,
        limits={"deletes": {"count": 1, "over": "hold"}, "bad_rows": 9},
    )
    desk.sheet([*people(range(6)), person(50)])
    said = desk("run", "--yes")
    assert (said.code, len(desk.held())) == (3, 10)
    assert set(desk.only().values()) == {"held/too_many_deletes"}
    assert desk.remote.log.of("delete") == []


def test_the_guards_compare_with_the_largest_of_the_last_good_runs_and_a_failed_one_does_not_count(desk: Desk) -> None:
    desk.config(source={"files": ["contacts.csv"]}, limits={"shrink": 20})
    for count in (30, 25):
        desk.sheet(people(range(count)))
        assert desk("run", "--yes").code == 0
    desk.sheet(people(range(22)))
    said = desk("run", "--yes")
    assert said.code == 5
    assert "22 rows, 30 in an earlier good run" in said.err
    desk.config(source={"files": ["contacts.csv"]}, limits={"shrink": None})
    assert desk("run", "--yes").code == 0


def test_an_unproven_listing_sends_nothing_and_can_not_be_allowed(desk: Desk) -> None:
    desk.seed(*people(range(30)))
    path = desk.sheet(people(50))
    desk.remote.faults.add("empty_page", call="page", times=None)
    said = desk("run", path, "--yes")
    assert (said.code, desk.writes) == (6, 0)
    assert "syncjob apply" not in said.err
    assert desk.outcomes() == ["not_sent/run_ended"]


def test_not_ours_is_no_refusal_but_told(desk: Desk) -> None:
    desk.seed(*people(range(30)))
    desk.config(source={"files": ["contacts.csv"]}, sync={"remote_only": "delete"})
    desk.sheet(people(0))
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (0, 0)
    assert "29 contacts not in the source" in said.out
    assert set(desk.only().values()) == {"skipped/not_owned"}
