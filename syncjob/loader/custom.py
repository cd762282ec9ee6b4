"""Custom fields of a table → one JSON object per row, as text.

What enters: cleaned text columns by dotted path, and at most one column of whole JSON objects. What leaves: a column of
JSON texts (keys sorted, no spaces; null where a row says nothing) and which whole objects could not be read. Promised:
values stay text, whole objects keep their values, and the columns of a million rows never become Python objects unless
they hold JSON themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.model import Json

_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
_AWKWARD = r'["\\\x00-\x1f]'  # characters that JSON text can't hold as they are


def objects(values: Mapping[str, pa.Array], length: int) -> pa.Array:
    """The JSON object of every row, null where no column says anything.

    `values` takes a dotted path below `custom_field` to its column of texts; null says nothing, "" empties.
    """
    return _object([(path.split("."), column) for path, column in values.items()], length)


def _object(members: Sequence[tuple[list[str], pa.Array]], length: int) -> pa.Array:
    heads: dict[str, list[tuple[list[str], pa.Array]]] = {}
    for path, column in members:
        heads.setdefault(path[0], []).append((path[1:], column))
    nothing = pa.nulls(length, pa.string())
    inner = nothing
    for head in sorted(heads):
        below = heads[head]
        value = _quoted(below[0][1]) if not below[0][0] else _object(below, length)
        pair = pc.binary_join_element_wise(_text(head) + ":", value, "")
        both = pc.binary_join_element_wise(inner, pair, ",")
        inner = pc.coalesce(both, inner, pair)
    return pc.binary_join_element_wise("{", inner, "}", "")


def _quoted(column: pa.Array) -> pa.Array:
    """Texts as JSON strings; null stays null."""
    quoted = pc.binary_join_element_wise('"', column, '"', "")
    awkward = pc.fill_null(pc.match_substring_regex(column, _AWKWARD), False)
    if not pc.any(awkward).as_py():
        return quoted
    written = [_text(text) for text in column.filter(awkward).to_pylist()]
    return pc.replace_with_mask(quoted, awkward, pa.array(written, type=pa.string()))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_whole(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A column of whole objects in our form, and which of its texts are none; "" and null stay as they are."""
    coded = column.dictionary_encode()
    made = [_canonical(text) for text in coded.dictionary.to_pylist()]
    texts = pa.array(made, type=pa.string()).take(coded.indices)
    return texts, pc.and_(pc.is_valid(column), pc.is_null(texts))


def _canonical(text: str) -> str | None:
    """The object that `text` holds, keys sorted, numbers to the last digit; None when it is none.

    A whole number beyond 64 bits would arrive rounded: it makes the object unreadable, too.
    """
    if not text:
        return text
    try:
        if not isinstance(orjson.loads(text), dict):
            return None
        made = _text(json.loads(text, parse_int=_whole_number))
        orjson.dumps(orjson.loads(made))
    except (ValueError, TypeError, RecursionError):
        return None
    return made


def _whole_number(digits: str) -> int:
    if not _LEAST <= (number := int(digits)) <= _MOST:
        raise ValueError(digits)
    return number


def merge(whole: pa.Array, single: pa.Array) -> pa.Array:
    """Whole objects with the single columns' values put in; where both name a path, the column wins.

    An emptied whole object ("") with values beside it is just those values.
    """
    both = pc.and_(pc.is_valid(single), pc.fill_null(pc.not_equal(whole, ""), False))
    places = np.flatnonzero(both.to_numpy(zero_copy_only=False))
    merged = pc.coalesce(single, whole)
    if not len(places):
        return merged
    pairs = zip(whole.take(places).to_pylist(), single.take(places).to_pylist(), strict=True)
    texts = [_text(_put(json.loads(under), json.loads(over))) for under, over in pairs]
    return pc.replace_with_mask(merged, both, pa.array(texts, type=pa.string()))


def _put(under: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    for name, value in over.items():
        below = under.get(name)
        under[name] = _put(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return under
