"""Joining and leaving as changes: what is sent, what is told of each row, and what guards see of it."""

from __future__ import annotations

import pandas as pd
import pytest

from syncjob.differ import Known, Rules, compare
from syncjob.membership import as_contacts, judge_size, of_members, one_each, placed, with_joins
from syncjob.planner import Drafted, draft
from syncjob.plans import Figures
from tests.builders_plan import ASHA, MEERA, RAVI, make_changes, make_contacts
from tests.builders_work import rows_of

RULES = Rules(mode="create", remote_only="delete", owned="all")


def drafted(wanted: list[dict[str, str]], members: pd.DataFrame, book: pd.DataFrame, rules: Rules = RULES) -> Drafted:
    return placed(draft(of_members(compare(rows_of(wanted), members, rules, Known()))), book)


def told(made: Drafted) -> list[tuple[object, ...]]:
    """(outcome, action, reason, sid) of every row."""
    frame = made.outcomes[["outcome", "action", "reason", "sid"]].astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def sent(made: Drafted) -> list[tuple[str, str, str | None]]:
    """(verb, number, sid) of every change, in order."""
    columns = (made.table[name].tolist() for name in ("verb", "number", "sid"))
    return [(verb, number, sid if isinstance(sid, str) else None) for verb, number, sid in zip(*columns, strict=True)]


def test_who_joins_is_made_first_and_who_leaves_stays_a_contact() -> None:
    members = make_contacts({"number": RAVI, "sid": "s2"})
    book = make_contacts({"number": ASHA, "sid": "s1"}, {"number": RAVI, "sid": "s2"})
    made = drafted([{"number": ASHA}, {"number": MEERA, "first_name": "Meera"}], members, book)
    assert sent(made) == [("create", MEERA, None), ("add", ASHA, "s1"), ("add", MEERA, None), ("remove", RAVI, "s2")]
    assert made.table["fields"].tolist() == ['{"first_name":"Meera"}', "{}", "{}", "{}"]
    assert told(made) == [("planned", "add", None, "s1"), ("planned", "add", "contact_first", None)]
    assert made.remote_only[["outcome", "action", "sid"]].to_numpy().tolist() == [["planned", "remove", "s2"]]


def test_a_member_is_as_wanted_whatever_its_fields() -> None:
    members = make_contacts({"number": ASHA, "sid": "s1", "first_name": "Asha"})
    made = drafted([{"number": ASHA, "first_name": "Aisha"}], members, make_contacts())
    assert (sent(made), told(made)) == ([], [("unchanged", None, None, "s1")])


def test_several_contacts_with_one_number_are_held_and_named() -> None:
    book = make_contacts({"number": ASHA, "sid": "s1"}, {"number": ASHA, "sid": "s9"}, {"number": RAVI, "sid": "s2"})
    made = drafted([{"number": ASHA}, {"number": RAVI}], make_contacts(), book)
    assert sent(made) == [("add", RAVI, "s2")]
    assert told(made)[0] == ("held", None, "ambiguous_remote", None)
    assert made.outcomes["detail"][0] == "s1, s9"


def test_a_member_among_several_of_one_number_is_the_one_that_is_meant() -> None:
    member = make_contacts({"number": ASHA, "sid": "s9"})
    assert told(drafted([{"number": ASHA}], member, make_contacts()))[0] == ("unchanged", None, None, "s9")


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (["created", "added"], ("added", "contact_first")),
        (["skipped", "added"], ("added", None)),
        (["rejected", "rejected"], ("rejected", None)),
        (["failed", "not_sent"], ("failed", None)),
        (["unknown", "not_sent"], ("unknown", None)),
        (["created", "rejected"], ("rejected", None)),
        (["created", "not_sent"], ("not_sent", None)),
    ],
)
def test_of_the_steps_of_a_row_the_first_that_went_wrong_is_told(
    steps: list[str], wanted: tuple[str, str | None]
) -> None:
    ended = pd.DataFrame({"change_id": [1, 2, 3], "row_id": [0, 0, -1], "outcome": [*steps, "removed"], "reason": None})
    found = one_each(ended)
    assert len(found) == 2
    assert tuple(found[["outcome", "reason"]].iloc[0]) == wanted


def test_guards_see_members_come_and_go_and_nothing_of_contacts() -> None:
    table = make_changes(("create", ASHA), ("add", ASHA), ("add", RAVI), ("remove", MEERA))
    assert as_contacts(table)["verb"].tolist() == ["create", "create", "delete"]
    contacts = make_changes(("create", ASHA), ("delete", MEERA))
    assert as_contacts(contacts) is contacts


@pytest.mark.parametrize(
    ("existing", "says"),
    [
        (99_998, []),
        (99_999, [("list_full", False)]),
        (499_998, [("list_full", False)]),
        (499_999, [("list_full", True)]),
    ],
)
def test_a_list_holds_no_more_than_its_kind_allows(existing: int, says: list[tuple[str, bool]]) -> None:
    table = make_changes(("add", ASHA), ("add", RAVI), ("remove", MEERA))
    assert [(refusal.code, refusal.final) for refusal in judge_size(table, Figures(existing))] == says
    assert judge_size(make_changes(("remove", MEERA)), Figures(existing * 9)) == ()


def test_whoever_is_not_to_be_made_does_not_join_either() -> None:
    table = make_changes(("create", ASHA), ("add", ASHA), ("add", RAVI)).assign(sid=[None, None, "s2"])
    assert with_joins(table, pd.Series([True, False, False])).tolist() == [True, True, False]
    assert with_joins(table, pd.Series([False, False, True])).tolist() == [False, False, True]
