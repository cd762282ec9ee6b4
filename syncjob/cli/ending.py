"""Errors and results → words and exit codes (CONTRACT 9)."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence

import click

from syncjob.cli.lines import last_line, say, tell, unheard
from syncjob.cli.options import Context
from syncjob.errors import Interrupted, SyncjobError
from syncjob.words import one_line

log = logging.getLogger("syncjob")


def ended(context: Context, code: int) -> int:
    """The last line, and stdout emptied: what nobody reads any more is no error."""
    last_line(context, code)
    try:
        if sys.stdout is not None:  # a service manager may have closed it
            sys.stdout.flush()
    except BrokenPipeError:
        unheard(sys.stdout)
    return code


def code_of(error: BaseException, arguments: Sequence[str], context: Context) -> int:
    """Say what happened and what to do on stderr; the exit code. With --json the document tells it, too."""
    if isinstance(error, SystemExit):
        return int(error.code) if isinstance(error.code, int) else int(bool(error.code))
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.ctx.get_help())
        return 2
    code, message, advice = _words(error, arguments)
    if isinstance(error, click.UsageError) and error.ctx is not None and context.log_format != "json":
        say(error.ctx.get_usage(), err=True)
    for line in (message, advice):
        if line:
            tell(context, line, "error")
    if (context.json or "--json" in arguments) and not context.told:  # usage errors come before it is read
        told = {"code": getattr(error, "code", None), "message": message, "advice": advice}
        say(json.dumps({"exit_code": code, "error": told}, ensure_ascii=False, indent=2))
    return code


def _words(error: BaseException, arguments: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, what happened, what to do."""
    if isinstance(error, SyncjobError):
        return exit_code_of(error), error.message, error.advice
    if isinstance(error, click.ClickException):
        return 2, f"Error: {error.format_message()}", ""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return 130, "Interrupted.", ""
    log.debug("an error of ours", exc_info=error)
    name = next((word for word in arguments if not word.startswith("-")), "syncjob")
    said = f"An error of syncjob's own in {name}: {type(error).__name__}: {one_line(str(error))}"
    return 1, said, "Please report it; --verbose shows where it happened."


def exit_code_of(error: SyncjobError) -> int:
    """The class's exit code; a signal's own for interruptions."""
    return error.signal_exit if isinstance(error, Interrupted) else error.exit_code


def say_error(context: Context, error: SyncjobError) -> None:
    """What happened, then what to do."""
    for line in (error.message, error.advice):
        if line:
            tell(context, line, "error")
