"""A set of contacts as they are now: singly, or by page where that takes fewer requests."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from syncjob.errors import CallFailed
from syncjob.executor.echo import lines_of, one_contact
from syncjob.listing import Pages, Reader
from syncjob.model import Contact
from syncjob.remotes.base import Remote


def read_contacts(
    remote: Remote, reader: Reader, sids: Sequence[str], total: int, *, concurrency: int, region: str | None
) -> dict[str, Contact | None]:
    """sid → the contact, None where there is none; what could not be read is left out."""
    found: dict[str, Contact | None] = {}
    size = remote.abilities.page_size
    if remote.abilities.lists and len(sids) > -(-total // size):
        found.update(_by_page(remote, reader, set(sids), total, region))
    rest = [sid for sid in sids if sid not in found]
    return found | read_singly(remote, rest, concurrency=concurrency, region=region)


def read_singly(
    remote: Remote, sids: Sequence[str], *, concurrency: int, region: str | None
) -> dict[str, Contact | None]:
    """As `read_contacts`, one request for each."""
    if not sids:
        return {}
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        answers = zip(sids, pool.map(lambda sid: _one(remote, sid, region), sids), strict=True)
        return {sid: answer for sid, answer in answers if not isinstance(answer, CallFailed)}


def _one(remote: Remote, sid: str, region: str | None) -> Contact | CallFailed | None:
    try:
        contact = remote.read(sid)
    except CallFailed as error:
        return error
    return None if contact is None else one_contact(contact, region)


def _by_page(
    remote: Remote, reader: Reader, sids: set[str], total: int, region: str | None
) -> dict[str, Contact | None]:
    pages = Pages(remote.page, reader, size=remote.abilities.page_size, counted=remote.abilities.counted)
    try:
        pages.many(range(0, total, pages.size))
    except CallFailed:
        return {}
    frame = pages.gather.frame(region)
    return {str(contact["sid"]): contact for contact in lines_of(frame[frame["sid"].isin(sids)])}
