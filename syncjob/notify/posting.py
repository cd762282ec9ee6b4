"""One HTTP request to a secret address: a webhook or a ping.

What enters: the address and a body. What leaves: a `Delivery`, whose words don't hold the address. The standard
library's client, not the transport's: here the path is the secret, and urllib3 writes paths into debug logs. TLS is
verified against the certificates that the transport trusts, and no redirect is followed: it would carry the message
to somebody the config doesn't name.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from syncjob.errors import SyncjobError
from syncjob.notify.news import Delivery

TRIES = 3
PAUSES = (1.0, 3.0)
"""Seconds between tries."""

TIMEOUT = 10.0
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which it is worth another try."""

_KEPT = "%/:?#[]@!$&'()*+,;=~"


class _Stay(HTTPRedirectHandler):
    """Goes nowhere: a redirect is an error."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def call(
    address: str,
    body: bytes | None = None,
    *,
    timeout: float = TIMEOUT,
    wait: Callable[[float], None] = time.sleep,
) -> Delivery:
    """GET `address`, or POST `body` as JSON to it, up to three times."""
    trouble = ""
    for turn in range(TRIES):
        if turn:
            wait(PAUSES[turn - 1])
        trouble, again = _once(address, body, timeout)
        if not again:
            break
    return Delivery(not trouble, trouble)


def _once(address: str, body: bytes | None, timeout: float) -> tuple[str, bool]:
    """Why it did not arrive ("" when it did), and whether another try may help."""
    headers = {"User-Agent": "syncjob"} | ({} if body is None else {"Content-Type": "application/json"})
    try:
        request = Request(quote(address, safe=_KEPT), data=body, headers=headers)  # noqa: S310 - http(s), says the config
        secure = [HTTPSHandler(context=trust())] if request.type == "https" else []
        opener = build_opener(_Stay, *secure)
        with opener.open(request, timeout=timeout) as reply:
            reply.read(1)
    except HTTPError as error:
        error.close()
        elsewhere = ", which leads elsewhere and is not followed" if 300 <= error.code < 400 else ""
        return f"the answer was {error.code}{elsewhere}", error.code in AGAIN
    except TimeoutError:
        return "no answer came in time", True
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            return "its certificate is not trusted", False
        return ("no answer came in time" if isinstance(error.reason, TimeoutError) else "it can't be reached"), True
    except (OSError, HTTPException):
        return "the connection broke off", True
    except SyncjobError as error:
        return error.message.rstrip("."), False
    except ValueError:
        return "the address is not valid", False
    return "", False


def trust() -> ssl.SSLContext:
    """TLS that verifies, with the certificates that the transport trusts. Raises `ConfigError` when none are there."""
    from syncjob.transport.wire import trusted_roots

    roots = trusted_roots()
    if isinstance(roots, bool):
        return ssl.create_default_context()
    folder = Path(roots).is_dir()
    return ssl.create_default_context(cafile=None if folder else roots, capath=roots if folder else None)
