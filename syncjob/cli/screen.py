"""What people see while a job runs. Plans and results go to stdout, notes, progress and questions to stderr."""

from __future__ import annotations

import logging
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from syncjob.cli.lines import say, tell
from syncjob.cli.options import Context
from syncjob.cli.progress import Progress, is_terminal
from syncjob.cli.spelling import digits, spelling
from syncjob.cli.wording import many, plan_text
from syncjob.errors import Interrupted
from syncjob.words import one_line

if TYPE_CHECKING:
    from syncjob.plans import Plan
    from syncjob.transport import Event

log = logging.getLogger("syncjob")
LOOK_EVERY = 0.25
"""Seconds between two looks for an answer."""


def _terminal() -> bool:
    """Whether questions can be asked, and answered."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def _until_typed(stream: TextIO, stop: threading.Event) -> None:
    """Wait for a line. A read that blocks does not notice a signal that came just before it; this looks again.

    Raises `Interrupted` once `stop` is set.
    """
    with suppress(OSError, ValueError):  # no descriptor to wait for, or a system that waits for sockets only
        while not select.select([stream.fileno()], [], [], LOOK_EVERY)[0]:
            if stop.is_set():
                raise Interrupted


class Screen:
    """A Door for commands: a terminal, a pipe or cron."""

    def __init__(
        self,
        context: Context,
        *,
        brief: bool = False,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.context = context
        self.brief = brief
        self.stop = stop or threading.Event()
        self._progress = Progress(lambda text: tell(context, text), clock)
        self.shown = False
        self.asking = False

    def note(self, sentence: str) -> None:
        if not self.context.quiet:
            self._progress.clear()
            tell(self.context, one_line(sentence))

    def progress(self, stage: str, done: int, total: int) -> None:
        if not (self.asking or self.context.no_progress or self.context.quiet):
            self._progress.reached(stage, done, total)

    def show(self, plan: Plan) -> None:
        self.close()
        self.shown = True
        if not (self.context.json or self.context.quiet or self.brief):
            say(plan_text(plan))

    def approve(self, plan: Plan) -> bool:
        """A terminal is asked, deletes by typing their number; without one only `--yes` approves."""
        self.close()
        if self.context.yes:
            return True
        if not _terminal():
            tell(self.context, "There is no terminal to ask, so nothing is sent without --yes.", "error")
            return False
        if self.context.json or self.context.quiet:  # nobody is asked about what they have not seen
            say(plan_text(plan), err=True)
        leave, deletes = (int((plan.table["verb"] == verb).sum()) for verb in ("remove", "delete"))
        if deletes and plan.spelled:
            question, answer = spelling(plan)
            said = self._answer(question)
            return said is not None and digits(said) == answer
        if leave and not deletes:
            said = self._answer(f"Type {leave} to take {leave} contacts off the list and do the rest: ")
            return said is not None and said.replace(",", "") == str(leave)
        if deletes:
            said = self._answer(f"Type {deletes} to remove {deletes} contacts and do the rest: ")
            return said is not None and said.replace(",", "") == str(deletes)
        return self._yes(f"Send {many(len(plan.table), 'change', 'changes')}?", default=False)

    def attended(self) -> bool:
        """A terminal that may be asked: never with --json or --quiet."""
        return _terminal() and not (self.context.json or self.context.quiet)

    def choose(self, question: str, default: bool) -> bool:
        """A yes or no at a terminal; elsewhere no. Ctrl-D is no, Ctrl-C ends the command."""
        self.close()
        if not self.attended():
            return False
        return self._yes(question, default)

    def _yes(self, question: str, default: bool) -> bool:
        while True:
            said = self._answer(f"{question} [{'Y/n' if default else 'y/N'}]: ")
            answer = "" if said is None else said.lower()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            if not answer:
                return default and said is not None

    def _answer(self, question: str) -> str | None:
        """What a person types; None for Ctrl-D."""
        with self._asked():
            say(question, err=True, nl=False)
            _until_typed(sys.stdin, self.stop)
            line = sys.stdin.readline()
        return line.strip() if line else None

    def event(self, event: Event) -> None:
        if event.kind == "trouble" or event.kind == "pause":
            log.info("%s: %s", event.kind, event.words)
        log.debug(
            "%s %s %s → %s in %.3f s (attempt %d, request %s) %s",
            event.kind,
            event.method,
            event.path,
            event.status,
            event.seconds,
            event.attempts,
            event.request_id,
            event.words,
        )

    def close(self) -> None:
        """Take the progress bar away."""
        self._progress.close()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """While a question is open: a signal then ends the command there and then."""
        self.asking = True
        try:
            yield
        finally:
            self.asking = False
