"""The address book by itself: order, paging, lag, mixing of ties, seeds."""

from __future__ import annotations

from random import Random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.emulator.shelf import RUN, shuffled_slice
from syncjob.emulator.store import Store
from tests.builders_emulator import Clock, number


def store_of(count: int, per_second: int = 20, clock: Clock | None = None) -> Store:
    store = Store(clock or Clock())
    store.seed(count, per_second=per_second)
    return store


def test_invented_numbers_are_valid_and_plainly_invented() -> None:
    numbers = [str(each["number"]) for each in store_of(2000).export()]
    assert len(set(numbers)) == 2000
    assert all(each.startswith("+9190000") for each in numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(each)) for each in numbers[::50])


def test_seeding_twice_goes_on_where_it_ended_and_clearing_starts_over() -> None:
    store = store_of(5)
    first = store.export()
    store.seed(5)
    assert len({each["number"] for each in store.export()}) == 10
    store.clear()
    store.seed(5)
    assert store.export() == first


def test_seeding_takes_contacts_as_they_are() -> None:
    store = store_of(0)
    store.seed([{"number": "0229 junk", "tag": "x", "custom_field": {"a": [1]}}, {"number": number(1)}])
    assert store.export(plain=True)[0] == {
        "number": "0229 junk",
        "first_name": None,
        "last_name": None,
        "company_name": None,
        "email": None,
        "tag": "x",
        "custom_field": {"a": [1]},
    }
    assert store.find_number(number(1)) is not None


def test_seeding_says_how_many_share_a_second() -> None:
    dates = [each["date_created"] for each in store_of(100, per_second=50).export()]
    assert [dates.count(date) for date in sorted(set(map(str, dates)))] == [50, 50]


def test_moments_of_creation_rise_even_if_the_clock_stands_or_goes_back() -> None:
    clock = Clock()
    store = store_of(3, clock=clock)
    for step in (0, 0, -50, 100):
        clock.now += step
        store.add({}, number=number(step), key=number(step))
    moments = [contact.created for contact in store.page(0, 20)[0]]
    assert moments == sorted(set(moments))


def test_a_page_of_many_contacts_is_found_by_place_and_by_sid() -> None:
    store = store_of(5000)
    contact = store.at(4321)
    assert contact is not None
    assert store.page(4321, 20)[0][0] is contact is store.find(contact.sid)
    store.remove(contact.sid)
    assert store.page(4321, 1) != ([contact], 4999)
    assert (store.find(contact.sid), store.find_number(contact.key), store.remove(contact.sid)) == (None, None, None)


@pytest.mark.parametrize("per_second", [1, 7, 40, 100])
def test_mixing_moves_no_contact_out_of_its_second_and_run(per_second: int) -> None:
    rows = store_of(250, per_second).page(0, 250)[0]
    mixed = shuffled_slice(rows, 0, 250, Random(3))
    for place, contact in enumerate(mixed):
        home = rows.index(contact)
        assert contact.created // 10**9 == rows[place].created // 10**9
        assert (home % per_second) // RUN == (place % per_second) // RUN
    assert (mixed != rows) == (per_second > 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 130), st.integers(1, 90), st.integers(0, 140), st.integers(0, 30))
def test_any_slice_of_a_mix_has_the_length_of_the_slice(count: int, per_second: int, start: int, size: int) -> None:
    rows = store_of(count, per_second).page(0, count)[0]
    part = shuffled_slice(rows, start, start + size, Random(1))
    assert len(part) == len(rows[start : start + size])
    assert len({contact.sid for contact in part}) == len(part)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("acrt"), st.integers(0, 9)), max_size=40))
def test_readers_with_a_lag_see_exactly_the_store_of_that_many_seconds_ago(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    store = Store(clock, lag=lambda: 3.0)
    store.seed(4)
    history = {clock.now: store.page(0, 99)[0]}
    for kind, place in steps:
        contact = store.at(place)
        if kind == "t":
            clock.now += 1
        elif kind == "a":
            store.add({}, number=number(len(store)), key=number(len(store)))
        elif contact is not None and kind == "c":
            store.change(contact, {"tag": str(place)})
        elif contact is not None:
            store.remove(contact.sid)
        history[clock.now] = [each for place in range(len(store)) if (each := store.at(place))]
        past = history[max(clock.now - 3, min(history))]
        assert clock.now - 3 < min(history) or store.page(0, 99)[0] == past
