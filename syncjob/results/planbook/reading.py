"""A plan workbook that came back → the approved changes, or why it can't be taken.

What enters: the file, saved by whatever spreadsheet program. What leaves: a `Review`. Promised: only the sealed copy
decides what is sent; only `approve` is taken from the sheets; what else was edited, and what is hidden or struck
through and still says yes, is refused by name. Sorting, filters, widths, hidden columns and spaces are no edits.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncjob.errors import ConfigError, SourceError, SyncjobError
from syncjob.keeping import Kept
from syncjob.loader.books import one_sentence
from syncjob.loader.limits import MB, ReadLimits
from syncjob.loader.origin import placed
from syncjob.loader.sniff import sniff
from syncjob.loader.unpack import check_archive
from syncjob.planfile import VERSION, unpack
from syncjob.results.planbook.cellread import CameBack, Sheet, read_back
from syncjob.results.planbook.cover import NAME, Put, cover_of, sheet_names
from syncjob.results.planbook.judging import Judged, judge_cover, judge_held, judge_lines
from syncjob.results.planbook.lines import NAMES, Lines, sheets_of
from syncjob.results.planbook.writing import MAGIC, fingerprint

LIMITS = ReadLimits(unpacked=2048 * MB)
AGAIN = "Make a new plan: syncjob plan -o plan.xlsx."
SHOWN = 10
"""Problems that are told; of more only how many."""

_OURS = frozenset(("", "syncjob", "openpyxl"))
"""Names that programs put where a person's belongs."""


@dataclass(frozen=True)
class Review:
    """A plan as it came back: its own copy, the approved changes, and who saved the file last ("": it does not say)."""

    kept: Kept
    approved: frozenset[int]
    by: str
    saved: str


def is_workbook(path: Path) -> bool:
    """Whether the file at `path` is a workbook, by its first bytes (also one under a password)."""
    try:
        with path.open("rb") as file:
            return file.read(8).startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    except OSError:
        return False


def review(path: Path) -> Review:
    """What a person approved. Raises `ConfigError` (exit 2) naming every place that keeps the file from being taken."""
    came = _read(path)
    sealed = next((sheet for sheet in came.sheets if _first(sheet) == MAGIC), None)
    if sealed is None:
        raise _lost(path, came)
    kept = _unsealed(path, sealed)
    sheets = sheets_of(kept.plan, placed(kept.loaded))
    puts = cover_of(kept, sheets)
    if fingerprint(sheets, puts) != sealed.lines[3].cells.get(0):
        raise ConfigError(f"The plan {path} was made by another version.", advice=AGAIN)
    approved: set[int] = set()
    problems: list[str] = []
    for judged in _judged(came, sealed, sheets, puts):
        approved |= judged.approved
        problems += judged.problems
    if problems:
        raise _refused(path, problems)
    return Review(kept, frozenset(approved), "" if came.by in _OURS else came.by, came.saved)


def _read(path: Path) -> CameBack:
    name = str(path)
    try:
        kind = sniff(path, name)
        if kind == "encrypted":
            raise ConfigError(f"{path} is protected by a password.", advice="Save it as .xlsx without one.")
        if kind != "xlsx":
            raise ConfigError(f"{path} is no .xlsx workbook, but {kind}.", advice="Save it as .xlsx.")
        check_archive(path, name, LIMITS)
        with one_sentence(name), zipfile.ZipFile(path) as archive:
            return read_back(archive)
    except SourceError as error:
        raise ConfigError(error.message, advice=error.advice) from error
    except OSError as error:
        raise ConfigError(f"The plan {path} can't be read: {error.strerror}.", advice="Check the path.") from error


def _first(sheet: Sheet) -> str:
    return sheet.lines[0].cells.get(0, "") if sheet.lines else ""


def _lost(path: Path, came: CameBack) -> ConfigError:
    ours = {NAME, *NAMES.values()} & {sheet.name for sheet in came.sheets}
    if NAME not in ours or len(ours) == 1:
        return ConfigError(f"{path} is not a plan of syncjob.", advice=AGAIN)
    return ConfigError(
        f"The plan {path} has lost its hidden sheet, which holds what is to be sent: the program that saved it last "
        "drops hidden sheets, or somebody removed it.",
        advice=f"{AGAIN} Review it in Excel or LibreOffice, or on the original file.",
    )


def _unsealed(path: Path, sheet: Sheet) -> Kept:
    """The run's own copy. The seal is over all of it, so a piece that is gone or changed shows."""
    texts = [line.cells.get(0, "") for line in sheet.lines]
    if len(texts) < 4 or texts[1] != f"version {VERSION}":
        raise ConfigError(f"The plan {path} was made by another version.", advice=AGAIN)
    carried = "".join(texts[4:])
    if hashlib.sha256((texts[3] + carried).encode()).hexdigest() != texts[2]:
        raise ConfigError(f"The hidden sheet of the plan {path} was edited or cut.", advice=AGAIN)
    try:
        return unpack(carried)
    except (SyncjobError, ValueError) as error:
        raise ConfigError(f"The hidden sheet of the plan {path} can't be read: {error}.", advice=AGAIN) from error


def _judged(came: CameBack, sealed: Sheet, sheets: Sequence[Lines], puts: Sequence[Put]) -> Iterator[Judged]:
    """Every sheet against what was written."""
    by_name = {sheet.name: sheet for sheet in came.sheets if sheet is not sealed}
    cover, everything = judge_cover(by_name.pop(NAME, None), puts)
    yield cover
    for lines in sheets:
        there = _taken(by_name, sheet_names(lines))
        yield judge_lines(there, lines, everything) if lines.verb else judge_held(there, lines)
    extra = [name for name, sheet in by_name.items() if sheet.lines]
    yield Judged(problems=tuple(f"sheet {name}: it is not part of the plan" for name in extra))


def _taken(by_name: dict[str, Sheet], names: Sequence[str]) -> list[Sheet]:
    return [by_name.pop(name) for name in names if name in by_name]


def _refused(path: Path, problems: Sequence[str]) -> ConfigError:
    more = [f"… and {len(problems) - SHOWN:,} more."] if len(problems) > SHOWN else []
    said = [f"The plan {path} can't be taken as it is:", *(f"  {one}" for one in problems[:SHOWN]), *more]
    return ConfigError(
        "\n".join(said), advice="Put these right, or make a new plan. Only approve may be changed, to yes or no."
    )
