"""Hostile files: a seed → bytes made of a valid file by flipping, cutting, splicing, and tampering inside archives."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from tests.exam_loader.cases import case

TOKENS = (
    *(b'"', b"'", b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a"),
    *(b"<", b">", b"&", b"&lt;", b"&#0;", b"&#x110000;", b"<!DOCTYPE x>", b"<![CDATA[", b"-->", b"</", b"<row>"),
    *(b"0", b"-1", b"1048577", b"4294967295", b"9" * 20, b"1e999", b"NaN", b"XFD1048576", b"A0", b"ZZZZ1", b"<c r="),
    *(b"sep=", b"sync_outcome", b'r="', b't="s"', b"<v>", b'table:number-rows-repeated="999999999"'),
    b'colspan="99999"',
)
Mutation = Callable[[Random, bytes, bytes], bytes]


def flipped(rng: Random, data: bytes, _other: bytes) -> bytes:
    """Some bits are others."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20, 200))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def cut(rng: Random, data: bytes, _other: bytes) -> bytes:
    """The begin or the end is missing."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.7 else data[at:]


def spliced(rng: Random, data: bytes, other: bytes) -> bytes:
    """A piece of another file stands in it."""
    at, start = rng.randrange(len(data)), rng.randrange(len(other))
    piece = other[start : start + rng.randrange(1, 4000)]
    return data[:at] + piece + data[at + rng.choice((0, len(piece))) :]


def repeated(rng: Random, data: bytes, _other: bytes) -> bytes:
    """A piece stands in it many times."""
    at = rng.randrange(len(data))
    end = at + rng.randrange(1, 300)
    return data[:at] + data[at:end] * rng.choice((2, 30, 2000)) + data[end:]


def sprinkled(rng: Random, data: bytes, _other: bytes) -> bytes:
    """Signs that mean something stand where they should not."""
    for _ in range(rng.choice((1, 2, 10, 60))):
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice(TOKENS) + data[at + rng.choice((0, 0, 1, 5)) :]
    return data


def counted(rng: Random, data: bytes, _other: bytes) -> bytes:
    """A number in it is another."""
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return data
    at = rng.choice(found)
    return data[: at.start()] + rng.choice((b"0", b"-1", b"65536", b"2147483648", b"9" * 30)) + data[at.end() :]


PLAIN: tuple[Mutation, ...] = (flipped, cut, spliced, repeated, sprinkled, counted)


def tampered(rng: Random, data: bytes, other: bytes) -> bytes:
    """An archive whose parts are changed inside, renamed, doubled, missing or swapped; the archive itself is sound."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error, EOFError):
        return flipped(rng, data, other)
    names = sorted(name for name in parts if parts[name])
    if not names:
        return flipped(rng, data, other)
    for _ in range(rng.choice((1, 1, 2, 4))):
        name = rng.choice(names)
        way = rng.randrange(8)
        if way == 0:
            parts.pop(name, None)
        elif way == 1:
            parts[name + rng.choice(("x", "/", "/../y"))] = parts.get(name, b"")
        elif way == 2:
            parts[name] = parts.get(rng.choice(names), b"")
        elif parts.get(name):
            parts[name] = rng.choice(PLAIN)(rng, parts[name], other)
    return packed(parts)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def mutant(seed: int, corpus: Path) -> tuple[str, bytes]:
    """The hostile file of a seed: a name, and its bytes. `corpus`: a folder of valid workbooks."""
    rng = Random(seed)
    files = sorted(corpus.iterdir())
    own = rng.random() < 0.4
    path = rng.choice(files)
    data = case(seed).data if own else path.read_bytes()
    other = rng.choice(files).read_bytes()
    for _ in range(rng.choice((1, 1, 2, 3))):
        if data:
            archive = data.startswith(b"PK") and rng.random() < 0.8
            data = (tampered if archive else rng.choice(PLAIN))(rng, data, other)
    return f"{seed}{'.csv' if own else path.suffix}", data[: 4 << 20]
