"""ExoPhones as a remote: releases only, pages that tell no total, and no way there from any other remote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncjob.emulator import Emulator, Switches
from syncjob.errors import CallFailed, CallRefused, ConfigError
from syncjob.model import Batch, Change, Json
from syncjob.remotes import KINDS, opened
from syncjob.remotes.exophones import ExoPhones
from syncjob.remotes.paths import Fence
from tests.builders_emulator import Clock
from tests.builders_remote import Say, kinds, line, line_to, serving
from tests.test_remote_exotel_contacts import Group

PHONE: dict[str, Json] = {"sid": "a1b2", "phone_number": "+911100000001", "friendly_name": "01100000001"}
RELEASES = "/v2_beta/Accounts/a1/IncomingPhoneNumbers/a1b2"
NOWHERE = "http://127.0.0.1:9"


def page_of(*phones: Json, **more: Json) -> bytes:
    """A page as the service shows it."""
    facts: dict[str, Json] = {"page": 0, "page_size": 50, "next_page_uri": None}
    return json.dumps(facts | {"incoming_phone_numbers": list(phones)} | more).encode()


def release(sid: str) -> Batch:
    return Batch("delete-1", "delete", (Change(1, "delete", 0, "", sid, {}),))


@contextmanager
def phones(count: int, **switches: object) -> Iterator[tuple[Emulator, ExoPhones, Clock]]:
    """The emulated phones and their remote."""
    clock = Clock()
    with Emulator(Switches(**switches), clock=clock) as service:  # type: ignore[arg-type]
        service.exophones.seed(count)
        yield service, ExoPhones(line_to(service).transport, service.account), clock


def said_to(*replies: Say) -> Iterator[ExoPhones]:
    with serving(*replies) as server:
        yield ExoPhones(line(server.url).transport, "a1")


# -- releasing ---------------------------------------------------------------------------------------------------------


def test_a_release_is_done_when_it_was_accepted_although_it_takes_effect_later() -> None:
    with phones(1, release_delay=60.0) as (service, remote, clock):
        sid = service.exophones.there()[0].sid
        reply = remote.send(release(sid))[0]
        assert (reply.kind, reply.code, reply.sid) == ("done", 202, sid)
        assert remote.abilities.reasons["delete", reply.code] == "release_accepted"
        assert remote.read(sid) is not None
        clock.now += 60
        assert remote.read(sid) is None
        assert kinds(remote.send(release(sid))) == ["gone"]


@pytest.mark.parametrize(
    ("say", "kind", "code"),
    [
        (Say(202, b'{"Status": 202, "Message": "Accepted"}'), "done", 202),
        (Say(200, b'{"Status": "202", "Message": "Accepted"}'), "done", 200),
        (Say(204, b""), "done", 204),
        (Say(202, b'{"Status": 404, "Message": "Not Found"}'), "gone", 404),
        (Say(200, b'{"RestException": {"Status": 404, "Message": "Not Found"}}'), "gone", 404),
        (Say(404, b'{"RestException": {"Status": 404, "Message": "Not Found"}}'), "gone", 404),
        (Say(400, b'{"RestException": {"Status": 400, "Message": "Bad Request"}}'), "refused", 400),
        (Say(202, b'{"Status": 500, "Message": "Oops"}'), "again", 500),
    ],
)
def test_what_a_reply_to_a_release_means(say: Say, kind: str, code: int) -> None:
    for remote in said_to(say):
        reply = remote.send(release("a1b2"))[0]
        assert (reply.kind, reply.code) == (kind, code)


# -- listing -----------------------------------------------------------------------------------------------------------


def test_the_total_is_told_on_the_last_page_only() -> None:
    with phones(103) as (service, remote, _):
        assert [remote.page(offset).total for offset in (0, 50, 100)] == [-1, -1, 103]
        assert (remote.page(150).contacts, remote.page(150).total) == ((), -1)
        assert len(remote.page(60).contacts) == 40
        assert {entry.call for entry in service.log} == {"exophone_page"}


def test_a_service_that_ignores_the_page_asked_for_is_no_end_but_an_error() -> None:
    with phones(51, phone_pages="ignored") as (_, remote, _clock), pytest.raises(CallFailed):
        remote.page(50)


@pytest.mark.parametrize(
    ("body", "total"),
    [
        (page_of(PHONE), 1),
        (page_of(PHONE, next_page_uri="http://elsewhere.example/2"), -1),
        (page_of(PHONE, page="0", page_size="50"), 1),
        (json.dumps({"incoming_phone_numbers": [PHONE]}).encode(), 1),
        (json.dumps({"incoming_phone_numbers": [PHONE | {"sid": f"s{n}"} for n in range(50)]}).encode(), -1),
        (page_of(), 0),
    ],
)
def test_the_end_is_where_no_next_page_is_named(body: bytes, total: int) -> None:
    for remote in said_to(Say(body=body)):
        assert remote.page(0).total == total


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        page_of("x"),
        page_of(PHONE, PHONE),
        page_of(PHONE | {"sid": ""}),
        page_of(PHONE, page=1),
        page_of(PHONE, page_size=20),
        page_of(*(PHONE | {"sid": f"s{n}"} for n in range(51))),
    ],
)
def test_a_page_that_makes_no_sense_is_an_error(body: bytes) -> None:
    for remote in said_to(Say(body=body)):
        with pytest.raises(CallFailed):
            remote.page(0)


def test_a_404_is_the_end_behind_the_first_page_and_an_error_on_it() -> None:
    lost = Say(404, b'{"RestException": {"Status": 404, "Message": "Not Found"}}')
    for remote in said_to(lost):
        assert remote.page(50).contacts == ()
        with pytest.raises(CallRefused):
            remote.page(0)


def test_another_phone_than_the_one_asked_for_is_never_taken_for_it() -> None:
    for remote in said_to(Say(body=json.dumps(PHONE).encode())):
        assert remote.read("a1b2") == PHONE
        with pytest.raises(CallFailed):
            remote.read("ffff")


# -- no way there ------------------------------------------------------------------------------------------------------


def inner(remote: object) -> list[object]:
    """What the remotes behind a remote hold."""
    return [part for held in vars(remote).values() if hasattr(held, "abilities") for part in vars(held).values()]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_other_remote_can_reach_the_phones(kind: str) -> None:
    with serving(Say(202, b'{"Status": 202}')) as server:
        remote = opened(Group(kind=kind), line(server.url).transport)
        fences = [part for part in (*vars(remote).values(), *inner(remote)) if isinstance(part, Fence)]
        assert fences
        for fence in fences:
            if kind == "exophones":
                fence.call("DELETE", RELEASES, repeat=True)
            else:
                with pytest.raises(ValueError, match="not for this remote"):
                    fence.call("DELETE", RELEASES, repeat=True)
        assert len(server.asked) == (kind == "exophones")


def test_this_remote_can_neither_buy_nor_change_a_number_nor_leave_its_account() -> None:
    fence = vars(ExoPhones(line(NOWHERE).transport, "a1"))["_transport"]
    for method, path in (
        ("POST", RELEASES.rpartition("/")[0]),
        ("PUT", RELEASES),
        ("DELETE", RELEASES.replace("a1/", "a2/")),
        ("DELETE", RELEASES + "/x"),
        ("DELETE", RELEASES + "\n"),
        ("DELETE", RELEASES.replace("a1b2", "..")),
        ("GET", "/v2/accounts/a1/contacts"),
    ):
        with pytest.raises(ValueError, match="not for this remote"):
            fence.call(method, path, repeat=True)


def test_their_path_is_written_in_one_file_of_the_client() -> None:
    house = Path(__file__).parents[1] / "syncjob"
    naming = [
        str(path.relative_to(house))
        for path in house.rglob("*.py")
        if "emulator" not in path.parts and re.search(r"IncomingPhoneNumbers|v2_beta", path.read_text("utf-8"))
    ]
    assert naming == ["remotes/exophones.py"]


@pytest.mark.parametrize("account", [None, "", "a/../b"])
def test_an_account_that_can_not_be_named_is_a_problem_of_the_config(account: str | None) -> None:
    with pytest.raises(ConfigError, match="account_sid"):
        opened(Group(kind="exophones", account_sid=account), line(NOWHERE).transport)
