"""The remote's own forms of answer: entries, envelopes, errors and dates.

What enters: facts (a code, a contact, counts). What leaves: an `Answer`, still made of plain values so that a fault can
change it, and from it the bytes of a `Reply`. Key order and date forms are those of the vendor's samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from http import HTTPStatus
from typing import Literal, TypeAlias

import orjson

from syncjob.emulator.wire import Json, Object, Reply

Shape: TypeAlias = Literal["envelope", "rest", "html", "flat"]
"""envelope: the contacts' · rest: RestException · html: a proxy's page · flat: the object itself, no envelope."""

ErrorForm: TypeAlias = Literal["message", "error", "nested"]

ERRORS: dict[int, tuple[int, str]] = {
    1000: (404, "Not Found"),
    1001: (400, "Mandatory Parameter missing"),
    1002: (400, "Invalid parameter"),
    1003: (403, "Authorization failed"),
    1004: (500, "Internal Server Error"),
    1005: (405, "Method not implemented"),
    1006: (429, "Too Many Requests"),
    1007: (400, "Invalid request body,failed parsing "),
    1008: (409, "Duplicate resource"),
    1009: (402, "Insufficient balance to perform operation "),
    1010: (401, "Authorization failed"),
}
"""error_data.code → (HTTP-like code, message). The house-wide table of the service."""

_CODE_OF = {http: code for code, (http, _) in reversed(ERRORS.items())} | {400: 1002, 502: 1004, 503: 1004, 504: 1004}

IST = timezone(timedelta(hours=5, minutes=30))
NANO = 1_000_000_000


@dataclass(frozen=True)
class Answer:
    """A reply before it is bytes. `response` is one entry (single calls) or a list of them (bulk calls)."""

    http: int
    response: Object | list[Object]
    metadata: dict[str, int] | None = None
    applied: int = 0  # contacts or memberships that were written
    shape: Shape = "envelope"


class Refused(Exception):
    """The request fails as a whole; `code` is an `ERRORS` code, `http` overrides its HTTP status."""

    def __init__(self, code: int, description: str = "", http: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.http = http or ERRORS[code][0]


def success(data: Json) -> Object:
    """An entry that worked."""
    return {"code": 200, "error_data": None, "status": "success", "data": data}


def failure(code: int, description: str = "", http: int | None = None) -> Object:
    """An entry that failed. No `data` key at all, as in the sample; the description falls back on the message."""
    status, message = ERRORS[code]
    error: Object = {"code": code, "description": description or message, "message": message}
    return {"code": http or status, "error_data": error, "status": "failure"}


def failure_like(http: int, description: str = "") -> Object:
    """A failed entry for an HTTP-like code, with the error number the table gives it."""
    return failure(_CODE_OF.get(http, 1004), description, http)


def bulk(entries: Sequence[Object], applied: int, *, conflict_failed: bool = True, conflict_http: int = 207) -> Answer:
    """The answer of a bulk write: always 207, unless a switch gives conflicts another status."""
    codes = [entry["code"] for entry in entries]
    failed = sum(code != 200 and (conflict_failed or code != 409) for code in codes)
    metadata = {"failed": failed, "total": len(codes), "success": len(codes) - failed}
    return Answer(conflict_http if 409 in codes else 207, list(entries), metadata, applied)


def page(entries: Sequence[Object], offset: int, limit: int, total: int) -> Answer:
    """The answer of a listing call."""
    metadata = {"count": len(entries), "offset": offset, "limit": limit, "total": total}
    return Answer(200, list(entries), metadata)


def whole_failure(refused: Refused, *, listed: bool, shape: Shape = "envelope") -> Answer:
    """A request that failed as a whole: one entry, inside an array when `listed`, and no metadata."""
    entry = failure(refused.code, refused.description, refused.http)
    return Answer(refused.http, [entry] if listed else entry, shape=shape)


def render(answer: Answer, method: str, request_id: str) -> Reply:
    """The bytes of an answer."""
    if answer.shape == "flat":
        return Reply(answer.http, orjson.dumps(answer.response))
    if answer.shape == "html":
        return html(answer.http)
    if answer.shape == "rest":
        return rest_exception(answer.http, _first_message(answer))
    whole: dict[str, object] = {"request_id": request_id, "method": method, "http_code": answer.http}
    if answer.metadata is not None:
        whole["metadata"] = answer.metadata
    whole["response"] = answer.response
    return Reply(answer.http, orjson.dumps(whole))


def rest_exception(status: int, message: str) -> Reply:
    """An error in the form of the older services and of gateways."""
    facts: Object = {"Status": status, "Message": message}
    if status == 429:
        facts["Code"] = "RATE_LIMIT_EXCEEDED"
    return Reply(status, orjson.dumps({"RestException": facts}))


def flat_error(status: int, words: str, form: ErrorForm = "message") -> Reply:
    """An error of the service without envelope and codes; where its words stand is a switch."""
    body: dict[ErrorForm, Object] = {
        "message": {"message": words},
        "error": {"error": words},
        "nested": {"error": {"message": words}},
    }
    return Reply(status, orjson.dumps(body[form]))


def html(status: int) -> Reply:
    """What a proxy in between would say."""
    words = HTTPStatus(status).phrase
    text = f"<html><head><title>{status} {words}</title></head><body><h1>{status} {words}</h1></body></html>"
    return Reply(status, text.encode(), content_type="text/html; charset=utf-8")


def with_header(reply: Reply, name: str, value: str) -> Reply:
    """`reply` with one more header."""
    return replace(reply, headers={**reply.headers, name: value})


def fresh_date(nanos: int) -> str:
    """As create replies show it: `2021-05-23T13:51:30.15101622+05:30`, zeros at the end of the fraction cut."""
    seconds, rest = divmod(nanos, NANO)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{_local_second(seconds)}{fraction}+05:30"


def read_date(nanos: int) -> str:
    """As every other reply shows it: `2021-05-23T08:21:30Z`, the fraction cut."""
    return _utc_second(nanos // NANO)


@lru_cache(maxsize=4096)
def _local_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, IST).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=4096)
def _utc_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_message(answer: Answer) -> str:
    entry = answer.response[0] if isinstance(answer.response, list) else answer.response
    error = entry.get("error_data")
    return str(error["message"]).strip() if isinstance(error, dict) else HTTPStatus(answer.http).phrase
