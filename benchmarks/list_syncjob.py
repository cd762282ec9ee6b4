"""A listing as a run makes it: `python -m benchmarks.list_syncjob URL CONCURRENCY RATE` (RATE a second, or off)."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.local_syncjob import settings
from syncjob.api import _config
from syncjob.job.book import read_book
from syncjob.job.session import Silent, open_session


def main(arguments: list[str]) -> int:
    """List; one JSON line."""
    url, concurrency, rate = arguments
    gc.set_threshold(100_000, 50, 100)  # as the command does
    with tempfile.TemporaryDirectory(prefix="syncjob-bench-") as made:
        config = settings(Path(made))
        remote = {**dict(config["remote"]), "base_url": url, "concurrency": int(concurrency)}  # type: ignore[call-overload]
        remote["rate"] = "off" if rate == "off" else f"{rate}/second"
        with open_session(_config(config | {"remote": remote}), Silent()) as session:
            began, used = time.perf_counter(), os.times()
            listing = read_book(session)
            wall, after = time.perf_counter() - began, os.times()
    cpu = after.user + after.system - used.user - used.system
    said = {"wall": wall, "cpu": cpu, "requests": listing.requests, "contacts": len(listing.contacts)}
    print(json.dumps(said | {"proof": listing.proof}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
