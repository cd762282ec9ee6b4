"""What a reply may look like on the wire, byte for byte, and what a connection may do."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from syncjob.transport.auth import Auth
from syncjob.transport.replies import Fault, Raw
from syncjob.transport.wire import Wire

BODY = b'{"response": []}'
PACKED = gzip.compress(BODY)


class Talker:
    """A server that sends exactly these bytes, one scene per connection (the last one for ever), part by part."""

    def __init__(self, scenes: tuple[tuple[bytes, ...], ...]) -> None:
        self.scenes, self.heard, self.met = scenes, list[bytes](), 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            scene = self.scenes[min(self.met, len(self.scenes) - 1)]
            self.met += 1
            with line:
                for part in scene:
                    asked = line.recv(65536) if part.startswith(b"HTTP") else b"-"
                    if not asked:
                        break
                    self.heard += [asked] if asked != b"-" else []
                    line.sendall(part)


@contextmanager
def talking(*scenes: tuple[bytes, ...]) -> Iterator[tuple[Talker, Wire]]:
    talker = Talker(scenes)
    thread = threading.Thread(target=talker.serve, daemon=True)
    thread.start()
    wire = Wire(talker.url, Auth.basic("the-key-of-ours", "hush-hush"), timeout=5, connections=1, most_bytes=100_000)
    try:
        yield talker, wire
    finally:
        wire.close()
        talker.server.shutdown(socket.SHUT_RDWR)
        talker.server.close()
        thread.join(5)


def told(body: bytes, *lines: str, status: str = "200 OK", length: bool = True) -> bytes:
    """A reply as it stands on the wire."""
    head = [f"HTTP/1.1 {status}", *lines, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join([*head, "", ""]).encode() + body


def got(wire: Wire) -> Raw | Fault:
    return wire.send("GET", "/x", {"limit": 20, "offset": 0}, None)


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    "scene",
    [
        (told(BODY),),
        (told(BODY)[:20], told(BODY)[20:]),
        (told(BODY)[:-3], told(BODY)[-3:]),
        (told(chunked(BODY), "Transfer-Encoding: chunked", length=False),),
        (told(PACKED, "Content-Encoding: gzip"),),
        (told(chunked(PACKED), "Content-Encoding: GZIP", "Transfer-Encoding: chunked", length=False),),
        (told(zlib.compress(BODY), "Content-Encoding: deflate"),),
        (told(BODY, length=False),),  # its end is that of the connection
    ],
)
def test_a_reply_is_read_whole_however_it_comes(scene: tuple[bytes, ...]) -> None:
    with talking(scene) as (_, wire):
        found = got(wire)
    assert isinstance(found, Raw)
    assert (found.status, found.body) == (200, BODY)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ((), "cut before a reply"),
        ((told(BODY)[:10],), "cut before a reply"),
        ((told(BODY)[:-3],), "broke off"),
        ((told(chunked(BODY)[:-7], "Transfer-Encoding: chunked", length=False),), "broke off"),
        ((told(BODY, "Content-Encoding: gzip"),), "broke off"),
        ((told(gzip.compress(b" " * 100_001), "Content-Encoding: gzip"),), "larger"),
        ((told(b" " * 100_001),), "larger"),
    ],
)
def test_a_reply_that_is_not_whole_is_in_doubt(scene: tuple[bytes, ...], words: str) -> None:
    with talking(scene) as (_, wire):
        found = got(wire)
    assert isinstance(found, Fault)
    assert (found.proof, words in found.words) == ("doubt", True)


def test_a_connection_serves_many_requests_until_it_is_said_to_close() -> None:
    closing = told(BODY, "Connection: close")
    with talking((told(BODY), told(BODY), closing, told(BODY)), (told(BODY),)) as (talker, wire):
        assert all(isinstance(got(wire), Raw) for _ in range(4))
    assert talker.met == 2
    assert talker.heard[0].startswith(b"GET /x?limit=20&offset=0 HTTP/1.1\r\nHost: 127.0.0.1:")


def test_headers_that_come_twice_are_joined_and_an_echoed_secret_is_taken_out() -> None:
    echo = b'{"you": "hush-hush"}'
    with talking((told(echo, "X-A: 1", "x-a: 2"),)) as (_, wire):
        found = got(wire)
    assert isinstance(found, Raw)
    assert found.headers["x-a"] == "1, 2"
    assert found.body == b'{"you": "[secret]"}'
