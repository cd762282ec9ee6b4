"""Where requests may go at all: addresses and paths, checked before any credentials travel."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from syncjob.errors import ConfigError


def checked_url(base_url: str) -> str:
    """`base_url` without a trailing slash. `ConfigError` unless it is https:// (http:// to loopback) and bare."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("The remote's address must be an https:// address.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError("The remote's address must hold no key, token, ? or #.")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise ConfigError("The remote's address must begin with https://; http:// is for this machine only.")
    return base_url.rstrip("/")


def checked_path(path: str) -> str:
    """`path` itself. `ValueError` for one that could end up elsewhere than it says: each segment must be plain text."""
    if re.fullmatch(r"(/[A-Za-z0-9._~%:@-]+)+/?", path, re.ASCII) is None or {".", ".."} & set(path.split("/")):
        raise ValueError(f"not a path: {path!r}")
    return path


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
