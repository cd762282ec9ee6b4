"""The contacts of SendMe123, another product: read one, change one, delete one.

What enters: a request, and the contact's id. What leaves: an `Answer` of plain camelCase objects, no envelope. A
contact with pending messages can't be deleted (409); `pending` holds their ids. What a deletion leaves to be read, and
the form of a refusal, no document says: the switches `sendme_deleted` and `sendme_errors`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import orjson

from syncjob.emulator.envelope import Answer, Refused
from syncjob.emulator.invented import FIRST, LAST
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Object, Request

STATES = ("ACTIVE", "INACTIVE", "BLOCKED")

NO_CONTACT = "Contact not found"
PENDING = "Contact cannot be deleted (has pending messages)"

_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_TEXTS = ("name", "lastName", "email", "phone", "countryCode", "status", "birthDate")


class SendMe:
    """The contacts' front, and their store. Safe under threads."""

    def __init__(self, switches: Switches, clock: Callable[[], float], seed: int) -> None:
        self._switches = switches
        self._clock = clock
        self._seed = seed
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """No contacts; ids start over."""
        with self._lock:
            self._random = Random(self._seed)  # noqa: S311 - repeatable ids are the point
            self.contacts: dict[str, Object] = {}
            self.pending: set[str] = set()

    def seed(self, count: int) -> list[str]:
        """Add so many invented contacts; their ids."""
        with self._lock:
            first = len(self.contacts)
            return [
                self.add(name=FIRST[n % len(FIRST)], lastName=LAST[n % len(LAST)], phone=f"90000{n:05d}")
                for n in range(first, first + count)
            ]

    def add(self, contact_id: str | None = None, **fields: str) -> str:
        """Add one contact; its id, by default a UUID."""
        with self._lock:
            made = contact_id or str(UUID(int=self._random.getrandbits(128), version=4))
            self.contacts[made] = {
                "id": made,
                "name": "Asha",
                "lastName": None,
                "email": None,
                "phone": "9000000000",
                "countryCode": "91",
                "status": "ACTIVE",
                "birthDate": None,
                "origin": "API",
                "organizationId": "org-1",
                "customValues": [],
                "tags": [],
                "createdAt": self._now(),
                "updatedAt": self._now(),
                "deletedAt": None,
                **fields,
            }
            return made

    # -- calls -----------------------------------------------------------------------------------------------------

    def sendme_read(self, _request: Request, contact_id: str) -> Answer:
        """GET one."""
        with self._lock:
            return Answer(200, dict(self._find(contact_id, deleted=True)), shape="flat")

    def sendme_change(self, request: Request, contact_id: str) -> Answer:
        """PATCH one: the fields given change, the others stay."""
        with self._lock:
            contact = self._find(contact_id)
            fields = _fields(request.body)
            others = (each for each in self.contacts.values() if each is not contact)
            if "phone" in fields and any(each["phone"] == fields["phone"] for each in others):
                raise Refused(1008, "Phone number already exists")
            contact.update(fields, updatedAt=self._now())
            shown = {name: value for name, value in contact.items() if name != "deletedAt"}
            return Answer(200, shown, applied=1, shape="flat")

    def sendme_delete(self, _request: Request, contact_id: str) -> Answer:
        """DELETE one, unless messages wait for it."""
        with self._lock:
            contact = self._find(contact_id)
            if contact_id in self.pending:
                raise Refused(1008, PENDING)
            contact["deletedAt"] = self._now()
            if self._switches.sendme_deleted == "gone":
                del self.contacts[contact_id]
            said: Object = {"message": "Contact successfully deleted", "deletedContactId": contact_id}
            return Answer(200, said, applied=1, shape="flat")

    # -- inside ----------------------------------------------------------------------------------------------------

    def _find(self, contact_id: str, *, deleted: bool = False) -> Object:
        if not _ID.fullmatch(contact_id):
            raise Refused(1002, "Invalid contact ID")
        contact = self.contacts.get(contact_id)
        if contact is None or (contact["deletedAt"] is not None and not deleted):
            raise Refused(1000, NO_CONTACT)
        return contact

    def _now(self) -> str:
        text = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        return text.removesuffix("+00:00") + "Z"


def _fields(body: bytes) -> Object:
    """What a PATCH wants changed. 400 for what is no object, 422 for values that break a rule; others are ignored."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        sent = None
    if not isinstance(sent, dict):
        raise Refused(1007, "Invalid data in request")
    fields: Object = {name: sent[name] for name in _TEXTS if name in sent}
    if not all(isinstance(value, str) for value in fields.values()):
        raise Refused(1002, "Validation errors", http=422)
    rules = {"name": r".{2,100}", "phone": r"[0-9]{10}", "countryCode": r"[0-9]+", "status": "|".join(STATES)}
    for name, rule in rules.items():
        if name in fields and not re.fullmatch(rule, str(fields[name]), re.ASCII | re.DOTALL):
            raise Refused(1002, f"Validation errors: {name}", http=422)
    return fields
