"""A job on a desk of its own: a folder with config and sheets, an emulated remote, and commands run in this process."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
import yaml
from openpyxl.utils.escape import unescape

from syncjob.cli import run_command
from syncjob.emulator import Emulator
from syncjob.loader import child
from syncjob.loader.answer import take
from syncjob.loader.beginning import Hear, heard, spoken
from syncjob.loader.found import Found
from syncjob.loader.limits import ReadLimits
from syncjob.loader.table import Table
from syncjob.memory import Memory
from syncjob.state import open_account
from tests.builders_work import held, number

HEADER = ("number", "first_name", "last_name", "company_name", "email", "tag")
USUAL: dict[str, Any] = {
    "source": {"settle": 0},
    "state": {"dir": "state"},
    "results": {"dir": "results"},
}

Row = Mapping[str, str]


def person(n: int, **fields: str) -> dict[str, str]:
    """The n-th invented person: a row of a sheet, or a contact."""
    return {"number": number(n), "first_name": f"Name {n}", **fields}


def people(*places: int | range, **fields: str) -> list[dict[str, str]]:
    """Several of them."""
    every = [n for place in places for n in (place if isinstance(place, range) else (place,))]
    return [person(n, **fields) for n in every]


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """stdout as the one document it must be."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def pasted(self) -> list[str]:
        """The arguments of the one command that was printed to be pasted."""
        lines = [line for line in self.err.splitlines() if "syncjob apply" in line]
        assert len({line[line.index("syncjob apply") :] for line in lines}) == 1, self.err
        return shlex.split(lines[0][lines[0].index("syncjob apply") :])[1:]


@dataclass
class Desk:
    """One job at work in `folder` against `remote`."""

    folder: Path
    remote: Emulator
    settings: dict[str, Any] = field(default_factory=dict)

    # -- what is laid out ------------------------------------------------------------------------------------------

    def config(self, name: str = "config.yaml", **groups: Any) -> Path:
        """Write a config: the usual quick one, with `groups` laid over it."""
        remote = {
            "base_url": self.remote.url,
            "account_sid": self.remote.account,
            "api_key": self.remote.key,
            "api_token": self.remote.token,
            "rate": "off",
            "timeout": 1,
            "concurrency": 4,
        }
        self.settings = _over({"job": "leads", "remote": remote, **USUAL}, groups)
        path = self.folder / name
        path.write_text(yaml.safe_dump(self.settings, allow_unicode=True))
        return path

    def sheet(
        self, rows: Iterable[Row], name: str = "contacts.csv", header: Sequence[str] | None = None, title: str = "Leads"
    ) -> Path:
        """Write rows as a .csv or .xlsx; its columns are those of the first row unless `header` names them."""
        lines = list(rows)
        columns = list(header or (lines[0] if lines else HEADER))
        path = self.folder / name
        table = [columns, *([line.get(column, "") for column in columns] for line in lines)]
        if path.suffix == ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(table)
            return path
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = book.add_worksheet(title)
            for place, line in enumerate(table):
                for column, text in enumerate(line):
                    if text:
                        sheet.write_string(place, column, text)
        return path

    def seed(self, *contacts: Row) -> None:
        """Contacts that are there already."""
        self.remote.store.seed([dict(contact) for contact in contacts])

    def ours(self, *contacts: Row, **groups: Any) -> None:
        """Contacts that the job made itself, in a whole run of contacts.csv, which the config names."""
        self.config(source={"files": ["contacts.csv"]}, **groups)
        self.sheet(contacts)
        said = self("run", "--yes")
        assert said.code == 0, said.err
        self.remote.log.clear()

    # -- what is done ----------------------------------------------------------------------------------------------

    def __call__(self, *arguments: object) -> Said:
        """Run a command of this desk's config in this process, with nobody at a terminal."""
        return self.bare(*arguments, "--config", self.folder / "config.yaml")

    def paste(self, said: Said, *more: str) -> Said:
        """Run the command that was printed to be pasted, as it was printed."""
        return self.bare(*said.pasted(), *more)

    def bare(self, *arguments: object) -> Said:
        """Run a command as given."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command([str(argument) for argument in arguments])
        return Said(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: object, env: Mapping[str, str] | None = None, **settings: Any) -> Said:
        """Run a command in a process of its own, in this folder; `env` is all of its environment."""
        given = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60} | settings
        done = subprocess.run(
            [sys.executable, "-m", "syncjob", *map(str, arguments)],
            cwd=self.folder,
            env={"PYTHONPATH": str(Path(__file__).parents[2])} | dict(os.environ if env is None else env),
            **given,
        )
        return Said(done.returncode, done.stdout or "", done.stderr or "")

    # -- what is left ----------------------------------------------------------------------------------------------

    def held(self) -> dict[str, dict[str, object]]:
        """number → fields of every contact there is."""
        return held(self.remote)

    @property
    def writes(self) -> int:
        """Requests received that asked for a write."""
        return len(self.remote.log.writes())

    def latest(self) -> Path:
        """The folder of the newest results."""
        folders = [p for p in (self.folder / "results").iterdir() if p.is_dir() and not p.is_symlink()]
        return max(folders, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def summary(self) -> dict[str, Any]:
        """summary.json of the newest results."""
        found: dict[str, Any] = json.loads((self.latest() / "summary.json").read_text())
        return found

    def rows(self) -> list[dict[str, str]]:
        """The lines of the newest result workbook's Results sheet."""
        (path,) = list(self.latest().glob("*result.xlsx"))
        return read_sheet(path, "Results")

    def outcomes(self) -> list[str]:
        """`outcome` or `outcome/reason` of every row, in order."""
        return [told(row) for row in self.rows()]

    def only(self) -> dict[str, str]:
        """Remote only: number → `outcome/reason`."""
        (path,) = list(self.latest().glob("*result.xlsx"))
        return {row["Number"]: told(row) for row in read_sheet(path, "Remote only")}

    def runs(self) -> list[str]:
        """Kinds of the live runs remembered, newest first."""
        memory = Memory(open_account(self.folder / "state", f"{self.remote.url.removeprefix('http://')}/sandbox1"))
        try:
            return [run.kind for run in memory.runs()]
        finally:
            memory.close()


def read_here(request: child.Request, limits: ReadLimits, hear: Hear | None = None) -> tuple[Table, ...]:
    """Read a file in this process as the reading process would: these files are harmless, and commands are many."""

    def tell(begun: Sequence[Found]) -> None:
        if hear is not None:
            hear(heard(spoken(begun), request["name"]))

    with tempfile.TemporaryDirectory() as made:
        asked: child.Request = {**request, "folder": made}
        tables = json.loads(json.dumps(child.read(asked, limits, Path(made), Path(request["path"]), tell)))
        return tuple(take(table, Path(made), request["name"]) for table in tables)


def told(row: Mapping[str, str]) -> str:
    """`outcome` or `outcome/reason` of a result row."""
    reason = row.get("sync_reason") or row.get("Reason") or ""
    outcome = row.get("sync_outcome") or row.get("Outcome") or ""
    return f"{outcome}/{reason}" if reason else outcome


def read_sheet(path: Path, name: str) -> list[dict[str, str]]:
    """The lines of a sheet by header; empty cells are ""."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        lines = [[unescape(str(cell or "")) for cell in line] for line in book[name].iter_rows(values_only=True)]
    finally:
        book.close()
    return [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]


def read_csv(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV by header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """`top` laid over `base`, group by group."""
    made = dict(base)
    for name, value in top.items():
        inner = made.get(name)
        made[name] = _over(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
    return made
