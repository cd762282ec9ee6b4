"""Long sheets are packed while they are made: their rows never lie on the disk unpacked.

What enters: the XML of rows, block by block, and the workbook that XlsxWriter made without them. What leaves: the
workbook with them. A background thread puts a block together and packs it while the cells of the next one are made.

A zip entry is one deflate stream, and deflate streams may be put together where each but the last ends at a full flush
(RFC 1951 3.2.3, 3.2.4); the checksum of the whole follows from those of the parts.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

engine: ModuleType = zlib
try:
    from isal import isal_zlib
except ImportError:  # a processor that it is not made for
    pass
else:
    engine = isal_zlib  # a quarter of zlib's time

MARK = b"<!--rows-->"
"""Where the rows belong in the XML of their sheet."""

LEVEL = 2
"""Of packing: a tenth of the time of zlib's usual level, for a workbook a quarter larger."""

FEW = 1_000
"""Rows up to which a block is packed at once: to hand it to the background would cost more."""

AHEAD = 3
"""Blocks that may wait to be packed: memory is bounded."""

_COPIED = 1 << 20
_DATED = (1980, 1, 31, 0, 0, 0)


@dataclass
class Packed:
    """A piece of a deflate stream: checksum and length of what was packed."""

    crc: int = 0
    size: int = 0


class Rows:
    """Takes the rows of a sheet, keeps them packed in a file beside the workbook. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told = Packed()
        self._file: BinaryIO = path.open("wb")
        self._packer = engine.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="packing")
        self._waiting: deque[Future[None]] = deque()

    def write(self, make: Callable[[], memoryview], count: int = FEW + 1) -> None:
        """Take a block of `count` rows. A long one is made in the background, too; waits only when several wait."""
        if count <= FEW and not self._waiting:
            self._pack(make)
            return
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._pack, make))

    def close(self) -> None:
        """Nothing more comes; the file is whole when this returns. Once is enough, twice does no harm."""
        if self._file.closed:
            return
        try:
            while self._waiting:
                self._waiting.popleft().result()
            self._file.write(self._packer.flush(zlib.Z_FULL_FLUSH))
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)
            self._file.close()

    def _pack(self, make: Callable[[], memoryview]) -> None:
        block = make()
        self.told.crc = zlib.crc32(block, self.told.crc)
        self.told.size += len(block)
        self._file.write(self._packer.compress(block))


def put_together(bare: BinaryIO, rows: dict[str, Rows], path: Path) -> None:
    """The workbook `bare` with the `rows` of its entries, at `path`. Raises OSError."""
    with ZipFile(bare) as source, ZipFile(path, "w", ZIP_DEFLATED, compresslevel=LEVEL) as target:
        for entry in source.infolist():
            about = ZipInfo(entry.filename, _DATED)
            about.external_attr = entry.external_attr
            if entry.filename in rows:
                _put_sheet(target, about, source.read(entry), rows[entry.filename])
            else:
                about.compress_type = ZIP_DEFLATED
                target.writestr(about, source.read(entry))


def _put_sheet(target: ZipFile, about: ZipInfo, xml: bytes, rows: Rows) -> None:
    """One entry out of packed pieces: stored as they are, and then told as what they are."""
    before, after = xml.split(MARK)
    about.compress_type = ZIP_STORED
    with target.open(about, "w", force_zip64=True) as entry:
        for piece in (_packed(before, zlib.Z_FULL_FLUSH), *_blocks(rows.path), _packed(after, zlib.Z_FINISH)):
            entry.write(piece)
    about.compress_type = ZIP_DEFLATED
    about.file_size = len(before) + rows.told.size + len(after)
    crc = joined_crc(zlib.crc32(before), rows.told.crc, rows.told.size)
    about.CRC = joined_crc(crc, zlib.crc32(after), len(after))
    file = target.fp
    assert file is not None
    end = file.tell()
    file.seek(about.header_offset)
    file.write(about.FileHeader(zip64=True))
    file.seek(end)


def _packed(text: bytes, ending: int) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush(ending)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_COPIED):
            yield block


def joined_crc(first: int, second: int, length: int) -> int:
    """The CRC-32 of two pieces put together, from theirs and the `length` of the second.

    Zeros behind a piece change its checksum linearly over GF(2): by a matrix for each power of two in their number.
    """
    power = 0
    while length:
        if length & 1:
            first = _times(_zeros(power), first)
        power += 1
        length >>= 1
    return first ^ second


@cache
def _zeros(power: int) -> tuple[int, ...]:
    """What 2 to the `power` zero bytes do to a checksum: the matrix for half as many, squared."""
    if power:
        return _squared(_zeros(power - 1))
    matrix = (0xEDB88320, *(1 << bit for bit in range(31)))
    for _ in range(3):  # one bit → one byte
        matrix = _squared(matrix)
    return matrix


def _squared(columns: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_times(columns, column) for column in columns)


def _times(matrix: tuple[int, ...], vector: int) -> int:
    total = 0
    for column in matrix:
        if vector & 1:
            total ^= column
        vector >>= 1
        if not vector:
            break
    return total
