"""Single stages: comparing, beside tools that only compare; and what the ways of listing cost in requests."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Cost, Failed, measure, python, table, told
from benchmarks.remote import emulated
from benchmarks.rivalry import HERE, rivals, rows_of, run_syncjob, write_config, write_rows
from benchmarks.settings import Bench

COMPARERS = ("syncjob", "csv-diff", "datacompy", "django-import-export")
OWN = "+919845012345"
"""A number for the probe's contact, which no row has."""
SMALLER = {"django-import-export": 10}


def diff(bench: Bench) -> str:
    """The diff stage beside csv-diff, datacompy and django-import-export."""
    count = 500 if bench.quick else 100_000
    interpreter = None if bench.quick else rivals(bench)
    lines = []
    for who in COMPARERS if interpreter else ("syncjob",):
        rows = max(count // SMALLER.get(who, 1), 100)
        costs: list[Cost] = []
        try:
            for _ in range(bench.turns):
                bench.say(f"diff, {who}")
                costs.append(_compared(bench, who, interpreter or "", rows))
        except Failed as error:
            lines.append([who, f"{rows:,}", f"not measured: {str(error)[-120:]}".replace("\n", " "), "", "", ""])
            continue
        inner = [(float(str(c.json["wall"])), float(str(c.json["cpu"]))) for c in costs]
        lines.append([
            f"**{who}**" if who == "syncjob" else who, f"{rows:,}", told([wall for wall, _ in inner], 2),
            told([cpu for _, cpu in inner], 2), told([cpu / rows * 1e6 for _, cpu in inner], 1),
            told([c.peak for c in costs], 0),
        ])  # fmt: skip
    about = (
        "Rows from one CSV against as many contacts from another; a tenth is new, a tenth is changed, a tenth is only "
        "there. Reading both is included, the start of Python is not. All counts agree. syncjob decides more than the "
        "others: duplicates, protection, ownership, what is sent."
    )
    return f"{about}\n\n{table(['', 'rows', 'seconds', 'CPU seconds', 'CPU µs a row', 'memory, MB'], lines)}"


def _compared(bench: Bench, who: str, interpreter: str, count: int) -> Cost:
    wanted, existing = bench.folder / f"wanted-{count}.csv", bench.folder / f"existing-{count}.csv"
    tenth = count // 10
    if not wanted.exists():
        rows = rows_of(count + tenth)
        write_rows(rows[:count], existing)
        for row in rows[tenth : 2 * tenth]:
            row["company_name"] = "Elsewhere"
        write_rows(rows[tenth:], wanted)
    cost = measure([sys.executable if who == "syncjob" else interpreter, HERE / "diff_stage.py", who, wanted, existing])
    found = [cost.json[name] for name in ("create", "update", "only")]
    if found not in ([tenth, tenth, tenth], [tenth, tenth, -1]):
        raise Failed(f"counted {found} instead of {tenth} each")
    return cost


def requests(bench: Bench) -> str:
    """Requests of a nightly run with 0.5 % of the rows changed, by the way the remote is listed."""
    count = 400 if bench.quick else 100_000
    lines = []
    for way in ("scan", "cached", "none"):
        bench.say(f"requests, listing {way}")
        try:
            first, night = _asked(bench, way, count)
            full = int(lines[0][1].replace(",", "")) + count // 20 if lines else 0
            missing = " (not available here: every page was read)" if lines and night * 2 > full else ""
            lines.append([way + missing, f"{first:,}", f"**{night:,}**"])
        except (Failed, StopIteration) as error:
            why = "not available" if "ended with 2" in str(error) else f"not measured: {str(error)[-160:]}"
            lines.append([way, why.replace("\n", " ").replace("|", "/"), ""])
    about = (
        f"{count:,} contacts; at night 0.5 % of the rows differ in plain fields. Counted by the service. Wanted: at "
        "most 60 at night with a cached listing, some 40 in all for an upsert without one; "
        "the account was probed for it before, which is not counted."
    )
    return f"{about}\n\n{table(['listing', 'requests of the first run', 'requests at night'], lines)}"


def _asked(bench: Bench, way: str, count: int) -> tuple[int, int]:
    rows = rows_of(count)
    limits = {"creates": {"count": count}, "updates": {"percent": 50}}
    with emulated() as remote, tempfile.TemporaryDirectory(dir=bench.folder) as made:
        if way == "none":  # which needs what a probe of the account has proven
            write_config(Path(made), remote)
            measure(python("syncjob", "doctor", "--probe", OWN, "--yes", "--config", "config.yaml"), folder=Path(made))
            remote.asked()
        asked = []
        for night in (False, True):
            for row in rows[::200] if night else ():
                row["company_name"] = "Elsewhere"
            listing = {} if way == "scan" else {"listing": way}
            run_syncjob(Path(made), remote, rows, of_remote=listing, limits=limits, good=(0,))
            asked.append(sum(remote.asked().values()))
    return asked[0], asked[1]


def small(bench: Bench) -> str:
    """Small jobs stay small."""
    rows = rows_of(100)
    lines = []
    with tempfile.TemporaryDirectory(dir=bench.folder) as made, emulated() as remote:
        folder = Path(made)
        run_syncjob(folder, remote, rows)
        for said, command in (
            ("syncjob --help", ["--help"]),
            ("syncjob --version", ["--version"]),
            ("syncjob check, 100 rows", ["check", "rows.csv", "--config", "config.yaml"]),
            ("syncjob run, 100 rows, nothing to do", ["run", "--yes", "--quiet", "--config", "config.yaml"]),
        ):
            bench.say(said)
            costs = [measure(python("syncjob", *command), folder=folder) for _ in range(1 if bench.quick else 5)]
            lines.append([said, told([c.wall * 1e3 for c in costs], 0), told([c.cpu * 1e3 for c in costs], 0)])
    about = "Whole commands. Wanted: help under 100 ms of CPU, `check` under a second."
    return f"{about}\n\n{table(['', 'milliseconds', 'CPU milliseconds'], lines)}"
