"""The remote, as far as harmless questions show it: the way there, credentials, rights, its clock, its rate.

Enters: a config, and the account's folder where it can be used. Leaves: findings. Promised: one page of contacts is
read, or one contact that does not exist; nothing else is asked, and nothing is written.
"""

from __future__ import annotations

from syncjob.config import Config
from syncjob.config.values import say_rate
from syncjob.doctor.finding import Finding, from_error, ok, problem, warning
from syncjob.errors import CallRefused, ConfigError, RemoteError, RemoteRefused
from syncjob.job.session import Silent, open_transport
from syncjob.pacing import Quota
from syncjob.remotes import opened
from syncjob.remotes.base import Remote, list_of
from syncjob.state import Account
from syncjob.transport import Event, Transport
from syncjob.transport.reaching import Reached, reach

SKEW = 30.0
"""Seconds that clocks may differ before it is worth a word."""
SOON = 14.0
"""Days before a certificate ends."""
NOBODY = "syncjob-doctor"
"""The sid of no contact."""

_DO: dict[int, str] = {
    401: "Check api_key and api_token, and the region: a right key in the wrong region is refused with the same words."
    " The keys of Mumbai are for api.in.exotel.com, those of Singapore for api.exotel.com.",
    402: "Look at the account's balance and plan in the service's dashboard.",
    403: "Check account_sid, ask that the key may read contacts, and that this machine's IP address is allowed.",
}


class Ear(Silent):
    """A door that remembers what the last replies told of clock and rate."""

    def __init__(self) -> None:
        self.ahead: float | None = None
        self.quota: Quota | None = None
        self.status = 0
        self.seconds = 0.0

    def event(self, event: Event) -> None:
        if event.kind != "reply" or not event.status:
            return
        self.status, self.seconds = event.status, event.seconds
        self.ahead = self.ahead if event.ahead is None else event.ahead
        self.quota = event.quota or self.quota


def look_at_remote(config: Config, account: Account | None) -> list[Finding]:
    """Everything that can be asked without writing."""
    ear = Ear()
    try:
        transport = open_transport(config, ear, account)
    except ConfigError as error:
        return from_error("network", error)
    try:
        found = look_at_way(reach(config.remote.url, min(10.0, config.remote.timeout)))
        if not any(finding.exit_code for finding in found):
            found += _look_inside(config, transport, ear)
        return found
    finally:
        transport.close()


def look_at_way(reached: Reached) -> list[Finding]:
    """Name, connection and encryption, step by step."""
    host = reached.host
    if reached.proxy:
        return [ok("network", f"{host} is reached through the proxy {reached.proxy}, which looks it up and connects.")]
    if reached.failed == "name":
        do = "Check the network and its name server (DNS), and region or base_url."
        return [problem("network", f"The name {host} can't be looked up: {reached.why}.", do, 6)]
    named = ", ".join(reached.addresses)
    if reached.failed == "connection":
        do = "Check the network, the firewall, and whether a proxy is needed (HTTPS_PROXY)."
        return [problem("network", f"Nobody answers at {host} ({named}): {reached.why}.", do, 6)]
    found = [ok("network", f"{host} answers ({named}).")]
    if reached.failed == "encryption":
        do = "Check this machine's clock; behind a company's own proxy, let REQUESTS_CA_BUNDLE name its certificates."
        return [*found, problem("encryption", f"{host} can't be trusted: {reached.why}.", do, 6)]
    if not reached.encryption:
        return [*found, ok("encryption", f"{host} is this machine itself, so nothing is encrypted.")]
    if reached.days is not None and reached.days < SOON:
        says = f"{reached.encryption}; the certificate of {host} ends in {reached.days:.0f} days."
        return [*found, warning("encryption", says, "It is the service's to renew; tell them if they don't.")]
    return [*found, ok("encryption", f"{reached.encryption}, and the certificate is trusted.")]


def _look_inside(config: Config, transport: Transport, ear: Ear) -> list[Finding]:
    try:
        remote = opened(config.remote, transport)
    except KeyError:
        return [problem("remote", f"No job can be run on {config.remote.kind} yet.", "Name another remote.kind.", 2)]
    except ConfigError as error:
        return from_error("remote", error)
    found = _look_at_access(config, remote)
    return [*found, *look_at_clock(ear.ahead), *look_at_rate(config, ear.quota, transport.rate)]


def _look_at_access(config: Config, remote: Remote) -> list[Finding]:
    account = config.remote.account
    try:
        says = _asked(remote)
        lists = _look_at_list(config, remote)
    except RemoteRefused as error:
        return [problem("credentials", error.message, _DO.get(error.status, error.advice), error.exit_code)]
    except CallRefused as error:
        do = "The credentials were taken, and what was asked was not: check account_sid and the kind of remote."
        return [problem("rights", error.message, do, error.exit_code)]
    except RemoteError as error:
        do = error.advice or "Wait a little and look again; if it lasts, ask the service."
        return [problem("remote", error.message, do, error.exit_code)]
    except ConfigError as error:
        return from_error("remote", error)
    return [
        ok("credentials", f"They are taken for account {account} at {config.remote.host}."),
        ok("rights", says),
        *lists,
    ]


def _asked(remote: Remote) -> str:
    """What a harmless question shows."""
    writes = "whether it may write shows only when it does"
    if not remote.abilities.lists:
        remote.read(NOBODY)
        return f"The key may read; {writes}."
    total = remote.page(0).total
    if total:
        return f"The key may read: there are {f'{total:,}' if total > 0 else 'some'} entries; {writes}."
    return f"The key may read: there is nothing yet, or the account has another name; {writes}."


def _look_at_list(config: Config, remote: Remote) -> list[Finding]:
    """Whether the list that the config names is there."""
    service = list_of(remote)
    if service is None:
        return []
    if service.find():
        return [ok("list", f"The list {config.remote.list} is there.")]
    return [warning("list", f"There is no list {config.remote.list}.", "syncjob run --create-list makes it.")]


def look_at_clock(ahead: float | None) -> list[Finding]:
    """Our clock against the remote's, which tells the time in whole seconds."""
    if ahead is None:
        return [ok("clock", "The remote does not tell its time.")]
    if abs(ahead) < SKEW:
        return [ok("clock", "This machine's clock agrees with the remote's.")]
    says = f"This machine's clock is {_span(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'} the remote's."
    return [warning("clock", says, "Let it be set over the network (NTP): the times in results are wrong by as much.")]


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def look_at_rate(config: Config, quota: Quota | None, rate: float | None) -> list[Finding]:
    """The rate of the config against what the account's own headers allow."""
    asked = say_rate(config.remote.rate)
    now = "requests are not paced" if rate is None else f"{rate * 60:.3g} requests a minute at present"
    says = f"remote.rate is {asked}: {now}. "
    allowed = quota.per_second() if quota else None
    if quota is None or allowed is None:
        found = says + "The remote's replies tell no limit."
        if rate is None and not config.remote.base_url:
            return [warning("rate", found, "Set remote.rate: auto, or the account may be closed to all its users.")]
        return [ok("rate", found)]
    left = "" if quota.remaining is None else f", {quota.remaining:,} of them left"
    says += f"The remote's replies allow {quota.limit:,} requests{left}."
    if rate is None or rate > allowed * 1.1:
        return [warning("rate", says, "Set remote.rate: auto, which keeps to what the account allows.")]
    return [ok("rate", says)]
