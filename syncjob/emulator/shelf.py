"""An ordered shelf of immutable contacts, and the mixing of those created in one second.

What enters: contacts with rising, unique moments of creation. What leaves: slices in that order (or by name). Finding
a contact's place is a binary search; putting one at the end costs nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from random import Random
from typing import NamedTuple

from syncjob.emulator.envelope import NANO
from syncjob.emulator.wire import Object

RUN = 40
"""The longest run of equal-second contacts that is mixed within itself."""

TEXTS = ("first_name", "last_name", "company_name", "email", "tag")
"""The fields that hold one text, in the order of the samples."""

_CREATED = attrgetter("created")


class Contact(NamedTuple):
    """One contact; moments in nanoseconds since 1970. `number` is as shown, `key` as compared."""

    sid: str
    created: int
    updated: int
    number: str
    key: str
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    email: str | None = None
    tag: str | None = None
    custom_field: Object | None = None

    @property
    def full_name(self) -> str:
        """First and last name in lower case, for search and order."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip().lower()

    def fields(self) -> Object:
        """What a client may write, in the order of the samples."""
        return {
            "number": self.number,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company_name": self.company_name,
            "email": self.email,
            "tag": self.tag,
            "custom_field": self.custom_field,
        }

    def changed(self, values: Object, number: str, key: str, moment: int) -> Contact:
        """A copy with the given fields, last updated at `moment`."""
        merged = {**self.fields(), **values}
        return make_contact(self.sid, (self.created, max(moment, self.created)), (number, key), merged)


def make_contact(sid: str, moments: tuple[int, int], number: tuple[str, str], values: Object) -> Contact:
    """A contact of plain values: moments of creation and last update, number as shown and as compared."""
    first, last, company, email, tag = (None if (v := values.get(name)) is None else str(v) for name in TEXTS)
    custom = values.get("custom_field")
    return Contact(
        sid, *moments, *number, first, last, company, email, tag, custom if isinstance(custom, dict) else None
    )


class Shelf:
    """Contacts in order of creation, and by sid."""

    def __init__(self) -> None:
        self.rows: list[Contact] = []
        self.by_sid: dict[str, Contact] = {}
        self._named: list[Contact] | None = None

    def copy(self) -> Shelf:
        """Another shelf with the same contacts."""
        other = Shelf()
        other.rows, other.by_sid = self.rows.copy(), self.by_sid.copy()
        return other

    def put(self, contact: Contact) -> None:
        """Append a contact, or put its new version in the place of the old one."""
        self._named = None
        if contact.sid in self.by_sid:
            self.rows[self._place(contact)] = contact
        else:
            self.rows.append(contact)
        self.by_sid[contact.sid] = contact

    def drop(self, contact: Contact) -> None:
        """Take a contact out."""
        self._named = None
        del self.rows[self._place(contact)], self.by_sid[contact.sid]

    def by_name(self) -> list[Contact]:
        """All contacts by name; kept until something changes."""
        if self._named is None:
            self._named = sorted(self.rows, key=lambda contact: contact.full_name)
        return self._named

    def _place(self, contact: Contact) -> int:
        return bisect_left(self.rows, contact.created, key=_CREATED)


def shuffled_slice(rows: list[Contact], start: int, stop: int, random: Random) -> list[Contact]:
    """rows[start:stop] after every run of at most 40 contacts of one second was mixed within itself."""
    stop = min(stop, len(rows))
    if start >= stop:
        return []
    place = begin = _run_start(rows, start)
    mixed: list[Contact] = []
    while place < stop:
        end = min(place + RUN, _second_end(rows, place))
        run = rows[place:end]
        random.shuffle(run)
        mixed += run
        place = end
    return mixed[start - begin : stop - begin]


def _run_start(rows: list[Contact], position: int) -> int:
    second = rows[position].created // NANO
    first = bisect_left(rows, second * NANO, key=_CREATED)
    return position - (position - first) % RUN


def _second_end(rows: list[Contact], position: int) -> int:
    return bisect_left(rows, (rows[position].created // NANO + 1) * NANO, lo=position, key=_CREATED)
