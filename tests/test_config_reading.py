"""YAML as people write it: nothing guessed, every line known, no value in a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncjob.config import reading
from syncjob.config.writing import scalar


@pytest.mark.parametrize(
    "text",
    ["no", "off", "on", "yes", "y", "0091", "0o17", "0x1F", "12:30:00", "2026-11-21", "+919812345678", "1_000", ".inf"],
)
def test_what_yaml_would_guess_at_stays_text(text: str) -> None:
    assert reading.read(f"key: {text}").data == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("False", False), ("12", 12), ("-3", -3), ("1.5", 1.5), ("null", None), ("", None)],
)
def test_only_flags_plain_numbers_and_null_are_typed(text: str, value: object) -> None:
    found = reading.read(f"key: {text}").data
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) in (type(value), reading.WrittenFloat)


def test_a_number_with_a_point_knows_how_it_was_written() -> None:
    found = reading.read("sheet: 1.10").data
    assert isinstance(found, dict)
    assert str(found["sheet"]) == "1.10"


def test_every_key_and_item_has_its_line() -> None:
    document = reading.read("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - y\n")
    assert document.lines[("b", "c")] == 3
    assert document.lines[("b", "d", 1)] == 6
    assert document.line(("b", "missing", "deep")) == 2


def test_a_key_given_twice_is_a_problem_that_names_both_lines() -> None:
    (problem,) = reading.read("a: 1\nb: 2\na: 3\n").problems
    assert problem.line == 3
    assert "first in line 1" in problem.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("key: *hush", "begins with *"),
        ("key: !hush x", "begins with !"),
        ("key: @hush", "needs quotes"),
        ("key: %hush", "needs quotes"),
        ("a: 1\n\tb: 2", "tab"),
        ("key: hush: more", "colon"),
        ('key: "hush', "quotation mark"),
        ("key: [hush", "bracket"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("? [hush]\n: 2", "single text"),
        ("a: &hush b\nc: &hush d", "begins with &"),
        ("a: &x\n  b: *x", "refers to itself"),
        ("a: b\x07", "does not allow"),
        ("[" * 500 + "]" * 500, "nested too deeply"),
        ("{a: " * 40 + "}" * 40, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_said_in_plain_words_without_the_value(text: str, says: str) -> None:
    said = [problem.text for problem in reading.read(text).problems]
    assert said
    assert says in said[0]
    assert "hush" not in " ".join(said)


def test_aliases_of_aliases_do_not_grow_without_end() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 9):
        text += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    assert any("more than" in problem.text for problem in reading.read(text).problems)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30))
def test_a_text_written_by_us_is_read_back_as_it_was(text: str) -> None:
    assert reading.read(f"key: {scalar(text)}").data == {"key": text}
    assert reading.read(f"key: {scalar([text])}").data == {"key": [text]}


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    reading.read(text)
