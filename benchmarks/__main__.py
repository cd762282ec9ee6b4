"""`python -m benchmarks`: measure, and write `benchmarks/RESULTS.md`, scenario by scenario."""

from __future__ import annotations

import argparse
import compileall
import os
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import goals, listing, local, overlap, rivalry, stages
from benchmarks.measuring import machine
from benchmarks.settings import Bench

RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = (
    "pandas", "pyarrow", "numpy", "fastexcel", "openpyxl", "XlsxWriter", "phonenumbers", "requests", "orjson",
)  # fmt: skip

Scenario = Callable[[Bench], str]

SCENARIOS: dict[str, tuple[str, Scenario]] = {
    "local": ("Local work", local.local),
    "linear": ("Cost by size", local.linear),
    "full-sheet": ("A full sheet", local.full_sheet),
    "listing": ("Listing", listing.listing),
    "pace": ("A set rate", listing.pace),
    "overlap": ("Reading while listing", overlap.overlap),
    "requests": ("Requests by way of listing", stages.requests),
    "first-load": ("A first load beside rivals", rivalry.first_load),
    "nightly": ("A nightly run under trouble", rivalry.nightly),
    "diff": ("The diff stage beside rivals", stages.diff),
    "small": ("Small jobs", stages.small),
}

TWICE = {"local"}
"""What takes minutes is measured twice at most."""

_HEAD = """# What syncjob costs

Written by `python -m benchmarks`. Seconds depend on what else the machine was doing (its load is told), CPU seconds
hardly; ratios are of processes that took turns within one run. A figure is the median, with the lowest and the highest
beside it, where it was measured several times: up to three times, local work twice, what takes longest once.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; a scenario that breaks is told in its place, and the next one goes on."""
    options = _options(arguments)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="syncjob-bench-", dir=options.folder) as made:
        bench = _bench(options, Path(made))
        if not bench.quick:
            _compiled()
        for name in options.scenarios or SCENARIOS:
            title, scenario = SCENARIOS[name]
            bench.say(f"— {title}")
            began = time.monotonic()
            try:
                text = scenario(replace(bench, turns=min(bench.turns, 2)) if name in TWICE else bench)
            except Exception as error:  # whatever breaks one scenario must not cost the others
                broken += 1
                traceback.print_exc()
                text = f"Not measured: {type(error).__name__}: {error}"
            took = f"<small>Measured in {time.monotonic() - began:,.0f} s.</small>"
            place(options.output, name, title, f"{text}\n\n{took}")
    return 1 if broken else 0


def place(path: Path, name: str, title: str, text: str) -> None:
    """Put a section into the page, in the order of SCENARIOS; the others stay as they are."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    found = dict(re.findall(r"<!-- ([a-z-]+) -->\n(.*?)(?=\n<!-- |\Z)", there, re.DOTALL))
    found[name] = f"## {title}\n\n{text}\n\n<small>{machine(PACKAGES)}</small>\n"
    titled = {each: (named, found.get(each, "")) for each, (named, _) in SCENARIOS.items()}
    sections = [f"<!-- {each} -->\n{found[each].strip()}\n" for each in SCENARIOS if each in found]
    path.write_text("\n".join([_HEAD, f"## What was wanted\n\n{goals.judged(titled)}\n", *sections]), encoding="utf-8")


def _compiled() -> None:
    """Have Python's code compiled before it is measured, as an installed package's is."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for folder in (Path(__file__).parent, Path(__file__).parents[1] / "syncjob"):
        compileall.compile_dir(folder, quiet=2)


def _bench(options: argparse.Namespace, folder: Path) -> Bench:
    if options.quick:
        return Bench(folder, rows=300, sizes=(200,), turns=1, quick=True, forms=("csv",))
    sizes = tuple(size for size in Bench.sizes if size <= options.rows)
    return Bench(folder, rows=options.rows, sizes=sizes, turns=options.turns, full=options.full)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure syncjob beside its rivals.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; none: all")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it works, not how fast")
    parser.add_argument("--full", action="store_true", help="the plain stack at full size, too: some ten minutes more")
    parser.add_argument("--rows", type=int, default=Bench.rows, help="rows of the large sheet (%(default)s)")
    parser.add_argument("--turns", type=int, default=Bench.turns, help="how often each is measured (%(default)s)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the page (%(default)s)")
    parser.add_argument("--folder", type=Path, default=None, help="where data is made (the system's place for it)")
    options = parser.parse_args(arguments)
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
