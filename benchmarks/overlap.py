"""Reading a sheet while the remote is listed: how much of the shorter of the two is saved."""

from __future__ import annotations

from pathlib import Path

from benchmarks import local
from benchmarks.listing import LATENCY, PAGE, standin
from benchmarks.measuring import Failed, measure, median, python, table, told
from benchmarks.settings import Bench

ROWS = 100_000
FLYING = 8
NOWHERE = "http://127.0.0.1:9"
HOWS = ("reading", "listing", "at-once")

Figures = dict[str, dict[str, float]]


def overlap(bench: Bench) -> str:
    """A listing that takes about as long as the reading: each alone, and both at once."""
    rows = min(ROWS, bench.rows)
    local.prepare(bench, rows)
    first = _turn(bench, NOWHERE, bench.folder / f"{rows}.{bench.forms[0]}", 0, rows, "reading")
    pages = max(3, round(first["reading"]["wall"] * FLYING / LATENCY))
    lines = []
    with standin(pages * PAGE, LATENCY) as url:
        for form in bench.forms:
            sheet = bench.folder / f"{rows}.{form}"
            turns = [_turn(bench, url, sheet, pages * PAGE, rows, *HOWS) for _ in range(min(bench.turns, 2))]
            walls = [[turn[how]["wall"] for turn in turns] for how in HOWS]
            reading, listing, at_once = (median(found) for found in walls)
            saved = (reading + listing - at_once) / min(reading, listing)
            lines.append([
                f"{form}, {rows:,} rows, {pages:,} pages", *(told(found, 2) for found in walls),
                f"{reading + listing:.2f}", told([turn["at-once"]["after"] for turn in turns], 2),
                f"**{saved * 100:.0f} %**",
            ])  # fmt: skip
    header = ["", "reading alone, s", "listing alone, s", "at once, s", "the two one after the other, s",
              "listing began after, s", "of the shorter one saved"]  # fmt: skip
    return "\n\n".join([
        f"A sheet is read and normalised, and so many contacts are listed, with {LATENCY * 1000:.0f} ms latency and "
        f"{FLYING} in flight, that both take about the same time. At once, as a run does it, the listing begins when "
        "the reading process has told the header and the first rows. All of it shares this machine's processors; at a "
        "set rate, as with the service, a listing mostly waits.",
        table(header, lines),
    ])  # fmt: skip


def _turn(bench: Bench, url: str, sheet: Path, contacts: int, rows: int, *hows: str) -> Figures:
    """How → its figures. Raises `Failed` when rows or contacts are missing."""
    bench.say(f"{', '.join(hows)}: {sheet.suffix[1:]}, {rows:,} rows")
    found: Figures = measure(python("benchmarks.overlap_syncjob", url, str(FLYING), sheet, *hows)).json  # type: ignore[assignment]
    for how, figures in found.items():
        wanted = (0 if how == "listing" else rows, 0 if how == "reading" else contacts)
        if (figures["rows"], figures["contacts"]) != wanted:
            raise Failed(f"{how}: {figures['rows']} rows and {figures['contacts']} contacts, not {wanted}")
    return found
