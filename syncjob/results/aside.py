"""Files appear whole or not at all: written aside in the same folder, synced, renamed.

What enters: where a file shall lie, and a function that writes it. What leaves: the path where it lies now, which has
another name when the wanted one can't be replaced (open in another program, for one). Files are 0600, folders 0700.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syncjob.errors import SyncjobError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
NAMES = 99
"""How many other names are tried before giving up."""

SCRATCH = ".syncjob-writing-"
DAY = 86_400.0
_TRIAL = 16_384
"""Bytes that must fit before anything is sent: a small result."""

_TAKEN = (PermissionError, IsADirectoryError, NotADirectoryError)
_SAYS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the disk takes no file of this size",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOTDIR: "a file is in the way of the folder",
    errno.EEXIST: "a file is in the way of the folder",
}


def place(target: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file and put it at `target`, replacing what is there; returns where it lies.

    Raises `SyncjobError` (`results_unwritable`) when it can't be written at all; then nothing is left behind.
    """
    with plain_words(target):
        make_folder(target.parent)
        sweep(target.parent, DAY)  # younger ones may be another run's, at work
        with _scratch(target.parent) as scratch:
            made = scratch / target.name
            write(made)
            made.chmod(FILE_MODE)
            _sync(made)
            return _settle(made, target)


def place_text(target: Path, text: str) -> Path:
    """`text` as a UTF-8 file at `target`, as `place` does it."""
    return place(target, lambda path: path.write_text(text, encoding="utf-8"))


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents, for this user alone; one that is there is left as it is."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def probe(folder: Path) -> None:
    """Whether results can lie in `folder`, tried by writing there. Raises `SyncjobError` (`results_unwritable`)."""
    with plain_words(folder):
        make_folder(folder)
        with _scratch(folder) as scratch:
            trial = scratch / "trial"
            trial.write_bytes(bytes(_TRIAL))
            _sync(trial)


def sweep(folder: Path, age: float = 0.0) -> None:
    """Take away what a killed run left half written in `folder` more than `age` seconds ago."""
    left: list[os.DirEntry[str]] = []
    with suppress(PermissionError), os.scandir(folder) as found:
        left += (entry for entry in found if entry.name.startswith(SCRATCH))
    for entry in left:
        with suppress(FileNotFoundError):  # another file's, which was done meanwhile
            if entry.stat().st_mtime <= time.time() - age:
                shutil.rmtree(entry.path, ignore_errors=True)


@contextmanager
def plain_words(target: Path) -> Iterator[None]:
    """Turn a disk's error about `target` into `SyncjobError` (`results_unwritable`)."""
    try:
        yield
    except OSError as error:
        why = _SAYS.get(error.errno or 0, error.strerror or str(error))
        raise SyncjobError(
            f"The results can't be written to {target}: {why}.",
            code="results_unwritable",
            advice="Make room or name another folder under results: dir, then run again.",
        ) from error


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder beside the target, so that the rename stays on one disk."""
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    try:
        yield scratch
    finally:
        try:
            scratch.rmdir()  # empty, where all went well
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)


def _settle(made: Path, target: Path) -> Path:
    """Rename to the first name that can be had. A name that isn't taken but fails is no use to try again."""
    for name in _names(target):
        try:
            made.replace(name)
        except _TAKEN:
            if not name.exists():
                raise
            continue
        _sync(target.parent)
        return name
    raise FileExistsError(errno.EEXIST, f"{target.name} and {NAMES - 1} other names are taken")


def _names(target: Path) -> Iterator[Path]:
    """result.xlsx, then names nobody has: result (2).xlsx, …"""
    yield target
    for number in range(2, NAMES + 1):
        other = target.with_name(f"{target.stem} ({number}){target.suffix}")
        if not other.exists():
            yield other


def _sync(path: Path) -> None:
    """Have the disk keep it. Folders can't be opened everywhere; there the rename has to do."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
