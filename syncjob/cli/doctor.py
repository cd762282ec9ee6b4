"""doctor."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import head, session, start_logs
from syncjob.cli.lines import first_line, say
from syncjob.cli.options import Context, common, option

if TYPE_CHECKING:
    from syncjob.behaviour import Behaviour
    from syncjob.config import Config
    from syncjob.doctor import Examined, Finding
    from syncjob.job.probing import Intent


@click.command()
@option("--probe", metavar="NUMBER", help="Learn what no document tells, with one contact on a number of your own.")
@option("--wait", type=click.FloatRange(min=0), default=0, metavar="MINUTES", help="Wait for another run to end.")
@common
@click.pass_obj
def doctor(context: Context, probe: str | None, wait: float) -> int:
    """Look whether everything a job needs is there, and say what to do where it is not. Nothing is written.

    Config, folders, lock, network, credentials and their region, rights, clock, rate, versions. Exit 2 when the config
    is wrong, 6 when the remote can't be reached or refuses us, 1 when a folder can't be used, 0 else.

    With --probe it says what it will send, asks, makes one contact, learns from it how this account answers what no
    document tells, removes it, and remembers the answers for the jobs of the account. The number must be no contact.

    \b
    syncjob doctor
    syncjob doctor --json
    syncjob doctor --probe +919845012345
    """
    from syncjob.doctor import examine

    start_logs(context)
    examined = examine(context.config, dict(os.environ), datetime.now().astimezone())
    behaviour, config = examined.behaviour, examined.config
    probing = probe is not None and config is not None and not examined.exit_code
    if config is not None and not probing:
        first_line(context, head(config, live=False))
    if not context.json:
        _say_findings(context, examined)
    if probe is not None and config is not None and not examined.exit_code:
        behaviour = _probe(context, config, probe, wait)
    elif probe is not None and not context.json:
        say("The probe was not begun, because of what is wrong.")
    if context.json:
        say(json.dumps(_as_json(examined, behaviour), ensure_ascii=False, indent=2))
        context.told = True
    return examined.exit_code


def _probe(context: Context, config: Config, number: str, wait: float) -> Behaviour:
    from syncjob.job.probing import probe

    with session(context, config, live=True) as opened:

        def agree(intent: Intent) -> bool:
            _say_intent(context, intent)
            return context.yes or opened.door.choose("Send these?", False)

        found = probe(opened, number, agree, wait_minutes=wait)
    if not (context.json or context.quiet):
        say(_behaviour_text(found))
    return found


def _say_intent(context: Context, intent: Intent) -> None:
    """What will be sent; on stderr where stdout is for the one document."""
    lines = [f"The probe makes one contact, {intent.number}, asks with it, and removes it. It will send:"]
    lines += [f"  {intent.reads:>5,} GET contacts: all {intent.total:,}, to see that the number is no contact"]
    lines += [f"        {request}: {purpose}" for request, purpose in intent.requests]
    if intent.minutes >= 1:
        lines.append(f"That takes about {intent.minutes:,.0f} minutes at this rate.")
    for line in lines if not context.quiet or not context.yes else ():
        say(line, err=context.json)


def _behaviour_text(behaviour: Behaviour) -> str:
    from syncjob.behaviour import QUESTIONS

    lines = ["How this account answers:"]
    for name, question in QUESTIONS.items():
        answer = behaviour.of(name)
        lines.append(f"  {question.asks}: {question.words(answer) if answer else 'not told'}")
    return "\n".join([*lines, "The jobs of this account go by it from now on."])


def _say_findings(context: Context, examined: Examined) -> None:
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


def _as_json(examined: Examined, behaviour: Behaviour) -> dict[str, object]:
    return {
        "findings": [{"check": f.check, "state": f.state, "says": f.says, "do": f.do} for f in examined.findings],
        "behaviour": {"learned": behaviour.learned or None, "answers": dict(behaviour.answers)},
        "exit_code": examined.exit_code,
    }
