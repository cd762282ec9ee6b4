"""Configs for tests: the least that is valid, changed where a test looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syncjob.config import Config, load
from syncjob.errors import ConfigError

ENV = {"EXOTEL_ACCOUNT_SID": "acme1", "EXOTEL_API_KEY": "key-hush", "EXOTEL_API_TOKEN": "token-hush"}
REMOTE = {"account_sid": "acme1", "api_key": "key-hush", "api_token": "token-hush"}


def config(remote: Mapping[str, object] | None = None, **groups: object) -> Config:
    """The config of a mapping: credentials there, everything else as given."""
    return load({"remote": {**REMOTE, **(remote or {})}, **groups}, env={})


def problems(remote: Mapping[str, object] | None = None, **groups: object) -> tuple[str, ...]:
    """What is wrong with that config."""
    with pytest.raises(ConfigError) as error:
        config(remote, **groups)
    return error.value.problems


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    """A config file holding `text`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path, env: Mapping[str, str] = ENV) -> tuple[str, ...]:
    """What is wrong with the config at `path`."""
    with pytest.raises(ConfigError) as error:
        load(path, env=env)
    return error.value.problems


CREDENTIALS = """\
remote:
  account_sid: ${EXOTEL_ACCOUNT_SID}
  api_key: ${EXOTEL_API_KEY}
  api_token: ${EXOTEL_API_TOKEN}
"""
