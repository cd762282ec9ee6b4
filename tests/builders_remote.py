"""Builders for transport and remotes: time that passes only when slept, a scripted server, changes, true entries."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from syncjob.emulator import Emulator
from syncjob.model import Batch, Change, Json, Reply, Verb
from syncjob.remotes.exotel_contacts import ExotelContacts
from syncjob.transport import Auth, Event, Transport

START = 1_790_000_000.0


class Time:
    """Seconds since the epoch that pass only while somebody sleeps. `slept` lists the waits."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Line:
    """A transport to a server, its time, and what it told."""

    transport: Transport
    time: Time
    events: list[Event] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def line(url: str, auth: Auth | None = None, **settings: object) -> Line:
    """A transport whose waits pass at once and whose jitter is at its full width."""
    time = Time()
    events: list[Event] = []
    given: dict[str, object] = {
        "rate": None,
        "timeout": 5.0,
        "clock": time.clock,
        "sleep": time.sleep,
        "random": lambda: 1.0,
        "on_event": events.append,
    }
    given |= settings
    transport = Transport(url, auth or Auth.basic("key", "hush-hush"), **given)  # type: ignore[arg-type]
    return Line(transport, time, events)


def line_to(remote: Emulator, **settings: object) -> Line:
    """A transport to the emulated remote, with its credentials."""
    return line(remote.url, Auth.basic(remote.key, remote.token), **settings)


def contacts_of(remote: Emulator, **settings: object) -> ExotelContacts:
    """The emulated address book as a remote."""
    return ExotelContacts(line_to(remote, **settings).transport, remote.account)


# -- a server that answers as told -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """One reply of the scripted server: as given, nothing added but the length."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """Gives its replies one by one, the last one for ever. `asked` holds the request lines, `headers` theirs."""

    replies: Sequence[Say]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    during: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, line: str, headers: Mapping[str, str]) -> Say:
        with self.lock:
            self.asked.append(line)
            self.headers.append(headers)
            return self.replies[min(len(self.asked), len(self.replies)) - 1]


@contextmanager
def serving(*replies: Say, during: Callable[[], object] = lambda: None) -> Iterator[Server]:
    """A server on loopback that answers with `replies`. `during` runs while a request is being answered."""
    script = Server(replies, during=during)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def answer(self) -> None:
            with script.lock:
                script.at_once += 1
                script.most_at_once = max(script.most_at_once, script.at_once)
            script.during()
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            say = script.next(f"{self.command} {self.path}", dict(self.headers.items()))
            with script.lock:
                script.at_once -= 1
            self.send_response_only(say.status)
            for name, value in {"Content-Length": str(len(say.body)), **say.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(say.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names are http.server's

        def log_message(self, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# -- changes and entries -----------------------------------------------------------------------------------------------


def number(place: int) -> str:
    """A plainly invented Indian mobile number."""
    return f"+9190000{place:05d}"


def sid(place: int) -> str:
    """An invented sid."""
    return f"{place:032x}"


def batch_of(verb: Verb, count: int, **fields: Json) -> Batch:
    """A batch of `count` changes: numbers and sids by their place, ids from 100 on."""
    changes = tuple(
        Change(100 + n, verb, n, number(n), None if verb == "create" else sid(n), fields or {"first_name": f"Asha {n}"})
        for n in range(count)
    )
    return Batch(f"{verb}-1", verb, changes)


def batch(verb: Verb, changes: Sequence[Change]) -> Batch:
    """A batch of just these changes."""
    return Batch(f"{verb}-x", verb, tuple(changes))


def ok(place: int, **data: Json) -> dict[str, Json]:
    """The entry of a success, as the service shows it."""
    contact: dict[str, Json] = {"sid": sid(place), "number": number(place), "first_name": f"Asha {place}"}
    return {"code": 200, "status": "success", "error_data": None, "data": contact | data}


def bad(code: int, words: str = "", data: Json = None) -> dict[str, Json]:
    """The entry of a failure, which names nobody unless `data` does."""
    error: dict[str, Json] = {"code": 1002, "message": "Invalid parameter", "description": words}
    entry: dict[str, Json] = {"code": code, "status": "failure", "error_data": error}
    return entry if data is None else entry | {"data": data}


def kinds(replies: Sequence[Reply]) -> list[str]:
    """The kinds of replies, in order."""
    return [reply.kind for reply in replies]


# -- the exam's bench --------------------------------------------------------------------------------------------------


class ContactsBench:
    """The emulated address book and its remote (`contract.exam.Bench`)."""

    def __init__(self) -> None:
        self._service = Emulator()
        self.secrets = (self._service.key, self._service.token)

    def __enter__(self) -> ContactsBench:
        self._service.start()
        self.remote = contacts_of(self._service)
        return self

    def __exit__(self, *_error: object) -> None:
        self._service.stop()

    def hold(self, count: int) -> list[str]:
        self._service.store.clear()
        return [contact.sid for contact in self._service.store.seed(count)]

    def change(self, verb: Verb, place: int) -> Change:
        fields: dict[str, Json] = {"first_name": f"Meera {place}", "custom_field": {"plan": ["a", 1]}}
        if verb == "create":
            return Change(50 + place, verb, place, number(90_000 + place), None, fields)
        held = self._service.store.at(place)
        assert held is not None
        return Change(50 + place, verb, place, held.number, held.sid, fields if verb == "update" else {})

    def refuse(self, change: Change, words: str) -> None:
        if change.verb == "delete":
            self._service.faults.add("error", call="delete", status=400, text=words)
        else:
            self._service.faults.refuse(change.number, words)

    def answer(self, status: int, times: int | None = 1) -> None:
        self._service.faults.rules.clear()
        self._service.faults.add("too_many" if status == 429 else "error", status=status, times=times)

    def lose_reply(self, times: int | None = 1) -> None:
        self._service.faults.add("cut", when="after", times=times)

    def requests(self) -> int:
        return len(self._service.log)
