"""Long columns of text, asked by hashing their bytes: no text becomes a Python object, a million answer in a moment.

What enters: text columns and sets of texts. What leaves: masks and places. Missing texts are equal to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


_FEW = 4
"""How many times longer what is searched is than what is sought, before looking it through pays over a table of it."""


_STR = pd.StringDtype(na_value=np.nan)
"""The type of text columns, `schema.TEXT`."""


def arrow(texts: pd.Series | pa.Array | Collection[str]) -> pa.Array:
    """A column, or any texts, in one piece; missing is null."""
    if isinstance(texts, pa.Array):
        return texts
    found = as_it_lies(texts if isinstance(texts, pd.Series) else list(texts))
    if not isinstance(found, pa.ChunkedArray):
        return found
    return found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()  # which would copy even one


def as_it_lies(texts: pd.Series | list[str]) -> pa.Array | pa.ChunkedArray:
    """A column, in as many pieces as it lies in; missing is null."""
    plainly = isinstance(texts, pd.Series) and isinstance(texts.dtype, pd.StringDtype)
    given = texts.array if plainly else texts  # type: ignore[union-attr]  # the array is asked sooner than its series
    return pa.array(given, pa.large_string(), from_pandas=True)


def among(column: pd.Series, values: pd.Series | Collection[str]) -> pd.Series[bool]:
    """Which texts of `column` are among `values`. Missing is among none."""
    if not len(values) or not len(column):
        return pd.Series(False, index=column.index)
    return pd.Series(_mask(pc.is_in(arrow(column), value_set=arrow(values), skip_nulls=True)), index=column.index)


def one_of(column: pd.Series | pa.Array, values: Collection[str]) -> Mask:
    """Which texts of `column` are among a few `values`. Missing is among none."""
    return _mask(pc.is_in(arrow(column), value_set=arrow(values), skip_nulls=True))


def counted(column: pd.Series | pa.Array) -> dict[str, int]:
    """How often each text stands in `column`; the most frequent first, missing not at all."""
    found = pc.value_counts(arrow(column).drop_null())
    pairs = zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def mapped(texts: pa.Array, say: Callable[[str], str]) -> pa.Array:
    """What `say` makes of each text, asked once for every different one; missing stays."""
    coded = pc.dictionary_encode(texts)
    return pa.array(list(map(say, coded.dictionary.to_pylist())), pa.large_string()).take(coded.indices)


def frame_of(
    columns: Mapping[str, pa.Array | np.ndarray] | Mapping[int, pa.Array], index: pd.Index | None = None
) -> pd.DataFrame:
    """A frame of text columns, whose texts are not copied, and of columns of numbers."""
    texts = (pa.Array, pa.ChunkedArray)
    made = {name: _column(it) if isinstance(it, texts) else np.array(it) for name, it in columns.items()}
    return pd.DataFrame(made, index, copy=False)


def series(texts: pa.Array, index: pd.Index | None = None) -> pd.Series[str]:
    """A column of texts, which are not copied; null is missing."""
    large = texts if texts.type == pa.large_string() else texts.cast(pa.large_string())
    return pd.Series(_column(large), index=index, copy=False)


def _column(texts: pa.Array) -> pd.arrays.ArrowStringArray:
    return pd.arrays.ArrowStringArray(texts, dtype=_STR)  # type: ignore[call-arg]  # unknown to the stubs


def places(wanted: pd.Series, there: pd.Series) -> Places:
    """For each text of `wanted` the first position in `there` that holds it; -1: none."""
    asked, known = arrow(wanted), arrow(there)
    if len(asked) * _FEW >= len(known):
        return _index(asked, known)
    near = np.flatnonzero(_mask(pc.is_in(known, value_set=asked, skip_nulls=True)))
    found = _index(asked, known.take(near))
    found[found >= 0] = near[found[found >= 0]]
    return found


def _index(asked: pa.Array, known: pa.Array) -> Places:
    found = pc.index_in(asked, value_set=known, skip_nulls=True)
    return np.array(pc.fill_null(found, -1), dtype=np.int64)


def repeated(column: pd.Series, asked: pd.Series[bool] | None = None) -> Mask:
    """Which texts stand in `column` (where it is `asked`, if that is said) more than once, every place of them."""
    texts = arrow(column)
    if asked is not None and not asked.all():
        texts = pc.if_else(pa.array(asked), texts, None)
    coded = pc.dictionary_encode(texts)
    if len(coded.dictionary) == len(texts) - texts.null_count:
        return np.zeros(len(texts), dtype=np.bool_)
    codes = coded.indices
    known = _mask(pc.is_valid(codes))
    filled = np.asarray(pc.fill_null(codes, 0), dtype=np.int64)
    counts = np.bincount(filled[known], minlength=1)
    several: Mask = (counts[filled] > 1) & known
    return several


def differs(new: pd.Series, old: pd.Series) -> Mask:
    """Where `new` says something else than `old` holds, place by place; where it says nothing, it doesn't differ."""
    said, held = arrow(new), arrow(old)
    return _mask(pc.and_(pc.is_valid(said), pc.fill_null(pc.not_equal(said, held), True)))


def filled(texts: pd.Series) -> pd.Series[str]:
    """The column as text, "" where it is missing."""
    found = arrow(texts)
    return series(plain(found), texts.index) if found.null_count else texts


def plain(texts: pa.Array) -> pa.Array:
    """The texts, "" where one is missing; where none is, nothing is copied."""
    return pc.fill_null(texts, "") if texts.null_count else texts


def kinds(columns: Sequence[pd.Series | pa.Array]) -> tuple[Places, Places]:
    """Lines whose texts agree in all `columns` are of one kind: each line's kind, and the first line of each kind.

    Missing texts are of one kind, too. Kinds are numbered in the order of their first lines.
    """
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        coded = pc.dictionary_encode(arrow(column), null_encoding="encode")
        codes = codes * len(coded.dictionary) + np.asarray(coded.indices, dtype=np.int64)
    found, _ = pd.factorize(codes)
    first = np.full(int(found.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[found[::-1]] = np.arange(len(found), dtype=np.int64)[::-1]
    return found, first


ENDS = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u2060\ufeff"
)
"""What surrounds a text without being part of it: white space of every kind, zero-width marks."""


def trimmed(texts: pa.Array) -> pa.Array:
    """The texts without what surrounds them."""
    return pc.utf8_trim(texts, characters=ENDS)


def scattered(texts: Mapping[int, str], index: pd.Index) -> pd.Series[str]:
    """A column with a text at each of some places, missing elsewhere."""
    at = np.fromiter(sorted(texts), dtype=np.int64, count=len(texts))
    mask = np.zeros(len(index), dtype=np.bool_)
    mask[at] = True
    said = pa.array([texts[place] for place in at.tolist()], pa.large_string())
    made = pc.replace_with_mask(pa.nulls(len(index), pa.large_string()), pa.array(mask), said)
    return series(made, index)


def put(column: pd.Series, hit: pd.Series[bool], text: str | None) -> pd.Series[str]:
    """The column with `text` at the places that are `hit`, which is aligned with it."""
    said = pa.scalar(text, pa.large_string())
    return series(pc.if_else(pa.array(hit.to_numpy()), said, arrow(column)), column.index)


def joined(*parts: pa.Array | str) -> pa.Array:
    """`parts` (large_string, or the same text for all) put together, line by line."""
    large = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*large)


def offsets(texts: pa.Array) -> Places:
    """Where each text (large_string, none missing) begins in the array's bytes, and where the last one ends."""
    return np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]


def content(texts: pa.Array) -> memoryview:
    """All texts (large_string) in one, without copying."""
    bounds, data = offsets(texts), texts.buffers()[2]
    return memoryview(data)[bounds[0] : bounds[-1]] if data is not None else memoryview(b"")


def _mask(found: pa.Array) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask
