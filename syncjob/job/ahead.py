"""The listing of a job that begins while its sources are still being read (CONTRACT 6).

    main thread    find the sources ── load: read ······ normalise ── diff against the listing ── plan …
                                            │ headers and first rows accepted         │
    listing        (not before)             └── page 0, the others, …, proven ────────┘

It begins once the headers and the first rows of every source are accepted, and only where the remote is going to be
scanned whatever the other rows say (`looking.sure_to_scan`). Promised: a source that is refused by its header costs no
request; one that is refused later ends the listing after the pages in flight, and its error is the one that counts; an
error of the listing is told when the listing is asked for, as if it had been read only then; no thread is left behind.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from syncjob.job.book import read_book
from syncjob.job.session import Session
from syncjob.listing import Listing


@dataclass(frozen=True)
class Scanned:
    """A proven listing, when it began, and what it took."""

    listing: Listing
    read_at: datetime
    requests: int
    seconds: float


def scan_now(session: Session) -> Scanned:
    """Read the whole remote. Nobody else of this session may send meanwhile, or it counts that, too."""
    began, spent, read_at = time.monotonic(), session.transport.stats.requests, session.now()
    listing = read_book(session)
    return Scanned(listing, read_at, session.transport.stats.requests - spent, time.monotonic() - began)


class Ahead:
    """The listing under way, if it has begun: `since` when, and `why` it is a scan. Leaving ends it."""

    def __init__(self, session: Session) -> None:
        self.since: datetime | None = None
        self.why = ""
        self._session = session
        self._pool: ThreadPoolExecutor | None = None
        self._coming: Future[Scanned] | None = None

    def begin(self, why: str) -> None:
        """The sources are accepted: list, in a thread. To be called once at most, from any thread."""
        self.since, self.why = self._session.now(), why
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="early")
        self._coming = self._pool.submit(scan_now, self._session)

    def scanned(self) -> Scanned | None:
        """The listing, waited for; None where it has not begun. Raises what reading raises."""
        if self._coming is None:
            return None
        found = self._coming.result()
        self._coming = None
        return found

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._coming is not None and not self._coming.done():  # nobody is going to ask for it
            self._session.transport.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
