"""A job with a past: an emulated account, a config, and commands run as a person would."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl

from syncjob.cli import run_command
from syncjob.config import load
from syncjob.differ.merging import bare
from syncjob.emulator import Emulator, Switches
from syncjob.job.session import Session, Silent, open_session
from tests.builders_work import drop, held, number, row

__all__ = ["Past", "drop", "held", "number", "past", "row"]

HEADERS = ("number", "first_name", "last_name", "email", "tag", "loyalty", "city")
SETTINGS = {"sync": {"remote_only": "delete", "owned": "all"}}


@dataclass
class Past:
    """One job on one account."""

    remote: Emulator
    folder: Path
    settings: Mapping[str, object] = field(default_factory=lambda: SETTINGS)
    job: str = "leads"
    said: str = ""

    @property
    def config(self) -> Path:
        """The config file, written anew."""
        remote = self.remote
        path = self.folder / f"{self.job}.json"
        there = {"base_url": remote.url, "account_sid": remote.account, "api_key": remote.key}
        made = {
            "job": self.job,
            "remote": {**there, "api_token": remote.token, "rate": "off", "timeout": 0.5, "concurrency": 4},
            "state": {"dir": "state"},
            "results": {"dir": "results"},
            "columns": {"loyalty": "custom_field.loyalty", "city": "custom_field.city"},
            **self.settings,
        }
        path.write_text(json.dumps(made))
        return path

    def do(self, *arguments: object) -> int:
        """Run a command; its exit code. What it said is in `said`, stderr included."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = run_command([*map(str, arguments), "--config", str(self.config)])
        self.said = out.getvalue()
        return code

    def told(self, *arguments: object) -> dict[str, Any]:
        """Run a command with --json; its document, which holds the exit code."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = run_command([*map(str, arguments), "--json", "--config", str(self.config)])
        found: dict[str, Any] = json.loads(out.getvalue())
        assert found["exit_code"] == code
        return found

    def run(self, *contacts: Mapping[str, str], code: int = 0) -> str:
        """A live run of a sheet with these contacts; its id."""
        path = self.folder / "sheet.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, HEADERS, restval="")
            writer.writeheader()
            writer.writerows(contacts)
        assert self.do("run", path, "--yes") == code, self.said
        return self.latest()

    def undo(self, run_id: str, code: int = 0) -> str:
        """Undo a run; the id of the run that did."""
        assert self.do("undo", run_id, "--yes") == code, self.said
        return self.latest()

    def latest(self) -> str:
        """The run whose results are newest."""
        return (self.folder / "results" / "latest").resolve().name

    def rows(self, run_id: str) -> dict[str, tuple[str, str]]:
        """number → outcome and reason, as the result workbook says."""
        book = openpyxl.load_workbook(self.folder / "results" / run_id / "result.xlsx", read_only=True)
        headers, *lines = book["Results"].iter_rows(values_only=True)
        book.close()
        at = [headers.index(name) for name in ("sync_number", "sync_outcome", "sync_reason")]
        return {str(line[at[0]]): (str(line[at[1]] or ""), str(line[at[2]] or "")) for line in lines}

    def exported(self) -> list[str]:
        """The lines of an export, sorted."""
        path = self.folder / "export.csv"
        assert self.do("export", "-o", path) == 0, self.said
        return sorted(path.read_text(encoding="utf-8-sig").splitlines())

    def there(self) -> dict[str, object]:
        """number → what the remote holds, where null, missing and "" are equal."""
        return {key: bare(contact) for key, contact in held(self.remote).items()}  # type: ignore[arg-type]

    def change(self, key: str, **fields: object) -> None:
        """Somebody else changes the contact with this number."""
        found = next(contact for contact in self.remote.store.export() if contact["number"] == key)
        stored = self.remote.store.find(str(found["sid"]))
        assert stored is not None
        self.remote.store.change(stored, fields)  # type: ignore[arg-type]

    def writes(self) -> int:
        """Requests so far that wrote something."""
        return len(self.remote.log.applied())

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the job, for a look at its memory."""
        with open_session(load(self.config, env={}), Silent()) as opened:
            yield opened


@contextmanager
def past(folder: Path, *contacts: Mapping[str, object], **switches: object) -> Iterator[Past]:
    """A job on an account that holds these contacts."""
    with Emulator(Switches(**switches)) as remote:  # type: ignore[arg-type]
        remote.store.seed(list(contacts))  # type: ignore[arg-type]
        yield Past(remote, folder)
