"""Around a live run: tell that it starts, and in the end how it ended, whichever way it did (CONTRACT 11).

What enters: the config, and the `Outcome` or error of the run. What leaves: pings, messages, the metrics file, and for
each that could not be told a warning in the log and a note in the summary. Promised: the exit code is never changed.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa

from syncjob.config import Config
from syncjob.errors import GuardRefusal, Interrupted, SyncjobError
from syncjob.job.session import Outcome
from syncjob.metrics import write_metrics
from syncjob.notify import HandOver, News, Teller
from syncjob.notify.news import REFUSED
from syncjob.notify.told import place_of, recall, remember
from syncjob.results.digest import digest, many
from syncjob.results.files import WrittenFiles, add_notes
from syncjob.results.table import Results
from syncjob.state import account_at, open_account
from syncjob.texts import arrow, counted, one_of
from syncjob.words import OUTCOMES

log = logging.getLogger("syncjob.notify")

UNREAD = (6, 130, 143)
"""Exit codes of runs that may not have read the remote."""


class Announcer:
    """Enter it before anything else is opened, give it the outcome, leave it when the run is over.

    `live`: dry runs are nobody's news. `goes_on`: the work continues a run whose start was told; when there turns out
    to be nothing to do, nobody is told anything.
    """

    def __init__(
        self, config: Config, *, live: bool = True, goes_on: bool = False, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._config, self._live, self._goes_on = config, live, goes_on
        self._path = place_of(account_at(config.state_dir, config.remote.identity), config.job)
        self._teller = Teller(config.notify, recall(self._path), wait)
        self._began = time.monotonic()
        self._outcome: Outcome | None = None

    def __enter__(self) -> Self:
        if self._live and not self._goes_on:
            _log(self._teller.begin())
        return self

    def ended(self, outcome: Outcome) -> Outcome:
        """How the run ended; what was told of it stands in `outcome` afterwards."""
        self._outcome = outcome
        return outcome

    @property
    def outcome(self) -> Outcome:
        """The outcome, with a note on what could not be told."""
        assert self._outcome is not None
        return self._outcome

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        outcome = self._outcome
        nothing_done = outcome is not None and outcome.results is None and outcome.error is None
        if not self._live or (self._goes_on and nothing_done and error is None):
            return
        trouble = self._tell(news_of(self._config, outcome, error, time.monotonic() - self._began), outcome)
        _log(trouble)
        if trouble and outcome is not None and outcome.files is not None:
            self._outcome = replace(outcome, files=_noted(outcome.files, trouble))

    def _tell(self, news: News, outcome: Outcome | None) -> list[str]:
        trouble = self._teller.end(news, hand_over(self._config, outcome, news) if outcome else None)
        if self._config.metrics_file is not None:
            try:
                write_metrics(self._config.metrics_file, news)
            except OSError as error:
                trouble.append(f"The metrics file could not be written: {error.strerror or 'the disk failed'}.")
        return trouble + self._remember()

    def _remember(self) -> list[str]:
        """Keep what was told; without it the same would be told again, which is better than never."""
        if not self._teller.known and not self._path.exists():
            return []
        try:
            open_account(self._config.state_dir, self._config.remote.identity)
            remember(self._path, self._teller.known)
        except (OSError, SyncjobError):
            return ["What was told could not be kept, so it may be told again."]
        return []


def _log(trouble: list[str]) -> None:
    for sentence in trouble:
        log.warning("%s", sentence)


def _noted(files: WrittenFiles, trouble: list[str]) -> WrittenFiles:
    """The files, with the trouble in their notes and in `summary.json`."""
    try:
        add_notes(files.summary, trouble)
    except (OSError, ValueError, SyncjobError):
        log.warning("The note on it could not be added to %s.", files.summary)
    return replace(files, notes=(*files.notes, *trouble))


def news_of(config: Config, outcome: Outcome | None, error: BaseException | None, seconds: float) -> News:
    """The run in figures; nothing of it quotes a row."""
    error = error or (outcome.error if outcome else None)
    code = outcome.exit_code if outcome and outcome.error is error else _exit_code(error)
    known = News(
        job=config.job,
        account=config.remote.account,
        exit_code=code,
        at=datetime.now().astimezone(),
        seconds=seconds,
        codes=_codes(error),
    )
    results = outcome.results if outcome else None
    if outcome is None or results is None:
        return known
    facts, plan = results.facts, outcome.plan
    refusals = plan.refusals if plan else ()
    return replace(
        known,
        run_id=facts.run_id,
        counts=results.counts,
        bad=sum(count for name, count in results.counts.items() if not OUTCOMES[name].good),
        reasons=_reasons(results),
        refusals=tuple(f"{each.code}: {each.figures} ({each.setting})" for each in refusals),
        requests=facts.requests,
        retries=facts.retries,
        contacts=None if plan is None or (code in UNREAD and not plan.total) else plan.total,
        files=str(outcome.files.folder) if outcome.files else None,
        service=facts.service,
    )


def _exit_code(error: BaseException | None) -> int:
    """The exit code that the command will end with (CONTRACT 9)."""
    if isinstance(error, Interrupted):
        return error.signal_exit
    if isinstance(error, SyncjobError):
        return error.exit_code
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _codes(error: BaseException | None) -> tuple[str, ...]:
    if isinstance(error, GuardRefusal):
        return error.codes or (error.code,)
    if isinstance(error, SyncjobError):
        return (error.code,)
    return () if error is None else ("interrupted" if isinstance(error, KeyboardInterrupt) else "internal_error",)


def _reasons(results: Results) -> dict[str, int]:
    """Reason → bad rows and contacts; an outcome without one stands for itself."""
    bad, found = [name for name, known in OUTCOMES.items() if not known.good], Counter[str]()
    for told in (results.outcomes, results.remote_only):
        found.update(counted(arrow(told["reason"]).filter(pa.array(one_of(told["outcome"], bad)))))
    return dict(found.most_common())


def hand_over(config: Config, outcome: Outcome, news: News) -> HandOver | None:
    """The file for the people who can fix it, when there is something to fix, or to look at after a refusal."""
    wanted, results, files = config.notify.hand_off, outcome.results, outcome.files
    if wanted is None or results is None or files is None:
        return None
    file: Path | None = {"needs-fixing": files.fixing, "result": files.result, "report": files.report}[wanted.attach]
    fix = results.to_fix()
    refused = news.exit_code == REFUSED
    if file is None or not (fix.any() or (refused and wanted.attach != "needs-fixing")):
        return None
    told, count = digest(results), int(fix.sum())
    asks = "Nothing was sent: the plan was refused." if refused else f"{many(count, 'row needs', 'rows need')} you."
    lines = [f"{asks} {file.name} is attached.", ""]
    lines += [f"{line.count:,} × {line.word}. {line.text}" for line in told.fix]
    lines += ["", *(f"{number}. {step}" for number, step in enumerate(told.steps, 1))]
    return HandOver(
        file=file,
        subject=f"syncjob {news.job}: {'refused' if refused else many(count, 'row to fix', 'rows to fix')}",
        text="\n".join(lines).rstrip() + "\n",
        rows=_rows_id(results) if not refused else f"refused {news.run_id}",
    )


def _rows_id(results: Results) -> str:
    """The same for the same rows to fix, whatever their order and place; nothing can be read from it."""
    fix = results.to_fix()
    cells = pd.util.hash_pandas_object(results.cells[fix].astype(str), index=False)
    reasons = results.outcomes.loc[fix, "reason"].fillna("")
    lines = sorted(f"{cell:016x}{reason}" for cell, reason in zip(cells, reasons, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24]
