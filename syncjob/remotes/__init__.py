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
    "exotel_list": "syncjob.remotes.exotel_list:ExotelList",
    "exophones": "syncjob.remotes.exophones:ExoPhones",
    "sendme123": "syncjob.remotes.sendme123:SendMe123",
}
"""Kind → module:class. A class has `abilities` and offers `from_config(remote, transport)`."""

PROBES: dict[str, str] = {
    "exotel_contacts": "syncjob.remotes.questions:ContactsProbe",
    "exotel_list": "syncjob.remotes.questions:ContactsProbe",  # the address book behind it is the same
}
"""Kind → module:class of what `doctor --probe` asks; the others have no undocumented behaviour that a job rests on."""


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
    @property
    def abilities(self) -> Abilities: ...
    def from_config(self, remote: RemoteConfig, transport: Transport) -> Remote: ...


def open_remote(config: _Config, *, transport: Transport, behaviour: Behaviour | None = None) -> Remote:
    """The remote that `config.remote.kind` names, speaking through `transport`, in the words of the address book.

    It goes by what was proven of it (`behaviour`).

    `ConfigError` for a kind that is unknown, or that no job can be run on.
    """
    from syncjob.remotes.translated import Translated, is_foreign

    if config.remote.kind not in KINDS:
        raise ConfigError(f"remote.kind: {config.remote.kind} is not one of {', '.join(KINDS)}.")
    remote = opened(config.remote, transport)
    if behaviour is not None:
        remote.abilities = fitted(remote.abilities, behaviour)
    return Translated(remote) if is_foreign(remote.abilities) else remote


def fitted(abilities: Abilities, behaviour: Behaviour) -> Abilities:
    """What a remote can do, by what was proven of this very account: batches never above what one request takes."""
    most = behaviour.rows or max(abilities.batch_size.values(), default=1)
    sizes = {verb: min(size, most) for verb, size in abilities.batch_size.items()}
    return replace(abilities, behaviour=behaviour, batch_size=sizes)


def opened(remote: RemoteConfig, transport: Transport) -> Remote:
    """The remote that a `remote:` group describes, in its own words. `KeyError`: unknown kind."""
    return _opener(remote.kind).from_config(remote, transport)


def abilities_of(kind: str) -> Abilities:
    """What a kind of remote can do; nothing is opened. `KeyError`: unknown kind."""
    return _opener(kind).abilities


def _opener(kind: str) -> _Opener:
    module, name = KINDS[kind].split(":")
    return cast("_Opener", getattr(import_module(module), name))


def probe_for(remote: RemoteConfig) -> Probe | None:
    """What can be asked of an account of this kind; None: nothing."""
    if remote.kind not in PROBES:
        return None
    module, name = PROBES[remote.kind].split(":")
    return cast("type[Probe]", getattr(import_module(module), name))()


def auth_for(kind: str, key: str, token: str) -> Auth:
    """The credentials in the form that a kind of remote wants them."""
    from syncjob.transport import Auth

    header = abilities_of(kind).key_header
    return Auth(header=header, value=key) if header else Auth.basic(key, token)
