"""`syncjob sandbox`: the emulated remote, served on loopback for a person to try things against.

What enters: options. What leaves: a base URL, credentials and a config to paste, then silence until Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from syncjob.cli.lines import say
from syncjob.cli.wording import many

if TYPE_CHECKING:
    from syncjob.emulator import Emulator

CONFIG = """\
job: sandbox
remote:
  kind: exotel_contacts
  base_url: {url}
  account_sid: {account}
  api_key: {key}
  api_token: {token}
"""


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free one.")
@click.option(
    "--contacts", type=click.IntRange(min=0), default=100, show_default=True, help="Invented contacts to begin with."
)
@click.option("--rate", metavar="N/UNIT", help="Rate limit such as 30/minute.  [default: none]")
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    metavar="MS",
    help="Milliseconds every request waits.",
)
def sandbox(port: int, contacts: int, rate: str | None, latency: float) -> None:
    """Serve an emulated contacts API on this machine until Ctrl-C.

    Nothing leaves the machine, all contacts are invented, and all is forgotten at the end. Its behaviour can be changed
    while it runs, by JSON to POST /_sandbox/switches, faults, rows, churn, seed, log, dump or reset.

    \b
    syncjob sandbox
    syncjob sandbox --port 0 --contacts 5000 --rate 30/minute
    """
    from syncjob.emulator import Emulator, Switches

    try:
        switches = Switches(rate=rate, latency=latency / 1000)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--rate") from wrong
    remote = Emulator(switches, contacts=contacts, port=port)
    try:
        remote.start()
    except OSError as wrong:
        raise click.UsageError(f"Port {port} can't be used ({wrong.strerror}). Take another one: --port 0") from wrong
    try:
        say(greeting(remote))
        _until_stopped()
    finally:
        remote.stop()
    say(f"Stopped after {many(len(remote.log), 'request', 'requests')}.")


def greeting(remote: Emulator) -> str:
    """What the person needs: where it is, who to be, and a config for it."""
    facts = {"url": remote.url, "account": remote.account, "key": remote.key, "token": remote.token}
    return (
        f"The sandbox serves {len(remote.store)} invented contacts at {remote.url}\n"
        f"account {remote.account}   key {remote.key}   token {remote.token}\n\n"
        f"A config for it, to save as config.yaml:\n\n{CONFIG.format(**facts)}\n"
        "Ctrl-C stops it; everything in it is forgotten then."
    )


def _until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM; the former handlers are put back."""
    done = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: done.set()) for number in numbers]
    try:
        done.wait()
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
