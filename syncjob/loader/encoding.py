"""Bytes of a text file → UTF-8, and which encoding they were in.

What enters: the whole file. What leaves: `Decoded`: the same text in UTF-8 without a mark, the encoding's name (a codec
name that `encoding:` of the config takes), notes. Promised: no byte makes it fail; nothing is replaced silently.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

from syncjob.loader.marked import marked_lines
from syncjob.loader.refusal import refuse

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),  # before UTF-16: its mark begins with theirs
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_HIGH = re.compile(rb"[\x80-\xff]")
_NEWLINE = re.compile(rb"\r\n|\r|\n")
_SAMPLE = 20_000  # lines beyond ASCII that decide between two encodings
_RARE = 20  # bytes of another encoding for one pair of them that happens to be UTF-8
_WINDOWS = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(256))
"""Windows-1252 as browsers read it: its five empty places stand for themselves, so every byte is some character."""


@dataclass(frozen=True)
class Decoded:
    """A text file in UTF-8 without a mark."""

    data: bytes
    encoding: str
    notes: tuple[str, ...] = ()
    torn: bool = False  # the last character is incomplete: the file was cut off


def decode(data: bytes, encoding: str, name: str) -> Decoded:
    """`data` in UTF-8. `encoding` is "auto" or a codec's name; an unknown one is a `SourceError`."""
    if encoding != "auto":
        return _stated(data, encoding, name)
    for mark, shown, codec in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], shown, codec)
    wide = _wide(data[: 1 << 16])
    if wide:
        return _marked(data, wide, wide)
    return _narrow(data, "utf-8")


def _stated(data: bytes, encoding: str, name: str) -> Decoded:
    try:
        codec = codecs.lookup(encoding)
    except LookupError as error:
        why = f"{encoding!r} is not an encoding we know"
        raise refuse(name, why, "Use auto, utf-8, utf-16 or windows-1252.", code="config_invalid") from error
    for mark, _, marked in _MARKS:
        if data.startswith(mark) and codec.name in ("utf-8", "utf-8-sig", "utf-16", "utf-32", marked):
            return _marked(data[len(mark) :], encoding, marked)
    if codec.name == "cp1252":
        return Decoded(_from_windows(data), encoding)
    try:
        return Decoded(codec.decode(data, "strict")[0].encode(), encoding)
    except (UnicodeError, AttributeError, TypeError):
        pass
    try:
        text = codec.decode(data, "replace")[0].encode("utf-8", "replace")
    except (UnicodeError, AttributeError, TypeError, ValueError) as error:
        raise refuse(
            name, f"it can't be read as {encoding}", "Set encoding: auto.", code="source_unreadable"
        ) from error
    return Decoded(text, encoding, (f"Some bytes are not {encoding}; each became the sign �.",))


def _marked(data: bytes, shown: str, codec: str) -> Decoded:
    """What a mark declares. Damage costs single characters, an incomplete last one says the file was cut off."""
    if codec == "utf-8":
        return _narrow(data, shown)
    unit = 4 if codec.startswith("utf-32") else 2
    torn = len(data) % unit != 0
    text = data[: len(data) - len(data) % unit].decode(codec, "replace")
    notes = ("Some characters are damaged; each became the sign �.",) if "\ufffd" in text else ()
    return Decoded(text.removeprefix("\ufeff").encode(), shown, notes, torn)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half < 2:
        return None
    if odd * 10 > half * 4 and even * 20 < odd:
        return "utf-16-le"
    if even * 10 > half * 4 and odd * 20 < even:
        return "utf-16-be"
    return None


def _narrow(data: bytes, shown: str) -> Decoded:
    """UTF-8; else UTF-8 with foreign lines in it; else Windows-1252."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(data) and len(data) - error.start < 4:
            clean = _narrow(data[: error.start], shown)
            if clean.encoding == shown and _is_multibyte(data[: error.start]):
                return Decoded(clean.data, shown, clean.notes, torn=True)
    else:
        return Decoded(data, shown)
    good, bad = _tally(data)
    if shown == "utf-8-sig" or good * _RARE > bad:
        notes = ("Some lines are not UTF-8; they were read as Windows-1252.",)
        return Decoded(data.decode("utf-8", _FOREIGN).encode(), shown, notes)
    if _from_old_mac(data):
        note = "The file is not UTF-8; it was read as Mac Roman, as its lines end like those of old Mac programs."
        return Decoded(data.decode("mac-roman").encode(), "mac-roman", (note,))
    note = "The file is not UTF-8; it was read as Windows-1252."
    return Decoded(_from_windows(data), "windows-1252", (note,))


def _from_old_mac(data: bytes) -> bool:
    """Whether lines end with CR alone, as the first does, and what is beyond ASCII is rather letters in Mac Roman."""
    first = _NEWLINE.search(data)
    if first is None or first[0] != b"\r" or data.count(b"\r") - data.count(b"\n") < 2:
        return False
    high = bytes(byte for byte in data[:1_000_000] if byte > 127)
    return _letters(high.decode("mac-roman")) >= _letters(_from_windows(high).decode())


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _is_multibyte(data: bytes) -> bool:
    return not data.isascii() or len(data) > 1


def _tally(data: bytes) -> tuple[int, int]:
    """In the first lines beyond ASCII: how many characters are UTF-8, how many bytes are not."""
    good = bad = 0
    for line in islice(marked_lines(data, _HIGH), _SAMPLE):
        text = line.decode("utf-8", "replace")
        lost = text.count("\ufffd")
        good += len(text) - len(text.encode("ascii", "ignore")) - lost
        bad += lost
    return good, bad


def _from_windows_too(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8, taken from Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)
    return _from_windows(error.object[error.start : error.end]).decode(), error.end


_FOREIGN = "syncjob-windows"
codecs.register_error(_FOREIGN, _from_windows_too)


def _from_windows(data: bytes) -> bytes:
    return codecs.charmap_decode(data, "strict", _WINDOWS)[0].encode()
