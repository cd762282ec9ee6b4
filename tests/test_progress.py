"""What people are told while they wait: never more than is known, at a terminal and in a log."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from syncjob.cli.course import Course, about
from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from tests.builders_headers import desk_of, typing
from tests.journey.builders import people

pytestmark = pytest.mark.usefixtures("reads_here")


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def pages(course: Course, clock: Clock, first: int, last: int, total: int, each: float) -> None:
    for done in range(first, last + 1):
        clock.now += each
        course.reached(done, total)


def test_what_is_left_goes_by_the_pace_that_was_held() -> None:
    clock = Clock()
    course = Course(clock)
    pages(course, clock, 1, 101, 5001, 2.0)  # 30 a minute
    assert course.words() == "about 2 h 45 min left"
    pages(course, clock, 102, 500, 5001, 0.2)  # and then 5 a second
    assert course.words() == "about 15 min left"


def test_nothing_is_said_before_there_is_a_pace_nor_without_an_end_nor_at_the_end() -> None:
    clock = Clock()
    course = Course(clock)
    assert course.words() == ""
    pages(course, clock, 1, 3, 100, 2.0)
    assert course.words() == ""
    pages(course, clock, 4, 10, 0, 2.0)
    assert course.words() == ""
    pages(course, clock, 11, 100, 100, 2.0)
    assert course.words() == ""


def test_a_pause_makes_the_wait_longer_and_not_shorter() -> None:
    clock = Clock()
    course = Course(clock)
    pages(course, clock, 1, 50, 500, 0.2)
    before = course.left()
    clock.now += 30.0
    after = course.left()
    assert before is not None
    assert after is not None
    assert before == pytest.approx(450 * 0.2, rel=0.05)
    assert after > 3 * before


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "a few seconds"),
        (38, "about 40 s"),
        (59, "about 1 min"),
        (400, "about 7 min"),
        (9999, "about 2 h 45 min"),
    ],
)
def test_an_estimate_is_told_no_more_exactly_than_it_is(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_a_log_gets_a_line_when_a_minute_and_a_twentieth_have_passed() -> None:
    clock, said = Clock(), io.StringIO()
    with redirect_stderr(said):
        screen = Screen(Context(), clock=clock)
        for done in range(1, 601):
            screen.progress("reading", done, 5001)
            clock.now += 2.0
    assert said.getvalue().splitlines() == [
        "Reading Exotel: 251 of 5,001 pages, about 2 h 40 min left.",
        "Reading Exotel: 502 of 5,001 pages, about 2 h 30 min left.",
    ]


def test_quiet_and_no_progress_say_nothing_and_what_is_short_says_nothing_in_a_log() -> None:
    clock, said = Clock(), io.StringIO()
    with redirect_stderr(said):
        for context, each in ((Context(quiet=True), 9.0), (Context(no_progress=True), 9.0), (Context(), 0.1)):
            for done in range(1, 100):
                Screen(context, clock=clock).progress("reading", done, 100)
                clock.now += each
    assert said.getvalue() == ""


def test_a_terminal_is_drawn_to_ten_times_a_second_at_most_and_shows_what_is_left() -> None:
    clock = Clock()
    with typing("") as shown:
        screen = Screen(Context(), clock=clock)
        for done in range(1, 1001):
            screen.progress("reading", done, 2000)
            clock.now += 0.01
        seen = shown.getvalue()
        screen.close()
    assert 90 <= seen.count("\r") <= 110
    assert "about 10 s left" in seen
    assert "?" not in seen


def test_a_long_listing_says_beforehand_what_it_costs(tmp_path: Path) -> None:
    with desk_of(tmp_path) as desk:
        desk.seed(*people(range(1, 1982)))
        desk.config(remote={"rate": "300/second"})
        said = desk("run", desk.sheet(people(1)), "--dry-run")
        assert "takes 101 requests: at 300 a second about 1 s." in said.err
