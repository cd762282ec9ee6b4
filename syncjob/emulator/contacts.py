"""The six calls of the contacts API.

What enters: a request whose sender is known, and its call. What leaves: an `Answer`. Promises: a call is atomic for
readers (the store's lock is held), rows are answered one by one, and nothing is stored of a call refused whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from syncjob.emulator.envelope import (
    Answer,
    Refused,
    bulk,
    failure,
    failure_like,
    fresh_date,
    page,
    read_date,
    success,
)
from syncjob.emulator.faults import Faults
from syncjob.emulator.incoming import RowRefused, read_object, read_rows, values_of
from syncjob.emulator.numbers import read_number
from syncjob.emulator.paging import Window, read_window
from syncjob.emulator.shelf import Contact
from syncjob.emulator.store import Store
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Object, Request

NO_CONTACT = "Contact not found"


@dataclass(frozen=True)
class Contacts:
    """The address book's front. Every method takes the request (and the contact's sid) and gives an `Answer`."""

    account: str
    store: Store
    switches: Switches
    faults: Faults
    random: Random

    # -- bulk ------------------------------------------------------------------------------------------------------

    def create(self, request: Request) -> Answer:
        """POST contacts: one entry per row, 207."""
        rows = read_rows(request.body, self.switches, "contacts", "Contact")
        before: set[str] = set()
        with self.store.lock:
            done = [self._create_row(row, before) for row in rows]
        return self.answered(done)

    def update_many(self, request: Request) -> Answer:
        """PUT contacts: one entry per row, 207."""
        rows = read_rows(request.body, self.switches, "contacts", "Contact")
        with self.store.lock:
            done = [self._update_row(row) for row in rows]
        return self.answered(done)

    def page(self, request: Request) -> Answer:
        """GET contacts: a page of entries."""
        with self.store.lock:
            self.faults.churn(self.store)
            window = read_window(request.query, self.switches)
            return self._page(window)

    # -- single ----------------------------------------------------------------------------------------------------

    def read(self, _request: Request, sid: str) -> Answer:
        """GET one."""
        contact = self.store.read(sid)
        if contact is None:
            raise Refused(1000, NO_CONTACT)
        return Answer(200, success(self.shown(contact)))

    def update(self, request: Request, sid: str) -> Answer:
        """PUT one: the fields given change, the others stay."""
        row = read_object(request.body, self.switches, "Contact")
        with self.store.lock:
            entry, applied = self._update_row({**row, "sid": sid})
        return self._single(entry, applied)

    def delete(self, _request: Request, sid: str) -> Answer:
        """DELETE one: answers its last state."""
        with self.store.lock:
            contact = self.store.find(sid)
            if contact is None:
                gone = failure(1000, NO_CONTACT)
                return Answer(200 if self.switches.deleted_again == "ok_with_entry" else 404, gone)
            fault = self.faults.row(contact.key)
            if fault is None or fault.applied:
                self.store.remove(sid, memberships=self.switches.memberships == "go")
        if fault is not None:
            return self._single(failure_like(fault.code, fault.text), fault.applied)
        return Answer(200, success(self.shown(contact)), applied=1)

    # -- forms -----------------------------------------------------------------------------------------------------

    def shown(self, contact: Contact, form: str = "read") -> Object:
        """A contact as a reply holds it. `fresh` (create): dates with fraction; `bulk` (bulk update): the odd uri."""
        date = fresh_date if form == "fresh" else read_date
        uri = f"/v2/accounts/{self.account}/contacts/{contact.sid}"
        if form == "bulk":  # as in the sample: other capitals, and a sid that isn't this contact's
            uri = f"/v2/Accounts/{self.account}/Contacts/{contact.sid[::-1]}"
        return {
            "sid": contact.sid,
            "date_created": date(contact.created),
            "date_updated": date(contact.updated),
            "account_sid": self.account,
            **contact.fields(),
            "uri": uri,
        }

    # -- rows ------------------------------------------------------------------------------------------------------

    def _create_row(self, row: Object, before: set[str]) -> tuple[Object, bool]:
        """The entry of one row to create, and whether it was written. `before`: keys seen earlier in the request."""
        try:
            values = values_of(row, self.switches)
            shown, key = self._number(row)
        except RowRefused as refused:
            return failure(refused.code, refused.description), False
        fault = self.faults.row(key)
        if fault is not None and not fault.applied:
            return failure_like(fault.code, fault.text), False
        entry, applied = self._store_row(values, shown, key, repeated=key in before)
        before.add(key)
        return (failure_like(fault.code, fault.text) if fault else entry), applied

    def _store_row(self, values: Object, shown: str, key: str, *, repeated: bool) -> tuple[Object, bool]:
        kind = self.switches.duplicate
        there = None if kind == "both_stored" else self.store.find_number(key)
        if there is None:
            return success(self.shown(self.store.add(values, number=shown, key=key), "fresh")), True
        if repeated and self.switches.repeated == "both":
            return success(self.shown(there, "fresh")), False
        if kind == "upsert" and not repeated:
            return success(self.shown(self.store.change(there, values))), True
        entry = failure(1008, "Contact already exists")
        if kind == "sid_only":
            entry["data"] = {"sid": there.sid}
        elif kind != "no_data":
            entry["data"] = self.shown(there)
        return entry, False

    def _update_row(self, row: Object) -> tuple[Object, bool]:
        try:
            return self._change_row(row)
        except RowRefused as refused:
            return failure(refused.code, refused.description), False

    def _change_row(self, row: Object) -> tuple[Object, bool]:
        if not row.get("sid"):
            raise RowRefused(1001, "Sid is mandatory")
        contact = self.store.find(str(row["sid"]))
        if contact is None:
            raise RowRefused(1000, NO_CONTACT)
        values = values_of(row, self.switches, stored=contact.fields())
        shown, key = self._number(row) if row.get("number") else (contact.number, contact.key)
        if key != contact.key:
            self._check_number(key)
        fault = self.faults.row(contact.key)
        if fault is not None and not fault.applied:
            return failure_like(fault.code, fault.text), False
        changed = self.store.change(contact, values, number=shown, key=key)
        return (failure_like(fault.code, fault.text) if fault else success(self.shown(changed, "bulk"))), True

    def _number(self, row: Object) -> tuple[str, str]:
        text = row.get("number")
        if not text:
            raise RowRefused(1001, "Number is mandatory")
        number = read_number(str(text), self.switches.numbers)
        if number is None:
            raise RowRefused(1002, "Invalid PhoneNumber")
        return number

    def _check_number(self, key: str) -> None:
        if self.switches.number_change == "refused":
            raise RowRefused(1002, "Number can not be changed")
        if self.switches.duplicate != "both_stored" and self.store.find_number(key):
            raise RowRefused(1008, "Contact already exists")

    # -- answers ---------------------------------------------------------------------------------------------------

    def answered(self, done: list[tuple[Object, bool]]) -> Answer:
        """The reply to a bulk write: entries with whether they were applied, in the order that is switched on."""
        entries = [entry for entry, _ in done]
        if self.switches.order == "shuffled":
            self.random.shuffle(entries)
        elif self.switches.order == "shuffled_successes":
            places = [place for place, entry in enumerate(entries) if entry["code"] == 200]
            mixed = self.random.sample(places, len(places))
            moved = [entries[place] for place in mixed]
            for place, entry in zip(places, moved, strict=True):
                entries[place] = entry
        return bulk(
            entries,
            sum(applied for _, applied in done),
            conflict_failed=self.switches.conflict_failed,
            conflict_http=self.switches.duplicate_http,
        )

    def _single(self, entry: Object, applied: bool) -> Answer:
        code, data = entry["code"], entry.get("data")
        if isinstance(data, dict):
            data["uri"] = f"/v2/accounts/{self.account}/contacts/{data['sid']}"
        return Answer(code if isinstance(code, int) else 200, entry, applied=int(applied))

    def _page(self, window: Window) -> Answer:
        mix = self.random if self.switches.ties == "shuffled" else None
        contacts, total = self.store.page(
            window.offset, window.limit, order=window.order, name=window.name, lists=window.lists, shuffle=mix
        )
        if window.offset >= total and self.switches.past_end == "not_found":
            raise Refused(1000, "Contacts not found")
        return page([success(self.shown(contact)) for contact in contacts], window.offset, window.limit, total)
