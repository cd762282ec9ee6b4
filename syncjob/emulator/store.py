"""The address book: contacts in order of creation, by sid, and by number.

What enters: accepted values. What leaves: immutable contacts. Promises: safe under threads; a sid is found at once; a
page of a million contacts is a slice; a contact's moment of creation is unique and rises, so the order of creation is
the order of the list. With a lag (reads that trail writes) a second shelf is kept that receives every change later.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Literal, TypeAlias

from syncjob.emulator.envelope import NANO, read_date
from syncjob.emulator.invented import invented
from syncjob.emulator.numbers import canonical
from syncjob.emulator.shelf import Contact, Shelf, make_contact, shuffled_slice
from syncjob.emulator.wire import Object

Order: TypeAlias = Literal["created", "name"]

STEP = 1_017  # nanoseconds between two contacts of one request: nine digits, as in the samples


class Store:
    """All contacts of one account, and which lists they are on.

    `clock` gives Unix seconds, `lag` the seconds by which reads trail writes (0: they don't).
    """

    def __init__(self, clock: Callable[[], float], lag: Callable[[], float] = lambda: 0.0, seed: int = 7) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._lag = lag
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        """Forget everything; sids start over, so two runs on a cleared store look alike."""
        with self.lock:
            self._random = Random(self._seed)  # noqa: S311 - repeatable ids are the point
            self._now = Shelf()
            self._past: Shelf | None = None
            self._pending: deque[tuple[float, Contact | None, Contact | None]] = deque()
            self._by_number: dict[str, str] = {}  # key -> sid of the oldest
            self._twins: dict[str, list[str]] = {}  # key -> sids of the others, where there are any
            self._last = 0
            self._invented = 0
            self.lists: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._now.rows)

    def new_id(self) -> str:
        """32 lower-case hex digits."""
        return f"{self._random.getrandbits(128):032x}"

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, values: Object, *, number: str, key: str) -> Contact:
        """Store a new contact at the end; uniqueness is the caller's question."""
        with self.lock:
            moment = self.moment()
            contact = make_contact(self.new_id(), (moment, moment), (number, key), values)
            self._apply(None, contact)
            return contact

    def change(self, contact: Contact, values: Object, *, number: str = "", key: str = "") -> Contact:
        """Replace fields of a stored contact; its place stays, `updated` moves."""
        with self.lock:
            changed = contact.changed(values, number or contact.number, key or contact.key, int(self._clock() * NANO))
            self._apply(contact, changed)
            return changed

    def remove(self, sid: str, *, memberships: bool = True) -> Contact | None:
        """Take a contact out; with `memberships` it leaves its lists, too. None when there is none."""
        with self.lock:
            contact = self._now.by_sid.get(sid)
            if contact is not None:
                self._apply(contact, None)
                for members in self.lists.values() if memberships else ():
                    members.pop(sid, None)
            return contact

    def seed(self, contacts: int | Iterable[Object], *, per_second: int = 20) -> list[Contact]:
        """Put contacts in from behind, visible at once: so many invented ones, or the given objects as they are.

        They are dated in the past where room is, `per_second` of them within one second. Returns them.
        """
        with self.lock:
            given: Sequence[Object] = () if isinstance(contacts, int) else list(contacts)
            count = contacts if isinstance(contacts, int) else len(given)
            first = max(self._last // NANO + 1, int(self._clock()) - 3600 - count // per_second)
            added = []
            for place in range(count):
                values = given[place] if given else invented(self._invented + place)
                second, within = divmod(place, per_second)
                number = str(values.get("number", ""))
                moment = (first + second) * NANO + 150_000_000 + within * STEP
                contact = make_contact(self.new_id(), (moment, moment), (number, canonical(number) or number), values)
                self._put(self._now, None, contact)
                self._index(None, contact)
                added.append(contact)
            self._invented += 0 if given else count
            self._last = added[-1].created if added else self._last
            if self._past is not None:
                self._past = self._now.copy()
                self._pending.clear()
            return added

    # -- reading ---------------------------------------------------------------------------------------------------

    def find(self, sid: str) -> Contact | None:
        """The contact as it is now, whatever the lag: what writes rest on."""
        return self._now.by_sid.get(sid)

    def find_number(self, key: str) -> Contact | None:
        """The oldest contact with this number, now."""
        with self.lock:
            sid = self._by_number.get(key)
            return self._now.by_sid[sid] if sid else None

    def read(self, sid: str) -> Contact | None:
        """The contact as readers see it."""
        with self.lock:
            return self._seen().by_sid.get(sid)

    def page(
        self,
        offset: int,
        limit: int,
        *,
        order: Order = "created",
        name: str = "",
        lists: Sequence[str] = (),
        shuffle: Random | None = None,
    ) -> tuple[list[Contact], int]:
        """A slice of what readers see, and how many match in all. `shuffle` mixes contacts of one second."""
        with self.lock:
            shelf = self._seen()
            rows = shelf.rows if order == "created" else shelf.by_name()
            if lists:
                wanted = {sid for each in lists for sid in self.lists.get(each, ())}
                rows = [contact for contact in rows if contact.sid in wanted]
            if name:
                rows = [contact for contact in rows if name.lower() in contact.full_name]
            if shuffle and order == "created":
                return shuffled_slice(rows, offset, offset + limit, shuffle), len(rows)
            return rows[offset : offset + limit], len(rows)

    def at(self, position: int) -> Contact | None:
        """The contact at a position of the order of creation, now; None past the end."""
        rows = self._now.rows
        return rows[position] if -len(rows) <= position < len(rows) else None

    def export(self, *, plain: bool = False) -> list[Object]:
        """All contacts by position; `plain` leaves out sids and dates, to compare end states of different runs."""
        with self.lock:
            return [_shown(contact, plain) for contact in self._now.rows]

    # -- inside ----------------------------------------------------------------------------------------------------

    def moment(self) -> int:
        """A moment later than all before, in nanoseconds."""
        self._last = max(int(self._clock() * NANO), self._last + STEP)
        return self._last

    def _seen(self) -> Shelf:
        """The shelf that readers see, with every change due by now."""
        lag = self._lag()
        if lag <= 0:
            self._past = None
            self._pending.clear()
            return self._now
        if self._past is None:
            self._past = self._now.copy()
        while self._pending and self._pending[0][0] + lag <= self._clock():
            _, before, after = self._pending.popleft()
            self._put(self._past, before, after)
        return self._past

    def _apply(self, before: Contact | None, after: Contact | None) -> None:
        if self._seen() is not self._now:
            self._pending.append((self._clock(), before, after))
        self._put(self._now, before, after)
        self._index(before, after)

    @staticmethod
    def _put(shelf: Shelf, before: Contact | None, after: Contact | None) -> None:
        if after is not None:
            shelf.put(after)
        elif before is not None:
            shelf.drop(before)

    def _index(self, before: Contact | None, after: Contact | None) -> None:
        if before is not None and after is not None and before.key == after.key:
            return
        if before is not None:
            self._unlist(before)
        if after is not None and self._by_number.setdefault(after.key, after.sid) != after.sid:
            self._twins.setdefault(after.key, []).append(after.sid)

    def _unlist(self, contact: Contact) -> None:
        twins = self._twins.get(contact.key, [])
        if self._by_number[contact.key] != contact.sid:
            twins.remove(contact.sid)
        elif twins:
            self._by_number[contact.key] = twins.pop(0)
        else:
            del self._by_number[contact.key]
        if not twins:
            self._twins.pop(contact.key, None)


def _shown(contact: Contact, plain: bool) -> Object:
    fields = contact.fields()
    if plain:
        return fields
    dates: Object = {"date_created": read_date(contact.created), "date_updated": read_date(contact.updated)}
    return {"sid": contact.sid, **dates, **fields}
