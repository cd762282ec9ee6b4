"""Long columns of text, asked at once: the answers are those that single texts would give."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncjob.texts import filled, joined, kinds, places, repeated, scattered, trimmed

COLUMNS = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "", "ab", "+91"])), max_size=20)


def column(texts: list[str | None]) -> pd.Series:
    return pd.Series(texts, dtype="str")


@given(COLUMNS, COLUMNS)
def test_a_text_is_found_at_its_first_place_however_long_the_sides_are(wanted, there):
    first = {text: at for at, text in reversed(list(enumerate(there))) if text is not None}
    assert places(column(wanted), column(there)).tolist() == [first.get(text, -1) for text in wanted]


def test_a_few_texts_are_found_among_many():
    many = column([str(at % 50) for at in range(100)])
    assert places(column(["7", None, "x", "49"]), many).tolist() == [7, -1, -1, 49]
    assert places(column(["x"]), many).tolist() == [-1]


@given(COLUMNS, st.data())
def test_what_is_repeated_is_told_at_every_place_where_it_is_asked(texts, data):
    asked = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    seen = [text for text, ask in zip(texts, asked, strict=True) if ask]
    told = repeated(column(texts), pd.Series(asked, dtype=bool)).tolist()
    assert told == [ask and text is not None and seen.count(text) > 1 for text, ask in zip(texts, asked, strict=True)]


def test_lines_of_one_kind_agree_in_every_column_and_missing_is_a_kind():
    kind, first = kinds([column(["a", "b", "a", None, "a"]), column(["x", "x", "x", None, None])])
    assert (kind.tolist(), first.tolist()) == ([0, 1, 0, 2, 3], [0, 1, 3, 4])
    assert [found.tolist() for found in kinds([column([])])] == [[], []]


def test_a_column_keeps_its_index_when_gaps_are_filled_or_made():
    index = pd.Index([5, 9, 7])
    assert filled(pd.Series(["a", None, "c"], index=index, dtype="str")).to_dict() == {5: "a", 9: "", 7: "c"}
    made = scattered({2: "z", 0: "y"}, index)
    assert (made[5], made[7], made.isna().tolist()) == ("y", "z", [False, True, False])


@pytest.mark.parametrize("around", ["", " \t", "\u00a0", "\u200b\ufeff", "\u3000\r\n"])
def test_texts_are_joined_and_lose_what_surrounds_them(around: str):
    texts = joined("<", pa.array([f"{around}a b{around}", ""], pa.large_string()), ">")
    assert texts.to_pylist() == [f"<{around}a b{around}>", "<>"]
    assert trimmed(pa.array([f"{around}a b{around}"])).to_pylist() == ["a b"]
