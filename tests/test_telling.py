"""Plan + journal → what became of every row and contact: what was never answered is not claimed (CONTRACT 5, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from syncjob.config.values import Share
from syncjob.job.telling import Told, counts, exit_code, tell
from syncjob.journal import Journal, Settled
from syncjob.plans import Plan
from syncjob.schema import FIELD_CHANGES, OUTCOMES, REMOTE_ONLY
from tests.builders_plan import ASHA, diff_of, make_contacts, make_plan, make_rows, small_plan

AT = "2026-11-20T10:00:00+05:30"


@pytest.fixture
def plan() -> Plan:
    return small_plan()


@pytest.fixture
def journal(tmp_path: Path, plan: Plan) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal.db", {}, plan.table, {"create": 5000, "update": 5000}) as made:
        yield made


def said(told: Told) -> list[str]:
    """outcome/reason of every row, then of every leftover contact."""
    both = pd.concat([told.outcomes, told.remote_only])
    return [f"{o}/{r}" for o, r in zip(both["outcome"], both["reason"].fillna(""), strict=True)]


def test_what_was_answered_is_told_with_all_that_is_known_of_it(plan: Plan, journal: Journal) -> None:
    for verb in ("create", "update", "delete"):
        journal.intend(f"{verb}-1", verb, journal.take(verb, "planned"), 1.0)
    journal.settle([Settled(1, "created", sid="n1", code="201", request_id="q1"), Settled(2, "updated")], AT)
    journal.settle([Settled(3, "deleted", "already_gone", code="404")], AT)
    told = tell(plan, journal.frame(), "")
    assert said(told) == ["updated/", "created/", "invalid/number_too_short", "deleted/already_gone"]
    row = told.outcomes.iloc[1]
    assert row[["sid", "code", "request_id", "batch", "attempts", "at", "action"]].tolist() == [
        "n1", "201", "q1", "create-1", 1, AT, "create",
    ]  # fmt: skip
    assert told.outcomes["changes"].fillna("").tolist() == ["First name: Aisha → Asha", "", ""]
    assert told.field_changes["outcome"].tolist() == ["updated"]
    assert counts(told.outcomes) == {"updated": 1, "created": 1, "invalid": 1}


def test_what_was_sent_and_not_answered_is_unknown_and_the_rest_not_sent(plan: Plan, journal: Journal) -> None:
    journal.intend("create-1", "create", journal.take("create", "planned"), 1.0)
    told = tell(plan, journal.frame(), "the network went away")
    assert said(told) == [
        "not_sent/run_ended",
        "unknown/reply_lost",
        "invalid/number_too_short",
        "not_sent/run_ended",
    ]
    assert told.outcomes["detail"].iloc[0] == "the network went away"
    assert told.field_changes["outcome"].tolist() == ["not_sent"]


def test_a_reply_that_came_and_says_nothing_of_a_row_was_not_lost(plan: Plan, journal: Journal) -> None:
    request = journal.intend("create-1", "create", journal.take("create", "planned"), 1.0)
    journal.settle([], AT, request=request, now=2.0)
    assert said(tell(plan, journal.frame(), ""))[1] == "unknown/reply_unclear"


def test_a_create_that_became_an_update_is_told_as_one(plan: Plan, journal: Journal) -> None:
    journal.turn(1, "s7", {"tag": "vip"}, {"number": "+91", "tag": "old"})
    journal.settle([Settled(1, "updated")], AT)
    told = tell(plan, journal.frame(), "")
    row = told.outcomes.iloc[1]
    assert row[["outcome", "reason", "action", "sid", "changes"]].tolist() == [
        "updated", "exists_already", "update", "s7", "Tag: old → vip",
    ]  # fmt: skip


def test_every_row_and_contact_is_told_once_in_its_order_and_shape(plan: Plan, journal: Journal) -> None:
    told = tell(plan, journal.frame().iloc[::-1], "")
    assert told.outcomes["row_id"].tolist() == plan.outcomes["row_id"].tolist()
    assert told.remote_only["sid"].tolist() == plan.remote_only["sid"].tolist()
    for frame, shape in ((told.outcomes, OUTCOMES), (told.remote_only, REMOTE_ONLY)):
        shape.check(frame)
    FIELD_CHANGES.check(told.field_changes)


def test_a_plan_without_changes_is_told_as_it_is(tmp_path: Path) -> None:
    plan = make_plan(diff_of(make_rows({"number": ASHA}), make_contacts({"number": ASHA})))
    with Journal.create(tmp_path / "journal.db", {}, plan.table) as journal:
        told = tell(plan, journal.frame(), "")
    assert said(told) == ["unchanged/"]
    assert told.field_changes.empty


def ended(rows: list[str], left: list[str] | None = None) -> Told:
    """What was told: outcome or outcome/reason."""

    def frame(words: list[str]) -> pd.DataFrame:
        pairs = [[*word.split("/"), ""][:2] for word in words]
        return pd.DataFrame(pairs, columns=["outcome", "reason"], dtype="str")

    return Told(frame(rows), frame(left or []), FIELD_CHANGES.empty())


@pytest.mark.parametrize(
    ("rows", "left", "allowed", "code"),
    [
        (["created", "updated", "unchanged", "skipped", "duplicate", "planned"], ["deleted", "removed"], Share(0), 0),
        ([], [], Share(0), 0),
        (["invalid/number_missing"], [], Share(0), 3),
        (["invalid/number_missing"], [], Share(1), 0),
        (["rejected/refused_by_remote", "held/conflicting_rows"], [], Share(2), 0),
        (["rejected/refused_by_remote", "held/conflicting_rows"], [], Share(1), 3),
        (["invalid/x", *["created"] * 49], [], Share(2, True), 0),
        (["invalid/x", *["created"] * 48], [], Share(2, True), 3),
        (["failed/temporary_trouble"], [], Share(100, True), 3),
        (["unknown/reply_lost"], [], Share(100, True), 3),
        (["not_sent/run_ended"], [], Share(100, True), 3),
        (["held/ambiguous_remote"], [], Share(100, True), 3),
        (["held/changed_since_plan"], [], Share(100, True), 3),
        (["invalid/number_missing"], ["held/unreadable_rows"], Share(1), 0),
        (["created"], ["held/budget"], Share(100, True), 3),
        (["created"], ["not_sent/earlier_trouble"], Share(100, True), 3),
    ],
)
def test_the_exit_code_forgives_what_bad_rows_allows_and_nothing_else(
    rows: list[str], left: list[str], allowed: Share, code: int
) -> None:
    assert exit_code(ended(rows, left), allowed) == code
