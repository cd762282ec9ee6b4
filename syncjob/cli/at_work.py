"""The frame around every command that works on a job: config, logs, signals, first and last line, JSON."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from syncjob.cli.ending import exit_code_of, say_error
from syncjob.cli.lines import as_json, first_line, say, tell
from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from syncjob.cli.stopping import stopping
from syncjob.errors import Interrupted
from syncjob.words import one_line, printable

if TYPE_CHECKING:
    from syncjob.config import Config
    from syncjob.job.session import Outcome, Session

log = logging.getLogger("syncjob")
NO_MEMORY = " · no memory of earlier runs: guards that compare with them can't judge"


def load_config(context: Context, *, need_remote: bool = True) -> Config:
    """The job's config, from `--config`, the environment or the usual places."""
    from syncjob.config import load

    return load(context.config, env=dict(os.environ), need_remote=need_remote)


def start_logs(context: Context) -> None:
    """Logs go to stderr: one line each, as text or as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if context.log_format == "json" else _Lines())
    root = logging.getLogger("syncjob")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(logging.DEBUG if context.verbose else logging.ERROR if context.quiet else logging.INFO)
    records = logging.getLogger("syncjob.record")  # people have the results
    records.setLevel(logging.NOTSET if context.log_format == "json" else logging.CRITICAL)


class _Lines(logging.Formatter):
    """Whatever is logged is one line; only a traceback, which is ours, has more."""

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return "\n".join([one_line(record.getMessage()), *(f"  {printable(line)}" for line in trace.splitlines())])


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        if record.exc_info:
            said += "\n" + self.formatException(record.exc_info)
        return printable(as_json(said, record.levelname.lower(), getattr(record, "fields", None)))


def head(config: Config, *, live: bool) -> str:
    """DRY RUN or LIVE, config, job, account, region."""
    where = str(config.path) if config.path else "no file"
    return (
        f"{'LIVE' if live else 'DRY RUN'} · config {where} · job {config.job} · "
        f"account {config.remote.account} · {config.remote.place}"
    )


def at_work(
    context: Context, config: Config, work: Callable[[Session], Outcome], *, live: bool, goes_on: bool = False
) -> Outcome:
    """What `work` does in a session of its own; of a live run everybody is told who wants to be (CONTRACT 11).

    `goes_on`: it continues a run whose start was told.
    """
    from syncjob.job.announcing import Announcer

    start_logs(context)
    with Announcer(config, live=live, goes_on=goes_on) as announcer, session(context, config, live=live) as opened:
        announcer.ended(work(opened))
    return announcer.outcome


@contextmanager
def session(context: Context, config: Config, *, live: bool, brief: bool = False) -> Iterator[Session]:
    """An open session with signals handled; says the first line. `brief`: plans are not shown."""
    from syncjob.job.session import open_session

    start_logs(context)
    stop = threading.Event()
    screen = Screen(context, brief=brief, stop=stop)
    aloud = partial(tell, context)
    with open_session(config, screen, stop) as opened, stopping(opened, lambda: screen.asking, aloud):
        if context.config:
            opened.options = ("--config", str(config.path))
        memory = "" if opened.memory.runs(config.job) else NO_MEMORY
        first_line(context, head(config, live=live) + memory)
        try:
            yield opened
        finally:
            screen.close()


def conclude(context: Context, outcome: Outcome) -> int:
    """Print the summary and the error; the exit code. `run_command` says the last line."""
    from syncjob.cli.wording import outcome_text, overlooked

    code = outcome.exit_code
    if outcome.error and not isinstance(outcome.error, Interrupted):
        code = exit_code_of(outcome.error)
    if context.json:
        say(json.dumps(summary_of(outcome), ensure_ascii=False, indent=2))
        context.told = True
    elif not context.quiet:
        text = outcome_text(outcome)
        if text:
            say(text)
    if outcome.error:
        if outcome.error.__cause__ is not None:
            log.debug("what went wrong", exc_info=outcome.error.__cause__)
        say_error(context, outcome.error)
    context.tail = overlooked(outcome)
    return code


def summary_of(outcome: Outcome) -> dict[str, object]:
    """The summary as `summary.json` has it, and where the files lie; of a saved plan, its head."""
    error = outcome.error
    told = {"code": error.code, "message": error.message, "advice": error.advice} if error else None
    if outcome.files:
        found: dict[str, object] = json.loads(outcome.files.summary.read_text(encoding="utf-8"))
        files = outcome.files
        lying = {"folder": files.folder, "result": files.result, "needs_fixing": files.fixing}
        return {**found, "files": {name: str(path) for name, path in lying.items() if path}, "error": told}
    if outcome.plan:
        from syncjob.planfile import head_of

        return {**head_of(outcome.plan), "exit_code": outcome.exit_code, "error": told}
    return {"exit_code": outcome.exit_code, "error": told}
