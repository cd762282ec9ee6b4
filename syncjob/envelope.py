"""What a remote's JSON says, as values: entries, codes and words (reference: the reply envelope of the contacts API).

Enters: parsed JSON of any shape, because a reply is data from outside and may be anything. Leaves: codes as whole
numbers (0: none), and words in which no control character, escape sequence or line break survives. Promises: nothing
here ever raises on a strange shape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncjob.model import Json

LONGEST = 300
"""Characters of a remote's words that are kept."""

_OBJECTS = (dict, Mapping)  # nearly always a dict, which is told at once
_FAILED = frozenset({"failure", "failed"})
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"[!-~]*", re.ASCII)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(value: object, longest: int = LONGEST) -> str:
    """`value` as one printable line of at most `longest` characters: it can't steer a terminal or forge a log line."""
    text = "" if value is None else str(value)[: 20 * longest]
    if _PLAIN.fullmatch(text) and len(text) <= longest:  # most are a request's id
        return text
    shown = "".join(" " if unicodedata.category(mark) in _HIDDEN else mark for mark in text)
    line = " ".join(shown.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def page_text(body: bytes) -> str:
    """The words of a proxy's HTML page, tags taken off; "" for anything else, which may be half a page of contacts."""
    if body.lstrip()[:1] != b"<":
        return ""
    return safe_text(_TAGS.sub(" ", body[:8000].decode("utf-8", "replace")), 120)


def code_of(value: object) -> int:
    """`value` as a code, 0 when it is none. Digits in text count, since some replies quote their numbers."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value if 0 <= value <= 999 else 0
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 3:
        return int(value)
    return 0


@dataclass(frozen=True)
class Entry:
    """One entry of a reply. `code` is 0 when it has none; `data` is empty when there is none."""

    code: int = 0
    failed: bool = False  # the status says failure, whatever the code says
    words: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """A success by both signs: the code and the status (neither is trusted alone)."""
        return 200 <= self.code <= 299 and not self.failed

    @property
    def sid(self) -> str | None:
        """The sid of `data`, when it is a text that holds something."""
        sid = self.data.get("sid")
        return sid if isinstance(sid, str) and sid else None

    @property
    def number(self) -> str | None:
        """The number of `data` as shown, also when it came as a JSON number."""
        number = self.data.get("number")
        if isinstance(number, int) and not isinstance(number, bool):
            return str(number)
        return number if isinstance(number, str) and number else None


def read_entry(value: object) -> Entry:
    """`value` as an entry; what is no object becomes the empty entry, which means nothing and matches nobody."""
    if not isinstance(value, _OBJECTS):
        return Entry()
    data, status, error = value.get("data"), value.get("status", ""), value.get("error_data")
    return Entry(
        code=code_of(value.get("code")),
        failed=status != "success" and str(status).strip().lower() in _FAILED,
        words="" if error is None else _words(error),
        data=data if isinstance(data, _OBJECTS) else {},
    )


def contact_in(value: object) -> Mapping[str, Json] | None:
    """The data of an entry that is a success and names its sid; None for any other."""
    if type(value) is dict and type(value.get("code")) is int and value["code"] == 200:  # as nearly all are
        data = value.get("data")
        if value.get("status") == "success" and type(data) is dict and type(data.get("sid")) is str and data["sid"]:
            return data
    entry = read_entry(value)
    return entry.data if entry.done and entry.sid else None


def _words(error: object) -> str:
    """The description, else the message (the service itself falls back in that order)."""
    if not isinstance(error, Mapping):
        return safe_text(error) if isinstance(error, str) else ""
    for key in ("description", "message"):
        if words := safe_text(error.get(key)):
            return words
    return ""


def entries_of(json: Json) -> list[Json] | None:
    """The entries of a bulk reply, None when `response` is no array."""
    response = json.get("response") if isinstance(json, dict) else None
    return response if isinstance(response, list) else None


def single_of(json: Json) -> Entry | None:
    """The entry of a single-resource reply (`response` is an object), None when there is none."""
    response = json.get("response") if isinstance(json, dict) else None
    return read_entry(response) if isinstance(response, dict) else None


def metadata_of(json: Json) -> Mapping[str, Json]:
    """The counts of a reply, empty when it carries none."""
    metadata = json.get("metadata") if isinstance(json, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def count_of(metadata: Mapping[str, Json], name: str) -> int | None:
    """The whole number `name` of `metadata`, None when it is missing or no count."""
    value = metadata.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def inner_status(json: Json) -> int:
    """The failure a reply reports inside itself, 0 when none: one can come under HTTP 200.

    Only what speaks for the whole request counts (`RestException`, or `response` as an object); an array's entries
    speak for rows, and are `matching`'s to judge.
    """
    rest = _rest(json)
    code = code_of(rest.get("Status")) if rest is not None else 0
    if not code:
        single = single_of(json)
        code = single.code if single is not None else 0
    return code if code >= 300 else 0


def error_words(json: Json) -> str:
    """The remote's words for a request that failed, in any of the shapes they come in; "" when it has none."""
    if isinstance(json, str):
        return safe_text(json)
    if not isinstance(json, dict):
        return ""
    rest = _rest(json)
    if rest is not None:
        return safe_text(rest.get("Message"))
    entries = entries_of(json)
    for entry in [single_of(json)] if entries is None else [read_entry(one) for one in entries[:1]]:
        if entry is not None and entry.words:
            return entry.words
    return _flat_words(json)


def _flat_words(json: Mapping[str, Json]) -> str:
    """The words of a reply without an envelope."""
    for key in ("error_data", "error", "message", "Message", "description"):
        value = json.get(key)
        words = _words(value) if isinstance(value, Mapping) else safe_text(value) if isinstance(value, str) else ""
        if words:
            return words
    return ""


def _rest(json: Json) -> Mapping[str, Json] | None:
    rest = json.get("RestException") if isinstance(json, dict) else None
    return rest if isinstance(rest, dict) else None


def request_id_of(json: Json, headers: Mapping[str, str]) -> str | None:
    """The request's id, from the envelope, else from the headers (lower-case names): the vendor's support wants it."""
    inside = json.get("request_id") if isinstance(json, dict) else None
    found: Sequence[object] = (inside, headers.get("x-request-id"), headers.get("request-id"))
    for value in found:
        if isinstance(value, str) and (line := safe_text(value, 80)):
            return line
    return None
