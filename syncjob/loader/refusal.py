"""One sentence for every file that can't be read.

What enters: the file as named, what is wrong, what to do. What leaves: a `SourceError` (exit 4) ready to be raised.
"""

from __future__ import annotations

from syncjob.errors import SourceError
from syncjob.words import one_line

SAVE_AS = "Open it in a spreadsheet program and save it as .xlsx or .csv."


def refuse(
    name: str, why: str, advice: str = SAVE_AS, *, sheet: str | None = None, code: str = "source_unreadable"
) -> SourceError:
    """`NAME (sheet SHEET): WHY.` with its advice; the caller raises it."""
    where = name if sheet is None else f"{name}, sheet {sheet}"
    return SourceError(one_line(f"{where}: {why}."), code=code, advice=one_line(advice))
