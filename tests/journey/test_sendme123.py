"""A job on SendMe123: contacts read one by one, shown by name, and removed or deactivated by their ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncjob.emulator.faults import When
from tests.journey.builders import Desk, read_sheet
from tests.journey.builders_hostile import Forge
from tests.journey.builders_remotes import asked, killed_at, listed, sendme

pytestmark = pytest.mark.usefixtures("reads_here")


def test_each_contact_is_read_and_its_name_is_shown_before_it_is_removed(desk: Desk) -> None:
    ids = sendme(desk, 2)
    listed(desk, ids, "Contact ID")
    names = [f"{desk.remote.sendme123.contacts[each]['name']}" for each in ids]
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert asked(desk) == ["sendme_read"] * 2 + ["sendme_delete"] * 2
    for key, name in zip(ids, names, strict=True):
        assert f"- {key}  {name} " in said.out
    assert "columns Contact ID → Contact id" in said.out
    assert "2 contacts were read one by one (2 there) at" in said.out
    assert "can't be brought back" in said.out
    assert desk.outcomes() == ["deleted"] * 2
    assert desk.remote.sendme123.contacts == {}


def test_a_sheet_without_the_key_says_which_line_to_add(desk: Desk) -> None:
    ids = sendme(desk, 1)
    listed(desk, ids, "Customer")
    said = desk("run", "--yes")
    assert (said.code, len(desk.remote.log)) == (4, 0)
    assert "no column holds the contact_id" in said.err
    assert "HEADER OF THE COLUMN: contact_id" in said.err


def test_a_saved_plan_tells_names_and_holds_what_changed_since(desk: Desk) -> None:
    ids = sendme(desk, 2)
    listed(desk, ids, "contact_id")
    plan = desk.folder / "plan.json"
    assert desk("plan", "-o", plan).code == 0
    document = json.loads(plan.read_text())
    first = desk.remote.sendme123.contacts[ids[0]]
    assert [change["sid"] for change in document["changes"]] == ids
    assert (document["changes"][0]["number"], document["changes"][0]["before"]["first_name"]) == (
        first["phone"],
        first["name"],
    )
    assert "can't be brought back" in " ".join(document["notes"])
    assert desk("plan", "-o", desk.folder / "plan.md").code == 0
    page = (desk.folder / "plan.md").read_text()
    assert "| Contact id | Name | Why |" in page
    assert str(first["name"]) in page
    assert desk("plan", "-o", desk.folder / "plan.xlsx").code == 0
    line = read_sheet(desk.folder / "plan.xlsx", "To remove")[0]
    assert (line["Contact id"], line["Number"], line["status"]) == (ids[0], first["phone"], "ACTIVE")
    first["status"] = "BLOCKED"
    assert desk("apply", plan, "--yes").code == 3
    assert desk.outcomes() == ["held/changed_since_plan", "deleted"]


def test_what_has_no_listing_can_not_be_exported(desk: Desk) -> None:
    sendme(desk, 1)
    said = desk("export", "-o", desk.folder / "all.xlsx")
    assert (said.code, len(desk.remote.log)) == (2, 0)
    assert "sendme123 has no listing, so what it holds can't be exported." in said.err


def test_a_second_run_finds_nothing_to_do_and_what_was_done_can_be_told_but_not_undone(desk: Desk) -> None:
    ids = sendme(desk, 2)
    number = desk.remote.sendme123.contacts[ids[0]]["phone"]
    listed(desk, ids, "Contact ID")
    desk("run", "--yes")
    first, row = desk.latest().name, desk.rows()[0]
    assert (row["Contact ID"], row["sync_sid"], row["sync_number"]) == (ids[0], ids[0], number)
    assert "Exotel" not in (desk.latest() / "report.html").read_text()
    desk.remote.log.clear()
    assert (desk("run", "--yes").code, desk.writes) == (0, 0)
    assert desk.outcomes() == ["deleted/already_gone"] * 2
    (event, *_) = desk("history", "show", ids[0], "--json").json["events"]
    assert (event["sid"], event["outcome"], Path(event["file"]).name) == (ids[0], "deleted", "contacts.csv")
    said = desk("undo", first, "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert f"Run {first} can't be undone. A contact that is removed can't be brought back" in said.err
    assert desk("verify", first).code == 0


@pytest.mark.usefixtures("impatient")
def test_every_documented_answer_gets_its_outcome_and_what_is_left_can_be_fed_back(desk: Desk) -> None:
    ids = sendme(desk, 6)
    refused, gone, pending, trouble, hidden, fine = ids
    faults = desk.remote.faults
    faults.add("error", call="sendme_delete", path=refused, status=400, text="Invalid contact ID")
    faults.add("error", call="sendme_delete", path=gone, status=404, text="Contact not found", times=None)
    desk.remote.sendme123.pending.add(pending)
    faults.add("error", call="sendme_delete", path=trouble, status=500, times=2)
    faults.add("error", call="sendme_read", path=hidden, status=500, times=None)
    listed(desk, [*ids, "x"], "contact_id")
    assert desk("run", "--yes").code == 3
    assert dict(zip([*ids, "x"], desk.outcomes(), strict=True)) == {
        refused: "rejected/refused_by_remote",
        gone: "deleted/already_gone",
        pending: "rejected/pending_messages",
        trouble: "deleted",
        hidden: "held/contact_unread",
        fine: "deleted",
        "x": "rejected/refused_by_remote",
    }
    assert [row["sync_code"] for row in desk.rows()] == ["400", "", "409", "", "500", "", "400"]
    assert "SendMe123 refused it: Invalid contact ID" in desk.rows()[6]["sync_message"]
    assert set(desk.remote.sendme123.contacts) == {refused, gone, pending, hidden}
    faults.clear()
    desk.remote.sendme123.pending.clear()
    fixing = read_sheet(desk.latest() / "needs-fixing.xlsx", "Needs fixing")
    assert [row["contact_id"] for row in fixing] == [refused, pending, "x"]
    assert desk("run", "--yes", desk.latest() / "needs-fixing.xlsx").code == 3
    assert desk.outcomes() == ["deleted", "deleted", "rejected/refused_by_remote"]


@pytest.mark.usefixtures("impatient")
def test_what_fails_again_and_again_is_taken_up_by_resume(desk: Desk) -> None:
    ids = sendme(desk, 2)
    desk.remote.faults.add("error", call="sendme_delete", path=ids[0], status=500, times=None)
    listed(desk, ids, "contact_id")
    assert desk("run", "--yes").code == 3
    assert desk.outcomes() == ["failed/temporary_trouble", "deleted"]
    desk.remote.faults.clear()
    assert desk("resume", "--yes").code == 0
    assert desk.outcomes() == ["deleted", "deleted"]


def test_the_key_alone_lets_a_job_in_and_a_refused_one_stops_it_at_once(desk: Desk) -> None:
    ids = sendme(desk, 3, remote={"concurrency": 1})
    desk.remote.faults.add("error", call="sendme_delete", path=ids[1], status=401)
    listed(desk, ids, "contact_id")
    assert desk("run", "--yes").code == 6
    assert desk.outcomes() == ["deleted", "not_sent/run_ended", "not_sent/run_ended"]
    assert list(desk.remote.sendme123.contacts) == ids[1:]
    sendme(desk, 0, remote={"api_key": "another"})
    desk.remote.log.clear()
    assert desk("run", "--yes").code == 6
    assert set(desk.outcomes()) == {"not_sent/run_ended"}
    assert {entry.status for entry in desk.remote.log} == {401}


@pytest.mark.usefixtures("impatient")
def test_a_remote_in_trouble_ends_the_run_with_nothing_sent(desk: Desk) -> None:
    ids = sendme(desk, 4)
    desk.remote.faults.add("error", call="sendme_read", status=500, times=None)
    listed(desk, ids, "contact_id")
    assert (desk("run", "--yes").code, desk.writes) == (6, 0)
    assert desk.outcomes() == ["not_sent/run_ended"] * 4


def test_a_key_that_is_missing_or_can_not_be_one_is_named_and_one_named_twice_is_one_removal(desk: Desk) -> None:
    ids = sendme(desk, 1)
    listed(desk, ["", "../x", "9.19E+11", *ids, *ids], "Contact ID")
    said = desk("check")
    assert (said.code, len(desk.remote.log)) == (3, 0)
    assert 'column A (Contact ID): "../x"' in said.out
    assert desk("run", "--yes").code == 3
    assert desk.outcomes() == [
        *("invalid/key_missing", "invalid/key_invalid", "invalid/key_invalid"),
        *("deleted", "duplicate/identical_row"),
    ]
    assert asked(desk) == ["sendme_read", "sendme_delete"]


def test_only_counts_guard_and_an_allowed_plan_is_carried_out(desk: Desk) -> None:
    listed(desk, sendme(desk, 30, limits={"deletes": {"percent": 1, "count": 29}}), "contact_id")
    said = desk("run", "--yes")
    assert (said.code, desk.writes) == (5, 0)
    assert "Each contact is read before anything is planned: 30 requests." in said.err
    assert "too_many_deletes: 30 contacts; the limit is 29 (limits.deletes)" in said.err
    assert "%" not in said.err
    assert desk.paste(said, "--yes").code == 0
    assert desk.remote.sendme123.contacts == {}


def test_instead_of_removing_contacts_are_deactivated_and_that_can_be_undone(desk: Desk) -> None:
    ids = sendme(desk, 3, sync={"instead_of_delete": "deactivate"}, limits={"deletes": {"count": 2}})
    contacts = desk.remote.sendme123.contacts
    contacts[ids[2]]["status"] = "INACTIVE"
    listed(desk, ids, "contact_id")
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    assert "0 to add · 2 to change · 0 to remove" in said.out
    assert "status: ACTIVE → INACTIVE" in said.out
    assert "can't be brought back" not in said.out
    assert desk.outcomes() == ["updated", "updated", "unchanged"]
    assert [entry.body for entry in desk.remote.log.of("sendme_change")] == [{"status": "INACTIVE"}] * 2
    assert desk("verify").code == 0
    assert desk("undo", desk.latest().name, "--yes").code == 0
    assert [contacts[each]["status"] for each in ids] == ["ACTIVE", "ACTIVE", "INACTIVE"]


def test_deactivations_are_counted_like_removals(desk: Desk) -> None:
    limits = {"deletes": {"count": 2, "over": "hold"}}
    listed(desk, sendme(desk, 3, sync={"instead_of_delete": "deactivate"}, limits=limits), "contact_id")
    assert (desk("run", "--yes").code, desk.writes) == (3, 0)
    assert desk.outcomes() == ["held/too_many_deletes"] * 3


@pytest.mark.parametrize(("call", "when"), [("sendme_read", "before"), ("sendme_delete", "after")])
def test_a_run_killed_and_resumed_ends_as_an_uninterrupted_one(desk: Desk, forge: Forge, call: str, when: When) -> None:
    ids = sendme(desk, 5, remote={"concurrency": 2, "timeout": 20})
    desk.remote.sendme123.pending.add(ids[3])
    listed(desk, [*ids, "contact-uuid-gone"], "contact_id")
    killed_at(desk, forge, call, when)
    assert desk("resume" if call == "sendme_delete" else "run", "--yes").code == 3
    outcomes = [outcome.removesuffix("/already_gone") for outcome in desk.outcomes()]
    assert outcomes == ["deleted"] * 3 + ["rejected/pending_messages", "deleted", "deleted"]
    assert [row["sync_sid"] for row in desk.rows()] == [*ids, "contact-uuid-gone"]
    assert list(desk.remote.sendme123.contacts) == [ids[3]]
    assert "nothing to resume" in desk("resume", "--yes").err


def test_deactivations_killed_and_resumed_are_made_once_and_told_as_made(desk: Desk, forge: Forge) -> None:
    ids = sendme(desk, 3, sync={"instead_of_delete": "deactivate"}, remote={"timeout": 20})
    listed(desk, ids, "contact_id")
    killed_at(desk, forge, "sendme_change", "after")
    assert desk("resume", "--yes").code == 0
    assert desk.outcomes() == ["updated"] * 3
    assert [row["sync_changes"] for row in desk.rows()] == ["status: ACTIVE → INACTIVE"] * 3
    assert len([entry for entry in desk.remote.log.of("sendme_change") if entry.applied]) == 3


@pytest.mark.parametrize(
    ("sync", "key"),
    [
        ({"mode": "upsert"}, "sync.mode: upsert is not possible with sendme123, only delete."),
        ({"remote_only": "delete"}, "sync.remote_only: delete is not possible with sendme123, only keep."),
        (
            {"instead_of_delete": "hide"},
            "sync.instead_of_delete: hide is not possible with sendme123, only deactivate.",
        ),
    ],
)
def test_what_the_remote_can_not_do_is_refused_before_any_request(desk: Desk, sync: dict[str, str], key: str) -> None:
    listed(desk, sendme(desk, 1, sync=sync), "contact_id")
    for command in (["run", "--yes"], ["plan", "-o", desk.folder / "plan.json"], ["check"]):
        said = desk(*command)
        assert (said.code, len(desk.remote.log)) == (2, 0)
        assert key in said.err
