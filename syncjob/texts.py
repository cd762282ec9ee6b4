"""Long columns of text, asked by hashing their bytes: no text becomes a Python object, a million answer in a moment.

What enters: text columns and sets of texts. What leaves: masks and places. Missing texts are equal to nothing.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def arrow(texts: pd.Series | Collection[str]) -> pa.Array:
    """A column, or any texts, in one piece; missing is null."""
    given = texts if isinstance(texts, pd.Series) else list(texts)
    found = pa.array(given, pa.large_string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def among(column: pd.Series, values: pd.Series | Collection[str]) -> pd.Series[bool]:
    """Which texts of `column` are among `values`. Missing is among none."""
    if not len(values) or not len(column):
        return pd.Series(False, index=column.index)
    return pd.Series(_mask(pc.is_in(arrow(column), value_set=arrow(values), skip_nulls=True)), index=column.index)


def places(wanted: pd.Series, there: pd.Series) -> Places:
    """For each text of `wanted` the first position in `there` that holds it; -1: none."""
    found = pc.index_in(arrow(wanted), value_set=arrow(there), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1), dtype=np.int64)


def repeated(column: pd.Series) -> Mask:
    """Which texts stand in `column` more than once, every place of them."""
    codes = pc.dictionary_encode(arrow(column)).indices
    known = _mask(pc.is_valid(codes))
    filled = np.asarray(pc.fill_null(codes, 0), dtype=np.int64)
    counts = np.bincount(filled[known], minlength=1)
    several: Mask = (counts[filled] > 1) & known
    return several


def differs(new: pd.Series, old: pd.Series) -> Mask:
    """Where `new` says something else than `old` holds, place by place; where it says nothing, it doesn't differ."""
    said, held = arrow(new), arrow(old)
    return _mask(pc.and_(pc.is_valid(said), pc.fill_null(pc.not_equal(said, held), True)))


def _mask(found: pa.Array) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask
