"""A sheet whose header is known: what every engine hands on, before it becomes a `Table`.

`Found` holds columns with letters and headers, the lines below the header that hold anything, their numbers, what is
wrong with them, and the facts to be printed. Small files come as plain lists: reading them needs no library.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from syncjob.loader.flaw import Flaw
from syncjob.loader.header import known

if TYPE_CHECKING:
    import numpy as np

HeaderRow: TypeAlias = int | Literal["auto"]


class Texts(Protocol):
    """The cells of a column: an Arrow column, or `Plain`."""

    def to_pylist(self) -> list[str]:
        """The cells as texts."""
        ...


class Plain(list[str]):
    """The cells of a column of a small file."""

    def to_pylist(self) -> list[str]:
        """The cells as texts."""
        return list(self)


@dataclass
class Found:
    """One sheet (or text file) with its header. `facts` holds fields of `table.Facts`.

    `rows` numbers the lines, ascending; an `array` of them means that `cells` are `Plain`.
    """

    sheet: str | None
    letters: list[int]
    headers: list[str]
    cells: Sequence[Texts]
    rows: array[int] | np.ndarray[tuple[int], np.dtype[np.int64]]
    flaws: list[Flaw]
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def holds_contacts(self) -> bool:
        """Whether a column is named like a phone number."""
        return "number" in known(self.headers)

    @property
    def is_result(self) -> bool:
        """Whether this is a sheet of ours that comes back."""
        return any(header.strip().lower() == "sync_outcome" for header in self.headers)
