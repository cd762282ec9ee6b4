"""Settings that are one short text: rates, spans, shares, choices."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncjob.config import values


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("auto", "auto"),
        ("off", None),
        ("30/minute", 0.5),
        ("30/min", 0.5),
        ("2/second", 2.0),
        ("2/s", 2.0),
        ("36/h", 0.01),
    ],
)
def test_rates_are_per_second(text: str, rate: values.Rate) -> None:
    assert values.as_rate(text) == rate


@given(st.integers(1, 100_000), st.sampled_from(["second", "minute", "hour"]))
def test_a_rate_written_back_is_the_same_rate(amount: int, unit: str) -> None:
    rate = values.as_rate(f"{amount}/{unit}")
    again = values.as_rate(values.say_rate(rate))
    assert isinstance(rate, float)
    assert again == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize(("text", "hours"), [("7d", 168), ("72h", 72), ("90m", 1.5), ("1w", 168), ("1.5h", 1.5)])
def test_spans_of_time_carry_their_unit(text: str, hours: float) -> None:
    assert values.as_span(text) == timedelta(hours=hours)


@given(st.integers(0, 3650 * 86400))
def test_a_span_written_back_is_the_same_span(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert values.as_span(values.say_span(span)) == span


@pytest.mark.parametrize("text", ["7", "d", "", "-1d", "1y", "9999999d"])
def test_a_span_without_a_unit_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="span of time"):
        values.as_span(text)


@pytest.mark.parametrize(("text", "minutes"), [(5, 5), ("5", 5), ("90s", 1.5), ("2h", 120), (0, 0)])
def test_a_number_counts_in_its_unit_and_a_span_is_turned_into_it(text: object, minutes: float) -> None:
    assert values.in_unit(text, "m") == minutes


@pytest.mark.parametrize(("text", "of_150"), [(5, 5), ("5", 5), ("2%", 3), ("0.5 %", 0), ("100%", 150), (0, 0)])
def test_a_share_is_rows_or_percent(text: object, of_150: int) -> None:
    assert values.as_share(text).of(150) == of_150


@pytest.mark.parametrize("text", ["x", "-1", "2.5", "101%", True, None])
def test_a_share_that_is_neither_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        values.as_share(text)


def test_a_choice_may_carry_a_value() -> None:
    assert values.as_choice("mark:not here", ("keep",), "mark") == ("mark", "not here")
    assert str(values.as_choice("keep", ("keep",), "mark")) == "keep"
    with pytest.raises(ValueError, match="mark:VALUE"):
        values.as_choice("mark:", ("keep",), "mark")
    with pytest.raises(ValueError, match="Did you mean keep"):
        values.as_choice("kep", ("keep",), "mark")


@pytest.mark.parametrize("flag", [1, 0, "maybe", None, 1.0])
def test_a_flag_is_a_flag(flag: object) -> None:
    with pytest.raises(ValueError, match="true or false"):
        values.as_flag(flag)


def test_a_flag_is_no_number() -> None:
    with pytest.raises(ValueError, match="whole number"):
        values.as_whole(True)
    with pytest.raises(ValueError, match="a number"):
        values.as_number(True)
