"""The exit codes: what each means, whether anything was sent, and whether to just run again (CONTRACT 9).

What enters: nothing, or the codes that apply at the end of a run. What leaves: the table, or the one code to end with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Exit:
    """One exit code in plain words."""

    code: int
    meaning: str
    sent: str
    again: str


EXITS: dict[int, Exit] = {
    e.code: e
    for e in (
        Exit(0, "Finished; every row ended good, or within limits.bad_rows.", "As planned.", "No need."),
        Exit(1, "An error of ours; results were still written.", "Maybe.", "After a look at the log."),
        Exit(2, "The command line or the config is wrong.", "No.", "No; correct it first."),
        Exit(3, "Finished, and some rows ended bad.", "Yes.", "syncjob resume, or fix the rows and feed them back."),
        Exit(4, "A source can't be found, read or mapped.", "No.", "When it is there."),
        Exit(5, "A guard refused the plan.", "No.", "No; look at the plan first."),
        Exit(
            6,
            "The remote can't be reached, refused us, or its listing can't be proven.",
            "Maybe; syncjob resume finishes it.",
            "Yes.",
        ),
        Exit(7, "Another run is at work on this account.", "No.", "Yes, when it has ended; --wait waits for it."),
        Exit(
            8, "Not approved: the answer was no, or nobody could answer and --yes was missing.", "No.", "Once decided."
        ),
        Exit(10, "Changes are waiting; only with --detailed-exitcode.", "No.", "No need."),
        Exit(130, "Interrupted with Ctrl-C.", "Maybe.", "syncjob resume, or run again."),
        Exit(143, "Terminated by the system.", "Maybe.", "syncjob resume, or run again."),
    )
}
"""In the order of their numbers. An exit code that isn't here is a failure as well."""

_ORDER = (143, 130, 1, 2, 7, 4, 5, 8, 6, 3, 10, 0)


def worst(codes: Iterable[int]) -> int:
    """The one code to end with when several apply: 130/143 over 1 over 6 over 3 over 10; 0 when none does."""
    return min(codes, key=lambda code: _ORDER.index(code) if code in _ORDER else 2, default=0)
