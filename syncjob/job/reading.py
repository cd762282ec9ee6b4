"""Sources → rows: which files, what they hold, and whether they speak for the whole job (CONTRACT 1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syncjob.config import Config
from syncjob.errors import SourceError
from syncjob.loader import expand, read_many
from syncjob.loader.rows import build
from syncjob.loader.table import Loaded

LOOK_EVERY = 2.0
"""Seconds between two looks for a file that is not there yet, or still growing."""


@dataclass(frozen=True)
class Sources:
    """The files of a run, what "these sources" means for comparisons, and why they are partial (None: whole)."""

    files: tuple[Path, ...]
    identity: str
    partial: str | None


def find_sources(
    config: Config, named: Sequence[str], *, whole: bool, sleep: Callable[[float], None] = time.sleep
) -> Sources:
    """The files named on the command line, or those of the config. Raises `SourceError` when there are none."""
    source = config.source
    if named:
        files = expand(list(named), Path.cwd())
        partial = None
        if source.files and not whole:
            partial = "it was named on the command line, so it speaks only for the rows in it (--whole says otherwise)"
        return Sources(tuple(files), " ".join(sorted(path.name for path in files)), partial)
    if not source.files:
        raise SourceError(
            "No source was named.",
            code="source_missing",
            advice="Name a file: syncjob run contacts.xlsx, or list files under source: in the config.",
        )
    files = _awaited(config, sleep)
    _settled(files, source.settle, sleep)
    if source.pick == "newest":
        files = [max(files, key=lambda path: path.stat().st_mtime)]
    return Sources(tuple(files), " ".join(str(pattern) for pattern in source.files), None)


def _awaited(config: Config, sleep: Callable[[float], None]) -> list[Path]:
    until = time.monotonic() + config.source.wait * 60
    while True:
        try:
            return expand([str(pattern) for pattern in config.source.files], config.folder)
        except SourceError:
            if time.monotonic() >= until:
                raise
        sleep(LOOK_EVERY)


def _settled(files: Sequence[Path], seconds: float, sleep: Callable[[float], None]) -> None:
    """Wait until no file was changed within the last `seconds`: a file still being copied is not read."""
    while files:
        youngest = min(time.time() - path.stat().st_mtime for path in files)
        if youngest >= seconds or youngest < 0:
            return
        sleep(min(LOOK_EVERY, seconds - youngest))


def load(config: Config, sources: Sources) -> Loaded:
    """Every row of every source (schema.ROWS), numbers normalised, problems named."""
    source = config.source
    tables = read_many(
        sources.files,
        sheet=source.sheet,
        header_row=source.header_row,
        encoding=source.encoding,
        delimiter=source.delimiter,
    )
    loaded = build(
        tables,
        columns=dict(config.columns),
        unmapped=config.unmapped,
        region=config.phone.default_region,
        blank=config.sync.blank,
        key=key_of(config.remote.kind),
    )
    return replace(loaded, partial=loaded.partial or sources.partial)


def key_of(kind: str) -> str:
    """What identifies a contact of this kind of remote (CONTRACT 10)."""
    return {"exophones": "exophone_sid", "sendme123": "contact_id"}.get(kind, "number")


def understood(loaded: Loaded) -> list[str]:
    """What was understood of each table, in sentences; nothing is guessed silently (CONTRACT 4)."""
    lines: list[str] = []
    for table, mapping in zip(loaded.tables, loaded.mappings, strict=True):
        facts = table.facts
        form = ", ".join(part for part in (facts.format, facts.encoding, _delimiter(facts.delimiter)) if part)
        name = Path(table.source).name + (f" · {table.sheet}" if table.sheet else "")
        lines.append(f"{name}: {form}; header in row {facts.header_row}; {len(table.cells):,} rows.")
        fed = [f"{table.columns[place].header} → {field}" for place, field in mapping.field_of.items()]
        lines.append(f"{name}: columns {'; '.join(fed)}.")
        unused = [table.columns[place].header for place in mapping.unmapped]
        if unused:
            lines.append(f"{name}: not used: {', '.join(unused)}.")
        near = [f"{table.columns[place].header} (did you mean {field}?)" for place, field in mapping.proposed.items()]
        if near:
            lines.append(f"{name}: {', '.join(near)}. Say so under columns: in the config.")
        lines += [f"{name}: {note}" for note in (*facts.notes, *mapping.notes)]
    return lines


def _delimiter(delimiter: str | None) -> str | None:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    return names.get(delimiter, delimiter) if delimiter else None
