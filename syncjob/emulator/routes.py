"""Which call a method and a path mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATH = re.compile(
    r"/v2/accounts/(?P<account>[^/]+)/(?P<what>contacts|lists)(?:/(?P<sid>[^/]+))?(?P<in>/contacts(?:/(?P<member>[^/]+))?)?"
)

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
}

BULK = frozenset({"create", "update_many", "page", "list_create", "list_page", "member_add", "member_page"})
"""Calls whose `response` is an array."""


@dataclass(frozen=True)
class Call:
    """A call by name; `unknown` is a path that nobody serves, `unallowed` a method that a known path doesn't have."""

    name: str
    account: str = ""
    sids: tuple[str, ...] = ()

    @property
    def bulk(self) -> bool:
        """Does it answer with an array?"""
        return self.name in BULK


def find_call(method: str, path: str) -> Call:
    """The call that is meant. Paths are compared as they are: case and trailing slashes matter."""
    found = _PATH.fullmatch(path)
    if found is None or (found["in"] and (found["what"] == "contacts" or not found["sid"])):
        return Call("unknown")
    parts = [name for name in ("sid", "in", "member") if found[name]]
    name = _CALLS.get(("/".join([found["what"], *parts]), method))
    return Call(name or "unallowed", found["account"], tuple(sid for sid in (found["sid"], found["member"]) if sid))
