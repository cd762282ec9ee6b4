"""The story of a probe: look → say what will be sent → ask → write down → ask the account → remember → clean up.

Promised: nothing is sent before a yes; the number is nobody's; what the probe made is gone at the end, also after an
error, Ctrl-C or a lost reply, and after a kill it is what the next probe or run removes first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from syncjob.behaviour import Behaviour
from syncjob.config.model import canonical
from syncjob.errors import ConfigError, Interrupted, NotApproved, RemoteError
from syncjob.job.book import read_book
from syncjob.job.canary import AGAIN, Trace, at_hand, marked_ones, remove, remove_left, trace_of
from syncjob.job.session import Session
from syncjob.listing import Listing
from syncjob.listing.scan import cost
from syncjob.model import Json
from syncjob.remotes import PROBES, probe_for
from syncjob.remotes.base import Ground, Hands, Probe
from syncjob.state import locked


@dataclass(frozen=True)
class Intent:
    """What a probe is about to send: requests to read the `total` contacts, then `requests`, each with its purpose."""

    number: str
    total: int
    reads: int
    requests: tuple[tuple[str, str], ...]
    minutes: float


def probe(session: Session, number: str, agree: Callable[[Intent], bool], *, wait_minutes: float = 0.0) -> Behaviour:
    """What the account answered, remembered from here on.

    Raises `ConfigError` for a number that can't be used and a remote that can't be asked, `LockHeld`, `NotApproved`,
    `Interrupted`, and what talking to the remote raises.
    """
    asker = probe_for(session.config.remote)
    if asker is None:
        raise ConfigError(f"There is nothing to probe on {session.config.remote.kind}, only on {', '.join(PROBES)}.")
    own = canonical(number, session.config.phone.default_region)
    if own is None:
        raise ConfigError(f"{number} is no phone number that exists.", advice="Give one that is yours, to probe with.")
    with locked(
        session.account,
        f"probe of {session.config.remote.account}",
        wait_minutes=wait_minutes,
        now=session.now(),
        sleep=session.pause,
        note=session.door.note,
    ):
        if not agree(_intent(session, asker, own)):
            raise NotApproved("Nothing was sent: the probe was not approved.", advice="Answer yes, or use --yes.")
        session.check()
        remove_left(session)
        return _probe(session, asker, own)


def _intent(session: Session, asker: Probe, number: str) -> Intent:
    total = max(0, session.remote.page(0).total)
    reads = cost(total, session.remote.abilities.page_size)
    rate = session.transport.rate
    return Intent(number, total, reads, asker.requests, (reads + ASKED) / rate / 60 if rate else 0.0)


ASKED = 80
"""Requests of the questions, about."""


def _probe(session: Session, asker: Probe, number: str) -> Behaviour:
    listing = read_book(session)
    taken = frozenset(listing.contacts["number"].dropna())
    if number in taken:
        raise ConfigError(
            f"{number} is a contact of this account already, and a probe touches nobody's contact.",
            advice="Give a number of your own that is no contact.",
        )
    trace = Trace(
        number,
        asker.mark,
        f"probe-{secrets.token_hex(3)}",
        _tail(listing),
        session.now().isoformat(timespec="seconds"),
    )
    trace.write(session.memory)
    try:
        answers = asker.ask(session.transport, _ground(session, trace, listing, taken), _hands(session, trace))
        found = Behaviour(answers, session.now().isoformat(timespec="seconds"))
        session.memory.keep_fact("behaviour", found.to_text())
    except Interrupted as stop:
        stop.signal_exit = session.signal_exit
        stop.advice = "The probe learned nothing. Ask again: syncjob doctor --probe NUMBER"
        raise
    finally:
        left = _clean_up(session)
    if left:
        raise RemoteError(left, code="temporary_trouble", advice=AGAIN)
    return found


def _tail(listing: Listing) -> tuple[str, ...]:
    """The last contacts by date of creation: where the end of the listing is."""
    return tuple(listing.contacts.sort_values("created", kind="stable")["sid"].tail(40))


def _ground(session: Session, trace: Trace, listing: Listing, taken: frozenset[str]) -> Ground:
    account = session.config.remote.account_sid or ""
    return Ground(account, listing.total, taken, trace.number, trace.token)


def _hands(session: Session, trace: Trace) -> Hands:
    def made(sid: str) -> None:
        known = trace_of(session.memory) or trace
        replace(known, sids=tuple(dict.fromkeys((*known.sids, sid)))).write(session.memory)

    def find() -> list[Mapping[str, Json]]:
        return marked_ones(session.remote, trace)

    return Hands(made, find, session.pause, time.monotonic, lambda done, of: session.door.progress("asking", done, of))


def _clean_up(session: Session) -> str:
    """Whatever happened; with a transport of its own, since the session's may have been told to stop.

    "", or why the contact may still be there, which is told as well: an error on its way goes before it.
    """
    trace = trace_of(session.memory)
    if trace is None:
        return ""
    try:
        with at_hand(session) as remote:
            remove(remote, session.memory)
    except (RemoteError, Interrupted) as error:
        said = f"The probe's contact {trace.number} may still be there: {error.message}"
        session.door.note(f"{said} {AGAIN}")
        return said
    return ""
