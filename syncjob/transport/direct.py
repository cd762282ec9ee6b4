"""GETs straight to a service, over kept connections: no more of HTTP than a page of a listing takes.

Enters: a target (path and query). Leaves: `Raw` or a `Fault`, as `wire` gives them. Promises: what `wire` promises, at
a third of its cost: a listing is thousands of GETs, and with many in flight their cost in this process is the limit.
Whatever this can't do (a proxy, another method, a reply that is not HTTP to the letter) is left to `wire`.
"""

from __future__ import annotations

import socket
import ssl
import time
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeAlias
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from urllib3.util import wait_for_read

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

_CHUNK = 65_536
_STILL = 1.0
"""Seconds; a connection that was idle for longer may have been closed at the other end, so it is looked at first."""

_GZIP = 16 + zlib.MAX_WBITS
_Kept: TypeAlias = tuple[socket.socket, float]  # since when it is idle
Line: TypeAlias = _Kept | Fault
"""A connection to ask by, or why there is none."""


class Direct:
    """Connections to one service, for GETs. Safe under threads.

    `url`: scheme, host and port, as requests writes them; `headers` go with every request. `context`: by which roots
    its certificate is judged, asked for when a connection is first encrypted. Times in seconds.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float,
        connect_timeout: float,
        most_bytes: int,
        context: Callable[[], ssl.SSLContext],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        self._host, secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if secure else 80)
        self._context = context() if secure else None
        told = {"Host": parts.netloc, **headers, "Accept-Encoding": "gzip"}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._head = f" HTTP/1.1\r\n{head}\r\n".encode("latin-1")
        self._timeout, self._connect_timeout = timeout, connect_timeout
        self._most_bytes = most_bytes
        self._timer = timer
        self._idle: deque[_Kept] = deque()
        weakref.finalize(self, _close, self._idle)

    def line(self) -> Line:
        """What to ask by: an idle connection that is still good, the one used last first; else a new one."""
        while self._idle:
            with suppress(IndexError):  # another thread was faster
                kept = self._idle.pop()
                if not _dropped(kept):
                    return kept
                kept[0].close()
        return self._connected()

    def put_back(self, line: Line) -> None:
        """A line that was not asked by after all."""
        if not isinstance(line, Fault):
            self._idle.append(line)

    def get(self, target: str, line: Line) -> Raw | Fault:
        """Ask once, by `line`. What is not HTTP to the letter is `UNREADABLE`, what is not gzip either `UNPACKABLE`."""
        if not isinstance(line, Fault) and _dropped(line):  # while it waited for its moment
            line[0].close()
            line = self.line()
        if isinstance(line, Fault):
            return line
        connection, reply = line[0], _Reply()
        try:
            trouble = self._ask(connection, target, reply)
        finally:
            if reply.lasting and not reply.more:
                self._idle.append((connection, time.monotonic()))
            else:
                connection.close()
        return trouble or self._raw(reply)

    def close(self) -> None:
        """Close every idle connection."""
        _close(self._idle)

    def _connected(self) -> Line:
        """A new connection, encrypted where the address says so; its failures prove that nothing was asked."""
        try:
            plain = socket.create_connection((self._host, self._port), self._connect_timeout)
        except TimeoutError:
            return NO_CONNECTION
        except (OSError, UnicodeError):  # a name that no DNS can hold
            return REFUSED
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made = self._context.wrap_socket(plain, server_hostname=self._host) if self._context else plain
        except (OSError, ValueError) as error:
            plain.close()
            return _unencrypted(error)
        made.settimeout(self._timeout)
        return made, time.monotonic()

    def _ask(self, connection: socket.socket, target: str, reply: _Reply) -> Fault | None:
        """Send, and read until `reply` is whole; or why it is not."""
        parser = HttpResponseParser(reply)
        until = self._timer() + self._timeout
        read = 0
        try:
            connection.sendall(b"GET " + target.encode("ascii") + self._head)
            while not reply.whole:
                data = connection.recv(_CHUNK)
                now = self._timer()
                if now > until:
                    return TOO_SLOW
                until = until if read else now + self._timeout
                read += len(data)
                if read > self._most_bytes:
                    return TOO_LARGE
                if not data and not reply.unbounded():
                    return BROKEN if read else CUT
                if not data:
                    break
                parser.feed_data(data)
            reply.status = parser.get_status_code()
            reply.lasting = reply.whole and parser.get_http_version() == "1.1" and reply.stays()
        except TimeoutError:
            return TOO_SLOW if read else NO_REPLY
        except (HttpParserError, HttpParserUpgrade):
            return UNREADABLE
        except OSError:
            return BROKEN if read else CUT
        return UNREADABLE if reply.status < 200 or reply.more else None

    def _raw(self, reply: _Reply) -> Raw | Fault:
        """The reply, unpacked."""
        packed = reply.headers.get("content-encoding", "").strip().lower()
        body = b"".join(reply.parts)
        if packed in ("gzip", "x-gzip"):
            unpacker = zlib.decompressobj(_GZIP)
            try:
                body = unpacker.decompress(body, self._most_bytes + 1)
            except zlib.error:
                return UNPACKABLE
            if len(body) > self._most_bytes:
                return TOO_LARGE
            if not unpacker.eof or unpacker.unused_data:
                return UNPACKABLE
        elif packed not in ("", "identity"):
            return UNPACKABLE
        return Raw(reply.status, reply.headers, body)


def _dropped(kept: _Kept) -> bool:
    return time.monotonic() - kept[1] >= _STILL and wait_for_read(kept[0], timeout=0)


def _close(idle: deque[_Kept]) -> None:
    while idle:
        idle.pop()[0].close()


class _Reply:
    """What the parser tells of a reply. `more`: something follows that nobody asked for."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        self.status = 0
        self.headed = self.whole = self.more = self.lasting = False

    def on_message_begin(self) -> None:
        self.more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self.headed = True

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.whole = True

    def stays(self) -> bool:
        """Whether the connection stays open for the next request."""
        return "close" not in self.headers.get("connection", "").lower()

    def unbounded(self) -> bool:
        """Whether the end of the connection is that of the reply, since it told no length."""
        return self.headed and not {"content-length", "transfer-encoding"} & self.headers.keys()


def _unencrypted(error: Exception) -> Fault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return UNTRUSTED
    if isinstance(error, TimeoutError):
        return NO_CONNECTION
    return BROKEN_ENCRYPTION if isinstance(error, ssl.SSLError) else REFUSED
