"""How much a file may ask of this machine before it is refused.

What enters: nothing. What leaves: `ReadLimits`, a frozen record that the reading process enforces on itself (memory,
CPU time, file size) and its parent enforces from outside (wall time). Promised: whatever a file holds, reading it ends
within these bounds (CONTRACT 8, last line).
"""

from __future__ import annotations

from dataclasses import dataclass

MB = 1 << 20


@dataclass(frozen=True)
class ReadLimits:
    """Bounds of reading one file. Sizes are bytes, times seconds.

    The time allowed grows with the file: `seconds` plus `seconds_per_mb` for every MB of it, wall clock; the same
    again is the bound on CPU time.
    """

    memory: int = 4096 * MB  # address space of the reading process
    file_size: int = 2048 * MB
    unpacked: int = 4096 * MB  # all parts of a workbook together
    ratio: int = 400  # unpacked to packed, judged from 64 MB of unpacked size up
    entries: int = 20_000  # parts of a workbook
    dense_cells: int = 60_000_000  # rows x columns of a sheet's used range
    written: int = 6144 * MB  # what the reading process may write to its answer
    seconds: float = 60.0
    seconds_per_mb: float = 6.0

    def allowed(self, size: int) -> float:
        """The seconds a file of `size` bytes may take."""
        return self.seconds + self.seconds_per_mb * size / MB


DEFAULT = ReadLimits()
