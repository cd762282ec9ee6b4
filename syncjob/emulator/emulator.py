"""The emulated remote as one object: start it, look into it, spoil it, stop it.

with Emulator(contacts=100) as remote:
    remote.url, remote.account, remote.key, remote.token
    remote.switches.duplicate = "upsert"
    remote.faults.add("cut", call="create", when="after")
    remote.store.export(); remote.log.of("create")
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from types import TracebackType

from syncjob.emulator.control import PREFIX, control
from syncjob.emulator.faults import Faults
from syncjob.emulator.server import Server
from syncjob.emulator.service import Service
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Reply, Request

ACCOUNT, KEY, TOKEN = "sandbox1", "sandbox-key", "sandbox-token"


class Emulator:
    """One account of the remote on a local port.

    `clock` gives Unix seconds; dates, the rate limit and stale reads go by it. `contacts` invented ones are there from
    the start and after a reset. `handle` answers without a socket. The control path is served on loopback only.
    """

    def __init__(
        self,
        switches: Switches | None = None,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        *,
        contacts: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        account: str = ACCOUNT,
        key: str = KEY,
        token: str = TOKEN,
        seed: int = 7,
    ) -> None:
        self.account, self.key, self.token = account, key, token
        self.switches = switches or Switches()
        self.faults = faults or Faults(seed=seed)
        self._service = Service(account, (key, token), self.switches, self.faults, clock, seed)
        self.store, self.lists = self._service.store, self._service.lists
        self.exophones, self.sendme123 = self._service.exophones, self._service.sendme123
        self.log, self.gate = self._service.log, self._service.gate
        self._at_start = self.switches.show()
        self._contacts = contacts
        self._where = (host, port)
        self._clock = clock
        self._server: Server | None = None
        self.store.seed(contacts)

    @property
    def url(self) -> str:
        """The base URL, without a path."""
        host, port = self._where
        return f"http://{host}:{port}"

    def start(self) -> Emulator:
        """Listen and serve; returns itself. `OSError` when the port is taken."""
        self._server = Server(*self._where, self.handle, self._clock)
        self._where = (self._where[0], self._server.port)
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving. Raises the first error of the emulator's own, if there was one."""
        self.gate.close()
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            if server.broken is not None:
                raise server.broken

    def reset(self) -> None:
        """As at the start: contacts and switches as given, no lists, phones, faults; an empty log."""
        self.gate.release()
        self.switches.set(self._at_start)
        self._service.clear()
        self.store.seed(self._contacts)

    def handle(self, request: Request) -> Reply:
        """The reply to one request."""
        if request.path.startswith(PREFIX) and _loopback(self._where[0]) and _loopback(request.peer[0]):
            return control(self, request)
        return self._service.handle(request)

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
