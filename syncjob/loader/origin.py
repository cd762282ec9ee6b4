"""Where rows that were fed back had come from: the file, sheet and row that their `sync_` columns name. Pure.

What enters: tables as found. What leaves: places as text. A row that names none stands where it was read.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from syncjob.loader.table import Loaded, Table
from syncjob.schema import TEXT
from syncjob.texts import arrow, frame_of, plain

NAMES = ("source", "sheet", "row")
_ROW = r"[0-9]{1,9}"


def origin_of(table: Table) -> pd.DataFrame | None:
    """source, sheet and row ("" where a line names none), one line per line of `table`; None where it is no result."""
    at = {column.header.strip().casefold(): place for place, column in enumerate(table.columns)}
    if not table.facts.result_of or not all(f"sync_{name}" in at for name in NAMES):
        return None
    found = table.cells[[at[f"sync_{name}"] for name in NAMES]].set_axis(list(NAMES), axis=1).astype(TEXT).fillna("")
    known = found["source"].ne("") & found["row"].str.fullmatch(_ROW)
    return found.where(known, "")


def origins(loaded: Loaded) -> pd.DataFrame:
    """source, sheet ("" for text files), row (as text) and `fed_back` of each line of `loaded.rows`."""
    rows = loaded.rows
    places = {name: plain(arrow(rows[name])) for name in ("source", "sheet")}
    numbers = pc.cast(pa.array(rows["row"].to_numpy()), pa.large_string())
    found = frame_of({**places, "row": numbers, "fed_back": np.zeros(len(rows), dtype=np.bool_)}, rows.index)
    for number, table in enumerate(loaded.tables):
        named = origin_of(table)
        if named is None:
            continue
        own = rows.index[rows["table"] == number]
        known = named.iloc[rows.loc[own, "position"]].set_axis(own)
        known = known[known["source"] != ""]
        found.loc[known.index, list(NAMES)] = known
        found.loc[known.index, "fed_back"] = True
    return found


def placed(loaded: Loaded) -> pd.DataFrame:
    """`loaded.rows`, each line naming where it first came from: what people know of rows that were fed back."""
    if not any(table.facts.result_of for table in loaded.tables):
        return loaded.rows
    found = origins(loaded)
    if not found["fed_back"].any():
        return loaded.rows
    sheet = found["sheet"].where(found["sheet"] != "").astype(TEXT)
    return loaded.rows.assign(source=found["source"], sheet=sheet, row=found["row"].astype("int64"))
