"""Who joins a list and who leaves it: contacts are there first, and what is in doubt is read from the list itself.

To join twice is to have joined, and to leave twice is to have left; so what was proven not to have landed is sent again
without harm. Who waits for a contact that could not be made ends as the contact did.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncjob.errors import CallFailed, ListingIncomplete
from syncjob.executor.bulk import send_all
from syncjob.executor.doubt import send_again
from syncjob.executor.work import Work
from syncjob.journal import Settled
from syncjob.listing import Pages, scan
from syncjob.model import Change, Reply, Verb
from syncjob.remotes.base import list_of

ROUNDS = 4
"""How often sending and settling take turns before what is left open stays open."""

_DONE: dict[Verb, str] = {"add": "added", "remove": "removed"}


def join(work: Work) -> None:
    """Send every contact that is to join, once it is there."""
    if not work.journal.count(verb="add"):
        return
    for _ in range(ROUNDS):
        _follow(work)
        send_all(work, "add", _there_already, settle_joins)
        settle_joins(work)
        if not work.journal.take("add", "planned", 1):
            break


def _follow(work: Work) -> None:
    """Give those who wait the sids of their contacts; whose contact was refused is refused."""
    changes = work.journal.frame()
    waiting = changes[(changes["verb"] == "add") & (changes["state"] == "planned") & changes["sid"].isna()]
    made = changes[(changes["verb"] == "create") & (changes["state"] == "settled")]
    both = waiting[["change_id", "number"]].merge(made[["number", "sid", "outcome", "reason", "detail"]], on="number")
    there = both[both["outcome"].isin(["created", "unchanged", "skipped"]) & both["sid"].notna()]
    sids: dict[int, str] = dict(zip(there["change_id"].tolist(), there["sid"].tolist(), strict=True))
    no = both[both["outcome"] == "rejected"]
    columns = (no[name].tolist() for name in ("change_id", "reason", "detail"))
    refused = [Settled(each, "rejected", why, words, attempts=0) for each, why, words in zip(*columns, strict=True)]
    work.journal.place(sids)
    work.settle(refused, "add")


def _there_already(work: Work, there: list[tuple[Change, Reply]]) -> None:
    """Members already: by our own lost request, where one was sent before, or else by somebody else."""
    done = []
    for change, reply in there:
        ours = reply.attempts > 1 or bool(work.tries[change.change_id])
        outcome, reason = ("added", None) if ours else ("unchanged", "exists_already")
        done.append(
            Settled(change.change_id, outcome, reason, None, change.sid, None, reply.request_id, reply.attempts)
        )
    work.settle(done, "add")


def settle_joins(work: Work) -> None:
    """Settle, by reading the list, who may or may not have joined."""
    _settle(work, "add", there=True)


def settle_leaves(work: Work) -> None:
    """Settle, by reading the list, who may or may not have left."""
    _settle(work, "remove", there=False)


def _settle(work: Work, verb: Verb, *, there: bool) -> None:
    """Done is who is on the list, or no longer. The list may be late, so two reads must agree before it is sent again.

    What can't be read now stays in doubt.
    """
    left = work.journal.take(verb, "sent")
    if not left:
        return
    try:
        left = _not_so(work, verb, left, there=there)
        if left:
            work.wait(work.settings.look_again)
            left = _not_so(work, verb, left, there=there)
    except (CallFailed, ListingIncomplete):
        return
    send_again(work, left)


def _not_so(work: Work, verb: Verb, changes: Sequence[Change], *, there: bool) -> list[Change]:
    """Read the list, settle what landed, return what did not."""
    remote = list_of(work.remote)
    if remote is None:
        raise ValueError("only a list has members")
    pages = Pages(remote.members, work.reader, size=remote.abilities.page_size)
    members = set(scan(pages, work.settings.region).contacts["sid"])
    landed = [change for change in changes if (change.sid in members) is there]
    work.settle([Settled(change.change_id, _DONE[verb], sid=change.sid) for change in landed], verb)
    return [change for change in changes if (change.sid in members) is not there]
