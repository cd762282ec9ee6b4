"""One request over HTTP, once. The only importer of requests.

Enters: method, URL, body. Leaves: `Raw` (status, headers, body) or a `Fault` in our own words. Promises: foreign errors
become faults by one table, with a verdict on whether the request can have been executed; no redirect is followed, no
.netrc read, no cookie kept, TLS always verified; a reply is bounded in size and time; credentials stay in here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests
from requests import exceptions as foreign
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3 import exceptions as below

from syncjob.errors import ConfigError
from syncjob.transport.addresses import checked_url
from syncjob.transport.auth import Auth
from syncjob.transport.replies import (
    BROKEN,
    BROKEN_ENCRYPTION,
    CUT,
    NO_CONNECTION,
    NO_REPLY,
    REFUSED,
    TOO_LARGE,
    TOO_SLOW,
    UNPACKABLE,
    UNREADABLE,
    UNTRUSTED,
    Fault,
    Raw,
)

CONNECT_SECONDS = 10.0
"""At most this long for a connection to be made."""

MOST_BYTES = 64 * 2**20
"""A reply larger than this is cut off; 5,000 contacts are some 2 MB."""

_CHUNK = 65_536
_BODILESS = frozenset({"GET", "HEAD"})


TABLE: dict[type[Exception], Fault] = {
    foreign.ConnectTimeout: NO_CONNECTION,
    foreign.ProxyError: Fault("unreached", "the proxy refused the connection or can't be reached"),
    foreign.ReadTimeout: NO_REPLY,
    foreign.Timeout: NO_REPLY,
    foreign.ChunkedEncodingError: BROKEN,
    foreign.ContentDecodingError: UNPACKABLE,
    foreign.StreamConsumedError: UNREADABLE,
    foreign.UnrewindableBodyError: Fault("doubt", "the request could not be sent whole"),
    foreign.JSONDecodeError: UNREADABLE,
    foreign.HTTPError: Fault("doubt", "the reply reports an error"),
    foreign.RetryError: Fault("doubt", "the connection failed again and again"),
    foreign.TooManyRedirects: Fault("doubt", "the address sends us elsewhere"),
    foreign.SSLError: BROKEN_ENCRYPTION,
    foreign.ConnectionError: CUT,
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
            return BROKEN

    def _request(
        self, session: requests.Session, method: str, path: str, query: Mapping[str, str | int], body: bytes | None
    ) -> requests.PreparedRequest:
        """The request, made from one that requests has checked: checking each anew costs more than all the rest."""
        if self._pattern is None:
            self._pattern = session.prepare_request(requests.Request("GET", self.base_url))
        request = requests.PreparedRequest()
        request.method = method
        request.url = f"{self.base_url}{path}?{_query(query)}" if query else self.base_url + path
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
                return TOO_LARGE
            if self._timer() > until:
                return TOO_SLOW
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
        return REFUSED
    if isinstance(error, foreign.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return UNTRUSTED
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def _query(query: Mapping[str, str | int]) -> str:
    if all(type(value) is int for value in query.values()):  # as every page is asked for
        return "&".join(f"{name}={value}" for name, value in query.items())
    return urlencode(query)


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
