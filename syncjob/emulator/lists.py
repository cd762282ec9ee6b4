"""The lists of contacts: enough of the lists API to keep memberships.

What enters: a request, and the list's sid (and the member's). What leaves: an `Answer`. A list holds contacts of the
address book by sid; leaving a list does not touch the contact. Names are unique; a duplicate name is 409 without a sid.
Who joined or left may be shown late, while writes rest on what is so by now.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from syncjob.emulator.contacts import NO_CONTACT, Contacts
from syncjob.emulator.envelope import Answer, Refused, bulk, failure, failure_like, fresh_date, page, read_date, success
from syncjob.emulator.incoming import read_rows
from syncjob.emulator.paging import read_window
from syncjob.emulator.wire import Object, Request

NO_LIST = "List not found"


@dataclass
class Lists:
    """The lists' front. `about` keeps what the address book doesn't: names, tags and moments of creation."""

    contacts: Contacts
    about: dict[str, tuple[str, str | None, int]] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    _moves: deque[tuple[float, str, str, bool]] = field(
        default_factory=lambda: deque(maxlen=100_000)
    )  # when, list, member, joined

    def clear(self) -> None:
        """No lists."""
        self.about.clear()
        self._moves.clear()

    def add(self, name: str, members: Sequence[str] = (), tag: str | None = None) -> str:
        """Make a list, holding the contacts with these sids; its sid."""
        store = self.contacts.store
        with store.lock:
            sid = store.new_id()
            store.lists[sid] = dict.fromkeys(members)
            self.about[sid] = (name, tag, store.moment())
            return sid

    def numbers(self, sid: str) -> list[str]:
        """The numbers of a list's members, in order of joining."""
        store = self.contacts.store
        with store.lock:
            return [contact.number for contact in map(store.find, store.lists[sid]) if contact is not None]

    def list_create(self, request: Request) -> Answer:
        """POST lists."""
        rows = read_rows(request.body, self.contacts.switches, "lists", "List")
        with self.contacts.store.lock:
            entries = [self._create(row) for row in rows]
        return bulk(entries, sum(entry["code"] == 200 for entry in entries))

    def list_page(self, request: Request) -> Answer:
        """GET lists; `name` matches whole names."""
        window = read_window(request.query, self.contacts.switches)
        sids = [sid for sid in list(self.about) if not window.name or self.about[sid][0] == window.name]
        part = sids[window.offset : window.offset + window.limit]
        return page([success(self._shown(sid)) for sid in part], window.offset, window.limit, len(sids))

    def list_read(self, _request: Request, sid: str) -> Answer:
        """GET one list, with its size."""
        self._members(sid)
        return Answer(200, success(self._shown(sid)))

    def list_delete(self, _request: Request, sid: str) -> Answer:
        """DELETE one list; its contacts stay."""
        self._members(sid)
        shown = self._shown(sid)
        self.about.pop(sid, None)
        self.contacts.store.lists.pop(sid, None)
        return Answer(200, success(shown), applied=1)

    def member_add(self, request: Request, sid: str) -> Answer:
        """POST members: `contact_references`, one entry each; a contact already there stays there."""
        members = self._members(sid)
        rows = read_rows(request.body, self.contacts.switches, "contact_references", "ContactReference")
        with self.contacts.store.lock:
            return self.contacts.answered([self._join(members, sid, row) for row in rows])

    def member_page(self, request: Request, sid: str) -> Answer:
        """GET members: a page of contacts."""
        self._members(sid)
        store, members = self.contacts.store, self._shown_members(sid)
        window = read_window(request.query, self.contacts.switches)
        with store.lock:
            found = [contact for contact in map(store.read, members) if contact is not None]
        if window.offset >= len(found) and self.contacts.switches.past_end == "not_found":
            raise Refused(1000, "Contacts not found")
        part = found[window.offset : window.offset + window.limit]
        entries = [success({**self.contacts.shown(contact), "list_id": sid}) for contact in part]
        return page(entries, window.offset, window.limit, len(found))

    def member_remove(self, _request: Request, sid: str, member: str) -> Answer:
        """DELETE of one association; the contact stays in the address book."""
        members = self._members(sid)
        with self.contacts.store.lock:
            contact = self.contacts.store.find(member)
            if member not in members or contact is None:
                raise Refused(1000, NO_CONTACT)
            del members[member]
            self._moves.append((self.clock(), sid, member, False))
        return Answer(200, success(self._association(member, sid, contact.created, contact.updated)), applied=1)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _create(self, row: Object) -> Object:
        name, tag = row.get("name"), row.get("tag")
        if not isinstance(name, str) or not name:
            return failure(1001, "Name is mandatory")
        if any(known == name for known, _, _ in self.about.values()):
            return failure(1008, "List already exists")
        return success(self._shown(self.add(name, tag=tag if isinstance(tag, str) else None)))

    def _join(self, members: dict[str, None], sid: str, row: Object) -> tuple[Object, bool]:
        """The entry of one reference, and whether it was written."""
        contact = self.contacts.store.find(str(row.get("contact_sid")))
        if contact is None:
            return failure(1000, NO_CONTACT), False
        fault = self.contacts.faults.row(contact.key)
        if fault is not None and not fault.applied:
            return failure_like(fault.code, fault.text), False
        there = contact.sid in members
        if there and self.contacts.switches.member_again == "conflict":
            return failure(1008, "Contact already exists in the list"), False
        if not there:
            members[contact.sid] = None
            self._moves.append((self.clock(), sid, contact.sid, True))
        done = success(self._association(contact.sid, sid, contact.created, contact.updated))
        return (failure_like(fault.code, fault.text) if fault else done), not there

    def _shown_members(self, sid: str) -> dict[str, None]:
        """The members as readers see them: what happened within the lag has not happened yet."""
        lag = max(self.contacts.switches.stale, self.contacts.switches.members_late)
        shown = dict(self.contacts.store.lists[sid])
        for when, of_list, member, joined in reversed(self._moves if lag else ()):
            if when + lag <= self.clock():
                break
            if of_list == sid and joined:
                shown.pop(member, None)
            elif of_list == sid:
                shown[member] = None
        return shown

    def _members(self, sid: str) -> dict[str, None]:
        members = self.contacts.store.lists.get(sid)
        if members is None or sid not in self.about:
            raise Refused(1000, NO_LIST)
        return members

    def _association(self, sid: str, list_sid: str, created: int, updated: int) -> Object:
        account = self.contacts.account
        return {
            "sid": sid,
            "date_created": fresh_date(created),
            "date_updated": fresh_date(updated),
            "account_sid": account,
            "list_id": list_sid,
            "uri": f"/v2/Accounts/{account}/contacts/{sid}",
        }

    def _shown(self, sid: str) -> Object:
        name, tag, moment = self.about[sid]
        account = self.contacts.account
        return {
            "sid": sid,
            "date_created": read_date(moment),
            "date_updated": read_date(moment),
            "account_sid": account,
            "name": name,
            "tag": tag,
            "contact_count": len(self._shown_members(sid)),
            "uri": f"/v2/accounts/{account}/lists/{sid}",
        }
