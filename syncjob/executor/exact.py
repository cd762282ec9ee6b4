"""Updates that leave exactly what they send (undo), on accounts that won't take a value away as asked.

No document says whether an account replaces custom_field or merges into it, and whether it takes "" for a field
(reference: contacts API, update one). So the whole is sent first, which is exact where custom_field is replaced. What
the account kept is emptied with a second update; a row refused for its empty values is sent once more without them.
What came of it stands in the journal: the fields of the change as it was sent last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from syncjob.differ.merging import NOTHING, bare
from syncjob.executor.work import Work
from syncjob.model import Change, Json
from syncjob.schema import PLAIN_FIELDS


def replan(work: Work, done: Sequence[tuple[Change, Mapping[str, Json] | None]]) -> frozenset[int]:
    """Plan a second update for every change whose contact kept keys of custom_field that were to go; their ids.

    None for a contact: the reply did not show it, so it is taken to have kept them.
    """
    if not work.settings.exact:
        return frozenset()
    anew: dict[int, Mapping[str, Json]] = {}
    for change, contact in done:
        sent = change.fields.get("custom_field")
        if change.verb != "update" or not isinstance(sent, dict):
            continue
        held = change.before.get("custom_field") if contact is None else contact.get("custom_field")
        whole = emptied(sent, held)
        if whole != sent:
            anew[change.change_id] = {**change.fields, "custom_field": whole}
    if anew:
        work.journal.reword(anew)
    return frozenset(anew)


def emptied(sent: Mapping[str, Json], held: Json) -> dict[str, Json]:
    """`sent`, and "" for every value that `held` has beyond it. What was sent as "" before is not sent anew."""
    whole = dict(sent)
    for key, value in held.items() if isinstance(held, dict) else ():
        if bare(value) in NOTHING:
            continue
        inner = sent.get(key)
        if key not in sent:
            whole[key] = emptied({}, value) if isinstance(value, dict) else ""
        elif isinstance(inner, dict) and isinstance(value, dict):
            whole[key] = emptied(inner, value)
    return whole


def without_refused_blanks(work: Work) -> None:
    """Plan every refused update that wanted a field emptied once more, without doing so."""
    if not work.settings.exact:
        return
    changes = work.journal.frame()
    refused = changes[(changes["verb"] == "update") & (changes["outcome"] == "rejected")]
    anew: dict[int, Mapping[str, Json]] = {}
    for change_id, text in zip(refused["change_id"].tolist(), refused["fields"].tolist(), strict=True):
        fields: dict[str, Json] = orjson.loads(text)
        kept = {name: value for name, value in fields.items() if name not in PLAIN_FIELDS or value != ""}
        if kept and kept != fields:
            anew[change_id] = kept
    if anew:
        work.journal.reword(anew)
