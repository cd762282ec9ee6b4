"""drt: SQLite to a REST API in batches of 5,000, errors skipped, failed rows kept in its dead letter queue."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from common import BATCH, Task, run


def do(task: Task) -> Iterable[str]:
    """Rows that drt put into its queue; all, when the command gave no result."""
    rows = task.rows()
    home, project = task.folder / "home", task.folder / "project"
    (home / ".drt").mkdir(parents=True)
    (project / "syncs").mkdir(parents=True)
    with sqlite3.connect(task.folder / "rows.db") as db:
        db.execute(f"create table rows ({', '.join(rows[0])})")
        db.executemany(
            f"insert into rows values ({', '.join('?' * len(rows[0]))})", [tuple(row.values()) for row in rows]
        )
    (home / ".drt" / "profiles.yml").write_text(f"bench:\n  type: sqlite\n  database: {task.folder / 'rows.db'}\n")
    (project / "drt_project.yml").write_text("name: bench\nversion: '0.1'\nprofile: bench\n")
    sync = {
        "name": "contacts",
        "model": "SELECT * FROM rows",
        "destination": {
            "type": "rest_api",
            "url": task.contacts,
            "method": "POST",
            "headers": {"Content-Type": "application/json", "Authorization": task.authorization},
            "body_mode": "batch",
            "batch_template": '{"contacts": {{ rows | tojson }}}',
            "max_records_per_request": BATCH,
        },
        "sync": {
            "mode": "full",
            "batch_size": BATCH,
            "on_error": "skip",
            "rate_limit": {"requests_per_second": 1000},
            "dlq": {"enabled": True},
        },
    }
    (project / "syncs" / "contacts.yml").write_text(json.dumps(sync))
    env = {**os.environ, "HOME": str(home), "DRT_TELEMETRY": "0", "DO_NOT_TRACK": "1", "DRT_TELEMETRY_DISABLED": "1"}
    command = [str(Path(sys.executable).with_name("drt")), "run", "--output", "json"]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or '"' not in done.stdout:
        raise SystemExit(f"drt ended with {done.returncode}: {done.stderr[-800:]}{done.stdout[-800:]}")
    sys.stderr.write(done.stdout[-600:])
    return _queued(project)


def _queued(project: Path) -> list[str]:
    """Numbers in every record of the dead letter queue."""
    found: list[str] = []
    for path in project.rglob("*"):
        if path.is_file() and "dlq" in str(path).lower():
            for line in path.read_text(encoding="utf-8").splitlines():
                found += _numbers(json.loads(line)) if line.startswith(("{", "[")) else []
    return found


def _numbers(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["number"]] if isinstance(value.get("number"), str) else []
        return own + [number for inner in value.values() for number in _numbers(inner)]
    return [number for inner in value for number in _numbers(inner)] if isinstance(value, list) else []


run(do)
