"""`python -m syncjob.emulator`: the remote in a process of its own, for tests in another.

Prints one JSON line `{url, account, key, token, pid}` when it is ready. Ends when stdin closes, on SIGTERM, on Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence

import orjson

from syncjob.emulator.emulator import ACCOUNT, KEY, TOKEN, Emulator
from syncjob.emulator.switches import Switches


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = _options(arguments)
    switches = Switches(rate=options.rate, latency=options.latency_ms / 1000)
    if options.switches:
        switches.set(orjson.loads(options.switches))
    remote = Emulator(
        switches,
        contacts=options.contacts,
        port=options.port,
        account=options.account,
        key=options.key,
        token=options.token,
        seed=options.seed,
    )
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    threading.Thread(target=_watch_stdin, args=(done,), daemon=True).start()
    with remote:
        ready = {"url": remote.url, "account": remote.account, "key": remote.key, "token": remote.token}
        sys.stdout.write(orjson.dumps({**ready, "pid": os.getpid()}).decode() + "\n")
        sys.stdout.flush()
        done.wait()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m syncjob.emulator", description="An emulated contacts API.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--contacts", type=int, default=0, help="invented contacts to begin with")
    parser.add_argument("--rate", default=None, help="a rate limit such as 30/minute")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="milliseconds every request waits")
    parser.add_argument("--switches", default="", help="further switches, as a JSON object")
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--seed", type=int, default=7, help="of everything that is drawn by lot")
    return parser.parse_args(arguments)


def _watch_stdin(done: threading.Event) -> None:
    """Set `done` when stdin ends, that is, when whoever started this process is gone."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    done.set()


if __name__ == "__main__":
    sys.exit(main())
