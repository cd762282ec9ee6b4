"""What was looked at, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from syncjob.errors import ConfigError, SyncjobError
from syncjob.exits import worst

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `exit_code`: of a problem, the code with which a run would end for it."""

    check: str
    state: State
    says: str
    do: str = ""
    exit_code: int = 0

    def __post_init__(self) -> None:
        if (self.state == "problem") != bool(self.exit_code):
            raise ValueError("a problem, and nothing else, has an exit code")


def ok(check: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", says)


def warning(check: str, says: str, do: str) -> Finding:
    """A run will work, and something is worth a look."""
    return Finding(check, "warning", says, do)


def problem(check: str, says: str, do: str, exit_code: int) -> Finding:
    """A run would end with `exit_code`."""
    return Finding(check, "problem", says, do, exit_code)


def from_error(check: str, error: SyncjobError) -> list[Finding]:
    """The problems that an error tells of: one each."""
    told = error.problems if isinstance(error, ConfigError) else (error.message,)
    return [problem(check, says, error.advice, error.exit_code) for says in told]


def exit_code_of(findings: Iterable[Finding]) -> int:
    """0, or the code of the gravest problem; warnings change nothing (CONTRACT 9)."""
    return worst(finding.exit_code for finding in findings)
