"""Sources read and remote listed as a run does: `python -m benchmarks.overlap_syncjob URL CONCURRENCY FILE HOW…`.

HOW is `reading`, `listing`, or `at-once`, each measured in a session of its own.
"""

from __future__ import annotations

import json
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
    """Do it; one JSON line: how → its figures."""
    url, concurrency, file, *hows = arguments
    said = {}
    for how in hows:
        with tempfile.TemporaryDirectory(prefix="syncjob-bench-") as made:
            config = settings(Path(made))
            remote = {**dict(config["remote"]), "base_url": url, "concurrency": int(concurrency), "rate": "off"}  # type: ignore[call-overload]
            with open_session(_config(config | {"remote": remote}), Silent()) as session:
                said[how] = _measured(session, how, Path(file))
    print(json.dumps(said))
    return 0


def _measured(session: Session, how: str, file: Path) -> dict[str, float]:
    """Seconds, rows, contacts, and after how many seconds the listing began."""
    sources, rows, contacts = Sources((file,), file.name, None), 0, 0
    began, started = time.perf_counter(), session.now()
    with Ahead(session) as ahead:
        if how != "listing":
            accepted = partial(ahead.begin, "it is measured") if how == "at-once" else None
            rows = len(load(session.config, sources, accepted=accepted).rows)
        if how != "reading":
            contacts = len((ahead.scanned() or scan_now(session)).listing.contacts)
    after = (ahead.since - started).total_seconds() if ahead.since else 0.0
    return {"wall": time.perf_counter() - began, "rows": rows, "contacts": contacts, "after": after}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
