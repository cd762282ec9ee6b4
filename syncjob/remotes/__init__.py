"""The registry: one line for each kind of remote, its class imported when it is opened."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from syncjob.behaviour import Behaviour
from syncjob.errors import ConfigError

if TYPE_CHECKING:
    from syncjob.model import Abilities
    from syncjob.remotes.base import Probe, Remote
    from syncjob.transport import Auth, Transport

KINDS: dict[str, str] = {
    "exotel_contacts": "syncjob.remotes.exotel_contacts:ExotelContacts",
    "exophones": "syncjob.remotes.exophones:ExoPhones",
    "sendme123": "syncjob.remotes.sendme123:SendMe123",
}
"""Kind → module:class. A class offers `from_config(remote, transport)`."""

WAITING = frozenset({"exophones", "sendme123"})
"""Kinds that can be spoken to, but that the job can't carry out yet: to open one is a problem of the config."""

PROBES: dict[str, str] = {
    "exotel_contacts": "syncjob.remotes.questions:ContactsProbe",
}
"""Kind → module:class of what `doctor --probe` asks; the others have no undocumented behaviour that a job rests on."""

KEY_HEADERS: dict[str, str] = {
    "sendme123": "api-key",
}
"""Kind → the header that carries its API key. All others take key and token by HTTP Basic."""


class RemoteConfig(Protocol):
    """The part of the config's `remote:` group that a remote may ask for."""

    @property
    def kind(self) -> str: ...
    @property
    def account_sid(self) -> str | None: ...
    @property
    def list(self) -> str | None: ...


class _Config(Protocol):
    @property
    def remote(self) -> RemoteConfig: ...


class _Opener(Protocol):
    def from_config(self, remote: RemoteConfig, transport: Transport) -> Remote: ...


def open_remote(config: _Config, *, transport: Transport, behaviour: Behaviour | None = None) -> Remote:
    """The remote that `config.remote.kind` names, speaking through `transport`; it goes by what was proven of it.

    `ConfigError` for a kind that is unknown, or that no job can be run on yet.
    """
    kind = config.remote.kind
    ready = [each for each in KINDS if each not in WAITING]
    if kind not in ready:
        raise ConfigError(f"remote.kind: no job can be run on {kind} yet, only on {', '.join(ready)}.")
    remote = opened(config.remote, transport)
    if behaviour is not None:
        remote.abilities = fitted(remote.abilities, behaviour)
    return remote


def fitted(abilities: Abilities, behaviour: Behaviour) -> Abilities:
    """What a remote can do, by what was proven of this very account: batches never above what one request takes."""
    most = behaviour.rows or max(abilities.batch_size.values(), default=1)
    sizes = {verb: min(size, most) for verb, size in abilities.batch_size.items()}
    return replace(abilities, behaviour=behaviour, batch_size=sizes)


def opened(remote: RemoteConfig, transport: Transport) -> Remote:
    """The remote that a `remote:` group describes, whether or not a job can be run on it. `KeyError`: unknown kind."""
    module, name = KINDS[remote.kind].split(":")
    opener = cast("_Opener", getattr(import_module(module), name))
    return opener.from_config(remote, transport)


def probe_for(remote: RemoteConfig) -> Probe | None:
    """What can be asked of an account of this kind; None: nothing."""
    if remote.kind not in PROBES:
        return None
    module, name = PROBES[remote.kind].split(":")
    return cast("type[Probe]", getattr(import_module(module), name))()


def auth_for(kind: str, key: str, token: str) -> Auth:
    """The credentials in the form that a kind of remote wants them."""
    from syncjob.transport import Auth

    header = KEY_HEADERS.get(kind)
    return Auth.basic(key, token) if header is None else Auth(header=header, value=key)
