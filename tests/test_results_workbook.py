"""The workbook: all text stays text in every reader, and every sheet is where people look for it."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from syncjob.results.cellxml import CUT, MOST, cell, cut
from syncjob.results.sheets import label
from syncjob.results.table import SYNC_COLUMNS, Results, build
from syncjob.results.workbook import write_fixing, write_workbook
from syncjob.schema import FIELD_CHANGES, REMOTE_ONLY
from tests.builders_results import (
    make_changes,
    make_facts,
    make_loaded,
    make_outcomes,
    make_remote_only,
    make_results,
    make_sample,
    make_table,
)

HOSTILE = (
    "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1", "-5", "=1+1", "#N/A", "#REF!", "\tx", " lead", "trail ", "a\nb",
    "tab\there", "<b>&amp;</b>", "<r><t>raw</t></r>", "😀 नमस्ते", "שלום עולם", "http://example.com", "NA", "null",
    "TRUE", "1e5", "0012", "'quoted", "a\u00a0b", "\u200f+91", "]]>",
)  # fmt: skip
ODD = ("\x0b", "a\x00b", "c\r\nd", "\x1f", "_x0041_", "_x0041_x0042_", "_x005F_", "x\x7fy")


def sheets(path: Path) -> dict[str, list[list[object]]]:
    """Every cell of a workbook as calamine reads it: by sheet, then by line."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def written(results: Results, folder: Path, **given: int) -> Path:
    path = folder / "result.xlsx"
    write_workbook(results, path, **given)
    return path


def hostile(values: tuple[str, ...]) -> Results:
    """Hostile texts in every place a text can come from: cells, headers, details, the remote, changes, facts."""
    lines = [[value, value, "x"] for value in values]
    told = [{"outcome": "rejected", "reason": "refused_by_remote", "detail": value, "code": value, "changes": value}
            for value in values]  # fmt: skip
    problems = {at: {"column": "B", "header": value, "value": value} for at, value in enumerate(values)}
    remote = [
        {"number": v, "first_name": v, "custom_field": v, "outcome": "skipped", "reason": "not_owned"} for v in values
    ]
    changes = [{"row_id": 0, "number": v, "field": "tag", "old": v, "new": v, "outcome": "updated"} for v in values]
    return make_results(
        lines, told, (values[0], values[1], "<r>x</r>"), problems, make_remote_only(*remote), make_changes(*changes),
        sources=values, notes=values, refusals=values, listing=values[0], job=values[1], next_command=values[2],
    )  # fmt: skip


def test_hostile_texts_survive_every_sheet_in_both_readers(tmp_path: Path):
    path = written(hostile(HOSTILE), tmp_path)
    for name, column in (("Results", 1), ("Needs fixing", 1), ("Remote only", 0), ("Changes", 2), ("Changes", 3)):
        seen = [str(line[column]) for line in sheets(path)[name][1:]]
        assert seen == list(HOSTILE), name
        sheet = openpyxl.load_workbook(path)[name]
        assert [sheet.cell(at, column + 1).value for at in range(2, len(HOSTILE) + 2)] == list(HOSTILE), name
    assert sheets(path)["Needs fixing"][0][:4] == [HOSTILE[0], HOSTILE[1], "<r>x</r>", "sync_outcome"]


def test_no_sheet_holds_a_formula_an_outside_link_or_a_typed_value(tmp_path: Path):
    path = written(hostile(HOSTILE + ODD), tmp_path)
    for sheet in openpyxl.load_workbook(path).worksheets:
        types = {entry.data_type for line in sheet.iter_rows() for entry in line if entry.value is not None}
        assert types <= ({"s", "n"} if sheet.title == "Summary" else {"s"}), sheet.title
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    assert not [name for name, text in texts.items() if "<f>" in text and "/charts/" not in name]
    assert not [name for name, text in texts.items() if 'TargetMode="External"' in text]


def test_characters_that_xml_cannot_hold_are_written_as_escapes_and_read_back(tmp_path: Path):
    path = written(hostile(ODD), tmp_path)
    seen = [str(line[1]) for line in sheets(path)["Results"][1:]]
    assert seen == list(ODD)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=8))
def test_any_text_comes_back_as_it_was(tmp_path: Path, texts: list[str]):
    clean = [text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") for text in texts]
    path = written(make_results([["1", text, "end"] for text in texts], ["created"] * len(clean)), tmp_path)
    lines = sheets(path)["Results"][1:]
    assert [str(line[1]) for line in lines] == clean
    assert {line[2] for line in lines} == {"end"}


def test_a_text_too_long_for_a_cell_is_cut_visibly_and_said_on_the_summary(tmp_path: Path):
    results = make_results([["1", "x" * 40_000, "y"], ["2", "😀" * 20_000, "y"]], ["created", "created"])
    path = written(results, tmp_path)
    found = [str(line[1]) for line in sheets(path)["Results"][1:]]
    assert all(text.endswith(CUT) and len(text.encode("utf-16-le")) // 2 <= MOST for text in found)
    assert any("2 cells are too long" in str(entry) for line in sheets(path)["Summary"] for entry in line)


def test_half_a_surrogate_pair_does_not_break_the_file():
    assert cut("a\ud800") == "a\ufffd"
    assert cell("A1", 0, "") == '<c r="A1" s="0"/>'


def test_more_rows_than_a_sheet_holds_continue_on_the_next_and_links_follow(tmp_path: Path):
    told = ["created"] * 7 + [{"outcome": "failed", "reason": "temporary_trouble"}]
    results = make_results([[str(at), "x", "y"] for at in range(8)], told)
    path = written(results, tmp_path, sheet_rows=4)
    found = sheets(path)
    assert list(found) == ["Summary", "Results", "Results 2", "Results 3"]
    assert [line[0] for name in list(found)[1:] for line in found[name][1:]] == [str(at) for at in range(8)]
    assert {tuple(found[name][0]) for name in list(found)[1:]} == {("Mobile", "Name", "City", *SYNC_COLUMNS)}
    links = [entry.hyperlink.location for line in openpyxl.load_workbook(path)["Summary"].iter_rows()
             for entry in line if entry.hyperlink]  # fmt: skip
    assert "'Results 3'!A3" in links


def test_every_link_of_the_summary_leads_to_its_row(tmp_path: Path):
    book = openpyxl.load_workbook(written(make_sample(), tmp_path))
    checked = 0
    for entry in (entry for line in book["Summary"].iter_rows() for entry in line if entry.hyperlink):
        sheet, row = re.fullmatch(r"'(.+)'!A(\d+)", entry.hyperlink.location).groups()
        if entry.value.startswith("row "):
            last = max(at for at in range(1, 40) if book[sheet].cell(1, at).value)
            assert book[sheet].cell(int(row), last).value == entry.value.removeprefix("row ")
            checked += 1
    assert checked >= 10


def test_several_tables_say_in_their_links_where_a_row_is_from(tmp_path: Path):
    north, south = (make_table([["1", "a", "b"]], sheet=name) for name in ("North", "South"))
    failed = {"outcome": "failed", "reason": "temporary_trouble"}
    given = (make_facts(), make_loaded(north, south), make_outcomes(failed, failed))
    path = written(build(*given, REMOTE_ONLY.empty(), FIELD_CHANGES.empty()), tmp_path)
    texts = {str(entry) for line in sheets(path)["Summary"] for entry in line}
    assert {"row 2, North", "row 2, South"} <= texts


def test_empty_sheets_are_left_out_but_summary_and_results_never(tmp_path: Path):
    assert list(sheets(written(make_results([["1", "a", "b"]], ["created"]), tmp_path))) == ["Summary", "Results"]
    assert list(sheets(written(make_results([], []), tmp_path))) == ["Summary", "Results"]
    full = list(sheets(written(make_sample(), tmp_path)))
    assert full == ["Summary", "Results", "Needs fixing", "Remote only", "Changes"]


def test_the_results_sheet_is_frozen_filtered_folded_and_printable(tmp_path: Path):
    sheet = openpyxl.load_workbook(written(make_sample(), tmp_path))["Results"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:T41"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$1"
    dimensions = sheet.column_dimensions
    assert not any(dimensions[letter].hidden for letter in "FGH")
    assert dimensions["I"].hidden
    assert (dimensions["I"].outlineLevel, dimensions["I"].max) == (1, 20) or dimensions["T"].hidden


def test_all_cells_of_the_text_sheets_are_formatted_as_text_even_below_the_last_row(tmp_path: Path):
    book = openpyxl.load_workbook(written(make_sample(), tmp_path))
    for name in ("Results", "Needs fixing", "Remote only", "Changes"):
        formats = {entry.number_format for line in book[name].iter_rows() for entry in line if entry.value is not None}
        assert formats == {"@"}
        with zipfile.ZipFile(tmp_path / "result.xlsx") as archive:
            xml = archive.read(f"xl/worksheets/sheet{book.sheetnames.index(name) + 1}.xml").decode()
        assert 'numberStoredAsText="1"' in xml
        assert re.search(r'<col min="1"[^>]* style="\d+"', xml)


def test_colours_follow_the_outcome_column_and_only_outcomes_that_occur(tmp_path: Path):
    sheet = openpyxl.load_workbook(written(make_results([["1", "a", "b"]], ["held"]), tmp_path))["Results"]
    rules = [(str(area.sqref), rule.formula) for area, found in sheet.conditional_formatting._cf_rules.items()
             for rule in found]  # fmt: skip
    thin_lines = ("A2:R2", ["TRUE"])
    assert rules == [("D2", ['$D2="held"']), ("E2", ['$D2="held"']), thin_lines]


def test_the_offending_cell_is_coloured_and_has_a_comment_even_when_it_is_empty(tmp_path: Path):
    book = openpyxl.load_workbook(written(make_sample(), tmp_path))
    empty = book["Results"]["A19"]
    assert empty.value is None
    assert empty.fill.fgColor.rgb == "FFFFE699"
    assert empty.comment.text.startswith("Please fix. There is no phone number in this row.")
    assert book["Results"]["B19"].comment is None


@pytest.mark.parametrize("write", [write_workbook, write_fixing])
def test_the_file_says_which_run_it_is_of(tmp_path: Path, write: object):
    write(make_sample(), tmp_path / "x.xlsx")  # type: ignore[operator]
    properties = openpyxl.load_workbook(tmp_path / "x.xlsx").custom_doc_props
    found = {entry.name: entry.value for entry in properties.props}
    assert found == {"syncjob.kind": "result", "syncjob.run": "20261121-0200-k3f9", "syncjob.schema": "1"}


def test_needs_fixing_is_valid_input_as_it_stands(tmp_path: Path):
    write_fixing(make_sample(), tmp_path / "x.xlsx")
    found = sheets(tmp_path / "x.xlsx")
    assert list(found) == ["Needs fixing"]
    assert found["Needs fixing"][0][:6] == ["Mobile", "Name", "Email", "City", "Status", "sync_outcome"]
    assert found["Needs fixing"][1][:2] == ["98765", "Asha Rao"]


def test_fields_have_names_for_people():
    assert label("first_name") == "First name"
    assert label("custom_field.loyalty.tier") == "Custom field: loyalty.tier"
