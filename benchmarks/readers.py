"""Readers of CSV beside ours, each as kindly set up as somebody can who doesn't know the file.

What enters: a file of the exam. What leaves: an `Answer`. To be fair, the rivals are told the encoding (and pandas the
delimiter), bad lines cost lines and not the file, and whatever they say of bad lines counts as said. syncjob is told
nothing. Rivals that aren't installed are left out.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from syncjob.errors import SourceError
from syncjob.loader.inner import read_file
from syncjob.loader.limits import DEFAULT
from tests.exam_loader.cases import Case
from tests.exam_loader.judging import Answer

Reader = Callable[[Path, Case], Answer]
_SKIPPED = re.compile(r"line (\d+)")
_FAILURES = (ValueError, csv.Error, UnicodeError, IndexError)


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
    named = {rows[flaw.row] for flaw in found.flaws if flaw.code == "row_damaged"}
    if found.facts["cut_off"]:
        named.add(len(rows) - 1)  # the run says so, and holds what is missing (`source_cut_off`)
    lines = list(zip(*(column.to_pylist() for column in found.cells), strict=True))
    return Answer(lines, frozenset(named), found.headers, [flaw.value for flaw in found.flaws])


def pandas_c(path: Path, one: Case) -> Answer:
    """pandas' default engine, told the delimiter, as it can't find that out."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        answer = _pandas(path, one, engine="c", sep=one.sheet.dialect.delimiter, on_bad_lines="warn")
    lines = one.data.decode(codec(one), "replace").splitlines()
    skipped = [int(number) for warning in said for number in _SKIPPED.findall(str(warning.message))]
    return Answer(answer.rows, error=answer.error, texts=["\n".join(lines[at - 2 : at + 1]) for at in skipped])


def pandas_python(path: Path, one: Case) -> Answer:
    """pandas' tolerant engine; it finds the delimiter out."""
    bad: list[str] = []
    answer = _pandas(path, one, engine="python", sep=None, on_bad_lines=lambda fields: bad.append("\n".join(fields)))
    return Answer(answer.rows, error=answer.error, texts=bad)


def _pandas(path: Path, one: Case, **how: object) -> Answer:
    import pandas as pd

    try:
        frame = pd.read_csv(  # type: ignore[call-overload]
            path, dtype=str, keep_default_na=False, encoding=codec(one), encoding_errors="replace", index_col=False,
            **how,
        )  # fmt: skip
    except _FAILURES as error:
        return Answer(error=str(error))
    return Answer([tuple(map(str, row)) for row in frame.itertuples(index=False, name=None)])


def clevercsv(path: Path, one: Case) -> Answer:
    """CleverCSV: the dialect found by it."""
    import clevercsv as clever

    try:
        rows = clever.read_table(str(path), encoding=codec(one))
    except (*_FAILURES, clever.exceptions.NoDetectionResult, clever.Error) as error:
        return Answer(error=str(error))
    return Answer(rows[1:])


def duckdb(path: Path, one: Case) -> Answer:
    """DuckDB: everything sniffed, all text, bad lines skipped and stored, short ones padded. Gets UTF-8."""
    return _duckdb(path, one, "strict_mode=true")


def duckdb_lenient(path: Path, one: Case) -> Answer:
    """DuckDB as before, taking what is not to the letter of the standard."""
    return _duckdb(path, one, "strict_mode=false")


def _duckdb(path: Path, one: Case, mode: str) -> Answer:
    import duckdb as duck

    path.write_bytes(one.data.decode(codec(one), "replace").encode())
    wish = f"all_varchar=true, ignore_errors=true, store_rejects=true, null_padding=true, parallel=false, {mode}"
    try:
        with duck.connect() as base:
            got = base.execute(f"select * from read_csv('{path}', {wish})")
            rows = [tuple(cell or "" for cell in row) for row in got.fetchall()]
            bad = base.execute("select csv_line from reject_errors").fetchall()
    except duck.Error as error:
        return Answer(error=str(error))
    return Answer(rows, texts=[str(line) for (line,) in bad])


READERS: dict[str, tuple[str, Reader]] = {
    "syncjob": ("syncjob", syncjob),
    "pandas, C": ("pandas", pandas_c),
    "pandas, Python": ("pandas", pandas_python),
    "CleverCSV": ("clevercsv", clevercsv),
    "DuckDB": ("duckdb", duckdb),
    "DuckDB, lenient": ("duckdb", duckdb_lenient),
}


def installed() -> dict[str, Reader]:
    """The readers that are there, by name."""
    return {name: reader for name, (package, reader) in READERS.items() if find_spec(package)}


def versions() -> str:
    """The rivals' packages with their versions."""
    packages = dict.fromkeys(package for package, _ in READERS.values() if package != "syncjob" and find_spec(package))
    return ", ".join(f"{package} {version(package)}" for package in packages)


def codec(one: Case) -> str:
    """The encoding that the rivals are told."""
    dialect = one.sheet.dialect
    return {"utf-16-le": "utf-16", "utf-8": "utf-8-sig"}.get(dialect.encoding, dialect.encoding)
