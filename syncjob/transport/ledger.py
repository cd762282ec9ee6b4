"""The tempo that everybody who sends to one account shares: in memory, or through a small file.

Enters: a step from tempo to tempo. Leaves: what the step answers. Promises: steps happen one after the other, between
the threads of a process and, with a file, between the runs on this machine. A file that can't be used never stops a
run: the process then keeps its own tempo, and says so once.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from math import inf, isfinite
from pathlib import Path
from typing import TypeVar

import orjson
from filelock import FileLock, Timeout

from syncjob.pacing import Tempo

T = TypeVar("T")

_SIZE = 512
"""Bytes of the file: one write of one block, so no reader ever sees half of it."""

_PATIENCE = 2.0

_FRESH = 0.02
"""Seconds for which what was seen need not be looked at again: so late, at most, another run's 429 is noticed."""

_TICK = 100_000_000
"""Nanoseconds in which a file may be written twice and still look the same."""


class Ledger:
    """Holds the tempo. `path` None: in this process only. `on_trouble` is told once why the file can't be used."""

    def __init__(self, path: Path | None = None, on_trouble: Callable[[str], None] = lambda _why: None) -> None:
        self._path = path
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._tempo = Tempo()
        self._told = False
        self._seen = self._tempo
        self._looked = -inf
        self._mark: tuple[int, int, int] | None = None  # how the file looked when it held what was seen
        self._file_lock: FileLock | None = None
        if path is not None:
            self._file_lock = FileLock(f"{path}.lock", timeout=_PATIENCE, poll_interval=0.002, mode=0o600)

    def step(self, take: Callable[[Tempo], tuple[Tempo, T]]) -> T:
        """Apply `take` to the newest tempo, keep its first result, return its second."""
        with self._lock:
            trouble = "" if self._file_lock is None else self._join(self._file_lock)
            try:
                answer = self._step(take, shared=self._file_lock is not None and not trouble)
            finally:
                if self._file_lock is not None and not trouble:
                    self._file_lock.release()
        if trouble and not self._told:
            self._told = True
            self._on_trouble(trouble)
        return answer

    def look(self) -> Tempo:
        """The newest tempo, or that of a moment ago, without waiting for anybody."""
        if self._path is None or time.monotonic() - self._looked < _FRESH:
            return self._seen
        with self._lock:
            self._looked = time.monotonic()
            return self._read()

    def _join(self, lock: FileLock) -> str:
        """Take the file's lock; "" or why that can't be."""
        try:
            if self._path is not None and not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except (OSError, Timeout) as error:
            return f"The shared rate at {self._path} can't be used ({type(error).__name__}); this run keeps its own."
        return ""

    def _step(self, take: Callable[[Tempo], tuple[Tempo, T]], *, shared: bool) -> T:
        before = self._read() if shared else self._tempo
        self._tempo, answer = take(before)
        self._seen, self._looked = self._tempo, time.monotonic()
        if shared and self._tempo != before:
            self._write()
        return answer

    def _read(self) -> Tempo:
        if self._path is None:
            return self._tempo
        try:
            about = self._path.stat()
            mark = (about.st_mtime_ns, about.st_size, about.st_ino)
            if mark == self._mark:
                return self._seen
            self._seen = parse_tempo(self._path.read_bytes()) or self._tempo
            self._mark = mark if time.time_ns() - about.st_mtime_ns > _TICK else None
            return self._seen
        except OSError:
            return self._tempo

    def _write(self) -> None:
        assert self._path is not None
        text = orjson.dumps(asdict(self._tempo)).ljust(_SIZE - 1) + b"\n"
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                os.write(handle, text)
            finally:
                os.close(handle)
        except OSError as error:
            self._on_write_trouble(error)

    def _on_write_trouble(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            self._on_trouble(f"The shared rate at {self._path} can't be written ({type(error).__name__}).")


def parse_tempo(text: bytes) -> Tempo | None:
    """The tempo a file holds; None when it holds anything else (damaged, empty, of another version)."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or set(told) != {field.name for field in fields(Tempo)}:
        return None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in told.values()):
        return None
    told["strikes"] = int(told["strikes"])
    return Tempo(**told) if all(isfinite(value) and value >= 0 for value in told.values()) else None
