"""A remote's pages → the existing frame, proven complete or not at all (CONTRACT 6, law 7).

Enters: a function that reads one page at an offset. Leaves: a `Listing`. Promised: no contact that was there during
the whole listing is missing, whatever others add and delete meanwhile; otherwise `errors.ListingIncomplete`.

How it is proven rests on two facts of the service (reference: contacts API, default order `date_created:asc`): new
contacts go to the end, and a deletion shifts what follows towards the front.
"""

from syncjob.listing.reading import Pages, Reader, Threads
from syncjob.listing.scan import Listing, read_tail, scan
from syncjob.listing.uncounted import scan_uncounted

__all__ = ["Listing", "Pages", "Reader", "Threads", "read_tail", "scan", "scan_uncounted"]
