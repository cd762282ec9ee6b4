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
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import orjson

from syncjob.errors import ConfigError
from syncjob.keeping import Kept, keep, recall, write_whole
from syncjob.model import Json
from syncjob.plans import Plan

VERSION = 1


def save_plan(kept: Kept, path: Path) -> None:
    """Write the plan of a run, whole or not at all."""
    document: dict[str, object] = {**head_of(kept.plan), "changes": _changes(kept.plan), "carried": pack(kept)}
    document["seal"] = _seal(document)
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))


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


def _changes(plan: Plan) -> list[dict[str, object]]:
    return [
        {
            "id": change.change_id,
            "approve": True,
            "verb": change.verb,
            "number": change.number if plan.key == "number" else change.before.get("number"),
            "sid": change.sid,
            "fields": change.fields,
            "before": change.before,
        }
        for change in plan.changes()
    ]


def pack(kept: Kept) -> str:
    """A run's own copy as one text: base64 of a zip."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="syncjob-") as folder:
        keep(Path(folder), kept)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
            for path in sorted(Path(folder).iterdir()):
                target.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return base64.b64encode(packed.getvalue()).decode()


def unpack(carried: str) -> Kept:
    """What `pack` made. Raises `SyncjobError` or `ValueError` when it is damaged."""
    with tempfile.TemporaryDirectory(prefix="syncjob-") as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(carried, validate=True))) as packed:
                packed.extractall(folder)
        except zipfile.BadZipFile as error:
            raise ValueError(str(error)) from error
        return recall(Path(folder))


def _seal(document: Mapping[str, object]) -> str:
    changes = document["changes"]
    bare = [{**change, "approve": None} for change in changes] if isinstance(changes, list) else changes
    return hashlib.sha256(orjson.dumps({**document, "changes": bare}, option=orjson.OPT_SORT_KEYS)).hexdigest()
