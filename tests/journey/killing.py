"""A job against an emulator in another process, run by commands that are killed at random steps."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.builders_work import number

CONFIG = """
job: killed
remote:
  base_url: {url}
  account_sid: {account}
  api_key: {key}
  api_token: {token}
  rate: off
  concurrency: 3
  timeout: 0.4
  listing: {listing}
source: {{files: [contacts.csv], settle: 0}}
sync: {{remote_only: delete, owned: all, batch_size: 4}}
limits: {{deletes: {{percent: 100}}, updates: {{percent: 100}}, bad_rows: 2, unreadable: 1}}
results: {{dir: results}}
"""
TOLD = (
    "Phone",
    "First Name",
    "sync_outcome",
    "sync_message",
    "sync_changes",
    "sync_action",
    "sync_reason",
    "sync_number",
)
"""What results must tell alike after any number of kills (times, attempts, request ids and new sids aside)."""

PHONES = "IncomingPhoneNumbers|v2_beta"
"""What is in the path of every request for the account's phone numbers."""


def seeds() -> list[dict[str, str]]:
    """Contacts that are there: 0–7 stay, 8–15 change, 16–21 go."""
    return [{"number": number(n), "first_name": f"Old {n}" if n >= 8 else f"Name {n}"} for n in range(22)]


def source() -> str:
    """Rows 0–15 and ten new ones, one of them refused, one twice, one damaged."""
    lines = [f"{number(n)},Name {n}" for n in (*range(16), *range(30, 40), 31)]
    return "\n".join(["Phone,First Name", *lines, "9.19E+11,Damaged", ""])


@dataclass
class Served:
    """An emulator in another process, spoken to over its control path."""

    about: dict[str, str]

    def ask(self, path: str, **body: object) -> list[dict[str, object]]:
        request = urllib.request.Request(
            f"{self.about['url']}/_sandbox/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            found: list[dict[str, object]] = json.loads(reply.read())
            return found

    def held(self) -> list[dict[str, object]]:
        """Every contact without sid and dates, by number; twice where it is held twice."""
        return sorted(self.ask("dump", plain=True), key=lambda contact: str(contact["number"]))


@contextmanager
def served() -> Iterator[Served]:
    command = [sys.executable, "-m", "syncjob.emulator", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Served(json.loads(process.stdout.readline()))
        process.stdin.close()
        process.wait(20)


@dataclass
class Killer:
    """Runs commands in forks of one prepared process."""

    process: subprocess.Popen[str]
    reader: IO[str]
    writer: IO[str]
    kills: int = 0

    def run(self, folder: Path, *arguments: str, kill_after: int | None = None) -> tuple[int, list[int]]:
        """(exit code or -9, moments) of a command; `kill_after` steps it is killed. 0: counted only; None: not even.

        Moments: the step at which each function of syncjob was entered first; at last, how many steps there were.
        """
        order = {
            "arguments": [*arguments, "-c", "config.yaml", "--yes", "-v"],
            "kill_after": kill_after,
            "environment": {"SYNCJOB_STATE_DIR": str(folder / "state"), "HOME": str(folder)},
            "folder": str(folder),
        }
        self.writer.write(json.dumps(order) + "\n")
        self.writer.flush()
        answer = json.loads(self.reader.readline())
        self.kills += answer["status"] == -9
        return answer["status"], answer["moments"]


@contextmanager
def killer() -> Iterator[Killer]:
    command = [sys.executable, "-m", "tests.journey.zygote"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Killer(process, process.stdout, process.stdin)
        process.stdin.close()
        process.wait(20)


@dataclass
class Ended:
    """What a run left: the remote, the rows as told, the contacts not in the source, and the exit code."""

    held: list[dict[str, object]]
    rows: list[dict[str, str]]
    only: dict[str, int]
    exit_code: int
    trail: list[str] = field(default_factory=list, compare=False)


def prepare(remote: Served, hand: Killer, folder: Path, duplicate: str, listing: str = "scan") -> None:
    """The remote as it was in the beginning, and a fresh folder for the job; `cached`: it has looked before."""
    remote.ask("reset")
    remote.ask("switches", duplicate=duplicate)
    remote.ask("seed", contacts=seeds())
    remote.ask("rows", number=number(35), text="on a list", code=400)
    folder.mkdir(parents=True)
    (folder / "contacts.csv").write_text(source())
    (folder / "config.yaml").write_text(CONFIG.format(**remote.about, listing=listing))
    if listing == "cached":
        hand.run(folder, "run", "--dry-run")
        shutil.rmtree(folder / "results")
        remote.ask("seed", contacts=[{"number": number(30), "first_name": "By others"}])


def ended(remote: Served, folder: Path, code: int) -> Ended:
    """The end of the newest run. Nobody may have asked for the account's phone numbers."""
    assert not [entry for entry in remote.ask("log") if re.search(PHONES, str(entry["path"]), re.IGNORECASE)]
    found = [path for path in (folder / "results").iterdir() if path.is_dir() and not path.is_symlink()]
    newest = max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
    with (newest / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [_undated({name: row[name] for name in TOLD}) for row in csv.DictReader(file)]
    summary = json.loads((newest / "summary.json").read_text())
    return Ended(remote.held(), rows, summary["remote_only"], code)


def _undated(row: dict[str, str]) -> dict[str, str]:
    """Of when a contact is known is a time; a run that was killed before its plan was stored looks anew."""
    dated = row["sync_outcome"] == "unchanged" and row["sync_reason"] in ("as_of", "")
    return row | {"sync_message": "", "sync_reason": ""} if dated else row


def moment(moments: list[int], place: float) -> int:
    """A step of a run: that at which a function was entered first, by its place (0 to 1) among all of them, or after.

    By functions, since most steps are spent on the results, and hardly any where requests leave.
    """
    nth, rest = divmod(place * (len(moments) - 1), 1)
    return moments[int(nth)] + int(rest * (moments[int(nth) + 1] - moments[int(nth)]))


def killed_until_done(
    remote: Served, killer: Killer, folder: Path, moments: list[int], place: float, chance: random.Random
) -> Ended:
    """`run`, killed at `place`, then `resume`, killed too now and then at a random one, until one ends by itself."""
    trail: list[str] = []
    command = "run"
    limit: int | None = moment(moments, place)
    for _ in range(60):
        code, _ = killer.run(folder, command, kill_after=limit)
        trail.append(f"{command} killed after {limit}: {code}")
        if code == -9:
            command = "resume"
        elif any((folder / "results").glob("*/summary.json")):
            found = ended(remote, folder, code)
            found.trail = trail
            return found
        else:
            command = "run"  # killed before its plan was stored: it starts over
        most = 0.7 if command == "resume" else 1.0  # what is done already is not done again
        limit = moment(moments, most * chance.random()) if chance.random() < 0.5 else None
    raise AssertionError(f"never ended: {trail}")
