"""Desks for jobs on the other remotes: a config, a sheet of keys, and what is left there."""

from __future__ import annotations

import contextlib
import io
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from syncjob.cli import run_command
from syncjob.emulator.faults import When
from tests.builders_headers import typing
from tests.journey.builders import Desk
from tests.journey.builders_hostile import Forge

FILES = {"source": {"files": ["contacts.csv"]}}
DELETE = {"mode": "delete"}


def sendme(desk: Desk, count: int = 3, **groups: Any) -> list[str]:
    """So many contacts at SendMe123, and a job that removes what contacts.csv lists; their ids."""
    remote = {"kind": "sendme123", "account_sid": None, "api_token": None, **groups.pop("remote", {})}
    sync = {**DELETE, **groups.pop("sync", {})}
    desk.config(remote=remote, sync=sync, **{**FILES, **groups})
    return desk.remote.sendme123.seed(count)


def phones(desk: Desk, count: int = 3, allowed: int | None = 9, **groups: Any) -> list[str]:
    """So many ExoPhones, and a job that releases what contacts.csv lists; their sids. `allowed`: the limit, if any."""
    limits = {"deletes": {"count": allowed}} if allowed is not None else {}
    remote = {"kind": "exophones", **groups.pop("remote", {})}
    desk.config(remote=remote, sync={**DELETE, **groups.pop("sync", {})}, limits=limits, **{**FILES, **groups})
    return [phone.sid for phone in desk.remote.exophones.seed(count)]


def listed(desk: Desk, keys: Iterable[str], header: str) -> Path:
    """contacts.csv with these keys under `header`, and a note of the user's own."""
    return desk.sheet([{header: key, "Why": f"note {place}"} for place, key in enumerate(keys)])


def asked(desk: Desk) -> list[str]:
    """The calls that were made, in order of arrival."""
    return [entry.call for entry in desk.remote.log]


def while_typing(desk: Desk, text: str, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal shows a person who types `text` when asked."""
    out = io.StringIO()
    with typing(f"{text}\n") as shown, contextlib.redirect_stdout(out):
        code = run_command([*map(str, arguments), "--config", str(desk.folder / "config.yaml")])
    return code, out.getvalue(), shown.getvalue()


def killed_at(desk: Desk, forge: Forge, call: str, when: When) -> None:
    """A run, killed while its second request of this kind is held: before it was executed, or after."""
    held = {"before": "late", "after": "after"}[when]
    desk.remote.faults.add("hold", call=call, nth=2, seconds=30, when=held)
    running = forge.start(desk, "run", "--yes")
    assert desk.remote.gate.until_waiting(1, 60)
    running.signal(signal.SIGKILL)
    desk.remote.faults.clear()
    desk.remote.gate.release()
    assert running.wait().code == -signal.SIGKILL
