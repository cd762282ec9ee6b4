"""Updates that rest on what is remembered, checked by the contact in the reply (CONTRACT 6, cached).

The reply shows the whole contact as it is now. What it holds otherwise than remembered, beside what was sent, somebody
else has written: it goes into the before-image, so that results and undo tell the truth. Where the row says something
else there, too, the change is planned once more with all of it, and the end is what a run that had read it would leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from syncjob.executor.echo import as_lines, bare_image, before_image, differences
from syncjob.executor.work import Work
from syncjob.model import Change, Contact, Json, Rebased, Settled
from syncjob.planner import flat, said_of
from syncjob.schema import FIELDS

TIMES = 3
"""How often one contact that others keep changing is written again within a run."""


class _Edited(NamedTuple):
    """An update whose contact others had edited: the contact now, and what it held before the update."""

    change: Change
    now: Contact
    before: Mapping[str, Json]


def recheck(work: Work, done: Sequence[tuple[Change, Mapping[str, Json] | None]]) -> frozenset[int]:
    """Note what others had written into contacts that were updated; the ids of changes that are planned once more."""
    if work.wanted is None:
        return frozenset()
    shown = [(change, contact) for change, contact in done if change.verb == "update" and contact and change.before]
    whole = [{**change.before, **change.fields, **contact} for change, contact in shown]
    edited: list[_Edited] = []
    for (change, contact), now in zip(shown, as_lines(whole, work.settings.region), strict=True):
        before = _before(change, contact, before_image(now))
        if bare_image(before) != bare_image(change.before) or now["number"] != change.number:
            edited.append(_Edited(change, now, before))
    wanted = [(replace(each.change, fields=work.wanted(each.change)), each.now) for each in edited]
    missing = differences(wanted, work.settings.rules)
    found = [_rebased(work, each, fields) for each, fields in zip(edited, missing, strict=True)]
    if found:
        work.journal.rebase(found)
    return frozenset(each.change_id for each in found if each.fields is not None)


def _rebased(work: Work, edited: _Edited, missing: Mapping[str, Json]) -> Rebased:
    change, now, before = edited
    missing = {name: value for name, value in missing.items() if name not in change.fields}
    work.rechecked[change.change_id] += 1
    again = bool(missing) and work.rechecked[change.change_id] <= TIMES
    moved = {"number": str(now["raw"])} if now["number"] != change.number else {}
    told = said_of(flat(bare_image(change.before), {**dict.fromkeys(change.before), **before, **moved}))
    return Rebased(change.change_id, before, told, {**change.fields, **missing} if again else None)


def hold_mistaken(work: Work) -> None:
    """Hold every planned update whose contact turned out to have another row's number by now.

    Somebody gave it that number after it was remembered; the row with that number is the one that means it.
    """
    if work.wanted is None:
        return
    changes = work.journal.frame()
    planned = changes[(changes["verb"] == "update") & (changes["state"] == "planned")]
    found = planned["reason"].isin(["exists_already", "not_looked_at"])  # by its number, just now
    mistaken = planned[~found & planned["sid"].isin(planned["sid"][found].tolist())]
    held = zip(mistaken["change_id"].tolist(), mistaken["sid"].tolist(), strict=True)
    work.settle([Settled(change_id, "held", "changed_since_plan", None, sid) for change_id, sid in held], "update")


def _before(change: Change, contact: Mapping[str, Json], now: Mapping[str, Json]) -> dict[str, Json]:
    """The before-image, as what the reply shows beside the fields that were sent corrects it."""
    others = [name for name in FIELDS if name in contact and name not in change.fields]
    kept = {name: value for name, value in change.before.items() if name not in others}
    return kept | {name: now[name] for name in others if name in now}
