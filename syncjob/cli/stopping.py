"""Ctrl-C and SIGTERM: the first ends the run cleanly, the second leaves at once; `resume` works after both.

A thread of its own hears them, so a call that keeps the main thread busy delays neither, and no lock that the main
thread holds is waited for. While a question is asked, the first one ends the command there and then.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from syncjob.errors import Interrupted

if TYPE_CHECKING:
    from syncjob.job.session import Session

EXITS = {int(signal.SIGINT): 130, int(signal.SIGTERM): 143}
STOPPING = "Stopping: what is in flight is settled first. Once more to leave at once."


@contextmanager
def stopping(opened: Session, asking: Callable[[], bool], say: Callable[[str], None]) -> Iterator[None]:
    """Stop `opened` when a signal comes, and tell so through `say`; `asking` tells whether a question is open.

    Does nothing outside the main thread, where Python has no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask_no_more(number: int, _frame: FrameType | None) -> None:
        if asking():  # a prompt would go on waiting for its answer
            opened.signal_exit = EXITS[number]
            raise Interrupted(EXITS[number])

    hears, told = socket.socketpair()
    told.setblocking(False)
    before = {number: signal.signal(number, ask_no_more) for number in EXITS}
    former = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    ear = threading.Thread(target=_hear, args=(hears, opened, say), name="signals", daemon=True)
    ear.start()
    try:
        yield
    except Interrupted as error:
        error.signal_exit = opened.signal_exit
        raise
    finally:
        signal.set_wakeup_fd(former)
        for number, handler in before.items():
            signal.signal(number, handler)
        told.close()
        ear.join()
        hears.close()


def _hear(hears: socket.socket, opened: Session, say: Callable[[str], None]) -> None:
    """Until nobody can tell anything any more."""
    while heard := hears.recv(1):
        code = EXITS.get(heard[0])
        if code is None:
            continue
        if opened.stop.is_set():
            os._exit(code)
        opened.signal_exit = code
        opened.stop.set()
        opened.transport.stop()
        say(STOPPING)
