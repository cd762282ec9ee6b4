"""doctor --probe: under every switch of the emulator it finds the truth, and it leaves nothing behind."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncjob.behaviour import QUESTIONS
from syncjob.emulator.faults import RowFault
from syncjob.state import locked
from tests.builders_probe import INVENTED, NUMBER, as_it_should, at_desk, job_after, probed, remembered, wired
from tests.journey.builders import Desk, people
from tests.journey.builders_hostile import Forge
from tests.journey.builders_remotes import sendme

pytestmark = pytest.mark.usefixtures("reads_here")

USUAL = {
    "repeated": "conflict", "delay": "0", "duplicate": "conflict", "conflict_tells": "contact",
    "conflict_counts": "failed", "conflict_http": "207", "null": "ignored", "empty": "stored", "custom": "replaced",
    "custom_alias": "ignored", "unknown_field": "ignored", "wrong_type": "request", "order": "kept", "rows": "200",
    "whole_failure": "array", "local_number": "international", "email": "taken", "longest": "5000",
    "number_change": "allowed", "limit_over": "clamped", "bad_limit": "refused", "past_end": "empty",
    "ties": "stable", "newest_first": "refused", "deleted_again": "http",
}  # fmt: skip
"""The answers under the emulator's defaults, with the 200 rows that these tests ask for."""

NO_CONFLICT = {"conflict_tells": None, "conflict_counts": None, "conflict_http": None}


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 rows are asked for in one test only."""
    monkeypatch.setattr("syncjob.remotes.questions.MANY", 200)


Answers: TypeAlias = dict[str, str | None]
SWITCHES: list[tuple[dict[str, Any], Answers]] = [
    ({}, {}),
    ({"order": "shuffled_successes"}, {"order": "successes_mixed"}),
    ({"order": "shuffled"}, {"order": "mixed"}),
    ({"max_rows": 60}, {"rows": "50"}),
    ({"limit_over": "refuse"}, {"limit_over": "refused"}),
    ({"bad_paging": "ignore"}, {"bad_limit": "ignored"}),
    ({"past_end": "not_found"}, {"past_end": "not_found"}),
    ({"duplicate": "sid_only"}, {"conflict_tells": "sid"}),
    ({"duplicate": "no_data"}, {"conflict_tells": "nothing"}),
    ({"duplicate": "upsert"}, {"duplicate": "updated", **NO_CONFLICT}),
    ({"duplicate": "both_stored"}, {"duplicate": "stored_twice", "repeated": "stored_twice", **NO_CONFLICT}),
    ({"duplicate_http": 409}, {"conflict_http": "409"}),
    ({"duplicate_http": 400}, {"conflict_http": "400"}),
    ({"duplicate_http": 200}, {"conflict_http": "200"}),
    ({"repeated": "both"}, {"repeated": "same"}),
    ({"conflict_failed": False}, {"conflict_counts": "success"}),
    ({"conflict_failed": False, "order": "shuffled"}, {"conflict_counts": "success", "order": "mixed"}),
    ({"null": "clears"}, {"null": "clears"}),
    ({"null": "clears", "empty": "refused"}, {"null": "clears", "empty": "refused"}),
    ({"empty": "null"}, {"empty": "null"}),
    ({"empty": "refused"}, {"empty": "refused"}),
    ({"custom_update": "merge"}, {"custom": "merged"}),
    ({"custom_alias": "alias"}, {"custom_alias": "alias"}),
    ({"number_change": "refused"}, {"number_change": "refused"}),
    ({"numbers": "strict"}, {"local_number": "refused"}),
    ({"numbers": "echo"}, {"local_number": "as_sent"}),
    ({"unknown_fields": "reported"}, {"unknown_field": "refused"}),
    ({"wrong_type": "entry"}, {"wrong_type": "row"}),
    ({"deleted_again": "ok_with_entry"}, {"deleted_again": "entry"}),
    ({"stale": 0.05}, {"delay": "0.1"}),
    ({"ties": "shuffled"}, {"ties": "mixed"}),
    ({"rate": "60/minute", "burst": 200}, {}),
    ({"rate_headers": True}, {}),
    ({"whole_failure": "object"}, {"whole_failure": "object"}),
    ({"whole_failure": "rest"}, {"whole_failure": "rest"}),
    ({"whole_failure": "html"}, {"whole_failure": "page"}),
    ({"lost_replies": 3}, {}),
    ({"max_length": 60}, {"longest": "50"}),
    ({"check_email": True}, {"email": "refused"}),
    ({"latency": 0.001}, {}),
]


@pytest.mark.parametrize(("switches", "answers"), SWITCHES, ids=[str(switches) for switches, _ in SWITCHES])
def test_under_every_switch_the_probe_finds_the_truth_leaves_nothing_and_the_job_after_it_is_true(
    desk: Desk,
    switches: dict[str, Any],
    answers: dict[str, str | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncjob.transport.wire.Wire._send", wired(desk.remote))
    desk.remote.store.seed(INVENTED)
    before = desk.remote.store.export()
    desk.remote.switches.set(switches)
    found = probed(desk)
    wanted = {name: answer for name, answer in {**USUAL, **answers}.items() if answer is not None}
    assert dict(found.answers) == wanted
    assert desk.remote.store.export() == before
    assert remembered(desk, "canary") is None
    assert remembered(desk, "behaviour") == found.to_text()
    as_it_should(desk, job_after(desk, found, tmp_path), stays=found.clears_by == "impossible")


def test_every_question_has_a_switch_or_an_answer() -> None:
    asked = {*USUAL, *(name for _, answers in SWITCHES for name in answers)}
    assert asked == set(QUESTIONS)


# -- before it sends ---------------------------------------------------------------------------------------------------


def test_it_says_what_it_will_send_and_nobody_at_the_door_is_a_no(desk: Desk) -> None:
    said = desk("doctor", "--probe", NUMBER)
    assert said.code == 8
    assert f"one contact, {NUMBER}" in said.out
    for request in ("GET contacts", "POST contacts, twice", "PUT contacts", "DELETE contacts/SID, three times"):
        assert request in said.out
    assert (desk.writes, remembered(desk, "behaviour")) == (0, None)


def test_what_it_sends_is_what_it_said(desk: Desk) -> None:
    desk.remote.store.seed(INVENTED)
    probed(desk)
    counts = Counter(entry.call for entry in desk.remote.log)
    assert (counts["create"], counts["delete"]) == (2, 3)
    assert counts["update_many"] <= 28
    assert counts["read"] <= 18
    assert counts["page"] <= 1 + 3 + 16  # to tell the cost, to read all, to ask
    assert set(counts) == {"create", "delete", "update_many", "read", "page"}


def test_with_a_yes_it_learns_tells_and_is_remembered(desk: Desk) -> None:
    desk.remote.store.seed(INVENTED)
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert said.code == 0, said.err
    assert "creating a number that is a contact already: 409, and the contact stays as it is" in said.out
    assert said.err.startswith("LIVE")
    assert desk("doctor", "--json").json["behaviour"]["answers"] == USUAL
    assert len(desk.held()) == INVENTED


def test_with_json_there_is_one_document(desk: Desk) -> None:
    said = desk("doctor", "--probe", NUMBER, "--yes", "--json")
    assert said.json["behaviour"]["answers"]["duplicate"] == "conflict"
    assert said.json["behaviour"]["learned"].startswith("20")


@pytest.mark.parametrize(("number", "words"), [("98450 12345", "is a contact"), ("12", "no phone number")])
def test_a_number_that_is_a_contact_or_none_is_refused(desk: Desk, number: str, words: str) -> None:
    desk.seed({"number": NUMBER, "first_name": "Asha"})
    said = desk("doctor", "--probe", number, "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert words in said.err
    assert remembered(desk, "canary") is None


def test_while_another_run_is_at_work_it_waits_or_ends_in_7(desk: Desk) -> None:
    with at_desk(desk) as session, locked(session.account, "job leads", wait_minutes=0, now=session.now()):
        said = desk("doctor", "--probe", NUMBER, "--yes")
    assert (said.code, desk.writes) == (7, 0)
    assert "job leads" in said.err


def test_where_something_is_wrong_it_is_not_begun(desk: Desk) -> None:
    desk.config(remote={"api_token": "wrong"})
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert (said.code, desk.writes) == (6, 0)
    assert "not begun" in said.out


def test_other_remotes_have_nothing_to_probe(desk: Desk) -> None:
    sendme(desk)
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert (said.code, desk.writes) == (2, 0)
    assert "nothing to probe on sendme123" in said.err


def test_the_address_book_behind_a_list_can_be_probed(desk: Desk) -> None:
    desk.config(remote={"kind": "exotel_list", "list": "Diwali"})
    assert probed(desk).names_duplicates
    assert desk.held() == {}


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 8), ("", 8)])
def test_at_a_terminal_it_asks(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    asked: list[str] = []
    monkeypatch.setattr("syncjob.cli.screen._terminal", lambda: True)
    monkeypatch.setattr("syncjob.cli.screen.Screen._answer", lambda _self, question: asked.append(question) or answer)
    assert desk("doctor", "--probe", NUMBER).code == code
    assert asked == ["Send these? [y/N]: "]
    assert bool(desk.writes) is (code == 0)


# -- whatever happens, it cleans up ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_in_the_middle_it_removes_its_contact(
    desk: Desk, forge: Forge, number: signal.Signals, code: int
) -> None:
    desk.seed(*people(range(2)))
    desk.remote.faults.add("hold", call="update_many", nth=4, seconds=30, when="after")
    running = forge.start(desk, "doctor", "--probe", NUMBER, "--yes")
    assert desk.remote.gate.until_waiting(1, 60)
    running.signal(number)
    running.heard("Stopping")
    desk.remote.gate.release()
    assert running.wait().code == code
    assert NUMBER not in desk.held()
    assert remembered(desk, "behaviour") is None
    assert remembered(desk, "canary") is None


def test_killed_in_the_middle_the_next_run_removes_its_contact(desk: Desk, forge: Forge) -> None:
    """The reply to making it never came, so its sid is not known."""
    desk.seed(*people(range(2)))
    desk.remote.faults.add("hold", call="create", seconds=30, when="after")
    running = forge.start(desk, "doctor", "--probe", NUMBER, "--yes")
    assert desk.remote.gate.until_waiting(1, 60)
    running.signal(signal.SIGKILL)
    running.wait()
    desk.remote.gate.release()
    assert NUMBER in desk.held()
    assert any("A probe was interrupted" in found["says"] for found in desk("doctor", "--json").json["findings"])
    said = desk("run", desk.sheet(people(range(2))), "--yes")
    assert said.code == 0, said.err
    assert "had left its contact" in said.err
    assert set(desk.held()) == {person["number"] for person in people(range(2))}
    assert remembered(desk, "canary") is None


def test_killed_in_the_middle_the_next_probe_starts_from_a_clean_account(desk: Desk, forge: Forge) -> None:
    desk.remote.faults.add("hold", call="update_many", seconds=30, when="after")
    running = forge.start(desk, "doctor", "--probe", NUMBER, "--yes")
    assert desk.remote.gate.until_waiting(1, 60)
    running.signal(signal.SIGKILL)
    running.wait()
    desk.remote.gate.release()
    assert probed(desk).answers["duplicate"] == "conflict"
    assert desk.held() == {}


@pytest.mark.parametrize("kind", ["existing", "both_stored"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_create_whose_reply_is_lost_leaves_nothing_behind(desk: Desk, kind: Any, nth: int) -> None:
    desk.seed(*people(range(2)))
    desk.remote.switches.duplicate = kind
    desk.remote.faults.add("cut", call="create", nth=nth, when="after")
    found = probed(desk)
    assert found.of("duplicate") == ("conflict" if kind == "existing" else "stored_twice")
    assert len(desk.remote.store) == 2


def test_an_error_of_ours_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncjob.remotes.fields.Fields.custom", lambda _self: 1 / 0)
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert said.code == 1
    assert desk.held() == {}
    assert remembered(desk, "behaviour") is None


def test_what_can_not_be_removed_now_is_told_and_removed_by_the_next_run(desk: Desk) -> None:
    desk.remote.faults.add("error", method="DELETE", status=403, times=None)
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert said.code == 6
    assert "may still be there" in said.err
    assert "syncjob run removes it" in said.err
    desk.remote.faults.clear()
    assert "had left its contact" in desk("run", desk.sheet(people(range(2))), "--yes").err
    assert NUMBER not in desk.held()


def test_a_run_goes_on_where_the_contact_can_not_be_removed_yet(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncjob.transport.calls.Backoff.wait", lambda *_: 0.0)
    desk.remote.faults.add("error", method="DELETE", status=503, times=None)
    assert desk("doctor", "--probe", NUMBER, "--yes").code == 6
    said = desk("run", desk.sheet(people(range(2))), "--yes")
    assert said.code == 0
    assert "is still there" in said.err


def test_another_contact_is_never_taken_for_the_probes_own(desk: Desk) -> None:
    """Somebody makes a contact with the same number after a probe was killed: it stays."""
    desk.remote.faults.add("error", method="DELETE", status=403, times=None)
    assert desk("doctor", "--probe", NUMBER, "--yes").code == 6
    for contact in desk.remote.store.export():
        desk.remote.store.remove(str(contact["sid"]))
    desk.remote.faults.clear()
    desk.seed({"number": NUMBER, "first_name": "Asha"})
    desk("run", desk.sheet(people(range(2))), "--yes")
    assert desk.held()[NUMBER] == {"first_name": "Asha"}


def test_a_remote_that_refuses_the_contact_is_told_in_its_words(desk: Desk) -> None:
    desk.remote.faults.add_row(RowFault(NUMBER, 400, "Number is on a list"))
    said = desk("doctor", "--probe", NUMBER, "--yes")
    assert said.code == 6
    assert "Number is on a list" in said.err
    assert remembered(desk, "canary") is None


def test_being_asked_to_wait_changes_no_answer(desk: Desk) -> None:
    desk.remote.faults.add("too_many", call="update_many", nth=2, retry_after="seconds", seconds=0)
    desk.remote.store.seed(INVENTED)
    assert probed(desk).answers == USUAL
