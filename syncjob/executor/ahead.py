"""The next batch, made ready by a second thread while the one before it is in flight.

Made ready: read from the journal, and written as the remote will send it. Nothing is decided and nothing is committed
ahead: the intent follows when the batch's turn comes, and a batch that is no longer next by then is taken anew.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from syncjob.executor.work import Work
from syncjob.journal import Journal
from syncjob.model import Batch, Verb


class Ahead:
    """The batches of `verb`, one after the other, `size` changes in each."""

    def __init__(self, work: Work, verb: Verb, size: int) -> None:
        self._work, self._verb, self._size = work, verb, size
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._coming: Future[Batch] | None = None

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def begin(self) -> None:
        """Make the next batch ready; what is in flight is no longer planned, so it is not in it."""
        if self._work.journal.first(self._verb, 1):
            self._coming = self._pool.submit(self._ready)

    def next(self) -> Batch | None:
        """The first planned changes, made ready or not; None: there are no more."""
        coming, self._coming = self._coming, None
        if coming is not None and coming.exception() is None:  # what went wrong there goes wrong here, at its turn
            batch = coming.result()
            if [change.change_id for change in batch.changes] == self._work.journal.first(self._verb, self._size):
                return batch
        changes = self._work.journal.take(self._verb, "planned", self._size)
        return Batch("", self._verb, tuple(changes)) if changes else None

    def _ready(self) -> Batch:
        with Journal.open(self._work.journal.path) as journal:  # a connection is not shared between threads
            changes = journal.take(self._verb, "planned", self._size)
        return self._work.remote.written(Batch("", self._verb, tuple(changes)))
