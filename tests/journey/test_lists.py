"""A campaign list as the wanted side, through the command: who joins, who leaves, who stays in the address book."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncjob.emulator import Emulator
from tests.journey.builders import Desk, people

pytestmark = pytest.mark.usefixtures("reads_here")


class ListDesk(Desk):
    """A desk whose job is a list."""

    def list(self, name: str = "Diwali", *members: int) -> str:
        """A list that is there, with the first so many contacts of the address book by position; its sid."""
        sids = [contact.sid for place in members if (contact := self.remote.store.at(place))]
        return self.remote.lists.add(name, sids)

    def of_list(self, **groups: Any) -> Path:
        remote = {"kind": "exotel_list", "list": "Diwali"} | groups.pop("remote", {})
        return self.config(remote=remote, source={"files": ["contacts.csv"]}, **groups)

    def members(self, sid: str) -> list[str]:
        """The numbers of the list's members, in order of joining."""
        found = (self.remote.store.find(member) for member in self.remote.store.lists[sid])
        return [contact.number for contact in found if contact]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ListDesk]:
    with Emulator() as remote:
        yield ListDesk(tmp_path, remote)


def numbers(*places: int | range) -> list[str]:
    return [person["number"] for person in people(*places)]


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
