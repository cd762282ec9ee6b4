"""Listings are proven complete, or refused (law 7)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.errors import ListingIncomplete
from syncjob.listing import Threads, read_tail, scan
from syncjob.model import Page
from tests.builders_listing import AnyOrder, Book, one_by_one, pages_of


@pytest.mark.parametrize("count", [1, 19, 20, 21, 38, 39, 40, 41, 59, 60, 61, 99, 100, 101, 399, 400, 401])
def test_a_quiet_scan_costs_one_request_more_than_there_are_pages(count: int) -> None:
    book = Book(count)
    listing = scan(pages_of(book), "IN")
    assert listing.proof == "quiet"
    assert set(listing.contacts["sid"]) == set(book.sids)
    assert len(book.asked) == -(-count // 20) + 1


def test_an_empty_remote_is_proven_with_one_request() -> None:
    book = Book(0)
    assert scan(pages_of(book), "IN").total == 0
    assert book.asked == [0]


@given(count=st.integers(0, 170), seed=st.integers(0, 10**6), rate=st.floats(0, 0.5), in_flight=st.integers(1, 8))
@settings(max_examples=200, deadline=None)
def test_a_proven_listing_misses_no_contact_that_was_there_throughout(
    count: int, seed: int, rate: float, in_flight: int
) -> None:
    book, chance = Book(count), random.Random(seed)

    def churn(book: Book) -> None:
        if chance.random() < rate:
            book.add() if chance.random() < 0.5 else book.delete(chance.randrange(10**6))

    book.churn = churn
    reader = AnyOrder(seed, in_flight) if in_flight > 1 else one_by_one
    try:
        listing = scan(pages_of(book, reader), "IN")
    except ListingIncomplete:
        return
    assert book.there_throughout <= set(listing.contacts["sid"])


@given(count=st.integers(21, 170), moments=st.lists(st.integers(0, 30), max_size=3), seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_one_deletion_in_front_and_one_addition_behind_hide_nothing(count: int, moments: list[int], seed: int) -> None:
    book, chance, calls = Book(count), random.Random(seed), iter(range(10**6))

    def churn(book: Book) -> None:
        if next(calls) in moments:
            book.delete(chance.randrange(count))
            book.add()

    book.churn = churn
    listing = scan(pages_of(book, AnyOrder(seed, 3)), "IN")
    assert book.there_throughout <= set(listing.contacts["sid"])


def test_a_deletion_while_pages_are_read_one_by_one_costs_two_more_requests() -> None:
    book, calls = Book(401), iter(range(10**6))
    book.churn = lambda book: book.delete(7) if next(calls) == 20 else None
    listing = scan(pages_of(book), "IN")
    assert listing.proof == "descending"
    assert len(book.asked) == 22 + 2


@given(count=st.integers(21, 200), seed=st.integers(0, 10**6), group=st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_an_unstable_order_among_equals_is_read_until_every_contact_was_seen(count: int, seed: int, group: int) -> None:
    book = Book(count, shuffle=group, seed=seed)
    listing = scan(pages_of(book, AnyOrder(seed)), "IN")
    assert set(listing.contacts["sid"]) == set(book.sids)


def test_an_empty_page_in_the_middle_is_no_end() -> None:
    book = Book(100)
    fetch = book.fetch
    book.fetch = lambda offset: Page(offset, (), -1) if 30 < offset < 50 else fetch(offset)  # type: ignore[method-assign]
    with pytest.raises(ListingIncomplete):
        scan(pages_of(book), "IN")


def test_a_total_that_was_told_too_small_once_hides_nothing() -> None:
    book, lies = Book(100), iter([60])

    def fetch(offset: int) -> Page:
        page = Book.fetch(book, offset)
        return Page(offset, page.contacts, next(lies, page.total))

    book.fetch = fetch  # type: ignore[method-assign]
    assert set(scan(pages_of(book), "IN").contacts["sid"]) == set(book.sids)


def test_pages_are_read_by_several_threads_at_once() -> None:
    book = Book(500)
    listing = scan(pages_of(book, Threads(8)), "IN")
    assert set(listing.contacts["sid"]) == set(book.sids)


def test_the_tail_is_read_back_until_a_page_holds_only_known_contacts() -> None:
    book = Book(100)
    known = set(book.sids)
    for _ in range(30):
        book.add()
    pages = pages_of(book)
    assert read_tail(pages, known, 100) == 130
    assert set(pages.gather.frame("IN")["sid"]) >= set(book.sids) - known


def test_the_tail_of_a_remote_that_shrank_is_found() -> None:
    book = Book(100)
    known = set(book.sids)
    for _ in range(45):
        book.delete(3)
    book.add()
    pages = pages_of(book)
    assert read_tail(pages, known, 100) == 56
    assert "s100" in set(pages.gather.frame("IN")["sid"])
