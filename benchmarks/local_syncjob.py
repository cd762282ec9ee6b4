"""The local work of a dry run, nothing left out: `python -m benchmarks.local_syncjob SHEET BOOK FOLDER`.

The listing is the one thing that doesn't happen: the address book is read from a file. All else is the command itself:
reading, checking, normalising, comparing, planning, guards, and every file of the results.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import pandas as pd

from benchmarks.data import COLUMNS
from syncjob.api import _config
from syncjob.job import ahead, run
from syncjob.job.run import Options
from syncjob.job.session import Session, Silent, open_session
from syncjob.listing import Listing


def settings(folder: Path) -> dict[str, object]:
    """A job whose remote is never called."""
    return {
        "job": "bench",
        "remote": {
            "base_url": "http://127.0.0.1:9",
            "account_sid": "bench",
            "api_key": "bench-key",
            "api_token": "bench-token",
        },
        "columns": COLUMNS,
        "source": {"settle": 0},
        "results": {"dir": str(folder / "results")},
        "state": {"dir": str(folder / "state")},
    }


def main(arguments: list[str]) -> int:
    """Do it; one JSON line with the stages' CPU seconds, counts and files."""
    gc.set_threshold(100_000, 50, 100)  # as the command does
    source, book, folder = (Path(argument) for argument in arguments)
    stages: dict[str, float] = {}

    def listed(_session: Session, _fetch: object = None) -> Listing:
        began = _cpu()
        contacts = pd.read_parquet(book)
        stages["address book"] = round(_cpu() - began, 3)
        return Listing(contacts, len(contacts), 0, "quiet")

    ahead.read_book = listed
    run.sure_to_scan = lambda _session: ""  # the stages one after the other: nothing is waited for that could overlap
    for module, name in ((run, "load"), (run, "prepare"), (run, "write_results")):
        _timed(module, name, stages)
    with open_session(_config(settings(folder)), Silent()) as session:
        outcome = run.run(session, Options((str(source),), dry_run=True))
    counts = dict(outcome.plan.counts) if outcome.plan else {}
    files = [path.stat().st_size for path in outcome.files.folder.iterdir()] if outcome.files else []
    print(json.dumps({"stages": stages, "counts": counts, "code": outcome.exit_code, "bytes": sum(files)}))
    return 0


def _cpu() -> float:
    """CPU seconds so far, of this process and of those it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _timed(module: object, name: str, stages: dict[str, float]) -> None:
    inner = getattr(module, name)

    def outer(*given: object, **named: object) -> object:
        began = _cpu()
        try:
            return inner(*given, **named)
        finally:
            stages[name] = round(_cpu() - began, 3)

    setattr(module, name, outer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
