"""custom_field: compared as parsed JSON after a deep merge, sent whole (CONTRACT 4).

The service may replace or merge what it is sent; a merged whole gives the same result under both (reference: contacts
API, update one).
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from syncjob.model import Json


def merged(old: Json, new: Json) -> Json:
    """`new` laid over `old`, object by object; anything else in `new` replaces what `old` has there."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def bare(value: Json) -> Json:
    """`value` without what is empty: null, missing and "" are equal, and so is an object that holds nothing else."""
    if isinstance(value, dict):
        kept = {key: bare(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", {})}
    return value


def custom_change(
    old_text: str, new_text: str, protect: Iterable[str] = (), fill_only: Iterable[str] = ()
) -> tuple[dict[str, Json] | None, bool]:
    """What to send as custom_field (None: nothing to change), and whether a protected part would have changed.

    Both texts are JSON objects or "". A `new_text` of "" clears every key. `protect` and `fill_only` hold dotted paths
    below custom_field.
    """
    old = _parsed(old_text)
    new = _cleared(old) if new_text == "" else _parsed(new_text)
    guarded = False
    for path in protect:
        guarded |= _drop(new, old, path.split("."), only_filled=False)
    for path in fill_only:
        guarded |= _drop(new, old, path.split("."), only_filled=True)
    whole = merged(old, new)
    if not isinstance(whole, dict) or bare(whole) == bare(old):
        return None, guarded
    return whole, guarded


def _parsed(text: str) -> dict[str, Json]:
    value = orjson.loads(text) if text else {}
    return value if isinstance(value, dict) else {"value": value}


def _cleared(value: dict[str, Json]) -> dict[str, Json]:
    return {key: _cleared(inner) if isinstance(inner, dict) else "" for key, inner in value.items()}


def _drop(new: Json, old: Json, path: list[str], *, only_filled: bool) -> bool:
    """Take `path` out of `new`, unless `only_filled` and `old` has nothing there; whether that held a change back."""
    if not isinstance(new, dict) or path[0] not in new:
        return False
    inner = old.get(path[0]) if isinstance(old, dict) else None
    if path[1:]:
        return _drop(new[path[0]], inner, path[1:], only_filled=only_filled)
    if only_filled and bare(inner) in (None, "", {}):
        return False
    taken = new.pop(path[0])
    return bare(merged(inner, taken)) != bare(inner)
