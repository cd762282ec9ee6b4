"""`sync_message` begins with the plain word, says what happened, and what to do."""

import pytest

from syncjob.results.messages import DETAIL_LENGTH, template
from syncjob.words import OUTCOMES, REASONS
from tests.builders_results import make_results


def message(**told: object) -> str:
    return make_results([["98765", "Asha", "Pune"]], [told]).sync["sync_message"].iloc[0]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"outcome": "created"}, "Added."),
        ({"outcome": "unchanged"}, "No change. Exotel already holds exactly this."),
        ({"outcome": "unchanged", "detail": "As of May."}, "No change. Exotel already holds exactly this. As of May."),
        ({"outcome": "duplicate", "reason": "identical_row", "detail": "row 12"}, "Same as row 12."),
        ({"outcome": "planned", "action": "create"}, "Would be sent, as a new contact."),
        ({"outcome": "planned", "action": "delete"}, "Would be sent, as a removal."),
        ({"outcome": "held", "reason": "conflicting_rows", "detail": "row 4"},
         "On hold. Other rows have the same number but other details: row 4. Keep one row."),
        ({"outcome": "rejected", "reason": "refused_by_remote"},
         "Refused. Exotel refused it. Correct the row as Exotel asks."),
        ({"outcome": "failed", "reason": "tomorrows_code", "detail": "x"}, "Will be retried. tomorrows_code: x."),
    ],
)  # fmt: skip
def test_a_message_reads_as_one_would_say_it(told: dict[str, object], says: str):
    assert message(**told) == says


def test_every_outcome_and_every_reason_make_a_sentence_with_and_without_detail():
    for outcome in OUTCOMES.values():
        for reason in ("", *REASONS):
            for known in (True, False):
                text = template(outcome.code, reason, has_detail=known)
                assert text.startswith((outcome.word, "Same as"))
                assert text.endswith((".", "{detail}"))
                assert known or "{" not in text


def test_a_bad_row_names_its_cell_and_header():
    problems = {0: {"outcome": "invalid", "column": "A", "header": "Mobile", "value": "98765"}}
    told = {"outcome": "invalid", "reason": "number_too_short"}
    results = make_results([["98765", "Asha", "Pune"]], [told], problems=problems)
    assert results.sync["sync_message"].tolist() == [
        "Please fix. “98765” has too few digits for a phone number. Add the missing digits. See cell A2 (Mobile)."
    ]


def test_a_detail_that_looks_like_a_slot_or_a_formula_stays_what_it_is():
    assert "{detail} =1+1" in message(outcome="rejected", reason="refused_by_remote", detail="{detail} =1+1")


def test_an_endless_detail_is_cut():
    said = message(outcome="rejected", reason="refused_by_remote", detail="x" * 40_000)
    assert len(said) < DETAIL_LENGTH + 100
    assert "x…" in said
