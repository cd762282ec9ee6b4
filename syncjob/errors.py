"""Errors as one family tree, grouped by what to do next.

What enters: the facts of a failure. What leaves: an exception whose class carries the exit code (CONTRACT 9) and
whose text says what happened, where, and what to do. Bad rows are values (`schema.ROWS`), never exceptions; an
exception ends the run or, for the `Call…` family, one request.

    SyncjobError                1   an error of ours
    ├── ConfigError             2   usage or config; every problem at once
    ├── SourceError             4   a source can't be found, read or mapped
    ├── GuardRefusal            5   a guard refused before the first write
    ├── RemoteError             6   the remote is unreachable, refused us, or can't be proven
    │   ├── RemoteRefused       6   401, 402, 403: stop at once
    │   ├── ListingIncomplete   6   the listing can't be proven
    │   └── CallFailed          6   one request did not do its work; the executor decides what follows
    │       ├── NotDelivered    6   provably not executed: may be sent again
    │       ├── ReplyLost       6   may have been executed: in doubt, only a read settles it
    │       └── CallRefused     6   a readable 4xx for the whole call
    ├── LockHeld                7   another run holds the account's lock
    ├── NotApproved             8   answered no, or nobody there to answer
    └── Interrupted       130, 143  Ctrl-C, SIGTERM
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class SyncjobError(Exception):
    """The root. `code` is a reason code of `words.REASONS`; `advice` says what to do next."""

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class ConfigError(SyncjobError):
    """Usage or config is wrong. `problems` holds every problem found, one sentence each, with its line."""

    exit_code = 2
    default_code = "config_invalid"

    def __init__(self, problems: Sequence[str] | str, *, code: str | None = None, advice: str = "") -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems), code=code, advice=advice)


class SourceError(SyncjobError):
    """A source can't be found, read or mapped. Nothing is sent."""

    exit_code = 4
    default_code = "source_unreadable"


class GuardRefusal(SyncjobError):
    """One or more guards refused before the first write. `codes` names them all."""

    exit_code = 5
    default_code = "guard_refused"

    def __init__(self, message: str, *, codes: Sequence[str] = (), advice: str = "") -> None:
        super().__init__(message, code=codes[0] if codes else None, advice=advice)
        self.codes = tuple(codes)


class RemoteError(SyncjobError):
    """The remote is unreachable or does not do what it must."""

    exit_code = 6
    default_code = "remote_unreachable"


class RemoteRefused(RemoteError):
    """401, 402 or 403: the run stops at once (CONTRACT 8). `status` is the HTTP status.

    `in_doubt`: an earlier try of the same request may have been executed, so its rows are not simply unsent.
    """

    default_code = "remote_refused"

    def __init__(
        self, message: str, *, status: int, code: str | None = None, advice: str = "", in_doubt: bool = False
    ) -> None:
        super().__init__(message, code=code, advice=advice)
        self.status = status
        self.in_doubt = in_doubt


class ListingIncomplete(RemoteError):
    """The listing can't be proven (CONTRACT 6), so nothing may be sent."""

    default_code = "listing_incomplete"


class CallFailed(RemoteError):
    """One request did not do its work. `status` is the last HTTP status (0: none), `attempts` counts the tries.

    `words` are the remote's own, for a row's reason; the message itself where it said nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        request_id: str | None = None,
        attempts: int = 1,
        code: str | None = None,
        words: str = "",
    ) -> None:
        super().__init__(message, code=code)
        self.words = words or message
        self.status = status
        self.request_id = request_id
        self.attempts = attempts


class NotDelivered(CallFailed):
    """Provably not executed (never connected, or 429 to the end): may be sent again without harm."""

    default_code = "temporary_trouble"


class ReplyLost(CallFailed):
    """The request may have been executed: timeout, cut connection, 5xx, or a body that can't be read."""

    default_code = "reply_lost"


class CallRefused(CallFailed):
    """A readable 4xx for the whole call: nothing of it was executed."""

    default_code = "refused_by_remote"


class LockHeld(SyncjobError):
    """Another writing run holds the account's lock."""

    exit_code = 7
    default_code = "locked"


class NotApproved(SyncjobError):
    """The answer was no, or there is no terminal and no `--yes`."""

    exit_code = 8
    default_code = "not_approved"


class Interrupted(SyncjobError):
    """Ctrl-C (130) or SIGTERM (143)."""

    exit_code = 130
    default_code = "interrupted"

    def __init__(self, signal_exit: int = 130) -> None:
        super().__init__("Interrupted." if signal_exit == 130 else "Terminated.", advice="Go on with: syncjob resume")
        self.signal_exit = signal_exit
