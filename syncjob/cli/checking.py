"""What `check` says: how the sheet was understood, then every problem by kind, with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from syncjob.cli.at_work import head, start_logs
from syncjob.cli.lines import first_line, say
from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from syncjob.words import OUTCOMES, one_line

if TYPE_CHECKING:
    import pandas as pd

    from syncjob.config import Config
    from syncjob.job.checking import Checked

SHOWN = 10
"""Problems of one kind that are shown in full; of the others only the rows (all of them with --verbose)."""


def check_sources(context: Context, config: Config, sources: Sequence[str]) -> int:
    """Load, validate, print; 3 when rows are bad (CONTRACT 9)."""
    from syncjob.job.checking import check
    from syncjob.job.reading import Patience, find_sources

    start_logs(context)
    first_line(context, head(config, live=False))
    screen = Screen(context)
    patience = Patience(note=screen.note)
    found = find_sources(config, sources, whole=False, patience=patience, wait=False)
    told = check(config, found, screen)
    code = 3 if told.bad > config.limits.bad_rows.of(len(told.rows)) else 0
    if context.json:
        say(_document(told, code))
        context.told = True
    else:
        for line in _text(context, told, sources):
            say(one_line(line))
    return code


def _document(told: Checked, code: int) -> str:
    """One JSON document: what was understood, and one object per problem."""
    import json
    from dataclasses import asdict

    from syncjob.job.checking import problems_of
    from syncjob.job.reading import understood

    document = {
        "rows": len(told.rows),
        "good": len(told.rows) - told.bad,
        "bad": told.bad,
        "counts": told.counts,
        "sources": _sources(told),
        "notes": understood(told.loaded),
        "warnings": list(told.warnings),
        "partial": told.loaded.partial,
        "problems": [asdict(problem) for problem in problems_of(told.problems)],
        "exit_code": code,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _sources(told: Checked) -> list[dict[str, object]]:
    """Each table: where it stands, and which of its columns is what."""
    return [
        {
            "file": table.source,
            "sheet": table.sheet,
            "format": table.facts.format,
            "header_row": table.facts.header_row,
            "rows": len(table.cells),
            "columns": [
                {
                    "column": column.letter,
                    "header": column.header,
                    "field": mapping.field_of.get(at),
                    "how": mapping.how.get(at),
                }
                for at, column in enumerate(table.columns)
            ],
        }
        for table, mapping in zip(told.loaded.tables, told.loaded.mappings, strict=True)
    ]


def _text(context: Context, told: Checked, sources: Sequence[str]) -> Iterator[str]:
    from syncjob.job.checking import grouped
    from syncjob.job.reading import understood

    if not context.quiet:
        yield from understood(told.loaded)
        if told.loaded.partial:
            yield f"A run would speak only for these rows: {told.loaded.partial}."
        yield ""
    problems = told.problems.assign(file=_short(told.problems["file"]))
    for code, rows, lines in grouped(problems):
        yield _heading(code, rows)
        yield from _lines(lines, everything=context.verbose)
        yield ""
    yield from told.warnings
    if not context.quiet or told.bad:
        yield _sum(told)
    if not context.quiet:
        yield _next(told, sources)


def _next(told: Checked, sources: Sequence[str]) -> str:
    """What to do now."""
    import shlex

    if told.bad:
        return "Correct these cells in the file, save it, and check again."
    return f"Next: {shlex.join(['syncjob', 'run', *sources, '--dry-run'])}  shows what would be done; nothing is sent."


def _heading(code: str, rows: Sequence[int]) -> str:
    """What happened, what to do, the code, and how many rows it concerns."""
    from syncjob.job.checking import advice, says

    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    return f"{count}: {f'{says(code)} {advice(code)}'.strip()} [{code}]"


def _lines(lines: pd.DataFrame, *, everything: bool) -> Iterator[str]:
    """The first problems of a kind, each with its place and value; then the rows of the others."""
    from syncjob.job.reading import spans

    shown = lines if everything else lines.head(SHOWN)
    for line in shown.itertuples():
        yield f"  {_place(line.file, line.sheet)}, row {line.row}{_cell(line.column, line.header)}: {_value(line)}"
    rest = lines.iloc[len(shown) :]
    for (file, sheet), others in rest.groupby(["file", "sheet"], sort=False, dropna=False):
        count = others["row_id"].nunique()
        yield f"  … and {count:,} more in {_place(file, sheet)}: rows {spans(others['row'].tolist())}"


def _short(files: pd.Series[str]) -> pd.Series[str]:
    """Files by their names; by their paths where two have the same name."""
    from pathlib import Path

    paths = files.unique().tolist()
    names = {path: Path(path).name for path in paths}
    return files.map(names if len(set(names.values())) == len(paths) else dict(zip(paths, paths, strict=True)))


def _place(file: object, sheet: object) -> str:
    return f"{file}, sheet {sheet}" if isinstance(sheet, str) else str(file)


def _cell(column: object, header: object) -> str:
    if not isinstance(column, str):
        return ""
    return f", column {column} ({header})" if isinstance(header, str) and header else f", column {column}"


def _value(line: object) -> str:
    """The value as found, and for rows that contradict each other the others."""
    from syncjob.job.checking import cut

    value, detail = getattr(line, "value", None), getattr(line, "detail", None)
    shown = f'"{cut(value)}"' if isinstance(value, str) and value.strip() else "(empty)"
    return f"{shown}, see {detail}" if getattr(line, "outcome", "") == "held" and isinstance(detail, str) else shown


def _sum(told: Checked) -> str:
    """1,204 rows read: 1,190 good (2 same as another row), 14 to fix."""
    aside = [
        f"{count:,} {OUTCOMES[name].word.lower()}"
        for name, count in told.counts.items()
        if name in ("duplicate", "skipped")
    ]
    total = len(told.rows)
    read = "1 row read" if total == 1 else f"{total:,} rows read"
    also = f" ({', '.join(aside)})" if aside else ""
    return f"{read}: {total - told.bad:,} good{also}, {told.bad:,} to fix."
