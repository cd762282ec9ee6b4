"""What stands of an earlier listing is found with few requests, or not claimed (CONTRACT 6, cached)."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.listing.again import oldest, rereading
from syncjob.listing.standing import Known, Misfit, Standing, stand
from syncjob.model import Page
from tests.builders_listing import AnyOrder, Book, one_by_one, pages_of


def looked(book: Book, known: list[str], *, reader: object = one_by_one, most: int = 1000) -> Standing:
    """What stands of `known` in `book`."""

    def still_there(sids: Collection[str]) -> bool:
        book.asked.extend(-1 for _ in sids)
        book.churn(book)
        return any(sid in book.sids for sid in sids)

    return stand(pages_of(book, reader), Known(known), still_there, most)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 21, 399, 400, 401])
def test_a_remote_that_stands_still_is_known_by_one_page(count: int) -> None:
    book = Book(count)
    assert looked(book, list(book.sids)) == Standing(tuple(book.sids), frozenset(), frozenset())
    assert len(book.asked) == 1


@pytest.mark.parametrize("added", [1, 9, 10, 11, 29, 60])
def test_what_others_added_is_found_at_the_end(added: int) -> None:
    book = Book(200)
    known = list(book.sids)
    for _ in range(added):
        book.add()
    found = looked(book, known)
    assert (set(found.added), found.gone) == (set(book.sids) - set(known), frozenset())
    assert found.sids == tuple(book.sids)
    assert len(book.asked) <= 2 + added // 19


@given(count=st.integers(1, 1200), deleted=st.integers(0, 6), added=st.integers(0, 30), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_what_others_removed_is_found_by_bisection(count: int, deleted: int, added: int, seed: int) -> None:
    book, chance = Book(count), random.Random(seed)
    known = list(book.sids)
    for _ in range(min(deleted, count)):
        book.delete(chance.randrange(10**6))
    for _ in range(added):
        book.add()
    found = looked(book, known, reader=AnyOrder(seed))
    assert found.sids == tuple(book.sids)
    assert found.gone == frozenset(known) - set(book.sids)


def test_one_removal_among_a_hundred_thousand_costs_a_dozen_pages() -> None:
    book = Book(100_000)
    known = list(book.sids)
    book.delete(31_415)
    book.add()
    assert looked(book, known).gone == {"s31415"}
    assert len(book.asked) <= 17


@given(count=st.integers(0, 300), before=st.integers(0, 5), seed=st.integers(0, 10**6), rate=st.floats(0, 0.4))
@settings(max_examples=120, deadline=None)
def test_whatever_others_do_meanwhile_nothing_false_is_claimed(count: int, before: int, seed: int, rate: float) -> None:
    """As of a scan: who was there throughout is in it, who was gone before is not."""
    book, chance = Book(count), random.Random(seed)
    known = list(book.sids)
    for _ in range(before):
        book.delete(chance.randrange(10**6))
        if chance.random() < 0.7:
            book.add()
    at_the_start = set(book.sids)
    book.there_throughout = set(book.sids)

    def churn(book: Book) -> None:
        if chance.random() < rate:
            book.add() if chance.random() < 0.5 else book.delete(chance.randrange(10**6))

    book.churn = churn
    try:
        found = looked(book, known, reader=AnyOrder(seed))
    except Misfit:
        return
    assert book.there_throughout <= set(found.sids)
    assert not set(found.sids) & (set(known) - at_the_start)
    assert found.gone.isdisjoint(book.sids)


@given(count=st.integers(41, 300), seed=st.integers(0, 10**6), group=st.integers(2, 40), deleted=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_an_order_that_is_not_stable_misleads_nobody(count: int, seed: int, group: int, deleted: int) -> None:
    book, chance = Book(count, shuffle=group, seed=seed), random.Random(seed)
    known = list(book.sids)
    for _ in range(deleted):
        book.delete(chance.randrange(10**6))
    try:
        found = looked(book, known)
    except Misfit:
        return
    assert set(found.sids) == set(book.sids)


def test_more_changes_than_a_scan_costs_are_left_to_the_scan() -> None:
    book = Book(400)
    known = list(book.sids)
    for place in range(0, 200, 3):
        book.delete(place)
    with pytest.raises(Misfit, match="scan costs less"):
        looked(book, known, most=10)
    assert len(book.asked) <= 11


def test_contacts_added_in_the_middle_are_left_to_the_scan() -> None:
    book = Book(100)
    known = list(book.sids)
    book.sids.insert(50, "stranger")
    with pytest.raises(Misfit, match="elsewhere than at the end"):
        looked(book, known)
    book.sids = [*known[:95], "stranger", *known[95:]]
    with pytest.raises(Misfit, match="between known ones"):
        looked(book, known)


def test_a_contact_that_only_seemed_to_be_gone_leads_to_the_scan() -> None:
    book = Book(100)
    known = [*book.sids[:40], "ghost", *book.sids[40:]]
    swapped = [*known[:60], known[61], known[60], *known[62:]]
    assert looked(book, known).gone == {"ghost"}
    book.sids.remove("s70")
    book.sids.append("s40")  # as nobody could: it moved
    with pytest.raises(Misfit):
        looked(book, swapped)


def test_a_total_that_is_not_told_behind_the_end_is_asked_for() -> None:
    book = Book(100)
    known = list(book.sids)
    for _ in range(40):
        book.delete(7)
    fetch = book.fetch
    book.fetch = lambda offset: page if (page := fetch(offset)).contacts else Page(offset, (), -1)  # type: ignore[method-assign]
    assert looked(book, known).sids == tuple(book.sids)


def test_contacts_that_share_a_page_are_read_by_page_and_others_singly() -> None:
    order = [f"s{n}" for n in range(100)]
    plan = rereading(order, {"s3", "s21", "s22", "s41", "s42", "s99"}, 20)
    assert (plan.pages, plan.singly, plan.requests) == ((3, 41), ("s99",), 3)
    assert rereading(order, set(), 20).requests == 0
    assert rereading(order, set(order), 20).requests == 5
    assert rereading(order, {"s98", "s99"}, 20).pages == (80,)


def test_the_pages_read_longest_ago_come_first() -> None:
    seen = ["2026-03"] * 20 + ["2026-01"] + ["2026-04"] * 19 + ["2026-02"] * 5
    assert oldest(seen, 2, 20) == (20, 40)
    assert oldest(seen, 9, 20) == (0, 20, 40)
    assert oldest([], 3, 20) == ()
