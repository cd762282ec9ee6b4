"""The loader's exam beside its rivals: `python -m benchmarks.loader_exam [--files N] [--from SEED] [--show READER]`.

Prints, per kind of damage and reader, the share of undamaged rows read right, lost, shifted and changed, and how many
damaged rows changed silently. Rivals that aren't installed are left out. To be fair to them they are told the encoding
and asked to skip or pad bad lines; syncjob is told nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from syncjob.errors import SourceError
from syncjob.loader.inner import read_file
from syncjob.loader.limits import DEFAULT
from tests.exam_loader.cases import Case, case
from tests.exam_loader.judging import Answer, Verdict, judge

Reader = Callable[[Path, Case], Answer]


def syncjob(path: Path, _case: Case) -> Answer:
    """Our loader, told nothing; the reading itself, without the process around it that costs half a second a file."""
    try:
        found = read_file(
            path, path.name, sheet=None, header_row="auto", encoding="auto", delimiter="auto", limits=DEFAULT,
            folder=path.parent,
        )[0]  # fmt: skip
    except SourceError as error:
        return Answer(error=str(error))
    rows = {int(row): at for at, row in enumerate(found.rows)}
    named = frozenset(rows[flaw.row] for flaw in found.flaws if flaw.code == "row_damaged")
    lines = list(zip(*(column.to_pylist() for column in found.cells), strict=True))
    return Answer(lines, named, found.headers, [flaw.value for flaw in found.flaws])


def pandas_c(path: Path, one: Case) -> Answer:
    """pandas' default engine, bad lines skipped; the delimiter is told, as it can't be sniffed."""
    return _pandas(path, one, engine="c", sep=one.sheet.dialect.delimiter)


def pandas_python(path: Path, one: Case) -> Answer:
    """pandas' tolerant engine with the delimiter sniffed, bad lines skipped."""
    return _pandas(path, one, engine="python", sep=None)


def _pandas(path: Path, one: Case, engine: str, sep: str | None) -> Answer:
    import pandas as pd

    code = _codec(one)
    try:
        frame = pd.read_csv(  # type: ignore[call-overload]
            path, engine=engine, sep=sep, dtype=str, keep_default_na=False, encoding=code,
            encoding_errors="replace", on_bad_lines="skip",
        )  # fmt: skip
    except (ValueError, csv.Error, UnicodeError, IndexError) as error:
        return Answer(error=str(error))
    if not isinstance(frame.index, pd.RangeIndex):  # rows one field longer than the header: what is shifted stays so
        return Answer([tuple(map(str, row)) for row in frame.itertuples(index=False, name=None)], header=None)
    return Answer(
        [tuple(map(str, row)) for row in frame.itertuples(index=False, name=None)], header=list(frame.columns)
    )


def clevercsv(path: Path, one: Case) -> Answer:
    """CleverCSV: the dialect found by it."""
    import clevercsv as clever

    try:
        rows = clever.read_table(str(path), encoding=_codec(one))
    except (ValueError, UnicodeError, csv.Error, clever.exceptions.NoDetectionResult, clever.Error) as error:
        return Answer(error=str(error))
    return Answer(rows[1:])


def duckdb(path: Path, one: Case) -> Answer:
    """DuckDB: everything sniffed, all text, bad lines ignored and padded. Gets UTF-8."""
    import duckdb as duck

    path.write_bytes(one.data.decode(_codec(one), "replace").encode())
    wish = "all_varchar=true, ignore_errors=true, null_padding=true, strict_mode=false, parallel=false"
    try:
        with duck.connect() as base:
            got = base.execute(f"select * from read_csv('{path}', {wish})")
            names = [column[0] for column in got.description or ()]
            rows = [tuple(cell or "" for cell in row) for row in got.fetchall()]
    except duck.Error as error:
        return Answer(error=str(error))
    return Answer(rows, header=names)


READERS: dict[str, Reader] = {
    "syncjob": syncjob,
    "pandas c": pandas_c,
    "pandas python": pandas_python,
    "CleverCSV": clevercsv,
    "DuckDB": duckdb,
}
NEEDS = {"CleverCSV": "clevercsv", "DuckDB": "duckdb"}


def _codec(one: Case) -> str:
    dialect = one.sheet.dialect
    return {"utf-16-le": "utf-16", "utf-8": "utf-8-sig"}.get(dialect.encoding, dialect.encoding)


def _installed() -> dict[str, Reader]:
    from importlib.util import find_spec

    return {name: reader for name, reader in READERS.items() if find_spec(NEEDS.get(name, "csv"))}


def examine(name: str, reader: Reader, seeds: range, folder: Path) -> list[tuple[Case, Verdict, Answer]]:
    """Every file of `seeds` through one reader."""

    def one(seed: int) -> tuple[Case, Verdict, Answer]:
        this = case(seed)
        path = folder / f"{name.replace(' ', '-')}-{seed}.csv"
        path.write_bytes(this.data)
        answer = reader(path, this)
        path.unlink()
        return this, judge(this, answer), answer

    return [one(seed) for seed in seeds]


def _row(label: str, verdicts: list[Verdict]) -> str:
    rows = sum(one.rows for one in verdicts) or 1
    hits = sum(one.damaged for one in verdicts)
    share = [sum(getattr(one, name) for one in verdicts) / rows for name in ("right", "lost", "shifted", "changed")]
    per_hit = sum(one.harm for one in verdicts) / hits if hits else 0.0
    silent = sum(one.silent + one.gone for one in verdicts) / hits if hits else 0.0
    refused, alarms = sum(one.refused for one in verdicts), sum(one.alarms for one in verdicts)
    figures = " ".join(f"{value:8.2%}" for value in share)
    return f"{label:38} {figures} {per_hit:9.2f} {silent:8.1%} {refused:7} {alarms:7}"


def report(name: str, results: list[tuple[Case, Verdict, Answer]], seconds: float) -> str:
    """The table of one reader."""
    kinds: dict[str, list[Verdict]] = defaultdict(list)
    for this, verdict, _ in results:
        kinds[this.kind].append(verdict)
    head = f"{'':38} {'right':>8} {'lost':>8} {'shifted':>8} {'changed':>8} harm/hit   silent refused  alarms"
    whole = _row("all", [verdict for _, verdict, _ in results])
    return "\n".join([f"{name}  ({seconds:.0f} s)", head, *(_row(k, v) for k, v in kinds.items()), whole, ""])


def show(results: list[tuple[Case, Verdict, Answer]]) -> str:
    """The files with harmed rows, silent rows or false alarms."""
    lines = []
    for this, verdict, answer in results:
        if verdict.harm or verdict.silent or verdict.gone or verdict.alarms or not verdict.header:
            lines.append(
                f"{this.name}: lost {verdict.lost} shifted {verdict.shifted} changed {verdict.changed} "
                f"silent {verdict.silent} gone {verdict.gone} alarms {verdict.alarms} header {verdict.header} "
                f"harmed {verdict.harmed[:6]} quiet {verdict.quiet[:4]} "
                f"damaged {sorted(this.damaged)} {answer.error or ''}"
            )
    return "\n".join(lines)


def main() -> None:
    """Reads the options, examines, prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=500)
    options.add_argument("--from", dest="start", type=int, default=1)
    options.add_argument("--reader", action="append", help="only this one; may be repeated")
    options.add_argument("--show", action="store_true", help="name each file that went wrong")
    wish = options.parse_args()
    warnings.simplefilter("ignore")
    seeds = range(wish.start, wish.start + wish.files)
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", line_buffering=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, reader in _installed().items():
            if wish.reader and name not in wish.reader:
                continue
            begun = time.monotonic()
            results = examine(name, reader, seeds, Path(folder))
            out.write(report(name, results, time.monotonic() - begun) + "\n")
            if wish.show:
                out.write(show(results) + "\n")


if __name__ == "__main__":
    main()
