"""What was proven of an account, as a value, and in its memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncjob.behaviour import QUESTIONS, VERSION, Behaviour, from_text
from syncjob.memory import Memory
from tests.builders_plan import make_account

CONFLICT = {"duplicate": "conflict", "repeated": "conflict", "conflict_tells": "sid"}


def test_before_any_probe_nothing_is_assumed() -> None:
    unknown = Behaviour()
    assert (unknown.refuses_duplicates, unknown.names_duplicates, unknown.clears_by) == (False, False, None)
    assert (unknown.mixes_replies, unknown.delay, unknown.rows, unknown.learned) == (False, 0.0, None, "")


@pytest.mark.parametrize(
    ("changed", "refuses", "names"),
    [
        ({}, True, True),
        ({"conflict_tells": "contact"}, True, True),
        ({"conflict_tells": "nothing"}, True, False),
        ({"repeated": "stored_twice"}, False, False),
        ({"duplicate": "conflict_applied"}, False, False),
        ({"duplicate": "updated"}, False, False),
    ],
)
def test_only_a_409_that_changes_nothing_and_names_the_contact_replaces_a_listing(
    changed: dict[str, str], refuses: bool, names: bool
) -> None:
    found = Behaviour({**CONFLICT, **changed})
    assert (found.refuses_duplicates, found.names_duplicates) == (refuses, names)


@pytest.mark.parametrize(
    ("empty", "null", "way"),
    [
        ("stored", "ignored", "empty"),
        ("null", "clears", "empty"),
        ("refused", "clears", "null"),
        ("ignored", "clears", "null"),
        ("refused", "ignored", "impossible"),
    ],
)
def test_a_field_is_emptied_in_the_way_that_was_proven(empty: str, null: str, way: str) -> None:
    assert Behaviour({"empty": empty, "null": null}).clears_by == way


def test_half_an_answer_proves_nothing_impossible() -> None:
    assert Behaviour({"empty": "refused"}).clears_by is None


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="duplicate"):
        Behaviour({"duplicate": "perhaps"})
    with pytest.raises(ValueError, match="rows"):
        Behaviour({"rows": "many"})
    with pytest.raises(KeyError):
        Behaviour().of("colour")


def test_every_answer_has_words() -> None:
    for name, question in QUESTIONS.items():
        for answer in question.answers or ["7"]:
            assert question.fits(answer), name
            assert question.words(answer), name


def test_answers_of_another_version_are_no_answers() -> None:
    kept = Behaviour(CONFLICT, "2026-11-21").to_text()
    assert from_text(kept) == Behaviour(CONFLICT, "2026-11-21")
    assert from_text(kept.replace(f'"version": {VERSION}', '"version": 999')) == Behaviour()
    for torn in (None, "", "nonsense", "[]", kept.replace("conflict", "perhaps"), kept.replace("sid", "blood group")):
        assert from_text(torn) == Behaviour()


def test_an_account_remembers_how_it_behaves(tmp_path: Path) -> None:
    memory = Memory(make_account(tmp_path))
    assert memory.behaviour == Behaviour()
    memory.keep_fact("behaviour", Behaviour(CONFLICT, "2026-11-21").to_text())
    memory.close()
    memory = Memory(make_account(tmp_path))
    assert memory.behaviour.names_duplicates
    memory.keep_fact("behaviour", None)
    assert memory.behaviour == Behaviour()
    memory.close()
