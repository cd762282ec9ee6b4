"""A run's contacts, read again and compared with its results: whether the remote still holds what the run said.

Created, updated and unchanged contacts must hold what the run sent, or found already there; deleted ones must be gone.
Only reads; what a run did not finish, or could not, is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson
import pandas as pd

from syncjob.differ import Rules
from syncjob.differ.fields import update_fields
from syncjob.errors import ConfigError, RemoteError
from syncjob.executor.echo import before_image, stored_as
from syncjob.executor.reading import read_contacts
from syncjob.job.inverse import alike
from syncjob.job.members import on_list_of
from syncjob.job.session import Session
from syncjob.job.telling import tell
from syncjob.job.undoing import which
from syncjob.job.verifying_list import known_from, members_expected, off_list, others
from syncjob.journal import Journal
from syncjob.keeping import Kept, recall
from syncjob.listing import Threads
from syncjob.memory import RunRecord
from syncjob.model import Contact, Json
from syncjob.planner import text
from syncjob.schema import CONTACTS, TEXT, Frame

THERE = ("created", "updated", "unchanged", "added", "removed")

DIFFERENCES = Frame(
    "differences",
    {
        "source": TEXT,
        "sheet": TEXT,
        "row": TEXT,  # "" where no row stands behind the contact
        "number": TEXT,
        "sid": TEXT,
        "outcome": TEXT,
        "field": TEXT,  # "contact": the contact as a whole; "list": whether it is on it
        "expected": TEXT,
        "found": TEXT,
    },
    (),
)
"""What the remote holds otherwise than the run's results say."""

_PLACE = ["source", "sheet", "row"]


@dataclass(frozen=True)
class Verified:
    """How a comparison ended. `checked` and `of` count contacts, `unfinished` the changes that it did not finish."""

    run_id: str
    of: int
    checked: int
    differing: int
    unfinished: int
    requests: int
    differences: pd.DataFrame
    later: tuple[str, ...]  # live runs since, whose changes may show here
    pending: int = 0  # removals that were accepted and have not taken effect yet

    @property
    def exit_code(self) -> int:
        """0: all agree; 3: some differ."""
        return 3 if self.differing else 0


def verify(session: Session, run_id: str | None = None, *, sample: int | None = None) -> Verified:
    """Read the contacts of a run again (None: the latest that wrote), or a random sample of them.

    Raises `ConfigError` without such a run, `RemoteError` when contacts can't be read.
    """
    runs = [run for run in session.memory.runs(session.config.job) if run.live]
    record = which(session, run_id) if run_id else next(iter(runs), None)
    if record is None:
        raise ConfigError(f"Job {session.config.job} has no run that wrote.", advice="Run it first: syncjob run.")
    session, kept, changes = _copy_of(session, record)
    expected, unfinished = _expected(kept, changes)
    chosen = expected if sample is None else expected.sample(min(sample, len(expected)))
    began = session.transport.stats.requests
    session.door.note(f"Reading {len(chosen):,} contacts of run {record.run_id} again.")
    total = kept.plan.total + int((changes["outcome"] == "created").sum())
    lines, pending = _looked_at(session, kept, chosen, total)
    differences = DIFFERENCES.shape(pd.DataFrame(lines, columns=list(DIFFERENCES.columns)))
    since = [run.run_id for run in runs]
    return Verified(
        record.run_id,
        len(expected),
        len(chosen),
        differences["sid"].nunique(),
        unfinished,
        session.transport.stats.requests - began,
        differences,
        tuple(reversed(since[: since.index(record.run_id)])),
        pending,
    )


def _looked_at(session: Session, kept: Kept, chosen: pd.DataFrame, total: int) -> tuple[list[tuple[object, ...]], int]:
    """What differs, and how many removals were accepted and are still to be carried out."""
    able = session.remote.abilities
    if able.members:
        members = members_expected(session, chosen)
        found = {**known_from(chosen, members), **_read(session, others(chosen, members), total)}
        return [*off_list(chosen, members), *_compared(chosen, found, kept)], 0
    found = dict(_read(session, chosen["sid"].tolist(), total))
    accepted = able.reasons.get(("delete", 202), "")
    pending = chosen["reason"].eq(accepted) & chosen["sid"].map(lambda sid: found[sid] is not None)
    return list(_compared(chosen[~pending], found, kept)), int(pending.sum())


def _copy_of(session: Session, record: RunRecord) -> tuple[Session, Kept, pd.DataFrame]:
    """What the run spoke of, its own copy, and its journal as it is; a run at work is not disturbed."""
    folder = session.account.run(record.run_id)
    if not (folder / "journal.db").exists():
        raise ConfigError(f"Of run {record.run_id} nothing is kept any more, so there is nothing to compare with.")
    kept = recall(folder)
    session.check_kind(record.run_id, kept.plan.kind)
    with Journal.open(folder / "journal.db") as journal:
        return on_list_of(session, kept.facts, journal), kept, journal.frame()


def _expected(kept: Kept, changes: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """One line per contact that the run is sure of: what it said, what it sent, and the row; and how many it is not."""
    told = tell(kept.plan, changes, "")
    place = kept.loaded.rows.set_index("row_id")
    by_row = told.outcomes.assign(**{name: told.outcomes["row_id"].map(place[name]) for name in _PLACE})
    left = told.remote_only.assign(row_id=-1, source=None, sheet=None, row=None)
    names = ["row_id", "outcome", "reason", "detail", "number", "sid", *_PLACE]
    lines = pd.concat([by_row[names], left[left["action"].notna()][names]], ignore_index=True)
    changes = changes[~changes["verb"].isin(["add", "remove"])]
    sent = changes.dropna(subset=["sid"]).drop_duplicates("sid", keep="last").set_index("sid")
    lines["fields"], lines["before"] = lines["sid"].map(sent["fields"]), lines["sid"].map(sent["before"])
    sure = lines["sid"].notna() & lines["outcome"].isin([*THERE, "deleted"])
    unsure = int(lines["outcome"].isin(["unknown", "not_sent", "failed"]).sum())
    return lines[sure].drop_duplicates("sid", keep="last").reset_index(drop=True), unsure


def _read(session: Session, sids: list[str], total: int) -> Mapping[str, Contact | None]:
    remote, region = session.config.remote, session.region
    found = read_contacts(
        session.remote, Threads(remote.concurrency), sids, total, concurrency=remote.concurrency, region=region
    )
    session.check()
    unread = len(set(sids) - set(found))
    if unread:
        raise RemoteError(f"{unread:,} of {len(sids):,} contacts can't be read now.", advice="Try again later.")
    return found


def _compared(chosen: pd.DataFrame, found: Mapping[str, Contact | None], kept: Kept) -> Iterator[tuple[object, ...]]:
    """The lines of DIFFERENCES, in the order of the rows."""
    wanted = {} if kept.facts.get("list") else _wanted_now(chosen, found, kept)  # of a member, no field is ours
    for line in chosen.to_dict("records"):
        sid, outcome = str(line["sid"]), str(line["outcome"])
        contact = found[sid]
        row = "" if pd.isna(line["row"]) else str(int(line["row"]))
        place = (line["source"], line["sheet"], row, line["number"], sid, outcome)
        if contact is None or outcome == "deleted":
            if (contact is None) != (outcome == "deleted"):
                yield (*place, "contact", *(("there", "gone") if contact is None else ("gone", "there")))
            continue
        detail = str(line["detail"]) if line["reason"] == "stored_differently" else ""
        held = before_image(contact)
        sent = wanted.get(sid) if outcome == "unchanged" else line["fields"]
        before = orjson.loads(line["before"]) if isinstance(line["before"], str) else {}
        if isinstance(sent, str):
            steps = _unlike(orjson.loads(sent), held if outcome == "unchanged" else before, held, detail)
            yield from ((*place, *step) for step in steps)


def _wanted_now(chosen: pd.DataFrame, found: Mapping[str, Contact | None], kept: Kept) -> dict[str, str]:
    """sid → what an unchanged row would change by now (JSON text); where the remote stores otherwise, nothing can."""
    quiet = chosen[(chosen["outcome"] == "unchanged") & (chosen["reason"] != "stored_differently")]
    there = [(sid, row_id, found[sid]) for sid, row_id in zip(quiet["sid"], quiet["row_id"], strict=True)]
    met = [(sid, row_id, contact) for sid, row_id, contact in there if contact is not None and row_id >= 0]
    if not met:
        return {}
    rows = kept.loaded.rows.set_index("row_id").loc[[row_id for _, row_id, _ in met]].reset_index(drop=True)
    contacts = CONTACTS.shape(pd.DataFrame([contact for _, _, contact in met]).reset_index(drop=True))
    bodies, _ = update_fields(rows, contacts, Rules())
    return {sid: body for (sid, _, _), body in zip(met, bodies, strict=True) if isinstance(body, str)}


def _unlike(
    sent: Mapping[str, Json], before: Mapping[str, Json], held: Mapping[str, Json], detail: str
) -> Iterator[tuple[str, str, str]]:
    """(field, expected, found) of what was changed; `detail` is what the run saw stored otherwise, and said so."""
    for name, value in sent.items():
        if name == "custom_field":
            if "custom fields" not in detail:
                yield from _custom(before.get(name), value, held.get(name), name)
        elif not alike(value, held.get(name)) and stored_as(name, value, held.get(name)) not in detail:
            yield name, text(value), text(held.get(name))


def _custom(was: Json, sent: Json, held: Json, path: str) -> Iterator[tuple[str, str, str]]:
    """custom_field is sent whole; what the run changed in it, or took out of it, is what its results tell."""
    if alike(was, sent):
        return
    if not isinstance(sent, dict):
        if not alike(sent, held):
            yield path, text(sent), text(held)
        return
    old, there = (value if isinstance(value, dict) else {} for value in (was, held))
    for key in {**old, **sent}:
        yield from _custom(old.get(key), sent.get(key), there.get(key), f"{path}.{key}")
