"""A probe of an emulated account, without the command around it; and what it must leave behind: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from syncjob.behaviour import Behaviour
from syncjob.config import load
from syncjob.differ import Rules
from syncjob.emulator import Emulator
from syncjob.emulator.wire import Request
from syncjob.job.probing import Intent, probe
from syncjob.job.session import Session, Silent, open_session
from syncjob.memory import Memory
from syncjob.transport.auth import Auth
from syncjob.transport.replies import Fault, Raw
from syncjob.transport.wire import Wire
from tests.builders_work import Carried, carry_out, number, row
from tests.journey.builders import Desk

Query: TypeAlias = Mapping[str, str | int]

NUMBER = "+919845012345"
INVENTED = 30
"""Contacts that are there already, twenty of them created in one second."""


@contextmanager
def at_desk(desk: Desk) -> Iterator[Session]:
    """A session of the desk's config; nobody is at the door."""
    with open_session(load(desk.folder / "config.yaml", env={}), Silent()) as session:
        yield session


def probed(desk: Desk, agree: Callable[[Intent], bool] = lambda _intent: True, number: str = NUMBER) -> Behaviour:
    """What the probe finds out."""
    with at_desk(desk) as session:
        return probe(session, number, agree)


def remembered(desk: Desk, name: str) -> str | None:
    """A fact that the account's memory holds."""
    with at_desk(desk) as session:
        return session.memory.fact(name)


def told(desk: Desk, behaviour: Behaviour) -> None:
    """The account is known to behave so, without a probe."""
    with at_desk(desk) as session:
        keep(session.memory, behaviour)


def keep(memory: Memory, behaviour: Behaviour) -> None:
    memory.keep_fact("behaviour", behaviour.to_text())


def wired(remote: Emulator) -> Callable[..., Raw | Fault]:
    """What stands in for `Wire._send`: requests go to the emulator without a socket."""

    def send(_self: Wire, _session: object, method: str, path: str, query: Query, body: bytes | None) -> Raw | Fault:
        headers = {"authorization": Auth.basic(remote.key, remote.token).value}
        asked = {name: str(value) for name, value in query.items()}
        reply = remote.handle(Request(method, path, asked, headers, body or b""))
        told = {name.lower(): value for name, value in reply.headers.items()}
        return (
            Raw(reply.status, told, reply.body) if reply.wire == "whole" else Fault("doubt", "the connection was cut")
        )

    return send


def job_after(desk: Desk, behaviour: Behaviour, folder: Path) -> Carried:
    """A job that goes by what was proven: it changes 0 and 1, empties a field of 0, makes 2 to 6, of which 3 and 4 are
    refused, each for something else, and the reply to its first creates is lost.
    """
    desk.remote.store.seed([{**row(n, tag="old"), "custom_field": {"city": "Pune"}} for n in range(2)])
    desk.remote.faults.add("cut", call="create", when="after")
    for n, words in ((3, "on a list"), (4, "not reachable")):
        desk.remote.faults.refuse(number(n), words)
    wanted = [
        {**row(0, first_name="Asha", tag=""), "custom_field": {"loyalty": "gold"}},
        row(1, first_name="Ravi"),
        *(row(n, first_name=f"N{n}") for n in range(2, 7)),
    ]
    rules = Rules(clearable=behaviour.clears_by != "impossible")
    return carry_out(desk.remote, wanted, folder, rules=rules, behaviour=behaviour)


def as_it_should(desk: Desk, done: Carried, *, stays: bool) -> None:
    """Every outcome of `job_after` is true, and so is the end state; `stays`: the account can't empty a field."""
    made = {number(n): "created" for n in (2, 5, 6)}
    refused = {number(n): "rejected" for n in (3, 4)}
    assert done.outcomes() == {number(0): "updated", number(1): "updated", **refused, **made}
    details = dict(zip(done.changes["number"], done.changes["detail"], strict=True))
    assert "on a list" in details[number(3)]
    assert "not reachable" in details[number(4)]
    there = desk.held()
    emptied = {"tag": "old"} if stays else {}
    custom = {"custom_field": {"city": "Pune", "loyalty": "gold"}}
    assert there[number(0)] == {"first_name": "Asha", **custom, **emptied}
    assert there[number(1)]["first_name"] == "Ravi"
    assert {n for n in range(8) if number(n) in there} == {0, 1, 2, 5, 6}
