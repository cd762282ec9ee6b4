"""Guards right below, at and above each limit (CONTRACT 7)."""

from __future__ import annotations

import pytest

from syncjob.guards import Baseline, Judged, Limits, judge_sources
from tests.builders_plan import diff_of, invalid, make_contacts, make_rows, number, refused


def people(count: int, start: int = 0, **fields: object) -> list[dict[str, object]]:
    return [{"number": number(at), **fields} for at in range(start, start + count)]


def deleting(count: int, of: int, **rules: object):
    """A diff that deletes `count` of `of` contacts because the sheet does not name them."""
    keep = make_rows(*people(of - count))
    return diff_of(keep, make_contacts(*people(of)), remote_only="delete", owned="all", **rules)


def overwriting(count: int, of: int, old: str = "Old", name: str = "first_name"):
    """A diff that overwrites one field of `count` of `of` contacts."""
    rows = make_rows(*people(count, **{name: "New"}), *people(of - count, count))
    return diff_of(rows, make_contacts(*people(of, **{name: old})))


def creating(count: int, existing: int):
    return diff_of(make_rows(*people(count, 500)), make_contacts(*people(existing)))


@pytest.mark.parametrize(
    ("count", "of", "refusal"),
    [
        (2, 20, []),
        (3, 20, ["too_many_deletes"]),
        (3, 30, []),
        (4, 30, ["too_many_deletes"]),
        (18, 19, []),
        (19, 19, ["too_many_deletes"]),
        (1, 1, ["too_many_deletes"]),
    ],
)
def test_deletes_by_percent_from_twenty_contacts_up_and_never_everybody(
    count: int, of: int, refusal: list[str]
) -> None:
    assert refused(deleting(count, of), delete_percent=10, delete_count=None) == refusal


@pytest.mark.parametrize(("limit", "refusal"), [(4, ["too_many_deletes"]), (5, []), (6, []), (None, [])])
def test_deletes_by_count(limit: int | None, refusal: list[str]) -> None:
    assert refused(deleting(5, 100), delete_count=limit) == refusal


def test_counts_judge_partial_sources_too_and_percentages_do_not() -> None:
    listed = diff_of(make_rows(*people(15)), make_contacts(*people(20)), mode="delete", whole=False)
    assert refused(listed, whole=False) == []
    assert refused(listed, whole=False, delete_count=14) == ["too_many_deletes"]
    everybody = diff_of(make_rows(*people(3)), make_contacts(*people(3)), mode="delete", whole=False)
    assert refused(everybody, whole=False) == ["too_many_deletes"]


def test_percentages_are_of_the_contacts_that_the_job_may_touch() -> None:
    rows, contacts = make_rows(*people(17)), make_contacts(*people(20, tag="ours"), *people(80, 100))
    diff = diff_of(rows, contacts, remote_only="delete", owned="tag", owned_tag="ours")
    assert refused(diff) == ["too_many_deletes"]  # 3 of 20, though there are 100


def test_held_deletes_are_no_deletes() -> None:
    rows = make_rows(*people(5), invalid("number_missing"))
    diff = diff_of(rows, make_contacts(*people(30)), remote_only="delete", owned="all")
    assert refused(diff) == []


@pytest.mark.parametrize(
    ("count", "of", "refusal"), [(10, 20, []), (11, 20, ["too_many_updates"]), (19, 19, []), (15, 30, [])]
)
def test_updates_by_percent(count: int, of: int, refusal: list[str]) -> None:
    assert refused(overwriting(count, of), column_change=None) == refusal


def test_filling_what_was_empty_is_no_update_of_anybodys_data() -> None:
    assert refused(overwriting(30, 30, old="")) == []


def test_a_partial_source_is_judged_by_no_percentage() -> None:
    assert refused(overwriting(30, 30), whole=False) == []


def test_emptying_counts_as_overwriting() -> None:
    rows = make_rows(*people(30, tag=""))
    assert refused(diff_of(rows, make_contacts(*people(30, tag="vip"))), column_change=None) == ["too_many_updates"]


@pytest.mark.parametrize(("count", "refusal"), [(16, []), (17, ["column_changed_everywhere"])])
def test_one_field_overwritten_nearly_everywhere(count: int, refusal: list[str]) -> None:
    assert refused(overwriting(count, 20), update_percent=None, column_change=80) == refusal


@pytest.mark.parametrize(("compared", "refusal"), [(19, []), (20, ["column_changed_everywhere"])])
def test_columns_are_judged_from_twenty_rows_up(compared: int, refusal: list[str]) -> None:
    assert refused(overwriting(compared, compared), update_percent=None) == refusal


def test_custom_fields_are_judged_name_by_name() -> None:
    texts = [f'{{"{"ab"[at % 2]}":"new"}}' for at in range(30)]
    rows = make_rows(*({"number": number(at), "custom_field": text} for at, text in enumerate(texts)))
    contacts = make_contacts(*people(30, custom_field='{"a":"x","b":"y"}'))
    assert refused(diff_of(rows, contacts), update_percent=None) == []
    assert refused(diff_of(rows, contacts), update_percent=None, column_change=40) == ["column_changed_everywhere"] * 2


def test_marking_is_no_change_of_a_column() -> None:
    contacts = make_contacts(*people(40, tag="vip"))
    diff = diff_of(make_rows(*people(20)), contacts, remote_only="mark", mark="old", owned="all")
    assert refused(diff, column_change=10) == []
    assert refused(diff, update_percent=49) == ["too_many_updates"]


@pytest.mark.parametrize(
    ("count", "existing", "limits", "refusal"),
    [
        (10, 2, {"create_count": 9, "create_factor": 5}, []),
        (11, 2, {"create_count": 9, "create_factor": 5}, ["too_many_creates"]),
        (12, 2, {"create_count": 12, "create_factor": 5}, []),
        (13, 2, {"create_count": 12, "create_factor": 5}, ["too_many_creates"]),
        (50, 0, {"create_count": 1, "create_factor": 1}, []),
        (11, 2, {"create_count": None, "create_factor": 5}, ["too_many_creates"]),
        (50, 2, {"create_count": None, "create_factor": None}, []),
    ],
)
def test_creates_by_the_larger_of_count_and_factor_unless_the_remote_is_empty(
    count: int, existing: int, limits: dict, refusal: list[str]
) -> None:
    assert refused(creating(count, existing), **limits) == refusal
    assert refused(creating(count, existing), whole=False, **limits) == refusal


def sources(rows: int = 100, last: dict[str, int] | None = None, *, whole: bool = True, **more: object) -> list[str]:
    """Codes that refuse a source of so many rows after good runs that had at most so many."""
    baseline = Baseline("run-1", last or {}, more.pop("numbers", frozenset()), more.pop("fields", frozenset()))
    sheets = more.pop("sheets", {"leads.csv": rows})
    ages, limits = more.pop("ages", {}), Limits(**more)
    case = Judged(make_rows(*people(rows)), whole, frozenset({"number", "tag"}), sheets, ages, baseline)
    return [refusal.code for refusal in judge_sources(case, limits)]


@pytest.mark.parametrize("shrink", [10, 20, 45])
def test_a_source_may_shrink_up_to_its_limit(shrink: int) -> None:
    last = {"leads.csv": 100, "": 100}
    assert sources(100 - shrink, last, shrink=shrink) == []
    assert sources(99 - shrink, last, shrink=shrink) == ["source_shrank"]  # the total would say the same again
    assert sources(99 - shrink, last, shrink=shrink, whole=False) == []
    assert sources(99 - shrink, last, shrink=None) == []


def test_shrinking_is_judged_per_sheet_then_in_total() -> None:
    last = {"a.xlsx · May": 50, "a.xlsx · June": 50, "": 100}
    assert sources(95, last, sheets={"a.xlsx · May": 70, "a.xlsx · June": 25}) == ["source_shrank"]
    assert sources(65, last, sheets={"a.xlsx · May": 40, "a.xlsx · June": 25}) == ["source_shrank"] * 2
    assert sources(50, last, sheets={"a.xlsx · May": 50}) == ["source_shrank"]  # a sheet is gone: the total says so
    assert sources(5, {"a.csv": 19, "": 19}, sheets={"a.csv": 5}) == []


@pytest.mark.parametrize(("known", "refusal"), [(10, []), (9, ["source_unfamiliar"])])
def test_a_source_must_hold_enough_of_the_last_numbers(known: int, refusal: list[str]) -> None:
    numbers = frozenset(number(at) for at in range(100 - known, 120 - known))
    assert sources(numbers=numbers) == refusal
    assert sources(numbers=numbers, whole=False) == []
    assert sources(numbers=frozenset(list(numbers)[:19]), familiar=100) == []


def test_a_column_of_the_last_run_must_not_vanish() -> None:
    assert sources(fields=frozenset({"number", "tag"})) == []
    assert sources(fields=frozenset({"number", "email"})) == ["column_vanished"]
    assert sources(fields=frozenset({"number", "email"}), whole=False) == []


@pytest.mark.parametrize(("hours", "refusal"), [(24.0, []), (24.1, ["source_old"])])
def test_a_source_may_be_as_old_as_its_limit(hours: float, refusal: list[str]) -> None:
    assert sources(ages={"leads.csv": hours}, max_age_hours=24) == refusal
    assert sources(ages={"leads.csv": hours}) == []


def test_an_empty_source_is_refused_for_good() -> None:
    for rows in (make_rows(), make_rows(invalid("number_missing"))):
        case = Judged(rows, False, frozenset(), {})
        (refusal,) = judge_sources(case, Limits())
        assert (refusal.code, refusal.final) == ("source_empty", True)


def test_every_refusal_comes_at_once_with_its_figures() -> None:
    rows = make_rows(*people(30, first_name="New"), *people(21, 900))
    diff = diff_of(rows, make_contacts(*people(40, first_name="Old")), remote_only="delete", owned="all")
    limits = {"create_count": 20, "create_factor": 0.5, "column_change": 99}
    codes = ["too_many_deletes", "too_many_updates", "column_changed_everywhere", "too_many_creates"]
    assert refused(diff, **limits) == codes


def test_without_a_last_run_nothing_is_compared() -> None:
    assert judge_sources(Judged(make_rows(*people(1)), True, frozenset(), {"a.csv": 1}), Limits()) == ()
