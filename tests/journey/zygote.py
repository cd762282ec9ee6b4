"""Commands in processes of their own that can be killed at any step: a process that has imported everything, and forks.

Reads one JSON line per command: {"arguments": [...], "kill_after": N, "environment": {...}, "folder": ...}. In the fork
every step of every thread is counted: each line of syncjob that is run, and each call of a function in Python, whoever
wrote it; before the N-th the process kills itself with SIGKILL (0: it only counts; null: nothing is counted). Writes
one JSON line: {"status": exit code or -9, "steps": how many steps there were}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

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
            steps = counted.read()
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status), "steps": int(steps or 0)}) + "\n")
        sys.stdout.flush()


def _work(order: dict[str, object], tell: int) -> None:
    os.chdir(str(order["folder"]))
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    log = os.open("log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    count, limit = 0, order["kill_after"]

    def step(frame: FrameType, _event: str, _argument: object) -> TraceFunction | None:
        nonlocal count
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return step if frame.f_code.co_filename.startswith(OURS) else None

    if limit is not None:
        threading.settrace(step)
        sys.settrace(step)
    from syncjob.cli import run_command

    code = run_command(list(order["arguments"]))  # type: ignore[call-overload]
    sys.settrace(None)
    os.write(tell, str(count).encode())
    os._exit(code)


if __name__ == "__main__":
    main()
