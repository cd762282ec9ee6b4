"""The pages of docs/reference, written from the code: commands, settings, codes, exit codes.

python -m tests.builders_reference      writes them anew; the tests compare
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syncjob.cli import COMMANDS, Lazy, cli
from syncjob.cli.explain import _SETTINGS
from syncjob.cli.options import COMMON
from syncjob.config.model import Config
from syncjob.config.writing import _default, _section, scalar
from syncjob.words import GROUPS, OUTCOMES, REASONS, group_of, without_slot
from tests.builders_docs import ROOT, exit_table

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written from the code: python -m tests.builders_reference -->\n"
_COLUMNS = "Which column of the sheet is what: the header as it stands there, then the contact field."


def pages() -> dict[str, str]:
    """File name → text of every page of the reference."""
    made = {"commands.md": _commands(), "config.md": _settings(), "codes.md": _codes(), "exit-codes.md": _exits()}
    return {name: re.sub(r"\n{3,}", "\n\n", f"{NOTE}\n{text.rstrip()}\n") for name, text in made.items()}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


# -- commands ------------------------------------------------------------------------------------------------------


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, and those within one."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = Lazy.get_command(cli, context, name)  # type: ignore[arg-type]
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())
        else:
            yield name, command


def _commands() -> str:
    common = [param for param in cli.params if isinstance(param, click.Option) and param.name in COMMON]
    parts = [
        "# Commands",
        "`syncjob COMMAND --help` says the same at a terminal.",
        "## Options of every command",
        "They stand before or after the command. An option goes before its variable, that before the config.",
        _options(common),
    ]
    for name, command in every_command():
        parts += [f"## syncjob {name}", *_told(name, command)]
    return "\n\n".join(parts)


def _told(name: str, command: click.Command) -> Iterator[str]:
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b")
    yield "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
    with click.Context(command, info_name=f"syncjob {name}") as context:
        pieces = command.collect_usage_pieces(context)
    yield f"```text\n{' '.join([f'syncjob {name}', *pieces])}\n```"
    own = [param for param in command.params if isinstance(param, click.Option) and param.name not in COMMON]
    if own:
        yield _options(own)
    yield f"```sh\n{inspect.cleandoc(examples)}\n```"


def _options(params: list[click.Option]) -> str:
    rows = []
    for param in params:
        names = ", ".join(f"`{name}`" for name in sorted(param.opts, key=len, reverse=True))
        taken = "" if param.is_flag else f" {_taken(param)}"
        variable = f"`{param.envvar}`" if isinstance(param.envvar, str) else ""
        rows.append((f"{names}{taken}", param.help or "", variable))
    return _table(("option", "what it does", "variable"), rows)


def _taken(param: click.Option) -> str:
    if param.metavar:
        return param.metavar
    return "|".join(param.type.choices) if isinstance(param.type, click.Choice) else param.type.name.upper()


# -- settings ------------------------------------------------------------------------------------------------------


def _settings() -> str:
    parts = [
        "# Settings",
        "Every key of the config, its default, and what it is for. [config.example.yaml](../../config.example.yaml) is"
        " the same as a file to start from; `syncjob init --schema` prints a JSON Schema for editors.",
    ]
    loose = [(f"`{name}`", _shown((name,)), f.description or "") for name, f in _fields(Config) if _plain(name, f)]
    parts.append(_table(("key", "default", "what it is for"), loose))
    for name, field in _fields(Config):
        section = _section(field)
        if section is not None:
            rows = [
                (f"`{name}.{key}`", _shown((name, key)), inner.description or "") for key, inner in _fields(section)
            ]
            parts += [
                f"## {name}",
                inspect.cleandoc(section.__doc__ or ""),
                _table(("key", "default", "what it is for"), rows),
            ]
        elif name == "columns":
            parts += ["## columns", f"{_COLUMNS} {_sentence(field.description or '')}"]
    return "\n\n".join(parts)


def _fields(section: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in section.model_fields.items())


def _plain(name: str, field: FieldInfo) -> bool:
    return _section(field) is None and name != "columns"


def _shown(where: tuple[str, ...]) -> str:
    value = scalar(_default(where))
    return f"`{value}`" if value not in ("null", '""') else ""


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


# -- codes ---------------------------------------------------------------------------------------------------------


def _codes() -> str:
    outcomes = [(f"`{o.code}`", o.word, o.meaning, "good" if o.good else "bad") for o in OUTCOMES.values()]
    parts = [
        "# Outcomes and reasons",
        "`syncjob explain CODE` prints each. A row has one outcome; a reason says why it has it.",
        "## Outcomes",
        _table(("code", "plain word", "meaning", "counts as"), outcomes),
    ]
    for title in GROUPS:
        group = [reason for reason in REASONS.values() if group_of(reason.code) == title]
        rows = [(f"`{r.code}`", without_slot(r.says), r.do, _set(r.code)) for r in group]
        parts += [f"## {title}", _table(("code", "what happened", "what to do", "setting"), rows)]
    return "\n\n".join(parts)


def _set(code: str) -> str:
    return f"`{_SETTINGS[code]}`" if code in _SETTINGS else ""


def _exits() -> str:
    said = "Several apply: 130 and 143 go before 1, then 6, 3, 10. Treat any other code as a failure."
    return f"# Exit codes\n\n{exit_table()}\n\n{said}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
