"""The whole config as one frozen record, and the JSON Schema of it.

Attribute paths are the keys of the file: `config.remote.kind`, `config.limits.deletes.percent`. Promised: the record
never changes, `repr` and `public()` hold no secret, every path in it is absolute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from syncjob.config import fields as f
from syncjob.config.section import Section
from syncjob.config.sections import Limits, Phone, Remote, Results, Source, State, Sync
from syncjob.config.telling import Notify
from syncjob.config.values import as_text
from syncjob.model import Json

_JOB = r"^\w[\w .\-]{0,79}$"


def _job(value: object) -> str:
    name = as_text(value).strip()
    if not re.fullmatch(_JOB, name):
        raise ValueError("must be a short name of letters, digits, spaces, dots, dashes and underscores.")
    return name


class Config(Section):
    """A job of syncjob: which sheet, which account, and what may happen between the two."""

    job: Annotated[str, BeforeValidator(_job)] = Field(
        default="job", description="the job's name; what it remembers goes by it. Default: this file's name"
    )
    remote: Remote = Remote()
    source: Source = Source()
    columns: Mapping[f.Text, f.Target] = Field(
        default={}, description="spreadsheet header: contact field, custom_field.NAME, or ignore"
    )
    unmapped: Literal["ignore", "custom_field", "error"] = Field(
        default="ignore",
        description="ignore | custom_field | error: what becomes of all other columns",
    )
    phone: Phone = Phone()
    sync: Sync = Sync()
    limits: Limits = Limits()
    results: Results = Field(default_factory=Results)  # not shared: its folder starts where the config lies
    state: State = State()
    notify: Notify = Notify()
    metrics_file: f.Location | None = Field(default=None, description="a Prometheus textfile, written after every run")

    _path: Path | None = PrivateAttr(None)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _state_dir: Path | None = PrivateAttr(None)

    @property
    def path(self) -> Path | None:
        """The file this was read from; None for a mapping."""
        return self._path

    @property
    def folder(self) -> Path:
        """Where relative paths in it start."""
        return self._folder

    @property
    def state_dir(self) -> Path:
        """The folder of journals and memory: `$SYNCJOB_STATE_DIR`, else `state.dir`, else the user's state folder."""
        if self._state_dir is not None:
            return self._state_dir
        if self.state.dir is not None:
            return self.state.dir
        from syncjob.config.finding import state_folder

        return state_folder({})

    @property
    def protected_numbers(self) -> frozenset[str]:
        """The numbers of `sync.protect` as E.164. `load` has made sure that each can be read."""
        return frozenset(
            number
            for written in self.sync.protected_as_written
            if (number := canonical(written, self.phone.default_region)) is not None
        )

    def public(self) -> dict[str, Json]:
        """Everything but the secrets, as JSON values; what the journal keeps and `restored` takes."""
        shown: dict[str, Json] = self.model_dump(mode="json", by_alias=True)
        return shown

    def placed(self, path: Path | None, folder: Path, state_dir: Path) -> Config:
        """This config, knowing where it was read from and where its memory lies."""
        self._path, self._folder, self._state_dir = path, folder, state_dir
        return self


def canonical(written: str, region: str) -> str | None:
    """`written` as E.164, or None when it is no valid number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def schema() -> dict[str, Json]:
    """The JSON Schema of a config file, for editors. Wherever a number may stand, so may `${NAME}`."""
    made: dict[str, Json] = Config.model_json_schema(by_alias=True)
    _widen(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "syncjob config",
    }


def _widen(node: Json) -> None:
    """Allow `${…}` for everything that isn't text, and an empty group for every group."""
    if isinstance(node, list):
        for item in node:
            _widen(item)
    if not isinstance(node, dict):
        return
    for value in node.values():
        _widen(value)
    if node.get("type") in ("integer", "number", "boolean"):
        bounds = ("type", "minimum", "maximum", "exclusiveMinimum")
        plain: dict[str, Json] = {key: node.pop(key) for key in bounds if key in node}
        node["anyOf"] = [plain, {"type": "string", "pattern": r"\$\{.+\}"}]
