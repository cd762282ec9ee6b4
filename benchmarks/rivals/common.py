"""What every rival gets: rows with clean numbers, a remote, a folder; and how it tells what became of each row.

Rivals run in an environment of their own, so nothing here may import anything but the standard library.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

BATCH = 5_000


@dataclass(frozen=True)
class Task:
    """Rows of a CSV, to be created at `contacts`."""

    source: Path
    contacts: str  # the URL
    key: str
    token: str
    folder: Path

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.key}:{self.token}".encode()).decode()

    def rows(self) -> list[dict[str, str]]:
        with self.source.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def run(do: Callable[[Task], Iterable[str]]) -> None:
    """Do it; print seconds, CPU seconds, and the numbers that the tool itself reports as not done."""
    source, contacts, key, token, folder = sys.argv[1:6]
    began, used = time.perf_counter(), os.times()
    failed = sorted(set(do(Task(Path(source), contacts, key, token, Path(folder)))))
    wall, after = time.perf_counter() - began, os.times()
    cpu = sum(after[:4]) - sum(used[:4])
    print("\n" + json.dumps({"wall": wall, "cpu": cpu, "failed": failed}))
