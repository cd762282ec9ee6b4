"""The lines below the header of a small text file → `Found`, by the careful reader alone, without any library.

What enters: UTF-8 bytes, the table's shape, its header. What leaves: the cells, and what was seen on the way. Promised:
what `body` would give for the same file.
"""

from __future__ import annotations

import re
from array import array

from syncjob.loader import apostrophe
from syncjob.loader.flaw import Flaw
from syncjob.loader.found import Found, Plain
from syncjob.loader.header import unique
from syncjob.loader.lines import Reader
from syncjob.loader.shape import Head, Seen, Shape

SMALL = 1 << 17
"""Bytes up to which starting a library takes longer than it saves."""
_BLANK = re.compile("[\t\n\f\r \xa0\u2007\u202f\u200b\ufeff\u3000]{0,16}\\Z")  # as `grid.is_filled` has it


def read_plainly(text: bytes, shape: Shape, head: Head) -> tuple[Found, Seen]:
    """All lines below the header, and what was seen."""
    seen = Seen()
    records = list(Reader(text, shape, seen, head.body, head.row).read(len(text)))
    filled = [[not _BLANK.match(cell) for cell in record.cells] for record in records]
    names = head.record.cells
    wanted = [at for at, name in enumerate(names) if name.strip() or any(line[at] for line in filled)]
    kept = [record for record, line in zip(records, filled, strict=True) if record.why or any(line)]
    cells = [Plain(apostrophe.take(record.cells[at]) for record in kept) for at in wanted]
    flaws = [Flaw(record.row, -1, "row_damaged", record.raw, record.why) for record in records if record.why]
    rows = array("q", (record.row for record in kept))
    return Found(None, wanted, unique([names[at] for at in wanted]), cells, rows, flaws), seen
