"""wanted × existing → one verdict per row, and one per contact that no row names (CONTRACT 3, 4, 7)."""

from __future__ import annotations

import json
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.differ import Known
from syncjob.schema import PLAIN_FIELDS, ROWS
from tests.builders_plan import ASHA, MEERA, RAVI, diff_of, invalid, left, make_contacts, make_rows, number, verdicts


def fields_of(diff, at: int = 0) -> dict[str, object]:
    return json.loads(diff.verdicts["fields"].iat[at])


def details(diff) -> list[str]:
    return diff.verdicts["detail"].fillna("").tolist()


def test_a_row_without_a_contact_is_created_with_everything_it_states() -> None:
    rows = make_rows({"number": ASHA, "first_name": "Asha", "email": "", "custom_field": '{"city":"Pune"}'})
    diff = diff_of(rows, make_contacts())
    assert verdicts(diff) == ["create"]
    assert fields_of(diff) == {"first_name": "Asha", "custom_field": {"city": "Pune"}}


def test_what_a_row_does_not_say_stays_and_what_it_empties_goes() -> None:
    rows = make_rows({"number": ASHA, "first_name": "", "last_name": None, "email": "asha@example.in"})
    contacts = make_contacts({"number": ASHA, "first_name": "Asha", "last_name": "Rao", "email": "asha@example.in"})
    diff = diff_of(rows, contacts)
    assert verdicts(diff) == ["update"]
    assert fields_of(diff) == {"first_name": ""}


def test_emptying_what_is_empty_changes_nothing() -> None:
    rows = make_rows({"number": ASHA, "first_name": "", "custom_field": ""}, {"number": RAVI, "custom_field": "{}"})
    contacts = make_contacts({"number": ASHA}, {"number": RAVI, "custom_field": '{"a":null}'})
    assert verdicts(diff_of(rows, contacts)) == ["unchanged", "unchanged"]


def test_rows_decided_while_loading_keep_their_outcome() -> None:
    rows = make_rows(invalid("number_missing"), {"outcome": "skipped", "reason": "not_a_contact"})
    diff = diff_of(rows, make_contacts())
    assert verdicts(diff) == ["invalid/number_missing", "skipped/not_a_contact"]
    assert details(diff) == ["?", ""]


@pytest.mark.parametrize(
    ("mode", "there", "absent"),
    [
        ("upsert", "update", "create"),
        ("create", "skipped/mode", "create"),
        ("update", "update", "skipped/mode"),
        ("delete", "delete", "skipped/not_there"),
    ],
)
def test_the_mode_decides_what_is_left_out(mode: str, there: str, absent: str) -> None:
    rows = make_rows({"number": ASHA, "first_name": "Asha"}, {"number": RAVI, "first_name": "Ravi"})
    diff = diff_of(rows, make_contacts({"number": ASHA, "first_name": "Aisha"}), mode=mode)
    assert verdicts(diff) == [there, absent]
    assert diff.verdicts["fields"].notna().tolist() == [there == "update", absent == "create"]


def test_identical_rows_collapse_onto_the_first() -> None:
    same = {"number": ASHA, "first_name": "Asha"}
    diff = diff_of(make_rows(same, {"number": RAVI}, same, same), make_contacts())
    assert verdicts(diff) == ["create", "create", "duplicate/identical_row", "duplicate/identical_row"]
    assert diff.verdicts["twin"].tolist() == [-1, -1, 0, 0]
    assert details(diff)[2:] == ["row 2", "row 2"]


def test_rows_that_differ_are_all_held_and_name_each_other_even_where_two_of_them_agree() -> None:
    rows = make_rows(
        {"number": ASHA, "first_name": "Asha"},
        {"number": ASHA, "first_name": "Asha"},
        {"number": ASHA, "first_name": "Aisha", "sheet": "March", "source": "more.xlsx"},
    )
    diff = diff_of(rows, make_contacts({"number": ASHA}), remote_only="delete", owned="all")
    assert verdicts(diff) == ["held/conflicting_rows"] * 3
    assert details(diff) == [
        "row 3, row 4 of sheet March in more.xlsx",
        "row 2, row 4 of sheet March in more.xlsx",
        "row 2 in leads.csv, row 3 in leads.csv",
    ]
    assert left(diff) == {}  # the twin is frozen


def test_saying_nothing_and_emptying_are_a_conflict() -> None:
    rows = make_rows({"number": ASHA, "tag": ""}, {"number": ASHA})
    assert verdicts(diff_of(rows, make_contacts())) == ["held/conflicting_rows"] * 2


def test_a_held_row_names_five_fellows_and_counts_the_rest() -> None:
    rows = make_rows(*({"number": ASHA, "tag": str(at)} for at in range(8)))
    diff = diff_of(rows, make_contacts())
    assert details(diff)[0] == "row 3, row 4, row 5, row 6, row 7, and 2 more"
    assert details(diff)[7] == "row 2, row 3, row 4, row 5, row 6, and 2 more"


@pytest.mark.parametrize("conflict", ["first", "last"])
def test_the_first_of_the_rows_that_say_what_is_chosen_carries_the_outcome(conflict: str) -> None:
    rows = make_rows(*({"number": ASHA, "first_name": name} for name in ("Asha", "Aisha", "Asha")))
    diff = diff_of(rows, make_contacts(), conflict=conflict)
    assert verdicts(diff) == ["create", "skipped/superseded", "duplicate/identical_row"]
    assert diff.verdicts["twin"].tolist() == [-1, -1, 0]
    assert fields_of(diff)["first_name"] == "Asha"


def test_the_last_row_wins_over_the_first_where_asked() -> None:
    rows = make_rows({"number": ASHA, "first_name": "Asha"}, {"number": ASHA, "first_name": "Aisha"})
    diff = diff_of(rows, make_contacts(), conflict="last")
    assert verdicts(diff) == ["skipped/superseded", "create"]
    assert details(diff)[0] == "row 3"


def test_a_list_of_deletions_says_nothing_but_numbers() -> None:
    rows = make_rows({"number": ASHA, "first_name": "Asha"}, {"number": ASHA, "first_name": "Aisha"})
    diff = diff_of(rows, make_contacts({"number": ASHA}, {"number": RAVI}), mode="delete", remote_only="delete")
    assert verdicts(diff) == ["delete", "duplicate/identical_row"]
    assert left(diff) == {}


def test_an_unusable_row_does_not_conflict_with_a_good_one() -> None:
    rows = make_rows(invalid("custom_field_invalid", number=ASHA), {"number": ASHA, "first_name": "Asha"})
    assert verdicts(diff_of(rows, make_contacts())) == ["invalid/custom_field_invalid", "create"]


def test_several_contacts_with_one_number_hold_the_row_and_stay() -> None:
    contacts = make_contacts({"number": ASHA}, {"number": ASHA}, {"number": RAVI})
    diff = diff_of(make_rows({"number": ASHA, "tag": "vip"}), contacts, remote_only="delete", owned="all")
    assert verdicts(diff) == ["held/ambiguous_remote"]
    assert details(diff) == ["s1, s2"]
    assert left(diff) == {"s3": "delete"}


def test_identical_rows_of_an_ambiguous_number_still_point_to_the_first() -> None:
    rows = make_rows({"number": ASHA}, {"number": ASHA})
    diff = diff_of(rows, make_contacts({"number": ASHA}, {"number": ASHA}))
    assert verdicts(diff) == ["held/ambiguous_remote", "duplicate/identical_row"]


@pytest.mark.parametrize("remote_only", ["delete", "mark"])
def test_held_and_invalid_rows_freeze_their_twins(remote_only: str) -> None:
    rows = make_rows(
        {"number": ASHA, "tag": "a"}, {"number": ASHA, "tag": "b"}, invalid("custom_field_invalid", number=RAVI)
    )
    contacts = make_contacts({"number": ASHA}, {"number": RAVI}, {"number": MEERA})
    diff = diff_of(rows, contacts, remote_only=remote_only, mark="old", owned="all")
    assert left(diff) == {"s3": "delete" if remote_only == "delete" else "update"}


@pytest.mark.parametrize(("remote_only", "said"), [("keep", "skipped/kept"), ("report", "skipped/reported")])
def test_leftovers_are_kept_or_reported(remote_only: str, said: str) -> None:
    assert left(diff_of(make_rows({"number": ASHA}), make_contacts({"number": RAVI}), remote_only=remote_only)) == {
        "s1": said
    }


def test_marking_replaces_the_tag_once() -> None:
    contacts = make_contacts({"number": ASHA, "tag": "vip"}, {"number": RAVI, "tag": "gone"})
    diff = diff_of(make_rows({"number": MEERA}), contacts, remote_only="mark", mark="gone", owned="all")
    assert left(diff) == {"s1": "update", "s2": "unchanged"}
    assert diff.leftovers["fields"].tolist()[0] == '{"tag":"gone"}'
    assert pd.isna(diff.leftovers["fields"].tolist()[1])


def test_a_partial_source_never_touches_leftovers() -> None:
    diff = diff_of(make_rows({"number": ASHA}), make_contacts({"number": RAVI}), whole=False, remote_only="delete")
    assert left(diff) == {}


@pytest.mark.parametrize(("allowed", "said"), [(1, "held/unreadable_rows"), (2, "delete")])
def test_unreadable_rows_hold_every_deletion_above_their_limit(allowed: int, said: str) -> None:
    rows = make_rows({"number": ASHA}, invalid("number_missing"), invalid("row_damaged"))
    contacts = make_contacts({"number": ASHA}, {"number": RAVI})
    diff = diff_of(rows, contacts, remote_only="delete", owned="all", unreadable=allowed)
    assert left(diff) == {"s2": said}
    assert diff.leftovers["detail"].fillna("").tolist() == (["2"] if allowed == 1 else [""])


def test_only_rows_without_a_number_are_unreadable() -> None:
    rows = make_rows(
        invalid("custom_field_invalid", number=ASHA),
        {"outcome": "skipped", "reason": "not_a_contact"},
        {"number": RAVI},
    )
    diff = diff_of(rows, make_contacts({"number": MEERA}), remote_only="delete", owned="all")
    assert left(diff) == {"s1": "delete"}


@pytest.mark.parametrize(
    ("owned", "deleted"), [("created", {"s1"}), ("named", {"s1", "s2"}), ("tag", {"s3"}), ("all", {"s1", "s2", "s3"})]
)
def test_only_what_is_ours_is_deleted(owned: str, deleted: set[str]) -> None:
    contacts = make_contacts({"number": ASHA}, {"number": RAVI}, {"number": MEERA, "tag": "ours"})
    known = Known(created=frozenset({ASHA}), named=frozenset({RAVI}))
    diff = diff_of(
        make_rows({"number": number(9)}), contacts, known, remote_only="delete", owned=owned, owned_tag="ours"
    )
    said = left(diff)
    assert {sid for sid, word in said.items() if word == "delete"} == deleted
    assert {word for sid, word in said.items() if sid not in deleted} <= {"skipped/not_owned"}


def test_somebody_elses_contact_with_a_number_of_ours_is_not_ours() -> None:
    contacts = make_contacts({"number": ASHA}, {"number": ASHA})
    known = Known(created=frozenset({ASHA}), sids={ASHA: "s2"})
    diff = diff_of(make_rows({"number": RAVI}), contacts, known, remote_only="delete")
    assert left(diff) == {"s1": "skipped/not_owned", "s2": "delete"}


def test_claimed_protected_and_unreadable_contacts_stay() -> None:
    contacts = make_contacts({"number": ASHA}, {"number": RAVI}, {"number": None, "raw": "x"}, {"number": MEERA})
    rules = {"remote_only": "delete", "owned": "all", "protect_numbers": frozenset({RAVI})}
    diff = diff_of(make_rows({"number": number(9)}), contacts, Known(claimed={ASHA: "sales"}), **rules)
    assert left(diff) == {
        "s1": "skipped/claimed",
        "s2": "skipped/protected",
        "s3": "skipped/remote_number_unreadable",
        "s4": "delete",
    }
    assert diff.leftovers["detail"].fillna("").tolist()[:2] == ["sales", "number"]


def test_a_protected_number_is_neither_created_nor_changed_nor_deleted() -> None:
    protect = {"protect_numbers": frozenset({ASHA, RAVI})}
    rows = make_rows({"number": ASHA, "tag": "a"}, {"number": RAVI, "tag": "a"})
    contacts = make_contacts({"number": ASHA})
    diff = diff_of(rows, contacts, **protect)
    assert verdicts(diff) == ["skipped/protected"] * 2
    assert diff.verdicts["fields"].isna().all()
    assert verdicts(diff_of(rows, contacts, mode="delete", **protect)) == ["skipped/protected", "skipped/not_there"]


def test_protected_fields_stay_while_the_others_change() -> None:
    rows = make_rows({"number": ASHA, "tag": "a", "first_name": "Asha"}, {"number": RAVI, "tag": "a"})
    contacts = make_contacts({"number": ASHA, "first_name": "Aisha"}, {"number": RAVI})
    diff = diff_of(rows, contacts, protect_fields=("tag",))
    assert verdicts(diff) == ["update", "skipped/protected"]
    assert fields_of(diff) == {"first_name": "Asha"}
    assert details(diff)[1] == "tag"


def test_fill_only_fills_what_is_empty_and_leaves_the_rest() -> None:
    rows = make_rows(*({"number": n, "email": "new@example.in"} for n in (ASHA, RAVI)))
    contacts = make_contacts({"number": ASHA}, {"number": RAVI, "email": "old@example.in"})
    diff = diff_of(rows, contacts, fill_only=("email",))
    assert verdicts(diff) == ["update", "skipped/protected"]


@pytest.mark.parametrize("setting", ["fill_only", "protect_fields"])
@pytest.mark.parametrize("path", ["custom_field", "custom_field.city"])
def test_custom_fields_are_protected_whole_or_by_path(setting: str, path: str) -> None:
    rows = make_rows({"number": ASHA, "custom_field": '{"city":"Pune"}'})
    contacts = make_contacts({"number": ASHA, "custom_field": '{"city":"Delhi"}'})
    assert verdicts(diff_of(rows, contacts, **{setting: (path,)})) == ["skipped/protected"]


@pytest.mark.parametrize("held", ["", '{"city":""}', '{"city":null}', "{}"])
def test_an_empty_custom_field_counts_as_empty_however_it_is_written(held: str) -> None:
    rows = make_rows({"number": ASHA, "custom_field": '{"city":"Pune"}'})
    contacts = make_contacts({"number": ASHA, "custom_field": held})
    assert verdicts(diff_of(rows, contacts, fill_only=("custom_field",))) == ["update"]


@pytest.mark.parametrize(("gone", "said"), [("skip", "skipped/removed_remotely"), ("recreate", "create")])
@pytest.mark.parametrize("how", ["created", "named"])
def test_contacts_that_others_deleted_come_back_only_where_asked(gone: str, said: str, how: str) -> None:
    known = Known(**{how: frozenset({ASHA})})
    assert verdicts(diff_of(make_rows({"number": ASHA}), make_contacts(), known, gone=gone)) == [said]


def test_the_tag_of_an_owning_job_is_written_on_what_it_creates_and_kept_on_what_is_there() -> None:
    rows = make_rows({"number": ASHA, "tag": "vip"}, {"number": RAVI, "tag": "vip"})
    contacts = make_contacts({"number": RAVI, "tag": "ours"})
    diff = diff_of(rows, contacts, owned="tag", owned_tag="ours")
    assert verdicts(diff) == ["create", "skipped/protected"]
    assert fields_of(diff) == {"tag": "ours"}


def test_what_was_stored_differently_is_not_sent_again_until_the_sheet_changes() -> None:
    contacts = make_contacts({"number": ASHA, "first_name": "Asha"})
    known = Known(differing={ASHA: {"first_name": "Asha ji", "custom_field": '{"a":"1 "}'}})
    same = {"number": ASHA, "first_name": "Asha ji", "custom_field": '{"a":"1 "}'}
    diff = diff_of(make_rows(same), contacts, known)
    assert verdicts(diff) == ["unchanged/stored_differently"]
    assert details(diff) == ["first_name, custom_field"]
    changed = diff_of(make_rows({**same, "first_name": "Aisha", "tag": "vip"}), contacts, known)
    assert fields_of(changed) == {"first_name": "Aisha", "tag": "vip"}


def test_every_row_gets_one_verdict_whatever_its_label() -> None:
    rows = make_rows({"number": ASHA}, {"number": RAVI}, {"number": RAVI}).set_axis([7, 7, 7])
    contacts = make_contacts({"number": ASHA}, {"number": MEERA}).set_axis([3, 3])
    diff = diff_of(rows, contacts)
    assert verdicts(diff) == ["unchanged", "create", "duplicate/identical_row"]


LINES = st.fixed_dictionaries(
    {"number": st.sampled_from([ASHA, RAVI, MEERA])},
    optional={name: st.sampled_from(["", "x", "y"]) for name in PLAIN_FIELDS[:2]},
)


@settings(deadline=None, max_examples=25)
@given(st.lists(LINES, max_size=7), st.lists(LINES, max_size=4), st.sampled_from(["hold", "first", "last"]))
def test_no_row_or_contact_is_lost_and_a_second_run_changes_nothing(lines, held, conflict) -> None:
    rows, contacts = make_rows(*lines), make_contacts(*held)
    diff = diff_of(rows, contacts, conflict=conflict)
    said = diff.verdicts
    assert said["verdict"].notna().all()
    carriers = said["row_id"].isin(said["twin"])
    assert not said["verdict"][carriers].isin(["duplicate", "skipped"]).any()
    assert sorted(diff.leftovers["sid"]) == sorted(contacts["sid"][~contacts["number"].isin(rows["number"])])
    now = {line["sid"]: line for line in contacts.to_dict("records")}
    for verdict in said[said["verdict"].isin(["create", "update"])].to_dict("records"):
        sid = verdict["sid"] if verdict["verdict"] == "update" else f"new{verdict['row_id']}"
        now[sid] = now.get(sid, {"number": verdict["number"], "sid": sid}) | json.loads(verdict["fields"])
    again = diff_of(rows, make_contacts(*now.values()), conflict=conflict)
    assert not again.verdicts["verdict"].isin(["create", "update"]).any()


def test_twenty_thousand_duplicates_are_settled_by_whole_columns() -> None:
    numbers = [number(at) for at in range(10_000)]
    names = ["Asha"] * 10_000 + ["Aisha"] * 5_000 + ["Asha"] * 5_000
    rows = pd.DataFrame({"row_id": range(20_000), "row": 2, "number": numbers * 2, "first_name": names})
    rows = ROWS.shape(rows.assign(table=0, position=0, source="leads.csv"))
    began = time.perf_counter()
    counts = diff_of(rows, make_contacts()).verdicts["verdict"].value_counts()
    assert counts.to_dict() == {"held": 10_000, "create": 5_000, "duplicate": 5_000}
    assert time.perf_counter() - began < 10  # seconds; one group after another took minutes
