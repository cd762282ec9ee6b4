"""Options that stand before or after the command, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, ParamSpec, TypeVar

import click
from click.core import ParameterSource

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Context:
    """What the common options say. Named before or after the command, an option counts the same.

    `head` is the first line once it was said, `tail` what the last line adds to it; `told` whether the one JSON
    document of `--json` is out; `typed` the options of the command line, which go before the environment.
    """

    config: str | None = None
    yes: bool = False
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    log_format: Literal["text", "json"] = "text"
    no_progress: bool = False
    head: str = ""
    tail: str = ""
    told: bool = False
    typed: set[str] = field(default_factory=set)


COMMON = frozenset({"config", "yes", "json", "quiet", "verbose", "log_format", "no_progress"})


def _take(ctx: click.Context, param: click.Parameter, value: object) -> None:
    context, name = ctx.find_object(Context), param.name
    if context is None or value in (None, False) or not name:
        return
    typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    if typed or name not in context.typed:
        setattr(context, name, value)
    if typed:
        context.typed.add(name)


def option(*names: str, **settings: object) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """An option of a command; its variable is SYNCJOB_<OPTION> (CONTRACT 2)."""
    long = next(name for name in names if name.startswith("--"))
    variable = "SYNCJOB_" + long.removeprefix("--").upper().replace("-", "_")
    return click.option(*names, envvar=variable, show_envvar=True, **settings)  # type: ignore[arg-type]


def common(command: Callable[P, T]) -> Callable[P, T]:
    """Add the common options to a command or the group (CONTRACT 2)."""
    options = (
        click.option("--config", "-c", metavar="FILE", type=click.Path(), help="The job's config."),
        click.option("--yes", "-y", is_flag=True, help="Approve the plan without asking."),
        click.option("--json", is_flag=True, help="One JSON document on stdout, nothing else."),
        click.option("--quiet", "-q", is_flag=True, help="Say only what went wrong."),
        click.option("--verbose", "-v", is_flag=True, help="Log every request."),
        click.option("--log-format", type=click.Choice(["text", "json"]), help="How logs are written."),
        click.option("--no-progress", is_flag=True, help="No progress bars."),
    )
    for option in reversed(options):
        command = option(command)
    return _hidden(command)


def _hidden(command: Callable[P, T]) -> Callable[P, T]:
    """Route every common option into the Context instead of the command's own parameters."""
    for parameter in getattr(command, "__click_params__", []):
        if parameter.name in COMMON:
            parameter.callback = _take
            parameter.expose_value = False
            if parameter.name != "yes":
                parameter.envvar = f"SYNCJOB_{parameter.name.upper()}"
    return command
