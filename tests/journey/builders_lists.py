"""A desk whose job is a campaign list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journey.builders import Desk, people


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
        return self.remote.lists.numbers(sid)


def numbers(*places: int | range) -> list[str]:
    return [person["number"] for person in people(*places)]


def joined(desk: ListDesk, *places: int | range, **groups: Any) -> str:
    """A list that the job itself let these people join, in a whole run; its sid."""
    diwali = desk.list()
    desk.of_list(**groups)
    desk.sheet(people(*places))
    said = desk("run", "--yes")
    assert said.code == 0, said.err
    desk.remote.log.clear()
    return diwali
