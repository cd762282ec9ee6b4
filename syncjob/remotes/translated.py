"""A remote of other words, spoken to in those of the address book.

Enters: a remote whose contacts are called and made otherwise. Leaves: the same contract, its contacts as the house
knows them: `sid` and `number`, what a person knows them by as first and last name, and the remote's own fields within
`custom_field`. Changes go the other way. What is what the abilities say; nothing here knows a service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncjob.model import Abilities, Batch, Change, Json, Page, Reply
from syncjob.remotes.base import Remote
from syncjob.schema import FIELDS, NAMES


class Translated:
    """`remote` in the words of the address book, as `remotes.base.Remote`."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.abilities: Abilities = remote.abilities

    def __repr__(self) -> str:
        return f"Translated({self._remote!r})"

    def page(self, offset: int) -> Page:
        """As the remote's own, its contacts translated."""
        page = self._remote.page(offset)
        return replace(page, contacts=tuple(told(contact, self.abilities) for contact in page.contacts))

    def read(self, sid: str) -> Mapping[str, Json] | None:
        """As the remote's own, translated."""
        found = self._remote.read(sid)
        return None if found is None else told(found, self.abilities)

    def written(self, batch: Batch) -> Batch:
        """`batch` as it is: it is written once it is in the remote's words."""
        return batch

    def send(self, batch: Batch) -> tuple[Reply, ...]:
        """As the remote's own: the changes in its words, its replies in ours."""
        changes = tuple(own(change, self.abilities) for change in batch.changes)
        return tuple(
            reply if reply.contact is None else replace(reply, contact=told(reply.contact, self.abilities))
            for reply in self._remote.send(replace(batch, changes=changes))
        )


def is_foreign(able: Abilities) -> bool:
    """Whether a remote has other words than the address book."""
    return (able.id_field, able.number_field) != ("sid", "number")


def told(contact: Mapping[str, Json], able: Abilities) -> dict[str, Json]:
    """A contact in the words of the address book."""
    made: dict[str, Json] = {"sid": contact.get(able.id_field), "number": contact.get(able.number_field)}
    made |= dict(zip(NAMES, (contact.get(name) for name in able.shown), strict=False))
    fields: dict[str, Json] = {name: contact[name] for name in able.fields if name not in FIELDS and name in contact}
    return made | {"custom_field": fields or None}


def own(change: Change, able: Abilities) -> Change:
    """A change in the remote's own words: fields of its own come out of `custom_field`."""
    inner = change.fields.get("custom_field")
    if "custom_field" in able.fields or not isinstance(inner, dict):
        return change
    return replace(change, fields={**{n: v for n, v in change.fields.items() if n != "custom_field"}, **inner})
