"""Which files of a drop folder are complete; why the others are not. Looks, and changes nothing."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from syncjob.errors import SourceError
from syncjob.loader.paths import is_ready

SHEETS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
"""Endings that are taken; anything else may be anybody's and stays."""

STALLED = 600.0
"""Seconds after which a workbook that is still only half there is taken as it is, so that its end is told."""

FORGOTTEN = 86_400.0
"""Seconds after which the lock file of a spreadsheet program counts as left behind by a crash."""


@dataclass(frozen=True)
class Found:
    """A file of the folder. `why` it is not taken, as the end of a sentence; empty: it is complete.

    `foreign`: it is none of ours to take, now or later.
    """

    path: Path
    why: str = ""
    foreign: bool = False
    changed: float = 0.0


def look(folder: Path, settle: float, now: float) -> list[Found]:
    """The files of `folder`, the one changed first in front. Names of locks and half copies are passed over in silence.

    `settle`: seconds a file must have lain unchanged. `now`: Unix time. Raises `SourceError` (`source_missing`).
    """
    if not folder.is_dir():
        raise SourceError(
            f"{folder} is no folder.", code="source_missing", advice="Name the folder that files are put into."
        )
    found = [_judged(path, settle, now) for path in folder.iterdir() if is_ready(path.name)]
    return sorted((each for each in found if each), key=lambda each: (each.changed, _natural(each.path.name)))


def _judged(path: Path, settle: float, now: float) -> Found | None:
    """What is to be said of `path`; nothing of folders, and of what is gone by now."""
    if path.is_symlink():
        return Found(path, "it is a link, and only files are taken", foreign=True)
    if not path.is_file():
        return None
    if path.suffix.lower() not in SHEETS:
        return Found(path, "it is no spreadsheet", foreign=True)
    try:
        held = path.stat()
        why = _unfinished(path, held.st_size, settle, quiet := _quiet(held.st_mtime, held.st_ctime, now))
        if not why and quiet < STALLED and _half_there(path, held.st_size):
            why = "it is not complete yet"
    except FileNotFoundError:
        return None
    except OSError as error:
        why = f"it can't be read ({error.strerror})"
    return Found(path, why, changed=held.st_mtime)


def _quiet(written: float, touched: float, now: float) -> float:
    """Seconds since a file was changed. A copy may carry an old date; when it was put here can't be faked."""
    latest = max(touched, written if written <= now else touched)
    return max(0.0, now - latest)


def _unfinished(path: Path, size: int, settle: float, quiet: float) -> str:
    if quiet < settle:
        return f"it was changed {quiet:.0f} s ago, and must lie still for {settle:g} s"
    if not size and quiet < STALLED:
        return "it is empty so far"
    for lock in (f"~${path.name}", f".~lock.{path.name}#"):
        beside = path.with_name(lock)
        if beside.exists() and quiet < FORGOTTEN:
            return "somebody has it open"
    return ""


def _half_there(path: Path, size: int) -> bool:
    """A workbook is a zip, whose directory comes last: without it, more is still to come."""
    with path.open("rb") as file:
        return size > 4 and file.read(2) == b"PK" and not zipfile.is_zipfile(path)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """`leads 9` before `leads 10`."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
