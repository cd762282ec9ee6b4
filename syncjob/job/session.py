"""What a command works with: the job's config, its account's folder and memory, and the open remote."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from syncjob.errors import ConfigError, Interrupted, SyncjobError

if TYPE_CHECKING:  # what needs no connection and writes no results does without them
    from syncjob.config import Config
    from syncjob.memory import Memory
    from syncjob.plans import Plan
    from syncjob.remotes.base import Remote
    from syncjob.results.files import WrittenFiles
    from syncjob.results.table import Results
    from syncjob.state import Account
    from syncjob.transport import Event, Transport


class Door(Protocol):
    """Who is told, and asked: the terminal for commands, nobody for calls from Python."""

    def note(self, sentence: str) -> None:
        """Something worth knowing, in one sentence."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` (0: not known) of a stage: reading, create, update, delete."""

    def show(self, plan: Plan) -> None:
        """The plan, before anybody is asked."""

    def approve(self, plan: Plan) -> bool:
        """Whether the plan may be carried out."""

    def attended(self) -> bool:
        """Whether somebody is there to answer questions."""

    def choose(self, question: str, default: bool) -> bool:
        """A yes or no to a question; `default` for Enter. Where nobody is there: no."""

    def event(self, event: Event) -> None:
        """A reply, retry or pause of the transport, for logs."""


class Silent:
    """A door with nobody behind it: tells nothing, approves what Python called for."""

    def note(self, sentence: str) -> None: ...

    def progress(self, stage: str, done: int, total: int) -> None: ...

    def show(self, plan: Plan) -> None: ...

    def approve(self, plan: Plan) -> bool:  # noqa: ARG002 - a Door
        return True

    def attended(self) -> bool:
        return False

    def choose(self, question: str, default: bool) -> bool:  # noqa: ARG002 - a Door
        return False

    def event(self, event: Event) -> None: ...


@dataclass
class Session:
    """One job at work. `now` carries its zone; `wait` sleeps seconds, or less when `stop` is set."""

    config: Config
    account: Account
    memory: Memory
    transport: Transport
    remote: Remote
    door: Door
    stop: threading.Event
    now: Callable[[], datetime]
    began: float = field(default_factory=time.monotonic)
    signal_exit: int = 130
    options: tuple[str, ...] = ()  # of the command, which a command to paste must repeat
    inbox: Path | None = None  # the folder that people put their files into, where there is one

    def renew(self) -> None:
        """Begin another run in the same session: its requests and its time are counted from here."""
        from syncjob.remotes import open_remote

        self.transport.close()
        self.transport = open_transport(self.config, self.door, self.account)
        self.remote = open_remote(self.config, transport=self.transport, behaviour=self.memory.behaviour)
        self.began = time.monotonic()
        if self.stop.is_set():  # a signal came while there was no transport to tell
            self.transport.stop()

    @property
    def region(self) -> str | None:
        """Of numbers without a country code; None: contacts go by another key."""
        return self.config.phone.default_region if self.remote.abilities.keyed_by_number else None

    def check_kind(self, run_id: str, kind: str) -> None:
        """Raise `ConfigError` when a run was made on another kind of remote: what it did can't be asked of this one."""
        if kind != self.config.remote.kind:
            raise ConfigError(
                f"Run {run_id} was made on {kind}; this config is for {self.config.remote.kind}.",
                advice="Use the config it was made with, and give a job on another remote another name.",
            )

    def check(self) -> None:
        """Raise `Interrupted` when the run was asked to stop."""
        if self.stop.is_set():
            raise Interrupted(self.signal_exit)

    def wait(self, seconds: float) -> None:
        self.stop.wait(max(0.0, seconds))

    def pause(self, seconds: float) -> None:
        """`wait`, and raise `Interrupted` when the run was asked to stop."""
        self.wait(seconds)
        self.check()

    def paste(self, *words: str) -> str:
        """A command of syncjob for this job, ready for a shell."""
        return shlex.join(["syncjob", *words, *self.options])

    def seconds(self) -> float:
        """Since the session began."""
        return time.monotonic() - self.began


@contextmanager
def open_session(config: Config, door: Door, stop: threading.Event | None = None) -> Iterator[Session]:
    """A session, closed at the end whatever happens."""
    from syncjob.memory import Memory
    from syncjob.remotes import open_remote
    from syncjob.state import open_account

    account = open_account(config.state_dir, config.remote.identity)
    transport = open_transport(config, door, account)
    memory = Memory(account)
    session = Session(
        config,
        account,
        memory,
        transport,
        open_remote(config, transport=transport, behaviour=memory.behaviour),
        door,
        stop or threading.Event(),
        lambda: datetime.now().astimezone(),
    )
    try:
        yield session
    finally:
        memory.close()
        session.transport.close()


def open_transport(config: Config, door: Door, account: Account | None) -> Transport:
    """The way to the config's remote; `account` shares its rate with other runs on this machine."""
    from syncjob.remotes import auth_for
    from syncjob.transport import Transport

    remote = config.remote
    key = remote.api_key.get_secret_value() if remote.api_key else ""
    token = remote.api_token.get_secret_value() if remote.api_token else ""
    return Transport(
        remote.url,
        auth_for(remote.kind, key, token),
        rate=remote.rate,
        concurrency=remote.concurrency,
        timeout=remote.timeout,
        shared=account.rate if account else None,
        on_event=door.event,
    )


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit code, results and files (None: none written), plan, what ended it early."""

    exit_code: int
    results: Results | None = None
    files: WrittenFiles | None = None
    plan: Plan | None = None
    error: SyncjobError | None = None
