"""What each channel of a job was last told: a small JSON file in the account's memory, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from syncjob.notify.news import Told
from syncjob.state import Account, private_folder, write_private


def place_of(account: Account, job: str) -> Path:
    """The job's file; names of jobs hold nothing that a file's name can't."""
    return account.folder / "told" / f"{job}.json"


def recall(path: Path) -> dict[str, Told]:
    """Channel → what it was told. A file that is missing or damaged is no memory: then all is news."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): _told(entry) for name, entry in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def remember(path: Path, told: Mapping[str, Told]) -> None:
    """Keep it. Raises `SyncjobError` or `OSError` where that can't be."""
    private_folder(path.parent)
    kept = {
        name: {
            "exit_code": entry.exit_code,
            "grounds": sorted(entry.grounds),
            "bad": entry.bad,
            "at": entry.at.isoformat(timespec="seconds"),
            "rows": entry.rows,
        }
        for name, entry in told.items()
    }
    write_private(path, json.dumps(kept, indent=1).encode())


def _told(entry: Mapping[str, object]) -> Told:
    at, grounds = datetime.fromisoformat(str(entry["at"])), entry["grounds"]
    if not isinstance(grounds, list) or at.tzinfo is None:
        raise ValueError("not a memory of ours")
    bad, code = (entry[name] for name in ("bad", "exit_code"))
    if not isinstance(bad, int) or not isinstance(code, int):
        raise ValueError("not a memory of ours")
    return Told(code, frozenset(map(str, grounds)), bad, at, str(entry["rows"]))
