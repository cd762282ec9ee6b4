"""Rows and outcomes become one result: every row once, in order, the user's cells untouched."""

import pandas as pd
import pytest

from syncjob.errors import SyncjobError
from syncjob.results.marks import named_field
from syncjob.results.table import SYNC_COLUMNS, balance, build, fill_gaps, needs_fixing
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY
from tests.builders_results import make_facts, make_loaded, make_outcomes, make_results, make_sample, make_table

TWO = [["+919876500001", "Asha", "Pune"], ["98765", "Ravi", "Goa"]]


def test_the_users_columns_come_first_and_untouched_then_ours_in_the_promised_order():
    results = make_results([[" 0098 ", "=Asha", "NA"]], ["created"])
    frame = results.frame()
    assert list(frame.columns) == ["Mobile", "Name", "City", *SYNC_COLUMNS]
    assert frame.iloc[0, :3].tolist() == [" 0098 ", "=Asha", "NA"]
    assert all(str(dtype) == "str" for dtype in frame.dtypes)


def test_rows_keep_their_order_whatever_the_order_of_the_outcomes():
    loaded = make_loaded(make_table(TWO))
    outcomes = make_outcomes("created", "updated").iloc[::-1]
    results = build(make_facts(), loaded, outcomes, REMOTE_ONLY.empty(), FIELD_CHANGES.empty())
    assert results.sync["sync_outcome"].tolist() == ["created", "updated"]
    assert results.cells[1].tolist() == ["Asha", "Ravi"]
    assert results.sync["sync_row"].tolist() == ["2", "3"]


def test_tables_with_differing_headers_share_the_union_in_order_of_first_appearance():
    first = make_table([["1", "Asha"]], ("Mobile", "Name"), sheet="North")
    second = make_table([["Goa", "2", "x"]], ("City", "Mobile", "Name"), sheet="South")
    loaded = make_loaded(first, second)
    results = build(
        make_facts(), loaded, make_outcomes("created", "created"), REMOTE_ONLY.empty(), FIELD_CHANGES.empty()
    )
    assert results.headers == ("Mobile", "Name", "City")
    assert results.cells.to_numpy().tolist() == [["1", "Asha", ""], ["2", "x", "Goa"]]
    assert results.sync["sync_sheet"].tolist() == ["North", "South"]


def test_headers_that_repeat_or_are_empty_stay_separate_columns():
    table = make_table([["1", "2", "3", "4"]], ("Phone", "Phone", "", ""))
    loaded = make_loaded(table, table)
    results = build(
        make_facts(), loaded, make_outcomes("created", "created"), REMOTE_ONLY.empty(), FIELD_CHANGES.empty()
    )
    assert results.headers == ("Phone", "Phone", "", "")
    assert results.cells.iloc[1].tolist() == ["1", "2", "3", "4"]


def test_sync_columns_of_a_file_fed_back_are_written_anew():
    lines, headers = (
        [["+919876500001", "rejected", "old", "mine"]],
        ("Mobile", "sync_outcome", "SYNC_Row ", "sync_mine"),
    )
    results = make_results(lines, ["created"], headers)
    assert results.headers == ("Mobile", "sync_mine")
    assert results.frame()["sync_outcome"].tolist() == ["created"]


def test_the_balance_counts_every_outcome_once():
    results = make_sample()
    assert results.balance.read == results.balance.total == 40
    assert list(results.counts)[:3] == ["created", "updated", "unchanged"]
    assert str(results.balance).startswith("40 rows read = 9 added + 7 changed")


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        (make_outcomes("created"), "1 without an outcome (row_id 1)"),
        (make_outcomes("created", "created", {"row_id": 1, "outcome": "failed"}), "1 with several outcomes (row_id 1)"),
        (make_outcomes("created", "created", "created"), "1 that were never read (row_id 2)"),
        (make_outcomes("created", "vanished"), "1 with an outcome that does not exist (row_id 1)"),
        (make_outcomes("created", {}), "1 with an outcome that does not exist (row_id 1)"),
    ],
)
def test_a_run_that_does_not_balance_fails_loudly(outcomes: pd.DataFrame, says: str):
    loaded = make_loaded(make_table(TWO))
    with pytest.raises(SyncjobError) as raised:
        build(make_facts(), loaded, outcomes, REMOTE_ONLY.empty(), FIELD_CHANGES.empty())
    assert raised.value.code == "out_of_balance"
    assert says in raised.value.message


def test_gaps_are_filled_so_that_results_exist_even_then():
    problems = {1: {"outcome": "invalid", "reason": "number_too_short", "value": "98765"}}
    rows = make_loaded(make_table([*TWO, ["3", "Zoya", ""]]), problems=problems).rows
    broken = make_outcomes({"row_id": 9, "outcome": "created"}, {"row_id": 0, "outcome": "oops"})
    filled = fill_gaps(rows, broken)
    assert balance(rows, filled).counts == {"invalid": 1, "unknown": 2}
    assert OUTCOMES.check(filled).set_index("row_id")["reason"].to_dict() == {
        0: "internal_error", 1: "number_too_short", 2: "internal_error",
    }  # fmt: skip


def test_the_offending_cell_is_marked_and_says_why():
    problems = {1: {"outcome": "invalid", "column": "A", "header": "Mobile", "value": "98765"}}
    told = {"outcome": "invalid", "reason": "number_too_short", "detail": "98765"}
    (mark,) = make_results(TWO, ["created", told], problems=problems).marks
    assert (mark.line, mark.column) == (1, 0)
    assert mark.comment.startswith("Please fix. “98765” has too few digits")


def test_conflicting_rows_are_marked_at_their_number_although_no_cell_was_named():
    conflict = {"outcome": "held", "reason": "conflicting_rows", "detail": "row 3"}
    results = make_results(TWO, [conflict, conflict])
    assert [(mark.line, mark.column) for mark in results.marks] == [(0, 0), (1, 0)]


def test_a_refusal_marks_the_one_cell_that_the_remote_names():
    words = ("Invalid PhoneNumber", "email  is mandatory", "Invalid FirstName, Invalid tag", "stage is wrong", "no")
    assert [named_field(said) for said in words] == ["number", "email", None, None, None]
    told = [{"outcome": "rejected", "reason": "refused_by_remote", "detail": said} for said in words[:2]]
    (mark,) = make_results(TWO, told).marks  # no column feeds the e-mail
    assert (mark.line, mark.column, "Invalid PhoneNumber" in mark.comment) == (0, 0, True)


def test_needs_fixing_holds_invalid_rejected_and_conflicting_rows_with_their_marks():
    results = make_sample()
    fixing = needs_fixing(results)
    assert set(fixing.sync["sync_reason"]) >= {"number_missing", "conflicting_rows", "refused_by_remote"}
    assert "ambiguous_remote" not in set(fixing.sync["sync_reason"])
    assert fixing.balance.total == len(fixing.cells) == 8
    assert {fixing.cells.iat[mark.line, mark.column] for mark in fixing.marks} >= {"98765", "", "call after six"}


def test_a_run_without_input_rows_has_results_too():
    loaded = make_loaded()
    results = build(make_facts(mode="undo"), loaded, OUTCOMES.empty(), REMOTE_ONLY.empty(), FIELD_CHANGES.empty())
    assert results.frame().empty
    assert list(results.frame().columns) == list(SYNC_COLUMNS)
    assert str(results.balance) == "0 rows read = 0"
