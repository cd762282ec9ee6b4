"""Workbooks of every kind: one text form, exact row numbers, everything wrong named."""

# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt
from openpyxl.utils import get_column_letter

from syncjob.errors import SourceError
from syncjob.loader.cells import moment_of, real
from syncjob.loader.flaw import column_of, letter
from syncjob.loader.limits import DEFAULT
from syncjob.loader.xlsx import XlsxBook
from tests.builders_loader import (
    archive,
    binary_workbook,
    flaws,
    lines,
    notes,
    open_document,
    read,
    sheet_data,
    text_cell,
    workbook,
)

VALUES = [919101234511, 0.1, 1.5e-7, True, dt.date(2024, 1, 5), dt.datetime(2024, 1, 5, 10, 30), dt.time(10, 30), "007"]
SHOWN = ["919101234511", "0.1", "0.00000015", "TRUE", "2024-01-05", "2024-01-05 10:30:00", "10:30:00", "007"]
NAMES = ["Mobile", "b", "c", "d", "e", "f", "g", "h"]


def by_openpyxl(path: Path) -> Path:
    """The values in C4:J4 below a header in row 3; row 1 and 2 and columns A and B are blank."""
    book = openpyxl.Workbook()
    for at, (name, value) in enumerate(zip(NAMES, VALUES, strict=True), start=3):
        book.active.cell(3, at, name)
        book.active.cell(4, at, value)
        book.active.cell(6, at, "x")
    book.save(path)
    return path


def by_xlwt(path: Path) -> Path:
    """The same as an xls."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    formats = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.time: "hh:mm:ss"}
    for at, (name, value) in enumerate(zip(NAMES, VALUES, strict=True), start=2):
        style = xlwt.easyxf(num_format_str=formats[type(value)]) if type(value) in formats else xlwt.easyxf()
        sheet.write(2, at, name)
        sheet.write(3, at, value, style)
        sheet.write(5, at, "x")
    book.save(str(path))
    return path


def by_hand(path: Path) -> Path:
    """The same as an ods."""
    kinds = {float: "float", int: "float"}
    cells = ""
    for value, shown in zip(VALUES, SHOWN, strict=True):
        if type(value) in kinds:
            cells += f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
        elif value is True:
            cells += '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        elif isinstance(value, dt.date):
            cells += f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
        elif isinstance(value, dt.time):
            cells += '<table:table-cell office:value-type="time" office:time-value="PT10H30M00S"/>'
        else:
            cells += f'<table:table-cell office:value-type="string"><text:p>{shown}</text:p></table:table-cell>'
    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    text = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = "<table:table-row>{}</table:table-row>"
    return open_document(
        path,
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        + row.format(blank + "".join(text.format(name) for name in NAMES))
        + row.format(blank + cells)
        + row.format("<table:table-cell/>")
        + row.format(blank + text.format("x") * len(NAMES))
        + '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>',
    )


def by_records(path: Path) -> Path:
    """The same as an xlsb; it knows dates by style only, so those stand as text."""
    cells = {2 + at: v if isinstance(v, str | bool) else float(v) for at, v in enumerate(VALUES[:4])}
    cells |= {6 + at: shown for at, shown in enumerate(SHOWN[4:])}
    return binary_workbook(
        path, {3: {2 + at: n for at, n in enumerate(NAMES)}, 4: cells, 6: dict.fromkeys(range(2, 10), "x")}
    )


@pytest.mark.parametrize("make", [by_openpyxl, by_xlwt, by_hand, by_records], ids=["xlsx", "xls", "ods", "xlsb"])
def test_every_engine_gives_one_text_form_and_exact_places(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    found = read(make(tmp_path / "leads.bin"))[0]
    assert found.headers == NAMES
    assert lines(found)[0] == SHOWN
    assert found.rows.tolist() == [4, 6]
    assert [letter(at) for at in found.letters] == list("CDEFGHIJ")
    assert found.facts["header_row"] == 3
    assert not found.flaws


def rich_sheet(path: Path, count: int = 40) -> Path:
    """A sheet with everything that the fast engine shows in another form or loses."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "A title"
    for at, name in enumerate(["Mobile", "Name", "When", "Sum", "Flag", "Big"], start=2):
        sheet.cell(4, at, name)
    for row in range(5, 5 + count):
        values: list[object] = [919876500000 + row, f"P {row} <&> _x000D_", dt.datetime(2024, 1, row % 28 + 1), row / 7]
        values += [row % 2 == 0, 1e21 if row % 5 == 0 else 123]
        for at, value in enumerate(values, start=2):
            sheet.cell(row, at, value)
    sheet["C7"] = "#N/A"
    sheet["D8"] = "=1+1"
    sheet["D9"] = dt.time(9, 5)
    sheet.row_dimensions[10].hidden = True
    sheet.merge_cells("B12:B13")
    book.save(path)
    return path


def test_the_fast_and_the_careful_reader_agree(tmp_path: Path) -> None:
    path = rich_sheet(tmp_path / "rich.xlsx")
    told: list[int] = []
    fast = XlsxBook(path, DEFAULT, large=0, before_fast=lambda: told.append(1)).read("Sheet")
    careful = XlsxBook(path, DEFAULT, careful=True).read("Sheet")
    assert told, "the fast engine was used"
    assert fast.rows.tolist() == careful.rows.tolist()
    assert {at: c.to_pylist() for at, c in fast.columns.items()} == {
        at: c.to_pylist() for at, c in careful.columns.items()
    }
    assert sorted(fast.flaws, key=str) == sorted(careful.flaws, key=str)
    assert (fast.hidden, fast.merged) == (careful.hidden, careful.merged)


def test_both_readers_find_the_columns_of_a_wide_sheet_and_none_where_cells_are_only_coloured(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for at in (1, 2, 30, *range(40, 120)):
        sheet.cell(1, at, f"H{at}")
        sheet.cell(2 + at % 3, at, f"cell {at}")
    sheet.cell(3, 3).fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")
    book.save(tmp_path / "wide.xlsx")
    fast = XlsxBook(tmp_path / "wide.xlsx", DEFAULT, large=0)._fast("Sheet", "xl/worksheets/sheet1.xml")
    careful = XlsxBook(tmp_path / "wide.xlsx", DEFAULT, careful=True).read("Sheet")
    assert fast is not None
    filled = {at: cells.to_pylist() for at, cells in fast.columns.items() if any(cells.to_pylist())}
    assert filled == {at: cells.to_pylist() for at, cells in careful.columns.items()}


def test_errors_formulas_without_value_and_lost_digits_are_named(tmp_path: Path) -> None:
    found = read(rich_sheet(tmp_path / "rich.xlsx"))[0]
    named = flaws(found)
    assert (7, 2, "error_cell", "#N/A") in named
    assert (8, 3, "formula_without_value", "=1+1") in named
    assert (5, 6, "number_damaged", "1000000000000000000000") in named
    assert "1 hidden or filtered row" in notes(found)
    assert "1 merged cell" in notes(found)
    assert found.facts["hidden_rows"] == 1
    assert "Row 2 above the header (row 4)" in notes(found)


def test_a_last_row_with_a_flaw_keeps_its_cells(tmp_path: Path) -> None:
    error = '<c r="C2" t="e"><v>#N/A</v></c></row></sheetData>'
    content = sheet_data({1: ["Mobile", "Name", "Sum"], 2: ["98765", "Asha"]}).replace("</row></sheetData>", error)
    found = read(workbook(tmp_path / "e.xlsx", {"Leads": content}))[0]
    assert lines(found) == [["98765", "Asha", "#N/A"]]
    assert flaws(found) == [(2, 2, "error_cell", "#N/A")]


def test_what_a_formula_saved_is_read(tmp_path: Path) -> None:
    cells = text_cell("A2", "98765") + '<c r="B2" t="str"><f>A2&amp;""</f><v></v></c><c r="C2"><f>1+1</f><v>2</v></c>'
    head = sheet_data({1: ["Mobile", "Name", "Sum"]}).replace("</sheetData>", f'<row r="2">{cells}</row></sheetData>')
    found = read(workbook(tmp_path / "f.xlsx", {"Leads": head}))[0]
    assert lines(found) == [["98765", "", "2"]]
    assert not found.flaws


def test_error_cells_and_hidden_rows_of_binary_workbooks_are_found(tmp_path: Path) -> None:
    rows = {1: {0: "Mobile", 1: "Name"}, 2: {0: 9876500001.0, 1: "#N/A"}, 3: {0: "9876500002", 1: "Ravi"}}
    found = read(binary_workbook(tmp_path / "l.xlsb", rows, hidden=[3]))[0]
    assert flaws(found) == [(2, 1, "error_cell", "#N/A")]
    assert found.facts["hidden_rows"] == 1
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    for place, value in {(0, 0): "Mobile", (0, 1): "Name", (1, 0): "98765", (2, 0): "98766"}.items():
        sheet.write(*place, value)
    sheet.row(1).set_cell_error(1, "#DIV/0!")
    sheet.row(2).hidden = True
    book.save(str(tmp_path / "l.xls"))
    found = read(tmp_path / "l.xls")[0]
    assert flaws(found) == [(2, 1, "error_cell", "#DIV/0!")]
    assert found.facts["hidden_rows"] == 1


def ods_row(*cells: str, kind: str = "") -> str:
    """A row of an ods."""
    return f"<table:table-row{kind}>{''.join(cells)}</table:table-row>"


def ods_cell(text: str, kind: str = "") -> str:
    """A cell of an ods."""
    return f"<table:table-cell{kind}><text:p>{text}</text:p></table:table-cell>"


ODS_HEAD = ods_row(ods_cell("Mobile"), ods_cell("Name"))
ODS_BARE = '<table:table-cell table:formula="of:=1+1"/>'


def test_errors_and_hidden_rows_of_an_ods_are_found(tmp_path: Path) -> None:
    error = ods_cell("#N/A", ' table:formula="of:=NA()" office:value-type="string" office:string-value=""')
    rows = ods_row(ods_cell("98765"), error, kind=' table:visibility="filter"')
    rows += ods_row(ods_cell('a<text:s text:c="2"/>b'), ODS_BARE)
    found = read(open_document(tmp_path / "l.ods", ODS_HEAD + rows))[0]
    assert flaws(found) == [(2, 1, "error_cell", "#N/A")], "where a program calculates, no value is an empty text"
    assert lines(found)[1][0] == "a  b"
    assert found.facts["hidden_rows"] == 1


def test_a_formula_of_an_ods_that_was_never_calculated_is_named(tmp_path: Path) -> None:
    found = read(open_document(tmp_path / "l.ods", ODS_HEAD + ods_row(ods_cell("98765"), ODS_BARE)))[0]
    assert flaws(found) == [(2, 1, "formula_without_value", "of:=1+1")]


def test_strict_ooxml_is_read(tmp_path: Path) -> None:
    content = sheet_data({2: ["Name", "Mobile"], 3: ["Asha", "9876500001"]}, left="B")
    content = content.replace("</row></sheetData>", '<c r="D3" t="d"><v>2024-01-05T10:30:00</v></c></row></sheetData>')
    found = read(workbook(tmp_path / "s.xlsx", {"Leads": content}, strict=True))[0]
    assert lines(found) == [["Asha", "9876500001", "2024-01-05 10:30:00"]]
    assert found.rows.tolist() == [3]


def test_a_prefixed_workbook_without_cell_references_is_read(tmp_path: Path) -> None:
    rows = "<x:row><x:c t='inlineStr'><x:is><x:t>{}</x:t></x:is></x:c><x:c><x:v>{}</x:v></x:c></x:row>"
    space = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    content = (
        f"<x:worksheet {space}><x:sheetData>{rows.format('Mobile', 1)}{rows.format('a', 2)}</x:sheetData></x:worksheet>"
    )
    with zipfile.ZipFile(workbook(tmp_path / "q.xlsx", {"Leads": ""})) as made:
        parts: dict[str, str | bytes] = {name: made.read(name) for name in made.namelist()}
    archive(tmp_path / "r.xlsx", {**parts, "xl/worksheets/sheet1.xml": content})
    assert lines(read(tmp_path / "r.xlsx")[0]) == [["a", "2"]]


def test_the_sheet_with_the_contacts_is_read_and_others_are_named(tmp_path: Path) -> None:
    leads = sheet_data({1: ["Name", "Mobile"], 2: ["Asha", "9876500001"]})
    sheets = {"Readme": sheet_data({1: ["How to use this"]}), "Leads": leads, "More": leads, "Old": leads}
    path = workbook(tmp_path / "b.xlsx", sheets, states={"Old": "hidden"})
    found = read(path)
    assert [table.sheet for table in found] == ["Leads"]
    assert found[0].facts["other_sheets"] == ("More",)
    assert found[0].facts["hidden_sheets"] == ("Old",)
    assert [table.sheet for table in read(path, sheet=["More", "leads "])] == ["More", "Leads"]
    assert read(path, sheet="Old")[0].rows.tolist() == [2]
    with pytest.raises(SourceError, match="no sheet “Nope”"):
        read(path, sheet="Nope")


def test_all_reads_every_visible_sheet_that_holds_anything(tmp_path: Path) -> None:
    leads = sheet_data({1: ["Name", "Mobile"], 2: ["Asha", "9876500001"]})
    path = workbook(
        tmp_path / "b.xlsx", {"A": leads, "B": leads, "C": "<sheetData/>", "D": leads}, states={"D": "veryHidden"}
    )
    assert [table.sheet for table in read(path, sheet="all")] == ["A", "B"]


def test_a_result_workbook_fed_back_is_recognised(tmp_path: Path) -> None:
    ours = sheet_data({1: ["Name", "Mobile", "sync_outcome"], 2: ["Asha", "9876500001", "invalid"]})
    custom = '<Properties xmlns:vt="y"><property name="syncjob.run"><vt:lpwstr>R7</vt:lpwstr></property></Properties>'
    sheets = {"Summary": sheet_data({1: ["Summary"]}), "Results": ours, "Needs fixing": ours}
    found = read(workbook(tmp_path / "r.xlsx", sheets, extra={"docProps/custom.xml": custom}))[0]
    assert (found.sheet, found.facts["result_of"]) == ("Needs fixing", "R7")
    found = read(workbook(tmp_path / "u.xlsx", sheets))[0]
    assert (found.sheet, found.facts["result_of"]) == ("Needs fixing", "unknown")


def test_merged_headers_give_every_column_its_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for place, text in {
        "A1": "Mobile",
        "B1": "Person",
        "B2": "First Name",
        "C2": "Last Name",
        "A3": "98765",
        "B3": "A",
    }.items():
        sheet[place] = text
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "m.xlsx")
    found = read(tmp_path / "m.xlsx")[0]
    assert found.headers == ["Mobile", "First Name", "Last Name"]
    assert found.rows.tolist() == [3]


def test_html_saved_as_xls_is_read(tmp_path: Path) -> None:
    page = (
        "<html><head><style>td{color:red}</style></head><table><tr><td>Menu</td></tr></table><table>"
        "<tr><th>Name</th><th>Mobile</th><th>City</th></tr>"
        "<tr><td rowspan=2>Zo&euml;</td><td>0098765</td><td>K&amp;B</td></tr>"
        "<tr><td>0098766</td><td>x<br>y</td></table></html>"
    )
    (tmp_path / "l.xls").write_text(page)
    found = read(tmp_path / "l.xls")[0]
    assert lines(found) == [["Zoë", "0098765", "K&B"], ["", "0098766", "x\ny"]]
    assert found.facts["format"] == "html"
    assert "an HTML page" in notes(found)


@pytest.mark.parametrize(
    ("charset", "encoding"), [("windows-1252", "cp1252"), ("utf-8", "utf-8"), ("x-nobody", "utf-8")]
)
def test_html_is_read_in_the_charset_it_states(tmp_path: Path, charset: str, encoding: str) -> None:
    page = f"<meta charset={charset}><table><tr><td>Name<td>Mobile<tr><td>Zoë<td>0098765</table>"
    (tmp_path / "l.xls").write_bytes(page.encode(encoding))
    assert lines(read(tmp_path / "l.xls")[0]) == [["Zoë", "0098765"]]


def test_xml_spreadsheet_2003_is_read(tmp_path: Path) -> None:
    cell = '<Cell><Data ss:Type="{}">{}</Data></Cell>'
    space = (
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    )
    rows = f"<Row>{cell.format('String', 'Mobile')}{cell.format('String', 'When')}</Row>"
    values = cell.format("Number", "919876500001") + cell.format("DateTime", "2024-01-05T00:00:00.000")
    rows += f'<Row ss:Index="4">{values}</Row>'
    page = f'<?xml version="1.0"?><Workbook {space}><Worksheet ss:Name="L"><Table>{rows}</Table></Worksheet></Workbook>'
    (tmp_path / "l.xls").write_text(page)
    found = read(tmp_path / "l.xls")[0]
    assert lines(found) == [["919876500001", "2024-01-05"]]
    assert found.rows.tolist() == [4]


def test_a_csv_saved_as_xls_or_xlsx_is_read(tmp_path: Path) -> None:
    (tmp_path / "l.xlsx").write_text("Name;Mobile\nAsha;0098765\n")
    found = read(tmp_path / "l.xlsx")[0]
    assert lines(found) == [["Asha", "0098765"]]
    assert "The name ends in .xlsx, but it is a text file" in notes(found)


def test_a_sheet_without_a_header_needs_header_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "n.xlsx", {"L": sheet_data({2: ["Asha", "9876500001"], 3: ["Ravi", "9876500002"]})})
    with pytest.raises(SourceError) as caught:
        read(path)
    assert caught.value.code == "source_unmapped"
    assert lines(read(path, header_row=2)[0]) == [["Ravi", "9876500002"]]
    with pytest.raises(SourceError, match="row 7 is named"):
        read(path, header_row=7)


@pytest.mark.parametrize(
    ("format_id", "code", "moment"),
    [
        (0, None, ""), (14, None, "date"), (46, None, "elapsed"), (164, "yyyy-mm-dd", "date"),
        (164, "[h]:mm", "elapsed"),
        (164, '0.00 "days"', ""), (164, "[Red]0.0", ""), (164, "General", ""), (164, "h:mm AM/PM", "date"),
        (164, "\\d0", ""),
    ],
)  # fmt: skip
def test_number_formats_that_show_dates_are_known(format_id: int, code: str | None, moment: str) -> None:
    assert moment_of(format_id, code) == moment


def test_numbers_and_columns_have_one_text_form() -> None:
    assert [real(value)[0] for value in (1.0, -0.0, 0.1, 1e-7, 1e15, 2.5e300)] == [
        "1", "0", "0.1", "0.0000001", "1000000000000000", "2.5e+300",
    ]  # fmt: skip
    assert real(1e15)[1] == "number_damaged"
    assert all(
        letter(at) == get_column_letter(at + 1) and column_of(letter(at)) == at for at in (0, 25, 26, 701, 702, 16383)
    )


def test_lists_of_one_column_are_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "o.xlsx", {"L": sheet_data({1: ["Mobile"], 2: ["9876500001"]})})
    assert lines(read(path)[0]) == [["9876500001"]]
