"""Commands in processes of their own that can be killed at any call: a process that has imported everything, and forks.

Reads one JSON line per command: {"arguments": [...], "kill_after": N, "environment": {...}, "folder": ...}. In the fork
every call of every thread, Python's and C's alike, is counted; at the N-th the process kills itself with SIGKILL.
Writes one JSON line: {"status": exit code or -9, "calls": how many calls there were}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

import syncjob.api
import syncjob.cli.running
import syncjob.config
import syncjob.job.applying  # noqa: F401 - imported before the fork, so that kills strike the work


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
            calls = counted.read()
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status), "calls": int(calls or 0)}) + "\n")
        sys.stdout.flush()


def _work(order: dict[str, object], tell: int) -> None:
    os.chdir(str(order["folder"]))
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    log = os.open("log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    count, limit = 0, int(str(order["kill_after"]))

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1
            if count == limit:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(counted)
    sys.setprofile(counted)
    from syncjob.cli import run_command

    code = run_command(list(order["arguments"]))  # type: ignore[call-overload]
    sys.setprofile(None)
    os.write(tell, str(count).encode())
    os._exit(code)


if __name__ == "__main__":
    main()
