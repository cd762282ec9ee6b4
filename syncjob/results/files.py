"""The files of a run, in `<results.dir>/<run id>/`, and beside it `latest` and the index.

What enters: `Results` and the results folder. What leaves: every file of CONTRACT 5 that this room makes, whole or not
at all, readable by this user alone. A file that is held open elsewhere gets another name, which is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from syncjob.errors import SyncjobError
from syncjob.model import Json
from syncjob.results.aside import make_folder, place, place_text, plain_words, sweep
from syncjob.results.digest import Digest
from syncjob.results.index import INDEX, SUMMARY, point, write_index
from syncjob.results.mask import share_safe
from syncjob.results.page import report, words
from syncjob.results.table import Results, needs_fixing
from syncjob.results.text import write_csv
from syncjob.results.workbook import write_fixing, write_workbook
from syncjob.texts import counted

DRY = "DRY-RUN-"
MASKED = "-masked"
STALE = (
    *(
        f"{stem}{tail}{end}"
        for stem in ("needs-fixing", f"{DRY}result")
        for tail in ("", MASKED)
        for end in (".xlsx", ".csv")
    ),
    f"report{MASKED}.html",
)
"""What an earlier writing of a run may have left that a later one has no longer."""


@dataclass(frozen=True)
class WrittenFiles:
    """Where everything lies. `notes` are sentences for people: files that got another name than usual."""

    folder: Path
    result: Path
    report: Path
    summary: Path
    latest: Path
    index: Path
    fixing: Path | None = None
    result_csv: Path | None = None
    fixing_csv: Path | None = None
    masked: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def write_run(
    results: Results,
    folder: Path,
    *,
    dry_run: bool | None = None,
    csv: bool = False,
    result_path: Path | None = None,
    mask: bool = False,
    index: bool = True,
) -> WrittenFiles:
    """Write the files of a run under `folder` (the results folder); the run's facts decide what `dry_run` leaves open.

    `csv` adds `result.csv`; `result_path` puts the result elsewhere (a folder, an .xlsx, or a .csv for the CSV) and
    never onto a source. Without `index` the list of runs is left to the caller, who puts more beside the files.
    Raises `SyncjobError` (`results_unwritable`).
    """
    desk = _Desk(results, folder, results.facts.dry_run if dry_run is None else dry_run, result_path)
    with plain_words(desk.folder):
        make_folder(desk.folder)
        sweep(desk.folder)
    with ThreadPoolExecutor(1, thread_name_prefix="csv") as beside:  # as long as a workbook, and as much work
        asked = beside.submit(desk.put, "result", ".csv", results, write_csv) if csv or desk.csv_elsewhere else None
        told = words(results)
        result = desk.put("result", ".xlsx", results, partial(write_workbook, told=told))
        fixing, fixing_csv = desk.put_fixing(results, "")
        result_csv = asked.result() if asked else None
    beside_it = [path for path in (result, fixing, result_csv, fixing_csv) if path]
    page = desk.put_report(results, "", result, beside_it, told)
    masked = desk.put_masked(results, result_csv is not None) if mask else ()
    written = [path for path in (result, page, fixing, result_csv, fixing_csv, *masked) if path]
    with plain_words(desk.folder):
        desk.clear(written)
    summary = place_text(desk.folder / SUMMARY, summary_text(results, written))
    return WrittenFiles(
        folder=desk.folder,
        result=result,
        report=page,
        summary=summary,
        latest=point(folder, results.facts.run_id),
        index=write_index(folder) if index else folder / INDEX,
        fixing=fixing,
        result_csv=result_csv,
        fixing_csv=fixing_csv,
        masked=masked,
        notes=tuple(sorted(desk.notes)),
    )


def summary_text(results: Results, files: list[Path]) -> str:
    """`summary.json`: what a machine wants to know of a run (CONTRACT 5)."""
    facts, balance = results.facts, results.balance
    told: dict[str, Json] = {
        "run_id": facts.run_id,
        "job": facts.job,
        "account": facts.account,
        "region": facts.region,
        "mode": facts.mode,
        "dry_run": facts.dry_run,
        "started": facts.started.isoformat(timespec="seconds"),
        "sources": list(facts.sources),
        "listing": facts.listing,
        "counts": dict(balance.counts),
        "reasons": dict(counted(results.outcomes["reason"])),
        "remote_only": dict(counted(results.remote_only["outcome"])),
        "balance": {"rows_read": balance.read, "accounted_for": balance.total, "ok": balance.read == balance.total},
        "requests": facts.requests,
        "retries": facts.retries,
        "seconds": round(facts.seconds, 3),
        "exit_code": facts.exit_code,
        "partial": facts.partial,
        "approved": facts.approved,
        "memory": facts.memory,
        "stopped": facts.stopped,
        "refusals": list(facts.refusals),
        "notes": list(facts.notes),
        "next_command": facts.next_command,
        "files": [path.name for path in files],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def add_notes(summary: Path, notes: Sequence[str]) -> None:
    """Add sentences to the notes of a `summary.json`. Raises `SyncjobError`, `OSError` or `ValueError`."""
    told = json.loads(summary.read_text(encoding="utf-8"))
    told["notes"] = [*told.get("notes", ()), *notes]
    place_text(summary, json.dumps(told, ensure_ascii=False, indent=2) + "\n")


class _Desk:
    """Where the files of one run go, and what is to be told about their names."""

    def __init__(self, results: Results, folder: Path, dry_run: bool, result_path: Path | None) -> None:
        run_id = results.facts.run_id
        if run_id in ("", ".", "..") or Path(run_id).name != run_id:
            raise SyncjobError(f"The run id {run_id!r} can't name a folder.")
        self.folder = folder / run_id
        self.notes: list[str] = []
        self._prefix = DRY if dry_run else ""
        self._elsewhere = result_path
        self._sources = {Path(source).resolve() for source in results.facts.sources}

    @property
    def csv_elsewhere(self) -> bool:
        """The path for the result asks for a CSV."""
        return self._elsewhere is not None and self._elsewhere.suffix.lower() == ".csv"

    def put(self, stem: str, suffix: str, results: Results, write: Callable[[Results, Path], object]) -> Path:
        """One file in its place."""
        target = self._target(stem, suffix)
        path = place(target, lambda aside: write(results, aside))
        if path != target:
            self.notes.append(f"{target} can't be replaced (is it open?), so the file is {path}.")
        return path

    def put_fixing(self, results: Results, tail: str) -> tuple[Path | None, Path | None]:
        """What a person corrects and sends back, as workbook and as CSV, when there is any."""
        if not results.to_fix().any():
            return None, None
        book = self.put(f"needs-fixing{tail}", ".xlsx", results, write_fixing)
        return book, self.put(f"needs-fixing{tail}", ".csv", needs_fixing(results), write_csv)

    def put_report(self, results: Results, tail: str, result: Path, written: list[Path], told: Digest) -> Path:
        """The page of the run; it links what lies beside it and names the workbook that holds every row."""
        beside = [path.name for path in written if path.parent == self.folder]
        text = report(results, result.name, beside, told)
        return self.put(f"report{tail}", ".html", results, lambda _, path: path.write_text(text, encoding="utf-8"))

    def put_masked(self, results: Results, csv: bool) -> tuple[Path, ...]:
        """Share-safe copies beside the files, never instead."""
        safe = share_safe(results)
        told = words(safe)
        paths = [self.put(f"result{MASKED}", ".xlsx", safe, partial(write_workbook, told=told))]
        if csv:
            paths.append(self.put(f"result{MASKED}", ".csv", safe, write_csv))
        paths.append(self.put_report(safe, MASKED, paths[0], [], told))
        return (*paths, *(path for path in self.put_fixing(safe, MASKED) if path))

    def clear(self, written: list[Path]) -> None:
        """Take away what an earlier writing of the same run left and this one no longer has: fixed rows, for one."""
        for name in STALE:
            stale = self.folder / name
            if stale not in written and stale.is_file():
                stale.unlink()

    def _target(self, stem: str, suffix: str) -> Path:
        """The place of a file; never a source."""
        name = f"{self._prefix if stem.startswith('result') else ''}{stem}{suffix}"
        if self._elsewhere is None or not stem.startswith("result"):
            return self.folder / name
        other = self._other(stem, suffix, name)
        if other is None:
            return self.folder / name
        if other.resolve() in self._sources:
            self.notes.append(f"{other} is the source and is left alone.")
            return other.with_name(f"{other.stem} ({name.removesuffix(suffix)}){suffix}")
        return other

    def _other(self, stem: str, suffix: str, name: str) -> Path | None:
        """Where the path for the result puts this file, or None: into the run's folder."""
        assert self._elsewhere is not None
        if self._elsewhere.is_dir():
            return self._elsewhere / name
        wanted = self._elsewhere.suffix.lower() or ".xlsx"
        if (suffix == ".csv") != (wanted == ".csv"):
            return None
        return self._elsewhere.with_name(self._elsewhere.stem + stem.removeprefix("result") + suffix)
