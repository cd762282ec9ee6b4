"""Every behaviour that no document settles, as a switch with its default.

The numbers in the comments are those of the list of open questions ("not documented anywhere") that the emulator was
written from. Setting a switch to something it does not know raises `ValueError`, a misspelt switch `AttributeError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import Literal, get_args, get_origin, get_type_hints


@dataclass(slots=True)
class Switches:
    """The emulator's settings; may be changed at any time, also over the control path."""

    order: Literal["request", "shuffled_successes", "shuffled"] = "request"  # 1: entries of a bulk reply
    max_rows: int = 5000  # 2: more rows in one call are refused whole, 400
    limit_over: Literal["clamp", "refuse"] = "clamp"  # 3: `limit` above 20
    bad_paging: Literal["refuse", "ignore"] = "refuse"  # 4: limit 0, negative or text; bad offset
    past_end: Literal["empty", "not_found"] = "empty"  # 5: an offset behind the last contact
    duplicate: Literal["existing", "sid_only", "no_data", "upsert", "both_stored"] = "existing"  # 6
    duplicate_http: int = 207  # 6: HTTP status of a bulk reply that holds a 409
    repeated: Literal["conflict", "both"] = "conflict"  # 7: one number twice within a request
    conflict_failed: bool = True  # 8: metadata.failed counts 409 entries
    null: Literal["ignored", "clears"] = "ignored"  # 9: null in an update
    empty: Literal["stored", "null", "refused"] = "stored"  # 10: "" as a value
    custom_update: Literal["replace", "merge"] = "replace"  # 11: custom_field in an update
    custom_alias: Literal["ignored", "alias"] = "ignored"  # 12: `custom` for custom_field on write
    number_change: Literal["allowed", "refused"] = "allowed"  # 13
    numbers: Literal["local", "strict", "echo"] = "local"  # 14: local numbers become +91 / 400 / are shown as sent
    unknown_fields: Literal["ignored", "reported"] = "ignored"  # 15: reported: the whole request, 400
    wrong_type: Literal["request", "entry"] = "request"  # 16: a number where a text belongs refuses all, or the row
    deleted_again: Literal["not_found", "ok_with_entry"] = "not_found"  # 17: HTTP 404, or HTTP 200 with entry 404
    memberships: Literal["go", "stay"] = "go"  # 18: of a contact that is deleted
    stale: float = 0.0  # 19: reads show the state of so many seconds ago
    members_late: float = 0.0  # 19: seconds until a list shows who joined or left
    member_again: Literal["done", "conflict"] = "done"  # to join a list twice: is done, or 409 / 1008
    ties: Literal["stable", "shuffled"] = "stable"  # 20: contacts created in one second, in runs of at most 40
    rate: str | None = None  # 21: "30/minute"; a token bucket
    burst: int | None = None  # 21: the bucket's size; None: the rate's count
    rate_shape: Literal["envelope", "rest"] = "envelope"  # 21: form of the 429
    retry_after: Literal["seconds", "date", "none"] = "seconds"  # 21
    rate_headers: bool = False  # 21: X-RateLimit-Limit, -Remaining, -Reset on every reply
    whole_failure: Literal["array", "object", "rest", "html"] = "array"  # 22: a bulk call that fails as a whole
    lost_replies: int = 0  # 23: of every so many writes one is applied and its connection cut; 0: none
    max_length: int | None = None  # 24: longest text of a field, in characters
    check_email: bool = False  # 24: an e-mail without the form of one is refused
    auth_shape: Literal["envelope", "rest"] = "envelope"  # 26: form of 401 and 403
    wrong_account: int = 403  # 26: HTTP status for an account in the path that is not the key's
    release_delay: float = 0.0  # seconds until the accepted release of an ExoPhone takes effect
    phone_pages: Literal["followed", "ignored"] = "followed"  # ignored: ExoPhones are always shown from the first on
    sendme_deleted: Literal["gone", "kept"] = "gone"  # kept: a deleted contact is still read, with its deletedAt
    sendme_errors: Literal["message", "error", "nested"] = "message"  # where a refusal of SendMe123 has its words
    latency: float = 0.0  # seconds every request waits before it is looked at

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HINTS and not _fits(_HINTS[name], value):
            raise ValueError(f"switch {name} can't be {value!r}")
        if name == "rate" and isinstance(value, str):
            parse_rate(value)
        object.__setattr__(self, name, value)

    def set(self, values: Mapping[str, object]) -> None:
        """Set several switches by name."""
        for name, value in values.items():
            setattr(self, name, value)

    def show(self) -> dict[str, object]:
        """All switches by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def parse_rate(text: str) -> tuple[int, float]:
    """`30/minute` as (30, 60.0); also `/second`, `/hour` and the first letters of each. `ValueError` otherwise."""
    count, _, unit = text.partition("/")
    seconds = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(unit.strip()[:1].lower())
    if seconds is None or not count.strip().isdecimal() or int(count) < 1:
        raise ValueError(f"a rate is written like 30/minute, not {text!r}")
    return int(count), seconds


def _fits(hint: object, value: object) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if isinstance(hint, UnionType):
        return any(_fits(part, value) for part in get_args(hint))
    if isinstance(value, bool) or hint is bool:
        return hint is bool and isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(hint, type) and isinstance(value, hint)


_HINTS: dict[str, object] = {}
_HINTS.update(get_type_hints(Switches))
