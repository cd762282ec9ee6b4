"""The outcome columns in a copy of the user's own workbook (`--annotate`): formats, formulas and other sheets stay.

What enters: `Results` and a folder. What leaves: one `NAME-annotated.xlsx` (or .xlsm) per source workbook, with three
columns added to the right of what each read sheet holds. The original is never opened for writing. openpyxl reads and
writes the whole file; what it can't carry over is told.
"""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from syncjob.loader.table import Table
from syncjob.results.aside import place
from syncjob.results.palette import FILLS
from syncjob.results.table import OPEN, Results

KINDS = (".xlsx", ".xlsm")
_LOST = {
    "xl/slicers/": "slicers",
    "xl/threadedComments/": "threaded comments",
    "xl/richData/": "linked data types",
    "xl/ctrlProps/": "check boxes and buttons",
}
HEADER = Font(bold=True)
LONGEST = 32_767


def annotate(results: Results, folder: Path) -> tuple[str, ...]:
    """Write the copies into `folder`, whole or not at all; a sentence about each.

    A source that is no .xlsx or .xlsm, is gone, or can't be opened this way is passed over and named: its rows stand in
    the result workbook.
    """
    said = []
    for source in dict.fromkeys(table.source for table in results.loaded.tables):
        path = Path(source)
        if path.suffix.lower() not in KINDS or not path.is_file():
            said.append(f"{path.name} can't be annotated: only .xlsx and .xlsm workbooks can.")
            continue
        target = folder / f"{path.stem}-annotated{path.suffix.lower()}"
        try:
            made = place(target, partial(_copy, results, source, path))
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
            said.append(f"{path.name} can't be annotated ({error}); its rows stand in the result workbook.")
            continue
        lost = _missing(path)
        said.append(
            f"Your workbook with what became of each row: {made}"
            + (f" (without its {', '.join(lost)})" if lost else "")
        )
    return tuple(said)


def _copy(results: Results, source: str, path: Path, target: Path) -> None:
    book = load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm", rich_text=True)
    rows = results.loaded.rows
    for at, table in enumerate(results.loaded.tables):
        if table.source == source and table.sheet in book.sheetnames:
            lines = rows.index[rows["table"] == at]
            _add(book[table.sheet], table, rows.loc[lines, "row"], results.sync.loc[lines, list(OPEN)])
    book.save(target)


def _add(sheet: Worksheet, table: Table, numbers: pd.Series[int], told: pd.DataFrame) -> None:
    first = sheet.max_column + 1
    for offset, name in enumerate(OPEN):
        head = sheet.cell(table.facts.header_row, first + offset)
        head.value, head.font = name, HEADER
        sheet.column_dimensions[get_column_letter(first + offset)].width = (14, 60, 40)[offset]
    for number, line in zip(numbers.tolist(), told.itertuples(index=False), strict=True):
        for offset, text in enumerate(line):
            cell = sheet.cell(number, first + offset)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", str(text))[:LONGEST]
            cell.data_type = "s"  # never a formula, whatever the text begins with
            cell.alignment = Alignment(wrap_text=offset > 0, vertical="top")
        tint, _, bold = FILLS[str(line[0])]
        sheet.cell(number, first).fill = PatternFill("solid", fgColor=tint.lstrip("#"))
        sheet.cell(number, first).font = Font(bold=bold)


def _missing(path: Path) -> tuple[str, ...]:
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
    return tuple(words for part, words in _LOST.items() if any(name.startswith(part) for name in names))
