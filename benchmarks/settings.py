"""How much is measured."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Bench:
    """Sizes and turns of one measuring; `folder` holds what is made for it. `full`: rivals at the same size as we."""

    folder: Path
    rows: int = 1_000_000
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    turns: int = 3
    full: bool = False
    quick: bool = False
    forms: tuple[str, ...] = ("xlsx", "csv")
    began: float = field(default_factory=time.monotonic)

    def say(self, what: str) -> None:
        """What is being measured now, for whoever waits."""
        sys.stderr.write(f"{time.monotonic() - self.began:6.0f} s  {what}\n")
        sys.stderr.flush()
