"""A plan as a file: readable at the top, sealed as a whole, carrying all that `apply` needs.

JSON. `changes` holds every change with an `approve` that a person may set to false; `carried` is the run's own copy
(keeping.py), zipped; `seal` is a SHA-256 over everything but the approvals: edited elsewhere, the file is refused.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import orjson

from syncjob.errors import ConfigError
from syncjob.keeping import Kept, keep, recall, write_whole
from syncjob.plan import Plan

VERSION = 1


def save_plan(kept: Kept, path: Path) -> None:
    """Write the plan of a run, whole or not at all."""
    document: dict[str, object] = {**_head(kept.plan), "changes": _changes(kept.plan), "carried": _zipped(kept)}
    document["seal"] = _seal(document)
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def load_plan(path: Path) -> tuple[Kept, frozenset[int]]:
    """The plan's copy, and the ids of the changes that are approved.

    Raises `ConfigError` (exit 2) when the file is no plan, is of another version, or was edited outside `approve`.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"The plan {path} can't be read: {error.strerror}.", advice="Check the path.") from error
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("syncjob") != "plan":
        raise ConfigError(f"{path} is not a plan of syncjob.", advice="Make one: syncjob plan -o plan.json.")
    if document.get("version") != VERSION:
        raise ConfigError(f"The plan {path} was made by another version.", advice="Make a new plan.")
    seal = document.pop("seal", "")
    if _seal(document) != seal:
        raise ConfigError(
            f"The plan {path} was edited: only approve may be changed, to true or false.",
            advice="Make a new plan: syncjob plan -o plan.json.",
        )
    with tempfile.TemporaryDirectory(prefix="syncjob-") as folder:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(document["carried"]))) as packed:
            packed.extractall(folder)
        kept = recall(Path(folder))
    return kept, frozenset(change["id"] for change in document["changes"] if change["approve"] is True)


def _head(plan: Plan) -> dict[str, object]:
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
            "number": change.number,
            "sid": change.sid,
            "fields": change.fields,
            "before": change.before,
        }
        for change in plan.changes()
    ]


def _zipped(kept: Kept) -> str:
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="syncjob-") as folder:
        keep(Path(folder), kept)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
            for path in sorted(Path(folder).iterdir()):
                target.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return base64.b64encode(packed.getvalue()).decode()


def _seal(document: dict[str, object]) -> str:
    changes = document["changes"]
    bare = [{**change, "approve": None} for change in changes] if isinstance(changes, list) else changes
    return hashlib.sha256(orjson.dumps({**document, "changes": bare}, option=orjson.OPT_SORT_KEYS)).hexdigest()
