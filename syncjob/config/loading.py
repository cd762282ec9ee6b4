"""A path, a mapping or nothing → a checked `Config`, or `ConfigError` with every problem at once.

    find → read (lines kept) → fill in ${…} → prepare → models → checks between settings

Promised: all problems of all steps come in one error, each with its line (a mapping: its key); none quotes a secret.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, SecretStr, ValidationError

from syncjob.config import finding, interpolation, reading
from syncjob.config.checks import check
from syncjob.config.model import Config
from syncjob.config.problems import Problem, Where, from_pydantic, lines_of
from syncjob.errors import ConfigError
from syncjob.model import Json
from syncjob.remotes import KINDS, abilities_of

_MOST_BYTES = 1024 * 1024


@dataclass
class _Draft:
    """A config on its way: what is known so far, and what is wrong so far."""

    document: reading.Document
    env: Mapping[str, str]
    path: Path | None
    folder: Path
    need_remote: bool
    hidden: set[Where] = field(default_factory=set)  # places whose value is never quoted
    problems: list[Problem] = field(default_factory=list)


def load(
    source: Path | str | Mapping[str, object] | Config | None, *, env: Mapping[str, str], need_remote: bool = True
) -> Config:
    """The config of `source`: a path, a mapping with the same keys, a Config, or None: the first found (CONTRACT 3).

    `need_remote=False` is for commands that open no connection: credentials, and variables that aren't set anywhere
    under `remote` and `notify`, may be missing. Raises `ConfigError` (exit 2) whose `problems` hold every problem.
    """
    if isinstance(source, Config):
        return _complete(source, need_remote)
    if isinstance(source, Mapping):
        folder = Path.cwd()
        draft = _Draft(_from_mapping(source), env, None, folder, need_remote)
    else:
        path = finding.find(Path(source) if source is not None else None, env).absolute()
        draft = _Draft(_from_file(path), env, path, path.parent, need_remote)
    config = _made(draft)
    if draft.problems or config is None:
        lined = [Problem(p.where, p.text, p.line or draft.document.line(p.where)) for p in draft.problems]
        raise ConfigError(lines_of(lined, draft.path.name if draft.path else None))
    return config


def restored(kept: Mapping[str, object], current: Config) -> Config:
    """The config that `Config.public` kept, with the secrets and the place of `current`; nothing is filled in again.

    A run that is resumed goes by its own settings (CONTRACT 8); its secrets were never written down.
    """
    data = copy.deepcopy(dict(kept))
    _put_secrets(data, current)
    try:
        made = Config.model_validate(data, context={"folder": current.folder})
    except ValidationError as error:
        found = from_pydantic(error.errors(include_url=False), (), _keys())
        raise ConfigError(lines_of(found, None), advice="The run was written by another version.") from None
    return made.placed(current.path, current.folder, current.state_dir)


def _complete(config: Config, need_remote: bool) -> Config:
    """`config` itself, once it is known to have what the command needs."""
    found = check(config, need_remote=need_remote)
    if found:
        raise ConfigError(lines_of(found, config.path.name if config.path else None))
    return config


def _from_file(path: Path) -> reading.Document:
    """The document at `path`. Raises `ConfigError` when it can't be opened or is no text."""
    try:
        with path.open("rb") as file:
            held = file.read(_MOST_BYTES + 1)
        if len(held) > _MOST_BYTES:
            raise ConfigError(f"The config {path} is too big for a config.")
        return reading.read(held.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The config {path} can't be read ({error.strerror or 'no access'}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The config {path} is not UTF-8 text.", advice="Save it as UTF-8.") from None


def _from_mapping(source: Mapping[str, object]) -> reading.Document:
    """The document of a mapping: plain dicts and lists, no lines."""
    document = reading.Document()

    def plain(value: object, where: Where) -> object:
        if len(where) > reading.DEEPEST:
            document.problems.append(Problem((), "The settings are nested too deeply."))
            return None
        if isinstance(value, Mapping):
            for key in value:
                if not isinstance(key, str):
                    document.problems.append(Problem(where, "holds a key that is no text."))
            return {key: plain(item, (*where, key)) for key, item in value.items() if isinstance(key, str)}
        if type(value) in (list, tuple):  # a Choice or a Share is a tuple too, and already what it should be
            assert isinstance(value, (list, tuple))
            return [plain(item, (*where, place)) for place, item in enumerate(value)]
        return value

    document.data = plain(source, ())  # type: ignore[assignment]  # Path and SecretStr pass through to the models
    return document


def _made(draft: _Draft) -> Config | None:
    """The config of `draft`, or None; either way `draft.problems` says all that is wrong."""
    draft.problems += draft.document.problems
    data = {} if draft.document.data is None else draft.document.data
    if not isinstance(data, dict):
        draft.problems.append(Problem((), "The config must be lines such as job: leads, with groups indented below."))
        return None
    filled = interpolation.fill(data, draft.env, draft.folder, lambda where: _may_lack(where, draft))
    draft.problems += filled.problems
    draft.hidden |= filled.touched
    prepared = filled.data
    assert isinstance(prepared, dict)
    for problem in filled.problems:
        _drop(prepared, problem.where)
    _prepare(prepared, draft)
    config = _validated(prepared, draft)
    if config is not None:
        draft.problems += check(config, need_remote=draft.need_remote, wrong={p.where for p in draft.problems})
        config.placed(draft.path, draft.folder, _state_dir(config, draft))
    return config


def _may_lack(where: Where, draft: _Draft) -> bool:
    """May a variable at `where` be missing? Only when nothing will be sent or told."""
    return not draft.need_remote and where[0] in ("remote", "notify")


def _prepare(data: dict[str, Json], draft: _Draft) -> None:
    """Defaults that rest on other settings: the job's name, the region, no releases of numbers unless counted."""
    for name in ("columns", *(key[0] for key in _keys() if len(key) == 1)):
        if data.get(str(name), 0) is None:
            del data[str(name)]
    if data.get("job") is None:
        stem = draft.path.stem if draft.path else "job"
        data["job"] = re.sub(r"[^\w .\-]", "-", stem).lstrip(". -")[:80] or "job"
    data.setdefault("results", {})
    remote, limits = data.get("remote"), data.setdefault("limits", {})
    if isinstance(remote, dict) and remote.get("base_url") and "region" not in remote:
        remote["region"] = None
    kind = remote.get("kind") if isinstance(remote, dict) else None
    usual = abilities_of(kind).delete_count if isinstance(kind, str) and kind in KINDS else None
    if usual is not None and isinstance(limits, dict):
        deletes = limits.setdefault("deletes", {})
        if isinstance(deletes, dict):
            deletes.setdefault("count", usual)


def _validated(data: dict[str, Json], draft: _Draft) -> Config | None:
    """The models' verdict. What is wrong is noted, then left out, so that the rest can be checked as well."""
    for _ in range(4):
        try:
            return Config.model_validate(data, context={"folder": draft.folder})
        except ValidationError as error:
            errors = error.errors(include_url=False)
        found = from_pydantic(errors, draft.hidden, _keys())
        draft.problems += found
        for detail in errors:
            where = tuple(detail["loc"])
            _drop(data, where[:-1] if detail["type"] == "missing" else where)
    return None


def _drop(data: Json, where: Where) -> None:
    """Take the setting at `where` out of `data`; of a list, the whole list."""
    node = data
    for place, part in enumerate(where):
        if not isinstance(node, dict) or part not in node:
            return
        inner = node[str(part)]
        last = place == len(where) - 1 or not isinstance(inner, dict) or where[place + 1] not in inner
        if last:
            del node[str(part)]
            return
        node = inner


def _state_dir(config: Config, draft: _Draft) -> Path:
    """`$SYNCJOB_STATE_DIR` (relative to the working directory), the config's, or the user's state folder."""
    named = draft.env.get("SYNCJOB_STATE_DIR")
    if named:
        return Path(named).expanduser().absolute()
    return config.state.dir or finding.state_folder(draft.env)


@lru_cache(maxsize=1)
def _keys() -> dict[Where, tuple[str, ...]]:
    """Every group of the config, and the keys it knows."""
    known: dict[Where, tuple[str, ...]] = {}

    def walk(model: type[BaseModel], where: Where) -> None:
        known[where] = tuple(info.alias or name for name, info in model.model_fields.items())
        for name, info in model.model_fields.items():
            for kind in (info.annotation, *get_args(info.annotation)):
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    walk(kind, (*where, info.alias or name))

    walk(Config, ())
    return known


def _put_secrets(data: dict[str, object], current: Config) -> None:
    """Copy every secret of `current` into `data`, where that group exists there."""

    def walk(model: BaseModel, group: object) -> None:
        if not isinstance(group, dict):
            return
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr):
                group[name] = value
            elif isinstance(value, BaseModel):
                walk(value, group.get(name))

    walk(current, data)
