"""The result workbook: Summary first, then the sheets of text.

What enters: `Results` and a path of a file that does not exist yet. What leaves: an .xlsx that opens without a repair
prompt, holds no formula and no link to the outside, and says in its properties which run it is of. The caller writes
aside and renames (`aside.place`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xlsxwriter.workbook import Workbook

from syncjob.results.book import write_book
from syncjob.results.digest import Digest, digest
from syncjob.results.grid import SHEET_ROWS, Grid, place_of, sheet_names, write_grid
from syncjob.results.naming import called
from syncjob.results.palette import Palette
from syncjob.results.sheets import CHANGES, FIXING, REMOTE, RESULTS, fixing_grid, grids
from syncjob.results.summary import Links, Target, write_summary
from syncjob.results.table import Results, RunFacts

SCHEMA = 1
"""Version of the sheets and columns, in the property `syncjob.schema`."""


def write_workbook(results: Results, path: Path, sheet_rows: int = SHEET_ROWS, told: Digest | None = None) -> None:
    """Write the result workbook to `path`; `told` are its words, where they are known already. Raises OSError."""
    made = grids(results)
    links = _links(results, made, sheet_rows)

    def fill(book: Workbook, palette: Palette) -> None:
        write_summary(book, told or digest(results), links, palette)
        for grid in made:
            write_grid(book, grid, palette, sheet_rows)

    _write(path, results.facts, fill)


def write_fixing(results: Results, path: Path, sheet_rows: int = SHEET_ROWS) -> None:
    """Write the needs-fixing workbook: that one sheet, valid input as it stands. Raises as `write_workbook`."""
    _write(
        path,
        results.facts,
        lambda book, palette: write_grid(book, fixing_grid(results), palette, sheet_rows),
    )


def _write(path: Path, facts: RunFacts, fill: Callable[[Workbook, Palette], object]) -> None:
    def whole(book: Workbook) -> None:
        book.set_properties({"title": f"syncjob: {facts.job}, run {facts.run_id}", "author": "syncjob"})
        book.set_custom_property("syncjob.kind", "result", "text")
        book.set_custom_property("syncjob.run", facts.run_id, "text")
        book.set_custom_property("syncjob.schema", str(SCHEMA), "text")
        fill(book, Palette(book))

    write_book(path, whole)


def _links(results: Results, made: tuple[Grid, ...], sheet_rows: int) -> Links:
    """How the Summary finds a row: in Needs fixing where it stands there, else in Results."""
    by_name = {grid.name: grid for grid in made}
    fix = results.to_fix()
    kept = {int(line): at for at, line in enumerate(fix.index[fix])}
    several = len(results.loaded.tables) > 1
    files = called(results.loaded.rows["source"].unique())

    def row(line: int) -> Target:
        name, at = (FIXING, kept[line]) if line in kept else (RESULTS, line)
        sheet, number = place_of(by_name[name], at, sheet_rows)
        origin = results.sync.loc[line, ["sync_source", "sync_sheet", "sync_row"]]
        source = str(origin["sync_source"])
        file = files.get(source, source)
        named = f"row {origin['sync_row']}" + (f", {origin['sync_sheet'] or file}"[:16] if several else "")
        tip = f"{file} {origin['sync_sheet']}".strip() + f", row {origin['sync_row']}"
        return Target(sheet, number, named, tip)

    def contact(line: int) -> Target:
        sheet, number = place_of(by_name[REMOTE], line, sheet_rows)
        found = results.remote_only.loc[line]
        return Target(sheet, number, str(found["number"] if found["number"] == found["number"] else found["sid"]))

    names = {"fixing": FIXING, "changes": CHANGES, "remote": REMOTE}
    sheets = {key: sheet_names(by_name[name], sheet_rows)[0] for key, name in names.items() if name in by_name}
    return Links(sheets, row, contact)
