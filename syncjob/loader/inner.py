"""A file → `Found`s, within the process that calls. Everything of the loader that looks at a file's content.

What enters: a path and what the config says. What leaves: its tables with headers found. Raises `SourceError` for every
foreseen failure; hostile files can do worse, which is why `process` runs this in a child. What a text file doesn't need
is not imported for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from syncjob.loader.beginning import Tell
from syncjob.loader.found import Found, HeaderRow
from syncjob.loader.limits import ReadLimits
from syncjob.loader.sniff import Kind, sniff
from syncjob.loader.text import read_text

_ENDINGS: dict[str, tuple[Kind, ...]] = {
    ".xlsx": ("xlsx",),
    ".xlsm": ("xlsx",),
    ".xls": ("xls",),
    ".xlsb": ("xlsb",),
    ".ods": ("ods",),
    ".csv": ("text",),
    ".tsv": ("text",),
}
_MARKS = (b"sync_outcome", b"sync_message", b"sync_row")
_HEAD = 1 << 16  # bytes in which the header of a result of ours ends
_WHAT = {"text": "a text file", "html": "an HTML page", "xml": "an XML spreadsheet", "fods": "a flat OpenDocument file"}


def read_file(
    path: Path,
    name: str,
    *,
    sheet: str | Sequence[str] | None,
    header_row: HeaderRow,
    encoding: str,
    delimiter: str,
    limits: ReadLimits,
    folder: Path,
    careful: bool = False,
    before_fast: Callable[[], None] | None = None,
    tell: Tell | None = None,
) -> list[Found]:
    """The tables of one file. `folder` takes copies that are opened; `name` is the file as people call it.

    `tell` is called with the first lines of a large one, before the rest is read.
    """
    kind = sniff(path, name)
    notes: list[str] = []
    if kind in ("encrypted", "xls"):
        path, kind, notes = _unlocked(path, kind, folder, name)
    if told := _disguised(name, kind):
        notes.append(told)
    if kind == "text":
        if _is_ours(path):  # fed back: what the config states is true of the job's own files, not of this one
            header_row, encoding, delimiter = "auto", "auto", "auto"
        told_text = None if tell is None else lambda begun: tell([_of_text(begun)])
        found = [_of_text(read_text(path.read_bytes(), name, header_row, encoding, delimiter, told_text))]
    else:
        from syncjob.loader.books import one_sentence, open_book
        from syncjob.loader.sheets import read_sheets

        with one_sentence(name):
            book = open_book(path, kind, name, limits, careful, before_fast)
            found = read_sheets(book, sheet, header_row, name, tell)
    for table in found:
        said = table.facts.get("notes", [])
        table.facts["notes"] = [*notes, *(said if isinstance(said, list) else [])]
    return found


def _of_text(found: Found) -> Found:
    found.facts["format"] = "csv"
    if found.is_result:
        found.facts["result_of"] = "unknown"
    return found


def _unlocked(path: Path, kind: Kind, folder: Path, name: str) -> tuple[Path, Kind, list[str]]:
    """A workbook that opens without a password, its kind, and what was done for it."""
    from syncjob.loader.crypt import NOTE, unlock
    from syncjob.loader.unpack import damaged

    unlocked = unlock(path, folder, name)
    if unlocked != path:
        return unlocked, sniff(unlocked, name), [NOTE]
    if kind == "encrypted":
        raise damaged(name)
    return path, kind, []


def _is_ours(path: Path) -> bool:
    """Whether a text file begins with the header of a result."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return all(mark in head for mark in _MARKS)


def _disguised(name: str, kind: Kind) -> str | None:
    """A sentence for a file whose ending says something else than its bytes."""
    ending = Path(name).suffix.lower()
    if kind == "encrypted" or kind in _ENDINGS.get(ending, (kind,)):
        return None
    what = _WHAT.get(kind, f"an {kind} workbook")
    return f"The name ends in {ending}, but it is {what}; it was read as such."
