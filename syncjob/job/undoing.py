"""A run taken back: the inverse of every change it made, planned from its before-images and from what is there now.

It is a run itself, with a journal and results: its rows are the changes of the run that it undoes. No guard judges it,
for it can't reach further than that run did (CONTRACT 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pandas as pd

from syncjob.behaviour import Behaviour
from syncjob.errors import ConfigError, RemoteError
from syncjob.executor.reading import read_contacts
from syncjob.job.book import read_book
from syncjob.job.finishing import Ending
from syncjob.job.fitting import fitted
from syncjob.job.inverse import Done, Verdict, inverse, membership
from syncjob.job.members import facts_of_list, members_seen
from syncjob.job.recovering import open_run, settle_interrupted, settle_run
from syncjob.job.session import Outcome, Session
from syncjob.job.undotable import drafted, notes, table_of
from syncjob.job.working import carry_out
from syncjob.journal import Journal
from syncjob.keeping import Kept, recall
from syncjob.listing import Threads
from syncjob.memory import RunRecord
from syncjob.model import Json
from syncjob.planner import before_images, cost
from syncjob.plans import Figures, Plan
from syncjob.remotes.base import Remote
from syncjob.results.digest import many
from syncjob.schema import CONTACTS
from syncjob.state import locked, new_run


@dataclass(frozen=True)
class Now:
    """The contacts of a run as they are: sid → JSON text (a before-image), number → sid, and how they were read.

    `sids` and `total` are those of the proven listing, where there had to be one. `members` are the sids on the list.
    """

    images: Mapping[str, str]
    numbers: Mapping[str, str]
    holders: Mapping[str, str]
    sids: pd.Series[str]
    total: int
    said: str
    members: frozenset[str] = frozenset()

    def contact(self, sid: str | None) -> dict[str, Json] | None:
        """The contact with this sid, its number as E.164; None when there is none."""
        text = self.images.get(sid or "")
        return {**orjson.loads(text), "number": self.numbers[sid or ""]} if text else None


def undo(session: Session, run_id: str, *, wait_minutes: float = 0.0, result_path: Path | None = None) -> Outcome:
    """Take the run back as far as it goes.

    Raises `ConfigError` for a run that is not there or can't be undone, `NotApproved`, and what reading raises.
    """
    with locked(
        session.account,
        f"undo of run {run_id}",
        wait_minutes=wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        record = which(session, run_id)
        settle_interrupted(session)
        session.check()
        return _undo(session, record, result_path)


def which(session: Session, run_id: str) -> RunRecord:
    """The live run with this id. Raises `ConfigError`."""
    found = next((run for run in session.memory.runs() if run.run_id == run_id), None)
    if found is None:
        raise ConfigError(
            f"There is no run {run_id} that wrote to this account.", advice="See the runs: syncjob history list."
        )
    if found.job != session.config.job:
        raise ConfigError(f"Run {run_id} is of job {found.job}; this config is of job {session.config.job}.")
    return found


def _undo(session: Session, record: RunRecord, result_path: Path | None) -> Outcome:
    started = session.now()
    remote, original, changes = _what_was_done(session, record)
    session, able = replace(session, remote=remote), remote.abilities
    if not set(changes["verb"]) <= able.undoable:
        raise ConfigError(f"Run {record.run_id} can't be undone. {able.for_good}".rstrip())
    now = _read_now(session, changes, original.plan.total)
    session.check()
    run_id = new_run(session.account, started)
    kept = _planned(session, record, original, changes, now, run_id)
    session.door.show(kept.plan)
    about = RunRecord(
        run_id,
        session.config.job,
        f"undo {record.run_id}",
        started.isoformat(timespec="seconds"),
        live=True,
        whole=False,
        kind="undo",
    )
    return carry_out(session, kept, about, Ending(run_id, started, result_path=result_path))


def _what_was_done(session: Session, record: RunRecord) -> tuple[Remote, Kept, pd.DataFrame]:
    """What the run spoke to, its own copy and journal; what it left in doubt is settled first, by reading."""
    opened = open_run(session, record)
    if opened is None:
        raise ConfigError(f"Run {record.run_id} never sent anything, or its history was purged: nothing to undo.")
    own, kept, journal = opened
    with journal:
        in_doubt = bool(journal.count(state="sent"))
    if in_doubt:
        settle_run(session, record)
    with Journal.open(journal.path) as journal:
        return own.remote, kept, journal.frame()


def _read_now(session: Session, changes: pd.DataFrame, total: int) -> Now:
    """Contacts that come back need a proven listing, lest somebody has their numbers; others are read as they are."""
    began = session.transport.stats.requests
    back = changes[changes["outcome"] == "deleted"]
    mine = changes["sid"][changes["outcome"].isin(["created", "updated"])].dropna().tolist()
    if len(back):
        listing = read_book(session)
        contacts, sids, total = listing.contacts, listing.contacts["sid"], listing.total
        contacts = contacts[contacts["sid"].isin(mine) | contacts["number"].isin(back["number"].dropna().tolist())]
        how = f"All {listing.total:,} contacts were read and {listing.assured}"
    else:
        contacts = _singly(session, mine, total + int((changes["outcome"] == "created").sum()))
        sids = pd.Series(mine, dtype="str")
        how = f"The {many(len(mine), 'contact of the run was', 'contacts of the run were')} read again"
    held = contacts.dropna(subset=["number"]).drop_duplicates("number")
    members = _members_now(session, changes)
    spent = session.transport.stats.requests - began
    return Now(
        dict(zip(contacts["sid"], before_images(contacts["sid"], contacts), strict=True)),
        dict(zip(contacts["sid"], contacts["number"].fillna(contacts["raw"]), strict=True)),
        dict(zip(held["number"], held["sid"], strict=True)),
        sids,
        total,
        f"{how}, at {session.now():%H:%M %Z}, with {many(spent, 'request', 'requests')}.",
        members,
    )


def _members_now(session: Session, changes: pd.DataFrame) -> frozenset[str]:
    """Who is on the list, as soon as it shows what the run did to it."""
    if not changes["verb"].isin(["add", "remove"]).any():
        return frozenset()
    came, left = (set(changes["sid"][changes["outcome"] == outcome].dropna()) for outcome in ("added", "removed"))
    return frozenset(members_seen(session, there=came, gone=left)["sid"])


def _singly(session: Session, sids: list[str], total: int) -> pd.DataFrame:
    """The contacts with these sids that are there, singly or by page. Raises `RemoteError` when one can't be read."""
    config = session.config
    found = read_contacts(
        session.remote,
        Threads(config.remote.concurrency),
        sids,
        total,
        concurrency=config.remote.concurrency,
        region=session.region,
    )
    unread = len(set(sids) - set(found))
    if unread:
        raise RemoteError(f"{unread:,} contacts of the run can't be read now.", advice="Try again later.")
    there = [contact for contact in found.values() if contact is not None]
    return CONTACTS.shape(pd.DataFrame(there).reset_index(drop=True)) if there else CONTACTS.empty()


def _verdicts(changes: pd.DataFrame, now: Now, behaviour: Behaviour) -> list[Verdict]:
    """One verdict per change. Of several deleted contacts with one number, the first comes back."""
    verdicts: list[Verdict] = []
    coming: set[str] = set()
    for line in changes.to_dict("records"):
        done = _done(line)
        if done.verb in ("add", "remove"):
            verdicts.append(membership(done, member=line["sid"] in now.members))
            continue
        holder = now.holders.get(done.number) if done.outcome == "deleted" else str(line["sid"])
        verdict = fitted(inverse(done, now.contact(holder), holder), now.contact(holder), behaviour)
        if verdict.verb == "create":
            if done.number in coming:
                verdict = Verdict(outcome="held", reason="number_taken", detail="it was there twice")
            coming.add(done.number)
        verdicts.append(verdict)
    numbers = changes["number"].tolist()
    return [
        replace(verdict, anew=True) if verdict.verb == "add" and number in coming else verdict
        for number, verdict in zip(numbers, verdicts, strict=True)
    ]


def _done(line: Mapping[object, object]) -> Done:
    def text(name: str) -> str | None:
        value = line[name]
        return value if isinstance(value, str) else None

    return Done(
        str(line["verb"]),
        str(line["state"]),
        text("outcome"),
        text("reason"),
        text("detail") or "",
        int(str(line["attempts"])),
        text("number") or "",
        orjson.loads(text("fields") or "{}"),
        orjson.loads(text("before") or "{}"),
    )


def _planned(session: Session, record: RunRecord, original: Kept, changes: pd.DataFrame, now: Now, run_id: str) -> Kept:
    config = session.config
    behaviour = session.remote.abilities.behaviour
    verdicts = _verdicts(changes, now, behaviour)
    loaded = table_of(record.run_id, changes, original.loaded.rows)
    made = drafted(changes, verdicts, now.images)
    plan = Plan(
        plan_id=run_id,
        job=config.job,
        account=config.remote.identity,
        kind=config.remote.kind,
        made=session.now().isoformat(timespec="seconds"),
        sources=(f"run {record.run_id}",),
        listing=now.said,
        figures=Figures(),
        total=now.total,
        partial=loaded.partial,
        table=made.table,
        outcomes=made.outcomes,
        remote_only=made.remote_only,
        field_changes=made.field_changes,
        cost=cost(made.table, session.remote.abilities, config.sync.batch_size, session.transport.rate),
        notes=notes(record, verdicts, made.table, behaviour, str(original.facts.get("as_of") or "")),
    )
    facts: dict[str, Json] = {"undoes": record.run_id, "identity": record.sources}
    facts |= facts_of_list(session)
    if record.kind == "undo":
        facts["redoes"] = recall(session.account.run(record.run_id)).facts.get("undoes")
    return replace(original, loaded=loaded, plan=plan, sids=now.sids, settings=config.public(), facts=facts)
