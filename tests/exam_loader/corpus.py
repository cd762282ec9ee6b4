"""Valid workbooks of every kind, small: what hostile ones are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from tests.builders_loader import HEADER, archive, binary_workbook, open_document, people, sheet_data, workbook

_XML = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Leads"><Table>{}</Table></Worksheet>'
    "</Workbook>"
)


def by_xlsxwriter(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An xlsx as XlsxWriter writes it: shared strings, all cells text."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Leads")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
    return path


def by_openpyxl(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An xlsx as openpyxl writes it."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells, start=1):
            place = sheet.cell(row, column)
            place.value, place.data_type = cell, "s"
    book.save(path)
    return path


def by_xlwt(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An xls."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Leads")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    book.save(str(path))
    return path


def by_odfpy(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An ods."""
    book = OpenDocumentSpreadsheet()
    table = Table(name="Leads")
    for cells in rows:
        line = TableRow()
        for cell in cells:
            place = TableCell(valuetype="string")
            place.addElement(P(text=cell))
            line.addElement(place)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


def typed(path: Path) -> Path:
    """An xlsx with cells of every type, a hidden row and a merged cell."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Leads")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row("B3", ["Mobile", "Date", "Amount", "Yes", "Sum"])
        for row in range(3, 12):
            sheet.write_string(row, 1, f"+91987650{row:04d}")
            sheet.write_datetime(row, 2, dt.date(2024, 1, row), date)
            sheet.write_number(row, 3, row / 3)
            sheet.write_boolean(row, 4, row % 2 == 0)
            sheet.write_formula(row, 5, "=1/0", None, "#DIV/0!")
        sheet.set_row(5, None, None, {"hidden": True})
        sheet.merge_range("B14:C15", "merged")
    return path


def build(folder: Path) -> Path:
    """One file of every kind in `folder`."""
    folder.mkdir(exist_ok=True)
    rows = [list(HEADER), *people(12)]
    by_xlsxwriter(folder / "written.xlsx", rows)
    by_openpyxl(folder / "openpyxl.xlsx", rows)
    by_xlwt(folder / "old.xls", rows)
    by_odfpy(folder / "odfpy.ods", rows)
    typed(folder / "typed.xlsx")
    cells = {row: dict(enumerate(line)) for row, line in enumerate(rows, start=1)}
    binary_workbook(folder / "binary.xlsb", {1: {0: "Mobile", 1: "Name"}, 2: {0: 9.876500001e9, 1: True}, **cells})
    workbook(folder / "hand.xlsx", {"Leads": sheet_data(dict(enumerate(rows, start=2)))})
    row = (
        "<table:table-row>" + "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>" * 2
    )
    open_document(folder / "hand.ods", row.format("Mobile", "Name") + "</table:table-row>")
    archive(folder / "empty.xlsx", {"xl/workbook.xml": "<workbook/>"})
    lines = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in line) + "</Row>"
        for line in rows
    )
    (folder / "old.xml").write_text(_XML.format(lines), encoding="utf-8")
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in rows)
    (folder / "page.html").write_text(f"<html><body><table>{table}</table></body></html>", encoding="utf-8")
    return folder
