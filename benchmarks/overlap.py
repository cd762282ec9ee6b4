"""Reading a sheet while the remote is listed: what is left of the shorter of the two."""

from __future__ import annotations

from pathlib import Path

from benchmarks import local
from benchmarks.listing import LATENCY, PAGE, standin
from benchmarks.measuring import Cost, Failed, measure, median, python, table, told
from benchmarks.settings import Bench

ROWS = 100_000
FLYING = 8


def overlap(bench: Bench) -> str:
    """A listing that takes about as long as the reading, alone and at once."""
    rows = min(ROWS, bench.rows)
    local.prepare(bench, rows)
    lines = []
    for form in bench.forms:
        sheet = bench.folder / f"{rows}.{form}"
        pages = max(3, round(_wall(_once(bench, "reading", "http://127.0.0.1:9", sheet, 0, rows)) * FLYING / LATENCY))
        costs: dict[str, list[Cost]] = {how: [] for how in ("reading", "listing", "in-turn", "at-once")}
        with standin(pages * PAGE, LATENCY) as url:
            for _ in range(min(bench.turns, 2)):
                for how, found in costs.items():
                    found.append(_once(bench, how, url, sheet, pages * PAGE, rows))
        walls = {how: [_wall(cost) for cost in found] for how, found in costs.items()}
        reading, listing, in_turn, at_once = (median(found) for found in walls.values())
        lines.append([
            f"{form}, {rows:,} rows, {pages:,} pages", *(told(found, 2) for found in walls.values()),
            told([float(str(cost.json["waited"])) for cost in costs["at-once"]], 2),
            f"**{(in_turn - at_once) / min(reading, listing) * 100:.0f} %**",
        ])  # fmt: skip
    header = ["", "reading alone, s", "listing alone, s", "one after the other, s", "at once, s",
              "listing began after, s", "of the shorter one saved"]  # fmt: skip
    return "\n\n".join([
        f"A sheet is read and normalised, and contacts are listed with {LATENCY * 1000:.0f} ms latency and {FLYING} in "
        "flight, about as many as make both take the same time. At once, as a run does it, the listing begins when the "
        "reading process has told the header and the first rows. Both share this machine's processors; at a set rate, "
        "as with the service, a listing mostly waits.",
        table(header, lines),
    ])  # fmt: skip


def _once(bench: Bench, how: str, url: str, sheet: Path, contacts: int, rows: int) -> Cost:
    """One measured turn. Raises `Failed` when rows or contacts are missing."""
    bench.say(f"{how}, {sheet.suffix[1:]}, {rows:,} rows")
    cost = measure(python("benchmarks.overlap_syncjob", how, url, str(FLYING), sheet))
    wanted = (0 if how == "listing" else rows, 0 if how == "reading" else contacts)
    if (cost.json["rows"], cost.json["contacts"]) != wanted:
        raise Failed(f"{how} found {cost.json['rows']} rows and {cost.json['contacts']} contacts, not {wanted}")
    return cost


def _wall(cost: Cost) -> float:
    return float(str(cost.json["wall"]))
