"""`syncjob demo`: the whole job on the sample data against an emulated account, to the result workbook.

What enters: the sample files that come with syncjob. What leaves: a folder with the sheets, their config and the
results of two runs, and a few lines on what happened. Promised: no config, no account and nothing beyond loopback is
touched; no file that was there is; both runs go through the same calls as `syncjob run --yes`.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncjob.cli.lines import say
from syncjob.cli.options import Context, common
from syncjob.cli.screen import Screen

if TYPE_CHECKING:
    from syncjob.config import Config
    from syncjob.emulator import Emulator
    from syncjob.job.session import Outcome
    from syncjob.plans import Plan

FOLDER = "syncjob-demo"
LAST_MONTH, THIS_MONTH, SETTINGS = "contacts.csv", "campaign.xlsx", "config.yaml"

STRANGERS = (
    ("+919000000141", "Bina", "Thomas"),
    ("+919000000142", "Chetan", "Lal"),
    ("+919000000143", "Divya", "Rana"),
)
"""Contacts that somebody else added to the account: the job leaves them alone."""


class Onlooker(Screen):
    """A screen for runs whose plan was approved by asking for the demo: progress and logs, but no plan."""

    def show(self, plan: Plan) -> None:  # noqa: ARG002 - a Door
        self.close()

    def approve(self, plan: Plan) -> bool:  # noqa: ARG002 - a Door
        return True


@click.command()
@common
@click.pass_obj
def demo(context: Context) -> int:
    """See the whole job on sample data; no config, no account.

    Two runs against an emulated account on this machine: last month's list, then marketing's workbook of this month.
    Files and results go into a new folder, syncjob-demo. The result workbook has an answer for every row.

    \b
    syncjob demo
    """
    from syncjob.cli.at_work import start_logs
    from syncjob.cli.ending import exit_code_of, say_error

    start_logs(context)
    folder = new_folder()
    for name in (LAST_MONTH, THIS_MONTH, SETTINGS):
        shutil.copyfile(sample(name), folder / name)
    runs = []
    with account() as remote:
        config = settings(folder, remote)
        for name in (LAST_MONTH, THIS_MONTH):
            runs.append(one_run(context, config, folder / name))
            if runs[-1].error:
                say_error(context, runs[-1].error)
                return exit_code_of(runs[-1].error)
    report(context, folder, runs)
    return 0


def sample(name: str, package: Path = Path(__file__).parents[1]) -> Path:
    """A sample file: of the installed package, else of the checkout around it."""
    places = (package / "sample_data" / name, package.parent / "sample_data" / name)
    return next((place for place in places if place.is_file()), places[0])


def new_folder() -> Path:
    """A new folder `syncjob-demo` (or -2, -3 …) here; a temporary one where nothing can be written."""
    for number in range(1, 100):
        folder = Path.cwd() / (FOLDER if number == 1 else f"{FOLDER}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError:
            break
        return folder
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))


@contextmanager
def account() -> Iterator[Emulator]:
    """An emulated account that refuses what is no e-mail address and holds contacts of somebody else."""
    from syncjob.emulator import Emulator, Switches

    with Emulator(Switches(check_email=True)) as remote:
        remote.store.seed({"number": n, "first_name": first, "last_name": last} for n, first, last in STRANGERS)
        yield remote


def settings(folder: Path, remote: Emulator) -> Config:
    """The sample config in `folder`, pointed at `remote`; the user's environment has no say."""
    from syncjob.config import load

    return load(folder / SETTINGS, env={"SANDBOX_URL": remote.url})


def one_run(context: Context, config: Config, sheet: Path) -> Outcome:
    """What `syncjob run --yes SHEET` does."""
    from syncjob.job.run import Options, run
    from syncjob.job.session import open_session

    screen = Onlooker(context)
    try:
        with open_session(config, screen) as session:
            return run(session, Options([str(sheet)]))
    finally:
        screen.close()


def report(context: Context, folder: Path, runs: list[Outcome]) -> None:
    """Tell what happened: as lines, as one JSON document, or not at all."""
    from syncjob.cli.at_work import summary_of

    if context.json:
        document = {"folder": str(folder), "runs": [summary_of(outcome) for outcome in runs], "exit_code": 0}
        say(json.dumps(document, ensure_ascii=False, indent=2))
    elif not context.quiet:
        say("\n".join(story(near(folder), *runs)))


def story(folder: str, before: Outcome, after: Outcome) -> list[str]:
    """What both runs did, where the workbook lies, what to try next."""
    assert before.results
    assert after.results
    assert after.files
    others = after.results.remote_only["outcome"].value_counts()
    call = shlex.quote(program()) if " " in program() and Path(program()).exists() else program()
    job = shlex.quote(f"{folder}/{SETTINGS}")
    return [
        "Two runs against an emulated account on this machine; nothing left it.",
        "",
        f"Last month, {LAST_MONTH}: {before.results.balance}",
        f"This month, {THIS_MONTH}: {after.results.balance}",
        f"In the account, but not in {THIS_MONTH}: {others.get('deleted', 0)} removed, because the job had added it; "
        f"{others.get('skipped', 0)} left alone, because somebody else had.",
        "",
        f"Open this:      {near(after.files.result)}",
        *([f"Rows to fix:    {near(after.files.fixing)}"] if after.files.fixing else []),
        "",
        "Next, with a sheet of your own:",
        f"    {call} init contacts.xlsx",
        "or with this one: start an account to play with, and in another terminal look at what a run would do:",
        f"    {call} sandbox",
        f"    {call} run --config {job} --dry-run {shlex.quote(f'{folder}/{THIS_MONTH}')}",
    ]


def near(path: Path) -> str:
    """`path` as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def program() -> str:
    """How this program is called from here: by its name where the shell finds it, else as it was called."""
    called = Path(sys.argv[0])
    if shutil.which("syncjob") or called.name not in ("syncjob", "__main__.py"):
        return "syncjob"
    return os.path.relpath(called) if called.name == "syncjob" else "python -m syncjob"
