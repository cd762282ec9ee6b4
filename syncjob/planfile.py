"""A plan as a file: readable at the top, sealed as a whole, carrying all that `apply` needs.

JSON. `changes` holds every change with an `approve` that a person may set to false; `carried` is the run's own copy
(keeping.py), zipped; `seal` is a SHA-256 over everything but the approvals: edited elsewhere, the file is refused.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import orjson

from syncjob import keeping
from syncjob.durable import settle, write_aside
from syncjob.errors import ConfigError
from syncjob.keeping import Kept, place_of
from syncjob.model import Json
from syncjob.plans import Plan

VERSION = 1

_CHUNK = 5_000
"""Changes that are written at once: memory is bounded."""

_BYTES = 3 << 18
"""Bytes of the copy that become base64 at once; without a rest, so that the pieces make one text."""


def save_plan(kept: Kept, path: Path) -> None:
    """Write the plan of a run, whole or not at all."""
    settle(plan_aside(kept, path), path)


@contextmanager
def saving(kept: Kept, path: Path, run: Path | None = None) -> Iterator[Callable[[], None]]:
    """Write the plan of a run beside `path` while the body of the `with` does something else.

    What the body gets waits for the end of that and puts the plan in its place; raises as `save_plan`. Where it is not
    called, no plan appears. Where the run's copy lies in its folder `run`, it is carried as it lies there.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="plan") as beside:
        made = beside.submit(plan_aside, kept, path, run)
        try:
            yield lambda: settle(made.result(), path)
        finally:
            if not made.cancel() and made.exception() is None:
                made.result().unlink(missing_ok=True)


def plan_aside(kept: Kept, path: Path, run: Path | None = None) -> Path:
    """Write the plan of a run beside `path`; `durable.settle` puts it there. `run`: see `saving`."""
    with _carried(kept, run) as carried:
        return write_aside(path, _text(kept.plan, carried))


@contextmanager
def _carried(kept: Kept, run: Path | None) -> Iterator[IO[bytes]]:
    """What `keeping.pack` writes, in a file that is open: the run's own, or one that is made for it."""
    if run is not None and place_of(run).is_file():
        with place_of(run).open("rb") as carried:
            yield carried
    else:
        with tempfile.TemporaryFile(prefix="syncjob-") as carried:
            keeping.pack(kept, carried)
            yield carried


def load_plan(path: Path) -> tuple[Kept, frozenset[int]]:
    """The plan's copy, and the ids of the changes that are approved.

    Raises `ConfigError` (exit 2) when the file is no plan, is of another version, or was edited outside `approve`.
    """
    document = _read(path)
    if document.get("version") != VERSION:
        raise ConfigError(f"The plan {path} was made by another version.", advice="Make a new plan.")
    approvals = _approvals(document)
    seal = document.pop("seal", None)
    if approvals is None or seal != _seal(document):
        raise ConfigError(
            f"The plan {path} was edited: only approve may be changed, to true or false.",
            advice="Make a new plan: syncjob plan -o plan.json.",
        )
    kept = unpack(str(document["carried"]))
    return kept, frozenset(change_id for change_id, approved in approvals.items() if approved)


def _read(path: Path) -> dict[str, Json]:
    try:
        document = orjson.loads(path.read_bytes().removeprefix(codecs.BOM_UTF8))  # editors on Windows put it there
    except OSError as error:
        raise ConfigError(f"The plan {path} can't be read: {error.strerror}.", advice="Check the path.") from error
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("syncjob") != "plan":
        raise ConfigError(f"{path} is not a plan of syncjob.", advice="Make one: syncjob plan -o plan.json.")
    return document


def _approvals(document: Mapping[str, Json]) -> dict[int, bool] | None:
    """Change id → approved; None where `approve` says neither true nor false, or a change is none."""
    changes = document.get("changes")
    found: dict[int, bool] = {}
    for change in changes if isinstance(changes, list) else [None]:
        about = change if isinstance(change, dict) else {}
        change_id, approve = about.get("id"), about.get("approve")
        if not isinstance(change_id, int) or not isinstance(approve, bool):
            return None
        found[change_id] = approve
    return found


def head_of(plan: Plan) -> dict[str, object]:
    """What stands at the top of a plan's file: readable without the rest."""
    return {
        "syncjob": "plan",
        "version": VERSION,
        "plan_id": plan.plan_id,
        "job": plan.job,
        "account": plan.account,
        "made": plan.made,
        "sources": plan.sources,
        "listing": plan.listing,
        "partial": plan.partial,
        "counts": plan.counts,
        "cost": asdict(plan.cost),
        "fingerprint": plan.fingerprint,
        "refusals": [asdict(refusal) for refusal in plan.refusals],
        "notes": plan.notes,
    }


def _text(plan: Plan, carried: IO[bytes]) -> Iterator[bytes]:
    """The file, piece by piece; on the way its seal is made of the very bytes that `_seal` makes of it whole."""
    head = head_of(plan)
    names = sorted([*head, "changes", "carried"])
    at = names.index("changes")
    seal = hashlib.sha256(b"{")
    for name in names[:at]:
        seal.update(_key(name))
        for piece in _base64(carried) if name == "carried" else (_sorted(head[name]),):
            seal.update(piece)
        seal.update(b",")
    seal.update(_key("changes") + b"[")
    yield orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"\n}") + b',\n  "changes": ['
    for place, some in enumerate(_changes(plan)):
        comma = b"," if place else b""
        yield comma + orjson.dumps(some, option=orjson.OPT_INDENT_2)[1:-2].replace(b"\n", b"\n  ")
        seal.update(comma + _sorted([{**change, "approve": None} for change in some])[1:-1])
    yield b'\n  ],\n  "carried": '
    yield from _base64(carried)
    seal.update(b"]" + b"".join(b"," + _key(name) + _sorted(head[name]) for name in names[at + 1 :]) + b"}")
    yield b',\n  "seal": "%s"\n}' % seal.hexdigest().encode()


def _key(name: str) -> bytes:
    return orjson.dumps(name) + b":"


def _sorted(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _changes(plan: Plan) -> Iterator[list[dict[str, object]]]:
    """Every change as it stands in the file, some at a time."""
    for first in range(0, len(plan.table), _CHUNK):
        part = plan.table.iloc[first : first + _CHUNK]
        names = ("change_id", "verb", "number", "sid", "fields", "before")
        lines = zip(*(part[name].tolist() for name in names), strict=True)
        yield [_change(plan.key, *line) for line in lines]


def _change(
    key: str, change_id: int, verb: str, number: object, sid: object, fields: object, before: object
) -> dict[str, object]:
    held = orjson.loads(before) if isinstance(before, str) else {}
    return {
        "id": change_id,
        "approve": True,
        "verb": verb,
        "number": (number if isinstance(number, str) else "") if key == "number" else held.get("number"),
        "sid": sid if isinstance(sid, str) else None,
        "fields": orjson.loads(fields) if isinstance(fields, str) else {},
        "before": held,
    }


def pack(kept: Kept) -> str:
    """A run's own copy as one text: base64 of a zip."""
    packed = io.BytesIO()
    keeping.pack(kept, packed)
    return base64.b64encode(packed.getvalue()).decode()


def _base64(packed: IO[bytes]) -> Iterator[bytes]:
    """What is packed as a JSON text, piece by piece."""
    packed.seek(0)
    yield b'"'
    while piece := packed.read(_BYTES):
        yield base64.b64encode(piece)
    yield b'"'


def unpack(carried: str) -> Kept:
    """What `pack` made. Raises `OSError` or `ValueError` when it is damaged."""
    return keeping.unpack(io.BytesIO(base64.b64decode(carried, validate=True)))


def _seal(document: Mapping[str, object]) -> str:
    changes = document["changes"]
    bare = [{**change, "approve": None} for change in changes] if isinstance(changes, list) else changes
    return hashlib.sha256(orjson.dumps({**document, "changes": bare}, option=orjson.OPT_SORT_KEYS)).hexdigest()
