"""The phone numbers of an account: Exotel's ExoPhones (reference: ExoPhones, v2_beta).

Enters: offsets, sids, deletes. Leaves: pages, phones in the service's own words, replies. Promises: speaks only to
`/v2_beta/Accounts/{account}/IncomingPhoneNumbers`, reads and releases there and does nothing else: it can neither buy
nor change a number. A release is accepted (202), takes effect later, and is for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from syncjob.envelope import code_of
from syncjob.errors import CallRefused
from syncjob.model import Abilities, Batch, Json, Page, Reply
from syncjob.remotes.alone import only_change, read_one, told
from syncjob.remotes.paths import Fence, account_in, plain

if TYPE_CHECKING:
    from syncjob.remotes import RemoteConfig
    from syncjob.transport import Answer, Transport

PAGE = 50
"""Phones on a page (reference: list all)."""


class ExoPhones:
    """One account's phone numbers, as `remotes.base.Remote`."""

    abilities = Abilities(
        kind="exophones",
        key="exophone_sid",
        verbs=frozenset({"delete"}),
        fields=(),
        batch_size={"delete": 1},
        page_size=PAGE,
        repeatable=frozenset({"delete"}),  # a sid is never given again, so no other number can be hit
        counted=False,
        traced=False,
        by_listing=("number",),
        number_field="phone_number",
        shown=("friendly_name",),
        undoable=frozenset(),
        for_good="A number that is released is given up for good: nobody can bring it back, and others may get it.",
        spelled=True,
        modes=("delete",),
        delete_count=0,
        reasons={("delete", 202): "release_accepted"},
    )

    def __init__(self, transport: Transport, account_sid: str) -> None:
        self._path = f"/v2_beta/Accounts/{plain(account_sid)}/IncomingPhoneNumbers"
        self._transport = Fence(transport, self._path, ("GET", "DELETE"))

    @classmethod
    def from_config(cls, remote: RemoteConfig, transport: Transport) -> ExoPhones:
        """By the config's `remote:` group. `ConfigError` without a usable account sid."""
        return cls(transport, account_in(remote.account_sid))

    def __repr__(self) -> str:
        return f"ExoPhones({self._path!r})"

    def page(self, offset: int) -> Page:
        """The phones from record position `offset` to the end of its page, so up to 50 of them.

        The service counts pages, not records, and names no total: that is known on the last page only (else -1). The
        links to other pages that it gives name another host, and are not followed. `CallRefused` (404) for an account
        without a first page: whether that means no phones is not documented.
        """
        place, skipped = divmod(offset, PAGE)

        def fits(answer: Answer) -> None:
            check_page(answer.json, place)

        try:
            query = {"Page": place, "PageSize": PAGE}
            answer = self._transport.call("GET", self._path, query=query, repeat=True, check=fits)
        except CallRefused as refusal:
            if refusal.status == 404 and place:
                return Page(offset, (), -1)
            raise
        phones = _phones(answer.json)
        end = place * PAGE + len(phones)
        total = end if _is_last(answer.json, len(phones)) and (phones or not place) else -1
        return Page(offset, tuple(phones[skipped:]), total, answer.request_id)

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """The phone as it is now; None when there is none (404). One that was released may still be shown a while."""
        return read_one(self._transport, self._path, "sid", sid)

    def written(self, batch: Batch) -> Batch:
        """`batch` as it is: one change a request is written in no time."""
        return batch

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """Release one number. `done` with code 202: accepted. `ValueError` for a batch that the abilities forbid."""
        change = only_change(batch, self.abilities)

        def release() -> Answer:
            return self._transport.call("DELETE", f"{self._path}/{change.sid}", repeat=True)

        return (told(change, release, _said),)


def _said(answer: Answer) -> int:
    """The code of a release: the body repeats the HTTP status, and where they differ the failure is believed."""
    inner = code_of(answer.json.get("Status")) if isinstance(answer.json, dict) else 0
    return inner if inner >= 300 else answer.status


def check_page(json: Json, place: int) -> None:
    """`ValueError` when a page contradicts itself or the question: such a page may hide a phone."""
    phones = _phones(json)
    sids = [phone.get("sid") for phone in phones]
    if not all(isinstance(sid, str) and sid for sid in sids) or len(set(sids)) != len(sids):
        raise ValueError("a phone has no sid of its own")
    if len(phones) > PAGE:
        raise ValueError(f"{len(phones)} phones are on it")
    for name, right in (("page", place), ("page_size", PAGE)):
        told_of = json.get(name) if isinstance(json, dict) else None
        if told_of is not None and str(told_of) != str(right):
            raise ValueError(f"its {name} says {told_of}, not {right}")


def _phones(json: Json) -> list[dict[str, Json]]:
    found = json.get("incoming_phone_numbers") if isinstance(json, dict) else None
    if not isinstance(found, list):
        raise ValueError("there is no list of phones")
    phones = [phone for phone in found if isinstance(phone, dict)]
    if len(phones) != len(found):
        raise ValueError("an entry is no phone")
    return phones


def _is_last(json: Json, count: int) -> bool:
    """Whether no page follows: the link to it says so; without one, a page that is not full does."""
    if isinstance(json, dict) and "next_page_uri" in json:
        return not json["next_page_uri"]
    return count < PAGE
