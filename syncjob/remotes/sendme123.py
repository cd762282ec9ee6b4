"""The contacts of SendMe123, another product (reference: SendMe123): read one, deactivate one, delete one.

Enters: ids, changes. Leaves: contacts in the service's own words, replies. Promises: speaks only to
`/api/contacts/{id}`, with the API key that the transport carries; sends no field but `status`. Its listing is not used:
how to ask for its pages is not documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import orjson

from syncjob.model import Abilities, Batch, Change, Json, Page, Reply
from syncjob.remotes.alone import named, only_change, read_one, told
from syncjob.remotes.paths import Fence

if TYPE_CHECKING:
    from syncjob.remotes import RemoteConfig
    from syncjob.transport import Answer, Transport

PATH = "/api/contacts"

STATES = ("ACTIVE", "INACTIVE", "BLOCKED")
"""What `status` may be (reference: SendMe123)."""


class SendMe123:
    """The contacts that an API key opens, as `remotes.base.Remote`."""

    abilities = Abilities(
        kind="sendme123",
        key="contact_id",
        verbs=frozenset({"update", "delete"}),
        fields=("status",),
        batch_size={"update": 1, "delete": 1},
        page_size=0,
        repeatable=frozenset({"update", "delete"}),
        lists=False,
        traced=False,
        id_field="id",
        number_field="phone",
        shown=("name", "lastName"),
        undoable=frozenset({"update"}),
        for_good="A contact that is removed can't be brought back, and its messages may go with it.",
        service="SendMe123",
        address="https://app.sendme123.com",
        key_header="api-key",
        needs=("api_key",),
        modes=("delete",),
        remote_only=("keep",),
        listing=(),
        reasons={("delete", 409): "pending_messages"},
        instead_of_delete={"deactivate": {"status": "INACTIVE"}},
    )

    def __init__(self, transport: Transport) -> None:
        self._transport = Fence(transport, PATH, ("GET", "PATCH", "DELETE"))

    @classmethod
    def from_config(cls, remote: RemoteConfig, transport: Transport) -> SendMe123:  # noqa: ARG003 - as all remotes
        """The key is all it takes, and the transport has it."""
        return cls(transport)

    def __repr__(self) -> str:
        return f"SendMe123({PATH!r})"

    def page(self, offset: int) -> Page:  # noqa: ARG002 - as all remotes
        """`ValueError`: it has no listing, as its abilities say."""
        raise ValueError("sendme123 has no listing")

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """The contact as it is now; None when there is none (404), or when it is shown as deleted (`deletedAt`)."""
        contact = read_one(self._transport, PATH, "id", sid)
        return None if contact is None or contact.get("deletedAt") else contact

    def written(self, batch: Batch) -> Batch:
        """`batch` as it is: one change a request is written in no time."""
        return batch

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """Delete one contact, or change the status of one. `ValueError` for a batch that the abilities forbid."""
        change = only_change(batch, self.abilities)
        return (self._delete(change) if batch.verb == "delete" else self._change(change),)

    def _delete(self, change: Change) -> Reply:
        """404 is gone; 409 (messages are pending) is refused, in the service's words."""

        def whose(answer: Answer) -> None:
            if isinstance(answer.json, dict) and answer.json.get("deletedContactId") not in (None, change.sid):
                raise ValueError("it speaks of another contact")

        def ask() -> Answer:
            return self._transport.call("DELETE", f"{PATH}/{change.sid}", repeat=True, check=whose)

        return told(change, ask)

    def _change(self, change: Change) -> Reply:
        if change.fields.get("status") not in STATES:
            raise ValueError(f"change {change.change_id} names no status of {', '.join(STATES)}")
        body = orjson.dumps(dict(change.fields))

        def whose(answer: Answer) -> None:
            named(answer.json, "id", change.sid or "")

        def ask() -> Answer:
            return self._transport.call("PATCH", f"{PATH}/{change.sid}", body=body, repeat=True, check=whose)

        return told(change, ask)
