"""What people see while a job runs. Plans and results go to stdout, notes, progress and questions to stderr."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Never

import click

from syncjob.cli.options import Context
from syncjob.cli.wording import plan_text

if TYPE_CHECKING:
    from tqdm import tqdm

    from syncjob.plan import Plan
    from syncjob.transport import Event

log = logging.getLogger("syncjob")
STAGES = {"reading": "Reading Exotel", "create": "Adding", "update": "Changing", "delete": "Removing"}


class Screen:
    """A Door for commands: a terminal, a pipe or cron."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._bar: tqdm[Never] | None = None
        self._stage = ""
        self.shown = False

    def note(self, sentence: str) -> None:
        if not self.context.quiet:
            self._clear()
            click.echo(sentence, err=True)

    def progress(self, stage: str, done: int, total: int) -> None:
        if self.context.no_progress or self.context.quiet or not sys.stderr.isatty():
            return
        from tqdm import tqdm

        if stage != self._stage:
            self.close()
            self._stage = stage
            unit = " pages" if stage == "reading" else " contacts"
            self._bar = tqdm(
                total=total or None, desc=STAGES.get(stage, stage), unit=unit, leave=False, file=sys.stderr
            )
        if self._bar is not None:
            self._bar.total = total or None
            self._bar.n = done
            self._bar.refresh()

    def show(self, plan: Plan) -> None:
        self.close()
        self.shown = True
        if not (self.context.json or self.context.quiet):
            click.echo(plan_text(plan))

    def approve(self, plan: Plan) -> bool:
        """A terminal is asked, deletes by typing their number; without one only `--yes` approves."""
        self.close()
        if self.context.yes:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            click.echo("There is no terminal to ask, so nothing is sent without --yes.", err=True)
            return False
        deletes = int((plan.table["verb"] == "delete").sum())
        try:
            if deletes:
                said = click.prompt(f"Type {deletes} to remove {deletes} contacts and do the rest", err=True)
                return str(said).strip().replace(",", "") == str(deletes)
            return bool(click.confirm(f"Send {len(plan.table):,} changes?", err=True))
        except click.Abort:
            return False

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
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            self._stage = ""

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.clear()
