"""The documented calls, replayed: the emulator answers each as its page shows, the client asks and reads it so.

Two halves of one promise. `DOCS` holds each documented request with its reply. The emulator must give a reply of the
same shape (keys, order, types, forms of dates and sids, codes and counts); the client must send a request of the same
shape, and understand the very reply of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from syncjob.emulator import Emulator
from syncjob.emulator.emulator import KEY
from syncjob.errors import RemoteRefused
from syncjob.model import Batch, Change, Json, Reply, Verb
from syncjob.remotes import opened
from syncjob.remotes.base import Remote, list_of
from syncjob.transport import Auth
from tests.builders_emulator import Caller, Clock, shape
from tests.builders_remote import Say, kinds, line, line_to, serving
from tests.test_remote_exotel_contacts import Group

ACCOUNT = "exotel8u3"
FIRST, SECOND, THIRD = (f"{n}440b6e1a85f489b87d76d8779956ca{n}" for n in (4, 5, 6))
LIST = "e46c2fe202904d579ae592d108cf87a0"
PHONE = "0123456789abcdef0123456789abcdef"
PERSON = "contact-uuid-123"

CONTACTS = f"/v2/accounts/{ACCOUNT}/contacts"
MEMBERS = f"/v2/accounts/{ACCOUNT}/lists/{LIST}/contacts"
PHONES = f"/v2_beta/Accounts/{ACCOUNT}/IncomingPhoneNumbers"
SENDME = "/api/contacts"

FRESH, READ = "2021-05-23T13:51:30.15101622+05:30", "2021-05-23T08:21:30Z"
CAPTAIN: dict[str, Json] = {
    "number": "+919101234511",
    "first_name": "captain",
    "last_name": "exotel",
    "company_name": "Exotel",
    "email": "captain@email.com",
    "tag": "API",
    "custom_field": {"key": {"key1": "values1"}},
}
EMPTY: dict[str, Json] = {**dict.fromkeys(CAPTAIN), "number": "+919645122021"}
ODD: dict[str, Json] = {**CAPTAIN, "number": "+67420336456", "custom_field": {"key": {"a": "b", "c": [1, 2, 3]}}}
GONE = {
    "code": 404,
    "error_data": {"code": 1000, "description": "Contact not found", "message": "Not Found"},
    "status": "failure",
}


def shown(sid: str, fields: dict[str, Json], date: str = READ, uri: str = "") -> dict[str, Any]:
    """A contact as replies hold it, within its entry."""
    dates = {"date_created": date, "date_updated": date}
    data = {"sid": sid, **dates, "account_sid": ACCOUNT, **fields, "uri": uri or f"{CONTACTS}/{sid}"}
    return {"code": 200, "error_data": None, "status": "success", "data": data}


def enveloped(method: str, code: int, response: Any, **metadata: int) -> dict[str, Any]:
    counts = {"metadata": metadata} if metadata else {}
    return {"request_id": FIRST, "method": method, "http_code": code, **counts, "response": response}


@dataclass(frozen=True)
class Doc:
    """One documented call. In its texts stand the sids of the page; `name` begins with the page's number."""

    name: str
    method: str
    path: str
    status: int
    reply: dict[str, Any]
    body: Any = None


ODD_URI = f"/v2/Accounts/{ACCOUNT}/Contacts/{THIRD}"
ASSOCIATION = {
    "sid": FIRST,
    "date_created": "2017-12-05T14:15:51.108069088+05:30",
    "date_updated": "2017-12-05T14:15:51.108069088+05:30",
    "account_sid": ACCOUNT,
    "list_id": LIST,
    "uri": f"/v2/Accounts/{ACCOUNT}/contacts/{FIRST}",
}
DOCS = [
    Doc("000 delete", "DELETE", f"{CONTACTS}/{FIRST}", 200, enveloped("DELETE", 200, shown(FIRST, CAPTAIN))),
    Doc(
        "001 leave a list", "DELETE", f"{MEMBERS}/{FIRST}", 200,
        enveloped("DELETE", 200, {"code": 200, "error_data": None, "status": "success", "data": ASSOCIATION}),
    ),
    Doc(
        "002 create", "POST", CONTACTS, 207,
        enveloped("POST", 207, [shown(sid, {**CAPTAIN, "number": number}, FRESH) for sid, number in
                  ((THIRD, "+919101234512"), (SECOND, "+919101234513"))], failed=0, total=2, success=2),
        {"contacts": [{**CAPTAIN, "number": number} for number in ("+919101234512", "+919101234513")]},
    ),
    Doc(
        "002 update one", "PUT", f"{CONTACTS}/{FIRST}", 200,
        enveloped("PUT", 200, shown(FIRST, {**CAPTAIN, "first_name": "XYZ"})), {"first_name": "XYZ"},
    ),
    Doc(
        "002 update many", "PUT", CONTACTS, 207,
        enveloped("PUT", 207, [shown(FIRST, {**ODD, "first_name": "XYZ"}, uri=ODD_URI), GONE, GONE],
                  failed=2, total=3, success=1),
        {"contacts": [{"sid": FIRST, "first_name": "XYZ"}, {"sid": SECOND, "first_name": "ABC"},
                      {"sid": THIRD, "first_name": "LMN"}]},
    ),
    Doc("002 read one", "GET", f"{CONTACTS}/{FIRST}", 200, enveloped("GET", 200, shown(FIRST, CAPTAIN))),
    Doc(
        "002 read many", "GET", f"{CONTACTS}?offset=0&limit=20", 200,
        enveloped("GET", 200, [shown(FIRST, EMPTY), shown(SECOND, EMPTY)], count=2, offset=0, limit=20, total=2),
    ),
    Doc(
        "003 delete", "DELETE", f"{SENDME}/{PERSON}", 200,
        {"message": "Contact successfully deleted", "deletedContactId": PERSON},
    ),
    Doc("004 release", "DELETE", f"{PHONES}/{PHONE}", 202, {"Status": 202, "Message": "Accepted"}),
]  # fmt: skip
REFUSALS = {400: "Invalid contact ID", 401: "Missing or invalid API Key", 404: "Contact not found",
            409: "Contact cannot be deleted (has pending messages)", 500: "Internal server error"}  # fmt: skip
"""Page 003: the codes of a deletion that did not happen."""

by_name = {doc.name: doc for doc in DOCS}
each_doc = pytest.mark.parametrize("doc", DOCS, ids=[doc.name for doc in DOCS])


# -- the emulator's half -----------------------------------------------------------------------------------------------


@contextmanager
def account_of(doc: Doc) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """The emulated account before the documented call, and its own sids for those of the page."""
    there = {"002 create": [], "002 read many": [EMPTY, EMPTY], "002 update many": [ODD]}.get(doc.name, [CAPTAIN])
    with Emulator(account=ACCOUNT, clock=Clock()) as remote:
        remote.switches.duplicate = "both_stored"
        sids = [
            remote.store.add(dict(fields), number=str(fields["number"]), key=str(fields["number"])).sid
            for fields in there
        ]
        members = remote.lists.add("Clinic", sids)
        remote.exophones.add("+911100000001", PHONE)
        remote.sendme123.add(PERSON)
        yield remote, {LIST: members, **dict(zip((FIRST, SECOND), sids, strict=False))}


def put_into(text: str, sids: dict[str, str]) -> str:
    for page, own in sids.items():
        text = text.replace(page, own)
    return text


@each_doc
def test_the_emulator_answers_a_documented_request_as_its_page_shows(doc: Doc) -> None:
    with account_of(doc) as (remote, sids):
        call = Caller(remote)
        call.headers["api-key"] = remote.key
        body = doc.body and put_into(json.dumps(doc.body), sids).encode()
        got = call.raw(doc.method, put_into(doc.path, sids), body)
        call.wire.close()
        assert got.status == doc.status
        assert shape(got.json) == shape(doc.reply)


# -- the client's half -------------------------------------------------------------------------------------------------


def remote_for(doc: Doc, url: str) -> Remote:
    """The client's remote that makes this call."""
    kind = {"001": "exotel_list", "003": "sendme123", "004": "exophones"}.get(doc.name[:3], "exotel_contacts")
    auth = Auth(header="api-key", value=KEY) if kind == "sendme123" else Auth.basic("k", "t")
    remote = opened(Group(kind=kind, account_sid=ACCOUNT), line(url, auth).transport)
    found = list_of(remote)
    return found.on(LIST) if found else remote


def send(remote: Remote, verb: Verb, *changes: tuple[str, str, dict[str, Json]]) -> tuple[Reply, ...]:
    made = (Change(n, verb, n, number, sid or None, fields) for n, (sid, number, fields) in enumerate(changes))
    return remote.send(Batch("b", verb, tuple(made)))


def done_by_client(doc: Doc, remote: Remote) -> object:
    """Make the documented call the way the client does, and what it takes the reply for."""
    if doc.method == "DELETE":
        reply = send(
            remote, "remove" if list_of(remote) else "delete", (doc.path.rpartition("/")[2], "+919101234511", {})
        )[0]
        return reply.kind, reply.code, reply.sid
    if doc.name == "002 create":
        rows = [dict(row) for row in doc.body["contacts"]]
        replies = send(remote, "create", *(("", row.pop("number"), row) for row in rows))
        return kinds(replies), [reply.sid for reply in replies]
    if doc.name == "002 update many":
        named = [(row["sid"], "+67420336456", {"first_name": row["first_name"]}) for row in doc.body["contacts"]]
        return kinds(send(remote, "update", *named))
    if doc.name == "002 read one":
        return remote.read(FIRST)
    page = remote.page(0)
    return [contact["sid"] for contact in page.contacts], page.total


READS: dict[str, object] = {
    "000 delete": ("done", 200, FIRST),
    "001 leave a list": ("done", 200, FIRST),
    "002 create": (["done", "done"], [THIRD, SECOND]),
    "002 update many": ["done", "gone", "gone"],
    "002 read one": by_name["002 read one"].reply["response"]["data"],
    "002 read many": ([FIRST, SECOND], 2),
    "003 delete": ("done", 200, PERSON),
    "004 release": ("done", 202, PHONE),
}
"""What the client makes of each reply. It updates in bulk only: the rest of `DOCS`."""


@pytest.mark.parametrize("name", READS)
def test_the_client_understands_the_documented_reply(name: str) -> None:
    doc = by_name[name]
    with serving(Say(doc.status, json.dumps(doc.reply).encode())) as server:
        assert done_by_client(doc, remote_for(doc, server.url)) == READS[name]
        asked = server.asked[0].replace("limit=20&offset=0", "offset=0&limit=20")
        assert (len(server.asked), asked) == (1, f"{doc.method} {doc.path}")


@pytest.mark.parametrize("name", [name for name in READS if by_name[name].body])
def test_the_client_sends_the_documented_body(name: str) -> None:
    doc = by_name[name]
    with Emulator(account=ACCOUNT) as remote:
        client = opened(Group(account_sid=ACCOUNT), line_to(remote).transport)
        done_by_client(doc, client)
        assert shape(remote.log[0].body) == shape(doc.body)
        assert remote.log[0].headers["content-type"] == "application/json"


def test_only_calls_that_the_client_does_not_make_have_no_reading() -> None:
    assert set(by_name) - set(READS) == {"002 update one"}


@pytest.mark.parametrize("status", REFUSALS)
def test_each_documented_refusal_of_page_003_is_told_apart(status: int) -> None:
    doc = by_name["003 delete"]
    with account_of(doc) as (remote, _):
        remote.faults.add("error", call="sendme_delete", status=status, text=REFUSALS[status])
        client = remote_for(doc, remote.url)
        told = {400: "refused", 404: "gone", 409: "refused", 500: "done"}
        if status in told:
            assert send(client, "delete", (PERSON, "", {}))[0].kind == told[status]
        else:
            with pytest.raises(RemoteRefused, match="Missing or invalid API Key"):
                send(client, "delete", (PERSON, "", {}))
        assert len(remote.log) == (2 if status == 500 else 1)
        assert (PERSON in remote.sendme123.contacts) == (status != 500)


def test_a_contact_is_read_and_then_deleted_as_page_003_advises() -> None:
    with account_of(by_name["003 delete"]) as (remote, _):
        client = remote_for(by_name["003 delete"], remote.url)
        found = client.read(PERSON) or {}
        assert {found[name] for name in client.abilities.shown} == {"Asha", None}  # the page prints name and lastName
        assert send(client, "delete", (PERSON, "", {}))[0].kind == "done"
        assert [(entry.method, entry.path) for entry in remote.log] == [
            ("GET", f"{SENDME}/{PERSON}"),
            ("DELETE", f"{SENDME}/{PERSON}"),
        ]
        assert client.read(PERSON) is None


@pytest.mark.parametrize(("status", "kind"), [(400, "refused"), (404, "gone")])
def test_a_release_that_page_004s_family_refuses_is_told_apart(status: int, kind: str) -> None:
    with account_of(by_name["004 release"]) as (remote, _):
        remote.faults.add("error", call="exophone_release", status=status, shape="rest", text="Not this one")
        reply = send(remote_for(by_name["004 release"], remote.url), "delete", (PHONE, "", {}))[0]
        assert (reply.kind, reply.message) == (kind, "Not this one")
