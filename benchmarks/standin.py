"""A remote that only lists, faster than any client: `python -m benchmarks.standin CONTACTS LATENCY_MS`.

Prints its URL, and serves pages of 20 contacts until stdin closes. Pages are made before the first request, so what a
page costs here is a few microseconds; the latency is spent waiting. `GET /_seen` gives the moments, by the server's
clock, at which requests came, how many were in flight at most, and forgets them.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import time
from email.utils import formatdate

import orjson

PAGE = 20
ACCOUNT = "bench"


class Remote:
    """The contacts as ready replies, and what was asked so far."""

    def __init__(self, contacts: int, latency: float) -> None:
        self.latency = latency
        self.moments: list[float] = []
        self.flying = self.most = 0
        self.pages = [self._page(offset, contacts) for offset in range(contacts)] if contacts < 20_000 else []
        self.contacts = contacts

    def page(self, offset: int) -> bytes:
        """The whole reply for the page at `offset`."""
        return self.pages[offset] if offset < len(self.pages) else self._page(offset, self.contacts)

    def _page(self, offset: int, contacts: int) -> bytes:
        entries = [_entry(n) for n in range(offset, min(offset + PAGE, contacts))]
        told = {"offset": offset, "limit": PAGE, "count": len(entries), "total": contacts}
        return whole(orjson.dumps({"request_id": "r", "method": "GET", "http_code": 200, "metadata": told,
                                   "response": entries}))  # fmt: skip


def _entry(n: int) -> dict[str, object]:
    sid = f"{n:032x}"
    data = {
        "sid": sid, "number": f"+9198{n:08d}", "first_name": f"Name {n}", "last_name": "Somebody",
        "company_name": "Somewhere Ltd", "email": f"name{n}@example.com", "tag": "lead",
        "custom_field": {"city": "Pune"}, "date_created": "2026-01-05T10:00:00Z",
        "date_updated": "2026-01-05T10:00:00Z", "account_sid": ACCOUNT, "uri": f"/v2/accounts/{ACCOUNT}/contacts/{sid}",
    }  # fmt: skip
    return {"code": 200, "status": "success", "error_data": None, "data": data}


def whole(body: bytes) -> bytes:
    """A reply with its head."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Date: {formatdate(time.time(), usegmt=True)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One connection; requests have no body, and are answered one after the other."""

    remote: Remote
    offset = re.compile(rb"offset=(\d+)")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one."""
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            request, self.waiting = self.waiting.split(b"\r\n\r\n", 1)
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        remote = self.remote
        if request.startswith(b"GET /_seen"):
            seen = {"moments": remote.moments, "most": remote.most}
            remote.moments, remote.most = [], 0
            self.transport.write(whole(orjson.dumps(seen)))
            return
        remote.moments.append(time.monotonic())
        remote.flying += 1
        remote.most = max(remote.most, remote.flying)
        found = self.offset.search(request)
        offset = int(found[1]) if found else 0
        asyncio.get_running_loop().call_later(remote.latency, self._send, offset)

    def _send(self, offset: int) -> None:
        self.remote.flying -= 1
        if not self.transport.is_closing():
            self.transport.write(self.remote.page(offset))


async def serve(remote: Remote) -> None:
    """Until stdin closes."""
    loop = asyncio.get_running_loop()
    Connection.remote = remote
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    over = asyncio.Event()

    def watch() -> None:
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, daemon=True).start()
    await over.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Remote(int(sys.argv[1]), float(sys.argv[2]) / 1000)))
