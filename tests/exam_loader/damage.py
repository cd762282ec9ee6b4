"""What happens to lines on their way: each kind takes a row's fields as they stand in the file and gives damaged text.

A kind gives None where it doesn't apply to that row. `JOINED` kinds swallow the next line too.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.exam_loader.tools import Dialect

Kind = Callable[[Random, list[str], Dialect], str | None]


def _join(parts: list[str], dialect: Dialect) -> str:
    return dialect.delimiter.join(parts) + (dialect.delimiter if dialect.trailing else "")


def _inside(rng: Random, text: str) -> int:
    """A place inside a text, between its quotes when it has some."""
    edge = 1 if text.startswith('"') and len(text) > 1 else 0
    return rng.randrange(edge, max(edge + 1, len(text) + 1 - edge))


def _plain(rng: Random, parts: list[str], least: int = 1) -> int | None:
    """The position of an unquoted cell with text."""
    found = [at for at, part in enumerate(parts) if len(part) >= least and '"' not in part]
    return rng.choice(found) if found else None


def _quoted(rng: Random, parts: list[str]) -> int | None:
    """The position of a quoted cell."""
    found = [at for at, part in enumerate(parts) if part.startswith('"') and part.endswith('"') and len(part) > 2]
    return rng.choice(found) if found else None


def _changed(parts: list[str], at: int, text: str) -> list[str]:
    return [text if place == at else part for place, part in enumerate(parts)]


def _put(mark: str, where: str) -> Kind:
    """A mark put into a cell: at its `front`, `end`, or somewhere in its `middle`; of an unquoted cell."""

    def kind(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
        at = _plain(rng, parts, 2)
        if at is None:
            return None
        text = parts[at]
        place = {"front": 0, "end": len(text), "middle": rng.randrange(1, len(text))}[where]
        return _join(_changed(parts, at, text[:place] + mark + text[place:]), dialect)

    return kind


def _within(mark: str) -> Kind:
    """A mark put inside any cell, quoted or not."""

    def kind(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
        filled = [at for at, part in enumerate(parts) if part not in ("", '""')]
        at = rng.choice(filled)
        place = _inside(rng, parts[at])
        return _join(_changed(parts, at, parts[at][:place] + mark + parts[at][place:]), dialect)

    return kind


def bare_quotes(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """Quotes inside a quoted cell that nobody doubled."""
    at = _quoted(rng, parts)
    if at is None:
        return None
    text = parts[at]
    place = _inside(rng, text)
    return _join(_changed(parts, at, text[:place] + rng.choice(('"', ' "x" ', '"x"')) + text[place:]), dialect)


def lost_closing(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A quoted cell without its last quote."""
    at = _quoted(rng, parts)
    return None if at is None else _join(_changed(parts, at, parts[at][:-1]), dialect)


def lost_opening(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A quoted cell without its first quote."""
    at = _quoted(rng, parts)
    return None if at is None else _join(_changed(parts, at, parts[at][1:]), dialect)


def stray_delimiter(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A delimiter in an unquoted cell."""
    return _put(dialect.delimiter, "middle")(rng, parts, dialect)


def extra_field(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A filled field too many at the end."""
    return dialect.delimiter.join([*parts, "extra"])


def lost_field(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A field that isn't there."""
    if len(parts) < 2:
        return None
    at = rng.randrange(len(parts))
    return _join(parts[:at] + parts[at + 1 :], dialect)


def raw_newline(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A newline in an unquoted cell: the line falls in two."""
    return _put(dialect.newline, "middle")(rng, parts, dialect)


def cut(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A line of which the rest is missing."""
    text = _join(parts, dialect)
    return text[: rng.randrange(1, len(text))] if len(text) > 1 else None


def bad_bytes(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """Bytes that are no text in UTF-8."""
    if dialect.encoding != "utf-8":
        return None
    return _within(rng.choice(("\udcff", "\udce9", "\udcf0\udc9f")))(rng, parts, dialect)


def other_delimiter(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A line written by hand with another delimiter."""
    return None if len(parts) < 2 else (";" if dialect.delimiter != ";" else ",").join(parts)


def rubbish(rng: Random) -> str:
    """A line of something else."""
    lines = ("<<<<<<< HEAD", "<br />", "Warning: timeout, retrying", "\x00\x01\x02\x7f", "ERROR 2013 (HY000)")
    return rng.choice(lines)


def nul_block(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """A block of NULs, as a disk leaves it after a crash."""
    return _within("\x00" * rng.choice((16, 512)))(rng, parts, dialect)


def wild_quotes(rng: Random, parts: list[str], dialect: Dialect) -> str | None:
    """Three quotes at random places."""
    text = _join(parts, dialect)
    for _ in range(3):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + '"' + text[place:]
    return text


KINDS: dict[str, Kind] = {
    "quote before a cell": _put('"', "front"),
    "quote inside a cell": _put('"', "middle"),
    "quote after a cell": _put('"', "end"),
    "quotes not doubled": bare_quotes,
    "closing quote lost": lost_closing,
    "opening quote lost": lost_opening,
    "three wild quotes": wild_quotes,
    "delimiter in a cell": stray_delimiter,
    "a field too many": extra_field,
    "a field missing": lost_field,
    "newline in a cell": raw_newline,
    "lone CR": _within("\r"),
    "lone LF": _within("\n"),
    "vertical tab": _within("\x0b"),
    "form feed": _within("\x0c"),
    "line separator": _within("\u2028"),
    "next line": _within("\x85"),
    "NUL": _within("\x00"),
    "NUL block": nul_block,
    "control-Z": _within("\x1a"),
    "BOM inside": _within("\ufeff"),
    "bytes of no text": bad_bytes,
    "line cut": cut,
    "another delimiter": other_delimiter,
}
JOINED = "newline lost"
"""Two lines become one; both rows are damaged."""

REPEATED = "header repeated"
"""Files put together: the header (with its BOM) stands between the rows; no row is damaged."""

MIXED = "newlines mixed"
"""From some line on the newlines are others; no row is damaged."""

GARBAGE = "garbage line"
"""A line of something else stands between the rows; no row is damaged."""

TORN = "file cut off"
"""The file ends within its last row, as after a broken download."""

ALL = ("none", *KINDS, JOINED, REPEATED, MIXED, GARBAGE, TORN)
