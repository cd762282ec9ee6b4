"""The way to a service, step by step: name, connection, encryption. For `doctor`; nothing is asked of the service.

Enters: a service's address. Leaves: a `Reached`: how far one gets, and what stopped it. Promises: the certificate is
judged by the very roots that requests are judged by; no byte of HTTP is sent.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from syncjob.transport.wire import proxy_of, roots

Step = Literal["", "name", "connection", "encryption"]


@dataclass(frozen=True)
class Reached:
    """How far one gets. `failed`: the step that did not work, with `why`; `proxy`: host and port of one in between.

    `encryption` is empty for plain http; `days`: how long the certificate still holds.
    """

    host: str
    addresses: tuple[str, ...] = ()
    proxy: str = ""
    encryption: str = ""
    days: float | None = None
    failed: Step = ""
    why: str = ""


def reach(base_url: str, timeout: float, clock: Callable[[], float] = time.time) -> Reached:
    """Look `base_url` up and connect to it. Behind a proxy that is the proxy's business, so nothing is tried."""
    parts = urlsplit(base_url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    if proxy := proxy_of(base_url):
        there = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        return Reached(host, proxy=f"{there.hostname}:{there.port}" if there.port else str(there.hostname))
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Reached(host, failed="name", why=_words(error))
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    try:
        with socket.create_connection((host, port), timeout=timeout) as plain:
            if not secure:
                return Reached(host, addresses)
            return _encrypted(plain, host, addresses, clock())
    except ssl.SSLError as error:
        return Reached(host, addresses, failed="encryption", why=_words(error))
    except OSError as error:
        return Reached(host, addresses, failed="connection", why=_words(error))


def _encrypted(plain: socket.socket, host: str, addresses: tuple[str, ...], now: float) -> Reached:
    named = Path(roots())
    context = ssl.create_default_context(
        cafile=None if named.is_dir() else str(named), capath=str(named) if named.is_dir() else None
    )
    with context.wrap_socket(plain, server_hostname=host) as secret:
        ends = (secret.getpeercert() or {}).get("notAfter")
        days = (ssl.cert_time_to_seconds(ends) - now) / 86400 if isinstance(ends, str) else None
        return Reached(host, addresses, encryption=secret.version() or "", days=days)


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(error.strerror or error)
