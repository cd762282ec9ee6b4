"""One request over HTTP, once. The only importer of requests.

Enters: method, URL, body. Leaves: `Raw` (status, headers, body) or a `Fault` in our own words. Promises: foreign errors
become faults by one table, with a verdict on whether the request can have been executed; no redirect is followed, no
.netrc read, no cookie kept, TLS always verified; a reply is bounded in size and time; credentials stay in here.
"""

from __future__ import annotations

import json
import os
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

import requests
from requests import exceptions as foreign
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3 import exceptions as below

from syncjob.errors import ConfigError

CONNECT_SECONDS = 10.0
"""At most this long for a connection to be made."""

MOST_BYTES = 64 * 2**20
"""A reply larger than this is cut off; 5,000 contacts are some 2 MB."""

_CHUNK = 65_536
_BODILESS = frozenset({"GET", "HEAD"})
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
        for secret in (self.value, *self.parts):
            escaped = json.dumps(secret)[1:-1]
            for form in {secret, escaped, escaped.replace("/", "\\/")} if len(secret) >= _TELLING else ():
                body = body.replace(form.encode(), _HUSHED)
        return body


@dataclass(frozen=True)
class Raw:
    """An HTTP reply as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Proof: TypeAlias = Literal["unreached", "doubt", "hopeless"]
"""unreached: provably never got there · doubt: may have been executed · hopeless: never got there, never will."""


@dataclass(frozen=True)
class Fault:
    """A request without a reply: what that proves, and why in our words."""

    proof: Proof
    words: str


TABLE: dict[type[Exception], Fault] = {
    foreign.ConnectTimeout: Fault("unreached", "no connection within the time allowed"),
    foreign.ProxyError: Fault("unreached", "the proxy refused the connection or can't be reached"),
    foreign.ReadTimeout: Fault("doubt", "no reply within the time allowed"),
    foreign.Timeout: Fault("doubt", "no reply within the time allowed"),
    foreign.ChunkedEncodingError: Fault("doubt", "the connection broke off during the reply"),
    foreign.ContentDecodingError: Fault("doubt", "the reply is compressed in a way that can't be read"),
    foreign.StreamConsumedError: Fault("doubt", "the reply can't be read"),
    foreign.UnrewindableBodyError: Fault("doubt", "the request could not be sent whole"),
    foreign.JSONDecodeError: Fault("doubt", "the reply can't be read"),
    foreign.HTTPError: Fault("doubt", "the reply reports an error"),
    foreign.RetryError: Fault("doubt", "the connection failed again and again"),
    foreign.TooManyRedirects: Fault("doubt", "the address sends us elsewhere"),
    foreign.SSLError: Fault("doubt", "the encrypted connection broke"),
    foreign.ConnectionError: Fault("doubt", "the connection was cut before a reply came"),
    foreign.InvalidJSONError: Fault("hopeless", "the request can't be written as JSON"),
    foreign.URLRequired: Fault("hopeless", "the address is not valid"),
    foreign.MissingSchema: Fault("hopeless", "the address lacks https://"),
    foreign.InvalidSchema: Fault("hopeless", "the address is not an https:// one, or a proxy needs a missing library"),
    foreign.InvalidURL: Fault("hopeless", "the address is not valid"),
    foreign.InvalidHeader: Fault("hopeless", "key or token hold characters that no header can carry"),
    foreign.InvalidProxyURL: Fault("hopeless", "the proxy's address is not valid"),
    foreign.RequestException: Fault("doubt", "the request failed"),
}
"""What each error of requests proves. Nearest class wins; a test fails when requests has one that is missing here."""

_UNTRUSTED = Fault("hopeless", "its certificate is not trusted (see REQUESTS_CA_BUNDLE)")
_REFUSED = Fault("unreached", "it can't be reached: the name is unknown, or nobody answers there")
_TOO_LARGE = Fault("doubt", "the reply is larger than any reply should be")
_TOO_SLOW = Fault("doubt", "the reply did not end within the time allowed")
_BROKEN = Fault("doubt", "the connection broke off during the reply")


class Wire:
    """A pool of connections to one service. Safe under threads.

    `timeout` in seconds bounds the wait for a reply's beginning, and then for its end.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        timeout: float,
        connections: int,
        most_bytes: int = MOST_BYTES,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = checked_url(base_url)
        self.host = urlsplit(self.base_url).netloc
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._timer = timer
        self._auth = auth
        self._proxies = dict(get_environ_proxies(self.base_url, no_proxy=None))
        self._roots = trusted_roots()
        self._pattern: requests.PreparedRequest | None = None
        self._kept = self._session(connections)

    def __repr__(self) -> str:
        return f"Wire({self.base_url!r})"

    def close(self) -> None:
        """Close every idle connection."""
        self._kept.close()

    def send(
        self, method: str, path: str, query: Mapping[str, str | int], body: bytes | None, *, fresh: bool = False
    ) -> Raw | Fault:
        """Send once. `fresh`: over a new connection, so that no idle one that died unseen can swallow the request."""
        if not fresh:
            return self._send(self._kept, method, path, query, body)
        with self._session(1) as session:
            return self._send(session, method, path, query, body)

    def _send(
        self, session: requests.Session, method: str, path: str, query: Mapping[str, str | int], body: bytes | None
    ) -> Raw | Fault:
        try:
            request = self._request(session, method, path, query, body)
            adapter = session.get_adapter(self.base_url)
            timeout = (min(CONNECT_SECONDS, self._timeout), self._timeout)
            with adapter.send(
                request, stream=True, timeout=timeout, verify=self._roots, proxies=self._proxies
            ) as response:
                return self._read(response)
        except foreign.RequestException as error:
            return fault_of(error)
        except (below.HTTPError, OSError):
            return _BROKEN

    def _request(
        self, session: requests.Session, method: str, path: str, query: Mapping[str, str | int], body: bytes | None
    ) -> requests.PreparedRequest:
        """The request, made from one that requests has checked: checking each anew costs more than all the rest."""
        if self._pattern is None:
            self._pattern = session.prepare_request(requests.Request("GET", self.base_url))
        request = requests.PreparedRequest()
        request.method = method
        request.url = f"{self.base_url}{path}?{urlencode(query)}" if query else self.base_url + path
        request.headers = self._pattern.headers.copy()
        request.body = body
        if body is not None:
            request.headers["Content-Type"] = "application/json"
            request.headers["Content-Length"] = str(len(body))
        elif method not in _BODILESS:
            request.headers["Content-Length"] = "0"
        return request

    def _read(self, response: requests.Response) -> Raw | Fault:
        until = self._timer() + self._timeout
        body = bytearray()
        while part := response.raw.read1(_CHUNK, decode_content=True):
            body += part
            if len(body) > self._most_bytes:
                return _TOO_LARGE
            if self._timer() > until:
                return _TOO_SLOW
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Raw(response.status_code, headers, self._auth.hushed(bytes(body)))

    def _session(self, connections: int) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.proxies = dict(self._proxies)
        session.verify = self._roots
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _OneHost(pool_connections=1, pool_maxsize=connections, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers.update(
            {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "syncjob"}
        )
        session.headers[self._auth.header] = self._auth.value
        return session


class _OneHost(HTTPAdapter):
    """An adapter that speaks to one host only, so that it need not look for the way to it each time."""

    _pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        """The pool of connections; certificates are checked as it was told first."""
        if self._pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            super().cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
            assert isinstance(pool, HTTPConnectionPool)
            self._pool = pool
        return self._pool

    def cert_verify(self, *_: object) -> None:
        """Settled with the pool."""

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """What the wire asks a response for; cookies are not even read."""
        response = requests.Response()
        response.status_code, response.raw, response.request = resp.status, resp, req
        response.headers = CaseInsensitiveDict(resp.headers)
        return response


def fault_of(error: foreign.RequestException) -> Fault:
    """What `error` proves. A connection that never came about shows only in the cause, so that is looked at first."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, below.MaxRetryError) else cause
    if isinstance(reason, below.NewConnectionError):
        return _REFUSED
    if isinstance(error, foreign.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return _UNTRUSTED
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


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


def trusted_roots() -> str | bool:
    """The file or folder of trusted certificates that the environment names, else True: those of requests."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        named = os.environ.get(name)
        if named:
            if not Path(named).exists():
                raise ConfigError(f"{name} names {named}, which is not there.")
            return named
    return True


def roots() -> str:
    """The file or folder of certificates that a service's own is judged by."""
    named = trusted_roots()
    return named if isinstance(named, str) else DEFAULT_CA_BUNDLE_PATH


def proxy_of(base_url: str) -> str | None:
    """The proxy that the environment puts before `base_url`; it may hold a password."""
    return select_proxy(base_url, get_environ_proxies(base_url, no_proxy=None))
