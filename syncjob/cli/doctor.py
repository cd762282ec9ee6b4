"""doctor."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import head, start_logs
from syncjob.cli.lines import first_line, say
from syncjob.cli.options import Context, common

if TYPE_CHECKING:
    from syncjob.doctor import Examined, Finding


@click.command()
@common
@click.pass_obj
def doctor(context: Context) -> int:
    """Look whether everything a job needs is there, and say what to do where it is not. Nothing is written.

    Config, folders, lock, network, credentials and their region, rights, clock, rate, versions. Exit 2 when the config
    is wrong, 6 when the remote can't be reached or refuses us, 1 when a folder can't be used, 0 else.

    \b
    syncjob doctor
    syncjob doctor --json
    """
    from syncjob.doctor import examine

    start_logs(context)
    examined = examine(context.config, dict(os.environ), datetime.now().astimezone())
    if examined.config is not None:
        first_line(context, head(examined.config, live=False))
    _say(context, examined)
    return examined.exit_code


def _say(context: Context, examined: Examined) -> None:
    if context.json:
        say(json.dumps(_as_json(examined), ensure_ascii=False, indent=2))
        context.told = True
        return
    for finding in examined.findings:
        if finding.state != "ok" or not context.quiet:
            say(_line(finding))
    if not context.quiet:
        say(_summary(examined))


def _line(finding: Finding) -> str:
    """How it is, what it is about, what was found; what to do on a line of its own."""
    said = f"{finding.state:<8} {finding.check:<12} {finding.says}"
    return f"{said}\n{'':<22}→ {finding.do}" if finding.do else said


def _summary(examined: Examined) -> str:
    counts = {state: sum(f.state == state for f in examined.findings) for state in ("problem", "warning")}
    told = [f"{count} {state}{'s' if count != 1 else ''}" for state, count in counts.items() if count]
    return f"Found: {', '.join(told)}." if told else "Everything is as it should be."


def _as_json(examined: Examined) -> dict[str, object]:
    behaviour = examined.behaviour
    return {
        "findings": [{"check": f.check, "state": f.state, "says": f.says, "do": f.do} for f in examined.findings],
        "behaviour": {"learned": behaviour.learned or None, "answers": dict(behaviour.answers)},
        "exit_code": examined.exit_code,
    }
