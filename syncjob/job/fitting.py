"""What an undo asks of an account, fitted to what is proven of it: nothing is asked that it can't do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncjob.behaviour import Behaviour
from syncjob.executor.exact import emptied
from syncjob.job.inverse import CUSTOM, Verdict
from syncjob.model import Json
from syncjob.plans import label
from syncjob.schema import PLAIN_FIELDS


def fitted(verdict: Verdict, now: Mapping[str, Json] | None, behaviour: Behaviour) -> Verdict:
    """`verdict` as this account can carry it out; its reason tells what stays. `now`: the contact as it is."""
    if verdict.verb != "update":
        return verdict
    if behaviour.of("custom") == "merged":
        verdict = _emptied(verdict, now or {})
    if behaviour.clears_by == "impossible":
        verdict = _without_blanks(verdict)
    return verdict


def _emptied(verdict: Verdict, now: Mapping[str, Json]) -> Verdict:
    """Keys that are to go are emptied at once, for what is left out would stay as it is."""
    sent = verdict.fields.get(CUSTOM)
    if not isinstance(sent, dict):
        return verdict
    whole = emptied(sent, now.get(CUSTOM))
    if whole == sent:
        return verdict
    names = ", ".join(label(f"{CUSTOM}.{key}") for key in whole if whole[key] != sent.get(key))
    return replace(verdict, fields={**verdict.fields, CUSTOM: whole}, reason="left_empty", detail=names)


def _without_blanks(verdict: Verdict) -> Verdict:
    blanks = [name for name in PLAIN_FIELDS if verdict.fields.get(name) == ""]
    if not blanks:
        return verdict
    names = ", ".join(label(name) for name in blanks)
    rest = {name: value for name, value in verdict.fields.items() if name not in blanks}
    if not rest:
        return Verdict(outcome="held", reason="cannot_empty", detail=names)
    return replace(verdict, fields=rest, reason="cannot_empty", detail=names)
