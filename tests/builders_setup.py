"""Tables as the loader hands them on, and commands run as a person at a terminal would."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pandas as pd
from click.testing import CliRunner, Result

from syncjob.loader.table import PROBLEMS, Column, Facts, Table


def table(*rows: tuple[str, ...]) -> Table:
    """A table of text: the first row holds the headers."""
    headers, *lines = rows
    columns = tuple(Column(chr(65 + place), header) for place, header in enumerate(headers))
    cells = pd.DataFrame(lines, columns=range(len(headers)), dtype="str")
    return Table(
        source="contacts.csv",
        sheet=None,
        columns=columns,
        cells=cells,
        row_numbers=pd.Series(range(2, len(lines) + 2), dtype="int64"),
        problems=PROBLEMS.empty(),
        facts=Facts(format="csv"),
    )


def call(command: click.Command, *args: object, typed: str | None = None, as_json: bool = False) -> Result:
    """Run `command`; `typed` is what a person at a terminal types, None: nobody is there."""
    told = SimpleNamespace(json=as_json, terminal=typed is not None)
    return CliRunner().invoke(command, [str(arg) for arg in args], input=typed, obj=told)
