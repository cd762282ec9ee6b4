"""`remote.listing: cached`: few requests, never less safe than a scan, and nothing claimed that is not known."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from syncjob import snapshot
from syncjob.memory import Memory, RunRecord
from syncjob.state import Account, open_account
from tests.builders_others import Busy, add, churn, edit
from tests.builders_work import drop, number
from tests.journey.builders import Desk, Said, people, person

pytestmark = pytest.mark.usefixtures("reads_here")

SOURCE = {"files": ["contacts.csv"]}
LOOSE = {"deletes": {"percent": None, "count": None}, "updates": {"percent": None}, "column_change": None}


def account(desk: Desk) -> Account:
    return open_account(desk.folder / "state", f"{desk.remote.url.removeprefix('http://')}/{desk.remote.account}")


def nightly(desk: Desk, *rows: dict[str, str], **groups: Any) -> None:
    """A job whose sheet was synced yesterday: every contact is known."""
    desk.seed(*rows)
    remote = {"listing": "cached", **groups.pop("remote", {})}
    desk.config(source=SOURCE, remote=remote, limits=LOOSE, **groups)
    desk.sheet(rows)
    assert desk("run", "--yes").code == 0


def tonight(desk: Desk, *rows: dict[str, str]) -> list[str]:
    """Run the sheet of tonight; the calls that it took."""
    desk.remote.log.clear()
    desk.sheet(rows)
    desk.said = desk("run", "--yes")  # type: ignore[attr-defined]
    return [entry.call for entry in desk.remote.log]


def said(desk: Desk) -> Said:
    """What the run of tonight said."""
    found: Said = desk.said  # type: ignore[attr-defined]
    return found


def test_the_first_run_reads_everything_and_the_next_one_page(desk: Desk) -> None:
    nightly(desk, *people(range(100)))
    assert len(desk.remote.log.of("page")) == 6
    assert tonight(desk, *people(range(100))) == ["page"]
    assert (said(desk).code, set(desk.outcomes())) == (0, {"unchanged", "unchanged/as_of"})
    message = desk.rows()[0]["sync_message"]
    assert message.startswith("No change. It was last read on ")
    assert f"{datetime.now().astimezone():%b %Y}" in message


def test_a_night_of_changed_plain_fields_costs_a_page_and_a_request(desk: Desk) -> None:
    nightly(desk, *people(range(200)))
    rows = [person(n, first_name="New") if n % 50 == 7 else person(n) for n in range(200)]
    assert tonight(desk, *rows) == ["page", "update_many"]
    assert desk.outcomes().count("updated") == 4
    assert desk.held()[number(7)]["first_name"] == "New"
    assert tonight(desk, *rows) == ["page"]
    assert desk.outcomes().count("updated") == 0


def test_what_the_job_added_changed_and_removed_is_known_the_next_night(desk: Desk) -> None:
    nightly(desk, *people(range(60)), sync={"remote_only": "delete", "owned": "all"})
    rows = [*people(range(1, 60), tag="x"), *people(range(100, 130), tag="")]
    assert sorted(set(tonight(desk, *rows))) == ["create", "delete", "page", "read", "update_many"]
    assert said(desk).code == 0
    assert tonight(desk, *rows) == ["page"]
    assert {told.partition("/")[0] for told in desk.outcomes()} == {"unchanged"}


def test_what_others_added_and_removed_is_noticed(desk: Desk) -> None:
    nightly(desk, *people(range(300)))
    for n in (5, 150):
        drop(desk.remote, number(n))
    add(desk.remote, 900)
    assert len(tonight(desk, *people(range(300), 900))) < 16
    told = dict(zip([*range(300), 900], desk.outcomes(), strict=True))
    assert [n for n, outcome in told.items() if outcome == "skipped/removed_remotely"] == [5, 150]
    assert told[900] == "updated"
    assert "1 had been added and 2 removed by others" in said(desk).out


def test_each_contact_to_be_removed_is_read_again(desk: Desk) -> None:
    """Somebody gave it another tag, so it is not ours any more."""
    sync = {"remote_only": "delete", "owned": "tag:ours"}
    nightly(desk, *people(range(100), tag="ours"), sync=sync)
    edit(desk.remote, number(40), tag="theirs")
    calls = tonight(desk, *people(range(40), range(41, 70), range(71, 100), tag="ours"))
    assert sorted(calls) == ["delete", "page", "read", "read"]
    assert desk.only() == {number(40): "skipped/not_owned", number(70): "deleted"}


def test_contacts_to_be_removed_that_share_a_page_are_read_by_page(desk: Desk) -> None:
    nightly(desk, *people(range(100)), sync={"remote_only": "delete", "owned": "all"})
    assert tonight(desk, *people(range(30), range(40, 100))) == ["page", "page", *["delete"] * 10]


def test_contacts_are_marked_only_as_they_are_now(desk: Desk) -> None:
    nightly(desk, *people(range(50), tag="ours"), sync={"remote_only": "mark:left", "owned": "tag:ours"})
    edit(desk.remote, number(3), tag="theirs")
    tonight(desk, *people(range(3), range(5, 50), tag="ours"))
    assert desk.only() == {number(3): "skipped/not_owned", number(4): "updated"}
    assert desk.held()[number(3)]["tag"] == "theirs"


def test_custom_fields_are_merged_into_what_is_there_now(desk: Desk) -> None:
    nightly(desk, *people(range(40)))
    desk.config(source=SOURCE, remote={"listing": "cached"}, columns={"city": "custom_field.city"})
    edit(desk.remote, number(7), custom_field={"floor": "3"})
    rows = [person(n, city="Goa" if n == 7 else "") for n in range(40)]
    assert tonight(desk, *rows) == ["page", "read", "update_many"]
    assert desk.held()[number(7)]["custom_field"] == {"floor": "3", "city": "Goa"}


def test_a_field_to_be_filled_is_looked_at_first(desk: Desk) -> None:
    nightly(desk, *people(range(40), tag=""), sync={"fill_only": ["tag"]})
    edit(desk.remote, number(7), tag="theirs")
    tonight(desk, *[person(n, tag="mine" if n in (7, 9) else "") for n in range(40)])
    assert (desk.outcomes()[7], desk.outcomes()[9]) == ("skipped/protected", "updated")
    assert desk.held()[number(7)]["tag"] == "theirs"


def test_an_edit_by_others_that_the_reply_shows_is_told_and_put_right(desk: Desk) -> None:
    """A scan would have seen both names; cached sees them in the reply and ends at the same."""
    nightly(desk, *people(range(40), tag="a", company_name="Neem"))
    edit(desk.remote, number(7), first_name="Theirs", email="they@example.org")
    rows = people(range(40), tag="a", company_name="Neem")
    rows[7]["tag"] = "b"
    assert tonight(desk, *rows) == ["page", "update_many", "update_many"]
    row = desk.rows()[7]
    assert (row["sync_outcome"], row["sync_reason"]) == ("updated", "edited_meanwhile")
    assert row["sync_changes"] == "First name: Theirs → Name 7; Tag: a → b"
    assert "Email: – → they@example.org" in row["sync_message"]
    assert desk.held()[number(7)]["first_name"] == "Name 7"
    assert desk("undo", desk.latest().name, "--yes").code == 0
    assert desk.held()[number(7)] | {"tag": "a"} == desk.held()[number(7)]
    assert (desk.held()[number(7)]["first_name"], desk.held()[number(7)]["email"]) == ("Theirs", "they@example.org")


def test_refresh_reads_the_oldest_pages_again(desk: Desk) -> None:
    nightly(desk, *people(range(100)), remote={"refresh": 2})
    edit(desk.remote, number(70), first_name="Theirs")
    assert tonight(desk, *people(range(100))) == ["page", "page", "page"]
    assert tonight(desk, *people(range(100)))[3:] == ["update_many"]
    assert desk.outcomes()[70] == "updated"
    assert desk.held()[number(70)]["first_name"] == "Name 70"


def test_max_age_forces_a_scan(desk: Desk) -> None:
    nightly(desk, *people(range(60)), remote={"max_age": "1s"})
    found = snapshot.load(account(desk), "IN")
    assert found is not None
    aged = snapshot.Snapshot(found.contacts, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    snapshot.store(account(desk), aged, "IN")
    assert tonight(desk, *people(range(60))) == ["page"] * 4
    assert "of 1 Jan 2026, 00:00 UTC, is older than remote.max_age allows" in said(desk).out


def test_an_open_doubt_leads_to_a_scan(desk: Desk) -> None:
    nightly(desk, *people(range(60)))
    memory = Memory(account(desk))
    memory.begin(RunRecord("20260101-000000-abcd", "another", "x", "2026-01-01", live=True, whole=True, kind="run"))
    memory.close()
    assert tonight(desk, *people(range(60))) == ["page"] * 4
    assert "because run 20260101-000000-abcd is not settled yet" in said(desk).out


def test_an_order_that_is_not_stable_leads_to_a_scan(desk: Desk) -> None:
    desk.remote.switches.ties = "shuffled"
    nightly(desk, *people(range(60)))
    assert len(tonight(desk, *people(range(60)))) > 4
    assert "nothing is remembered of an earlier reading" in said(desk).out


def test_a_snapshot_that_is_damaged_is_none(desk: Desk) -> None:
    nightly(desk, *people(range(60)))
    snapshot.place_of(account(desk)).write_bytes(b"PAR1 torn")
    assert tonight(desk, *people(range(60))) == ["page"] * 4
    assert tonight(desk, *people(range(60))) == ["page"]


def test_so_many_contacts_to_read_again_lead_to_a_scan(desk: Desk) -> None:
    nightly(desk, *people(range(60)), sync={"remote_only": "delete", "owned": "all"})
    assert tonight(desk, *people(range(10), range(20, 30), range(45, 55))).count("page") == 4
    assert "because it costs no more than looking at single contacts" in said(desk).out


def test_what_another_job_did_is_known_and_a_dry_run_feeds_the_next_run(desk: Desk) -> None:
    desk.seed(*people(range(60)))
    settings: dict[str, Any] = {"source": SOURCE, "remote": {"listing": "cached"}}
    desk.config(**settings)
    desk.sheet(people(range(60)))
    assert desk("run", "--dry-run").code == 0
    desk.config(**settings | {"remote": {"listing": "scan"}}, job="other", limits=LOOSE)
    desk.sheet(people(range(60), tag="by the other"))
    assert desk("run", "--yes").code == 0
    desk.config(**settings)
    assert tonight(desk, *people(range(60), tag="by the other")) == ["page"]
    assert set(desk.outcomes()) == {"unchanged", "unchanged/as_of"}


def test_a_run_cut_off_is_settled_and_known_the_next_night(desk: Desk) -> None:
    nightly(desk, *people(range(60)))
    desk.remote.faults.add("cut", call="update_many", when="after")
    desk.remote.faults.add("cut", call="page", when="before")
    desk.remote.faults.add("cut", call="read", when="before")
    tonight(desk, *people(range(60), tag="x"))
    assert said(desk).code in (3, 6)
    desk.remote.faults.clear()
    assert desk("resume").code == 0
    assert {desk.held()[number(n)].get("tag") for n in range(60)} == {"x"}
    assert tonight(desk, *people(range(60), tag="x")) == ["page"]
    assert {told.partition("/")[0] for told in desk.outcomes()} == {"unchanged"}


def test_undo_says_of_when_the_values_are_that_it_puts_back(desk: Desk) -> None:
    nightly(desk, *people(range(40), tag="a"))
    tonight(desk, *people(range(1), tag="b"), *people(range(1, 40), tag="a"))
    again = desk("undo", desk.latest().name, "--yes")
    assert again.code == 0
    assert "what the contacts held before is as it was known on" in again.out
    assert desk.held()[number(0)]["tag"] == "a"


def test_a_plan_made_from_memory_is_applied_and_remembered(desk: Desk) -> None:
    nightly(desk, *people(range(40), tag="a"))
    desk.sheet([*people(range(39), tag="a"), person(39, tag="b")])
    assert desk("plan", "-o", desk.folder / "plan.json").code == 0
    edit(desk.remote, number(39), first_name="Theirs")
    assert desk("apply", desk.folder / "plan.json", "--yes").code == 3
    assert desk.outcomes()[39] == "held/changed_since_plan"
    assert desk("run", "--yes").code == 0
    assert (desk.held()[number(39)]["tag"], desk.held()[number(39)]["first_name"]) == ("b", "Name 39")


@pytest.mark.parametrize("seed", [1, 2])
def test_night_after_night_a_job_from_memory_ends_as_one_that_scans(tmp_path: Path, seed: int) -> None:
    """Others add and remove between the runs; sheets change; every outcome and the end are the same."""
    with Busy() as one, Busy() as other:
        pair = [Desk(tmp_path / name, remote) for name, remote in (("cached", one), ("scan", other))]
        for desk in pair:
            desk.folder.mkdir()
            desk.seed(*people(range(90), tag="a"))
        for night in range(3):
            ends = [_night(desk, random.Random(f"{seed}/{night}"), night) for desk in pair]
            assert ends[0] == ends[1]
        assert "Taken: cached" in said(pair[0]).out


def _night(desk: Desk, chance: random.Random, night: int) -> tuple[object, ...]:
    sync = {"remote_only": "delete", "owned": "named", "gone": "recreate"}
    desk.config(source=SOURCE, remote={"listing": desk.folder.name}, limits=LOOSE, sync=sync)
    for _ in range(3 if night else 0):
        churn(desk.remote, chance, edits=False)
    there = [n for n in range(110) if chance.random() < 0.9]
    tonight(desk, *[person(n, tag=chance.choice("aaaaab")) for n in there])
    assert said(desk).code == 0, said(desk).err
    outcomes = [told.removesuffix("/as_of") for told in desk.outcomes()]
    return outcomes, desk.only(), desk.held()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_others_do_during_a_run_its_outcomes_are_true(tmp_path: Path, seed: int) -> None:
    with Busy() as remote:
        desk = Desk(tmp_path, remote)
        nightly(desk, *people(range(90), tag="a"), sync={"remote_only": "delete", "owned": "named"})
        chance = remote.chance = random.Random(seed)
        remote.touched = set()
        for _ in range(4):
            remote.touched |= churn(remote, chance)
        remote.rate = 0.3
        rows = [person(n, tag=chance.choice("aaab")) for n in range(100) if n % 30]
        tonight(desk, *rows)
        remote.rate = 0.0
        held = desk.held()
        for row, told in zip(rows, desk.outcomes(), strict=True):
            untouched = row["number"] not in remote.touched
            if untouched and told.partition("/")[0] in ("created", "updated", "unchanged"):
                assert held[row["number"]] | {"tag": row["tag"]} == held[row["number"]], told
            if told == "created":
                assert row["number"] in held or not untouched
        for key, told in desk.only().items():
            assert told != "deleted" or key not in held or key in remote.touched
            assert key not in {row["number"] for row in rows}
