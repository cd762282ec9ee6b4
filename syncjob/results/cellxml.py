"""Whole columns of text become the cells of a worksheet's XML: fast, and nothing can become a formula. Pure.

XlsxWriter takes one cell a call, five million calls for 200,000 rows. Here a column is a handful of Arrow operations.
Rules (ECMA-376 18.3.1.4, 22.9.2.19): every cell is a string, inline or shared; characters XML can't hold, and CR,
become `_xHHHH_`; a literal `_xHHHH_` gets its `_` escaped; what a cell can't hold is cut, visibly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.texts import content, joined, offsets

MOST = 32_767
"""UTF-16 units a cell holds."""

MOST_COLUMNS = 16_384

FEW = 1_000
"""Different texts in a block of rows up to which they are shared."""

ONE_BY_ONE = 32
"""Cells up to which each is made by itself: to ask a whole column costs more."""

_TEXT = pa.large_string()

LINE_POINTS, MOST_LINES = 15, 8

CUT = "… [cut: too long for a cell]"

_UNUSUAL = r"[\x00-\x1f\x7f-\x9f\x{fffe}\x{ffff}]|_x[0-9a-fA-F]{4}_|\A\s|\s\z"
"""Texts that need a closer look (RE2)."""

_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_ESCAPES = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
_NEVER = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
"""What no reader gives back: lone surrogates and noncharacters."""


def cut(text: str) -> str:
    """`text`, shortened with a visible mark where a cell can't hold it. What XML has no way to say becomes U+FFFD."""
    if len(text) * 2 > MOST and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MOST:
        room = (MOST - len(CUT)) * 2
        text = text.encode("utf-16-le", "surrogatepass")[:room].decode("utf-16-le", "ignore") + CUT
    return _NEVER.sub("\ufffd", text)


def escape(text: str) -> str:
    """`text` as the content of a `<t>` element that every reader decodes to the same text."""
    text = _ESCAPES.sub("_x005F_", text)
    text = _CONTROLS.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    for raw, entity in _ENTITIES:
        text = text.replace(raw, entity)
    return text


def cell(reference: str, style: int, text: str) -> str:
    """One cell; an empty one still carries its style."""
    if not text:
        return f'<c r="{reference}" s="{style}"/>'
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(cut(text))}</t></is></c>'


def rich(reference: str, style: int, runs: Sequence[tuple[str, str, bool]]) -> str:
    """One cell of several runs, each a text, its colour (ARGB), and whether it is bold."""
    said = "".join(
        f'<r><rPr>{"<b/>" if bold else ""}<sz val="11"/><color rgb="{colour}"/><rFont val="Calibri"/><family val="2"/>'
        f'</rPr><t xml:space="preserve">{escape(cut(text))}</t></r>'
        for text, colour, bold in runs
    )
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is>{said}</is></c>'


Texts: TypeAlias = pa.Array | pa.ChunkedArray
"""A column of texts (large_string, none missing)."""

Part: TypeAlias = pa.Array | str
"""A piece of every row's XML: its own for each row, or the same for all."""


class Shared(Protocol):
    """The workbook's table of texts that stand in many cells: text → its place."""

    def __call__(self, text: str, times: int) -> int: ...


def column(letter: str, style: int, numbers: pa.Array, texts: pa.Array, shared: Shared | None = None) -> list[Part]:
    """The cells of one column, as parts of their rows; nothing where a cell is empty (the column's own style shows).

    `shared` takes texts of which there are few, so that each is written once.
    """
    length = len(texts)
    if length <= ONE_BY_ONE:
        return _one_by_one(letter, style, numbers, texts)
    filled = np.diff(offsets(texts)) > 0
    count = int(filled.sum())
    if not count:
        return []
    opening = f'<c r="{letter}'
    tails = _shared_tails(style, texts, shared) if shared else None
    parts = [opening, numbers, *tails] if tails else _inline(opening, letter, style, numbers, texts)
    if count == length:
        return parts
    return [pc.if_else(pa.array(filled), _joined(*parts), "")]


def rows(
    numbers: pa.Array, columns: Sequence[Sequence[Part]], wrapped: Sequence[tuple[pa.Array, int]] = (), height: int = 0
) -> memoryview:
    """Whole `<row>` elements in UTF-8, `height` points high.

    `wrapped`: texts that wrap at so many characters, and so decide where `height` (0) leaves it to them.
    """
    heights: Part = f'" ht="{height}" customHeight="1">' if height else '">'
    if wrapped:
        heights = _heights(wrapped)
    parts = [part for cells in columns for part in cells]
    return content(_joined('<row r="', numbers, heights, *parts, "</row>"))


def replaced(parts: Sequence[Part], length: int, cells: Mapping[int, str]) -> list[Part]:
    """`parts` with other cells in some lines."""
    whole = _joined(*parts, length=length)
    mask = np.zeros(length, dtype=np.bool_)
    mask[sorted(cells)] = True
    return [pc.replace_with_mask(whole, pa.array(mask), pa.array([cells[at] for at in sorted(cells)], _TEXT))]


def _one_by_one(letter: str, style: int, numbers: pa.Array, texts: pa.Array) -> list[Part]:
    pairs = zip(numbers.to_pylist(), texts.to_pylist(), strict=True)
    cells = [cell(f"{letter}{row}", style, text) if text else "" for row, text in pairs]
    return [pa.array(cells, _TEXT)] if any(cells) else []


def _inline(opening: str, letter: str, style: int, numbers: pa.Array, texts: pa.Array) -> list[Part]:
    """Cells that hold their text themselves; unusual ones are made one by one."""
    found = _look(texts)
    plain = texts
    for raw, entity in _ENTITIES:
        if raw in found.entities:
            plain = pc.replace_substring(plain, raw, entity)
    parts: list[Part] = [opening, numbers, f'" s="{style}" t="inlineStr"><is><t>', plain, "</t></is></c>"]
    if not found.unusual:
        return parts
    long = pc.greater(pc.utf8_length(texts), MOST // 2)
    lines = np.flatnonzero(pc.or_(pc.match_substring_regex(texts, _UNUSUAL), long))
    pairs = zip(lines.tolist(), numbers.take(lines).to_pylist(), texts.take(lines).to_pylist(), strict=True)
    return replaced(parts, len(texts), {at: cell(letter + row, style, text) for at, row, text in pairs})


def _shared_tails(style: int, texts: pa.Array, shared: Shared) -> list[Part] | None:
    """What follows the row's number in cells that name a shared text; None where there are too many texts.

    Unusual texts are never shared: how they are written is said in one place, `cell`.
    """
    if len(pc.unique(texts.slice(0, 2 * FEW))) > FEW:  # so the whole need not be asked
        return None
    coded = pc.dictionary_encode(texts)
    if len(coded.dictionary) > FEW or _look(coded.dictionary).unusual:
        return None
    several = coded.dictionary.to_pylist()
    if any(text.startswith("<r>") for text in several):  # which XlsxWriter takes for markup
        return None
    times = np.bincount(np.asarray(coded.indices), minlength=len(several)).tolist()
    tails = [
        f'" s="{style}" t="s"><v>{shared(cut(t), n) if t else 0}</v></c>' for t, n in zip(several, times, strict=True)
    ]
    return [tails[0]] if len(tails) == 1 else [pa.array(tails, _TEXT).take(coded.indices)]


@dataclass(frozen=True)
class _Look:
    """Whether any of some texts needs a closer look, and which characters need an entity."""

    unusual: bool
    entities: str


def _look(texts: pa.Array) -> _Look:
    """By the bytes themselves: a hundred times faster than asking each text."""
    bounds, data = offsets(texts), np.frombuffer(content(texts), np.uint8)
    bounds = bounds - bounds[0]
    entities = "".join(mark for mark in "&<>" if (data == ord(mark)).any())
    starts, ends = bounds[:-1][bounds[1:] > bounds[:-1]], bounds[1:][bounds[1:] > bounds[:-1]]
    unusual = (
        bool((data < 0x20).any() or (data == 0x7F).any())
        or bool((data[starts] == 0x20).any() or (data[ends - 1] == 0x20).any())
        or bool(np.diff(bounds).max(initial=0) > MOST // 2)
        or _pair(data, ord("_"), ord("x"), ord("x"))
        or _pair(data, 0xC2, 0x80, 0x9F)
        or _pair(data, 0xBF, 0xBE, 0xBF)
    )
    return _Look(unusual, entities)


def _pair(data: np.ndarray[tuple[int], np.dtype[np.uint8]], first: int, low: int, high: int) -> bool:
    """Whether a byte `first` is followed by one between `low` and `high`."""
    at = np.flatnonzero(data[:-1] == first) + 1
    return bool(((data[at] >= low) & (data[at] <= high)).any())


def lines_of(text: str | None, width: int) -> int:
    """How many lines `text` fills where `width` characters fit on one: broken between words, long words within."""
    if not text or (len(text) <= width and "\n" not in text):
        return 1
    count = 0
    for part in text.split("\n"):
        left, count = width, count + 1
        for word in part.split(" "):
            if len(word) > left and left < width:
                left, count = width, count + 1
            more = max(0, -(-len(word) // width) - 1)
            left, count = left - (len(word) - more * width) - 1, count + more
        if count > MOST_LINES:
            break
    return count


def _heights(wrapped: Sequence[tuple[pa.Array, int]]) -> pa.Array:
    """The end of each row's opening tag, with its height where a text needs more than one line."""
    needed = [pa.array([lines_of(text, width) for text in texts.to_pylist()], pa.int64()) for texts, width in wrapped]
    lines = pc.min_element_wise(pc.max_element_wise(*needed), MOST_LINES)
    points = pc.cast(pc.multiply(lines, LINE_POINTS), _TEXT)
    return pc.if_else(pc.greater(lines, 1), _joined('" ht="', points, '" customHeight="1">'), '">')


def _joined(*parts: Part, length: int = 0) -> pa.Array:
    """`parts` put together line by line; `length` counts where none of them is a column."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if not any(isinstance(part, pa.Array) for part in merged):
        return pa.repeat(pa.scalar("".join(map(str, merged)), _TEXT), length)
    return joined(*merged)
