"""The run for machines that read logs: one record for each batch, each bad row, and the run (`--log-format json`).

What enters: what was settled, and results. What leaves: records on the logger `syncjob.record`, whose `fields` are what
a log line has beside its time; people get none of them, they have the results. Numbers and values are masked.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd

from syncjob.journal import Settled
from syncjob.results.mask import mask
from syncjob.results.table import Results
from syncjob.words import OUTCOMES

log = logging.getLogger("syncjob.record")
BAD = frozenset(name for name, known in OUTCOMES.items() if not known.good)
_PLACE = ("source", "sheet", "row", "column", "header", "value")
_FATE = ("outcome", "reason", "number", "sid", "code", "request_id", "batch", "at")


def record_batch(job: str, verb: str, done: Sequence[Settled]) -> None:
    """What one request came to."""
    if not (done and log.isEnabledFor(logging.INFO)):
        return
    traced = next((each.request_id for each in done if each.request_id), None)
    fields = {"job": job, "verb": verb, "rows": len(done), "outcomes": dict(Counter(each.outcome for each in done))}
    log.info("batch", extra={"fields": {**fields, "request_id": traced, "attempts": max(s.attempts for s in done)}})


def record_run(results: Results) -> None:
    """Every bad row, in their order, and then the run."""
    if not log.isEnabledFor(logging.WARNING):
        return
    facts = results.facts
    who = {"job": facts.job, "run_id": facts.run_id}
    bad = results.outcomes["outcome"].isin(BAD)
    told = pd.concat([results.loaded.rows.loc[bad, [*_PLACE]], results.outcomes.loc[bad, [*_FATE]]], axis=1)
    for line in told.to_dict("records"):
        log.warning("row", extra={"fields": {**who, **{str(name): _shown(str(name), it) for name, it in line.items()}}})
    counts = {name: count for name, count in results.counts.items() if count}
    cost = {"requests": facts.requests, "retries": facts.retries, "seconds": round(facts.seconds, 3)}
    ended = {"dry_run": facts.dry_run, "exit_code": facts.exit_code, "counts": counts, **cost}
    log.log(logging.WARNING if facts.exit_code else logging.INFO, "run", extra={"fields": {**who, **ended}})


def _shown(name: str, value: object) -> object:
    """A value as a log may have it; None where there is none."""
    if pd.isna(value):  # type: ignore[call-overload]  # a cell of a frame is a scalar
        return None
    if name == "source":
        return PurePath(str(value)).name
    if name in ("number", "value"):
        return mask(str(value)) if value else ""
    return int(value) if name == "row" and isinstance(value, int) else str(value)
