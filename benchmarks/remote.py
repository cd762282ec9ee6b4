"""The emulated service in a process of its own, looked into and spoilt from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

from benchmarks.measuring import python


@dataclass(frozen=True)
class Remote:
    """An account of the emulator."""

    url: str
    account: str
    key: str
    token: str

    @property
    def contacts(self) -> str:
        """The URL of its contacts."""
        return f"{self.url}/v2/accounts/{self.account}/contacts"

    def tell(self, what: str, body: object = None) -> object:
        """Ask the control path."""
        request = Request(f"{self.url}/_sandbox/{what}", json.dumps(body or {}).encode(), method="POST")
        with urlopen(request) as reply:
            found: object = json.loads(reply.read())
        return found

    def seed(self, contacts: Iterable[Mapping[str, object]]) -> None:
        """Contacts that are there already."""
        self.tell("seed", {"contacts": list(contacts)})

    def held(self) -> dict[str, dict[str, object]]:
        """number → fields of every contact there is: the truth."""
        found = self.tell("dump", {"plain": True})
        assert isinstance(found, list)
        return {str(contact["number"]): contact for contact in found}

    def asked(self) -> dict[str, int]:
        """Requests by kind since it was asked last."""
        counts: dict[str, int] = {}
        found = self.tell("log", {"clear": True})
        assert isinstance(found, list)
        for entry in found:
            call = str(entry.get("call") or entry.get("method"))
            counts[call] = counts.get(call, 0) + 1
        return counts


@contextmanager
def emulated(*options: str) -> Iterator[Remote]:
    """A running emulator."""
    command = [str(word) for word in python("syncjob.emulator", *options)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        try:
            yield Remote(told["url"], told["account"], told["key"], told["token"])
        finally:
            server.communicate(timeout=30)
