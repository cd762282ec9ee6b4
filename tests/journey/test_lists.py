"""A campaign list as the wanted side, through the command: who joins, who leaves, who stays in the address book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from syncjob.emulator import Emulator
from syncjob.job.session import Session
from tests.journey.builders import people, read_sheet
from tests.journey.builders_lists import ListDesk, joined, numbers

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ListDesk]:
    with Emulator() as remote:
        yield ListDesk(tmp_path, remote)


def test_who_is_not_on_the_list_joins_it_and_who_is_new_becomes_a_contact_first(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 5)))
    diwali = desk.list("Diwali", 0, 1)
    desk.of_list()
    desk.sheet(people(range(1, 7)))
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert desk.outcomes() == ["unchanged"] * 2 + ["added"] * 2 + ["added/contact_first"] * 2
    assert desk.members(diwali) == numbers(range(1, 7))
    assert len(desk.held()) == 6
    assert desk.rows()[3]["sync_message"] == "Joined the list."
    assert desk.summary()["counts"] == {"added": 4, "unchanged": 2}
    told = desk("history", "show", numbers(6)[0]).out
    assert "Added" in told
    assert "Joined the list" in told


def test_who_is_no_longer_in_the_sheet_leaves_the_list_and_stays_in_the_address_book(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 31)))
    diwali = desk.list("Diwali", *range(25))
    desk.of_list(sync={"remote_only": "delete", "owned": "all"})
    desk.sheet(people(range(1, 24), 26))
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert "1 to join the list · 2 to leave the list" in said.out
    assert desk.outcomes() == ["unchanged"] * 23 + ["added"]
    assert desk.only() == dict.fromkeys(numbers(24, 25), "removed")
    page = (desk.latest() / "report.html").read_text()
    assert "On the list Diwali, but not in your file" in page
    assert "Let the list Diwali hold the numbers of the file" in page
    assert desk.members(diwali) == numbers(range(1, 24), 26)
    assert len(desk.held()) == 30


def test_when_nothing_is_to_do_only_the_list_is_read(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 60)))
    desk.list("Diwali", 0, 1)
    desk.of_list()
    desk.sheet(people(1, 2))
    said = desk("run", "--yes")
    assert (said.code, desk.outcomes()) == (0, ["unchanged", "unchanged"])
    assert [entry.path.rsplit("/", 1)[-1] for entry in desk.remote.log] == ["lists", "contacts", "contacts"]
    assert "so the address book was not read" in said.out


def test_only_members_that_the_job_let_in_leave_unless_the_settings_say_otherwise(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 40)))
    diwali = joined(desk, range(1, 25), sync={"remote_only": "delete"})
    stranger = desk.remote.store.at(35)
    assert stranger
    desk.remote.store.lists[diwali][stranger.sid] = None
    desk.sheet(people(range(1, 24)))
    assert desk("run", "--yes").code == 0
    assert desk.only() == {numbers(24)[0]: "removed", stranger.number: "skipped/not_owned"}
    assert desk.members(diwali) == [*numbers(range(1, 24)), stranger.number]


def test_a_sheet_may_list_who_leaves(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 31)))
    diwali = desk.list("Diwali", *range(25))
    desk.of_list(sync={"mode": "delete"})
    desk.sheet(people(3, 4, 28))
    assert desk("run", "--yes").code == 0
    assert desk.outcomes() == ["removed", "removed", "skipped/not_on_list"]
    assert desk.members(diwali) == numbers(1, 2, range(5, 26))


def test_a_refused_contact_is_told_and_the_others_join(desk: ListDesk) -> None:
    desk.seed(*people(1, 2))
    diwali = desk.list()
    desk.of_list()
    desk.sheet(people(range(1, 5)))
    desk.remote.faults.refuse(numbers(3)[0], "Never on Sundays")
    desk.remote.faults.refuse(numbers(2)[0], "Is on no list")
    said = desk("run", "--yes")
    assert (said.code, desk.members(diwali)) == (3, numbers(1, 4))
    reasons = ["added", "rejected/refused_by_remote", "rejected/refused_by_remote", "added/contact_first"]
    assert desk.outcomes() == reasons
    assert "Exotel refused it: Is on no list." in desk.rows()[1]["sync_message"]
    assert "Exotel refused it: Never on Sundays." in desk.rows()[2]["sync_message"]
    assert desk("resume").code == 0


def test_a_list_that_is_missing_is_exit_2_and_made_only_when_asked(desk: ListDesk) -> None:
    desk.of_list()
    desk.sheet(people(1, 2))
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert "has no list Diwali" in said.err
    assert "--create-list" in said.err
    assert desk("run", "--dry-run", "--create-list").code == 0
    assert desk.remote.store.lists == {}
    desk.remote.log.clear()
    said = desk("run", "--yes", "--create-list")
    assert said.code == 0, said.err
    assert "There is no list Diwali yet; it will be made." in said.out
    assert "Still to come: 5 requests." in said.out
    assert len(desk.remote.log) == 2 + 5
    (made,) = desk.remote.store.lists
    assert desk.members(made) == numbers(1, 2)


def test_a_list_that_somebody_makes_meanwhile_is_the_one_that_is_meant(desk: ListDesk) -> None:
    desk.of_list()
    desk.sheet(people(1))
    desk("plan", "-o", desk.folder / "plan.json", "--create-list")
    diwali = desk.list()
    assert desk("apply", desk.folder / "plan.json", "--yes").code == 0
    assert (list(desk.remote.store.lists), desk.members(diwali)) == ([diwali], numbers(1))


def test_too_many_who_would_leave_are_a_refusal_of_members(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 200)))
    desk.list("Diwali", *range(30))
    desk.of_list(sync={"remote_only": "delete", "owned": "all"})
    desk.sheet(people(range(1, 21)))
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (5, 0)
    assert "too_many_deletes: 10 of 30 contacts" in said.err
    assert desk.paste(said, "--yes").code == 0
    assert sorted(desk.only().values()) == ["removed"] * 10


@pytest.mark.parametrize(("most", "final"), [(9, True), (20, False)])
def test_a_list_holds_only_so_many(desk: ListDesk, monkeypatch: pytest.MonkeyPatch, most: int, final: bool) -> None:
    monkeypatch.setattr("syncjob.membership.STATIC_LIST", 8)
    monkeypatch.setattr("syncjob.membership.DYNAMIC_LIST", most)
    desk.seed(*people(range(1, 11)))
    desk.list("Diwali", *range(6))
    desk.of_list()
    desk.sheet(people(range(1, 11)))
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (5, 0)
    assert "list_full: 6 members and 4 who join make 10" in said.err
    assert ("syncjob apply" in said.err) is not final
    if not final:
        assert desk.paste(said, "--yes").code == 0


def test_an_export_holds_the_members_and_reads_back(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 6)))
    desk.list("Diwali", 1, 3)
    desk.of_list()
    assert desk("export", "-o", desk.folder / "contacts.csv").code == 0
    assert desk("run", "--yes").code == 0
    assert (desk.outcomes(), [row["number"] for row in desk.rows()]) == (["unchanged"] * 2, numbers(2, 4))


def test_an_undo_takes_back_who_joined_who_left_and_who_was_made(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 41)))
    diwali = joined(desk, range(1, 31), sync={"remote_only": "delete"})
    desk.sheet(people(range(1, 29), 35, 50, 51))
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    desk.remote.store.change(
        next(c for c in map(desk.remote.store.at, range(42)) if c and c.number == numbers(51)[0]), {"tag": "vip"}
    )
    run = desk.latest().name
    said = desk("undo", run, "--yes")
    assert said.code == 3, said.err
    assert sorted(desk.members(diwali)) == numbers(range(1, 31))
    assert numbers(50)[0] not in desk.held()
    assert numbers(51)[0] in desk.held()
    assert sorted(desk.outcomes()) == ["added"] * 2 + ["deleted", "held/changed_since_run"] + ["removed"] * 3


def test_an_undone_run_is_done_again_by_the_undo_of_its_undo(desk: ListDesk) -> None:
    desk.seed(*people(1))
    diwali = joined(desk, 1, 2)
    assert desk("undo", desk.latest().name, "--yes").code == 0
    assert (desk.members(diwali), list(desk.held())) == ([], numbers(1))
    said = desk("undo", desk.latest().name, "--yes")
    assert said.code == 0, said.err
    assert (sorted(desk.members(diwali)), list(desk.held())) == (numbers(1, 2), numbers(1, 2))


def late_until(desk: ListDesk, monkeypatch: pytest.MonkeyPatch, pause: int) -> list[float]:
    """Let the list show what was done to it only after so many pauses, which pass at once; the pauses."""
    pauses: list[float] = []

    def waited(_session: Session, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == pause:
            desk.remote.switches.members_late = 0.0

    desk.remote.switches.members_late = 60.0
    monkeypatch.setattr(Session, "pause", waited)
    return pauses


def test_the_next_run_waits_for_those_who_just_joined(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    joined(desk, range(1, 4))
    pauses = late_until(desk, monkeypatch, 2)
    assert desk("run", "--yes").code == 0
    assert (desk.outcomes(), pauses, desk.writes) == (["unchanged"] * 3, [3.0, 3.0], 0)


def test_verify_waits_for_members_that_are_visible_late(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.seed(*people(range(1, 4)))
    diwali = joined(desk, range(1, 5))
    pauses = late_until(desk, monkeypatch, 3)
    said = desk("verify")
    assert (said.code, len(pauses)) == (3, 2)
    assert "list: expected on it, found not on it" in said.out.casefold()
    pauses = late_until(desk, monkeypatch, 1)
    assert (desk("verify").code, len(pauses)) == (0, 1)
    desk.remote.store.lists[diwali].popitem()
    assert desk("verify").code == 3


def test_whom_somebody_took_off_the_list_stays_off(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    diwali = joined(desk, 1, 2)
    monkeypatch.setattr(Session, "pause", lambda *_: None)
    desk.remote.store.lists[diwali].popitem()
    assert desk("run", "--yes").code == 0
    assert desk.outcomes() == ["unchanged", "skipped/taken_off"]


def test_what_the_job_knows_of_one_list_says_nothing_of_another(desk: ListDesk) -> None:
    joined(desk, range(1, 4), sync={"remote_only": "delete", "owned": "named"})
    other = desk.list("Holi", 0, 1)
    desk.of_list(remote={"list": "Holi"}, sync={"remote_only": "delete", "owned": "named"})
    desk.sheet(people(2, 3))
    assert desk("run", "--yes").code == 0
    assert desk.outcomes() == ["unchanged", "added"]
    assert desk.only() == {numbers(1)[0]: "skipped/not_owned"}
    assert desk.members(other) == numbers(1, 2, 3)


def test_without_a_list_nothing_is_asked(desk: ListDesk) -> None:
    desk.of_list(remote={"list": None})
    said = desk("run", "--yes")
    assert (said.code, len(desk.remote.log)) == (2, 0)
    assert "remote.list: is missing; exotel_list needs it." in said.err


def test_a_trial_lets_only_the_first_join_and_nobody_leave(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 4)))
    diwali = desk.list("Diwali", 0)
    desk.of_list(sync={"remote_only": "delete", "owned": "all"})
    desk.sheet(people(2, 50, 3))
    assert desk("run", "--yes", "--first", "2").code == 3
    assert desk.outcomes() == ["added", "added/contact_first", "not_sent/trial"]
    assert (desk.only(), desk.members(diwali)) == ({numbers(1)[0]: "not_sent/trial"}, numbers(1, 2, 50))


def test_apply_does_what_was_approved_and_holds_who_is_somebody_else_by_now(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 4)))
    diwali = desk.list()
    desk.of_list()
    desk.sheet(people(range(1, 6)))
    path = desk.folder / "plan.json"
    assert desk("plan", "-o", path).code == 0
    plan = json.loads(path.read_text())
    for change in plan["changes"]:
        change["approve"] = (change["verb"], change["number"]) != ("create", numbers(5)[0])
    path.write_text(json.dumps(plan))
    other = desk.remote.store.at(1)
    assert other
    desk.remote.store.change(other, {}, number=numbers(9)[0], key=numbers(9)[0])
    said = desk("apply", path, "--yes")
    assert said.code == 3, said.err
    told = ["added", "held/changed_since_plan", "added", "added/contact_first", "skipped/reviewers_no"]
    assert desk.outcomes() == told
    assert desk.members(diwali) == numbers(1, 3, 4)


def test_a_plan_of_one_list_is_not_applied_to_another(desk: ListDesk) -> None:
    desk.list()
    desk.of_list()
    desk.sheet(people(1))
    desk("plan", "-o", desk.folder / "plan.json")
    desk.of_list(remote={"list": "Holi"})
    said = desk("apply", desk.folder / "plan.json", "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert "The plan is for the list Diwali, not Holi." in said.err


def test_resume_goes_on_with_the_list_of_its_run_though_it_was_renamed(desk: ListDesk) -> None:
    diwali = desk.list()
    desk.of_list()
    desk.sheet(people(1, 2))
    desk.remote.faults.add("error", call="member_add", status=403)
    assert desk("run", "--yes").code == 6
    desk.remote.lists.about[diwali] = ("Holi", None, 1)
    assert desk("resume").code == 0
    assert desk.members(diwali) == numbers(1, 2)


def test_in_a_plan_workbook_who_leaves_waits_for_a_yes(desk: ListDesk) -> None:
    desk.seed(*people(range(1, 6)))
    diwali = desk.list("Diwali", 0, 1, 2)
    desk.of_list(sync={"remote_only": "delete", "owned": "all"})
    desk.sheet(people(3, 4, 50, 51))
    path = desk.folder / "plan.xlsx"
    assert desk("plan", "-o", path).code == 0
    assert [row["Now"] for row in read_sheet(path, "To join the list")] == ["in the address book"] + [
        "to be added first"
    ] * 2
    book = openpyxl.load_workbook(path)
    for sheet, row, said in (("To add", 3, "no"), ("To leave the list", 2, "yes")):
        book[sheet].cell(row, 1).value = said
    book.save(path)
    said = desk("apply", path)
    assert said.code == 0, said.err
    assert desk.outcomes() == ["unchanged", "added", "added/contact_first", "skipped/reviewers_no"]
    assert desk.only() == dict(zip(numbers(1, 2), ["removed", "skipped/reviewers_no"], strict=True))
    assert desk.members(diwali) == numbers(2, 3, 4, 50)
