"""All that a remote lists, page by page (CONTRACT 6): the one place where a job asks for pages."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from syncjob.job.session import Session
from syncjob.listing import Listing, Pages, Threads, scan, scan_uncounted
from syncjob.model import Page

TELLING = 100
"""From so many requests on, a listing says beforehand what it costs."""


def pages_of(session: Session, fetch: Callable[[int], Page] | None = None) -> Pages:
    """The remote's pages, with progress. `fetch`: offset → page, of anything else that it lists."""
    told = False

    def on_page(read: int, planned: int) -> None:
        nonlocal told
        if planned >= TELLING and not told:
            told = True
            session.door.note(_price(planned, session.transport.rate))
        session.door.progress("reading", read, planned)

    return Pages(
        fetch or session.remote.page,
        Threads(session.config.remote.concurrency),
        size=session.remote.abilities.page_size,
        counted=session.remote.abilities.counted,
        on_page=on_page,
    )


def _price(requests: int, rate: float | None) -> str:
    """What a listing is going to cost, told when its first page has named the total."""
    if rate is None:
        return f"Reading everything that is there takes {requests:,} requests."
    each = f"{rate * 60:,.0f} a minute" if rate < 1 else f"{rate:,.0f} a second"
    spent = requests / rate
    long = f"{spent / 60:,.0f} min" if spent >= 90 else f"{ceil(spent)} s"
    return f"Reading everything that is there takes {requests:,} requests: at {each} about {long}."


def read_book(session: Session, fetch: Callable[[int], Page] | None = None) -> Listing:
    """The proven listing of the address book, or of what `fetch` gives."""
    pages = pages_of(session, fetch)
    return scan(pages, session.region) if pages.counted else scan_uncounted(pages, session.region)
