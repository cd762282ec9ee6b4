"""The list's remote: how a list is found and made, and what is said of who joins and who leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from syncjob.emulator import Emulator
from syncjob.errors import CallRefused, ConfigError
from syncjob.model import Batch, Change, Verb
from syncjob.remotes.exotel_list import ExotelList
from tests.builders_remote import Say, kinds, line, line_to, serving


@contextmanager
def lists(named: str = "Diwali", contacts: int = 3) -> Iterator[tuple[Emulator, ExotelList]]:
    with Emulator(contacts=contacts) as service:
        yield service, ExotelList(line_to(service).transport, service.account, named)


def joining(service: Emulator, *places: int, verb: Verb = "add") -> Batch:
    found = [(n, service.store.at(n)) for n in places]
    return Batch("b", verb, tuple(Change(n, verb, n, one.number, one.sid, {}) for n, one in found if one))


def test_a_list_is_found_by_its_name_among_many() -> None:
    with lists("Diwali 2") as (service, remote):
        sids = [service.lists.add(f"Diwali {n}") for n in range(45)]
        assert remote.find() == sids[2]
        assert [entry.path.rpartition("/")[2] for entry in service.log] == ["lists"]


def test_a_service_that_finds_by_part_of_the_name_is_read_to_the_end() -> None:
    names = [f"Diwali {n}" for n in range(25)] + ["Diwali"]
    shown = [
        {"code": 200, "status": "success", "error_data": None, "data": {"sid": f"{n:032x}", "name": name}}
        for n, name in enumerate(names)
    ]
    pages = [{"metadata": {"total": 26}, "response": part} for part in (shown[:20], shown[20:])]
    with serving(*(Say(body=_json(page)) for page in pages)) as server:
        assert ExotelList(line(server.url).transport, "a1", "Diwali").find() == f"{25:032x}"
        assert len(server.asked) == 2


def test_a_list_is_found_by_its_sid_and_a_name_may_look_like_one() -> None:
    with lists() as (service, _):
        sid = service.lists.add("Diwali")
        odd = service.lists.add("f" * 32)
        transport = line_to(service).transport
        assert ExotelList(transport, service.account, sid).find() == sid
        assert ExotelList(transport, service.account, "f" * 32).find() == odd
        assert ExotelList(transport, service.account, "0" * 32).find() is None
        assert ExotelList(transport, service.account, "diwali").find() is None


def test_several_lists_of_one_name_are_for_a_person_to_tell_apart() -> None:
    with lists() as (service, remote):
        service.lists.add("Diwali")
        service.lists.add("Diwali")
        with pytest.raises(ConfigError, match="2 lists are called Diwali"):
            remote.find()


def test_a_list_is_made_once_and_a_duplicate_tells_no_sid() -> None:
    with lists() as (service, remote):
        assert remote.make() in service.store.lists
        assert remote.make() is None
        assert service.log.of("list_create")[0].body == {"lists": [{"name": "Diwali"}]}


def test_a_list_whose_reply_was_lost_is_made_once() -> None:
    with lists() as (service, remote):
        service.faults.add("cut", call="list_create", when="after")
        assert remote.make() is None
        assert len(service.store.lists) == 1
        assert remote.find() in service.store.lists


def test_a_list_that_is_refused_says_why() -> None:
    refusal = {"code": 400, "status": "failure", "error_data": {"description": "Name is too long"}}
    with serving(Say(207, _json({"response": [refusal]}))) as server, pytest.raises(CallRefused) as caught:
        ExotelList(line(server.url).transport, "a1", "Diwali").make()
    assert (caught.value.status, caught.value.words) == (400, "Name is too long")


def test_contacts_join_by_reference_and_each_is_told_alone() -> None:
    with lists() as (service, remote):
        remote = remote.on(service.lists.add("Diwali"))
        batch = joining(service, 0, 1)
        unknown = Change(9, "add", 9, "+919000000009", "0" * 32, {})
        replies = remote.send(Batch("b", "add", (*batch.changes, unknown)))
        assert kinds(replies) == ["done", "done", "gone"]
        sids = [change.sid for change in (*batch.changes, unknown)]
        assert service.log.of("member_add")[0].body == {"contact_references": [{"contact_sid": sid} for sid in sids]}


@pytest.mark.parametrize(("again", "kind"), [("done", "done"), ("conflict", "exists")])
def test_a_member_that_joins_again_is_a_member(again: str, kind: str) -> None:
    with lists() as (service, remote):
        remote = remote.on(service.lists.add("Diwali", [joining(service, 0).changes[0].sid or ""]))
        service.switches.set({"member_again": again})
        assert kinds(remote.send(joining(service, 0))) == [kind]


def test_replies_in_any_order_are_told_by_sid() -> None:
    with lists(contacts=8) as (service, remote):
        remote = remote.on(service.lists.add("Diwali"))
        service.switches.order = "shuffled"
        batch = joining(service, *range(8))
        assert [reply.sid for reply in remote.send(batch)] == [change.sid for change in batch.changes]


def test_a_list_that_is_gone_refuses_the_whole_request() -> None:
    with lists() as (service, remote), pytest.raises(CallRefused, match="List not found"):
        remote.on("0" * 32).send(joining(service, 0, 1))


def test_before_the_list_was_found_nothing_is_said_of_members() -> None:
    with lists() as (service, remote):
        for ask in (lambda: remote.members(0), lambda: remote.send(joining(service, 0))):
            with pytest.raises(ValueError, match="not found yet"):
                ask()
        assert len(service.log) == 0


@pytest.mark.parametrize("past_end", ["empty", "not_found"])
def test_members_are_whole_contacts_and_an_empty_list_has_none(past_end: str) -> None:
    with lists(contacts=30) as (service, remote):
        service.switches.set({"past_end": past_end})
        sids = [service.store.at(n).sid for n in range(25)]  # type: ignore[union-attr]
        full, empty = remote.on(service.lists.add("a", sids)), remote.on(service.lists.add("b"))
        pages = [full.members(offset) for offset in (0, 20)]
        assert [contact["sid"] for page in pages for contact in page.contacts] == sids
        assert {page.total for page in pages} == {25}
        assert pages[0].contacts[0].keys() >= {"number", "first_name", "custom_field"}
        assert (empty.members(0).contacts, empty.members(0).total) == ((), 0)


def _json(value: object) -> bytes:
    return orjson.dumps(value)
