"""`remote.listing: cached`, through the command: few requests, and nothing claimed that is not known."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders_others import Busy, churn, edit, prove
from tests.builders_work import number
from tests.journey.builders import Desk, Row, Said, people, person, read_csv

pytestmark = pytest.mark.usefixtures("reads_here")

SOURCE = {"files": ["contacts.csv"]}
LOOSE = {
    "deletes": {"percent": None, "count": None},
    "updates": {"percent": None},
    "column_change": None,
    "shrink": None,
    "familiar": None,
}


def settle(desk: Desk, *rows: Row, **groups: Any) -> None:
    """A job whose sheet was synced yesterday: every contact is known."""
    desk.seed(*rows)
    desk.config(source=SOURCE, remote={"listing": "cached"}, limits=LOOSE, **groups)
    desk.sheet(rows)
    assert desk("run", "--yes").code == 0


def tonight(desk: Desk, *rows: Row) -> tuple[Said, list[str]]:
    """Run the sheet of tonight; what it said, and the calls that it took."""
    desk.remote.log.clear()
    desk.sheet(rows)
    said = desk("run", "--yes")
    return said, [entry.call for entry in desk.remote.log]


def test_what_the_job_added_changed_and_removed_is_known_the_next_night(desk: Desk) -> None:
    settle(desk, *people(range(60)), sync={"remote_only": "delete", "owned": "all"})
    assert len(desk.remote.log.of("page")) == 4
    rows = [person(n, first_name="New" if n == 7 else f"Name {n}") for n in [*range(1, 60), *range(100, 130)]]
    said, calls = tonight(desk, *rows)
    assert calls == ["page", "read", "page", "create", "update_many", "delete"]
    assert (said.code, desk.only()) == (0, {number(0): "deleted"})
    assert "Taken: cached" in said.out
    said, calls = tonight(desk, *rows)
    assert (calls, set(desk.outcomes())) == (["page"], {"unchanged", "unchanged/as_of"})
    message = desk.rows()[3]["sync_message"]
    assert message.startswith("No change. It was last read on ")
    assert f"{datetime.now().astimezone():%b %Y}" in message


def test_an_edit_by_others_that_the_reply_shows_is_told_put_right_and_can_be_undone(desk: Desk) -> None:
    """A scan would have seen both names; cached sees them in the reply, and ends at the same."""
    settle(desk, *people(range(40), tag="a", company_name="Neem"))
    edit(desk.remote, number(7), first_name="Theirs", email="they@example.org")
    rows = people(range(40), tag="a", company_name="Neem")
    rows[7]["tag"] = "b"
    _, calls = tonight(desk, *rows)
    assert calls == ["page", "update_many", "update_many"]
    row = desk.rows()[7]
    assert (row["sync_outcome"], row["sync_reason"]) == ("updated", "edited_meanwhile")
    assert row["sync_changes"] == "Tag: a → b; First name: Theirs → Name 7"
    assert "Email: – → they@example.org" in row["sync_message"]
    assert desk.held()[number(7)]["first_name"] == "Name 7"
    undone = desk("undo", desk.latest().name, "--yes")
    assert (undone.code, "is as it was known on" in undone.out) == (0, True)
    back = desk.held()[number(7)]
    assert (back["tag"], back["first_name"], back["email"]) == ("a", "Theirs", "they@example.org")


def test_a_contact_that_others_gave_another_number_is_not_taken_for_its_old_row(desk: Desk) -> None:
    """Row 5 and row 90 both end at one contact: the one that has the number 90 by now. Row 6 has lost its contact."""
    settle(desk, *people(range(40), tag="a"))
    for old, new in ((5, 90), (6, 91)):
        found = desk.remote.store.find_number(number(old))
        assert found is not None
        desk.remote.store.change(found, {}, number=number(new), key=number(new))
    rows = [person(n, tag="b" if n in (5, 6) else "a") for n in [*range(40), 90]]
    said, _ = tonight(desk, *rows)
    told = dict(zip([*range(40), 90], desk.outcomes(), strict=True))
    assert (said.code, told[5], told[90]) == (3, "held/changed_since_plan", "updated/exists_already")
    assert (told[6], desk.held()[number(91)]["tag"]) == ("updated/edited_meanwhile", "b")
    assert f"Number: {number(6)} → {number(91)}" in desk.rows()[6]["sync_message"]
    assert desk.held()[number(90)] == {"first_name": "Name 90", "tag": "a"}
    said, _ = tonight(desk, *rows)
    assert (said.code, desk.outcomes()[5:7]) == (0, ["skipped/removed_remotely"] * 2)


def test_a_run_stopped_halfway_is_settled_and_known_the_next_night(desk: Desk) -> None:
    settle(desk, *people(range(60)))
    desk.remote.faults.add("error", call="update_many", status=401)
    said, _ = tonight(desk, *people(range(60), tag="x"), person(70))
    assert said.code == 6
    assert desk("resume").code == 0
    said, calls = tonight(desk, *people(range(60), tag="x"), person(70))
    assert (said.code, calls, {told.partition("/")[0] for told in desk.outcomes()}) == (0, ["page"], {"unchanged"})


def test_a_dry_run_feeds_the_next_and_what_another_job_did_is_known(desk: Desk) -> None:
    desk.seed(*people(range(60)))
    cached: dict[str, Any] = {"source": SOURCE, "remote": {"listing": "cached"}}
    desk.config(**cached)
    desk.sheet(people(range(60)))
    assert desk("run", "--dry-run").code == 0
    desk.config(job="other", source=SOURCE, limits=LOOSE)
    desk.sheet(people(range(60), tag="by the other"))
    assert desk("run", "--yes").code == 0
    desk.config(**cached)
    _, calls = tonight(desk, *people(range(60), tag="by the other"))
    assert (calls, {told.partition("/")[0] for told in desk.outcomes()}) == (["page"], {"unchanged"})


@pytest.mark.parametrize("seed", [1])
def test_whatever_others_do_during_a_run_its_outcomes_are_true(tmp_path: Path, seed: int) -> None:
    with Busy() as remote:
        desk = Desk(tmp_path, remote)
        settle(desk, *people(range(200), tag="a"), sync={"remote_only": "delete", "owned": "named"})
        chance = remote.chance = random.Random(seed)
        remote.touched = set()
        for _ in range(2):
            remote.touched |= churn(remote, chance)
        remote.rate = 0.3
        rows = [person(n, tag="b" if chance.random() < 0.1 else "a") for n in range(205) if n % 70 != 1]
        said, _ = tonight(desk, *rows)
        remote.rate = 0.0
        assert said.code in (0, 3), said.err
        held = desk.held()
        for row, told in zip(rows, desk.outcomes(), strict=True):
            if row["number"] not in remote.touched:
                assert told.partition("/")[0] in ("created", "updated", "unchanged")
                assert {**held[row["number"]], **row} == {**held[row["number"]], "number": row["number"]}, told
        assert not set(desk.only()) & {row["number"] for row in rows}
        gone = {key for key, told in desk.only().items() if told.startswith("deleted")}
        assert gone - remote.touched == {number(n) for n in (1, 71, 141)} - remote.touched
        assert not gone & set(held) - remote.touched


# -- none, auto --------------------------------------------------------------------------------------------------------


def test_an_upsert_without_a_look_takes_a_request_to_add_and_one_to_change(desk: Desk) -> None:
    desk.seed(*people(range(0, 60, 2)), person(70, tag="kept"))
    desk.remote.switches.duplicate = "sid_only"
    prove(desk.remote, desk.folder / "state", conflict_tells="sid", order="kept")
    desk.config(remote={"listing": "none"}, sync={"protect": ["tag"], "blank": "clear"})
    rows = [*people(range(60), company_name="Neem", tag=""), person(70, first_name="", tag="new")]
    desk.sheet(rows, header=("number", "first_name", "company_name", "tag"))
    said = desk("run", desk.folder / "contacts.csv", "--yes")
    assert (said.code, [entry.call for entry in desk.remote.log]) == (0, ["create", "update_many"])
    assert desk.outcomes() == ["updated/not_looked_at" if n % 2 == 0 else "created" for n in range(60)] + [
        "updated/not_looked_at"
    ]
    assert "Nothing was read (listing: none): every row is sent as new" in said.out
    assert "Still to come: 2 requests" in said.out
    assert desk.rows()[0]["sync_changes"] == "First name: ? → Name 0; Company name: ? → Neem"
    assert (desk.held()[number(4)]["company_name"], desk.held()[number(70)]) == ("Neem", {"tag": "kept"})
    said = desk("undo", desk.latest().name, "--yes")
    assert (said.code, desk.outcomes().count("held/no_before_image")) == (3, 31)
    assert len(desk.held()) == 31


def test_none_is_refused_before_any_request_until_the_probe_has_proven_it(desk: Desk) -> None:
    desk.seed(person(3))
    desk.config(remote={"listing": "none"})
    said = desk("run", desk.sheet(people(3, 4)), "--yes")
    assert (said.code, len(desk.remote.log)) == (2, 0)
    assert "syncjob doctor --probe NUMBER" in said.err
    assert desk("doctor", "--probe", number(999), "--yes").code == 0
    desk.remote.log.clear()
    assert desk("run", desk.folder / "contacts.csv", "--yes").code == 0
    assert [entry.call for entry in desk.remote.log] == ["create", "update_many"]


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_sid_is_believed_only_where_entries_are_seen_to_keep_their_order(desk: Desk, shuffled: bool) -> None:
    """Entries that hold no more than a sid may be anybody's: three are read, and nothing is written to strangers."""
    desk.seed(*people(range(40)))
    desk.remote.switches.duplicate = "sid_only"
    desk.remote.switches.order = "shuffled" if shuffled else "request"
    prove(desk.remote, desk.folder / "state", conflict_tells="sid")
    desk.config(remote={"listing": "none"})
    said = desk("run", desk.sheet(people(range(40), tag="x")), "--yes")
    assert said.code == (3 if shuffled else 0)
    assert set(desk.outcomes()) == {"rejected/refused_by_remote" if shuffled else "updated/not_looked_at"}
    assert {desk.held()[number(n)].get("tag") for n in range(40)} == {None if shuffled else "x"}
    assert len(desk.remote.log.of("read")) <= 3


def test_an_addition_whose_reply_was_lost_is_sent_again_where_nothing_was_read(desk: Desk) -> None:
    prove(desk.remote, desk.folder / "state")
    desk.config(remote={"listing": "none"}, sync={"mode": "create"})
    desk.remote.faults.add("cut", call="create", when="after")
    desk.seed(person(3), person(4, tag="theirs"))
    said = desk("run", desk.sheet(people(range(5), tag="")), "--yes")
    assert (said.code, [entry.call for entry in desk.remote.log]) == (0, ["create", "create"])
    assert desk.outcomes() == ["unchanged/there_as_sent"] * 5
    assert sorted(desk.held()) == [number(n) for n in range(5)]


def test_additions_in_doubt_are_looked_for_where_nothing_was_read_and_another_run_goes_first(desk: Desk) -> None:
    prove(desk.remote, desk.folder / "state")
    desk.config(remote={"listing": "none"}, source=SOURCE)
    desk.seed(person(1, tag="theirs"))
    desk.remote.faults.add("cut", call="create", when="after")
    desk.remote.faults.add("error", call="create", status=401)
    desk.sheet(people(1, 2, tag="a"))
    assert desk("run", "--yes").code == 6
    desk.sheet(people(5))
    said = desk("run", "--yes")
    assert (said.code, desk.outcomes()) == (0, ["created"])
    (settled,) = {path.resolve() for path in (desk.folder / "results").glob("*/")} - {desk.latest().resolve()}
    told = [row["sync_outcome"] for row in read_csv(settled / "result.csv")]
    assert told == ["not_sent", "unchanged"]
    assert desk.held()[number(1)]["tag"] == "theirs"


# -- budgets -----------------------------------------------------------------------------------------------------------


def test_removals_that_did_not_fit_come_first_in_the_next_run(desk: Desk) -> None:
    """Three fit. The next night, others are to go as well, yet those that waited go first."""
    sync = {"remote_only": "delete", "owned": "all"}
    desk.seed(*people(range(30)))
    desk.config(source=SOURCE, sync=sync, limits={**LOOSE, "requests": 6})
    desk.sheet(people(range(20)))
    said = desk("run", "--yes")
    assert (said.code, len(desk.remote.log)) == (3, 6)
    assert "About 7 of 10 removals won't fit limits.requests or limits.minutes" in said.out
    waited = {key for key, told in desk.only().items() if told == "held/budget"}
    assert len(waited) == 7
    desk.sheet(people(range(15, 20)))
    said = desk("run", "--yes")
    gone = {key for key, told in desk.only().items() if told == "deleted"}
    assert (len(gone), gone <= waited) == (3, True)
    assert "7 removals that did not fit an earlier run's budget come first." in said.out
    desk.config(source=SOURCE, sync=sync, limits=LOOSE)
    desk.remote.log.clear()
    said = desk("run", "--yes")
    assert (said.code, len(desk.held())) == (0, 5)
    order = [entry.path.rpartition("/")[2] for entry in desk.remote.log.of("delete")]
    assert len(order) == 19


def test_removals_beyond_the_budget_are_not_even_read_and_guards_judge_them_all(desk: Desk) -> None:
    """Twelve contacts to remove, each on a page of its own: one page, then a read and a removal each."""
    sync = {"remote_only": "delete", "owned": "all"}
    settle(desk, *people(range(240)), sync=sync)
    limits = {**LOOSE, "requests": 10}
    desk.config(source=SOURCE, remote={"listing": "cached"}, sync=sync, limits={**limits, "deletes": {"count": 11}})
    said, calls = tonight(desk, *people(*(n for n in range(240) if n % 20)))
    assert (said.code, "delete" in calls) == (5, False)
    desk.config(source=SOURCE, remote={"listing": "cached"}, sync=sync, limits=limits)
    first, calls = tonight(desk, *people(*(n for n in range(240) if n % 20)))
    assert (first.code, calls) == (3, ["page", *["read"] * 4, *["delete"] * 4])
    assert "About 8 of 12 removals won't fit" in first.out
    waited = {key for key, told in desk.only().items() if told == "held/budget"}
    second, calls = tonight(desk, *people(*(n for n in range(240) if n % 10)))
    gone = {key for key, told in desk.only().items() if told == "deleted"}
    assert (second.code, calls.count("delete"), len(calls) <= 10, gone <= waited) == (3, 4, True, True)


def test_a_budget_of_minutes_goes_by_the_rate(desk: Desk) -> None:
    desk.seed(*people(range(30)))
    desk.config(
        source=SOURCE,
        remote={"rate": "1200/minute"},
        sync={"remote_only": "delete", "owned": "all"},
        limits={**LOOSE, "minutes": 0.02},
    )
    desk.sheet(people(1))
    said = desk("run", "--yes")
    assert said.code == 3
    assert list(desk.only().values()).count("held/budget") >= 5
