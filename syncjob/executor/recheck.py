"""Updates that rest on what is remembered, checked by the contact in the reply (CONTRACT 6, cached).

The reply shows the whole contact as it is now. What it holds otherwise than remembered, beside what was sent, somebody
else has written: it goes into the before-image, so that results and undo tell the truth. Where the row says something
else there, too, the change is planned once more with all of it, and the end is what a run that had read it would leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncjob.executor.echo import bare_image, before_image, differences, one_contact
from syncjob.executor.work import Work
from syncjob.model import Change, Json
from syncjob.planner import flat, said_of

TIMES = 3
"""How often one contact that others keep changing is written again within a run."""


def recheck(work: Work, done: Sequence[tuple[Change, Mapping[str, Json] | None]]) -> frozenset[int]:
    """Note what others had written into contacts that were updated; the ids of changes that are planned once more."""
    anew: set[int] = set()
    if work.wanted is None:
        return frozenset()
    for change, contact in done:
        if change.verb != "update" or contact is None or not change.before:
            continue
        now = one_contact(contact, work.settings.region)
        shown = before_image(now)
        held = {name: value for name, value in shown.items() if name not in change.fields}
        before = {**held, **{name: value for name, value in change.before.items() if name in change.fields}}
        before["number"] = change.before.get("number", "")
        if bare_image(before) == bare_image(change.before):
            continue
        wanted = replace(change, fields=work.wanted(change))
        missing = differences(wanted, now, work.settings.rules)
        missing = {name: value for name, value in missing.items() if name not in change.fields}
        work.rechecked[change.change_id] += 1
        fields = {**change.fields, **missing}
        again = bool(missing) and work.rechecked[change.change_id] <= TIMES
        told = said_of(flat(bare_image(change.before), {**dict.fromkeys(change.before), **before}))
        work.journal.rebase(change.change_id, before, told, fields if again else None)
        if again:
            anew.add(change.change_id)
    return frozenset(anew)
