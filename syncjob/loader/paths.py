"""Paths and globs → files.

What enters: patterns as the config or the command line has them, and the folder they are relative to. What leaves:
files that exist, in natural order, each once. Promised: what a spreadsheet program or a browser is still writing is
left out.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from syncjob.loader.refusal import refuse

_UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".download", ".filepart")


def expand(patterns: Sequence[str], base: Path) -> list[Path]:
    """The files that `patterns` name, relative to `base`. Raises `SourceError` (source_missing) naming the pattern."""
    files: list[Path] = []
    seen: set[Path] = set()
    for pattern in patterns:
        for path in _named(pattern, base):
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                files.append(path)
    return files


def _named(pattern: str, base: Path) -> list[Path]:
    whole = base / Path(pattern).expanduser()
    if whole.is_dir():
        why = "it is a folder, not a file"
        raise refuse(pattern, why, f"Name its files, for example {pattern.rstrip('/')}/*.xlsx.", code="source_missing")
    if whole.exists() or not glob.has_magic(pattern):
        if not whole.is_file():
            raise refuse(pattern, "there is no such file", "Check the path.", code="source_missing")
        return [whole]
    hits = glob.glob(str(whole), recursive=True)  # noqa: PTH207 - Path.glob knows no absolute patterns
    found = [path for path in map(Path, hits) if path.is_file() and is_ready(path.name)]
    if not found:
        raise refuse(pattern, "no file matches this pattern", "Check the path.", code="source_missing")
    return sorted(found, key=_natural)


def is_ready(name: str) -> bool:
    """Whether a name is not that of a lock file or of a file still being written."""
    return not name.startswith(("~$", ".~lock", ".")) and not name.lower().endswith(_UNFINISHED)


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """`leads 9` before `leads 10`."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
