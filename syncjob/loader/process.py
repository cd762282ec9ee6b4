"""Runs the reading process and turns its end into tables or one sentence.

What enters: a request. What leaves: `Table`s, or `SourceError`. Promised: whatever the reading process does (aborts, is
killed, runs out of memory or time), the caller gets one sentence within the time allowed; nothing is left behind.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from syncjob.errors import Interrupted, SourceError
from syncjob.loader.answer import take
from syncjob.loader.beginning import LONGEST, Hear, heard
from syncjob.loader.child import FAST_MARK, Request
from syncjob.loader.limits import MB, ReadLimits
from syncjob.loader.refusal import refuse
from syncjob.loader.table import Table

_log = logging.getLogger(__name__)
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_SPLIT = "Split it into smaller files, or save it as .csv."
_MEMORY = ("MemoryError", "memory allocation", "capacity overflow", "malloc", "Cannot allocate", "realloc")
_STOPS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C and service managers tell every process of a run, this one too: nothing is wrong with the file then."""
_FULL = ("No space left on device", "File too large", "Disk quota exceeded")


def read_apart(request: Request, limits: ReadLimits, hear: Hear | None = None) -> tuple[Table, ...]:
    """The tables of one file, read in a process of its own. `folder` of the request is filled in here.

    `hear` is called with the first lines of a large file (from another thread), before the rest is read. Raises
    `SourceError`, and `Interrupted` when the process was told to stop.
    """
    for careful in (False, True):
        with tempfile.TemporaryDirectory(prefix="syncjob-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            asked: Request = {**request, "careful": careful, "folder": made}
            code, said = _run(asked, folder, limits, hear)
            answered = folder / "answer.json"
            if answered.is_file():
                return _take(answered, request["name"])
            if -code in _STOPS:
                raise Interrupted(128 - code)
            if not careful and (folder / FAST_MARK).exists():
                continue  # the fast engine ended the process: the careful one may survive this file
            raise _dead(request["name"], code, said, limits)
    raise AssertionError("the careful reading leaves no mark")


def _take(answered: Path, name: str) -> tuple[Table, ...]:
    answer = json.loads(answered.read_text(encoding="utf-8"))
    if "error" in answer:
        error = answer["error"]
        raise SourceError(error["message"], code=error["code"], advice=error["advice"])
    return tuple(take(table, answered.parent, name) for table in answer["tables"])


@contextmanager
def _ear(name: str, hear: Hear | None) -> Iterator[int]:
    """Where the reading process may say how the file begins."""
    if hear is None:
        yield subprocess.DEVNULL
        return
    ear, mouth = os.pipe()

    def listen() -> None:
        with os.fdopen(ear, "rb") as said:
            for line in iter(partial(said.readline, LONGEST), b""):
                if tables := heard(line, name):
                    hear(tables)

    listening = threading.Thread(target=listen, name="ear", daemon=True)
    listening.start()
    try:
        yield mouth
    finally:
        os.close(mouth)
        listening.join()


def _run(request: Request, folder: Path, limits: ReadLimits, hear: Hear | None) -> tuple[int, str]:
    """The exit code and the last words of the reading process."""
    size = Path(request["path"]).stat().st_size
    said = folder / "said"
    with said.open("wb") as words, _ear(request["name"], hear) as mouth:
        child = subprocess.Popen(
            [sys.executable, "-S", "-P", "-X", "utf8", "-m", "syncjob.loader.child"],
            stdin=subprocess.PIPE,
            stdout=mouth,
            stderr=words,
            cwd=folder,
            env=_environment(),
        )
        try:
            child.communicate(json.dumps(request).encode(), timeout=limits.allowed(size))
        except subprocess.TimeoutExpired as error:
            raise _slow(request["name"], limits.allowed(size)) from error
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    with said.open("rb") as file:
        return child.returncode, file.read(1 << 16).decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """Only what Python needs: no secret reaches the process that reads strangers' files."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    home = Path(__file__).resolve().parents[2]  # found without site, whatever way it was installed
    paths = dict.fromkeys(str(path) for path in (home, *(Path(entry).resolve() for entry in sys.path if entry)))
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # others reserve address space that the limit would count
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",  # nothing here multiplies matrices; starting its threads costs time and memory
    }


def _dead(name: str, code: int, said: str, limits: ReadLimits) -> SourceError:
    """The sentence for a reading process that gave no answer."""
    _log.debug("reading %s ended with %s: %s", name, code, said[-2000:])
    if -code == getattr(signal, "SIGXCPU", 0):
        return refuse(name, "reading it takes more time than is allowed", _SPLIT)
    if -code == getattr(signal, "SIGKILL", 0) or any(word in said for word in _MEMORY):
        return refuse(name, f"reading it takes more memory than is allowed ({limits.memory // MB:,} MB)", _SPLIT)
    if any(word in said for word in _FULL):
        where = f"Make room in {tempfile.gettempdir()}, or name another folder in the variable TMPDIR."
        return refuse(name, "there is no room for what was read of it", where)
    return refuse(name, "the file is damaged in a way that stops every reader")


def _slow(name: str, seconds: float) -> SourceError:
    return refuse(name, f"reading it takes more than the {seconds:.0f} seconds allowed", _SPLIT)
