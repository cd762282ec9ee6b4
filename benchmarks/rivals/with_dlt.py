"""dlt: a custom destination whose function posts each batch; a batch that raises is tried again by dlt."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["LOAD__WORKERS"] = "1"

import dlt
import requests
from common import BATCH, Task, run


def do(task: Task) -> Iterable[str]:
    """What dlt reports: jobs that failed, and with them all rows of the load."""
    session = requests.Session()
    session.auth = (task.key, task.token)

    @dlt.destination(batch_size=BATCH, name="contacts", naming_convention="direct", skip_dlt_columns_and_tables=True)
    def contacts(items: list[dict[str, Any]], table: dict[str, Any]) -> None:  # noqa: ARG001 - dlt gives it
        session.post(task.contacts, json={"contacts": items}, timeout=30).raise_for_status()

    pipeline = dlt.pipeline("bench", destination=contacts, pipelines_dir=str(task.folder / "dlt"))
    try:
        info = pipeline.run(task.rows(), table_name="contacts")
    except Exception:
        return [row["number"] for row in task.rows()]
    return [row["number"] for row in task.rows()] if info.has_failed_jobs else []


run(do)
