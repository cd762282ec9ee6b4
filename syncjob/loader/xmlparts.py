"""XML parts of a workbook, walked piece by piece.

What enters: pieces of bytes and handlers by local name. What leaves: calls. Promised: a document type ends it
(`Forbidden`), prefixes don't matter, nothing is built in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.parsers import expat

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Forbidden(ValueError):
    """A document type declaration: only an attack writes one."""


class Enough(Exception):
    """Raised by a handler that has seen what it wanted."""


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def plain(attributes: Attributes) -> Attributes:
    """Attributes by local name."""
    return {local(name): value for name, value in attributes.items()}


def walk(pieces: Iterable[bytes], start: Start, end: End | None = None, text: Text | None = None) -> None:
    """Feed `pieces` to the handlers. Raises `expat.ExpatError` for what is no XML; `Enough` ends it quietly."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _forbid
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except Enough:
        return


def _forbid(*_: object) -> None:
    raise Forbidden("a document type is declared")
