"""Which call a method and a path mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["contacts", "exophones", "sendme123"]
"""Services behind one address: contacts and lists (envelopes), ExoPhones (RestExceptions), SendMe123 (no envelope)."""

_CONTACTS = re.compile(
    r"/v2/accounts/(?P<account>[^/]+)/(?P<what>contacts|lists)(?:/(?P<sid>[^/]+))?(?P<in>/contacts(?:/(?P<member>[^/]+))?)?"
)
_EXOPHONES = re.compile(r"/v2_beta/Accounts/(?P<account>[^/]+)/IncomingPhoneNumbers(?:/(?P<sid>[^/]+))?")
_SENDME = re.compile(r"/api/contacts/(?P<sid>[^/]+)")

_CALLS: dict[tuple[str, str], str] = {
    ("contacts", "POST"): "create",
    ("contacts", "PUT"): "update_many",
    ("contacts", "GET"): "page",
    ("contacts/sid", "GET"): "read",
    ("contacts/sid", "PUT"): "update",
    ("contacts/sid", "DELETE"): "delete",
    ("lists", "POST"): "list_create",
    ("lists", "GET"): "list_page",
    ("lists/sid", "GET"): "list_read",
    ("lists/sid", "DELETE"): "list_delete",
    ("lists/sid/in", "POST"): "member_add",
    ("lists/sid/in", "GET"): "member_page",
    ("lists/sid/in/member", "DELETE"): "member_remove",
    ("exophones", "GET"): "exophone_page",
    ("exophones/sid", "GET"): "exophone_read",
    ("exophones/sid", "DELETE"): "exophone_release",
    ("sendme/sid", "GET"): "sendme_read",
    ("sendme/sid", "PATCH"): "sendme_change",
    ("sendme/sid", "DELETE"): "sendme_delete",
}

BULK = frozenset({"create", "update_many", "page", "list_create", "list_page", "member_add", "member_page"})
"""Calls whose `response` is an array."""


@dataclass(frozen=True)
class Call:
    """A call by name; `unknown` is a path that nobody serves, `unallowed` a method that a known path doesn't have."""

    name: str
    account: str = ""
    sids: tuple[str, ...] = ()
    family: Family = "contacts"

    @property
    def bulk(self) -> bool:
        """Does it answer with an array?"""
        return self.name in BULK


def find_call(method: str, path: str) -> Call:
    """The call that is meant. Paths are compared as they are: case and trailing slashes matter."""
    if path.startswith("/v2_beta/"):
        return _single(_EXOPHONES.fullmatch(path), method, "exophones", "exophones")
    if path.startswith("/api/"):
        return _single(_SENDME.fullmatch(path), method, "sendme", "sendme123")
    found = _CONTACTS.fullmatch(path)
    if found is None or (found["in"] and (found["what"] == "contacts" or not found["sid"])):
        return Call("unknown")
    parts = [name for name in ("sid", "in", "member") if found[name]]
    name = _CALLS.get(("/".join([found["what"], *parts]), method))
    return Call(name or "unallowed", found["account"], tuple(sid for sid in (found["sid"], found["member"]) if sid))


def _single(found: re.Match[str] | None, method: str, what: str, family: Family) -> Call:
    """A call of a family whose paths end with one name at most."""
    if found is None:
        return Call("unknown", family=family)
    parts: dict[str, str | None] = found.groupdict()
    sid = parts["sid"]
    name = _CALLS.get((f"{what}/sid" if sid else what, method), "unallowed")
    return Call(name, parts.get("account") or "", (sid,) if sid else (), family)
