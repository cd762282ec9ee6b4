"""`syncjob inbox`: one pass over a drop folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import load_config, session
from syncjob.cli.lines import say
from syncjob.cli.options import Context, common, option
from syncjob.cli.running import wait, whole

if TYPE_CHECKING:
    from syncjob.job.tending import Tended


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@option("--dry-run", is_flag=True, help="Say what a pass would do; nothing is sent, and no file is moved.")
@whole
@wait
@common
@click.pass_obj
def inbox(context: Context, folder: Path, dry_run: bool, whole: bool, wait: float) -> int:
    """Take what lies in a folder, one pass: each complete file is run, and moved to done/ or failed/ with its results.

    For a timer. A file is complete when it has lain unchanged for source.settle seconds and nobody has it open. It
    speaks only for the rows in it. Without a terminal it needs --yes. Interrupted, the next pass goes on.

    \b
    syncjob inbox /srv/inbox --dry-run      what a pass would do
    syncjob inbox /srv/inbox --yes          for cron or a systemd timer
    """
    from syncjob.exits import worst
    from syncjob.job.tending import Pass, tend

    config, folder, found = load_config(context), folder.absolute(), []
    with session(context, config, live=not dry_run, brief=context.yes or dry_run) as opened:
        approvable(context, dry_run)
        for tended in tend(opened, Pass(folder, whole, dry_run, wait)):
            found.append(tended)
            if not (context.json or (context.quiet and not tended.code)):
                say(line_of(tended, folder))
    code = worst(tended.code for tended in found)
    if context.json:
        say(json.dumps(document(folder, found, code), ensure_ascii=False, indent=2))
        context.told = True
    elif not found and not context.quiet:
        say(f"Nothing to take in {folder}.")
    return code


def approvable(context: Context, dry_run: bool) -> None:
    """Raises `NotApproved` before any file is touched where nobody could say yes to it."""
    from syncjob.cli.screen import Screen
    from syncjob.errors import NotApproved

    if not (context.yes or dry_run or Screen(context).attended()):
        raise NotApproved(
            "There is no terminal to ask, so nothing was taken without --yes.", advice="Add --yes, as cron needs it."
        )


def line_of(tended: Tended, folder: Path) -> str:
    """What happened to one file, in one line."""
    from syncjob.words import one_line

    where = tended.place
    if tended.path is not None and tended.place in ("done", "failed"):
        where = str(tended.path.relative_to(folder))
    return one_line(f"{tended.name} → {where}: {tended.says}")


def document(folder: Path, found: list[Tended], code: int) -> dict[str, object]:
    """The pass for programs."""
    files = [
        {
            "file": each.name,
            "place": each.place,
            "path": str(each.path) if each.path else None,
            "run_id": each.run_id,
            "exit_code": each.code,
            "says": each.says,
        }
        for each in found
    ]
    return {"folder": str(folder), "files": files, "exit_code": code}
