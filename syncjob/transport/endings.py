"""How a call that brought no answer ends: the error whose class says what is proven (CONTRACT 8).

Enters: the last setback, and whether any try before it is in doubt. Leaves: an error, its words safe to print.
Promises: doubt is never forgotten; one lost try makes the whole call lost, unless the remote refuses it outright.
"""

from __future__ import annotations

from syncjob.errors import (
    CallRefused,
    Interrupted,
    NotDelivered,
    RemoteError,
    RemoteRefused,
    ReplyLost,
    SyncjobError,
)
from syncjob.transport.judging import Setback


def error_of(back: Setback, *, doubt: bool, tries: int) -> RemoteError:
    """The error for a call whose last try was `back`. `doubt`: a try, this or an earlier, may have been executed."""
    if back.kind in ("stop", "astray"):
        return RemoteRefused(back.words, status=back.status, in_doubt=doubt)
    kind = CallRefused if back.kind == "refused" else ReplyLost if doubt else NotDelivered
    tried = f" Tried {tries} times." if tries > 1 else ""
    return kind(
        back.words + tried,
        status=back.status,
        request_id=back.request_id,
        attempts=max(tries, 1),
        words=back.said or back.words,
    )


def paused_too_long(seconds: float, *, doubt: bool, tries: int) -> RemoteError:
    """Everybody is asked to pause for longer than a run should wait."""
    words = f"The remote asks for a pause of {max(seconds / 60, 1):.0f} minutes."
    return error_of(Setback("throttled", words, status=429), doubt=doubt, tries=tries)


def stopped(*, doubt: bool, tries: int) -> SyncjobError:
    """The run is being stopped: what is in doubt stays in doubt, all else was never sent."""
    if doubt:
        words = "Stopped while waiting to ask again."
        return error_of(Setback("trouble", words), doubt=True, tries=tries)
    return Interrupted()
