"""A probe of an emulated account, without the command around it; and what it must leave behind: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncjob.behaviour import Behaviour
from syncjob.config import load
from syncjob.job.probing import Intent, probe
from syncjob.job.session import Session, Silent, open_session
from syncjob.memory import Memory
from tests.journey.builders import Desk

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
