"""A listing that tells no total: read to its last page until two passes agree, whatever goes and comes meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncjob.errors import ListingIncomplete
from syncjob.listing import Listing, Pages, Threads, scan_uncounted
from syncjob.model import Page

SIZE = 3


class Phones:
    """Pages of `held`, the last of which alone tells a total. `before(n)` runs before the n-th request is answered."""

    def __init__(self, count: int, before: Callable[[Phones, int], None] = lambda _phones, _n: None) -> None:
        self.held = [f"sid{place}" for place in range(count)]
        self.before = before
        self.asked = 0

    def page(self, offset: int) -> Page:
        self.before(self, self.asked)
        self.asked += 1
        first = offset // SIZE * SIZE
        shown = self.held[first : first + SIZE]
        end = first + len(shown)
        contacts = tuple({"sid": sid, "number": "+911140000000"} for sid in shown[offset - first :])
        return Page(offset, contacts, end if end >= len(self.held) else -1)

    def read(self) -> Listing:
        return scan_uncounted(Pages(self.page, Threads(1), size=SIZE, counted=False), None)


@pytest.mark.parametrize(("count", "requests"), [(0, 2), (1, 2), (3, 2), (4, 4), (7, 6)])
def test_a_quiet_listing_is_read_twice_and_no_page_more(count: int, requests: int) -> None:
    phones = Phones(count)
    listing = phones.read()
    assert listing.contacts["sid"].tolist() == phones.held
    assert listing.contacts["number"].tolist() == phones.held  # not the number is their key
    assert (listing.total, listing.requests, phones.asked) == (count, requests, requests)
    assert "twice" in listing.assured


@pytest.mark.parametrize("gone", range(8))
@pytest.mark.parametrize("moment", range(6))
def test_what_was_there_throughout_is_found_whatever_goes_and_comes_at_any_moment(gone: int, moment: int) -> None:
    def move(phones: Phones, asked: int) -> None:
        if asked == moment:
            phones.held.remove(f"sid{gone}")
            phones.held.append("new")

    phones = Phones(8, move)
    stayed = {f"sid{place}" for place in range(8) if place != gone}
    assert stayed <= set(phones.read().contacts["sid"])


def test_one_that_went_while_it_was_read_is_not_taken_for_there() -> None:
    phones = Phones(8, lambda phones, asked: phones.held.remove("sid0") if asked == 2 else None)
    assert phones.read().contacts["sid"].tolist() == [f"sid{place}" for place in range(1, 8)]


def test_what_never_stands_still_is_no_listing() -> None:
    restless = Phones(7, lambda phones, _asked: phones.held.append(phones.held.pop(0)))
    with pytest.raises(ListingIncomplete, match="again and again"):
        restless.read()


def test_pages_that_stop_without_an_end_are_no_listing() -> None:
    lost = Pages(lambda offset: Page(offset, (), -1), Threads(1), size=SIZE, counted=False)
    with pytest.raises(ListingIncomplete, match="nothing said that this is the end"):
        scan_uncounted(lost, None)
