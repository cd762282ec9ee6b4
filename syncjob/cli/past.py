"""undo, verify, history: what earlier runs did, whether it still stands, and how to take it back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import at_work, conclude, load_config, session
from syncjob.cli.completing import run_ids
from syncjob.cli.lines import say
from syncjob.cli.options import Context, common, option

if TYPE_CHECKING:
    from datetime import date

    from syncjob.job.session import Session

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("run_id", metavar="RUN", shell_complete=run_ids)
@option("--result", type=click.Path(path_type=Path), metavar="PATH", help="Where the result workbook goes.")
@option("--wait", type=click.FloatRange(min=0), default=0, metavar="MINUTES", help="Wait for another run to end.")
@common
@click.pass_obj
def undo(context: Context, run_id: str, result: Path | None, wait: float) -> int:
    """Take a run back: show what that would do and what it can't bring back, ask, do it, write the results.

    Contacts that the run removed come back, with new sids. Fields get their former values where they still hold what
    the run wrote. Contacts that it added are removed where nobody changed them. All else is left alone and reported.

    \b
    syncjob history list
    syncjob undo 20261121-020000-3f9a
    """
    from syncjob.job.undoing import undo as undo_run

    config = load_config(context)
    outcome = at_work(
        context, config, lambda opened: undo_run(opened, run_id, wait_minutes=wait, result_path=result), live=True
    )
    return conclude(context, outcome)


@click.command()
@click.argument("run_id", required=False, metavar="[RUN]", shell_complete=run_ids)
@option("--sample", type=click.IntRange(min=1), metavar="N", help="Only N contacts, chosen at random.")
@common
@click.pass_obj
def verify(context: Context, run_id: str | None, sample: int | None) -> int:
    """Read the contacts of a run again and compare them with its results. Without RUN: the latest that wrote.

    Exit 0 when all agree, 3 when some differ. Nothing is written.

    \b
    syncjob verify
    syncjob verify 20261121-020000-3f9a --sample 200
    """
    from syncjob.cli.storytelling import verified_json, verified_text
    from syncjob.job.verifying import verify as verify_run

    config = load_config(context)
    with session(context, config, live=False) as opened:
        found = verify_run(opened, run_id, sample=sample)
    _say(context, verified_text(found), verified_json(found))
    return found.exit_code


@click.group()
@common
def history() -> None:
    """What earlier runs of the job did, and what happened to one contact.

    \b
    syncjob history list
    syncjob history show 20261121-020000-3f9a
    syncjob history show "98450 12345" --from 2026-11-01 -o story.xlsx
    """


@history.command("list")
@common
@click.pass_obj
def list_runs(context: Context) -> int:
    """The runs of the job that wrote, newest first.

    \b
    syncjob history list
    """
    from syncjob.cli.storytelling import runs_json, runs_text

    config = load_config(context)
    with session(context, config, live=False) as opened:
        runs = opened.memory.runs(config.job)
    _say(context, runs_text(config.job, runs), runs_json(runs))
    return 0


@history.command()
@click.argument("what", metavar="RUN|NUMBER", shell_complete=run_ids)
@option("--from", "since", type=DAY, metavar="DAY", help="A contact's story from this day on: 2026-11-01.")
@option("--to", "until", type=DAY, metavar="DAY", help="A contact's story up to this day, the day included.")
@option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="The story as .xlsx or .csv.")
@common
@click.pass_obj
def show(context: Context, what: str, since: datetime | None, until: datetime | None, output: Path | None) -> int:
    """One run, or everything that runs did to one contact: when, by which file and row, old → new, request id.

    \b
    syncjob history show 20261121-020000-3f9a
    syncjob history show +919845012345
    """
    from syncjob.state import RUN_ID

    config = load_config(context)
    with session(context, config, live=False) as opened:
        if not RUN_ID.fullmatch(what.strip()):
            days = (since.date() if since else None, until.date() if until else None)
            return _show_contact(context, opened, what, days, output)
        if since or until or output:
            raise click.UsageError("--from, --to and -o belong to a contact's story; a run has its results folder.")
        return _show_run(context, opened, what.strip())


@history.command()
@common
@click.pass_obj
def purge(context: Context) -> int:
    """Remove results older than results.keep_days and history older than state.history_days.

    Interrupted runs, the newest results and the last good runs that guards rest on stay. Every run does this by itself.

    \b
    syncjob history purge
    """
    from syncjob.cli.storytelling import purged_json, purged_text
    from syncjob.job.history import purge as purge_old

    config = load_config(context)
    with session(context, config, live=False) as opened:
        gone = purge_old(opened)
    _say(context, purged_text(gone), purged_json(gone))
    return 0


def _show_run(context: Context, opened: Session, run_id: str) -> int:
    from syncjob.cli.storytelling import story_json, story_text
    from syncjob.job.history import story_of

    story = story_of(opened, run_id)
    _say(context, story_text(story), story_json(story))
    return 0


def _show_contact(
    context: Context, opened: Session, written: str, days: tuple[date | None, date | None], output: Path | None
) -> int:
    from syncjob.cli.storytelling import events_json, events_text
    from syncjob.job.history import events_of, number_of, save_events

    number = number_of(opened, written)
    events = events_of(opened, number, *days)
    told = events_json(number, events)
    if output is None:
        _say(context, events_text(number, events), told)
    else:
        save_events(events, output)
        _say(context, f"{events['change'].size:,} lines written to {output}", {**told, "file": str(output)})
    return 0


def _say(context: Context, text: str, document: dict[str, object]) -> None:
    """On stdout: the text, or with `--json` the document."""
    if context.json:
        say(json.dumps(document, ensure_ascii=False, indent=2))
        context.told = True
    elif not context.quiet:
        say(text)
