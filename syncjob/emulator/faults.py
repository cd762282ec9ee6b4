"""Faults on demand: which request meets which trouble, which row fails, and who meddles between two pages.

What enters: rules, added by tests or over the control path. What leaves: for each request the rule that strikes, if
any; for each row its fault. What a rule then does is told by `mischief`. The first rule in order of adding that is due
strikes; a rule counts every request that it matches, struck or not. Chances come from a seeded generator.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias, get_args

from syncjob.emulator.envelope import Shape
from syncjob.emulator.numbers import canonical
from syncjob.emulator.store import Store
from syncjob.emulator.wire import Object, Request

Action: TypeAlias = Literal[
    "too_many",  # 429; retry_after, seconds, shape
    "error",  # status, shape, when: before the write, or after it was applied
    "cut",  # the connection closes without a reply; when; reset
    "hold",  # the reply waits `seconds` or until released; when: never applied, applied first, applied late
    "short",  # the body ends half way
    "html",  # a proxy's page under `status`; when
    "garbage",  # JSON that breaks off, with the right length; when: always after
    "entries_missing",  # the entries at `rows` are left out
    "entries_cut",  # the last `count` entries are left out
    "entries_shuffled",  # all entries change places
    "wrong_total",  # metadata.total is off by `count`
    "empty_page",  # 200 without contacts, the total as it is
    "lost_page",  # 404 in place of a page
    "redirect",  # to `url`, `status` (30x)
]
When: TypeAlias = Literal["before", "after", "late"]
RetryAfter: TypeAlias = Literal["seconds", "date", "none"]

STATUS: dict[str, int] = {"error": 503, "html": 502, "redirect": 307}
"""The status of an action whose rule names none."""


@dataclass
class Rule:
    """One trouble and the requests it strikes: from the `nth` that matches on, `times` times (None: for ever).

    `path` is a regular expression searched in path and query; `holding` a text that the body must contain; `call` the
    name of a call (`routes.Call`). `seen` and
    `fired` count. The other fields belong to single actions, see `Action`.
    """

    action: Action
    call: str | None = None
    method: str | None = None
    path: str = ""
    holding: str = ""
    nth: int = 1
    times: int | None = 1
    chance: float = 1.0
    status: int = 0
    shape: Shape = "envelope"
    when: When = "before"
    retry_after: RetryAfter = "seconds"
    seconds: float = 1.0
    reset: bool = False
    rows: tuple[int, ...] = (0,)
    count: int = 1
    url: str = ""
    text: str = ""
    seen: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise ValueError(f"there is no fault {self.action!r}")
        if self.when not in get_args(When) or self.shape not in get_args(Shape):
            raise ValueError(f"fault {self.action} can't be {self.when!r}, {self.shape!r}")
        if self.retry_after not in get_args(RetryAfter):
            raise ValueError(f"retry_after can't be {self.retry_after!r}")
        self.status = self.status or STATUS.get(self.action, 0)
        self.rows = tuple(self.rows)

    def matches(self, request: Request, call: str) -> bool:
        """Does it speak of this request at all?"""
        return (
            self.call in (None, call)
            and self.method in (None, request.method)
            and (not self.path or re.search(self.path, request.target) is not None)
            and self.holding.encode() in request.body
        )

    def due(self, random: Random) -> bool:
        """Counts a matching request; does the rule strike it?"""
        self.seen += 1
        spent = self.times is not None and self.fired >= self.times
        if self.seen < self.nth or spent or (self.chance < 1 and random.random() >= self.chance):
            return False
        self.fired += 1
        return True


@dataclass
class RowFault:
    """The contact with `number` gets an entry `code`, `times` times (None: always); `applied`: written all the same."""

    number: str
    code: int = 400
    text: str = ""
    times: int | None = None
    applied: bool = False


@dataclass(frozen=True)
class Churn:
    """Before the `page`-th listing call is served: drop the contact at a position, add contacts at the end."""

    page: int
    delete: int | None = None
    add: tuple[Object, ...] = ()
    each: bool = False  # from that call on, before every one


Meddler: TypeAlias = Callable[[int, Store], None]
"""Called with the number of the listing call (from 1) and the store, before it is served."""


class Faults:
    """The script of troubles of one emulator. Safe under threads."""

    def __init__(self, *rules: Rule, seed: int = 7) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self.clear()
        self.rules.extend(rules)

    def clear(self) -> None:
        """No troubles from here on; counts start over."""
        with self._lock:
            self.random = Random(self._seed)  # noqa: S311 - repeatable troubles are the point
            self.rules: list[Rule] = []
            self._rows: dict[str, RowFault] = {}
            self._churn: list[Churn] = []
            self.meddler: Meddler | None = None
            self.pages = 0

    def add(self, action: Action, **facts: object) -> Rule:
        """Add a rule by its fields; returns it, to look at its counts. `ValueError`, `TypeError` on nonsense."""
        rule = Rule(action, **facts)  # type: ignore[arg-type]  # checked by the rule itself
        with self._lock:
            self.rules.append(rule)
        return rule

    def pick(self, request: Request, call: str) -> Rule | None:
        """The rule that strikes this request."""
        with self._lock:
            due = [rule for rule in self.rules if rule.matches(request, call)]
            struck: Rule | None = None
            for rule in due:
                if struck is None and rule.due(self.random):
                    struck = rule
                elif struck is not None:
                    rule.seen += 1
            return struck

    # -- rows ------------------------------------------------------------------------------------------------------

    def refuse(self, number: str, text: str = "", code: int = 400) -> RowFault:
        """The row with this number is refused whenever it comes, with the remote's `text`."""
        return self.add_row(RowFault(number, code, text))

    def fail_once(self, number: str, code: int = 500, *, times: int = 1, applied: bool = False) -> RowFault:
        """The row fails the first time; `applied`: although it was written."""
        return self.add_row(RowFault(number, code, times=times, applied=applied))

    def add_row(self, fault: RowFault) -> RowFault:
        """Add a fault of one row."""
        with self._lock:
            self._rows[canonical(fault.number) or fault.number] = fault
        return fault

    def row(self, key: str) -> RowFault | None:
        """The fault that strikes the contact with this canonical number now; counts it."""
        with self._lock:
            fault = self._rows.get(key)
            if fault is None or fault.times == 0:
                return None
            if fault.times is not None:
                fault.times -= 1
            return fault

    # -- churn -----------------------------------------------------------------------------------------------------

    def before_page(
        self, page: int, *, delete: int | None = None, add: Object | list[Object] | None = None, each: bool = False
    ) -> None:
        """Before the `page`-th listing call (`pages` counts, from 1): delete at a position, add at the end."""
        added = () if add is None else (add,) if isinstance(add, dict) else tuple(add)
        with self._lock:
            self._churn.append(Churn(page, delete, added, each))

    def churn(self, store: Store) -> None:
        """Do what is due before the listing call that is about to be served."""
        with self._lock:
            self.pages += 1
            page = self.pages
            due = [each for each in self._churn if each.page == page or (each.each and each.page < page)]
            meddler = self.meddler
        for each in due:
            victim = None if each.delete is None else store.at(each.delete)
            if victim is not None:
                store.remove(victim.sid)
            for values in each.add:
                number = str(values.get("number", ""))
                store.add(values, number=number, key=canonical(number) or number)
        if meddler is not None:
            meddler(page, store)
