"""The remote as one plain function: `handle(request) → reply`.

The way of a request: log → latency → fault → rate → credentials → account → call → answer → bytes. A fault may strike
instead of everything after it, change the answer, or spoil the bytes. Nothing here knows of sockets.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

import orjson

from syncjob.emulator.contacts import Contacts
from syncjob.emulator.envelope import (
    ERRORS,
    Answer,
    Refused,
    Shape,
    flat_error,
    render,
    rest_exception,
    whole_failure,
    with_header,
)
from syncjob.emulator.exophones import ExoPhones
from syncjob.emulator.faults import Faults, Rule
from syncjob.emulator.gate import Gate
from syncjob.emulator.limiter import Limiter, retry_after
from syncjob.emulator.lists import Lists
from syncjob.emulator.log import Entry, Log
from syncjob.emulator.mischief import instead, reshape, spoil
from syncjob.emulator.routes import Call, Family, find_call
from syncjob.emulator.sendme123 import SendMe
from syncjob.emulator.store import Store
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Json, Reply, Request

_SHAPES: dict[Family, Shape] = {"contacts": "envelope", "exophones": "rest", "sendme123": "flat"}
"""The form of a family's errors."""


class Service:
    """One account of the remote: its address book, its settings, and what it remembers of requests."""

    def __init__(
        self,
        account: str,
        credentials: tuple[str, str],
        switches: Switches,
        faults: Faults,
        clock: Callable[[], float],
        seed: int,
    ) -> None:
        self.account = account
        self.switches = switches
        self.faults = faults
        self.gate = Gate()
        self.log = Log()
        self.store = Store(clock, lambda: switches.stale, seed)
        self._ids = Random(seed + 1)  # noqa: S311 - repeatable ids are the point
        contacts = Contacts(account, self.store, switches, faults, Random(seed + 2))  # noqa: S311
        self.lists = Lists(contacts, clock=clock)
        self._contacts = contacts
        self.exophones = ExoPhones(account, switches, clock, seed + 3)
        self.sendme123 = SendMe(switches, clock, seed + 4)
        self._credentials = credentials
        self._clock = clock
        self._limiter = Limiter(switches, clock)
        self._writes = 0

    def clear(self) -> None:
        """Forget contacts, lists, faults and requests; switches stay."""
        self.store.clear()
        self.lists.clear()
        self.exophones.clear()
        self.sendme123.clear()
        self.faults.clear()
        self.log.clear()
        self._limiter.clear()
        self._writes = 0

    def handle(self, request: Request) -> Reply:
        """The reply to a request. It may take its time: latency and held replies wait here."""
        call = find_call(request.method, request.path)
        entry = self._enter(request, call)
        self.gate.wait(self.switches.latency)
        request_id = f"{self._ids.getrandbits(128):032x}"
        rule = self.faults.pick(request, call.name)
        entry.fault = rule.action if rule else None
        if rule is None:
            reply = self._serve(request, call, entry, request_id)
        else:
            reply = self._struck(request, call, entry, request_id, rule)
        reply = self._lose(reply, entry)
        for name, value in self._limiter.headers().items() if self.switches.rate_headers else ():
            reply = with_header(reply, name, value)
        entry.status = 0 if reply.wire in ("cut", "reset") else reply.status
        entry.request_id = request_id
        return reply

    # -- the way through -------------------------------------------------------------------------------------------

    def _struck(self, request: Request, call: Call, entry: Entry, request_id: str, rule: Rule) -> Reply:
        if rule.shape == "envelope":
            rule = replace(rule, shape=_SHAPES[call.family])
        if rule.action == "hold" and rule.when != "after":
            self.gate.wait(rule.seconds)
        early = instead(rule, request.method, request_id, listed=call.bulk, now=self._clock())
        if early is not None:
            return early
        reply = self._serve(request, call, entry, request_id, rule)
        if rule.action == "hold" and rule.when == "after":
            self.gate.wait(rule.seconds)
        return spoil(rule, reply, request.method, request_id, listed=call.bulk)

    def _serve(self, request: Request, call: Call, entry: Entry, request_id: str, rule: Rule | None = None) -> Reply:
        wait = self._limiter.take()
        if wait:
            return self._too_many(call, request.method, request_id, wait)
        try:
            self._admit(request, call)
            answer = self._call(request, call)
        except Refused as refused:
            return self._refused(refused, request, call, request_id)
        entry.applied = answer.applied
        return render(reshape(rule, answer, self.faults.random) if rule else answer, request.method, request_id)

    def _call(self, request: Request, call: Call) -> Answer:
        if call.name == "unknown":
            raise Refused(1000, "Not Found")
        if call.name == "unallowed":
            raise Refused(1005)
        fronts = {"list": self.lists, "member": self.lists, "exophone": self.exophones, "sendme": self.sendme123}
        front = fronts.get(call.name.partition("_")[0], self._contacts)
        method: Callable[..., Answer] = getattr(front, call.name)
        return method(request, *call.sids)

    # -- who is there ----------------------------------------------------------------------------------------------

    def _admit(self, request: Request, call: Call) -> None:
        if call.family == "sendme123":
            self._admit_key(request)
        elif _basic(request.headers.get("authorization", "")) != self._credentials:
            raise Refused(1010)
        if call.account and call.account != self.account:
            status = self.switches.wrong_account
            raise Refused(1003) if status == 403 else Refused(1000, "Account not found", status)

    def _admit_key(self, request: Request) -> None:
        """SendMe123 knows a key alone, in a header of its own or as a bearer's token."""
        key = self._credentials[0]
        given = request.headers.get("api-key"), request.headers.get("authorization")
        if given[0] != key and given[1] != f"Bearer {key}":
            raise Refused(1010, "Missing or invalid API Key")

    # -- refusals --------------------------------------------------------------------------------------------------

    def _refused(self, refused: Refused, request: Request, call: Call, request_id: str) -> Reply:
        """A request refused whole, in the form of its family."""
        words = ERRORS[refused.code][1].strip()
        if call.family == "exophones":
            return rest_exception(refused.http, words)
        if call.family == "sendme123":
            return flat_error(refused.http, refused.description or words, self.switches.sendme_errors)
        return render(self._failed(refused, call), request.method, request_id)

    def _failed(self, refused: Refused, call: Call) -> Answer:
        """A request refused whole, in the form that the switches give it."""
        kind = self.switches.whole_failure
        listed = call.bulk and kind == "array"
        if refused.code in (1003, 1010):
            shape: Shape = "rest" if self.switches.auth_shape == "rest" else "envelope"
        else:
            shape = kind if call.bulk and kind in ("rest", "html") else "envelope"
        return whole_failure(refused, listed=listed, shape=shape)

    def _too_many(self, call: Call, method: str, request_id: str, wait: float) -> Reply:
        if call.family == "sendme123":
            reply = flat_error(429, "Too Many Requests", self.switches.sendme_errors)
        elif call.family == "exophones" or self.switches.rate_shape == "rest":
            reply = rest_exception(429, "Too Many Requests")
        else:
            listed = call.bulk and self.switches.whole_failure == "array"
            reply = render(whole_failure(Refused(1006), listed=listed), method, request_id)
        text = retry_after(self.switches.retry_after, wait, self._clock())
        return with_header(reply, "Retry-After", text) if text else reply

    def _lose(self, reply: Reply, entry: Entry) -> Reply:
        """Cut the connection of every n-th write that was applied, when the switch says so."""
        every = self.switches.lost_replies
        if not every or not entry.applied:
            return reply
        self._writes += 1
        return reply if self._writes % every else Reply(0, wire="cut")

    def _enter(self, request: Request, call: Call) -> Entry:
        entry = Entry(
            call=call.name,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers=request.open_headers,
            body=_parsed(request.body),
            at=self._clock(),
            arrived=time.monotonic(),
            port=request.peer[1],
        )
        self.log.append(entry)
        return entry


def _basic(header: str) -> tuple[str, str]:
    kind, _, coded = header.partition(" ")
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if kind.lower() == "basic" else ("", "")


def _parsed(body: bytes) -> Json:
    if not body:
        return None
    try:
        parsed: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
    return parsed
