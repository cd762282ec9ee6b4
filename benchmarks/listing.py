"""Listing: how near to the ideal with latency and many in flight, and how near to a set rate, by the server's clock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from urllib.request import urlopen

from benchmarks.measuring import Cost, Failed, measure, python, table, told
from benchmarks.settings import Bench

LATENCY = 0.05
PAGE = 20
SECONDS = 3.0
"""About so long a listing shall take."""


def listing(bench: Bench) -> str:
    """At least 85 % of the ideal, up to 64 in flight; a plain loop with requests beside it."""
    lines = []
    for flying in (4,) if bench.quick else (8, 16, 32, 64):
        pages = max(3 * flying, round(SECONDS * flying / LATENCY) if not bench.quick else 0)
        ideal = (3 + (pages - 2) / flying) * LATENCY  # the first and the last two are read one after the other
        with standin(pages * PAGE, LATENCY) as url:
            ours, theirs, most = [], [], 0
            for _ in range(bench.turns):
                bench.say(f"listing, {flying} in flight, {pages:,} pages")
                ours.append(_ours(url, flying, "off", pages))
                most = max(most, int(str(_seen(url)["most"])))
                theirs.append(_theirs(url, flying, pages))
                _seen(url)
        shares = [ideal / seconds for seconds, _ in ours]
        plain = [pages / flying * LATENCY / seconds for seconds, _ in theirs]
        lines.append([
            f"{flying} in flight", f"{pages:,}", told([pages / wall for wall, _ in ours], 0),
            f"**{told([share * 100 for share in shares], 0)} %**", told([cpu / pages * 1e3 for _, cpu in ours], 2),
            f"{told([share * 100 for share in plain], 0)} %", told([cpu / pages * 1e3 for _, cpu in theirs], 2),
            str(most),
        ])  # fmt: skip
    header = ["", "pages", "pages a second", "of the ideal", "CPU ms a page", "plain loop: of the ideal",
              "CPU ms a page", "most in flight, by the server"]  # fmt: skip
    return "\n\n".join(
        [
            f"Pages of 20 contacts, {LATENCY * 1000:.0f} ms latency, no rate limit. The server's own part is a few "
            "microseconds a page, in a process of its own. Ideal: as many pages at once as are set, each taking the "
            "latency and no more, but for three pages that every proven listing reads one after the other. The plain "
            "loop is `requests` in a pool of threads: it fetches and parses, checks nothing and proves nothing. "
            "Wanted: at least 85 %.",
            table(header, lines),
        ]
    )


def pace(bench: Bench) -> str:
    """Within 3 % of a set rate, never above it."""
    lines = []
    for rate, pages in ((20.0, 40),) if bench.quick else ((5.0, 150), (50.0, 1_500), (200.0, 6_000)):
        with standin(pages * PAGE, LATENCY) as url:
            bench.say(f"listing at {rate:g} a second, {pages:,} pages")
            _ours(url, 16, f"{rate:g}", pages)
            moments = [float(moment) for moment in json.loads(json.dumps(_seen(url)["moments"]))]
        held = (len(moments) - 1) / (moments[-1] - moments[0])
        most = _most(moments, 1.0)
        lines.append(
            [
                f"{rate:g} a second",
                f"{len(moments):,}",
                f"**{held / rate * 100:.1f} %**",
                f"{most} of {rate:g}",
            ]
        )
    header = ["set", "requests", "rate held", "most in any second, by the server's clock"]
    return "\n\n".join([
        "Requests as they came, by the server's clock, from the first to the last; the pages that are read one after "
        "the other are among them. Wanted: within 3 % of the set rate, never above it.",
        table(header, lines),
    ])  # fmt: skip


@contextmanager
def standin(contacts: int, latency: float) -> Iterator[str]:
    """A remote that only lists, in a process of its own; its URL."""
    command = [str(word) for word in python("benchmarks.standin", str(contacts), f"{latency * 1000:g}")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.communicate(timeout=10)


def _seen(url: str) -> dict[str, object]:
    """What the server saw since it was asked last."""
    with urlopen(f"{url}/_seen") as reply:
        found: dict[str, object] = json.loads(reply.read())
    return found


def _ours(url: str, flying: int, rate: str, pages: int) -> tuple[float, float]:
    cost = measure(python("benchmarks.list_syncjob", url, str(flying), rate))
    if cost.json["contacts"] != pages * PAGE:
        raise Failed(f"{cost.json['contacts']} of {pages * PAGE} contacts were listed")
    return _times(cost)


def _theirs(url: str, flying: int, pages: int) -> tuple[float, float]:
    return _times(measure([sys.executable, "-c", _PLAIN, url, str(flying), str(pages)]))


def _times(cost: Cost) -> tuple[float, float]:
    return float(str(cost.json["wall"])), float(str(cost.json["cpu"]))


def _most(moments: Sequence[float], window: float) -> int:
    """The most requests in any stretch of `window` seconds."""
    assert all(a <= b for a, b in pairwise(moments))
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


_PLAIN = """
import json, os, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
import requests
url, flying, pages = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
local = threading.local()
def page(at):
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.auth = ("key", "token")
    reply = local.session.get(f"{url}/v2/accounts/bench/contacts", params={"limit": 20, "offset": at * 20})
    return [entry["data"] for entry in reply.json()["response"]]
began, used = time.perf_counter(), os.times()
with ThreadPoolExecutor(flying) as pool:
    contacts = [contact for some in pool.map(page, range(pages)) for contact in some]
after = os.times()
cpu = after.user + after.system - used.user - used.system
print(json.dumps({"wall": time.perf_counter() - began, "cpu": cpu, "contacts": len(contacts)}))
"""
