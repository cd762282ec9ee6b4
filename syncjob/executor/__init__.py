"""Plan → outcomes, through the journal.

Enters: a remote, a journal that holds the plan, and what the listing proved. Leaves: a journal in which every change
that was sent has an outcome. Promised: nothing leaves before the journal says so; what is in doubt is settled by
reading, never by guessing; creates, then updates, then deletes.
"""

from syncjob.executor.execute import execute, settle_doubts
from syncjob.executor.work import Settings, Work

__all__ = ["Settings", "Work", "execute", "settle_doubts"]
