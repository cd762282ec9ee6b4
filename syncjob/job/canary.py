"""The probe's contact in the account's memory, from before it is made until it is gone.

Enters: what the probe is about to make. Leaves: an account without it. Promises: written down before anything is made,
every sid as soon as it is known; what is removed is known by its sid or bears the probe's own token; whatever a kill
leaves behind is found by the next probe or run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from syncjob.errors import CallFailed, RemoteError
from syncjob.job.session import Session, open_transport
from syncjob.memory import Memory
from syncjob.model import Batch, Change, Json, Page
from syncjob.remotes import opened
from syncjob.remotes.base import Remote

FACT = "canary"
AGAIN = "The next syncjob doctor --probe or syncjob run removes it first."


@dataclass(frozen=True)
class Trace:
    """What leads to the probe's contacts: their sids, or, where a reply was lost, field and token that mark them.

    `tail`: sids that stood at the end of the listing before, so that reading back to them is enough.
    """

    number: str
    mark: str
    token: str
    tail: tuple[str, ...]
    since: str
    sids: tuple[str, ...] = ()

    def write(self, memory: Memory) -> None:
        """Durable before this returns."""
        memory.keep_fact(FACT, json.dumps(asdict(self)))


def trace_of(memory: Memory) -> Trace | None:
    """What a probe left behind, None when nothing."""
    text = memory.fact(FACT)
    if text is None:
        return None
    told = json.loads(text)
    return Trace(**{**told, "tail": tuple(told["tail"]), "sids": tuple(told["sids"])})


def marked_ones(remote: Remote, trace: Trace) -> list[Mapping[str, Json]]:
    """The contacts at the end of the listing that bear the token: new ones go there (reference: get many)."""
    size = remote.abilities.page_size
    total = max(0, remote.page(0).total)
    offset = max(0, total - size)
    found: dict[str, Mapping[str, Json]] = {}
    seen: set[str] = set()

    def read(at: int) -> Page:
        page = remote.page(at)
        seen.update(str(contact.get("sid")) for contact in page.contacts)
        ours = (contact for contact in page.contacts if contact.get(trace.mark) == trace.token)
        found.update({str(contact["sid"]): contact for contact in ours})
        return page

    page = read(offset)
    while page.contacts and page.total > page.offset + len(page.contacts):
        page = read(page.offset + len(page.contacts))
    while offset > 0 and seen.isdisjoint(trace.tail):
        offset = max(0, offset - size)
        read(offset)
    return list(found.values())


def remove(remote: Remote, memory: Memory) -> int:
    """Remove what a probe left behind, by its sids, then by its token; how many contacts. Raises `RemoteError`."""
    trace = trace_of(memory)
    if trace is None:
        return 0
    sids = dict.fromkeys((*trace.sids, *(str(contact["sid"]) for contact in marked_ones(remote, trace))))
    gone = sum(_removed(remote, trace, sid) for sid in sids)
    memory.keep_fact(FACT, None)
    return gone


def _removed(remote: Remote, trace: Trace, sid: str) -> bool:
    change = Change(0, "delete", -1, trace.number, sid, {})
    (reply,) = remote.send(Batch("probe", "delete", (change,)))
    if reply.kind not in ("done", "gone"):
        raise RemoteError(f"The remote would not remove the probe's contact {sid} ({reply.message or reply.code}).")
    return reply.kind == "done"


@contextmanager
def at_hand(session: Session) -> Iterator[Remote]:
    """The remote over a transport of its own: cleaning up goes on although the session was told to stop."""
    transport = open_transport(session.config, session.door, session.account)
    try:
        yield opened(session.config.remote, transport)
    finally:
        transport.close()


def remove_left(session: Session) -> None:
    """What an interrupted probe left is removed first; if that can't be now, the next run tries again."""
    trace = trace_of(session.memory)
    if trace is None:
        return
    try:
        count = remove(session.remote, session.memory)
    except CallFailed as error:
        session.door.note(
            f"The contact that an interrupted probe left ({trace.number}) is still there: {error.message}"
        )
        return
    session.door.note(f"An interrupted probe had left its contact {trace.number}; removed: {count}.")
