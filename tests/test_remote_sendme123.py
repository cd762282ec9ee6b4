"""SendMe123 as a remote: read, deactivate, delete; pending messages refuse, a missing contact is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from syncjob.emulator import Emulator, Switches
from syncjob.errors import CallFailed, CallRefused, RemoteRefused
from syncjob.model import Batch, Change, Json, Reply, Verb
from syncjob.remotes import auth_for, opened
from syncjob.remotes.sendme123 import SendMe123
from tests.builders_remote import Line, Say, line, serving
from tests.test_remote_exotel_contacts import Group

ID = "contact-uuid-123"


@contextmanager
def sendme(**switches: object) -> Iterator[tuple[Emulator, SendMe123, str]]:
    """The emulated service with one contact, its remote, and the contact's id."""
    with Emulator(Switches(**switches)) as service:  # type: ignore[arg-type]
        contact = service.sendme123.seed(1)[0]
        yield service, SendMe123(key_line(service).transport), contact


def key_line(service: Emulator) -> Line:
    return line(service.url, auth_for("sendme123", service.key, ""))


def send(remote: SendMe123, verb: Verb, sid: str, **fields: Json) -> Reply:
    return remote.send(Batch("b", verb, (Change(1, verb, 0, "", sid, fields),)))[0]


def test_a_contact_is_read_before_it_is_deleted_and_then_it_is_gone() -> None:
    with sendme() as (service, remote, contact):
        found = remote.read(contact)
        assert found is not None
        assert all(found[name] for name in remote.abilities.shown)
        assert [send(remote, "delete", contact).kind for _ in range(2)] == ["done", "gone"]
        assert remote.read(contact) is None
        assert [entry.call for entry in service.log.writes()] == ["sendme_delete", "sendme_delete"]


@pytest.mark.parametrize("form", ["message", "error", "nested"])
def test_pending_messages_refuse_a_deletion_in_the_services_words(form: str) -> None:
    with sendme(sendme_errors=form) as (service, remote, contact):
        service.sendme123.pending.add(contact)
        reply = send(remote, "delete", contact)
        assert (reply.kind, reply.message) == ("refused", "Contact cannot be deleted (has pending messages)")
        assert remote.abilities.reasons["delete", reply.code] == "pending_messages"
        assert remote.read(contact) is not None


def test_a_contact_that_is_still_shown_as_deleted_is_gone_all_the_same() -> None:
    with sendme(sendme_deleted="kept") as (_, remote, contact):
        assert send(remote, "delete", contact).kind == "done"
        assert remote.read(contact) is None


def test_instead_of_deleting_a_contact_can_be_deactivated_and_activated_again() -> None:
    with sendme() as (service, remote, contact):
        reply = send(remote, "update", contact, **remote.abilities.instead_of_delete["deactivate"])
        assert (reply.kind, reply.contact and reply.contact["status"]) == ("done", "INACTIVE")
        assert (service.log[-1].method, service.log[-1].body) == ("PATCH", {"status": "INACTIVE"})
        assert send(remote, "update", contact, status="ACTIVE").kind == "done"
        assert service.sendme123.contacts[contact]["status"] == "ACTIVE"


@pytest.mark.parametrize("fields", [{}, {"status": "asleep"}, {"status": None}, {"name": "Asha"}, {"status": 1}])
def test_nothing_but_a_known_status_is_ever_sent(fields: dict[str, Json]) -> None:
    with sendme() as (service, remote, contact):
        with pytest.raises(ValueError):
            send(remote, "update", contact, **fields)
        assert len(service.log) == 0


@pytest.mark.parametrize(("status", "kind"), [(400, "refused"), (404, "gone"), (409, "refused"), (422, "refused")])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_each_refusal_says_what_became_of_the_contact(verb: Verb, status: int, kind: str) -> None:
    with sendme() as (service, remote, contact):
        service.faults.add("error", status=status, text="so it is")
        fields: dict[str, Json] = {"status": "INACTIVE"} if verb == "update" else {}
        reply = send(remote, verb, contact, **fields)
        assert (reply.kind, reply.code, reply.message, reply.sid) == (kind, status, "so it is", contact)


def test_a_500_is_tried_again_and_a_wrong_key_stops_at_once() -> None:
    with sendme() as (service, remote, contact):
        service.faults.add("error", status=500)
        assert send(remote, "delete", contact).attempts == 2
        wrong = SendMe123(line(service.url, auth_for("sendme123", "other", "")).transport)
        with pytest.raises(RemoteRefused):
            wrong.read(contact)


def test_an_invalid_id_is_refused_and_not_taken_for_gone() -> None:
    with sendme() as (_, remote, _contact):
        with pytest.raises(CallRefused):
            remote.read("x")
        assert send(remote, "delete", "x").kind == "refused"


@pytest.mark.parametrize(("verb", "body"), [("update", {"id": "other", "status": "INACTIVE"}), ("update", []),
                                            ("delete", {"message": "ok", "deletedContactId": "other"})])  # fmt: skip
def test_a_reply_about_another_contact_is_never_taken_for_an_answer(verb: Verb, body: Json) -> None:
    with sendme() as (service, remote, contact):
        service.faults.add("garbage", status=200, text=json.dumps(body), times=None)
        fields: dict[str, Json] = {"status": "INACTIVE"} if verb == "update" else {}
        for ask in (lambda: send(remote, verb, contact, **fields), lambda: remote.read(contact)):
            with pytest.raises(CallFailed):
                ask()


def test_it_needs_no_account_and_carries_the_key_in_its_own_header() -> None:
    with serving(Say(body=json.dumps({"id": ID}).encode())) as server:
        transport = line(server.url, auth_for("sendme123", "the-key", "")).transport
        assert opened(Group(kind="sendme123", account_sid=None), transport).read(ID) == {"id": ID}
        assert server.headers[0]["api-key"] == "the-key"
        assert "Authorization" not in server.headers[0]
        assert server.asked == [f"GET /api/contacts/{ID}"]
