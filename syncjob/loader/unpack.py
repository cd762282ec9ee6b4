"""Workbooks are zip archives: judged before any engine sees them.

What enters: a path. What leaves: nothing, or `SourceError` for a bomb. Promised: no part that was passed here unpacks
to more than the limits say, and no part declares entities of its own.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError
from zlib import error as ZlibError  # noqa: N812

from syncjob.errors import SourceError
from syncjob.loader.limits import MB, ReadLimits
from syncjob.loader.refusal import refuse

BROKEN = (
    *(zipfile.BadZipFile, ZlibError, struct.error, ExpatError, EOFError, OSError, RuntimeError, NotImplementedError),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError),
)
"""What the libraries that read archives and workbooks raise at damaged ones."""

_ASK = "Ask for the file again, saved by a spreadsheet program."
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_HEAD = 1 << 16


def damaged(name: str) -> SourceError:
    """The sentence for a workbook whose parts can't be read."""
    return refuse(name, "the workbook is cut off or damaged", "Copy or download it again, or save it again.")


def check_archive(path: Path, name: str, limits: ReadLimits) -> None:
    """Refuse bombs: too many parts, too much content, entity declarations."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_sizes(entries, name, limits)
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels")):
                    _check_prolog(archive, entry, name)
    except BROKEN as error:
        raise damaged(name) from error


def _check_sizes(entries: list[zipfile.ZipInfo], name: str, limits: ReadLimits) -> None:
    if len(entries) > limits.entries:
        raise refuse(name, f"the workbook has {len(entries):,} parts, more than a spreadsheet has", _ASK)
    if any(entry.flag_bits & 1 for entry in entries):
        raise refuse(name, "it is protected by a password", "Save it without a password.")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if unpacked > limits.unpacked:
        raise refuse(name, f"it unpacks to {unpacked // MB:,} MB, more than is read", "Split it into smaller files.")
    if unpacked > 64 * MB and unpacked > packed * limits.ratio:
        raise refuse(name, f"it unpacks to {unpacked // packed:,} times its size, as only a zip bomb does", _ASK)


def _check_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """A document type can stand only before the first element; no spreadsheet program writes one."""
    with archive.open(entry) as part:
        head = part.read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while match := _PROLOG.match(head, at):
        at = match.end()
    if head[at : at + 2] == b"<!":
        raise refuse(name, f"its part {entry.filename} declares XML entities, as only an attack does", _ASK)


def stream(archive: zipfile.ZipFile, entry: str, size: int = MB) -> Iterator[bytes]:
    """The unpacked bytes of `entry` in pieces of `size`; never more than the archive's directory says."""
    with archive.open(entry) as part:
        while piece := part.read(size):
            yield piece


def find(archive: zipfile.ZipFile, wanted: str) -> str | None:
    """The archive's own spelling of `wanted`: names differ in case, slashes and a leading slash between writers."""
    plain = wanted.replace("\\", "/").lstrip("/").lower()
    for entry in archive.namelist():
        if entry.replace("\\", "/").lstrip("/").lower() == plain:
            return entry
    return None
