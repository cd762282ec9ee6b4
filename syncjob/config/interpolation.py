"""`${…}` in a config's texts → what it stands for.

What enters: parsed values, the environment, the folder relative paths start from. What leaves: the values filled in,
the places that were touched (they are never quoted), and the problems. Promised: what is filled in is text and is
never read again, neither as YAML nor for more `${…}`.

    ${NAME}              the variable NAME; a problem when it isn't set
    ${NAME:-default}     the same, or `default` when it isn't set or is empty
    ${file:PATH}         the text of a file without the line end behind it; PATH may hold ${NAME}
    $${                  the two characters ${ themselves
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncjob.config.problems import Problem, Where
from syncjob.model import Json

_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^{}]*)?\}"
_PLACE = re.compile(rf"\$\$\{{|\$\{{file:(?P<path>(?:[^{{}}$]|{_VARIABLE})+)\}}|(?P<variable>{_VARIABLE})|\$\{{")
_MOST_BYTES = 64 * 1024


class _Missing(Exception):
    """One `${…}` can't be filled; the text is the sentence for people."""


@dataclass
class Filled:
    """Values with every `${…}` filled in; `touched` names the places where there was one."""

    data: Json = None
    touched: set[Where] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def fill(data: Json, env: Mapping[str, str], folder: Path, optional: Callable[[Where], bool]) -> Filled:
    """`data` with every text filled in; where one can't be, the value is None and a problem says why.

    `optional` says of a place that a value missing there is no problem (a check needs no credentials).
    """
    filled = Filled()

    def walk(value: Json, where: Where) -> Json:
        if isinstance(value, dict):
            return {key: walk(item, (*where, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*where, place)) for place, item in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        filled.touched.add(where)
        try:
            return _PLACE.sub(lambda found: _replacement(found, env, folder), value)
        except _Missing as missing:
            if not optional(where):
                filled.problems.append(Problem(where, str(missing)))
            return None

    filled.data = walk(data, ())
    return filled


def _replacement(found: re.Match[str], env: Mapping[str, str], folder: Path) -> str:
    """What one `${…}` stands for, or `_Missing`."""
    if found[0] == "$${":
        return "${"
    if found["variable"]:
        return _variable(found["variable"], env)
    if found["path"]:
        return _text_of(re.sub(_VARIABLE, lambda inner: _variable(inner[0], env), found["path"]), folder)
    raise _Missing("${ begins a variable: write ${NAME}, ${NAME:-default} or ${file:PATH}, or $${ for the characters.")


def _variable(written: str, env: Mapping[str, str]) -> str:
    name, marked, default = written[2:-1].partition(":-")
    value = env.get(name)
    if value or (value is not None and not marked):
        return value
    if marked:
        return default
    raise _Missing(f"the environment variable {name} is not set.")


def _text_of(path: str, folder: Path) -> str:
    """The text of the file at `path`, relative to `folder`, without the line end behind it."""
    file = folder / Path(path).expanduser()
    try:
        with file.open("rb") as opened:
            held = opened.read(_MOST_BYTES + 1)
        if len(held) > _MOST_BYTES:
            raise _Missing(f"the file {file} is too big for a setting.")
        return held.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise _Missing(f"the file {file} can't be read ({error.strerror or 'no access'}).") from None
    except UnicodeDecodeError:
        raise _Missing(f"the file {file} is not UTF-8 text.") from None
