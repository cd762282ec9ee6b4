"""YAML text → plain values, and the line of every one of them.

What enters: the text of a config file. What leaves: a `Document`: the values, the line of each key and item, and the
problems found on the way. Promised: nothing is guessed. Only `true`/`false`, plain decimal numbers and `null` are
typed; everything else stays the text that was written (`no`, `off`, `0091`, `12:30:00`, `+91…`, `2026-11-21`). A key
given twice is a problem, and no message quotes a value: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from syncjob.config.problems import Problem, Where
from syncjob.model import Json

_BOOL, _INT, _FLOAT, _NULL, _STR = (f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "null", "str"))
_MOST_VALUES = 20_000
DEEPEST = 30
"""A config is small and flat; aliases of aliases must not make it grow without end."""


class WrittenFloat(float):
    """A number with a point that still knows how it was written, so that a name such as `1.10` survives as text."""

    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with YAML 1.1's surprises taken out."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (the base declares it so)


for _tag, _pattern, _first in (
    (_BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (_INT, r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
    (_FLOAT, r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]{1,3})?", "-0123456789"),
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), list(_first))


@dataclass
class Document:
    """What a YAML text says: `data`, the line of each path in it (from 1), and what is wrong with it."""

    data: Json = None
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, where: Where) -> int | None:
        """The line of `where`, or of the nearest group around it."""
        for length in range(len(where), -1, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return None


def read(text: str) -> Document:
    """The document in `text`. Raises nothing: what is wrong is in `problems`."""
    document = Document()
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.problems.append(Problem((), _in_words(error), mark.line + 1 if mark else None))
    except yaml.YAMLError:
        document.problems.append(Problem((), "The file holds a character that YAML does not allow."))
    except RecursionError:
        document.problems.append(Problem((), "The settings are nested too deeply."))
    else:
        if root is not None:
            _Walk(document).root(root)
    return document


def _in_words(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's complaint in our words; its own may quote a value."""
    said = f"{error.context or ''} {error.problem or ''}"
    for sign, words in (
        ("'\\t'", "Indent with spaces; this line holds a tab."),
        ("alias", "A value that begins with * needs quotes around it."),
        ("anchor", "A value that begins with & needs quotes around it."),
        ("tag", "A value that begins with ! needs quotes around it."),
        ("directive", "A value that begins with % needs quotes around it."),
        ("cannot start any token", "A value that begins with this character needs quotes around it."),
        ("mapping values", "A value that holds a colon and a space needs quotes, or the indentation is off."),
        ("single document", "The file holds more than one document; leave out the line ---."),
        ("quoted scalar", "A quotation mark is opened and not closed, or \\ is used inside double quotes."),
        ("expected ':'", "A key needs a colon and a space behind it."),
        ("block", "The indentation does not fit the lines above."),
        ("flow", "A bracket or brace is not closed, or a comma is missing."),
    ):
        if sign in said:
            return words
    return "This can't be read as YAML."


class _Walk:
    """Turns nodes into values. Aliases are followed, but never in a circle and never without end."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: set[int] = set()
        self.count = 0

    def root(self, node: yaml.Node) -> None:
        self.document.lines[()] = node.start_mark.line + 1
        self.document.data = self.value(node, ())
        if self.count > _MOST_VALUES:
            self.document.problems.append(Problem((), f"The file holds more than {_MOST_VALUES} values."))

    def value(self, node: yaml.Node, where: Where) -> Json:
        self.count += 1
        if self.count > _MOST_VALUES:
            return None
        if id(node) in self.open:
            self.wrong(where, node, "This refers to itself.")
            return None
        if len(where) > DEEPEST:
            self.wrong((), node, "The settings are nested too deeply.")
            return None
        self.open.add(id(node))
        try:
            return self.made(node, where)
        finally:
            self.open.discard(id(node))

    def made(self, node: yaml.Node, where: Where) -> Json:
        if isinstance(node, yaml.MappingNode):
            return dict(self.pairs(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self.item(item, (*where, place)) for place, item in enumerate(node.value)]
        return self.scalar(node, where)

    def item(self, node: yaml.Node, where: Where) -> Json:
        self.document.lines[where] = node.start_mark.line + 1
        return self.value(node, where)

    def pairs(self, node: yaml.MappingNode, where: Where) -> Iterator[tuple[str, Json]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong(where, key, "A key must be a single text.")
                continue
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                self.wrong((*where, name), key, f"is given twice, first in line {seen[name]}.")
                continue
            seen[name] = line
            self.document.lines[(*where, name)] = line
            yield name, self.value(value, (*where, name))

    def scalar(self, node: yaml.Node, where: Where) -> Json:
        text, tag = str(node.value), node.tag
        if tag == _STR:
            return text
        if tag == _NULL and text in ("", "~", "null", "Null", "NULL"):
            return None
        if tag == _BOOL and text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            if tag in (_INT, _FLOAT):
                return int(text) if tag == _INT else WrittenFloat(text)
        except ValueError:
            pass
        self.wrong(where, node, "A value that begins with ! needs quotes around it.")
        return None

    def wrong(self, where: Where, node: yaml.Node, text: str) -> None:
        self.document.problems.append(Problem(where, text, node.start_mark.line + 1))
