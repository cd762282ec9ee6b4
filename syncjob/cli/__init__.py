"""The door: commands, options, exit codes. The only place that prints; it decides nothing about contacts.

Heavy imports happen inside commands, so `--help` stays quick.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

import click

from syncjob.cli.options import Context, common

COMMANDS = {
    "run": ("running", "run"),
    "check": ("running", "check"),
    "plan": ("running", "plan"),
    "apply": ("running", "apply"),
    "resume": ("running", "resume"),
    "inbox": ("inbox", "inbox"),
    "undo": ("past", "undo"),
    "verify": ("past", "verify"),
    "history": ("past", "history"),
    "export": ("looking", "export"),
    "doctor": ("doctor", "doctor"),
    "init": ("setup", "init"),
    "template": ("setup", "template"),
    "explain": ("explain", "explain"),
    "exit-codes": ("explain", "exit_codes"),
    "completion": ("completing", "completion"),
    "sandbox": ("sandbox", "sandbox"),
    "demo": ("demo", "demo"),
}
"""Command → module under syncjob.cli, and the click command in it; imported when it is called or asked for help."""


class Lazy(click.Group):
    """A group that imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found = getattr(import_module(f"syncjob.cli.{module}"), name)
        return found if isinstance(found, click.Command) else None


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="syncjob", prog_name="syncjob")
@common
def cli() -> None:
    """Make a spreadsheet of contacts the truth in Exotel.

    \b
    syncjob demo                     see the whole job on sample data, no account needed
    syncjob init contacts.xlsx       look at a sheet, write a config
    syncjob run --dry-run            what would be done
    syncjob run                      do it; results in a workbook
    """


def run_command(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. Every error becomes words here."""
    from syncjob.cli.ending import code_of, ended

    context = Context()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # it is one that was swapped below Python's feet; as it is will do
            if isinstance(stream, io.TextIOWrapper):  # a name that can't be shown is no reason to end a run
                stream.reconfigure(errors="backslashreplace")
    try:
        found = cli.main(list(arguments), prog_name="syncjob", standalone_mode=False, obj=context)
        return ended(context, found if isinstance(found, int) else 0)
    except BaseException as error:  # noqa: BLE001 - the one place that turns any error into words and a code
        return ended(context, code_of(error, arguments, context))
