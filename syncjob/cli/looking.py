"""export."""

from __future__ import annotations

from pathlib import Path

import click

from syncjob.cli.at_work import load_config, session
from syncjob.cli.lines import say
from syncjob.cli.options import Context, common, option


@click.command()
@option("--output", "-o", type=click.Path(path_type=Path), required=True, metavar="FILE", help=".xlsx or .csv")
@common
@click.pass_obj
def export(context: Context, output: Path) -> int:
    """Write every contact of the remote into a spreadsheet that `run` reads back.

    \b
    syncjob export -o contacts.xlsx
    """
    from syncjob.job.exporting import export_contacts

    config = load_config(context)
    with session(context, config, live=False) as opened:
        count = export_contacts(opened, output)
    if context.json:
        import json

        say(json.dumps({"contacts": count, "file": str(output), "exit_code": 0}, ensure_ascii=False))
        context.told = True
    elif not context.quiet:
        say(f"{count:,} contacts written to {output}")
    return 0
