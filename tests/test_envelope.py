"""Replies of any shape, read without ever failing, and never able to do harm."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.envelope import (
    code_of,
    entries_of,
    error_words,
    inner_status,
    metadata_of,
    page_text,
    read_entry,
    request_id_of,
    safe_text,
    single_of,
)
from syncjob.model import Json

KEYS = ["response", "RestException", "code", "status", "data", "error_data", "Status", "Message", "message", "metadata"]

ANYTHING: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "sid", "request_id"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(ANYTHING)
def test_nothing_a_reply_can_hold_is_an_error(json: Json) -> None:
    entry = read_entry(json)
    assert "" not in (entry.sid, entry.number)
    assert 0 <= inner_status(json) <= 999
    assert entries_of(json) is None or single_of(json) is None
    assert isinstance(metadata_of(json), dict)
    assert isinstance(error_words(json), str)
    assert request_id_of(json, {}) != ""


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(10, 300))
def test_words_are_one_line_without_anything_hidden(text: str, longest: int) -> None:
    shown = safe_text(text, longest)
    assert len(shown) <= longest
    assert not [mark for mark in shown if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert safe_text(shown, longest) == shown


def test_a_proxys_page_is_reduced_to_its_words() -> None:
    page = b"<html><style>b{}</style><h1>502 Bad&nbsp;Gateway</h1><script>alert(1)</script>nginx</html>"
    assert page_text(page) == "502 Bad&nbsp;Gateway nginx"
    assert page_text(b'{"number": "+919000000001"') == ""


def test_codes_come_as_numbers_or_as_digits() -> None:
    assert [code_of(value) for value in (404, "404", True, -1, 4040, "4o4", "\u0664", None, 4.0)] == [404, 404] + [
        0
    ] * 7


def test_a_failure_inside_a_success_is_seen_only_where_it_speaks_for_the_whole() -> None:
    assert inner_status({"response": {"code": 404}}) == 404
    assert inner_status({"RestException": {"Status": "401", "Message": "no"}}) == 401
    assert inner_status({"response": [{"code": 404}]}) == 0
    assert inner_status({"response": {"code": 200}}) == 0
