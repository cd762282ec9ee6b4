"""Rate and backoff arithmetic: time and chance are arguments, so nothing here waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.pacing import AUTO_RATE, LOWEST, SLACK, Backoff, Pace, Quota, Tempo, read_quota, retry_after
from tests.builders_remote import START

NOW = datetime(2026, 9, 21, 12, 0, 0, tzinfo=UTC)


def departures(pace: Pace, lateness: list[float], idle: list[float], tempo: Tempo | None = None) -> list[float]:
    """When requests leave that each come `idle` seconds after the last one left, and leave `lateness` too late."""
    tempo, now, left = tempo or Tempo(), START, []
    for late, pause in zip(lateness, idle, strict=True):
        tempo, moment = pace.reserve(tempo, now + pause)
        now = moment + late
        tempo = pace.left(tempo, now)
        left.append(now)
    return left


def most_in(window: float, moments: list[float]) -> int:
    """The most moments in any half-open window of this length."""
    return max(sum(1 for moment in moments if start <= moment < start + window) for start in moments)


@settings(deadline=None)
@given(st.integers(1, 10), st.floats(0, 1, exclude_max=True))
def test_a_backoff_stays_between_nothing_and_its_ceiling(tries: int, random: float) -> None:
    wait = Backoff().wait(tries, random)
    assert 0 <= wait <= min(30, 0.5 * 2 ** (tries - 1))


def test_a_backoff_never_overflows() -> None:
    assert Backoff().ceiling(10_000) == 30


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("99999999", 86_400),
        ("Mon, 21 Sep 2026 12:01:30 GMT", 90),
        ("Mon, 21 Sep 2026 11:00:00 GMT", 0),
        ("Monday, 21-Sep-26 12:00:10 GMT", 10),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@settings(deadline=None)
@given(st.text())
def test_retry_after_survives_any_text(text: str) -> None:
    seconds = retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("reset", "seconds"), [("60", 60), (str(int(START) + 60), 60), (str((int(START) + 60) * 1000), 60), ("0", 0)]
)
def test_a_reset_is_read_as_a_span_or_as_a_moment(reset: str, seconds: float) -> None:
    headers = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "299", "x-ratelimit-reset": reset}
    assert read_quota(headers, START) == Quota(300, 299, seconds)


def test_no_rate_headers_are_no_quota() -> None:
    assert read_quota({"x-ratelimit-limit": "many"}, START) is None


@settings(deadline=None)
@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 0.3)), min_size=2, max_size=120),
)
def test_no_second_ever_holds_more_requests_than_the_rate(rate: int, steps: list[tuple[float, float]]) -> None:
    left = departures(Pace(float(rate)), [late for late, _ in steps], [idle for _, idle in steps])
    assert most_in(1.0, left) <= rate


@settings(deadline=None)
@given(st.integers(10, 90), st.lists(st.floats(0, 3), min_size=100, max_size=200))
def test_no_minute_ever_holds_more_requests_than_the_rate(rate: int, lateness: list[float]) -> None:
    left = departures(Pace(rate / 60), lateness, [0.0] * len(lateness))
    assert most_in(60.0, left) <= rate


@settings(deadline=None)
@given(st.floats(0.1, 200), st.floats(0, 0.5))
def test_a_busy_sender_stays_within_three_percent_below_the_rate(rate: float, share: float) -> None:
    late = min(share / rate, 0.01)
    left = departures(Pace(rate), [late] * 200, [0.0] * 200)
    assert 0.97 * rate <= 199 / (left[-1] - left[0]) <= rate


@settings(deadline=None)
@given(st.integers(1, 250), st.lists(st.tuples(st.floats(0, 0.05), st.floats(0, 0.005)), min_size=2, max_size=600))
def test_the_server_never_sees_more_than_the_rate_however_late_and_jittered_they_come(
    rate: int, steps: list[tuple[float, float]]
) -> None:
    left = departures(Pace(float(rate)), [late for late, _ in steps], [0.0] * len(steps))
    came = sorted(moment + jitter for moment, (_, jitter) in zip(left, steps, strict=True))
    assert all(later - first >= 1.0 for first, later in zip(came, came[rate:], strict=False))


@pytest.mark.parametrize("rate", [5.0, 50.0, 200.0])
def test_now_and_then_a_late_one_costs_only_what_the_grace_does_not_cover(rate: float) -> None:
    count, chance = int(rate * 20), Random(7)
    late = [chance.uniform(0, 0.002) if chance.random() > 0.02 else chance.uniform(0, 0.015) for _ in range(count)]
    left = departures(Pace(rate), late, [0.0] * count)
    assert 0.97 * rate <= (count - 1) / (left[-1] - left[0]) <= rate


def test_an_idle_hour_saves_nothing_up() -> None:
    left = departures(Pace(10.0), [0.0] * 30, [0.0, 3600.0, *[0.0] * 28])
    assert most_in(1.0, left) <= 10


def test_a_429_pauses_everyone_for_as_long_as_it_asks() -> None:
    pace = Pace(10.0)
    tempo = pace.throttled(Tempo(), START, sent_at=START - 1, asked=30.0, random=0.5)
    assert pace.pause_left(tempo, START) == 30
    assert pace.reserve(tempo, START)[1] == START + 30
    assert pace.pause_left(tempo, START + 31) == 0


def test_the_429s_of_requests_that_left_together_lower_the_rate_once() -> None:
    pace = Pace(10.0)
    tempo = Tempo()
    for late in range(8):
        tempo = pace.throttled(tempo, START + late / 10, sent_at=START - 1, asked=5.0, random=0.5)
    assert pace.rate_at(tempo, START + 1) == pytest.approx(5.0)
    assert tempo.strikes == 1


def test_one_429_after_the_other_lowers_the_rate_and_lengthens_the_pause_within_bounds() -> None:
    pace, tempo, pauses = Pace(10.0), Tempo(), []
    for strike in range(12):
        now = START + strike * 100
        tempo = pace.throttled(tempo, now, sent_at=now - 0.1, asked=None, random=1.0)
        pauses.append(round(pace.pause_left(tempo, now)))
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert max(pauses) == 60
    lowest = pace.rate_at(tempo, START + 1100)
    assert lowest is not None
    assert 10 * LOWEST <= lowest < 2


def test_a_lowered_rate_is_regained_a_tenth_a_minute() -> None:
    pace = Pace(10.0)
    tempo = pace.throttled(Tempo(), START, sent_at=START - 1, asked=10.0, random=0.5)
    rates = [pace.rate_at(tempo, START + 10 + 60 * minute) for minute in (0, 1, 3, 5, 60)]
    assert rates == pytest.approx([5.0, 6.0, 8.0, 10.0, 10.0])


def test_a_success_ends_the_row_of_strikes_only_when_it_left_after_them() -> None:
    pace = Pace(10.0)
    tempo = pace.throttled(Tempo(), START, sent_at=START - 1, asked=None, random=0.5)
    assert pace.answered(tempo, START + 1, sent_at=START - 1, quota=None).strikes == 1
    assert pace.answered(tempo, START + 3, sent_at=START + 2, quota=None).strikes == 0


def test_auto_is_thirty_a_minute_until_headers_allow_more() -> None:
    pace = Pace("auto")
    assert pace.rate_at(Tempo(), START) == AUTO_RATE == 0.5
    tempo = pace.answered(Tempo(), START, sent_at=START, quota=Quota(300, 290, 55.0))
    assert pace.rate_at(tempo, START) == pytest.approx(5.0)
    assert pace.rate_at(tempo, START + 300) == AUTO_RATE


def test_auto_spreads_what_remains_of_a_quota_that_others_use_too() -> None:
    pace = Pace("auto")
    tempo = pace.answered(Tempo(), START, sent_at=START, quota=Quota(300, 60, 60.0))
    assert pace.rate_at(tempo, START) == pytest.approx(1.0)


def test_auto_waits_for_an_empty_quota_and_a_set_rate_does_not_listen() -> None:
    empty = Quota(30, 0, 20.0)
    assert Pace("auto").pause_left(Pace("auto").answered(Tempo(), START, sent_at=START, quota=empty), START) == 20
    assert Pace(20.0).answered(Tempo(), START, sent_at=START, quota=empty) == Tempo()


def test_a_quota_of_an_hour_is_not_taken_for_one_of_a_minute() -> None:
    assert Quota(3600, 3600, 3600.0).per_second() == pytest.approx(1.0)


def test_off_is_not_paced_but_still_pauses() -> None:
    pace = Pace(None)
    assert pace.reserve(Tempo(), START) == (Tempo(), START)
    tempo = pace.throttled(Tempo(), START, sent_at=START, asked=7.0, random=0.5)
    assert pace.reserve(tempo, START)[1] == START + 7


@settings(deadline=None)
@given(st.floats(60, 1e6))
def test_a_clock_that_was_set_back_freezes_nobody(back: float) -> None:
    pace = Pace(1.0)
    tempo = pace.throttled(Tempo(last=START), START, sent_at=START, asked=600.0, random=0.5)
    _, moment = pace.reserve(tempo, START - back)
    rate = pace.rate_at(tempo, START - back)
    assert rate is not None
    assert moment <= START - back + 100 / (rate * (1 - SLACK)) + 0.001


def test_a_rate_must_be_above_nothing() -> None:
    for rate in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            Pace(rate)


def test_a_date_far_away_is_a_day() -> None:
    far = (NOW + timedelta(days=400)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(far, NOW) == 86_400
