"""Builders for the emulator's tests: an emulator with a plain `http.client` before it, a clock, rows, shapes."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from syncjob.emulator import Emulator, Switches

START = 1_790_000_000.125


class Clock:
    """Unix seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Got:
    """A reply as received."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def entries(self) -> list[Any]:
        return self.json["response"]

    @property
    def codes(self) -> list[int]:
        return [entry["code"] for entry in self.entries]

    @property
    def data(self) -> Any:
        """The contact of a single reply, or the contacts of a bulk one."""
        response = self.json["response"]
        return [entry.get("data") for entry in response] if isinstance(response, list) else response.get("data")


class Caller:
    """A client of one connection. `call("GET", "/sid", limit=20)` asks below the account's contacts."""

    def __init__(self, remote: Emulator, timeout: float = 10) -> None:
        self.remote = remote
        self.wire = http.client.HTTPConnection(remote.url.removeprefix("http://"), timeout=timeout)
        pair = base64.b64encode(f"{remote.key}:{remote.token}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}

    def __call__(self, method: str, path: str = "", body: object = None, **query: object) -> Got:
        target = f"/v2/accounts/{self.remote.account}/contacts{path}" + (f"?{urlencode(query)}" if query else "")
        return self.raw(method, target, body)

    def raw(self, method: str, target: str, body: object = None) -> Got:
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self.wire.request(method, target, sent, self.headers)
        reply = self.wire.getresponse()
        return Got(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def control(self, what: str, body: object = None) -> Any:
        return self.raw("POST", f"/_sandbox/{what}", body or {}).json

    def create(self, *rows: dict[str, Any]) -> Got:
        return self("POST", body={"contacts": list(rows)})

    def update(self, *rows: dict[str, Any]) -> Got:
        return self("PUT", body={"contacts": list(rows)})

    def listing(self) -> list[Any]:
        """All contacts, page by page, until the total is reached."""
        found: list[Any] = []
        while True:
            page = self("GET", offset=len(found), limit=20)
            found += page.data
            if len(found) >= page.json["metadata"]["total"]:
                return found


@contextmanager
def emulated(contacts: int = 0, clock: Clock | None = None, **switches: Any) -> Iterator[tuple[Emulator, Caller]]:
    """A running emulator with these switches, and a caller."""
    with Emulator(Switches(**switches), clock=clock or Clock(), contacts=contacts) as remote:
        call = Caller(remote)
        try:
            yield remote, call
        finally:
            call.wire.close()


def number(place: int) -> str:
    """An invented number that no seeded contact has."""
    return f"+919100{place:06d}"


def row(place: int = 0, **fields: Any) -> dict[str, Any]:
    """A row to create."""
    return {"number": number(place), "first_name": f"Name {place}", **fields}


PATTERNS = {
    "hex": r"[0-9a-f]{32}",
    "fresh date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}\+05:30",
    "read date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "uri": r"/v2/accounts/[^/]+/contacts/[0-9a-f]{32}",
    "odd uri": r"/v2/Accounts/[^/]+/Contacts/[0-9a-f]{32}",
    "association uri": r"/v2/Accounts/[^/]+/contacts/[0-9a-f]{32}",
    "number": r"\+\d{7,15}",
}


def shape(value: object) -> object:
    """What is the same in two replies to the same call: keys in their order, types, forms of texts, small codes."""
    if isinstance(value, dict):
        return [(name, shape(each)) for name, each in value.items()]
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str):
        return next((name for name, pattern in PATTERNS.items() if re.fullmatch(pattern, value)), "text")
    return value
