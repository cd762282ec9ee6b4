"""The benches on which remotes sit the exam: the emulated service, its remote, and hands to put it into a state."""

from __future__ import annotations

from typing import ClassVar, Self

from syncjob.emulator import Emulator
from syncjob.model import Change, Json, Verb
from syncjob.remotes.base import Remote
from syncjob.remotes.exophones import ExoPhones
from syncjob.remotes.sendme123 import SendMe123
from syncjob.transport import Auth, Transport
from tests import builders_remote
from tests.builders_remote import line, line_to


class ContactsBench(builders_remote.ContactsBench):
    """The address book."""

    @property
    def own(self) -> str:
        return f"/v2/accounts/{self._service.account}/contacts"

    def paths(self) -> list[str]:
        return [entry.path for entry in self._service.log]


class SingleBench:
    """What the benches of remotes without bulk calls share: faults by HTTP status, and the log."""

    own: str
    remote: Remote

    def __init__(self) -> None:
        self.service = Emulator()
        self.secrets = (self.service.key, self.service.token)

    def __enter__(self) -> Self:
        self.service.start()
        self.remote = self.opened()
        return self

    def __exit__(self, *_error: object) -> None:
        self.service.stop()

    def opened(self) -> Remote:
        raise NotImplementedError

    def refuse(self, change: Change, words: str) -> None:
        self.service.faults.add("error", path=change.sid, status=400, text=words)

    def answer(self, status: int, times: int | None = 1) -> None:
        self.service.faults.rules.clear()
        self.service.faults.add("too_many" if status == 429 else "error", status=status, times=times)

    def lose_reply(self, times: int | None = 1) -> None:
        self.service.faults.add("cut", when="after", times=times)

    def requests(self) -> int:
        return len(self.service.log)

    def paths(self) -> list[str]:
        return [entry.path for entry in self.service.log]


class ExoPhonesBench(SingleBench):
    """The account's phone numbers."""

    @property
    def own(self) -> str:  # type: ignore[override]
        return f"/v2_beta/Accounts/{self.service.account}/IncomingPhoneNumbers"

    def opened(self) -> Remote:
        return ExoPhones(line_to(self.service).transport, self.service.account)

    def hold(self, count: int) -> list[str]:
        self.service.exophones.clear()
        return [phone.sid for phone in self.service.exophones.seed(count)]

    def change(self, verb: Verb, place: int) -> Change:
        phone = self.service.exophones.there()[place]
        return Change(50 + place, verb, place, phone.number, phone.sid, {})


class SendMe123Bench(SingleBench):
    """The contacts of SendMe123. `opens`: the remote; `status`: what its updates set."""

    own = "/api/contacts"
    opens: ClassVar[type] = SendMe123
    status: ClassVar[str] = "INACTIVE"

    def opened(self) -> Remote:
        remote: Remote = self.opens(self.transport())
        return remote

    def transport(self) -> Transport:
        """To SendMe123, by its key alone."""
        return line(self.service.url, Auth(header="api-key", value=self.service.key)).transport

    def hold(self, count: int) -> list[str]:
        self.service.sendme123.clear()
        return self.service.sendme123.seed(count)

    def change(self, verb: Verb, place: int) -> Change:
        sid, contact = list(self.service.sendme123.contacts.items())[place]
        fields: dict[str, Json] = {"status": self.status} if verb == "update" else {}
        return Change(50 + place, verb, place, f"+91{contact['phone']}", sid, fields)
