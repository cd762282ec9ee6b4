"""The front: sockets in, `Request`s to a plain function, `Reply`s out, spoilt on the wire where they say so.

HTTP/1.1 with connections kept, one thread each, no delay of small packets. Promises: the whole body is read before a
reply; stopping takes no poll interval and closes every connection; an error of the emulator itself is kept in
`broken`, so that it can't pass for a fault that was asked for.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from syncjob.emulator.wire import Reply, Request, split_target

Handle: TypeAlias = Callable[[Request], Reply]

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing sends a reset


class Server(ThreadingHTTPServer):
    """A listening server on `(host, port)`, port 0 for any; `port` is the one it got."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int, handle: Handle, clock: Callable[[], float]) -> None:
        super().__init__((host, port), _Connection)
        self.handle = handle
        self.clock = clock
        self.broken: BaseException | None = None
        self.port: int = self.socket.getsockname()[1]
        self._stopping = False
        self.resetting: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="emulator", daemon=True)

    def server_bind(self) -> None:
        """As its grandparent does it: the parent would look up the host's name, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def start(self) -> None:
        """Serve from now on, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, close every connection."""
        self._stopping = True
        with contextlib.suppress(OSError), socket.create_connection((str(self.server_address[0]), self.port), 1):
            pass  # wakes the accepting thread
        self._thread.join(5)
        self.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping:
            self.handle_request()

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - given by the base
        """No new connections once stopping."""
        return not self._stopping

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve one connection in its own thread; it is known from here until it is closed."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Close a connection; one to be reset without the farewell that would come first."""
        with self._lock:
            self._open.discard(request)
        if request in self.resetting:
            self.resetting.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - given by the base
        """A client that went away is no error; anything else is kept."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError) and not self._stopping:
            self.broken = self.broken or error


class _Connection(BaseHTTPRequestHandler):
    """One connection, many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def _answer(self) -> None:
        path, query = split_target(self.path)
        request = Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            peer=self.client_address[:2],
        )
        self._send(self.server.handle(request))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - names of the base class

    def _body(self) -> bytes:
        """The body by its announced length. A chunked one is read and dropped: the remote doesn't see it."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._drop_chunks()
            return b""
        length = self.headers.get("Content-Length") or "0"
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client went away within its request, which is not executed")
        return body

    def _drop_chunks(self) -> None:
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            self.rfile.read(size + 2)
        while self.rfile.readline().strip():
            pass

    def _send(self, reply: Reply) -> None:
        if reply.wire in ("cut", "reset"):
            self._cut(reset=reply.wire == "reset")
            return
        self.send_response_only(reply.status)
        self.send_header("Date", formatdate(self.server.clock(), usegmt=True))
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.wire == "short" else reply.body)
        self.wfile.flush()
        if reply.wire == "short":
            self._cut(reset=False)

    def _cut(self, *, reset: bool) -> None:
        """Close the connection as it is."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.server.resetting.add(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing on stderr; there is a log of requests."""
