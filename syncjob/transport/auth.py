"""Credentials: one header that goes with every request, and what keeps them out of everything that is read."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property

_HUSHED = b"[secret]"
_TELLING = 8  # shorter ones may stand anywhere by chance, and are none that a service hands out


@dataclass(frozen=True, kw_only=True)
class Auth:
    """One header that carries the credentials. Neither `repr` nor `str` shows its value.

    `parts` are the secrets that went into it: a reply that echoes one of them is read without it.
    """

    header: str
    value: str = field(repr=False)
    parts: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def basic(cls, key: str, token: str) -> Auth:
        """HTTP Basic: API key and API token (reference: authentication)."""
        coded = b64encode(f"{key}:{token}".encode()).decode("ascii")
        return cls(header="Authorization", value="Basic " + coded, parts=(coded, token, key))

    def hushed(self, body: bytes) -> bytes:
        """`body` without the credentials: what a remote or a proxy echoes ends in logs, results and the journal."""
        for form in self._forms:
            body = body.replace(form, _HUSHED)
        return body

    @cached_property
    def _forms(self) -> tuple[bytes, ...]:
        """The secrets as they can stand in a reply."""
        told = [secret for secret in (self.value, *self.parts) if len(secret) >= _TELLING]
        quoted = [(secret, json.dumps(secret)[1:-1]) for secret in told]
        return tuple({form.encode(): 0 for pair in quoted for form in (*pair, pair[1].replace("/", "\\/"))})
