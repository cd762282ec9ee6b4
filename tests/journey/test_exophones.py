"""A job that releases ExoPhones: by sid or by number, behind an explicit limit, never from another remote."""

from __future__ import annotations

import json

import pytest

from tests.journey.builders import Desk, read_csv
from tests.journey.builders_hostile import Forge
from tests.journey.builders_remotes import asked, killed_at, listed, phones, while_typing

pytestmark = [pytest.mark.usefixtures("reads_here"), pytest.mark.phones]


def left(desk: Desk) -> list[str]:
    """The sids that are still shown."""
    return [phone.sid for phone in desk.remote.exophones.there()]


def test_numbers_are_released_by_sid_once_and_the_plan_says_that_it_is_for_good(
    desk: Desk, phone_requests: list[str]
) -> None:
    sids = phones(desk, 3)
    listed(desk, [*sids[:2], "f" * 32], "ExoPhone SID")
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert "columns ExoPhone SID → Exophone sid" in said.out
    assert "A number that is released is given up for good" in said.out
    assert f"- {sids[0]}  01140000000 · +911140000000" in said.out
    assert desk.outcomes() == ["deleted/release_accepted"] * 2 + ["skipped/not_there"]
    assert (desk.rows()[0]["sync_number"], desk.rows()[0]["sync_sid"]) == ("+911140000000", sids[0])
    assert left(desk) == sids[2:]
    assert asked(desk) == ["exophone_page"] * 2 + ["exophone_release"] * 2
    assert len(phone_requests) == 4  # what is watched for in every other journey is seen here
    first = desk.latest().name
    desk.remote.log.clear()
    assert (desk("run", "--yes").code, desk.writes) == (0, 0)
    assert desk.outcomes() == ["skipped/not_there"] * 3
    for key in (sids[0], "+91 11 4000 0000"):
        (event, *_) = desk("history", "show", key, "--json").json["events"]
        assert (event["sid"], event["outcome"], event["reason"]) == (sids[0], "deleted", "release_accepted")
    said = desk("undo", first, "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert f"Run {first} can't be undone. A number that is released is given up for good" in said.err


def test_numbers_are_looked_up_and_one_that_two_phones_have_names_neither(desk: Desk) -> None:
    sids = phones(desk, 60)
    desk.remote.exophones.add("+911140000007")
    numbers = ["011 4000 0000", "+911140000001", "01140000055", "+911140000007", "+911123456789", "nobody"]
    listed(desk, numbers, "Phone")
    assert desk("run", "--yes").code == 3
    assert desk.outcomes() == [
        *["deleted/release_accepted"] * 3,
        *("held/ambiguous_remote", "skipped/not_there", "invalid/number_no_digits"),
    ]
    assert [row["sync_sid"] for row in desk.rows()] == [sids[0], sids[1], sids[55], "", "", ""]
    assert [row["sync_number"] for row in desk.rows()][:2] == ["+911140000000", "+911140000001"]
    assert len(left(desk)) == 58


def test_sids_and_numbers_mean_the_same_phones_and_a_protected_number_is_never_released(desk: Desk) -> None:
    sids = phones(desk, 3, sync={"protect": ["+91 11 4000 0001"]})
    listed(desk, sids[:2], "exophone_sid")
    more = desk.sheet([{"Mobile": "+911140000000"}], "more.csv")
    assert desk("run", "--yes", desk.folder / "contacts.csv", more).code == 0
    assert desk.outcomes() == ["deleted/release_accepted", "skipped/protected", "duplicate/identical_row"]
    assert len(desk.remote.log.of("exophone_release")) == 1
    assert left(desk) == sids[1:]


def test_without_an_explicit_limit_nothing_is_released(desk: Desk) -> None:
    sids = phones(desk, 3, allowed=None)
    listed(desk, sids[:1], "exophone_sid")
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (5, 0)
    assert "too_many_deletes: 1 of 1 contacts (100 %); the limit is 0 (limits.deletes)" in said.err
    assert desk.outcomes() == ["planned"]
    assert (desk.paste(said, "--yes").code, left(desk)) == (0, sids[1:])


@pytest.mark.usefixtures("impatient")
def test_what_the_remote_refuses_or_fails_at_is_told_and_resume_takes_up_the_rest(desk: Desk) -> None:
    sids = phones(desk, 5)
    refused, gone, trouble = sids[:3]
    desk.remote.faults.add(
        "error", call="exophone_release", path=refused, status=400, text="Not this one", shape="rest"
    )
    desk.remote.faults.add("error", call="exophone_release", path=gone, status=404, shape="rest")
    desk.remote.faults.add("error", call="exophone_release", path=trouble, status=500, shape="rest", times=None)
    listed(desk, sids[:4], "exophone_sid")
    assert desk("run", "--yes").code == 3
    assert desk.outcomes() == [
        *("rejected/refused_by_remote", "deleted/already_gone"),
        *("failed/temporary_trouble", "deleted/release_accepted"),
    ]
    assert "Exotel refused it: Not this one" in desk.rows()[0]["sync_message"]
    desk.remote.faults.clear()
    assert desk("resume", "--yes").code == 3
    assert desk.outcomes()[2] == "deleted/release_accepted"
    assert sorted(left(desk)) == sorted([refused, gone, sids[4]])


def test_a_release_that_takes_effect_later_is_accepted_once(desk: Desk) -> None:
    sids = phones(desk, 2)
    desk.remote.switches.release_delay = 3600
    listed(desk, sids[:1], "exophone_sid")
    assert desk("run", "--yes").code == 0
    assert (desk.outcomes(), left(desk)) == (["deleted/release_accepted"], sids)
    said = desk("verify")
    assert said.code == 0
    assert "1 release was accepted and has not taken effect yet" in said.out


@pytest.mark.parametrize(("count", "typed", "code"), [(2, "011-4000 0000", 8), (2, "{0} {1}", 0), (7, "7 {0}, {6}", 0)])
def test_at_a_terminal_the_numbers_themselves_are_typed(desk: Desk, count: int, typed: str, code: int) -> None:
    sids = phones(desk, 8)
    listed(desk, sids[:count], "exophone_sid")
    numbers = [phone.number for phone in desk.remote.exophones.there()]
    found, out, shown = while_typing(desk, typed.format(*numbers), "run")
    assert found == code, shown
    assert f"- {sids[count - 1]}  0{numbers[count - 1][3:]} · {numbers[count - 1]}" in out
    assert ("Type the 2 numbers" if count == 2 else "type 7, then the first and the last") in shown
    assert len(left(desk)) == (8 if code else 8 - count)


def test_without_a_terminal_and_without_yes_nothing_is_released(desk: Desk) -> None:
    listed(desk, phones(desk, 3)[:2], "exophone_sid")
    assert (desk("run").code, desk.writes) == (8, 0)


def test_the_phones_are_exported_as_a_sheet_that_run_reads_back(desk: Desk) -> None:
    sids = phones(desk, 2)
    assert desk("export", "-o", desk.folder / "contacts.csv").code == 0
    second = read_csv(desk.folder / "contacts.csv")[1]
    assert second == {"exophone_sid": sids[1], "number": "+911140000001", "name": "01140000001"}
    assert desk("run", "--dry-run").code == 5  # every one there is
    assert desk.outcomes() == ["planned", "planned"]


def test_a_plan_or_a_run_of_another_kind_of_remote_is_refused(desk: Desk) -> None:
    sids = phones(desk, 2)
    listed(desk, sids[:1], "exophone_sid")
    desk("plan", "-o", desk.folder / "plan.json")
    document = json.loads((desk.folder / "plan.json").read_text())
    assert (document["changes"][0]["number"], document["changes"][0]["sid"]) == ("+911140000000", sids[0])
    desk("run", "--yes")
    done = desk.latest().name
    desk.remote.log.clear()
    desk.config(source={"files": ["contacts.csv"]})
    for command, said in (
        (("apply", desk.folder / "plan.json", "--yes"), "The plan is for exophones, not exotel_contacts."),
        (("undo", done, "--yes"), f"Run {done} was made on exophones; this config is for exotel_contacts."),
        (("verify", done), "was made on exophones"),
        (("resume", "--yes"), "was made on exophones"),
    ):
        ended = desk(*command)
        assert (ended.code, len(desk.remote.log)) == (2, 0)
        assert said in ended.err


def test_a_run_killed_and_resumed_ends_as_an_uninterrupted_one(desk: Desk, forge: Forge) -> None:
    sids = phones(desk, 6, remote={"concurrency": 2, "timeout": 20})
    listed(desk, sids[:5], "exophone_sid")
    killed_at(desk, forge, "exophone_release", "before")
    assert desk("resume", "--yes").code == 0
    assert desk.outcomes() == ["deleted/release_accepted"] * 5
    assert [row["sync_sid"] for row in desk.rows()] == sids[:5]
    assert left(desk) == sids[5:]
    assert "nothing to resume" in desk("resume", "--yes").err


def test_the_doctor_counts_them_and_releases_none(desk: Desk) -> None:
    phones(desk, 3)
    findings = {found["check"]: found["says"] for found in desk("doctor", "--json").json["findings"]}
    assert "3 entries" in findings["rights"]
    assert asked(desk) == ["exophone_page"]
    phones(desk, 0, remote={"api_key": "wrong"})
    assert desk("doctor").code == 6
    assert desk.writes == 0
