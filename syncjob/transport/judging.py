"""One HTTP reply → an answer, or a setback: what went wrong, what that proves, and in which words.

Enters: `wire.Raw` or `wire.Fault`. Leaves: `Answer` or `Setback`. Promises: the failure inside a reply counts as much
as its HTTP status; only what is provably not executed is called so (CONTRACT 8; reference: errors, HTTP statuses).
"""

from __future__ import annotations

import json as slow_json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import orjson

from syncjob.envelope import entries_of, error_words, inner_status, page_text, request_id_of
from syncjob.model import Json
from syncjob.pacing import http_date, retry_after
from syncjob.transport.replies import Fault, Raw


@dataclass(frozen=True)
class Answer:
    """A reply that can be read and is no failure of the whole request.

    `headers`: names in lower case; `attempts`: the tries, 429s aside.
    """

    status: int
    json: Json = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    request_id: str | None = None
    attempts: int = 1
    date: datetime | None = None  # the server's clock


Kind: TypeAlias = Literal["throttled", "unreached", "hopeless", "trouble", "refused", "stop", "astray"]
"""throttled: 429 · unreached, hopeless: as in `wire` · trouble: may have been executed · refused: a readable 4xx ·
stop: 401, 402, 403 · astray: a redirect."""


@dataclass(frozen=True)
class Setback:
    """A try that brought no answer. `said`: the remote's words; `wait`: the seconds it asked for."""

    kind: Kind
    words: str
    status: int = 0
    said: str = ""
    wait: float | None = None
    request_id: str | None = None


def judge(raw: Raw | Fault, host: str, now: float, rows: int = 0) -> Answer | Setback:
    """What a try came to. `now`: seconds since the epoch, for a `Retry-After` date whose reply has no `Date`.

    `rows`: how many a bulk request sent; their entries then decide, whatever the HTTP status (CONTRACT 5).
    """
    if isinstance(raw, Fault):
        kind: Kind = "trouble" if raw.proof == "doubt" else raw.proof
        return Setback(kind, f"{host}: {raw.words}.")
    json, readable = parse(raw.body)
    status = raw.status if raw.status >= 300 else inner_status(json) or raw.status
    date = http_date(raw.headers.get("date"))
    good = 200 <= status <= 299 and (readable or status == 204)
    if good or _speaks_of_rows(status, json, rows):
        return Answer(status, json, raw.headers, request_id_of(json, raw.headers), date=date)
    kind = _kind(status, readable)
    said = error_words(json) if readable else page_text(raw.body)
    return Setback(
        kind,
        _sentence(kind, status, said),
        status=status,
        said=said,
        wait=retry_after(raw.headers.get("retry-after"), date or datetime.fromtimestamp(now, UTC)),
        request_id=request_id_of(json, raw.headers),
    )


def as_it_came(raw: Raw | Fault, host: str, now: float) -> Answer | Setback:
    """The reply itself, refused or not (`json` is None where there is none): for whoever examines the remote.

    A setback only for a 429, for what stops everything (401, 402, 403, a redirect), and where no reply came or only
    trouble (5xx).
    """
    found = judge(raw, host, now)
    if isinstance(raw, Fault) or isinstance(found, Answer):
        return found
    if found.kind in ("throttled", "stop", "astray") or raw.status >= 500:
        return found
    json, _ = parse(raw.body)
    return Answer(raw.status, json, raw.headers, found.request_id, date=http_date(raw.headers.get("date")))


def _speaks_of_rows(status: int, json: Json, rows: int) -> bool:
    """Whether a reply under 4xx or 5xx tells of each row all the same.

    A single entry there is the failure of the whole request, unless a single row was sent and is there, or gone.
    """
    entries = entries_of(json) or []
    if not rows or status < 400 or status == 429 or status in _STOPS:
        return False
    return len(entries) > 1 or (rows == len(entries) == 1 and status in (404, 409))


def _kind(status: int, readable: bool) -> Kind:
    if status == 429:
        return "throttled"
    if status in (401, 402, 403):
        return "stop"
    if 300 <= status <= 399:
        return "astray"
    if 400 <= status <= 499 and status != 408 and readable:
        return "refused"
    return "trouble"


_STOPS = {
    401: "The remote refused the credentials (401): key or token are wrong, or they belong to the other region",
    402: "The account's balance or plan does not cover this (402)",
    403: "The remote gives no access (403): these credentials may not do this, or this IP address is not allowed",
}


def _sentence(kind: Kind, status: int, said: str) -> str:
    if kind == "stop":
        start = _STOPS[status]
    elif kind == "astray":
        start = f"The remote sends us elsewhere ({status}), which is not followed: check the region or base_url"
    elif kind == "refused":
        start = f"The remote refused the request ({status})"
    elif kind == "throttled":
        start = "The remote asks for fewer requests (429)"
    elif 200 <= status <= 299:
        start = f"The remote's reply can't be read ({status})"
    else:
        start = f"The remote had trouble ({status})"
    return f"{start}; it said: {said.rstrip('.')}." if said else f"{start}."


def parse(body: bytes) -> tuple[Json, bool]:
    """The JSON in `body`, and whether there is any. Half characters (lone surrogates) become "?", the rest is kept."""
    try:
        return orjson.loads(body), True
    except orjson.JSONDecodeError:
        pass
    try:
        slow = slow_json.loads(body.decode("utf-8"), parse_constant=_no_number)
        return orjson.loads(slow_json.dumps(slow, ensure_ascii=False).encode("utf-8", "replace")), True
    except (ValueError, RecursionError):
        return None, False


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
