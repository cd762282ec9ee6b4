"""Errors and results → words and exit codes (CONTRACT 9)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from syncjob.errors import Interrupted, SyncjobError

log = logging.getLogger("syncjob")


def code_of(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what happened and what to do on stderr; the exit code."""
    if isinstance(error, SyncjobError):
        say_error(error)
        return exit_code_of(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.ctx.get_help())
        return 2
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 0
    if isinstance(error, SystemExit):
        return int(error.code or 0)
    log.debug("an error of ours", exc_info=error)
    name = next((word for word in arguments if not word.startswith("-")), "syncjob")
    click.echo(f"An error of syncjob's own in {name}: {type(error).__name__}: {error}", err=True)
    click.echo("Please report it; --verbose shows where it happened.", err=True)
    return 1


def exit_code_of(error: SyncjobError) -> int:
    """The class's exit code; a signal's own for interruptions."""
    return error.signal_exit if isinstance(error, Interrupted) else error.exit_code


def say_error(error: SyncjobError) -> None:
    """What happened, then what to do."""
    click.echo(error.message, err=True)
    if error.advice:
        click.echo(error.advice, err=True)
