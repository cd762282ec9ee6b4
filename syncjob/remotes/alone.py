"""One change in one request: how remotes without bulk calls send it, and what its reply says.

Enters: a batch, abilities, and the way to ask. Leaves: one `Reply`. Promises: a batch that the abilities forbid is a
`ValueError` before anything is sent; a refusal (4xx) is a reply, any other trouble stays an error of the transport.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from syncjob.envelope import Entry
from syncjob.errors import CallRefused
from syncjob.matching import kind_of
from syncjob.model import Abilities, Batch, Change, Json, Reply
from syncjob.remotes.paths import is_plain

if TYPE_CHECKING:
    from syncjob.remotes.paths import Fence
    from syncjob.transport import Answer


def only_change(batch: Batch, able: Abilities) -> Change:
    """The one change of `batch`. `ValueError` for another verb, another count, or a field that is not the remote's."""
    if batch.verb not in able.verbs:
        raise ValueError(f"{able.kind} does not {batch.verb}")
    if len(batch.changes) != 1:
        raise ValueError(f"{len(batch.changes)} changes can't be one request to {batch.verb}")
    change = batch.changes[0]
    if batch.verb != "delete" and (stray := change.fields.keys() - set(able.fields)):
        raise ValueError(f"change {change.change_id} names fields that {able.kind} does not take: {sorted(stray)}")
    return change


def told(change: Change, ask: Callable[[], Answer], code: Callable[[Answer], int] = lambda it: it.status) -> Reply:
    """What became of `change` when `ask` sent it. `code`: what a reply that is no refusal says."""
    if not is_plain(change.sid or ""):
        return Reply(change.change_id, "refused", message="it has no sid that can be named", sid=change.sid)
    try:
        answer = ask()
    except CallRefused as refusal:
        entry = Entry(code=refusal.status, words=refusal.words)
        return _reply(change, entry, refusal.request_id, refusal.attempts)
    contact = answer.json if isinstance(answer.json, dict) else {}
    return _reply(change, Entry(code=code(answer), data=contact), answer.request_id, answer.attempts)


def _reply(change: Change, entry: Entry, request_id: str | None, attempts: int) -> Reply:
    whole = entry.done and change.verb != "delete" and change.fields.keys() <= entry.data.keys()
    return Reply(
        change.change_id,
        kind_of(entry, change.verb),
        code=entry.code,
        message=entry.words,
        sid=change.sid,
        contact=entry.data if whole else None,
        request_id=request_id,
        attempts=attempts,
        matched="alone",
    )


def named(json: Json, name: str, value: str) -> Mapping[str, Json]:
    """`json` as the object whose `name` is `value`. `ValueError` when it is anything else."""
    if not isinstance(json, dict) or json.get(name) != value:
        raise ValueError("it is not the one that was asked for")
    return json


def read_one(fence: Fence, path: str, name: str, sid: str) -> Mapping[str, Json] | None:
    """The object below `path` whose `name` is `sid`, as it is now; None when there is none (404)."""
    if not is_plain(sid):
        return None

    def whose(answer: Answer) -> None:
        named(answer.json, name, sid)

    try:
        answer = fence.call("GET", f"{path}/{sid}", repeat=True, check=whose)
    except CallRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    return named(answer.json, name, sid)
