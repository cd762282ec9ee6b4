"""`listing: cached`: the account's snapshot, and what must be read so that the plan may rest on it (CONTRACT 6)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import orjson
import pandas as pd

from syncjob.differ import Diff, Rules, compare
from syncjob.executor.reading import read_singly
from syncjob.job.book import pages_of
from syncjob.job.budget import UNBOUNDED, affordable, costs
from syncjob.job.remembering import waiting
from syncjob.job.session import Session
from syncjob.listing.again import oldest, rereading
from syncjob.listing.standing import Known, Misfit, stand
from syncjob.model import Contact
from syncjob.schema import CONTACTS
from syncjob.snapshot import Snapshot, patched


@dataclass(frozen=True)
class Sight:
    """Who looks: the session, its rows, and the rules of its job."""

    session: Session
    rows: pd.DataFrame
    rules: Rules

    def diff(self, contacts: pd.DataFrame) -> Diff:
        """What the rows mean against these contacts."""
        existing = CONTACTS.shape(contacts)
        known = self.session.memory.known(self.session.config.job, existing)
        return compare(self.rows, existing, self.rules, known)


@dataclass(frozen=True)
class Recalled:
    """What is known now: the snapshot, the sids read in this look (`fresh`), and who came and went since."""

    snapshot: Snapshot
    diff: Diff
    fresh: frozenset[str]
    added: frozenset[str]
    gone: frozenset[str]
    late: frozenset[str]  # to be removed, not read, and so not to be removed in this run


def resting(diff: Diff, rules: Rules) -> frozenset[str]:
    """The contacts whose values decide: to be deleted, marked, or changed where the remote's own value counts."""
    left = diff.leftovers["sid"][diff.leftovers["verdict"].isin(["update", "delete"])]
    rows = diff.verdicts
    sids = {*left, *rows["sid"][rows["verdict"] == "delete"]}
    own = {"custom_field", *(name.partition(".")[0] for name in rules.fill_only)}
    updates = rows[rows["verdict"] == "update"]
    for sid, fields in zip(updates["sid"].tolist(), updates["fields"].tolist(), strict=True):
        if own & orjson.loads(fields).keys():
            sids.add(sid)
    return frozenset(sids)


def too_late(sight: Sight, diff: Diff, order: Sequence[str], wanted: frozenset[str]) -> frozenset[str]:
    """Contacts whose removal, with reading them again, does not fit the budget of this run: they need not be read.

    Those that have waited before go first; additions and changes always go.
    """
    session, left = sight.session, affordable(sight.session)
    removals = [*_sids(diff.verdicts, "delete"), *_sids(diff.leftovers, "delete")]
    if left >= UNBOUNDED or not removals:
        return frozenset()
    verbs = pd.concat([diff.verdicts["verdict"], diff.leftovers["verdict"]]).to_frame("verb")
    rest = wanted - set(removals)
    fixed = costs(session, verbs, {}).requests - len(removals)
    turn = {sid: place - len(removals) for place, sid in enumerate(waiting(session))}
    removals.sort(key=lambda sid: turn.get(sid, len(removals)))

    def fits(count: int) -> bool:
        now = rest | (wanted & set(removals[:count]))
        return fixed + count + rereading(order, now, session.remote.abilities.page_size).requests <= left

    most = bisect_left(range(1, len(removals) + 1), True, key=lambda count: not fits(count))
    return frozenset(removals[most:])


def _sids(frame: pd.DataFrame, verdict: str) -> list[str]:
    sids: list[str] = frame["sid"][frame["verdict"] == verdict].tolist()
    return sids


def estimate(sight: Sight, found: Snapshot) -> int:
    """Requests that `recall` will take when nobody else was at work."""
    size = sight.session.remote.abilities.page_size
    order = found.contacts["sid"].tolist()
    diff = sight.diff(found.contacts)
    wanted = resting(diff, sight.rules) | found.doubtful
    wanted -= too_late(sight, diff, order, wanted)
    refresh = min(sight.session.config.remote.refresh, -(-len(order) // size))
    return 1 + refresh + rereading(order, wanted, size).requests


def recall(sight: Sight, found: Snapshot, most: int) -> Recalled:
    """What is there now, for fewer than `most` requests. Raises `Misfit`."""
    look = _Look(sight, found, most)
    look.stand()
    look.refresh()
    return look.settle()


class _Look:
    """One look, as it goes on: what is known, and what was read for it."""

    def __init__(self, sight: Sight, found: Snapshot, most: int) -> None:
        self._sight, self._most = sight, most
        self._config = sight.session.config
        self._region = self._config.phone.default_region
        self._at = sight.session.now().isoformat(timespec="seconds")
        self._pages = pages_of(sight.session)
        self._singles = 0
        self._now = found
        self._fresh: set[str] = set()
        self._added: frozenset[str] = frozenset()
        self._gone: set[str] = set()

    def stand(self) -> None:
        """Total and newest pages; who is gone."""
        known = Known(self._now.contacts["sid"].tolist())
        standing = stand(self._pages, known, self._still_there, self._most // 2)
        self._added = standing.added
        self._take(self._read_by_page(frozenset(standing.sids)), standing.gone)

    def refresh(self) -> None:
        """Pages read longest ago."""
        offsets = oldest(self._now.contacts["seen"].tolist(), self._config.remote.refresh, self._pages.size)
        if offsets:
            self._pages.many(offsets)
            self._take(self._read_by_page(frozenset(self._now.contacts["sid"])), ())

    def settle(self) -> Recalled:
        """Read what the plan rests on, until it rests on nothing that was not read."""
        late: frozenset[str] | None = None
        while True:
            diff = self._sight.diff(self._now.contacts)
            decisive = resting(diff, self._sight.rules)
            wanted = (decisive | self._now.doubtful) - self._fresh
            if late is None:
                late = too_late(self._sight, diff, self._now.contacts["sid"].tolist(), wanted)
            if not wanted - late:
                break
            self._read(wanted - late)
        return Recalled(self._now, diff, frozenset(self._fresh), self._added, frozenset(self._gone), late & decisive)

    def _read(self, wanted: Collection[str]) -> None:
        order = self._now.contacts["sid"].tolist()
        plan = rereading(order, wanted, self._pages.size)
        if self._pages.requests + self._singles + plan.requests >= self._most:
            raise Misfit("so many contacts must be read again that a scan costs no more")
        self._pages.many(plan.pages)
        paged = self._read_by_page(frozenset(order))
        singly = self._singly(set(wanted) - set(paged["sid"]))
        there = [contact for contact in singly.values() if contact is not None]
        read = pd.concat([paged, CONTACTS.shape(pd.DataFrame(there))]) if there else paged
        self._take(read, [sid for sid, contact in singly.items() if contact is None])

    def _singly(self, sids: Collection[str]) -> dict[str, Contact | None]:
        """Contacts by their sids, None for those that are not there. Raises `Misfit` when one can't be read."""
        self._singles += len(sids)
        session = self._sight.session
        found = read_singly(
            session.remote, sorted(sids), concurrency=self._config.remote.concurrency, region=self._region
        )
        if len(found) < len(sids):
            raise Misfit("single contacts could not be read")
        return found

    def _still_there(self, sids: Collection[str]) -> bool:
        return any(contact is not None for contact in self._singly(sids).values())

    def _read_by_page(self, among: frozenset[str]) -> pd.DataFrame:
        """Contacts as pages showed them (schema.CONTACTS), those `among` the ones that count."""
        read = self._pages.gather.frame(self._region)
        return read[[sid in among for sid in read["sid"]]]

    def _take(self, read: pd.DataFrame, gone: Iterable[str]) -> None:
        away = frozenset(gone)
        self._now = patched(self._now, read[~read["sid"].isin(list(away))], away, self._at)
        self._fresh |= set(read["sid"]) - away
        self._gone |= away
