"""run, check, plan, apply, resume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import at_work, conclude, load_config, session
from syncjob.cli.completing import files, run_ids
from syncjob.cli.options import Context, common, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncjob.config import Config
    from syncjob.job.session import Outcome

sources = click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=files)
allow = option("--allow", multiple=True, metavar="GUARD@FINGERPRINT", help="Allow what a guard refused, for this plan.")
whole = option("--whole", is_flag=True, help="The files named here state the truth for the whole job.")
wait = option("--wait", type=click.FloatRange(min=0), default=0, metavar="MINUTES", help="Wait for another run to end.")
detailed = option("--detailed-exitcode", is_flag=True, help="Exit 10 when changes are waiting (dry runs and plans).")


@click.command()
@sources
@option("--dry-run", is_flag=True, help="Stop after the plan; nothing is sent.")
@option("--first", type=click.IntRange(min=1), metavar="N", help="A trial: only the first N creates and updates.")
@option("--result", type=click.Path(path_type=Path), metavar="PATH", help="Where the result workbook goes.")
@option("--create-list", is_flag=True, help="Make the list that remote.list names, when there is none.")
@option("--annotate", is_flag=True, help="Also write the outcomes into a copy of your own workbook.")
@whole
@allow
@wait
@detailed
@common
@click.pass_obj
def run(
    context: Context,
    sources: Sequence[str],
    dry_run: bool,
    first: int | None,
    result: Path | None,
    create_list: bool,
    annotate: bool,
    whole: bool,
    allow: Sequence[str],
    wait: float,
    detailed_exitcode: bool,
) -> int:
    """Do the whole job: read the source, compare, show the plan, ask, send, write the results.

    Without a terminal it needs --yes. Without SOURCE it takes the files of the config.

    \b
    syncjob run contacts.xlsx --dry-run      what would be done
    syncjob run contacts.xlsx --first 10     a trial of ten
    syncjob run --yes                        for cron
    """
    from syncjob.job.run import Options
    from syncjob.job.run import run as run_job

    config = load_config(context)
    options = Options(sources, dry_run, first, whole, frozenset(allow), result, wait, annotate, create_list=create_list)
    outcome = at_work(context, config, lambda opened: run_job(opened, options), live=not dry_run)
    return _waiting(outcome, detailed_exitcode and dry_run, conclude(context, outcome))


@click.command()
@sources
@common
@click.pass_obj
def check(context: Context, sources: Sequence[str]) -> int:
    """Read and validate the source: every problem in one pass. Opens no connection.

    \b
    syncjob check contacts.xlsx
    """
    from syncjob.cli.checking import check_sources

    return check_sources(context, _config_for_check(context), sources)


@click.command()
@sources
@option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="plan.json, plan.xlsx or plan.md.",
)
@option("--create-list", is_flag=True, help="Plan to make the list that remote.list names, when there is none.")
@whole
@allow
@detailed
@common
@click.pass_obj
def plan(
    context: Context,
    sources: Sequence[str],
    output: Path,
    create_list: bool,
    whole: bool,
    allow: Sequence[str],
    detailed_exitcode: bool,
) -> int:
    """Save the plan for a review; nothing is sent.

    \b
    syncjob plan contacts.xlsx -o plan.xlsx     for a person, with an approve column
    syncjob plan contacts.xlsx -o plan.json     for a program, with an approve for each change
    syncjob plan contacts.xlsx -o plan.md       to read in a pull request
    """
    from syncjob.job.run import Options
    from syncjob.job.run import plan as make_plan

    config = load_config(context)
    options = Options(sources, dry_run=True, whole=whole, allow=frozenset(allow), create_list=create_list)
    with session(context, config, live=False) as opened:
        outcome = make_plan(opened, options, output)
    return _waiting(outcome, detailed_exitcode, conclude(context, outcome))


@click.command()
@click.argument("planfile", type=click.Path(path_type=Path))
@option("--result", type=click.Path(path_type=Path), metavar="PATH", help="Where the result workbook goes.")
@allow
@wait
@common
@click.pass_obj
def apply(context: Context, planfile: Path, result: Path | None, allow: Sequence[str], wait: float) -> int:
    """Carry out exactly the approved changes of a saved plan. A workbook is the yes; for others it asks.

    \b
    syncjob apply plan.xlsx
    syncjob apply plan.json
    """
    from syncjob.job.applying import apply_plan
    from syncjob.job.run import Options

    config = load_config(context)
    options = Options(allow=frozenset(allow), result_path=result, wait_minutes=wait)
    outcome = at_work(context, config, lambda opened: apply_plan(opened, planfile, options), live=True)
    return conclude(context, outcome)


@click.command()
@click.argument("run_id", required=False, metavar="[RUN]", shell_complete=run_ids)
@wait
@common
@click.pass_obj
def resume(context: Context, run_id: str | None, wait: float) -> int:
    """Settle and continue an interrupted run, and take up its failed, unsent and unknown rows.

    \b
    syncjob resume
    """
    from syncjob.job.recovering import resume as resume_run

    config = load_config(context)
    outcome = at_work(
        context, config, lambda opened: resume_run(opened, run_id, wait_minutes=wait), live=True, goes_on=True
    )
    return conclude(context, outcome)


def _waiting(outcome: Outcome, asked: bool, code: int) -> int:
    """10 when changes are waiting and that was asked for; 3 goes before 10 (CONTRACT 9)."""
    if asked and code == 0 and outcome.plan is not None and len(outcome.plan.table):
        return 10
    return code


def _config_for_check(context: Context) -> Config:
    return load_config(context, need_remote=False)
