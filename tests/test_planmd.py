"""A plan as a page for a review: short at first sight, complete, and one line per contact."""

from __future__ import annotations

from syncjob.plans import Refusal
from syncjob.results.planmd import OPEN, plan_page
from tests.builders_plan import diff_of, make_contacts, make_plan, make_rows, number


def page(creates: int, **facts: object) -> str:
    """Of a plan of some creates, and one update of two fields."""
    rows = make_rows(
        {"number": number(0), "first_name": "Asha", "tag": "vip"},
        *({"number": number(n), "first_name": f"Name {n}"} for n in range(1, creates + 1)),
    )
    contacts = make_contacts({"number": number(0), "first_name": "Aisha", "last_name": "Rao"})
    return plan_page(make_plan(diff_of(rows, contacts), **facts), rows)


def test_a_contact_has_one_line_however_many_fields_change() -> None:
    text = page(1, refusals=())
    assert "## To change (1)" in text
    assert f"| {number(0)} | Aisha Rao | First name: Aisha → **Asha**; Tag: – → **vip** |" in text
    assert "made 20 Nov 2026, 10:00 UTC+05:30" in text


def test_a_long_table_is_folded_and_a_short_one_is_not() -> None:
    assert "<details>" not in page(OPEN)
    long = page(OPEN + 1)
    assert long.count("<details><summary>") == long.count("</details>") == 1
    assert f"| {number(OPEN + 1)} |" in long


def test_a_refusal_names_its_first_rows() -> None:
    text = page(1, refusals=(Refusal("too_many_creates", "9 new", "limits.creates", (number(1), "<b>")),))
    assert f"- **too_many_creates**: 9 new (`limits.creates`). First: {number(1)}, \\<b\\>" in text
