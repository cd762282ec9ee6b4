"""Sources → rows: what the files hold, how their columns were understood, and whether they speak for the whole job."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from syncjob.config import Config
from syncjob.errors import SourceError
from syncjob.headers import Answers, Asker, Confirmed, Nobody, ask, silence
from syncjob.job.fedback import copies_of, hold, take_corrections
from syncjob.job.firstrows import FirstRows
from syncjob.job.sources import Patience, Sources, find_sources
from syncjob.loader import read_many
from syncjob.loader.origin import origin_of
from syncjob.loader.rows import build
from syncjob.loader.table import FieldMap, Loaded, Table
from syncjob.plans import label
from syncjob.remotes import abilities_of
from syncjob.words import one_line

__all__ = ["Patience", "Sources", "find_sources", "load", "place_of", "spans", "understood"]

_FOUND = {"config": " (as the config says)", "remembered": " (as confirmed before)", "unmapped": " (kept as it is)"}
"""How a column was found, for people; a name or a usual name for a field speaks for itself."""

_ORIGINS = 3  # files that a note on rows fed back names


def load(
    config: Config,
    sources: Sources,
    *,
    asker: Asker | None = None,
    confirmed: Confirmed | None = None,
    accepted: Callable[[], None] | None = None,
) -> Loaded:
    """Every row of every source (schema.ROWS), numbers normalised, problems named.

    Near-names of headers are asked of `asker` (None: nobody is there); `confirmed` is what counts without asking.
    `accepted` is called, from any thread, when the headers and first rows of all files are fine and rows enough are
    left to be read that something else could be done meanwhile; the rest may still be refused.
    Raises `SourceError`: a file can't be read, columns can't be mapped, or several sheets hold contacts and nobody is
    there to see which one is read.
    """
    source, asker, confirmed = config.source, asker or Nobody(), confirmed or Confirmed()
    first = FirstRows(len(sources.files), lambda tables: _is_clear(tables, config, asker, confirmed), accepted)
    tables = read_many(
        sources.files,
        sheet=source.sheet,
        header_row=source.header_row,
        encoding=source.encoding,
        delimiter=source.delimiter,
        heard=first.heard if accepted else None,
    )
    taken = take_corrections(tables, copies_of(config))
    tables = taken.tables
    if not asker.attended():
        _one_sheet_each(tables)
    key, answers = abilities_of(config.remote.kind).key, Answers()
    remembered = [ask(table, config.columns, confirmed, key, asker, answers) for table in tables]
    loaded = hold(_built(config, tables, remembered), taken.clashes)
    return replace(silence(loaded, answers), partial=loaded.partial or sources.partial)


def _built(config: Config, tables: Sequence[Table], remembered: Sequence[Mapping[str, str]]) -> Loaded:
    able = abilities_of(config.remote.kind)
    return build(
        tables,
        columns=dict(config.columns),
        unmapped=config.unmapped,
        region=config.phone.default_region,
        blank=config.sync.blank,
        remembered=remembered,
        key=able.key,
        instead=able.by_listing,
    )


def _is_clear(tables: Sequence[Table], config: Config, asker: Asker, confirmed: Confirmed) -> bool:
    """Whether rows can be made of tables that begin so, nobody need be asked, and each begins with a good row or more.

    A result that is fed back is none of these: what its rows are, all of them decide.
    """
    if any(table.facts.result_of for table in tables):
        return False
    headers = [[column.header for column in table.columns] for table in tables]
    try:
        if not asker.attended():
            _one_sheet_each(tables)
        loaded = _built(config, tables, [confirmed.of(each) for each in headers])
    except SourceError:
        return False
    if asker.attended() and any(mapping.proposed for mapping in loaded.mappings):
        return False
    return set(loaded.rows["table"][loaded.rows["outcome"].isna()]) == set(range(len(tables)))


def _one_sheet_each(tables: Sequence[Table]) -> None:
    """Raise `SourceError` for files with several sheets of contacts, of which nobody can say which one is meant."""
    says, lines = [], []
    for table in tables:
        if not _others(table) or table.sheet is None:
            continue
        sheets = [table.sheet, *_others(table)]
        says.append(f"{table.source}: several sheets hold contacts: {', '.join(sheets)}. Say which one is meant.")
        every = ", ".join(map(_yaml, sheets))
        lines.append(f"source:\n  sheet: {_yaml(table.sheet)}    # or a list, [{every}], or all")
    if says:
        advice = "\n".join(["Add to the config:", *dict.fromkeys(lines)])
        raise SourceError("\n".join(map(one_line, says)), code="source_unmapped", advice=advice)


def _others(table: Table) -> tuple[str, ...]:
    """Other sheets that hold contacts; those beside a result of ours are only its other pages."""
    return () if table.facts.result_of else table.facts.other_sheets


def _yaml(text: str) -> str:
    """`text` as a YAML value."""
    bare = re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*[A-Za-z0-9_]", text)
    word = text.casefold() in {"yes", "no", "on", "off", "true", "false", "null", "all"}
    return text if bare and not word else json.dumps(text, ensure_ascii=False)


def place_of(table: Table) -> str:
    """A table as people call it: the file's name, and its sheet."""
    return Path(table.source).name + (f" · {table.sheet}" if table.sheet else "")


def understood(loaded: Loaded) -> list[str]:
    """What was understood of each table, in sentences; nothing is guessed silently (CONTRACT 4)."""
    return [
        f"{place_of(table)}: {sentence}"
        for table, mapping in zip(loaded.tables, loaded.mappings, strict=True)
        for sentence in (_form(table), *_columns(table, mapping), *_sheets(table), *_notes(table, mapping))
    ]


def _form(table: Table) -> str:
    facts = table.facts
    form = ", ".join(part for part in (facts.format, facts.encoding, _delimiter(facts.delimiter)) if part)
    return f"{form}; header in row {facts.header_row}; {_count(len(table.cells))}."


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _columns(table: Table, mapping: FieldMap) -> list[str]:
    """Which column is what; how that was found, where it was not by its name."""
    headers = [column.header.strip() for column in table.columns]
    ways = {_FOUND.get(mapping.how[at], "") for at in mapping.field_of}
    alike = ways.pop() if len(ways) == 1 else None  # one way for all of them is said once
    fed = [
        f"{headers[at]} → {label(mapping.key if target == 'number' else target)}"
        f"{_FOUND.get(mapping.how[at], '') if alike is None else ''}"
        for at, target in mapping.field_of.items()
    ]
    lines = [f"columns {', '.join(fed)}{alike or ''}."]
    unused = [headers[at] or f"column {table.columns[at].letter} (no header)" for at in mapping.unmapped]
    if unused:
        lines.append(f"not used: {', '.join(unused)}.")
    near = [f"{headers[at]} (did you mean {target}?)" for at, target in mapping.proposed.items()]
    if near:
        lines.append(f"{', '.join(near)}. Say so under columns: in the config.")
    return lines


def _sheets(table: Table) -> list[str]:
    """The sheets that were not read."""
    lines = []
    if others := _others(table):
        also = "another sheet holds" if len(others) == 1 else "other sheets hold"
        lines.append(f"{also} contacts and is not read: {', '.join(others)}. Name it under source: sheet: to read it.")
    hidden = [sheet for sheet in table.facts.hidden_sheets if sheet != table.sheet]
    if hidden and not table.facts.result_of:
        lines.append(f"hidden and not read: {', '.join(hidden)}. Name it under source: sheet: to read it.")
    return lines


def _notes(table: Table, mapping: FieldMap) -> list[str]:
    return [*table.facts.notes, *mapping.notes, *_origin(table)]


def _origin(table: Table) -> list[str]:
    """Where the rows of a result that was fed back had come from: there they are still as they were."""
    found = origin_of(table)
    if found is None:
        return []
    found = found[found["source"] != ""]
    kept = found.assign(row=found["row"].astype("int64")).groupby(["source", "sheet"], sort=False)
    places = [
        f"{Path(str(file)).name}{f', sheet {sheet}' if str(sheet) else ''}, {_rows(lines['row'].tolist())}"
        for (file, sheet), lines in kept
    ]
    if not places:
        return []
    more = f"; and {len(places) - _ORIGINS:,} more" if len(places) > _ORIGINS else ""
    shown = "; ".join(places[:_ORIGINS]) + more
    return [f"its rows came from {shown}. What you correct here, correct there too, or the next run finds it again."]


def _rows(rows: Sequence[int]) -> str:
    return f"row {rows[0]}" if len(set(rows)) == 1 else f"rows {spans(rows)}"


def spans(rows: Iterable[int], most: int = 12) -> str:
    """Row numbers as people write them: 3, 7–9, 12; beyond `most` pieces, how many rows more."""
    pieces: list[list[int]] = []
    for row in sorted(set(rows)):
        if pieces and row == pieces[-1][1] + 1:
            pieces[-1][1] = row
        else:
            pieces.append([row, row])
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in pieces[:most]]
    rest = sum(last - first + 1 for first, last in pieces[most:])
    return ", ".join(texts) + (f" and {rest:,} more" if rest else "")


def _delimiter(delimiter: str | None) -> str | None:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    return names.get(delimiter, delimiter) if delimiter else None
