"""A remote that is described, but that no job can be run on yet: what it will be asked, and a clear no."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from syncjob.errors import ConfigError
from syncjob.model import Abilities
from syncjob.schema import FIELDS

if TYPE_CHECKING:
    from syncjob.remotes import RemoteConfig
    from syncjob.transport import Transport


class ExotelList:
    """Who is on a campaign list."""

    abilities = Abilities(
        kind="exotel_list",
        key="number",
        verbs=frozenset({"create", "delete"}),
        fields=FIELDS,
        batch_size={"create": 5000, "delete": 1},
        page_size=20,
        repeatable=frozenset({"delete"}),
        needs=("account_sid", "api_key", "api_token", "list"),
        modes=("upsert", "create", "delete"),
        remote_only=("keep", "report", "delete"),
    )

    @classmethod
    def from_config(cls, remote: RemoteConfig, transport: Transport) -> NoReturn:  # noqa: ARG003 - as all remotes
        """`ConfigError`, always."""
        raise ConfigError(f"remote.kind: no job can be run on {remote.kind} yet.")
