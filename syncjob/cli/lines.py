"""Everything that is printed goes through here: on stdout as it is, on stderr as text or as JSON (`--log-format json`).

What enters: text that may hold what strangers wrote into cells, file names and replies. What leaves: the same text,
unable to steer the terminal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import TextIO

import click

from syncjob.cli.options import Context
from syncjob.words import one_line, printable


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print `text`, made harmless. Whether anybody reads it changes nothing of what a command does."""
    try:
        click.echo(printable(text), err=err, nl=nl)
    except BrokenPipeError:
        unheard(sys.stderr if err else sys.stdout)


def unheard(stream: TextIO) -> None:
    """Nobody reads `stream` any more: what is still to be written there goes nowhere, without a complaint."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def tell(context: Context, text: str, level: str = "info") -> None:
    """Say something on stderr."""
    say(as_json(text, level) if context.log_format == "json" else text, err=True)


def as_json(text: str, level: str, fields: Mapping[str, object] | None = None) -> str:
    """One line of a JSON log: when, how grave, what, and what there is to tell of it."""
    moment = datetime.now().astimezone().isoformat(timespec="seconds")
    return json.dumps({"ts": moment, "level": level, "event": text, **(fields or {})}, ensure_ascii=False)


def first_line(context: Context, head: str) -> None:
    """DRY RUN or LIVE, config, job, account, region; the last line repeats it with how it ended (CONTRACT 2)."""
    context.head = head
    if not context.quiet:
        tell(context, one_line(head))


def last_line(context: Context, code: int) -> None:
    """The first line again, the exit code, and what must not be overlooked. Nothing where there was no first line."""
    if context.head and not context.quiet:
        tell(context, one_line(" · ".join(part for part in (context.head, f"exit {code}", context.tail) if part)))
