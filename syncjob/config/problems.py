"""What is wrong with a config, in words, with its place.

What enters: places and sentences, or pydantic's list of errors. What leaves: `Problem`s, and the lines people read:
`config.yaml:12: sync.mode: "upset" is not one of upsert, create, update, delete. Did you mean upsert?` Promised: a
value that came out of a variable or a file, or that belongs to a secret setting, is never quoted.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic_core import ErrorDetails

Where: TypeAlias = tuple[str | int, ...]
"""A place in the config: keys and list positions from the top."""

_SECRET = {"account_sid", "api_key", "api_token", "ping", "webhook", "url", "start", "success", "failure", "password"}
_KEY = re.compile(r"[A-Za-z_][\w-]{0,39}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. A `text` that begins with a small letter continues "<key>: …"."""

    where: Where
    text: str
    line: int | None = None


def dotted(where: Where) -> str:
    """`where` as people write it: `source.files[2]`, `columns.Mobile`."""
    said = ""
    for part in where:
        said += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if said else part
    return said


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` most probably means, or None."""
    by_fold = {k.casefold(): k for k in known}
    found = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ " Did you mean X?", with the space before it, or nothing."""
    near = nearest(name, known)
    return f" Did you mean {near}?" if near else ""


def lines_of(problems: Iterable[Problem], file: str | None) -> tuple[str, ...]:
    """One line per problem, in the order of the file; `file` is its name, None for a mapping."""
    said = []
    for problem in sorted(problems, key=lambda p: (p.line or 0, dotted(p.where))):
        place = "" if file is None else f"{file}: " if problem.line is None else f"{file}:{problem.line}: "
        key = f"{dotted(problem.where)}: " if problem.where else ""
        said.append(f"{place}{key}{problem.text}")
    return tuple(dict.fromkeys(said))


def subject(value: object, where: Where, hidden: Collection[Where]) -> str:
    """`value` in quotation marks where it may be shown, else "the value"."""
    secret = any(isinstance(part, str) and part in _SECRET for part in where)
    covered = any(where[: len(place)] == place or place[: len(where)] == where for place in hidden)
    if isinstance(value, str) and "://" in value and "@" in value:
        secret = True  # an address that holds a password
    if secret or covered or not isinstance(value, (str, int, float)) or len(str(value)) > 80:
        return "the value"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def from_pydantic(
    errors: Iterable[ErrorDetails], hidden: Collection[Where], keys: Mapping[Where, tuple[str, ...]]
) -> list[Problem]:
    """pydantic's `errors` in our words. `hidden`: places never to quote; `keys`: the keys each group knows."""
    found = []
    for error in errors:
        where = tuple(error["loc"])
        if error["type"] == "extra_forbidden":
            found.append(_unknown(where, keys))
        else:
            found.append(Problem(where, _sentence(error, subject(error["input"], where, hidden))))
    return found


def _unknown(where: Where, keys: Mapping[Where, tuple[str, ...]]) -> Problem:
    """An unknown key, and what was probably meant; a key that looks like no key may be a slipped value."""
    name, group = str(where[-1]), where[:-1]
    if not _KEY.fullmatch(name):
        return Problem(group, "holds something that is no setting; a key needs a colon and a space behind it.")
    elsewhere = [dotted((*place, name)) for place, known in keys.items() if name in known]
    near = nearest(name, keys.get(group, ()))
    if elsewhere and not near:
        return Problem(where, f"is not a setting here. Did you mean {' or '.join(elsewhere)}?")
    hint = f" Did you mean {dotted((*group, near))}?" if near else ""
    return Problem(where, f"is not a setting.{hint}")


_WORDS = {
    "missing": "is missing.",
    "model_type": "must be a group of settings, indented below it.",
    "dict_type": "must be a group of lines such as Mobile: number.",
    "mapping_type": "must be a group of lines such as Mobile: number.",
    "tuple_type": "must be a list.",
}


def _sentence(error: ErrorDetails, value: str) -> str:
    """What is wrong at one place. Validators of ours raise ValueError with the rest of the sentence."""
    kind, facts = error["type"], error.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "value_error":
        return f"{value} {facts['error']}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(facts["expected"]))
        hint = did_you_mean(str(error["input"]), choices) if value != "the value" else ""
        return f"{value} is not one of {', '.join(choices)}.{hint}"
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if name in facts:
            return f"{value} must be {words} {facts[name]}."
    return f"{value} can't be used here: {error['msg'][:1].lower()}{error['msg'][1:]}."
