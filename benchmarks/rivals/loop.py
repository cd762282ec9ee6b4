"""The plain loop: read, post 5,000 at a time, look at the HTTP status."""

from __future__ import annotations

from collections.abc import Iterable

import requests
from common import BATCH, Task, run


def do(task: Task) -> Iterable[str]:
    """A batch whose request fails, fails; there is nothing else that the loop could say."""
    rows, failed = task.rows(), []
    with requests.Session() as session:
        session.auth = (task.key, task.token)
        for at in range(0, len(rows), BATCH):
            batch = rows[at : at + BATCH]
            try:
                session.post(task.contacts, json={"contacts": batch}, timeout=30).raise_for_status()
            except requests.RequestException:
                failed += [row["number"] for row in batch]
    return failed


run(do)
