"""A listing that does not say how many contacts there are: read to its last page, twice.

Two passes that show the same contacts in the same order prove that none slipped by: whatever is deleted behind the
reader moves nothing across a page edge that was read, and whatever is deleted before it is missing in the second pass.
"""

from __future__ import annotations

from syncjob.errors import ListingIncomplete
from syncjob.listing.reading import Pages
from syncjob.listing.scan import Listing

PASSES = 4
"""How often the whole is read at most."""


def scan_uncounted(pages: Pages, region: str | None) -> Listing:
    """Read the whole remote. Raises `ListingIncomplete` when no two passes in a row agree."""
    seen = _pass(pages)
    for _ in range(PASSES - 1):
        before, seen = seen, _pass(pages)
        if seen == before:
            contacts = pages.gather.frame(region)
            contacts = contacts[contacts["sid"].isin(seen)].reset_index(drop=True)
            return Listing(contacts, len(contacts), pages.requests, "twice")
    raise ListingIncomplete(
        "What is there came and went, or changed places, while it was being read, again and again.",
        advice="Run again when nothing else is changing it.",
    )


def _pass(pages: Pages) -> list[str]:
    """The sids from the first page to the last, which alone tells a total."""
    seen: list[str] = []
    while True:
        reading = pages.one(len(seen))
        seen += reading.sids
        if reading.total >= 0:
            return seen
        if not reading.sids:
            raise ListingIncomplete(f"Behind position {len(seen)} nothing came, and nothing said that this is the end.")
