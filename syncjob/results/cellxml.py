"""Whole columns of text become the cells of a worksheet's XML: fast, and nothing can become a formula. Pure.

XlsxWriter takes one cell a call, five million calls for 200,000 rows. Here a column is a handful of Arrow operations;
`grid.TextWorksheet` puts the result where XlsxWriter keeps its rows. Rules (ECMA-376 18.3.1.4, 22.9.2.19): every cell
is an inline string; characters XML can't hold, and CR, become `_xHHHH_`; a literal `_xHHHH_` gets its `_` escaped;
what a cell can't hold is cut, visibly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MOST = 32_767
"""UTF-16 units a cell holds."""

MOST_COLUMNS = 16_384

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


def column(letter: str, style: int, numbers: pa.Array, texts: pa.Array) -> pa.Array:
    """The cells of one column, one entry per row; "" where the cell is empty (the column's own style shows)."""
    length = pc.utf8_length(texts)
    if pc.any(pc.match_substring_regex(texts, _UNUSUAL)).as_py() or (pc.max(length).as_py() or 0) * 2 > MOST:
        pairs = zip(numbers.to_pylist(), texts.to_pylist(), strict=True)
        return pa.array([cell(letter + row, style, text) if text else "" for row, text in pairs], pa.large_string())
    for raw, entity in _ENTITIES:
        texts = pc.replace_substring(texts, raw, entity)
    parts = (f'<c r="{letter}', numbers, f'" s="{style}" t="inlineStr"><is><t>', texts, "</t></is></c>")
    return pc.if_else(pc.equal(length, 0), "", _joined(*parts))


def rows(
    numbers: pa.Array, columns: Sequence[pa.Array], wrapped: Sequence[tuple[pa.Array, int]] = (), height: int = 0
) -> str:
    """Whole `<row>` elements, `height` points high.

    `wrapped`: texts that wrap at so many characters, and so decide where `height` (0) leaves it to them.
    """
    heights: pa.Array | str = f'" ht="{height}" customHeight="1">' if height else '">'
    if wrapped:
        heights = _heights(wrapped)
    return "".join(_joined('<row r="', numbers, heights, *columns, "</row>").to_pylist())


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
    points = pc.cast(pc.multiply(lines, LINE_POINTS), pa.large_string())
    return pc.if_else(pc.greater(lines, 1), _joined('" ht="', points, '" customHeight="1">'), '">')


def _joined(*parts: pa.Array | str) -> pa.Array:
    """`parts` put together line by line."""
    large = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*large, pa.scalar("", pa.large_string()))
