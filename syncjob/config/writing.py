"""A config file to start from, written from the models: every key, its default, and why it is there.

What enters: the settings that are known already, and which column is what. What leaves: YAML text that `load` reads.
Promised: the words come from the models, so the file, the JSON Schema and the code can't drift apart.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syncjob.config import reading
from syncjob.config.model import Config
from syncjob.config.problems import Where
from syncjob.model import Json
from syncjob.remotes import abilities_of

_WIDTH, _COMMENTS = 118, 38

_INTRO = """
A job of syncjob: it makes a spreadsheet the truth in an Exotel account. Each run reads the sheet, reads the
account, works out the difference, shows it as a plan, and sends it once it is approved. Every row gets an answer.

syncjob check   looks at the sheet and this file; it opens no connection
syncjob run     does the whole job; with --dry-run it stops after the plan

Every setting is here with its default; what you don't need can go. Names in capitals such as ${EXOTEL_API_KEY} are
taken from the environment, ${NAME:-default} with a default, ${file:PATH} from a file; $${ stands for the characters
themselves. Secrets belong there, not here. Spans of time are written 90m, 72h, 7d.

Help while you type: syncjob init --schema -o syncjob.schema.json, and then as the first line of this file:
yaml-language-server: $schema=syncjob.schema.json
"""

_CREDENTIALS = ("account_sid", "api_key", "api_token")

_DEFAULTS: Mapping[Where, Json] = {("results", "dir"): "results", ("job",): "leads"}
_EXAMPLES: Mapping[Where, Json] = {
    ("remote", "base_url"): "http://127.0.0.1:8080",
    ("notify", "ping"): "https://hc-ping.com/your-check",
    ("notify", "webhook"): {"url": "${SLACK_WEBHOOK_URL}", "style": "slack"},
    ("notify", "email"): {"host": "mail.example.com", "from": "sync@example.com", "to": ["ops@example.com"]},
    ("notify", "hand_off"): {"to": ["marketing@example.com"], "attach": "needs-fixing"},
}
_COLUMNS = (("Mobile", "number"), ("Given name", "first_name"), ("Loyalty", "custom_field.loyalty"))


def start(kind: str = "exotel_contacts") -> dict[Where, Json]:
    """The settings that a job on this kind of remote begins with: its credentials, in a file that holds none."""
    able, known = abilities_of(kind), dict[Where, Json]()
    for name in _CREDENTIALS:
        known["remote", name] = f"${{{able.service.upper()}_{name.upper()}}}" if name in able.needs else None
    if kind != "exotel_contacts":
        known["remote", "kind"] = kind
    if "upsert" not in able.modes:
        known["sync", "mode"] = able.modes[0]
    if able.delete_count is not None:
        known["limits", "deletes"] = {"percent": 10, "count": able.delete_count, "over": "refuse"}
    return known


def example() -> str:
    """The complete example: credentials from the environment, everything else as it is when nothing is said."""
    return written({**start(), ("source", "files"): ["inbox/*.xlsx"]})


def written(
    known: Mapping[Where, Json], columns: Sequence[tuple[str, str]] | None = None, unused: Sequence[str] = ()
) -> str:
    """A commented config with the settings of `known`, and `columns` as (header, field).

    Without `columns` some are shown as comments. `unused` headers are named in a comment.
    """
    lines = [*_commented(_INTRO.strip("\n")), ""]
    for name, field in Config.model_fields.items():
        section = _section(field)
        if name == "columns":
            lines += ["", *_columns(columns, unused)]
        elif section is None:
            lines += _setting((name,), field, known)
        else:
            lines += ["", *_commented(_doc(section)), f"{name}:"]
            for key, inner in section.model_fields.items():
                lines += _setting((name, inner.alias or key), inner, known)
            lines += [""] if name == "notify" else []
    return "\n".join(lines) + "\n"


def _doc(section: type[BaseModel]) -> str:
    return inspect.cleandoc(section.__doc__ or "")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    """The group that `field` holds, or None when it is a plain setting."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _commented(text: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        if not paragraph.strip():
            yield "#"
        for line in textwrap.wrap(paragraph, _WIDTH - 2, break_long_words=False, drop_whitespace=False):
            yield f"# {line.rstrip()}"


def _setting(where: Where, field: FieldInfo, known: Mapping[Where, Json]) -> list[str]:
    """The line of one setting with its comment behind it, wrapped into the column of comments where it is long."""
    shown = where not in _EXAMPLES or where in known
    value = known.get(where, _EXAMPLES.get(where, _default(where)))
    indent = "  " * (len(where) - 1) + ("" if shown else "# ")
    line = f"{indent}{where[-1]}: {scalar(value)}"
    place = max(_COMMENTS, len(line) + 2)
    if len(line) > _COMMENTS + 2:
        return [f"{'  ' * (len(where) - 1)}# {field.description}", line]
    comment = textwrap.wrap(field.description or "", _WIDTH - place)
    lines = [f"{line:<{place - 2}}  # {comment[0]}"]
    return lines + [f"{'':<{place - 2}}  # {more}" for more in comment[1:]]


def _default(where: Where) -> Json:
    """The default of the setting at `where`, as it is written in a file."""
    if where in _DEFAULTS:
        return _DEFAULTS[where]
    node: Json = Config().public()
    for part in where:
        node = node.get(str(part)) if isinstance(node, dict) else None
    return node


def _columns(columns: Sequence[tuple[str, str]] | None, unused: Sequence[str]) -> Iterator[str]:
    """The group that says which column is what."""
    yield from _commented(
        "Which column of the sheet is what: the header as it stands there, then the contact field: number, first_name, "
        "last_name, company_name, email, tag, custom_field.NAME, or ignore. Columns named like a field, or by a usual "
        "name such as Mobile or Surname, are found without a line here. A header named here must be in the sheet."
    )
    yield "columns:"
    for header, target in _COLUMNS if columns is None else columns:
        yield f"  {'# ' if columns is None else ''}{_key(header)}: {scalar(target)}"
    if unused:
        yield from (f"  {line}" for line in _commented(f"not used: {', '.join(' '.join(h.split()) for h in unused)}"))


def _key(header: str) -> str:
    """`header` as a key, quoted where YAML would read it otherwise."""
    document = reading.read(f"{header}: 1")
    return header if document.data == {header: 1} and not document.problems else json.dumps(header, ensure_ascii=False)


def scalar(value: Json, *, flow: bool = False) -> str:
    """`value` on one line of YAML; a text is quoted only where it would be read as something else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {scalar(item, flow=True)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(scalar(item, flow=True) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    document = reading.read(f"x: [{value}]" if flow else f"x: {value}")
    plain = document.data == {"x": [value] if flow else value} and not document.problems
    return value if plain else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    import sys

    sys.stdout.write(example())
