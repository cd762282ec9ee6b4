"""Sources read and remote listed as a run does: `python -m benchmarks.overlap_syncjob HOW URL CONCURRENCY FILE`.

HOW is `reading`, `listing`, `in-turn` (one after the other) or `at-once` (as a run does it).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.local_syncjob import settings
from syncjob.api import _config
from syncjob.job.ahead import Ahead, scan_now
from syncjob.job.reading import Sources, load
from syncjob.job.session import Session, Silent, open_session


def main(arguments: list[str]) -> int:
    """Do it; one JSON line."""
    how, url, concurrency, file = arguments
    with tempfile.TemporaryDirectory(prefix="syncjob-bench-") as made:
        config = settings(Path(made))
        remote = {**dict(config["remote"]), "base_url": url, "concurrency": int(concurrency)}  # type: ignore[call-overload]
        with open_session(_config(config | {"remote": remote | {"rate": "off"}}), Silent()) as session:
            began, used = time.perf_counter(), os.times()
            rows, contacts, waited = _work(session, how, Path(file))
            wall, after = time.perf_counter() - began, os.times()
    cpu = sum(after[:4]) - sum(used[:4])
    print(json.dumps({"wall": wall, "cpu": cpu, "rows": rows, "contacts": contacts, "waited": waited}))
    return 0


def _work(session: Session, how: str, file: Path) -> tuple[int, int, float]:
    """Rows, contacts, and the seconds from the first to the moment at which the listing began."""
    sources, rows, contacts, began, after = Sources((file,), file.name, None), 0, 0, time.perf_counter(), 0.0
    with Ahead(session) as ahead:
        if how != "listing":
            accepted = partial(ahead.begin, "it is measured") if how == "at-once" else None
            started = session.now()
            rows = len(load(session.config, sources, accepted=accepted).rows)
            after = (ahead.since - started).total_seconds() if ahead.since else time.perf_counter() - began
        if how != "reading":
            contacts = len((ahead.scanned() or scan_now(session)).listing.contacts)
    return rows, contacts, after


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
