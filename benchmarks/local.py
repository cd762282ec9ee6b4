"""Local work: a sheet in, a result workbook out, against as many contacts as rows; and the plain stack beside it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

from benchmarks import data
from benchmarks.measuring import Cost, Failed, measure, median, python, table, told
from benchmarks.settings import Bench

FULL_SHEET = 1_048_575


def local(bench: Bench) -> str:
    """At least 12 times faster than the plain stack from a workbook, 15 times from CSV, in at most 1.5 GB."""
    ours, theirs = bench.rows, bench.rows if bench.full else max(bench.rows // 20, min(bench.rows, 1_000))
    for rows in (ours, theirs):
        prepare(bench, rows)
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for turn in range(bench.turns):
        for form in bench.forms:
            costs["syncjob", form].append(once(bench, "syncjob", ours, form))
            if turn == 0 or not bench.full:
                costs["plain", form].append(once(bench, "plain", theirs, form))
    scale = ours / theirs
    lines = []
    for form in bench.forms:
        mine, plain = costs["syncjob", form], costs["plain", form]
        lines.append([f"syncjob, {form}, {ours:,} rows", *_figures(mine), told([c.peak for c in mine], 0), ""])
        walls = [median([c.wall for c in plain]) * scale / c.wall for c in mine]
        cpus = [median([c.cpu for c in plain]) * scale / c.cpu for c in mine]
        peak = told([c.peak for c in plain], 0)
        lines.append([f"plain stack, {form}, {theirs:,} rows", *_figures(plain), peak, ""])
        goal = {"xlsx": 12, "csv": 15}[form]
        times = [f"**{told(walls)} ×**", f"{told(cpus)} ×", "", f"at least {goal} ×"]
        lines.append([f"**times faster, {form}**", *times])
    stages = costs["syncjob", bench.forms[0]][0].json.get("stages")
    scaled = f" The plain stack did {theirs:,} rows; for the comparison its figures count {scale:g} times."
    return "\n\n".join(
        [
            f"A sheet of {ours:,} rows and {len(data.HEADERS)} columns is read, checked, normalised, compared with "
            f"{ours:,} contacts, planned, and every file of a dry run is written: result workbook, plan, page, summary "
            "and what needs fixing; from CSV a result in CSV, too. The plain stack writes the sheet Results with the "
            "same columns and nothing else; loading the contacts counts for syncjob, not for it."
            + (scaled if scale != 1 else ""),
            table(["", "seconds", "CPU seconds", "most memory, MB", "wanted"], lines),
            f"CPU seconds of syncjob's stages, from {bench.forms[0]}: {stages}. Wanted: at most 1,536 MB.",
        ]
    )


def linear(bench: Bench) -> str:
    """Cost grows linearly."""
    lines = []
    for rows in bench.sizes:
        prepare(bench, rows)
        for form in bench.forms:
            costs = [once(bench, "syncjob", rows, form) for _ in range(1 if rows >= 100_000 else bench.turns)]
            cpus = [c.cpu / rows * 1e6 for c in costs]
            peak = told([c.peak for c in costs], 0)
            lines.append([f"{rows:,} rows, {form}", *_figures(costs), told(cpus, 0), peak])
    return table(["", "seconds", "CPU seconds", "CPU µs a row", "most memory, MB"], lines)


def full_sheet(bench: Bench) -> str:
    """A sheet that is full to its last row."""
    rows = FULL_SHEET if bench.rows >= 1_000_000 else bench.rows + 575
    prepare(bench, rows)
    cost = once(bench, "syncjob", rows, "xlsx")
    return f"{rows:,} rows in one sheet: {cost.wall:.1f} s, {cost.cpu:.1f} CPU seconds, {cost.peak:,.0f} MB; all told."


def prepare(bench: Bench, rows: int) -> None:
    """Sheets and address book of this size, made once."""
    if _file(bench, rows, "parquet").exists():
        return
    made = data.sheet(rows)
    data.write_csv(made, _file(bench, rows, "csv"))
    data.write_xlsx(made, _file(bench, rows, "xlsx"))
    data.address_book(rows).to_parquet(_file(bench, rows, "parquet"))


def once(bench: Bench, who: str, rows: int, form: str) -> Cost:
    """One measured run. Raises `Failed` when it did not tell every row."""
    folder = bench.folder / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    bench.say(f"{who}, {form}, {rows:,} rows")
    cost = measure(python(f"benchmarks.local_{who}", _file(bench, rows, form), _file(bench, rows, "parquet"), folder))
    shutil.rmtree(folder)
    counts, loading = cost.json["counts"], cost.json.get("loading")
    assert isinstance(counts, dict)
    if sum(counts.values()) != rows:
        raise Failed(f"{who} told {sum(counts.values()):,} of {rows:,} rows")
    if isinstance(loading, dict):
        return Cost(cost.wall - loading["wall"], cost.cpu - loading["cpu"], cost.peak, cost.code, cost.said)
    return cost


def _file(bench: Bench, rows: int, form: str) -> Path:
    return bench.folder / f"{rows}.{form}"


def _figures(costs: list[Cost]) -> list[str]:
    return [told([c.wall for c in costs]), told([c.cpu for c in costs])]
