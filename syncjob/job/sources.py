"""Which files a run reads: those named, or those of the config once they are there and nobody is writing them.

What enters: the config, the files named on the command line, and how time passes. What leaves: `Sources`. Promised: a
file still being copied is not read, a file that comes or goes while others are awaited is no error of its own, and
waiting ends: at Ctrl-C, when `source.wait` is over, or when a file has been changing for ten minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from syncjob.config import Config
from syncjob.errors import SourceError
from syncjob.loader import expand

LOOK_EVERY = 2.0
"""Seconds between two looks for a file that is not there yet, or still growing."""

RESTLESS = 600.0
"""Seconds after which a file that never lies still is given up (`source.wait`, where that is longer)."""


def _hold_on() -> None:
    """Nobody asks for an end."""


def _say_nothing(_sentence: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Patience:
    """How time passes while files are awaited: seconds to sleep, a clock that only runs forward, and Unix time.

    `check` raises when the run was asked to end; `note` takes one sentence about why nothing happens.
    """

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    check: Callable[[], None] = _hold_on
    note: Callable[[str], None] = _say_nothing


@dataclass(frozen=True)
class Sources:
    """The files of a run, what "these sources" means for comparisons, and why they are partial (None: whole).

    `ages` tells for each file (as named) how many hours ago it was changed, when it was found.
    """

    files: tuple[Path, ...]
    identity: str
    partial: str | None
    ages: Mapping[str, float] = field(default_factory=dict)


def find_sources(
    config: Config, named: Sequence[str], *, whole: bool, patience: Patience = Patience(), wait: bool = True
) -> Sources:
    """The files named on the command line, or those of the config, each once and in natural order.

    `wait=False`: what is not there now is missing. Raises `SourceError` (`source_missing`, or `source_unreadable` for a
    file that never lies still).
    """
    source = config.source
    if named:
        files = expand(list(named), Path.cwd())
        partial = None
        if source.files and not whole:
            partial = "it was named on the command line, so it speaks only for the rows in it (--whole says otherwise)"
        identity = " ".join(sorted(path.name for path in files))
        return Sources(tuple(files), identity, partial, _ages(files, patience.now()))
    if not source.files:
        raise SourceError(
            "No source was named.",
            code="source_missing",
            advice="Name a file: syncjob run contacts.xlsx, or list files under source: in the config.",
        )
    files = _arrived(config, patience, source.wait * 60 if wait else 0.0)
    identity = " ".join(str(pattern) for pattern in source.files)
    return Sources(tuple(files), identity, None, _ages(files, patience.now()))


def _arrived(config: Config, patience: Patience, wait: float) -> list[Path]:
    """The files of the config: looked for again and again until all are there and lie still."""
    source = config.source
    patterns = [str(pattern) for pattern in source.files]
    began, watch, told = patience.clock(), _Watch(float(source.settle), patience), set[str]()

    def pause(seconds: float, why: str) -> None:
        if why not in told:
            told.add(why)
            patience.note(why)
        patience.sleep(seconds)
        patience.check()

    while True:
        waited = patience.clock() - began
        try:
            files = _picked(expand(patterns, config.folder), source.pick)
            left, restless = watch.left(files)
        except FileNotFoundError:  # gone between two looks: look again for what is there now
            pause(min(LOOK_EVERY, 0.1), "A file went away while it was looked at; looking again.")
            continue
        except SourceError as error:
            if waited >= wait:
                raise
            pause(min(LOOK_EVERY, wait - waited), f"{error.message} Waiting up to {_minutes(wait)} for it.")
            continue
        if not left:
            return files
        if waited >= max(wait, RESTLESS):
            raise _restless(restless, waited)
        pause(min(LOOK_EVERY, left), f"{restless.name} has just been changed; waiting until it lies still.")


def _picked(files: Sequence[Path], pick: str) -> list[Path]:
    """All files, or the one changed last; of equals the last by name."""
    if pick != "newest":
        return list(files)
    return [max(enumerate(files), key=lambda item: (item[1].stat().st_mtime_ns, item[0]))[1]]


class _Watch:
    """What each file looked like, and since when; of a file dated in the future only what was seen here counts."""

    def __init__(self, settle: float, patience: Patience) -> None:
        self.settle = settle
        self.patience = patience
        self.looks: dict[Path, tuple[int, int, float]] = {}

    def left(self, files: Sequence[Path]) -> tuple[float, Path]:
        """Seconds until all files have lain still long enough (0.0: they have), and the one that takes longest."""
        return max(((self._left(path), path) for path in files), key=lambda found: found[0])

    def _left(self, path: Path) -> float:
        found, clock = path.stat(), self.patience.clock()
        look = self.looks.get(path)
        if look is None:
            since = clock - max(0.0, self.patience.now() - found.st_mtime)
        else:
            since = look[2] if look[:2] == (found.st_size, found.st_mtime_ns) else clock
        self.looks[path] = (found.st_size, found.st_mtime_ns, since)
        return max(0.0, self.settle - (clock - since))


def _restless(path: Path, seconds: float) -> SourceError:
    return SourceError(
        f"{path} has been changing for {_minutes(seconds)}, so it can't be read.",
        advice="Run again when the copy is complete, or set source.settle lower.",
    )


def _minutes(seconds: float) -> str:
    minutes = seconds / 60
    return "1 minute" if minutes == 1 else f"{minutes:,.0f} minutes" if minutes > 1 else f"{seconds:.0f} seconds"


def _ages(files: Sequence[Path], now: float) -> dict[str, float]:
    """File → hours since it was changed. A file that is gone by now has no age; reading it says so."""
    ages: dict[str, float] = {}
    for path in files:
        try:
            ages[str(path)] = max(0.0, now - path.stat().st_mtime) / 3600
        except OSError:
            continue
    return ages
