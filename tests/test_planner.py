"""verdicts → changes in their order, before-images, cost, and old → new in words (CONTRACT 5, 7)."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from syncjob.model import Abilities, Verb
from syncjob.planner import SHOWN, cost, draft, flat, image, said_of
from syncjob.plans import fingerprint
from tests.builders_plan import ASHA, MEERA, RAVI, diff_of, make_changes, make_contacts, make_rows, number, small_plan

SIZES: dict[Verb, int] = {"create": 5000, "update": 5000, "delete": 1}
CONTACTS = Abilities("exotel_contacts", "number", frozenset(SIZES), ("tag",), SIZES, 20, frozenset({"update"}))


def test_creates_go_before_updates_and_these_before_deletes() -> None:
    rows = make_rows(
        {"number": ASHA, "tag": "a"}, {"number": RAVI}, {"number": number(8), "tag": "b"}, {"number": number(9)}
    )
    contacts = make_contacts({"number": ASHA}, {"number": MEERA}, {"number": number(8)})
    table = draft(diff_of(rows, contacts, remote_only="delete", owned="all")).table
    assert table["verb"].tolist() == ["create", "create", "update", "update", "delete"]
    assert table["number"].tolist() == [RAVI, number(9), ASHA, number(8), MEERA]
    assert table["change_id"].tolist() == [1, 2, 3, 4, 5]
    assert table["row_id"].tolist() == [1, 3, 0, 2, -1]


def test_an_update_and_a_delete_carry_the_contact_as_it_was_read() -> None:
    contacts = make_contacts(
        {"number": ASHA, "raw": "09100000001", "first_name": "Asha", "custom_field": '{"a":1}'}, {"number": RAVI}
    )
    table = draft(diff_of(make_rows({"number": ASHA}), contacts, mode="delete")).table
    assert json.loads(table["before"][0]) == {"number": "09100000001", "first_name": "Asha", "custom_field": {"a": 1}}
    assert table["sid"].tolist() == ["s1"]


def test_a_create_has_no_contact_behind_it() -> None:
    table = draft(diff_of(make_rows({"number": ASHA}), make_contacts())).table
    assert table[["sid", "before"]].isna().all(axis=None)
    assert table["fields"].tolist() == ["{}"]


def test_a_marked_contact_becomes_an_update_without_a_row() -> None:
    contacts = make_contacts({"number": RAVI, "tag": "vip"})
    drafted = draft(diff_of(make_rows({"number": ASHA}), contacts, remote_only="mark", mark="old", owned="all"))
    marked = drafted.table[drafted.table["verb"] == "update"]
    assert marked["row_id"].tolist() == [-1]
    assert drafted.remote_only[["outcome", "action", "changes"]].iloc[0].tolist() == [
        "planned",
        "update",
        "Tag: vip → old",
    ]


def test_outcomes_say_what_is_planned_and_what_changes() -> None:
    outcomes = small_plan().outcomes
    assert outcomes["outcome"].tolist() == ["planned", "planned", "invalid"]
    assert outcomes["action"].fillna("").tolist() == ["update", "create", ""]
    assert outcomes["changes"].fillna("").tolist() == ["First name: Aisha → Asha", "", ""]
    assert outcomes["attempts"].tolist() == [0, 0, 0]


def test_no_change_at_all_is_a_plan_too() -> None:
    drafted = draft(diff_of(make_rows({"number": ASHA}), make_contacts({"number": ASHA})))
    assert [len(drafted.table), len(drafted.field_changes), len(drafted.remote_only)] == [0, 0, 0]
    assert len(draft(diff_of(make_rows(), make_contacts())).outcomes) == 0


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"tag": "a"}, {"tag": "a"}, []),
        ({}, {"tag": "b"}, [("tag", "", "b")]),
        ({"tag": "a"}, {"tag": ""}, [("tag", "a", "")]),
        ({"c": {"a": {"b": 1}}}, {"c": {"a": {"b": 2}, "d": 3}}, [("c.a.b", "1", "2"), ("c.d", "", "3")]),
        ({"c": {"a": 1}}, {"c": {"a": "1"}}, [("c.a", "1", '"1"')]),
        ({"c": {"a": "x"}}, {"c": {"a": {"b": 1}}}, [("c.a", "x", '{"b":1}')]),
        ({"c": {"a": None}}, {"c": {"a": ""}}, []),
        ({"c": {"a": {"b": 1}}}, {"c": {"a": ""}}, [("c.a", '{"b":1}', "")]),
        ({"c": {"a": [1]}}, {"c": {"a": []}}, [("c.a", "[1]", "[]")]),
    ],
)
def test_only_what_differs_is_shown_down_to_the_last_key(old: dict, new: dict, lines: list) -> None:
    assert flat(old, new) == lines


def test_a_line_of_changes_names_fields_as_people_do() -> None:
    long = "x" * (SHOWN + 1)
    changes = [("first_name", "Asha", "Aisha"), ("tag", "", "vip"), ("custom_field.city", long, "")]
    assert said_of(changes) == f"First name: Asha → Aisha; Tag: – → vip; city: {'x' * (SHOWN - 1)}… → –"


def test_a_before_image_leaves_empty_fields_out() -> None:
    assert json.loads(image("+91", {"tag": "", "custom_field": ""})) == {"number": "+91"}


@pytest.mark.parametrize(
    ("verbs", "requests", "by"),
    [
        ({}, 0, {"creates": 0, "updates": 0, "deletes": 0, "tail": 0}),
        ({"create": 2}, 2, {"creates": 1, "updates": 0, "deletes": 0, "tail": 1}),
        ({"create": 3, "update": 2, "delete": 3}, 7, {"creates": 2, "updates": 1, "deletes": 3, "tail": 1}),
    ],
)
def test_the_cost_is_the_tail_the_batches_and_every_delete(
    verbs: dict[str, int], requests: int, by: dict[str, int]
) -> None:
    table = make_changes(*((verb, ASHA) for verb, count in verbs.items() for _ in range(count)))
    found = cost(table, CONTACTS, 2, 0.5)
    assert (found.requests, dict(found.by), found.minutes) == (requests, by, requests / 30)
    assert cost(table, CONTACTS, 2, None).minutes == 0.0


def test_the_fingerprint_is_of_the_changes_and_not_of_their_order() -> None:
    plan = small_plan()
    shuffled = plan.table.iloc[::-1].assign(change_id=[1, 2, 3])
    assert len(plan.fingerprint) == 12
    assert fingerprint(shuffled) == plan.fingerprint
    for name, value in (("verb", "create"), ("number", "+1"), ("sid", "x"), ("fields", '{"tag":"x"}')):
        other = plan.table.copy()
        other.loc[1, name] = value
        assert fingerprint(other) != plan.fingerprint
    assert fingerprint(plan.table.iloc[:0]) != plan.fingerprint


def test_changes_come_back_as_values() -> None:
    create, update, delete = small_plan().changes()
    assert (create.verb, create.number, create.sid, create.fields, create.before) == (
        "create", RAVI, None, {"first_name": "Ravi"}, {},
    )  # fmt: skip
    assert (update.sid, update.before["first_name"], update.fields) == ("s1", "Aisha", {"first_name": "Asha"})
    assert (delete.verb, delete.row_id, delete.fields) == ("delete", -1, {})
    assert [change.change_id for change in small_plan().changes("delete")] == [3]


def test_counts_tell_changes_by_verb_and_rows_by_outcome() -> None:
    assert small_plan().counts == {"create": 1, "update": 1, "delete": 1, "invalid": 1}


def test_field_changes_name_row_contact_field_old_and_new() -> None:
    found = small_plan().field_changes
    assert found.to_dict("records") == [
        {
            "row_id": 0,
            "sid": "s1",
            "number": ASHA,
            "field": "first_name",
            "old": "Aisha",
            "new": "Asha",
            "outcome": "planned",
        }
    ]
    assert isinstance(found, pd.DataFrame)
