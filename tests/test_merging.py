"""custom_field: compared as parsed JSON after a deep merge, sent whole (CONTRACT 4)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.differ.merging import bare, custom_change, merged, same

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "1", "x"])
VALUES = st.recursive(SCALARS, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def change(old: object, new: object, **rules: tuple[str, ...]) -> object:
    """What is sent, None for nothing."""
    return custom_change(json.dumps(old) if old != "" else "", json.dumps(new) if new != "" else "", **rules)[0]


@pytest.mark.parametrize(
    ("old", "new", "sent"),
    [
        ("", {"city": "Pune"}, {"city": "Pune"}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1}, {"a": "1"}, {"a": "1"}),
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": [0]}, {"a": [False]}, {"a": [False]}),
        ({"a": "x"}, {"a": ""}, {"a": ""}),
        ({"a": "x", "b": {"c": 1}}, "", {"a": "", "b": {"c": ""}}),
        ({"a": "x"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        (["x"], {"a": 1}, {"a": 1}),
        ("plain", {"a": 1}, {"a": 1}),
        ("plain", "", {}),
    ],
)
def test_a_merged_whole_is_sent(old: object, new: object, sent: object) -> None:
    assert change(old, new) == sent


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", {}),
        ("", {"a": "", "b": None, "c": {"d": ""}}),
        ({"a": 1, "b": 2}, {"b": 2}),
        ({"b": 1, "a": {"d": 1, "c": 2}}, {"a": {"c": 2, "d": 1}, "b": 1}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": None}, {"a": ""}),
        ({"a": ""}, ""),
        ({"a": 1}, {}),
        ("plain", {}),
        ("plain", {"a": ""}),
    ],
)
def test_what_is_equal_is_not_sent(old: object, new: object) -> None:
    assert change(old, new) is None


@pytest.mark.parametrize(
    ("old", "new", "sent", "guarded"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 3}}, {"a": {"b": 1, "c": 3}}, False),
        ({"a": {"b": 1}}, {"a": "x"}, None, True),
        ({"a": {"b": 1}}, {"a": ""}, None, True),
        ({"a": "x"}, {"a": "y"}, {"a": "y"}, False),
        ({"a": {"b": 1}}, "", None, True),
        ({}, {"a": {"b": 2}}, None, True),
    ],
)
def test_a_protected_path_is_never_overwritten_nor_buried(
    old: object, new: object, sent: object, guarded: bool
) -> None:
    text = json.dumps(new) if new != "" else ""
    assert custom_change(json.dumps(old), text, protect=("a.b",)) == (sent, guarded)


@pytest.mark.parametrize(
    ("old", "sent"), [({}, {"a": "y"}), ({"a": ""}, {"a": "y"}), ({"a": {}}, {"a": "y"}), ({"a": "x"}, None)]
)
def test_a_path_that_is_only_filled_is_set_where_nothing_is(old: object, sent: object) -> None:
    assert change(old, {"a": "y"}, fill_only=("a",)) == sent


def test_equal_as_json_is_stricter_than_equal_to_python() -> None:
    assert same({"a": [1, {"b": "x"}]}, {"a": [1.0, {"b": "x"}]})
    assert not same(1, True)
    assert not same({"a": [0]}, {"a": [False]})
    assert not same({"a": 1}, {"b": 1})
    assert not same([1], [1, 2])


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_what_was_sent_is_not_sent_again_and_loses_nothing(old: dict, new: dict) -> None:
    sent = change(old, new)
    if sent is None:
        assert same(bare(merged(old, new)), bare(old))
        return
    assert old.keys() <= sent.keys()
    assert change(sent, new) is None
    assert change(merged(old, sent), new) is None  # where the remote merges what it is sent


@settings(deadline=None)
@given(OBJECTS, OBJECTS, st.sampled_from(["a", "a.b", "b.c.a"]))
def test_a_protected_path_holds_what_it_held_whatever_is_said(old: dict, new: dict, path: str) -> None:
    def at(value: object) -> object:
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return bare(value)

    sent = change(old, new, protect=(path,))
    if sent is not None and at(old) not in (None, "", {}):
        assert same(at(sent), at(old))
