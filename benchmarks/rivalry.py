"""Rivals side by side: the same rows, the same service, the same troubles; and whether what each reports is true.

The truth of a row is what the service holds after the tool has ended. A row is told truly when the tool reports it done
and the contact is there as the row says, or reports it not done and it is not.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from benchmarks.measuring import Cost, Failed, measure, python, table, told
from benchmarks.remote import Remote, emulated
from benchmarks.settings import Bench

HERE = Path(__file__).with_name("rivals")
LOADERS = {"loop": "plain requests loop", "with_drt": "drt-core", "with_dlt": "dlt", "with_singer": "Singer SDK target"}
DONE = frozenset({"created", "updated", "unchanged", "deleted"})
TIMEOUT = 10
"""Seconds a request of syncjob may take: so long a lost one may still be at work, and is waited for (CONTRACT 8)."""
FIELDS = ("number", "first_name", "last_name", "company_name", "email", "tag")

Row = Mapping[str, str]


def rows_of(count: int, **changed: str) -> list[dict[str, str]]:
    """Invented rows with clean numbers."""
    return [
        {"number": f"+91981{n:07d}", "first_name": f"Name {n}", "last_name": "Somebody", "company_name": "Somewhere",
         "email": f"n{n}@example.com", "tag": "lead", **changed}
        for n in range(count)
    ]  # fmt: skip


def first_load(bench: Bench) -> str:
    """A first load into an empty account: 1 % of the rows refused, a reply lost."""
    count = 600 if bench.quick else 20_000
    python_of_rivals = None if bench.quick else rivals(bench)
    costs: dict[str, list[Cost]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    broken: dict[str, str] = {}
    for _ in range(bench.turns):
        for who in ("syncjob", *(LOADERS if python_of_rivals else {})):
            bench.say(f"first load, {who}")
            try:
                cost, share = _loaded(bench, who, python_of_rivals or "", rows_of(count))
            except (Failed, subprocess.SubprocessError, OSError, ValueError) as error:
                broken[who] = str(error)[-160:].replace("\n", " ").replace("|", "/")
                continue
            costs[who].append(cost)
            shares[who].append(share)
    lines = [
        [LOADERS.get(who, f"**{who}**"), told([c.wall for c in costs[who]]), told([c.cpu for c in costs[who]]),
         told([c.peak for c in costs[who]], 0), f"**{told(shares[who], 3)}**"]
        for who in costs
    ]  # fmt: skip
    lines += [[LOADERS.get(who, who), f"not measured: {why}", "", "", ""] for who, why in broken.items()]
    lost = "" if python_of_rivals or bench.quick else "\n\nThe rivals could not be installed here, so they are missing."
    about = (
        f"{count:,} new rows from a CSV in batches of 5,000; 1 % of the rows are refused by the service within its "
        "replies, and one reply is lost after the rows were stored. Whole commands with their start. syncjob also "
        "lists before, normalises, keeps a journal, reads what is in doubt, and writes a workbook with every row; the "
        f"others post. A lost request may still be at work until its time is over, here {TIMEOUT} s: so long syncjob "
        "waits before it sends again what it did not find."
    )
    return f"{about}\n\n{table(['', 'seconds', 'CPU seconds', 'memory, MB', 'rows told truly'], lines)}{lost}"


def nightly(bench: Bench) -> str:
    """A nightly run that adds, changes and deletes, with refusals and lost replies on all of them; syncjob only."""
    count = 300 if bench.quick else 5_000
    lines = []
    for trouble in ("none", "refusals", "lost replies", "both"):
        bench.say(f"nightly, {trouble}")
        share, cost, asked = _night(bench, count, trouble)
        lines.append([trouble, f"{cost.wall:.1f}", f"{sum(asked.values()):,}", f"**{share:.3f}**"])
    about = (
        f"{count:,} rows against as many contacts: a tenth is new, a tenth is changed, and a tenth of the contacts is "
        "deleted. Refusals strike 1 % of the rows; a lost reply strikes one request of each kind; what "
        f"may still be at work is waited for, here up to {TIMEOUT} s."
    )
    return f"{about}\n\n{table(['trouble', 'seconds', 'requests', 'rows and deletes told truly'], lines)}"


def rivals(bench: Bench) -> str | None:
    """The Python of an environment that holds the rivals, made once; None when they can't be had."""
    wanted = HERE / "requirements.txt"
    mark = hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"syncjob-rivals-{mark}"
    made = folder / "bin" / "python"
    if not (folder / "whole").exists():
        bench.say("making an environment for the rivals")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=120)
            subprocess.run(
                [str(made), "-m", "pip", "install", "-q", "-r", str(wanted)],
                check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError):
            return None
        (folder / "whole").touch()
    return str(made)


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)


def run_syncjob(
    folder: Path,
    remote: Remote,
    rows: Sequence[Row],
    *,
    good: Sequence[int] = (0, 3),
    of_remote: Mapping[str, object] | None = None,
    **groups: object,
) -> tuple[Cost, dict[str, str], dict[str, str]]:
    """`syncjob run --yes` on `rows`: its cost, number → outcome of the rows, number → outcome of what no row names."""
    write_rows(rows, folder / "rows.csv")
    write_config(folder, remote, of_remote, **groups)
    command = python("syncjob", "run", "--yes", "--quiet", "--config", "config.yaml")
    cost = measure(command, folder=folder, good=good)
    latest = folder / "results" / "latest"
    with next(latest.glob("*result.csv")).open(encoding="utf-8-sig", newline="") as file:
        lines = {line["sync_number"]: line["sync_outcome"] for line in csv.DictReader(file)}
    return cost, lines, _remote_only(latest)


def write_config(folder: Path, remote: Remote, of_remote: Mapping[str, object] | None = None, **groups: object) -> None:
    """The config of a job on rows.csv."""
    settings: dict[str, object] = {
        "job": "bench",
        "remote": {"base_url": remote.url, "account_sid": remote.account, "api_key": remote.key,
                   "api_token": remote.token, "rate": "off", "concurrency": 16, "timeout": TIMEOUT,
                   **(of_remote or {})},
        "source": {"files": ["rows.csv"], "settle": 0},
        "results": {"dir": "results"}, "state": {"dir": "state"}, **groups,
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def _remote_only(latest: Path) -> dict[str, str]:
    import openpyxl

    book = openpyxl.load_workbook(next(latest.glob("*result.xlsx")), read_only=True)
    try:
        if "Remote only" not in book.sheetnames:
            return {}
        lines = [[str(cell or "") for cell in line] for line in book["Remote only"].iter_rows(values_only=True)]
    finally:
        book.close()
    number, outcome = lines[0].index("Number"), lines[0].index("Outcome")
    return {line[number]: line[outcome] for line in lines[1:]}


def _loaded(bench: Bench, who: str, interpreter: str, rows: Sequence[Row]) -> tuple[Cost, float]:
    """One tool's first load, and the share of rows that it told truly."""
    with emulated() as remote, tempfile.TemporaryDirectory(dir=bench.folder) as made:
        folder = Path(made)
        remote.tell("rows", [_refusal(row["number"]) for row in rows[::100]])
        remote.tell("faults", {"action": "cut", "call": "create", "when": "after", "nth": 2})
        if who == "syncjob":
            cost, lines, _ = run_syncjob(folder, remote, rows)
            failed = {number for number, outcome in lines.items() if outcome not in DONE}
            if set(lines) != {row["number"] for row in rows}:
                raise Failed("some rows are not told")
        else:
            write_rows(rows, folder / "rows.csv")
            command = [interpreter, HERE / f"{who}.py", folder / "rows.csv", remote.contacts, remote.key, remote.token]
            cost = measure([*command, folder])
            said = cost.json["failed"]
            failed = set(said) if isinstance(said, list) else set()
        there = remote.held()
    true = [_as_said(row, there.get(row["number"])) != (row["number"] in failed) for row in rows]
    return cost, sum(true) / len(rows)


def _night(bench: Bench, count: int, trouble: str) -> tuple[float, Cost, dict[str, int]]:
    tenth = count // 10
    before = rows_of(count)
    after = rows_of(count + tenth)[tenth:]
    for row in after[:tenth]:
        row["company_name"] = "Elsewhere"
    with emulated() as remote, tempfile.TemporaryDirectory(dir=bench.folder) as made:
        remote.seed([dict(row) for row in before])
        remote.asked()
        if trouble in ("refusals", "both"):
            remote.tell("rows", [_refusal(row["number"]) for row in (*after[::100], *before[:tenth:50])])
        for call in ("create", "update_many", "delete") if trouble in ("lost replies", "both") else ():
            remote.tell("faults", {"action": "cut", "call": call, "when": "after"})
        rules = {"remote_only": "delete", "owned": "all"}
        limits = {"deletes": {"percent": 50, "count": count}, "updates": {"percent": 50}, "creates": {"count": count}}
        cost, lines, only = run_syncjob(Path(made), remote, after, sync=rules, limits=limits)
        asked, there = remote.asked(), remote.held()
    true = [_as_said(row, there.get(row["number"])) == (lines.get(row["number"]) in DONE) for row in after]
    gone = [row["number"] for row in before[:tenth]]
    true += [(number not in there) == (only.get(number) == "deleted") for number in gone]
    return sum(true) / len(true), cost, asked


def _refusal(number: str) -> dict[str, object]:
    return {"number": number, "code": 400, "text": "Invalid number"}


def _as_said(row: Row, contact: Mapping[str, object] | None) -> bool:
    return contact is not None and all(contact.get(name) == row[name] for name in FIELDS)
