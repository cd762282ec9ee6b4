"""Tables as found → the wanted side: one line per input row, with every problem named by its cell.

What enters: tables (text cells, problems of damaged cells and lines), the config's mapping and policies. What leaves:
`Loaded`, whose `rows` are schema.ROWS. Promised: every line of every table is a row, in order; a row is good, or
`invalid` with its cell, or `skipped` (a total). Where nothing is said about a field it is NaN, where it is to be empty
it is "". Contact text is trimmed at its ends (spaces of every kind, zero-width marks); what stands inside is data.

Of several problems of one row the gravest is shown: the damaged line, then the key's cell, then other mapped cells from
left to right. A row whose line or key cell is damaged has no number, even if one could be read from what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob import phone
from syncjob.columns import FieldMap, Unmapped, match
from syncjob.errors import SourceError
from syncjob.loader import custom, totals
from syncjob.loader.table import Loaded, Table
from syncjob.schema import PLAIN_FIELDS, ROWS, TEXT
from syncjob.texts import frame_of, series, trimmed

Blank: TypeAlias = Literal["keep", "clear"]

CLEAR = "#CLEAR"
_KEY = "number"
_WHOLE_LINE = -1
_WHERE = ("column", "header", "value")
_NAMEABLE = r"[A-Za-z0-9_-]{1,128}"  # a key that can be asked for: one word, nothing that leads elsewhere


def build(
    tables: Sequence[Table],
    *,
    columns: Mapping[str, str],
    unmapped: Unmapped,
    region: str,
    blank: Blank,
    remembered: Mapping[str, str] | Sequence[Mapping[str, str]] | None = None,
    key: str = "number",
    instead: Sequence[str] = (),
) -> Loaded:
    """All rows of `tables`, with numbers in E.164 for `region` and `row_id` running on from table to table.

    `columns`, `unmapped` and `blank` are the config's; `remembered` are headers that a person confirmed, for all tables
    or, as a sequence, for each. With another `key` than `number` the column of that name feeds `number` with its
    trimmed text, unparsed; `instead` are keys that count where no column holds it. A table that is a result of ours, or
    whose last line is cut off, makes the run partial.

    Raises `SourceError` (`source_unmapped`), naming every problem of every table, when columns can't be mapped.
    Source of the rules: CONTRACT 1, 3 and 4.
    """
    learned = remembered if isinstance(remembered, Sequence) else [remembered or {}] * len(tables)
    mappings = _match_all(
        tables, learned, lambda table, known: _mapped(table, columns, known, (key, *instead), unmapped)
    )
    readers = [_Reader(*pair, region=region, blank=blank) for pair in zip(tables, mappings, strict=True)]
    frames = [reader.rows(number) for number, reader in enumerate(readers)]
    rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0] if frames else ROWS.empty()
    rows["row_id"] = np.arange(len(rows), dtype=np.int64)
    mappings = tuple(replace(reader.mapping, notes=tuple(reader.notes)) for reader in readers)
    return Loaded(tuple(tables), mappings, ROWS.check(ROWS.shape(rows)), _partial(tables))


def every_flaw(loaded: Loaded, *, region: str, blank: Blank) -> pd.DataFrame:
    """Every problem of every row, where `Loaded.rows` shows the gravest only: what `check` tells in one pass.

    Columns: table, position, at (the column's position in the table; -1: the whole line), code, value.
    """
    pairs = enumerate(zip(loaded.tables, loaded.mappings, strict=True))
    found = [
        _Reader(table, mapping, region=region, blank=blank).every_flaw().assign(table=number)
        for number, (table, mapping) in pairs
    ]
    columns = ["table", "position", "at", "code", "value"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _mapped(
    table: Table, columns: Mapping[str, str], remembered: Mapping[str, str], keys: tuple[str, ...], unmapped: Unmapped
) -> FieldMap:
    headers = [column.header for column in table.columns]
    letters = [column.letter for column in table.columns]
    place, (key, *instead) = _place(table), keys
    return match(headers, columns, remembered, key, unmapped=unmapped, letters=letters, place=place, instead=instead)


def _place(table: Table) -> str:
    return f"{table.source}, sheet {table.sheet}" if table.sheet else table.source


def _match_all(
    tables: Sequence[Table],
    learned: Sequence[Mapping[str, str]],
    mapped: Callable[[Table, Mapping[str, str]], FieldMap],
) -> tuple[FieldMap, ...]:
    """The mapping of every table; what is wrong with any of them in one error."""
    made: list[FieldMap] = []
    errors: dict[str, SourceError] = {}
    for table, known in zip(tables, learned, strict=True):
        try:
            made.append(mapped(table, known))
        except SourceError as error:
            errors.setdefault(error.message, error)
    if errors:
        advice = "\n".join(dict.fromkeys(error.advice for error in errors.values()))
        raise SourceError("\n".join(errors), code="source_unmapped", advice=advice)
    return tuple(made)


def _partial(tables: Sequence[Table]) -> str | None:
    """Why these tables speak only for their rows (CONTRACT 1), or None."""
    for table in tables:
        if table.facts.result_of:
            run = "" if table.facts.result_of == "unknown" else f" (run {table.facts.result_of})"
            return f"{table.source} was made by syncjob{run} and fed back"
        if table.facts.cut_off:
            return f"the last line of {table.source} is cut off, so more may be missing"
    return None


class _Reader:
    """Reads one table: its columns once as Arrow, its verdicts as they are found."""

    def __init__(self, table: Table, mapping: FieldMap, *, region: str, blank: Blank) -> None:
        self.table = table
        self.mapping = mapping
        self.region = region
        self.blank = blank
        self.key = mapping.key
        self.length = len(table.cells)
        self.notes = list(mapping.notes)
        self.place_of = {target: at for at, target in mapping.field_of.items()}
        self.raw = self._cells(self.place_of[_KEY])

    def rows(self, number: int) -> pd.DataFrame:
        """This table's lines as schema.ROWS, `row_id` still to be given."""
        with ThreadPoolExecutor(1, thread_name_prefix="numbers") as beside:  # whole columns need no lock of Python's
            judged = beside.submit(self._numbers)
            custom_field, unread = self._custom()
            fields = {name: self._field(name) for name in PLAIN_FIELDS}
            numbers, reasons = judged.result()
        verdicts = self._verdicts(reasons, unread)
        lost = verdicts["lost"].to_numpy()
        numbers = numbers.mask(lost)
        readable = numbers.notna().to_numpy(copy=True)
        damaged = self.table.problems.loc[self.table.problems["column"] == _WHOLE_LINE, "position"]
        readable[damaged.to_numpy()] = True  # no total: what the line holds is not certain
        cells = self.table.cells
        total = totals.find([cells[at] for at in self._own()], cells[self.place_of[_KEY]], readable)
        made: dict[str, object] = {
            "row_id": np.int64(0),
            "table": number,
            "position": np.arange(self.length, dtype=np.int64),
            "source": self.table.source,
            "sheet": self.table.sheet,
            "row": self.table.row_numbers.to_numpy(),
            "raw": series(self.raw),
            "number": numbers,
            **fields,
            "custom_field": series(custom_field),
            **{name: verdicts[name] for name in ("outcome", "reason", *_WHERE)},
        }
        frame = pd.DataFrame(made, index=pd.RangeIndex(self.length))
        return ROWS.shape(_as_totals(frame, total) if total.any() else frame)

    def _cells(self, at: int) -> pa.Array:
        """A column as found; missing counts as empty."""
        found = pa.array(self.table.cells[at], type=pa.string(), from_pandas=True)
        whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
        return pc.fill_null(whole, "")

    def _own(self) -> list[int]:
        """The user's columns; ours (`sync_`) are ignored."""
        headers = enumerate(column.header.strip().casefold() for column in self.table.columns)
        return [at for at, header in headers if not header.startswith("sync_") or at in self.mapping.field_of]

    def _numbers(self) -> tuple[pd.Series, pd.Series]:
        """The key of every row, and the reason where there is none."""
        if self.key == _KEY:
            found = phone.normalise(series(self.raw), self.region)
            self._tell(found["note"])
            return found["number"], found["reason"]
        keys = series(trimmed(self.raw))
        missing, odd = keys == "", ~keys.str.fullmatch(_NAMEABLE)
        reasons = pd.Series("key_invalid", index=keys.index, dtype=TEXT).where(odd).mask(missing, "key_missing")
        return keys.mask(odd), reasons

    def _tell(self, told: pd.Series) -> None:
        """What was done to numbers is said aloud: how often, and where first."""
        for note, count in told.value_counts().items():
            row = int(self.table.row_numbers.iloc[int(np.argmax((told == note).to_numpy()))])
            numbers = "1 number" if count == 1 else f"{count:,} numbers"
            self.notes.append(f"{numbers}: {note} (row {row}{'' if count == 1 else ' first'}).")

    def _field(self, name: str) -> pd.Series:
        at = self.place_of.get(name)
        return series(pa.nulls(self.length, pa.string()) if at is None else self._said(at))

    def _said(self, at: int) -> pa.Array:
        """What a column says: text; "" where it empties; null where it says nothing."""
        text = trimmed(self._cells(at))
        empties = pc.equal(pc.ascii_upper(text), CLEAR)
        silent = "" if self.blank == "clear" else pa.scalar(None, pa.string())
        return pc.if_else(empties, "", pc.if_else(pc.equal(text, ""), silent, text))

    def _custom(self) -> tuple[pa.Array, pa.Array]:
        """Custom fields as JSON text, and which cells of whole objects can't be read."""
        paths = {
            target.removeprefix("custom_field."): at
            for target, at in self.place_of.items()
            if target.startswith("custom_field.")
        }
        single = custom.objects({path: self._said(at) for path, at in paths.items()}, self.length)
        at = self.place_of.get("custom_field")
        if at is None:
            return single, pa.array(np.zeros(self.length, dtype=bool))
        whole, unread = custom.read_whole(self._said(at))
        return custom.merge(whole, single), unread

    def _verdicts(self, reasons: pd.Series, unread: pa.Array) -> pd.DataFrame:
        """Per line: outcome, reason, column, header and value of its gravest problem, and whether its key is `lost`."""
        flaws = self._ranked(reasons, unread)
        if flaws.empty:
            said = pd.DataFrame(index=range(self.length), columns=["outcome", "reason", *_WHERE], dtype=TEXT)
            return said.assign(lost=False)
        first = flaws.drop_duplicates("position").set_index("position")
        at_key = self.place_of[_KEY]
        letters = {at: column.letter for at, column in enumerate(self.table.columns)}
        headers = {at: column.header for at, column in enumerate(self.table.columns)}
        made = pd.DataFrame(
            {
                "outcome": "invalid",
                "reason": first["code"],
                "column": first["at"].map(letters),
                "header": first["at"].map(headers),
                "value": first["value"],
                "lost": first["at"].isin((_WHOLE_LINE, at_key)),
            },
            index=first.index,
        ).reindex(range(self.length))
        return made.assign(lost=made["lost"].eq(True))

    def every_flaw(self) -> pd.DataFrame:
        """All problems: position, at (column's position, -1: the whole line), code, value; gravest first in a row."""
        _, unread = self._custom()
        _, reasons = self._numbers()
        return self._ranked(reasons, unread)[["position", "at", "code", "value"]]

    def _ranked(self, reasons: pd.Series, unread: pa.Array) -> pd.DataFrame:
        """All problems by row, the gravest of each first."""
        found = [self._flaws(), self._key_flaws(reasons)]
        if "custom_field" in self.place_of:
            found.append(self._custom_flaws(unread))
        flaws = pd.concat([some for some in found if len(some)] or found[:1], ignore_index=True)
        if flaws.empty:
            return flaws
        at_key = self.place_of[_KEY]
        grave = flaws["at"].map(lambda at: {_WHOLE_LINE: 0, at_key: 1}.get(at, 2 + at)).astype("int64")
        return flaws.assign(grave=grave).sort_values(["position", "grave"], kind="stable")

    def _flaws(self) -> pd.DataFrame:
        """The loader's problems that concern us: whole lines, and cells of mapped columns."""
        problems = self.table.problems
        mine = problems[problems["column"].isin([_WHOLE_LINE, *self.mapping.field_of])]
        if mine.empty:
            return _found(np.empty(0, dtype=np.int64), 0, np.empty(0, dtype=object), self.raw)
        why = mine["detail"].fillna("")
        mine = mine.assign(value=(why + ": " + mine["value"].fillna("")).where(why != "", mine["value"]))
        return mine.rename(columns={"column": "at"})[["position", "at", "code", "value"]]

    def _key_flaws(self, reasons: pd.Series) -> pd.DataFrame:
        places = np.flatnonzero(reasons.notna().to_numpy())
        codes = reasons.iloc[places].to_numpy(dtype=object)
        return _found(places, self.place_of[_KEY], codes, self.raw)

    def _custom_flaws(self, unread: pa.Array) -> pd.DataFrame:
        at = self.place_of["custom_field"]
        places = np.flatnonzero(unread.to_numpy(zero_copy_only=False))
        return _found(places, at, np.full(len(places), "custom_field_invalid", dtype=object), self._cells(at))


def _found(places: np.ndarray, at: int, codes: np.ndarray, cells: pa.Array) -> pd.DataFrame:
    made = {
        "position": places.astype(np.int64),
        "at": np.full(len(places), at, dtype=np.int64),
        "code": pa.array(codes, pa.large_string()),
        "value": cells.take(places).cast(pa.large_string()),
    }
    return frame_of(made)


def _as_totals(frame: pd.DataFrame, total: np.ndarray) -> pd.DataFrame:
    """Totals are left out on purpose, whatever else is the matter with them."""
    for name, value in (("outcome", "skipped"), ("reason", "not_a_contact"), ("column", None), ("header", None)):
        frame[name] = frame[name].astype(TEXT).mask(total, value)
    return frame.assign(value=frame["value"].astype(TEXT).mask(total), number=frame["number"].mask(total))
