"""custom_field: compared as parsed JSON after a deep merge, sent whole (CONTRACT 4).

The service may replace or merge what it is sent; a merged whole gives the same result under both (reference: contacts
API, update one).
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from syncjob.model import Json

NOTHING: tuple[Json, ...] = (None, "", {})
"""Values that are equal to a missing one."""


def merged(old: Json, new: Json) -> Json:
    """`new` laid over `old`, object by object; anything else in `new` replaces what `old` has there."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def bare(value: Json) -> Json:
    """`value` without what is empty: null, missing and "" are equal, and so is an object that holds nothing else."""
    if isinstance(value, dict):
        kept = {key: bare(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in NOTHING}
    return value


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and "1" are not, and true is no number, as it would be to Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def is_empty(text: str) -> bool:
    """Whether a custom_field, as JSON text, holds nothing."""
    return text == "" or bare(orjson.loads(text)) in NOTHING


def custom_change(
    old_text: str, new_text: str, protect: Iterable[str] = (), fill_only: Iterable[str] = ()
) -> tuple[dict[str, Json] | None, bool]:
    """What to send as custom_field (None: nothing to change), and whether a protected part would have changed.

    `new_text` is a JSON object, or "", which clears every key. `old_text` is JSON or ""; what is no object there gives
    way as a whole. `protect` and `fill_only` hold dotted paths below custom_field.
    """
    found: Json = orjson.loads(old_text) if old_text else {}
    old = found if isinstance(found, dict) else {}
    new = orjson.loads(new_text) if new_text else _cleared(old)
    guarded = False
    for path in protect:
        guarded |= _drop(new, old, path.split("."), only_filled=False)
    for path in fill_only:
        guarded |= _drop(new, old, path.split("."), only_filled=True)
    whole = {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    replaced = found not in NOTHING and not isinstance(found, dict) and (new_text == "" or bare(new) not in NOTHING)
    return (None if same(bare(whole), bare(old)) and not replaced else whole), guarded


def _cleared(value: dict[str, Json]) -> dict[str, Json]:
    return {key: _cleared(inner) if isinstance(inner, dict) else "" for key, inner in value.items()}


def _drop(new: Json, old: Json, path: list[str], *, only_filled: bool) -> bool:
    """Take `path` out of `new`, unless `only_filled` and `old` has nothing there; whether that held a change back.

    Where `new` has a plain value above `path`, that goes as a whole rather than bury what `old` has at `path`.
    """
    if not isinstance(new, dict) or path[0] not in new:
        return False
    inner = old.get(path[0]) if isinstance(old, dict) else None
    if path[1:] and isinstance(new[path[0]], dict):
        return _drop(new[path[0]], inner, path[1:], only_filled=only_filled)
    if (only_filled or path[1:]) and bare(_at(inner, path[1:])) in NOTHING:
        return False
    taken = new.pop(path[0])
    return not same(bare(merged(inner, taken)), bare(inner))


def _at(value: Json, path: list[str]) -> Json:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
