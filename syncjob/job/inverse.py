"""What would take one change back: the change as it was done × the contact as it is now → a verdict. Pure.

Only what still stands as the run left it is taken back; what somebody changed since stays, and is named. So taking a
run back twice does no harm: the second time there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from syncjob.differ.merging import NOTHING, bare, same
from syncjob.executor.echo import stored_as
from syncjob.model import Json, Verb
from syncjob.plans import label
from syncjob.schema import PLAIN_FIELDS

CUSTOM = "custom_field"


@dataclass(frozen=True)
class Done:
    """A change as the journal tells it. `fields` is what was sent, `before` the contact until then."""

    verb: str
    state: str
    outcome: str | None
    reason: str | None
    detail: str
    attempts: int
    number: str
    fields: Mapping[str, Json]
    before: Mapping[str, Json]


@dataclass(frozen=True)
class Verdict:
    """What taking a change back comes to: `verb` with `fields`, or an outcome with its reason.

    A verb with a reason: it is taken back in part, and the reason tells what stays.
    """

    verb: Verb | None = None
    outcome: str = "planned"
    reason: str | None = None
    detail: str | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    anew: bool = False  # of a contact that comes back itself, so its sid is not known yet


def membership(done: Done, *, member: bool) -> Verdict:
    """How to take a change of a list's members back. `member`: whether the contact is on the list now."""
    if done.state == "sent" or done.outcome == "unknown":
        return Verdict(outcome="held", reason="doubt_stays")
    if done.outcome == "added":
        return Verdict("remove") if member else Verdict(outcome="skipped", reason="already_gone")
    if done.outcome == "removed" and (done.reason != "already_gone" or done.attempts > 1):
        return Verdict(outcome="unchanged", reason="exists_already") if member else Verdict("add")
    return Verdict(outcome="skipped", reason="never_done")


def inverse(done: Done, now: Mapping[str, Json] | None, taken: str | None = None) -> Verdict:
    """How to take `done` back. `now` is the contact as it is (None: gone), without empty fields.

    For a deleted contact, `now` is the one that has its number by now, and `taken` its sid.
    """
    if done.state == "sent" or done.outcome == "unknown":
        return Verdict(outcome="held", reason="doubt_stays")
    if done.outcome == "created":
        return _uncreate(done, now)
    if done.outcome == "updated":
        return _revert(done, now)
    if done.outcome == "deleted":
        return _bring_back(done, now, taken)
    return Verdict(outcome="skipped", reason="never_done")


def _uncreate(done: Done, now: Mapping[str, Json] | None) -> Verdict:
    if now is None:
        return Verdict(outcome="skipped", reason="already_gone")
    names = dict.fromkeys((*done.fields, *now))
    changed = [label(name) for name in names if name != "number" and not _stands(done, name, now.get(name))]
    if str(now.get("number", "")) != done.number:
        changed.append("Number")
    if changed:
        return Verdict(outcome="held", reason="changed_since_run", detail=", ".join(changed))
    return Verdict("delete")


def _revert(done: Done, now: Mapping[str, Json] | None) -> Verdict:
    if now is None:
        return Verdict(outcome="held", reason="changed_since_run", detail="it was removed")
    if not done.before:
        return Verdict(outcome="held", reason="no_before_image")
    fields: dict[str, Json] = {}
    changed: list[str] = []
    for name in done.fields:
        if name == CUSTOM:
            _revert_custom(done, now, fields, changed)
        elif alike(now.get(name), done.before.get(name)):
            continue
        elif _stands(done, name, now.get(name)):
            fields[name] = done.before.get(name) or ""
        else:
            changed.append(label(name))
    detail = ", ".join(changed) or None
    if fields:
        return Verdict("update", reason="changed_since_run" if changed else None, detail=detail, fields=fields)
    if changed:
        return Verdict(outcome="held", reason="changed_since_run", detail=detail)
    return Verdict(outcome="unchanged")


def _revert_custom(done: Done, now: Mapping[str, Json], fields: dict[str, Json], changed: list[str]) -> None:
    """custom_field is taken back key by key; it is sent whole, without the keys that the run had added."""
    held = now.get(CUSTOM) or {}
    wanted = reverted(done.before.get(CUSTOM) or {}, done.fields[CUSTOM], held, CUSTOM, changed)
    if alike(wanted, held):
        return
    if isinstance(wanted, dict):
        fields[CUSTOM] = wanted
    else:
        changed.append(label(CUSTOM))


def _bring_back(done: Done, now: Mapping[str, Json] | None, taken: str | None) -> Verdict:
    if done.reason == "already_gone" and done.attempts < 2:  # with more tries, an earlier one may have done it
        return Verdict(outcome="skipped", reason="never_done")
    if not done.before:
        return Verdict(outcome="held", reason="no_before_image")
    wanted = {name: value for name, value in done.before.items() if name != "number" and value not in NOTHING}
    if now is not None:
        same_as_before = all(alike(wanted.get(name), now.get(name)) for name in (*PLAIN_FIELDS, CUSTOM))
        if same_as_before:
            return Verdict(outcome="unchanged", reason="exists_already")
        return Verdict(outcome="held", reason="number_taken", detail=taken)
    if not isinstance(wanted.get(CUSTOM, {}), dict):
        del wanted[CUSTOM]
    return Verdict("create", fields=wanted)


def _stands(done: Done, name: str, held: Json) -> bool:
    """Whether a field still is as the run left it: as sent, or as the remote was seen to store it."""
    sent = done.fields.get(name)
    if alike(sent, held):
        return True
    return done.reason == "stored_differently" and stored_as(name, sent, held) in done.detail


def alike(one: Json, other: Json) -> bool:
    """Equal where null, missing and "" are (CONTRACT 4)."""
    one, other = bare(one), bare(other)
    return (one in NOTHING and other in NOTHING) or same(one, other)


def reverted(was: Json, wrote: Json, now: Json, path: str, changed: list[str]) -> Json:
    """`now` with every value that the run wrote, and that still stands, put back to what it was.

    The paths of values that no longer stand are added to `changed`.
    """
    if alike(wrote, was):
        return now
    if isinstance(wrote, dict) and isinstance(now, dict) and (isinstance(was, dict) or was in NOTHING):
        before = cast("dict[str, Json]", was or {})
        made = dict(now)
        for key in dict.fromkeys((*before, *wrote)):
            value = reverted(before.get(key), wrote.get(key), now.get(key), f"{path}.{key}", changed)
            if value in NOTHING and key not in before:
                made.pop(key, None)
            elif key in now or value is not None:
                made[key] = value
        return made
    if alike(now, wrote):
        return was
    if not alike(now, was):
        changed.append(label(path))
    return now
