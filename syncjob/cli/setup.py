"""`syncjob init` and `syncjob template`: a config and a workbook to start from.

What enters: a sheet to look at, or nothing. What leaves: a file, whole or not at all, and the command to run next.
Promised: a file that is there is never replaced without a yes or `--force`, and no connection is opened.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncjob.cli.explain import wants_json
from syncjob.cli.lines import say
from syncjob.cli.options import common
from syncjob.errors import NotApproved, SourceError
from syncjob.remotes import KINDS, abilities_of
from syncjob.words import printable

if TYPE_CHECKING:
    from syncjob.cli.asking import Ask
    from syncjob.loader.table import Table
    from syncjob.model import Abilities, Json

Columns = list[tuple[str, str]]

SANDBOX: dict[tuple[str | int, ...], Json] = {
    ("remote", "region"): None,
    ("remote", "base_url"): "http://127.0.0.1:8080",
    ("remote", "account_sid"): "sandbox1",
    ("remote", "api_key"): "sandbox-key",
    ("remote", "api_token"): "sandbox-token",
    ("remote", "rate"): "off",
}
"""The account that `syncjob sandbox` serves; none of it is a secret."""


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write.  [default: --config, else config.yaml]",
)
@click.option("--kind", type=click.Choice([*KINDS]), default="exotel_contacts", help="The remote that it is for.")
@click.option("--schema", is_flag=True, help="The JSON Schema of the config instead, for editors; to stdout or -o.")
@click.option("--sandbox", is_flag=True, help="For the account of syncjob sandbox, to try things out.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@common
@click.pass_context
def init(
    ctx: click.Context,
    file: Path | None,
    output: Path | None,
    kind: str,
    schema: bool,
    sandbox: bool,
    force: bool,
) -> None:
    """Write a commented config to start from.

    With FILE: looks at the sheet, shows its columns, and asks which is what. Opens no connection.

    \b
    syncjob init contacts.xlsx
    syncjob init contacts.xlsx --sandbox      to try it against syncjob sandbox
    syncjob init -o jobs/leads.yaml
    syncjob init gone.csv --kind sendme123
    """
    if schema and file:
        raise click.UsageError("--schema takes no FILE.")
    if schema:
        _write_schema(ctx, output, force)
        return
    target = output or Path(getattr(ctx.obj, "config", None) or "config.yaml")
    _may_replace(ctx, target, force)
    from syncjob.config.writing import start, written

    able = abilities_of(kind)
    known, columns, unused = _looked_at(ctx, file, target, able) if file else ({}, None, [])
    known |= {**start(kind), **(SANDBOX if sandbox else {}), ("job",): _job(target, file)}
    _save(target, written(known, columns, unused).encode())
    _report(ctx, target, columns, able, sandbox=sandbox)


@click.command()
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".xlsx or .csv")
@click.option("--custom", multiple=True, metavar="NAME", help="One more column, for a custom field; may be repeated.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@common
@click.pass_context
def template(ctx: click.Context, output: Path, custom: tuple[str, ...], force: bool) -> None:
    """Write a blank workbook to fill, with text cells and a page of help.

    \b
    syncjob template -o contacts.xlsx
    """
    from syncjob.cli.blank import blank_csv, blank_workbook, headings

    kind = output.suffix.lower()
    if kind not in (".xlsx", ".csv"):
        raise click.UsageError(f"{output} must end in .xlsx or .csv.")
    if output.exists() and not force:
        raise click.UsageError(f"{output} is there already. Name another file, or add --force to replace it.")
    if any(not re.fullmatch(r"\w[\w \-]*(\.\w[\w \-]*)*", name) for name in custom):
        raise click.UsageError("--custom takes names of letters, digits, dashes and underscores, such as city.")
    columns = headings(tuple(dict.fromkeys(custom)))
    _save(output, blank_csv(columns) if kind == ".csv" else blank_workbook(columns))
    if wants_json(ctx):
        shown = [{"header": column.header, "field": column.field} for column in columns]
        say(json.dumps({"file": str(output), "columns": shown}, ensure_ascii=False))
        return
    if not _quiet(ctx):
        say(f"Wrote {output}. Fill it in, then: syncjob check {_quoted(output)}")


def _at_terminal(ctx: click.Context) -> bool:
    """May questions be asked? The group may know better (`ctx.obj.terminal`)."""
    told = getattr(ctx.obj, "terminal", None)
    return bool(told) if told is not None else sys.stdin.isatty() and sys.stderr.isatty()


def _quiet(ctx: click.Context) -> bool:
    return bool(getattr(ctx.obj, "quiet", False))


def _may_replace(ctx: click.Context, target: Path, force: bool) -> None:
    """Raises `NotApproved` when `target` is there and nobody said that it may go."""
    if force or getattr(ctx.obj, "yes", False) or not target.exists():
        return
    if not _at_terminal(ctx):
        raise NotApproved(f"{target} is there already.", advice="Name another with -o, or add --force to replace it.")
    if not click.confirm(printable(f"{target} is there already. Replace it?"), default=False, err=True):
        raise NotApproved(f"{target} was left as it is.")


def _write_schema(ctx: click.Context, output: Path | None, force: bool) -> None:
    from syncjob.config import schema

    text = json.dumps(schema(), ensure_ascii=False, indent=2)
    if output is None:
        say(text)
        return
    _may_replace(ctx, output, force)
    _save(output, f"{text}\n".encode())
    say(f"Wrote {output}.", err=True)


def _looked_at(
    ctx: click.Context, file: Path, target: Path, able: Abilities
) -> tuple[dict[tuple[str | int, ...], Json], Columns, list[str]]:
    """What the sheet tells: settings, the columns that are used, and the headers that are not."""
    from syncjob.cli.asking import seen, settle
    from syncjob.loader import read_tables
    from syncjob.schema import PLAIN_FIELDS

    table, several = _chosen(read_tables(file), able)
    columns = seen(table, *_guesses(table, able))
    ask: Ask | None = (lambda question, default: str(_prompt(question, default))) if _at_terminal(ctx) else None
    say(f"{file}{f', sheet {table.sheet}' if table.sheet else ''}: {_rows(len(table.cells))}.", err=True)
    say(
        "Press Enter to accept what stands in brackets. Other answers: number, "
        f"{', '.join(PLAIN_FIELDS)}, custom (a field of your own), or ignore."
        if ask
        else "Nobody is here to ask, so only columns named like a field, or by a usual name for one, are used:",
        err=True,
    )
    fields = settle(columns, ask, lambda line: say(line, err=True))
    used = [(column.header, field) for column, field in zip(columns, fields, strict=True) if field]
    left = [c.header for c, field in zip(columns, fields, strict=True) if not field and c.header.strip() and not c.ours]
    known: dict[tuple[str | int, ...], Json] = {("source", "files"): [_from(file, target)]}
    if several and table.sheet:
        known["source", "sheet"] = table.sheet
    return known, used, left


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _prompt(question: str, default: str) -> object:
    return click.prompt(printable(question), default=printable(default), err=True)


def _chosen(tables: tuple[Table, ...], able: Abilities) -> tuple[Table, bool]:
    """The table to set up, and whether the file holds others: the one with the key and the most rows."""
    if not tables:
        raise SourceError("The file holds no table.", advice="Check that it was saved with its rows.")
    keys = {able.key, *able.by_listing}
    best = max(tables, key=lambda table: (not keys.isdisjoint(_guesses(table, able)[0].values()), len(table.cells)))
    return best, len(tables) > 1 or bool(best.facts.other_sheets)


def _guesses(table: Table, able: Abilities) -> tuple[dict[int, str], dict[int, str]]:
    """By position: the fields that headers name for certain, and those that similar headers suggest."""
    from syncjob.columns import field_of, match, propose

    headers = [column.header for column in table.columns]
    near = propose(headers, {}, key=able.key)
    try:
        found = match(headers, {}, key=able.key, instead=able.by_listing)
        return {at: found.key if field == "number" else field for at, field in found.field_of.items()}, near
    except SourceError:  # no column with the key, or two columns of one name: a person decides, or the first one counts
        return {place: field for place, header in enumerate(headers) if (field := field_of(header))}, near


def _from(file: Path, target: Path) -> str:
    """`file` as the config at `target` names it: relative where it lies in or below its folder."""
    path, folder = file.absolute(), target.absolute().parent
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _job(target: Path, file: Path | None) -> str:
    """The job's name: that of the config, or for a plain config.yaml that of the sheet, without its date."""
    stem = target.stem if target.stem != "config" else file.stem if file else "leads"
    plain = re.sub(r"[^\w\-]+", "-", stem)
    return re.sub(r"[-_\d]+$", "", plain).strip("-_")[:60] or "leads"


def _save(target: Path, held: bytes) -> None:
    """Write `held` aside and rename it: `target` is whole or untouched."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(held)
            Path(aside).chmod(0o644)
            Path(aside).replace(target)
        finally:
            Path(aside).unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"{target} can't be written ({error.strerror or 'no access'}).") from error


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


def _report(ctx: click.Context, target: Path, columns: Columns | None, able: Abilities, *, sandbox: bool) -> None:
    """Say what was written and what to do next."""
    place = "" if target == Path("config.yaml") else f" --config {_quoted(target)}"
    then = f"syncjob check{place}"
    if wants_json(ctx):
        shown = None if columns is None else dict(columns)
        say(json.dumps({"file": str(target), "columns": shown, "next": then}, ensure_ascii=False))
        return
    if columns is not None and {able.key, *able.by_listing}.isdisjoint(dict(columns).values()):
        what = "phone number" if able.keyed_by_number else able.key
        say(
            f"No column is the {what} yet: add a line such as  Header: {able.key}  under columns: in the file.",
            err=True,
        )
    if _quiet(ctx):
        return
    if sandbox:
        say(f"Wrote {target}. It is for the sandbox: start it in another terminal with  syncjob sandbox")
    else:
        say(f"Wrote {target}. It holds no secret: set {_variables(able)}.")
    say(f"Next: {then}")


def _variables(able: Abilities) -> str:
    """The variables that the config takes its credentials from."""
    *most, last = [f"{able.service.upper()}_{name.upper()}" for name in able.needs if name != "list"]
    return f"{', '.join(most)} and {last}" if most else last
