"""The bench on which a list sits the exam: the address book's, with a list that holds half of it."""

from __future__ import annotations

from syncjob.model import Change, Verb
from syncjob.remotes.exotel_list import ExotelList
from tests.builders_remote import ContactsBench, line_to


class ListBench(ContactsBench):
    """Who is to `add` is in the address book and not on the list; who is to `remove` is on it."""

    remote: ExotelList  # type: ignore[assignment]

    def __enter__(self) -> ListBench:
        self._service.start()
        self._list = self._service.lists.add("Diwali")
        self.remote = ExotelList(line_to(self._service).transport, self._service.account, "Diwali", self._list)
        return self

    @property
    def own(self) -> str:
        return f"/v2/accounts/{self._service.account}"

    def paths(self) -> list[str]:
        return [entry.path for entry in self._service.log]

    def hold(self, count: int) -> list[str]:
        sids = super().hold(count)
        self._service.store.lists[self._list] = {}
        return sids

    def change(self, verb: Verb, place: int) -> Change:
        if verb not in ("add", "remove"):
            return super().change(verb, place)
        held = self._service.store.at(place)
        assert held is not None
        if verb == "remove":
            self._service.store.lists[self._list][held.sid] = None
        return Change(50 + place, verb, place, held.number, held.sid, {})

    def refuse(self, change: Change, words: str) -> None:
        if change.verb == "remove":
            self._service.faults.add("error", call="member_remove", status=400, text=words)
        else:
            super().refuse(change, words)
