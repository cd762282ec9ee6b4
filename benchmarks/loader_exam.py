"""The loader's exam beside its rivals: `python -m benchmarks.loader_exam [--files N] [--from SEED] [--show READER]`.

Every file is made from a seed: a sheet of some tool, in that tool's own dialect, damaged in one way (or not at all).
Its truth is known from the writer. Printed are, per kind of damage, the share of undamaged rows that every reader gave
right, and the share of damaged rows that it gave wrong or dropped without a word; `--details` splits them up.
"""

from __future__ import annotations

import argparse
import io
import platform
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.readers import Reader, installed, versions
from tests.exam_loader.cases import Case, case
from tests.exam_loader.judging import Answer, Verdict, judge

OURS = "syncjob"
Results = Sequence[tuple[Case, Verdict, Answer]]


def examine(name: str, reader: Reader, seeds: range, folder: Path) -> Results:
    """Every file of `seeds` through one reader."""

    def one(seed: int) -> tuple[Case, Verdict, Answer]:
        this = case(seed)
        path = folder / f"{name.replace(' ', '-')}-{seed}.csv"
        path.write_bytes(this.data)
        answer = reader(path, this)
        path.unlink()
        return this, judge(this, answer), answer

    return [one(seed) for seed in seeds]


def by_kind(results: Results) -> dict[str, list[Verdict]]:
    """The verdicts by the kind of damage, and all of them."""
    kinds: dict[str, list[Verdict]] = defaultdict(list)
    for this, verdict, _ in results:
        kinds[this.kind].append(verdict)
    return {**kinds, "all": [verdict for _, verdict, _ in results]}


def rows_right(verdicts: Sequence[Verdict]) -> float:
    """The share of undamaged rows read right."""
    return sum(one.right for one in verdicts) / max(1, sum(one.rows for one in verdicts))


def cells_right(verdicts: Sequence[Verdict]) -> float:
    """The share of the cells of undamaged rows read right."""
    return sum(one.cells_right for one in verdicts) / max(1, sum(one.cells for one in verdicts))


def silent(verdicts: Sequence[Verdict]) -> float:
    """The share of damaged rows that are wrong or missing, and nobody was told."""
    return sum(one.silent + one.gone for one in verdicts) / max(1, sum(one.damaged for one in verdicts))


def compared(found: Mapping[str, Results]) -> Iterable[str]:
    """A line per kind of damage: rows right and silent damage of every reader; `*` marks where a rival is ahead."""
    tables = {name: by_kind(results) for name, results in found.items()}
    yield f"{'rows right / silent, %':22}" + "".join(f"{name:>18}" for name in tables)
    for kind in next(iter(tables.values())):
        figures = {name: (rows_right(table[kind]), silent(table[kind])) for name, table in tables.items()}
        line = "".join(f"{right:>11.2%} {quiet:>6.1%}".replace("%", "") + "  " for right, quiet in figures.values())
        yield f"{kind:24}{line}{' *' if _behind(figures) else ''}".rstrip()
    whole = "".join(f"{cells_right(table['all']):>11.2%}".replace("%", "") + " " * 9 for table in tables.values())
    yield f"{'cells right, all':24}{whole}".rstrip()


def _behind(figures: Mapping[str, tuple[float, float]]) -> bool:
    """Whether some rival reads more rows right than we do, or damages fewer in silence."""
    if OURS not in figures:
        return False
    right, quiet = figures[OURS]
    return any(other > right or less < quiet for other, less in figures.values())


def details(name: str, results: Results) -> str:
    """The table of one reader: what became of the rows that are not right."""
    head = f"{name:26} {'right':>8} {'lost':>8} {'shifted':>8} {'changed':>8}   silent refused  alarms"
    return "\n".join([head, *(_row(kind, verdicts) for kind, verdicts in by_kind(results).items()), ""])


def _row(label: str, verdicts: Sequence[Verdict]) -> str:
    rows = sum(one.rows for one in verdicts) or 1
    share = [sum(getattr(one, name) for one in verdicts) / rows for name in ("right", "lost", "shifted", "changed")]
    refused, alarms = sum(one.refused for one in verdicts), sum(one.alarms for one in verdicts)
    figures = " ".join(f"{value:8.2%}" for value in share)
    return f"{label:26} {figures} {silent(verdicts):8.1%} {refused:7} {alarms:7}"


def show(results: Results) -> str:
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
    options.add_argument("--files", type=int, default=300)
    options.add_argument("--from", dest="start", type=int, default=1)
    options.add_argument("--reader", action="append", help="only this one; may be repeated")
    options.add_argument("--details", action="store_true", help="a table for every reader")
    options.add_argument("--show", action="store_true", help="name each file that went wrong")
    wish = options.parse_args()
    warnings.simplefilter("ignore")
    seeds = range(wish.start, wish.start + wish.files)
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", line_buffering=True)
    found: dict[str, Results] = {}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, reader in installed().items():
            if not wish.reader or name in wish.reader:
                found[name] = examine(name, reader, seeds, Path(folder))
    for name, results in found.items():
        out.write(details(name, results) + "\n" if wish.details else "")
        out.write(show(results) + "\n" if wish.show else "")
    out.write("\n".join(compared(found)) + "\n")
    out.write(f"{len(seeds)} files from seed {wish.start}, {time.monotonic() - begun:.0f} s; ")
    out.write(f"{versions()}, Python {platform.python_version()}\n")


if __name__ == "__main__":
    main()
