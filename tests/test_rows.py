"""Tables → rows: clean text, fields that say nothing, keep or clear, and every problem with its cell."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.errors import SourceError
from syncjob.loader.table import Facts
from syncjob.schema import ROWS
from tests.builders_rows import load, make_table

PEOPLE = ("Mobile", "First Name", "Last Name", "Points")
JSON_TEXT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def said(rows: pd.DataFrame, name: str) -> list[str | None]:
    return [None if pd.isna(value) else value for value in rows[name]]


def test_every_line_of_every_table_is_one_row_in_order():
    first = make_table(PEOPLE, ["9876500001", "Asha", "Rao", ""], ["bad", "Bina", "", ""])
    second = make_table(PEOPLE, ["9876500002", "Chand", "", ""], source="more.xlsx", sheet="May")
    rows = load(first, second).rows
    assert list(rows["row_id"]) == [0, 1, 2]
    assert list(rows["table"]) == [0, 0, 1]
    assert list(rows["row"]) == [2, 3, 2]
    assert said(rows, "sheet") == [None, None, "May"]
    assert said(rows, "number") == ["+919876500001", None, "+919876500002"]
    ROWS.check(rows)


def test_texts_are_trimmed_at_the_ends_and_kept_inside():
    line = ["\u00a0 9876500001\t", "\u200b Asha  Devi \n", "O\u2019Neil\u200d", "\x01"]
    rows = load(make_table(PEOPLE, line), Points="tag").rows
    assert said(rows, "first_name") == ["Asha  Devi"]
    assert said(rows, "last_name") == ["O\u2019Neil\u200d"]
    assert said(rows, "tag") == ["\x01"]
    assert said(rows, "raw") == ["\u00a0 9876500001\t"]


@pytest.mark.parametrize("text", ["NA", "null", "None", "nan", "0012", "=1+1", "1.0", "TRUE"])
def test_texts_that_look_like_something_else_stay_text(text: str):
    rows = load(make_table(PEOPLE, ["9876500001", text, "", text]), Points="custom_field.p").rows
    assert said(rows, "first_name") == [text]
    assert json.loads(rows["custom_field"][0]) == {"p": text}


@pytest.mark.parametrize(("blank", "expected"), [("keep", None), ("clear", "")])
def test_a_blank_cell_is_kept_or_cleared_and_an_absent_column_says_nothing(blank: str, expected: str | None):
    rows = load(make_table(["Mobile", "First Name"], ["9876500001", " "]), blank=blank).rows
    assert said(rows, "first_name") == [expected]
    assert said(rows, "email") == [None]
    assert said(rows, "custom_field") == [None]


def test_the_text_clear_always_empties():
    table = make_table(PEOPLE, ["9876500001", "#CLEAR", " #clear ", "#CLEAR"])
    rows = load(table, Points="custom_field.points").rows
    assert said(rows, "first_name") == [""]
    assert said(rows, "last_name") == [""]
    assert said(rows, "custom_field") == ['{"points":""}']


def test_custom_columns_become_one_nested_object_with_sorted_keys():
    table = make_table(["Mobile", "Z", "B", "A"], ["9876500001", "1", "x", "y"], ["9876500002", "", "", ""])
    rows = load(table, Z="custom_field.z", B="custom_field.k.b", A="custom_field.k.a").rows
    assert said(rows, "custom_field") == ['{"k":{"a":"y","b":"x"},"z":"1"}', None]
    assert said(load(table, blank="clear", Z="custom_field.z").rows, "custom_field")[1] == '{"z":""}'


def test_a_column_of_whole_objects_is_merged_with_single_columns():
    whole = '{"b": {"x": 1, "y": [2, 18446744073709551615]}, "a": null}'
    lines = [["9876500001", whole, "new"], ["9876500002", "", "only"], ["9876500003", "#CLEAR", "left"]]
    table = make_table(["Mobile", "Custom Field", "X"], *lines, ["9876500004", "#CLEAR", ""])
    rows = load(table, X="custom_field.b.x").rows
    assert said(rows, "custom_field") == [
        '{"a":null,"b":{"x":"new","y":[2,18446744073709551615]}}',
        '{"b":{"x":"only"}}',
        '{"b":{"x":"left"}}',
        "",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        '"x"',
        "{",
        "12",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": 18446744073709551616}',
        '{"a": [-9223372036854775809]}',
        '{"a": "\\ud800"}',
        '{"a":' + "[" * 9000 + "]" * 9000 + "}",
    ],
)
def test_a_cell_that_should_hold_an_object_and_does_not_is_named(text: str):
    rows = load(make_table(["Mobile", "custom_field"], ["9876500001", text])).rows
    problem = rows.loc[0, ["outcome", "reason", "column", "header", "value"]]
    assert list(problem) == ["invalid", "custom_field_invalid", "B", "custom_field", text]
    assert said(rows, "number") == ["+919876500001"]  # its twin is known, and freezes


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12))
@settings(deadline=None, max_examples=25)
def test_any_text_survives_in_a_custom_field(pairs: list[tuple[str, str]]):
    lines = [["9876500001", left, right] for left, right in pairs]
    rows = load(make_table(["Mobile", "L", "R"], *lines), blank="clear", L="custom_field.l", R="custom_field.m.r").rows
    firsts = load(make_table(["Mobile", "L", "R"], *lines), blank="clear", L="first_name", R="last_name").rows
    for custom, left, right in zip(rows["custom_field"], firsts["first_name"], firsts["last_name"], strict=True):
        assert json.loads(custom) == {"l": left, "m": {"r": right}}


@given(st.dictionaries(st.text(max_size=4), JSON_TEXT, max_size=4))
@settings(deadline=None, max_examples=40)
def test_any_object_survives_as_a_whole(value: dict[str, object]):
    rows = load(make_table(["Mobile", "custom_field"], ["9876500001", json.dumps(value, ensure_ascii=False)])).rows
    assert json.loads(rows["custom_field"][0]) == value
    assert list(json.loads(rows["custom_field"][0])) == sorted(value)


def test_a_number_that_can_not_be_read_is_named_by_its_cell():
    rows = load(make_table(["Name", "Mobile"], ["Asha", " 98765 "], ["Bina", "9.19E+11"], ["Chand", ""])).rows
    assert said(rows, "outcome") == ["invalid"] * 3
    assert said(rows, "reason") == ["number_too_short", "number_damaged", "number_missing"]
    assert said(rows, "column") == ["B"] * 3
    assert said(rows, "header") == ["Mobile"] * 3
    assert said(rows, "value") == [" 98765 ", "9.19E+11", ""]


def test_a_damaged_cell_counts_only_where_its_column_is_mapped():
    problems = [(0, 1, "error_cell", "#N/A"), (1, 2, "error_cell", "#REF!")]
    lines = [["9876500001", "#N/A", ""], ["9876500002", "Bina", "#REF!"]]
    rows = load(make_table(["Mobile", "First Name", "Notes"], *lines, problems=problems)).rows
    assert said(rows, "reason") == ["error_cell", None]
    assert list(rows.loc[0, ["column", "header", "value", "number"]]) == ["B", "First Name", "#N/A", "+919876500001"]


def test_of_several_problems_the_gravest_is_shown():
    problems = [(0, 1, "error_cell", "#N/A"), (0, -1, "row_damaged", "9876500001;x")]
    problems += [(1, 1, "error_cell", "#N/A"), (1, 0, "formula_without_value", "")]
    rows = load(make_table(["Mobile", "First Name"], ["9876500001", ""], ["", ""], problems=problems)).rows
    assert said(rows, "reason") == ["row_damaged", "formula_without_value"]
    assert said(rows, "column") == [None, "A"]
    assert said(rows, "value") == ["9876500001;x", ""]


def test_a_damaged_line_or_key_cell_leaves_no_number():
    problems = [(0, -1, "row_damaged", "line"), (1, 0, "number_damaged", "919876500002000000")]
    rows = load(make_table(["Mobile"], ["9876500001"], ["9876500002"], problems=problems)).rows
    assert said(rows, "number") == [None, None]
    assert said(rows, "raw") == ["9876500001", "9876500002"]


@pytest.mark.parametrize(
    "line",
    [
        ["", "Total", "", "15"],
        ["1", "Grand Total:", "", "15"],
        ["Total contacts: 3", "", "", ""],
        ["Gesamt", "", "", "15,00"],
        ["", "TOTAL", "", "₹ 1,234.50"],
        ["कुल", "", "", "15"],
    ],
)
def test_a_labelled_total_is_left_out(line: list[str]):
    rows = load(make_table(PEOPLE, ["9876500001", "Asha", "", "15"], line)).rows
    assert said(rows, "outcome") == [None, "skipped"]
    assert said(rows, "reason") == [None, "not_a_contact"]
    assert said(rows, "column") == [None, None]


@pytest.mark.parametrize(
    "line",
    [
        ["", "Total", "Energy", "15"],
        ["", "Totally", "", ""],
        ["", "Asha", "", "30"],
        ["98765", "", "", "15"],
        ["98765", "Sum", "", "15"],
        ["12", "", "", "5"],
        ["", "", "", "7"],
    ],
)
def test_a_person_without_a_number_is_never_taken_for_a_total(line: list[str]):
    people = [[f"987650000{at}", "Asha", "", "5"] for at in range(5)]
    rows = load(make_table(PEOPLE, *people, line)).rows
    assert said(rows, "outcome")[-1] == "invalid"


def test_a_person_called_total_with_a_number_is_a_contact():
    rows = load(make_table(PEOPLE, ["9876500001", "Total", "", "1"])).rows
    assert said(rows, "outcome") == [None]


@pytest.mark.parametrize("last", [["", "", "", "50"], ["5", "", "", ""], ["5", "", "", "5"], ["", "", "", "50.00"]])
def test_a_last_line_of_sums_and_counts_is_a_total(last: list[str]):
    people = [[f"987650000{at}", "Asha", "", "10"] for at in range(5)]
    rows = load(make_table(PEOPLE, *people, last)).rows
    assert said(rows, "reason")[-1] == "not_a_contact"
    moved = load(make_table(PEOPLE, last, *people)).rows
    assert said(moved, "outcome")[0] == "invalid"


def test_a_damaged_total_is_still_damaged():
    table = make_table(PEOPLE, ["", "Total", "", "1"], problems=[(0, -1, "row_damaged", "Total,1")])
    assert said(load(table).rows, "reason") == ["row_damaged"]


def test_a_row_fed_back_is_read_by_its_own_columns_and_makes_the_run_partial():
    headers = ["Mobile", "First Name", "sync_outcome", "sync_number"]
    table = make_table(headers, ["9876500001", "Asha", "invalid", "9"], facts=Facts("xlsx", result_of="r-7"))
    loaded = load(table, unmapped="custom_field")
    assert "r-7" in (loaded.partial or "")
    assert said(loaded.rows, "number") == ["+919876500001"]
    assert said(loaded.rows, "custom_field") == [None]


def test_a_file_that_is_cut_off_makes_the_run_partial():
    whole = make_table(PEOPLE, ["9876500001", "", "", ""])
    cut = make_table(PEOPLE, ["9876500002", "", "", ""], source="cut.csv", facts=Facts("csv", cut_off=True))
    assert load(whole).partial is None
    assert "cut.csv" in (load(whole, cut).partial or "")


def test_a_trailing_point_zero_is_said_aloud():
    table = make_table(["Mobile"], ["9876500001"], ["9876500002.0"], ["9876500003.0"])
    loaded = load(table)
    assert loaded.mappings[0].notes == ("2 numbers: trailing .0 taken off (row 3 first).",)
    assert said(loaded.rows, "outcome") == [None] * 3


def test_another_key_is_text_as_it_stands():
    table = make_table(["Contact ID", "Mobile"], [" 0012-0 ", "9876500001"], ["", "9876500002"])
    rows = load(table, key="contact_id").rows
    assert said(rows, "number") == ["0012-0", None]
    assert said(rows, "reason") == [None, "key_missing"]
    assert said(rows, "header") == [None, "Contact ID"]


def test_tables_that_can_not_be_mapped_are_all_named_at_once():
    with pytest.raises(SourceError) as caught:
        load(make_table(["X"], source="a.csv"), make_table(["Y"], source="b.csv"), make_table(["Mobile"]))
    assert "a.csv: no column" in caught.value.message
    assert "b.csv: no column" in caught.value.message


def test_a_table_without_lines_and_a_job_without_tables_give_empty_rows():
    assert len(load(make_table(PEOPLE)).rows) == 0
    ROWS.check(load().rows)
