"""The frame around every command that works on a job: config, logs, signals, first and last line, JSON."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from syncjob.cli.ending import exit_code_of, say_error
from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from syncjob.errors import Interrupted

if TYPE_CHECKING:
    from syncjob.config import Config
    from syncjob.job.session import Outcome, Session

FORCED = 130


def load_config(context: Context, *, need_remote: bool = True) -> Config:
    """The job's config, from `--config`, the environment or the usual places."""
    from syncjob.config import load

    return load(context.config, env=dict(os.environ), need_remote=need_remote)


def start_logs(context: Context) -> None:
    """Logs go to stderr: one line each, as text or as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if context.log_format == "json" else logging.Formatter("%(message)s"))
    root = logging.getLogger("syncjob")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(logging.DEBUG if context.verbose else logging.ERROR if context.quiet else logging.INFO)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        about = {"ts": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower()}
        return json.dumps({**about, "event": record.getMessage()}, ensure_ascii=False)


def head(config: Config, *, live: bool) -> str:
    """The first line: DRY RUN or LIVE, config, job, account, region."""
    where = str(config.path) if config.path else "no file"
    region = config.remote.region or config.remote.url
    return (
        f"{'LIVE' if live else 'DRY RUN'} · config {where} · job {config.job} · "
        f"account {config.remote.account} · {region if not config.remote.base_url else config.remote.url}"
    )


@contextmanager
def session(context: Context, config: Config, *, live: bool) -> Iterator[Session]:
    """An open session with signals handled; says the first line."""
    from syncjob.job.session import open_session

    start_logs(context)
    screen = Screen(context)
    stop = threading.Event()
    if not context.quiet:
        click.echo(head(config, live=live), err=True)
    with open_session(config, screen, stop) as opened, _signals(opened):
        if live and not opened.memory.runs(config.job) and not context.quiet:
            click.echo("This job has no memory yet: guards that compare with earlier runs can't judge.", err=True)
        try:
            yield opened
        finally:
            screen.close()


@contextmanager
def _signals(opened: Session) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the run cleanly, the second leaves at once; `resume` works after both."""

    def handle(number: int, _frame: FrameType | None) -> None:
        if opened.stop.is_set():
            os._exit(FORCED if number == signal.SIGINT else 143)
        opened.signal_exit = 130 if number == signal.SIGINT else 143
        opened.stop.set()
        opened.transport.stop()
        os.write(2, b"\nStopping: what is in flight is settled first. Once more to leave at once.\n")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Interrupted as error:
        error.signal_exit = opened.signal_exit
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def conclude(context: Context, outcome: Outcome, *, live: bool) -> int:
    """Print the summary, the error and the last line; the exit code."""
    from syncjob.cli.wording import outcome_text

    code = outcome.exit_code
    if context.json:
        click.echo(json.dumps(summary_of(outcome), ensure_ascii=False, indent=2))
    elif not context.quiet:
        text = outcome_text(outcome)
        if text:
            click.echo(text)
    if outcome.error:
        say_error(outcome.error)
        if not isinstance(outcome.error, Interrupted):
            code = exit_code_of(outcome.error)
    if not context.quiet:
        click.echo(f"{'LIVE' if live else 'DRY RUN'} · exit {code}", err=True)
    return code


def summary_of(outcome: Outcome) -> dict[str, object]:
    """The summary as `summary.json` has it; without files, what is known."""
    if outcome.files:
        found: dict[str, object] = json.loads(outcome.files.summary.read_text(encoding="utf-8"))
        found["files"] = {"folder": str(outcome.files.folder), "result": str(outcome.files.result)}
        return found
    return {"exit_code": outcome.exit_code}
