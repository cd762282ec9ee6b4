"""Every named frame: its columns, their types, and its key.

Text columns have pandas' `str` dtype (Arrow-backed; missing is NaN), so a frame of a million rows stays small and
fast. A contact field holds NaN where nothing is said, "" where it is (to be) empty, else text; `custom_field` holds a
JSON object as text with sorted keys. A room checks the frames it hands on with `check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the field names alone must stay cheap: the loader's child process needs no pandas
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

TEXT: Final = "str"
INT: Final = "int64"

PLAIN_FIELDS = ("first_name", "last_name", "company_name", "email", "tag")
"""Contact fields that hold one text (reference: the contact object of the contacts API)."""

NAMES = ("first_name", "last_name")
"""Those that say who it is."""

FIELDS = (*PLAIN_FIELDS, "custom_field")
"""All fields a sheet may set, beside the key."""


@cache
def _nothing(dtype: str) -> ExtensionArray:
    """No values of a type."""
    import pandas as pd

    return pd.Series([], dtype=pd.api.types.pandas_dtype(dtype)).array


@dataclass(frozen=True)
class Frame:
    """A named frame: column name → dtype, and the columns that identify a line."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]

    def empty(self) -> pd.DataFrame:
        """A frame of this shape with no lines."""
        import pandas as pd

        return pd.DataFrame({name: _nothing(dtype) for name, dtype in self.columns.items()})

    def shape(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` with exactly these columns in this order and these types; missing text columns become NaN."""
        import pandas as pd

        types = dict(zip(frame.columns, map(str, frame.dtypes), strict=True))
        made = (
            frame.copy(deep=False) if list(types) == list(self.columns) else frame.reindex(columns=list(self.columns))
        )
        missing = None
        for at, (name, dtype) in enumerate(self.columns.items()):
            if name not in types:
                if missing is None:  # one for all: they share its memory
                    missing = pd.Series(None, index=frame.index, dtype=TEXT)
                made.isetitem(at, missing.astype(_nothing(dtype).dtype).array)
            elif types[name] != dtype:
                made.isetitem(at, frame[name].astype(_nothing(dtype).dtype).array)
        return made

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` itself, or `ValueError` when a column is missing, has another type, or the key repeats."""
        for name, dtype in self.columns.items():
            if name not in frame.columns:
                raise ValueError(f"{self.name}: column {name} is missing")
            if str(frame[name].dtype) != dtype:
                raise ValueError(f"{self.name}: column {name} is {frame[name].dtype}, not {dtype}")
        if self.key and frame.duplicated(list(self.key)).any():
            raise ValueError(f"{self.name}: the key {self.key} repeats")
        return frame


ROWS = Frame(
    "rows",
    {
        "row_id": INT,  # 0…n-1 in input order over all sources: a row's identity within a run
        "table": INT,  # position in Loaded.tables
        "position": INT,  # position in that table's cells
        "source": TEXT,  # the file, as named
        "sheet": TEXT,  # NaN for text files
        "row": INT,  # as the spreadsheet program numbers it
        "raw": TEXT,  # the key as found
        "number": TEXT,  # E.164, NaN when it can't be one
        **dict.fromkeys(FIELDS, TEXT),
        "outcome": TEXT,  # NaN while the row is good; invalid, skipped
        "reason": TEXT,  # reason code, see words.REASONS
        "column": TEXT,  # letter of the offending cell's column
        "header": TEXT,  # its header
        "value": TEXT,  # its value
    },
    ("row_id",),
)
"""The wanted side: one line per input row."""

CONTACTS = Frame(
    "contacts",
    {
        "sid": TEXT,
        "raw": TEXT,  # the number as the remote shows it
        "number": TEXT,  # E.164, NaN when it can't be read
        **dict.fromkeys(FIELDS, TEXT),
        "created": TEXT,  # date_created as shown; never compared
    },
    ("sid",),
)
"""The existing side: one line per contact of the remote. Null, missing and "" of a field are all ""."""

OUTCOMES = Frame(
    "outcomes",
    {
        "row_id": INT,
        "outcome": TEXT,  # words.OUTCOMES
        "reason": TEXT,  # words.REASONS
        "detail": TEXT,  # what the reason's sentence needs: a row, a value, the remote's own words
        "changes": TEXT,  # human text: First name: Asha → Aisha; Tag: – → vip
        "action": TEXT,  # create, update, delete, or NaN
        "number": TEXT,
        "sid": TEXT,
        "code": TEXT,  # the remote's entry code
        "request_id": TEXT,
        "batch": TEXT,
        "attempts": INT,
        "at": TEXT,  # local time with zone, ISO
    },
    ("row_id",),
)
"""One line per input row: what became of it."""

REMOTE_ONLY = Frame(
    "remote_only",
    {
        **{name: kind for name, kind in CONTACTS.columns.items() if name != "created"},
        **{name: kind for name, kind in OUTCOMES.columns.items() if name not in ("row_id", "number", "sid")},
    },
    ("sid",),
)
"""One line per contact that no row names, and what was done about it."""

FIELD_CHANGES = Frame(
    "field_changes",
    {"row_id": INT, "sid": TEXT, "number": TEXT, "field": TEXT, "old": TEXT, "new": TEXT, "outcome": TEXT},
    (),
)
"""One line per field that a change writes, old → new. `row_id` is -1 where no row stands behind the change."""

CHANGES = Frame(
    "changes",
    {
        "change_id": INT,
        "verb": TEXT,
        "row_id": INT,  # -1: no row stands behind it
        "number": TEXT,
        "sid": TEXT,  # NaN for a create
        "fields": TEXT,  # JSON object: what is sent
        "before": TEXT,  # JSON object: the contact as last read; NaN for a create
    },
    ("change_id",),
)
"""What a plan will do, in the order in which it is sent: creates, updates, deletes."""
