"""Single requests carried to their end: pace → retry → send once → judge (CONTRACT 8).

Enters: a request. Leaves: an `Answer`, or the error whose class says what is proven. Promises: what may not be repeated
is repeated only when it provably never happened; once one try is in doubt, the whole call is; a 429 is not a try.
"""

from __future__ import annotations

import random as chance
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from syncjob.errors import SyncjobError
from syncjob.pacing import Backoff, Pace, Quota, Rate, http_date, read_quota
from syncjob.transport.addresses import checked_path
from syncjob.transport.auth import Auth
from syncjob.transport.endings import error_of, paused_too_long, stopped
from syncjob.transport.gate import Gate, Stopped, TooLong
from syncjob.transport.judging import Answer, Setback, as_it_came, judge
from syncjob.transport.ledger import Ledger
from syncjob.transport.replies import Fault, Raw
from syncjob.transport.wire import Wire

TRIES = 5
PATIENCE = 1800.0
"""Seconds a call bears 429s before it gives up."""


@dataclass(frozen=True)
class Event:
    """Something a watcher may want to show or log. Holds no secret; told from the thread that made the call.

    `seconds`: of a reply how long it took, else how long the wait will be. `ahead`: the seconds by which the server's
    clock is ahead of ours, and `quota` what its headers say of the rate; None where a reply tells neither.
    """

    kind: Literal["reply", "retry", "pause", "trouble"]
    words: str = ""
    method: str = ""
    path: str = ""
    status: int = 0
    seconds: float = 0.0
    attempts: int = 0
    request_id: str | None = None
    ahead: float | None = None
    quota: Quota | None = None


@dataclass(frozen=True)
class Stats:
    """Counts so far. `requests`: all that left; `retries`: tries after the first; `waited`: seconds of all threads."""

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    waits: int = 0
    waited: float = 0.0


@dataclass
class _Call:
    """One request and what became of it so far."""

    method: str
    path: str
    query: Mapping[str, str | int]
    body: bytes | None = field(repr=False)
    repeat: bool
    check: Callable[[Answer], None] | None
    rows: int
    raw: bool = False  # any reply is an answer
    tries: int = 0
    doubt: bool = False
    throttled_since: float | None = None

    def may_go_on(self, back: Setback) -> bool:
        """Whether another try can do no harm, and is not one too many."""
        harmless = back.kind == "unreached" or (back.kind == "trouble" and self.repeat)
        return harmless and self.tries < TRIES


class Transport:
    """One service, one account. Safe under threads.

    `rate`: requests a second, `auto`, or None for no pacing. `timeout` in seconds. `shared`: the file through which all
    runs of the account on this machine share the rate. `clock` gives seconds since the epoch, `sleep` takes seconds,
    `random` gives 0 ≤ r < 1. Raises `ConfigError` for an address that credentials must not be sent to.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        rate: Rate = "auto",
        concurrency: int = 8,
        timeout: float = 60.0,
        shared: Path | None = None,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        random: Callable[[], float] = chance.random,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._wire = Wire(base_url, auth, timeout=timeout, connections=concurrency)
        self._on_event = on_event or (lambda _event: None)
        self._clock, self._random, self._patience = clock, random, patience
        self._backoff = Backoff()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._waited = 0.0
        self._gate = Gate(
            Pace(rate),
            Ledger(shared, lambda why: self._on_event(Event("trouble", why))),
            concurrency=concurrency,
            patience=patience,
            clock=clock,
            sleep=sleep,
            on_wait=self._waits,
        )

    def __repr__(self) -> str:
        return f"Transport({self._wire.base_url!r})"

    @property
    def stats(self) -> Stats:
        """The counts at this moment."""
        with self._lock:
            return Stats(**self._counts, waited=self._waited)

    @property
    def rate(self) -> float | None:
        """Requests a second at present, for estimates; None: not paced."""
        return self._gate.rate()

    def stop(self) -> None:
        """End every wait at once: calls that wait, and all later ones, raise `Interrupted` (`ReplyLost` in doubt)."""
        self._gate.stop()

    def close(self) -> None:
        """Close idle connections."""
        self._wire.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        repeat: bool,
        check: Callable[[Answer], None] | None = None,
        rows: int = 0,
    ) -> Answer:
        """Carry one request to its end. `repeat`: may be executed twice without harm. `body`: JSON.

        `rows`: of a bulk request how many it sends; their entries then count, whatever the HTTP status.

        `check` may raise `ValueError` for an answer that can't be what was asked for; it then counts as unreadable.
        Raises `RemoteRefused` (401, 402, 403, a redirect), `CallRefused` (a readable 4xx), `NotDelivered` (provably not
        executed), `ReplyLost` (in doubt), `Interrupted` (after `stop`, provably not executed).
        """
        return self._carry(_Call(method, checked_path(path), query or {}, body, repeat, check, rows))

    def look(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: bytes | None = None
    ) -> Answer:
        """The reply to a request as it came, refused or not (`judging.as_it_came`).

        But for a GET, it is sent again only after a 429, or where it provably never arrived. Raises as `call` does, but
        for `CallRefused`.
        """
        return self._carry(
            _Call(method, checked_path(path), query or {}, body, method == "GET", check=None, rows=0, raw=True)
        )

    def _carry(self, call: _Call) -> Answer:
        try:
            while True:
                found = self._try(call)
                if isinstance(found, Answer):
                    return replace(found, attempts=call.tries + 1) if call.tries else found
                self._settle(call, found)
        except Stopped:
            error: SyncjobError = stopped(doubt=call.doubt, tries=call.tries)
        except TooLong as pause:
            error = paused_too_long(pause.seconds, doubt=call.doubt, tries=call.tries)
        raise error

    def _try(self, call: _Call) -> Answer | Setback:
        """Send once, at the right moment, and learn from the reply."""
        with self._gate.passage() as left:
            self._count("requests")
            raw = self._wire.send(call.method, call.path, call.query, call.body, fresh=not call.repeat)
            now = self._clock()
            found = _judged(call, raw, self._wire.host, now)
            clock = _server_clock(raw)
            quota = read_quota(raw.headers, now if clock is None else clock) if isinstance(raw, Raw) else None
            if isinstance(found, Setback) and found.kind == "throttled":
                self._pause(call, found, left)
            elif isinstance(raw, Raw):
                self._gate.answered(left, quota)
        status, words = (raw.status if isinstance(raw, Raw) else 0), (found.words if isinstance(found, Setback) else "")
        seconds, ahead = now - left, None if clock is None else clock - (now + left) / 2
        request_id, tries = found.request_id, call.tries + 1
        self._on_event(Event("reply", words, call.method, call.path, status, seconds, tries, request_id, ahead, quota))
        return found

    def _pause(self, call: _Call, back: Setback, left: float) -> None:
        seconds = self._gate.throttled(left, back.wait, self._random())
        self._count("throttled")
        self._on_event(_event("pause", call, back, seconds))

    def _settle(self, call: _Call, back: Setback) -> None:
        """Wait before the next try, or raise what the last one proves."""
        if back.kind == "throttled":
            now = self._clock()
            call.throttled_since = now if call.throttled_since is None else call.throttled_since
            if now - call.throttled_since >= self._patience:
                raise error_of(back, doubt=call.doubt, tries=call.tries)
            return
        call.tries += 1
        call.doubt = call.doubt or back.kind == "trouble"
        wait = self._backoff.wait(call.tries, self._random()) if back.wait is None else back.wait
        if not call.may_go_on(back) or wait > self._patience:
            raise error_of(back, doubt=call.doubt, tries=call.tries)
        self._count("retries")
        self._on_event(_event("retry", call, back, wait))
        self._gate.wait(wait)

    def _count(self, name: Literal["requests", "retries", "throttled", "waits"]) -> None:
        with self._lock:
            self._counts[name] += 1

    def _waits(self, seconds: float) -> None:
        self._count("waits")
        with self._lock:
            self._waited += seconds


def _event(kind: Literal["retry", "pause"], call: _Call, back: Setback, seconds: float) -> Event:
    return Event(kind, back.words, call.method, call.path, back.status, seconds, call.tries, back.request_id)


def _judged(call: _Call, raw: Raw | Fault, host: str, now: float) -> Answer | Setback:
    if call.raw:
        return as_it_came(raw, host, now)
    return _checked(judge(raw, host, now, call.rows), call.check)


def _checked(found: Answer | Setback, check: Callable[[Answer], None] | None) -> Answer | Setback:
    """`found`, or the setback of an answer that is not what was asked for: as good as unreadable."""
    if check is None or isinstance(found, Setback):
        return found
    try:
        check(found)
    except ValueError as error:
        words = f"The remote's reply makes no sense ({found.status}): {error}."
        return Setback("trouble", words, status=found.status, request_id=found.request_id)
    return found


def _server_clock(raw: Raw | Fault) -> float | None:
    """The server's clock when it replied, None when it does not tell."""
    date = http_date(raw.headers.get("date")) if isinstance(raw, Raw) else None
    return None if date is None else date.timestamp()
