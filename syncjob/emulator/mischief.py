"""What each fault does, in three places: instead of the call, to its answer, to its reply.

What enters: the rule that strikes and what there is so far. What leaves: the same, spoilt. A rule touches the place or
places that its action has; everything else passes through unchanged.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from random import Random

from syncjob.emulator.envelope import (
    Answer,
    failure,
    failure_like,
    flat_error,
    html,
    render,
    rest_exception,
    with_header,
)
from syncjob.emulator.faults import Rule
from syncjob.emulator.limiter import retry_after
from syncjob.emulator.wire import Object, Reply

ENTRY_ACTIONS = frozenset({"entries_missing", "entries_cut", "entries_shuffled"})


def instead(rule: Rule, method: str, request_id: str, *, listed: bool, now: float) -> Reply | None:
    """The reply of a fault that strikes before the call is executed, or None: execute it."""
    if rule.action == "too_many":
        reply = _error(rule, 429, method, request_id, listed=listed)
        wait = retry_after(rule.retry_after, rule.seconds, now)
        return with_header(reply, "Retry-After", wait) if wait else reply
    if rule.action == "redirect":
        return Reply(rule.status, headers={"Location": rule.url})
    if rule.action == "lost_page" and rule.shape != "envelope":
        return _error(rule, 404, method, request_id, listed=listed)
    if rule.action == "lost_page":
        lost = failure(1000, "Contacts not found")
        return render(Answer(404, [lost] if listed else lost), method, request_id)
    if rule.when == "before" and rule.action in ("error", "cut", "html", "hold"):
        return _trouble(rule, method, request_id, listed=listed)
    return None


def reshape(rule: Rule, answer: Answer, random: Random) -> Answer:
    """The answer after a fault that changes what it says."""
    if rule.action == "wrong_total" and answer.metadata:
        return replace(answer, metadata={**answer.metadata, "total": answer.metadata["total"] + rule.count})
    if rule.action == "empty_page" and answer.metadata:
        return replace(answer, response=[], metadata={**answer.metadata, "count": 0})
    if rule.action not in ENTRY_ACTIONS or not isinstance(answer.response, list):
        return answer
    entries = list(answer.response)
    if rule.action == "entries_missing":
        entries = [entry for place, entry in enumerate(entries) if place not in rule.rows]
    elif rule.action == "entries_cut":
        entries = entries[: max(0, len(entries) - rule.count)]
    else:
        entries = _moved(entries, random)
    return replace(answer, response=entries)


def spoil(rule: Rule, reply: Reply, method: str, request_id: str, *, listed: bool) -> Reply:
    """The reply after a fault that strikes when the call has been executed."""
    if rule.action in ("error", "cut", "html"):
        return _trouble(rule, method, request_id, listed=listed)
    if rule.action == "short":
        return replace(reply, wire="short")
    if rule.action == "garbage":
        return replace(reply, status=rule.status or reply.status, body=rule.text.encode() or reply.body[:-7] + b"\\u,,")
    return reply


def _trouble(rule: Rule, method: str, request_id: str, *, listed: bool) -> Reply:
    if rule.action in ("cut", "hold"):
        return Reply(0, wire="reset" if rule.reset else "cut")
    if rule.action == "html":
        return html(rule.status)
    return _error(rule, rule.status, method, request_id, listed=listed)


def _error(rule: Rule, status: int, method: str, request_id: str, *, listed: bool) -> Reply:
    entry = failure_like(status, rule.text)
    if rule.shape == "html":
        return html(status)
    if rule.shape == "flat":
        return flat_error(status, rule.text or HTTPStatus(status).phrase)
    if rule.shape == "rest":
        return rest_exception(status, rule.text or HTTPStatus(status).phrase)
    return render(Answer(status, [entry] if listed else entry), method, request_id)


def _moved(entries: list[Object], random: Random) -> list[Object]:
    """The entries in another order whenever there is one: rotated after mixing if mixing changed nothing."""
    mixed = random.sample(entries, len(entries))
    return mixed if mixed != entries else entries[1:] + entries[:1]
