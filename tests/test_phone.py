"""Numbers: the library's answer on every input, save for the rules of CONTRACT 4."""

from __future__ import annotations

import random

import pandas as pd
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.errors import ConfigError
from syncjob.phone import normalise
from syncjob.words import REASONS
from tests.builders_rows import REGIONS, by_library, examples, is_ours, shapes, texts, wrong

SOUP = st.text(alphabet="0123456789+-.()  /x#;,eE'*～＋९٣\u00a0\u200b\u202a\u200dtl:", max_size=24)
DIALLED = st.from_regex(r"\+?[0-9]{2,19}", fullmatch=True)
SPACED = st.from_regex(r"[ (]{0,2}\+?[0-9][0-9 ().\-]{4,18}", fullmatch=True)


def assert_as_library(written: list[str], region: str) -> None:
    asked = [text for text in written if not is_ours(text)]
    found = normalise(texts(*asked), region)
    got = [number if isinstance(number, str) else None for number in found["number"]]
    assert [*zip(asked, got, strict=True)] == [(text, by_library(text, region)) for text in asked]
    assert (found["number"].isna() == found["reason"].notna()).all()
    assert set(found["reason"].dropna()) <= set(REASONS)


def one(text: str | None, region: str = "IN") -> tuple[object, object]:
    line = normalise(texts(text), region).iloc[0]
    return tuple(None if pd.isna(value) else value for value in (line["number"], line["reason"]))


@pytest.mark.parametrize("part", range(6))
def test_examples_of_every_region_in_every_shape_are_judged_as_the_library_does(part: int):
    rng = random.Random(part)
    for region in REGIONS[part::6]:
        own, foreign = rng.choice(examples(region)), rng.choice(examples(rng.choice(REGIONS)))
        some = rng.sample(shapes(foreign, region, rng), k=20)  # every shape has its turn in some regions
        assert_as_library([*shapes(own, region, rng), *some], region)


@given(written=st.lists(SOUP | DIALLED | SPACED, min_size=1, max_size=40), region=st.sampled_from(REGIONS))
@settings(deadline=None, max_examples=60)
def test_any_text_at_all_is_judged_as_the_library_does(written: list[str], region: str):
    assert_as_library(written, region)


@pytest.mark.parametrize("region", ["IN", "US", "CA", "GB", "IM", "IT", "AR", "MX", "BR", "SM", "KZ", "AU", "CI", "JE"])
def test_random_digits_after_every_prefix_are_judged_as_the_library_does(region: str):
    rng = random.Random(region)
    code = phonenumbers.country_code_for_region(region)
    heads = ["", "0", "00", "+", "1", "011", str(code), f"+{code}", f"00{code}", f"{code}0", f"+{code}0", "+800", "+1"]
    digits = ["".join(rng.choices("0123456789", k=rng.randint(4, 12))) for _ in range(30)]
    assert_as_library([head + tail for head in heads for tail in digits], region)


def test_example_numbers_of_no_country_are_numbers():
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    numbers = [phonenumbers.example_number_for_non_geo_entity(code) for code in codes]
    rng = random.Random(3)
    assert_as_library([text for number in numbers for text in shapes(number, "IN", rng)[:30]], "IN")


@pytest.mark.parametrize(
    "text",
    [
        "9876500001",
        "09876500001",
        "919876500001",
        "+919876500001",
        "+91 98765 00001",
        "+91-98765-00001",
        "(+91) 98765.00001",
        "0091 98765 00001",
        "98765\u00a000001",
        "'9876500001",
        "'+919876500001",
        "tel:+91-98765-00001",
        "९८७६५००००१",
        "９８７６５００００１",
        "\u202a+91 98765 00001\u202c",
        "\ufeff9876500001\u200b",
        "Mobile: 98765 00001",
    ],
)
def test_every_usual_way_to_write_an_indian_number_is_read(text: str):
    assert one(text) == ("+919876500001", None)


@pytest.mark.parametrize("text", ["9876500001.0", "+919876500001.0", "'9876500001.0", " 09876500001.0 "])
def test_a_trailing_point_zero_is_taken_off_and_said_so(text: str):
    line = normalise(texts(text)).iloc[0]
    assert line["number"] == "+919876500001"
    assert line["note"] == "trailing .0 taken off"


def test_a_nine_digit_float_does_not_become_a_ten_digit_number():
    assert by_library("987650000.0", "IN") == "+919876500000"  # the trap
    assert one("987650000.0") == (None, "number_invalid")


@pytest.mark.parametrize(
    "text",
    [
        *("9.19E+11", "9,19E+11", "9.1e9", "91E10", "9.19876500001e+11", "'9.19E+11", " 9.19E+11 "),
        *("987650000.5", "98765000.01", "987650000.00", "9876500001.000000"),
    ],
)
def test_what_a_spreadsheet_left_of_a_number_is_damaged_never_repaired(text: str):
    assert one(text) == (None, "number_damaged")


@pytest.mark.parametrize("text", ["98765.00001", "987.650.0001", "98.76.50.00.01", "9876.500001"])
def test_points_between_groups_are_separators(text: str):
    assert one(text) == ("+919876500001", None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "number_missing"),
        ("", "number_missing"),
        (" \u00a0\u200b", "number_missing"),
        ("n/a", "number_no_digits"),
        ("-", "number_no_digits"),
        ("#CLEAR", "number_no_digits"),
        ("112", "number_short_code"),
        ("98765", "number_too_short"),
        ("5", "number_too_short"),
        ("+91", "number_too_short"),
        ("765 0000", "number_too_short"),
        ("1111111111", "number_invalid"),
        ("98765000012345678", "number_too_long"),
        ("9876500001 / 9876500002", "number_too_long"),
        ("9" * 300, "number_too_long"),
        ("9876500001 ext. 12", "number_extension"),
        ("9876500001;ext=12", "number_extension"),
        ("+999 1234 5678", "number_invalid"),
    ],
)
def test_a_text_that_is_no_number_says_why(text: str | None, reason: str):
    assert one(text) == (None, reason)


def test_reasons_do_not_depend_on_how_the_number_is_written():
    rng = random.Random(11)
    digits = ["".join(rng.choices("0123456789", k=rng.randint(3, 18))) for _ in range(400)]
    plain = normalise(texts(*digits))
    slow = normalise(texts(*[f"tel:{text}" for text in digits]))
    assert plain[["number", "reason"]].equals(slow[["number", "reason"]])


def test_the_index_is_kept_even_when_it_repeats():
    series = pd.Series(["9876500001", "x", "9876500002"], index=["a", "a", "b"], dtype="str")
    found = normalise(series)
    assert list(found.index) == ["a", "a", "b"]
    assert list(found["number"].fillna("-")) == ["+919876500001", "-", "+919876500002"]


def test_cells_that_are_no_text_are_written_out_first():
    series = pd.Series([9876500001, 9876500001.0, "9876500001", None, float("nan")], dtype=object)
    found = normalise(series)
    assert list(found["number"].fillna("-")) == ["+919876500001"] * 3 + ["-", "-"]
    assert found["note"].isna().all()


def test_an_empty_column_gives_an_empty_frame_of_text_columns():
    found = normalise(pd.Series([], dtype="str"))
    assert list(found.columns) == ["number", "reason", "note"]
    assert [str(kind) for kind in found.dtypes] == ["str"] * 3


def test_a_region_that_does_not_exist_is_a_config_error():
    with pytest.raises(ConfigError, match=r"default_region: XX"):
        normalise(texts("9876500001"), "XX")


def test_a_region_may_be_written_in_small_letters():
    assert one("650-253-0000", "us") == ("+16502530000", None)


@given(st.integers(min_value=0, max_value=2**32))
@settings(deadline=None, max_examples=10)
def test_slightly_wrong_numbers_are_judged_as_the_library_does(seed: int):
    rng = random.Random(seed)
    numbers = [number for number in (phonenumbers.example_number(rng.choice(REGIONS)) for _ in range(12)) if number]
    written = [wrong(wrong(text, rng), rng) for number in numbers for text in shapes(number, "IN", rng)[:8]]
    assert_as_library(written, "IN")
