"""Commands in processes of their own that can be killed at any step: a process that has imported everything, and forks.

Reads one JSON line per command: {"arguments": [...], "kill_after": N, "environment": {...}, "folder": ...}. In the fork
every step of every thread is counted: each line of syncjob that is run, and each call of a function in Python, whoever
wrote it; before the N-th the process kills itself with SIGKILL (0: it only counts; null: nothing is counted). Writes
one JSON line: {"status": exit code or -9, "moments": [...]}: at which step each function of syncjob was entered first,
and in the end how many steps there were.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

import syncjob
import syncjob.api
import syncjob.cli.running
import syncjob.config
import syncjob.job.applying  # imported before the fork, so that kills strike the work

OURS = str(Path(syncjob.__file__).parent)

TraceFunction = Callable[[FrameType, str, object], "TraceFunction | None"]


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            _work(order, tell)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        with os.fdopen(told) as counted:
            moments = counted.read()
        answer = {"status": os.waitstatus_to_exitcode(status), "moments": json.loads(moments or "[]")}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _work(order: dict[str, object], tell: int) -> None:
    os.chdir(str(order["folder"]))
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    log = os.open("log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    count, limit = 0, order["kill_after"]
    entered: dict[CodeType, int] = {}

    def step(frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
        nonlocal count
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "call" and limit == 0:
            entered.setdefault(frame.f_code, count)
        return step

    if limit is not None:
        threading.settrace(step)
        sys.settrace(step)
    from syncjob.cli import run_command

    code = run_command(list(order["arguments"]))  # type: ignore[call-overload]
    sys.settrace(None)
    os.write(tell, json.dumps([*sorted(entered.values()), count]).encode())
    os._exit(code)


if __name__ == "__main__":
    main()
