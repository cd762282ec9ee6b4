"""What `check` says: what was understood, and every problem with its place and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from syncjob.cli.at_work import head, start_logs
from syncjob.cli.options import Context
from syncjob.words import REASONS

if TYPE_CHECKING:
    import pandas as pd

    from syncjob.config import Config

SHOWN = 200


def check_sources(context: Context, config: Config, sources: Sequence[str]) -> int:
    """Load, validate, print; 3 when rows are bad (CONTRACT 9)."""
    from syncjob.job.checking import checked
    from syncjob.job.reading import find_sources, load, understood

    start_logs(context)
    if not context.quiet:
        click.echo(head(config, live=False), err=True)
    found = find_sources(config, sources, whole=False)
    loaded = load(config, found)
    told = checked(config, loaded)
    problems = told[told["outcome"].isin(["invalid", "held"])]
    code = 3 if len(problems) > config.limits.bad_rows.of(len(told)) else 0
    if context.json:
        import json

        counts = {str(name): int(count) for name, count in told["outcome"].value_counts().items()}
        lines = [problem_text(row) for _, row in problems.iterrows()]
        document = {"rows": len(told), "counts": counts, "problems": lines, "exit_code": code}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print(context, understood(loaded), told, problems)
    if not context.quiet:
        click.echo(f"DRY RUN · exit {code}", err=True)
    return code


def _print(context: Context, understood: list[str], told: pd.DataFrame, problems: pd.DataFrame) -> None:
    if not context.quiet:
        for line in understood:
            click.echo(line)
    for _, row in problems.head(SHOWN).iterrows():
        click.echo(problem_text(row))
    if len(problems) > SHOWN:
        click.echo(f"… and {len(problems) - SHOWN:,} more.")
    good = len(told) - len(problems)
    click.echo(f"{len(told):,} rows read: {good:,} good, {len(problems):,} to fix.")


def problem_text(row: pd.Series) -> str:
    """One problem: file, sheet, row, column, value, what happened, what to do."""
    import pandas as pd

    place = [str(row["source"])]
    if pd.notna(row["sheet"]):
        place.append(f"sheet {row['sheet']}")
    place.append(f"row {row['row']}")
    if pd.notna(row["column"]):
        place.append(f"column {row['column']} ({row['header']})")
    reason = REASONS.get(str(row["reason"]))
    detail = row["detail"] if pd.notna(row["detail"]) else ""
    says = reason.says.replace("{detail}", str(detail)) if reason else str(row["reason"])
    return f"{', '.join(place)}: {says} {reason.do if reason else ''}".rstrip() + f" [{row['reason']}]"
