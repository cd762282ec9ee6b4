"""All that a remote lists, page by page (CONTRACT 6): the one place where a job asks for pages."""

from __future__ import annotations

from collections.abc import Callable

from syncjob.job.session import Session
from syncjob.listing import Listing, Pages, Threads, scan, scan_uncounted
from syncjob.model import Page


def pages_of(session: Session, fetch: Callable[[int], Page] | None = None) -> Pages:
    """The remote's pages, with progress. `fetch`: offset → page, of anything else that it lists."""
    return Pages(
        fetch or session.remote.page,
        Threads(session.config.remote.concurrency),
        size=session.remote.abilities.page_size,
        counted=session.remote.abilities.counted,
        on_page=lambda read, planned: session.door.progress("reading", read, planned),
    )


def read_book(session: Session, fetch: Callable[[int], Page] | None = None) -> Listing:
    """The proven listing of the address book, or of what `fetch` gives."""
    pages = pages_of(session, fetch)
    return scan(pages, session.region) if pages.counted else scan_uncounted(pages, session.region)
