"""Completion for shells: the script to load, and what fits at a place: run ids, codes, files.

What enters: what was typed so far. What leaves: suggestions, or none; a completion never complains and changes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from syncjob.cli.lines import say
from syncjob.cli.options import common

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SYNCJOB_COMPLETE"
MOST_RUNS = 50


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@common
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, run ids and codes.

    \b
    eval "$(syncjob completion bash)"                                            in ~/.bashrc
    eval "$(syncjob completion zsh)"                                             in ~/.zshrc
    syncjob completion fish > ~/.config/fish/completions/syncjob.fish
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    from syncjob.cli import cli

    kind = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    made = kind(cli, {}, "syncjob", VARIABLE)
    say((made.source_template % made.source_vars()).strip())


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell's own completion of files."""
    return [CompletionItem(incomplete, type="file")]


def run_ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The newest runs of the account; none where there is no config that can be read."""
    from syncjob.cli.options import Context
    from syncjob.config import load
    from syncjob.errors import SyncjobError
    from syncjob.state import account_at

    context = ctx.find_object(Context)
    try:
        config = load(context.config if context else None, env=dict(os.environ), need_remote=False)
    except SyncjobError:
        return []
    runs = account_at(config.state_dir, config.remote.identity).runs
    found = sorted((path.name for path in _folders(runs) if path.name.startswith(incomplete)), reverse=True)
    return [CompletionItem(name) for name in found[:MOST_RUNS]]


def codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Outcomes, reasons and exit codes, with what they say."""
    from syncjob.exits import EXITS
    from syncjob.words import OUTCOMES, REASONS, without_slot

    said = {code: known.meaning for code, known in OUTCOMES.items()}
    said |= {code: without_slot(known.says) for code, known in REASONS.items()}
    said |= {str(code): known.meaning for code, known in EXITS.items()}
    return [CompletionItem(code, help=text) for code, text in said.items() if code.startswith(incomplete)]


def _folders(path: Path) -> list[Path]:
    return [each for each in path.iterdir() if each.is_dir()] if path.is_dir() else []
