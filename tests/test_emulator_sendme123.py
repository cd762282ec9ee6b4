"""The emulated SendMe123: read, change, delete; flat replies, and each refusal on demand."""

from __future__ import annotations

from typing import Any

import pytest

from syncjob.emulator import Emulator
from tests.builders_emulator import Caller, Got, emulated

DELETE_ERRORS = {400: "Invalid contact ID", 404: "Contact not found"}


def ask(call: Caller, method: str, contact_id: str, body: Any = None) -> Got:
    call.headers = {"api-key": call.remote.key, "Content-Type": "application/json"}
    return call.raw(method, f"/api/contacts/{contact_id}", body)


def one(remote: Emulator) -> str:
    return remote.sendme123.seed(1)[0]


def test_a_contact_is_read_flat_and_in_camel_case() -> None:
    with emulated() as (remote, call):
        found = ask(call, "GET", one(remote)).json
        assert {"id", "name", "lastName", "phone", "countryCode", "status", "createdAt", "deletedAt"} <= found.keys()
        assert (found["status"], found["deletedAt"], found["createdAt"][-1]) == ("ACTIVE", None, "Z")
        assert (found["id"].count("-"), "response" in found) == (4, False)


def test_a_deletion_answers_as_documented_and_the_contact_is_gone() -> None:
    with emulated() as (remote, call):
        contact = one(remote)
        got = ask(call, "DELETE", contact)
        assert got.json == {"message": "Contact successfully deleted", "deletedContactId": contact}
        assert got.status == 200
        assert ask(call, "GET", contact).status == ask(call, "DELETE", contact).status == 404
        assert [entry.applied for entry in remote.log.of("sendme_delete")] == [1, 0]


def test_a_deleted_contact_can_stay_readable_with_its_moment_of_deletion() -> None:
    with emulated(sendme_deleted="kept") as (remote, call):
        contact = one(remote)
        ask(call, "DELETE", contact)
        assert ask(call, "GET", contact).json["deletedAt"]
        assert ask(call, "DELETE", contact).status == ask(call, "PATCH", contact, {}).status == 404


def test_a_change_touches_only_what_was_sent() -> None:
    with emulated() as (remote, call):
        contact = one(remote)
        before = ask(call, "GET", contact).json
        after = ask(call, "PATCH", contact, {"status": "INACTIVE", "unheard": 1}).json
        differ = {name for name in after if after[name] != before[name]}
        assert differ <= {"status", "updatedAt"}
        assert (after["status"], "deletedAt" in after) == ("INACTIVE", False)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400), (b"{", 400), ({"status": "ASLEEP"}, 422), ({"name": "x"}, 422), ({"phone": "12"}, 422),
        ({"countryCode": "+91"}, 422), ({"status": 1}, 422), ({"phone": "9000000001"}, 409),
        ({"phone": "9000000000"}, 200),
    ],
)  # fmt: skip
def test_a_change_is_refused_for_what_breaks_a_rule(body: Any, status: int) -> None:
    with emulated() as (remote, call):
        contact, _ = remote.sendme123.seed(2)
        assert ask(call, "PATCH", contact, body).status == status


def test_a_contact_with_pending_messages_stays() -> None:
    with emulated() as (remote, call):
        contact = one(remote)
        remote.sendme123.pending.add(contact)
        got = ask(call, "DELETE", contact)
        assert (got.status, got.json["message"]) == (409, "Contact cannot be deleted (has pending messages)")
        assert contact in remote.sendme123.contacts


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_id_is_invalid_or_unknown(method: str) -> None:
    with emulated() as (_, call):
        for contact, status in (("x", 400), ("no-such-contact", 404)):
            got = ask(call, method, contact, {} if method == "PATCH" else None)
            assert (got.status, got.json) == (status, {"message": DELETE_ERRORS[status]})


def test_the_key_is_asked_for_in_a_header_of_its_own_or_as_a_bearer() -> None:
    with emulated() as (remote, call):
        contact = one(remote)
        for headers, status in (
            ({"api-key": remote.key}, 200),
            ({"Authorization": f"Bearer {remote.key}"}, 200),
            ({"api-key": "other"}, 401),
            ({"Authorization": Caller(remote).headers["Authorization"]}, 401),
            ({}, 401),
        ):
            call.headers = headers
            assert call.raw("GET", f"/api/contacts/{contact}").status == status
        assert all("api-key" not in entry.headers for entry in remote.log)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
def test_each_documented_error_comes_on_demand_and_flat(status: int) -> None:
    with emulated() as (remote, call):
        contact = one(remote)
        remote.faults.add("error", call="sendme_delete", status=status, text="so it is")
        got = ask(call, "DELETE", contact)
        assert (got.status, got.json) == (status, {"message": "so it is"})
        assert contact in remote.sendme123.contacts


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("message", {"message": "Contact not found"}),
        ("error", {"error": "Contact not found"}),
        ("nested", {"error": {"message": "Contact not found"}}),
    ],
)
def test_the_words_of_an_error_stand_where_the_switch_says(form: str, body: object) -> None:
    with emulated(sendme_errors=form) as (_, call):
        assert ask(call, "GET", "no-such-contact").json == body


def test_every_call_has_its_name_in_the_log_and_state_can_be_set_from_another_process() -> None:
    with emulated() as (remote, call):
        contact = call.control("sendme123", {"count": 1})[0]["id"]
        call.control("sendme123", {"pending": [contact]})
        asked = [ask(call, method, contact, {} if method == "PATCH" else None).status for method in ("GET", "PATCH")]
        assert (asked, ask(call, "DELETE", contact).status, ask(call, "POST", contact).status) == ([200, 200], 409, 405)
        assert call.raw("GET", "/api/contacts").status == 404
        names = ["sendme_read", "sendme_change", "sendme_delete", "unallowed", "unknown"]
        assert [entry.call for entry in remote.log] == names
