"""Where the config is: the first of `--config`, `$SYNCJOB_CONFIG`, `./config.yaml`, the user's folder, `/etc`.

What enters: the path given, if any, and the environment. What leaves: the path of a file that is there, or
`ConfigError` naming every place looked at. One file counts; files are never merged (CONTRACT 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs

from syncjob.errors import ConfigError

NAME = "config.yaml"
SYSTEM = Path("/etc/syncjob")


def places(env: Mapping[str, str], cwd: Path | None = None) -> tuple[Path, ...]:
    """The places looked at when no path is given, in order."""
    named = env.get("SYNCJOB_CONFIG")
    if named:
        return (Path(named).expanduser(),)
    return ((cwd or Path.cwd()) / NAME, user_folder(env) / NAME, SYSTEM / NAME)


def user_folder(env: Mapping[str, str]) -> Path:
    """The folder for a user's own config; `$XDG_CONFIG_HOME` of `env` counts."""
    home = env.get("XDG_CONFIG_HOME")
    return Path(home) / "syncjob" if home else platformdirs.user_config_path("syncjob", appauthor=False)


def state_folder(env: Mapping[str, str]) -> Path:
    """The folder for journals and memory when the config names none; `$XDG_STATE_HOME` of `env` counts."""
    home = env.get("XDG_STATE_HOME")
    return Path(home) / "syncjob" if home else platformdirs.user_state_path("syncjob", appauthor=False)


def find(given: Path | None, env: Mapping[str, str], cwd: Path | None = None) -> Path:
    """The config to read. Raises `ConfigError` (exit 2) when there is none."""
    if given is not None:
        return _there(given.expanduser(), "")
    candidates = places(env, cwd)
    if env.get("SYNCJOB_CONFIG"):
        return _there(candidates[0], " (from $SYNCJOB_CONFIG)")
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = ", ".join(str(place) for place in candidates)
    raise ConfigError(f"There is no config; looked at {looked}.", advice="Write one with: syncjob init")


def _there(path: Path, origin: str) -> Path:
    if path.is_file():
        return path
    what = "is a folder" if path.is_dir() else "can't be found"
    raise ConfigError(f"The config {path}{origin} {what}.", advice="Write one with: syncjob init")
