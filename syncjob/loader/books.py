"""The engine for a file, by its kind.

What enters: a path and its kind. What leaves: an open `Workbook`. Promised: whatever an engine raises at a damaged file
becomes one sentence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from syncjob.loader.grid import Grid, TooMuch
from syncjob.loader.limits import ReadLimits
from syncjob.loader.refusal import refuse
from syncjob.loader.sniff import Kind
from syncjob.loader.unpack import BROKEN, check_archive, damaged
from syncjob.loader.xmlparts import Forbidden


class Workbook(Protocol):
    """An open workbook. `sheets` names its sheets and says whether people see them; `run` the run that made it."""

    format: str
    run: str | None
    sheets: tuple[tuple[str, bool], ...]

    def peek(self, sheet: str, lines: int) -> Grid:
        """At least the first filled lines of a sheet."""
        ...

    def read(self, sheet: str) -> Grid:
        """A whole sheet."""
        ...


@contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Turn what engines raise at damaged files into `SourceError`."""
    try:
        yield
    except Forbidden as error:
        raise refuse(name, "it declares XML entities, as only an attack does", "Ask for the file again.") from error
    except TooMuch as error:
        raise refuse(name, "it holds more than is read", "Split it into smaller files.") from error
    except BROKEN as error:
        raise damaged(name) from error


def open_book(
    path: Path, kind: Kind, name: str, limits: ReadLimits, careful: bool = False, fast: Callable[[], None] | None = None
) -> Workbook:
    """The workbook at `path`. `fast` is called before an engine is used that a hostile file can make abort."""
    if kind in ("xlsx", "xlsb", "ods"):
        check_archive(path, name, limits)
    with one_sentence(name):
        return _opened(path, kind, name, limits, careful, fast)


def _opened(
    path: Path, kind: Kind, name: str, limits: ReadLimits, careful: bool, fast: Callable[[], None] | None
) -> Workbook:
    if kind == "xlsx":
        from syncjob.loader.xlsx import XlsxBook

        return XlsxBook(path, limits, careful, before_fast=fast)
    if kind in ("xls", "xlsb"):
        return _binary(path, kind, name)
    if kind in ("ods", "fods"):
        from syncjob.loader.ods import OdsBook

        _refuse_locked(path, kind, name)
        return OdsBook(path, limits, flat=kind == "fods")
    if kind == "html":
        from syncjob.loader.html import HtmlBook

        return HtmlBook(path, name)
    from syncjob.loader.xml2003 import XmlBook

    return XmlBook(path)


def _binary(path: Path, kind: str, name: str) -> Workbook:
    from python_calamine import PasswordError

    from syncjob.loader.calamine import BinaryBook

    try:
        return BinaryBook(path, kind)
    except PasswordError as error:
        raise refuse(name, "it is protected by a password", "Save it without a password.") from error


def _refuse_locked(path: Path, kind: str, name: str) -> None:
    """An OpenDocument under a password says so in its manifest."""
    if kind == "fods":
        return
    with zipfile.ZipFile(path) as archive:
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
    if b"encryption-data" in manifest:
        raise refuse(name, "it is protected by a password", "Save it without a password.")
