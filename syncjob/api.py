"""The calls for notebooks and schedulers (CONTRACT 12); the commands stand on the same ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from syncjob.config import Config, load
from syncjob.job.announcing import Announcer
from syncjob.job.run import Options, planned
from syncjob.job.run import run as run_job
from syncjob.job.session import Outcome, Silent, open_session
from syncjob.keeping import Kept
from syncjob.loader import read_table
from syncjob.model import Change
from syncjob.phone import normalise
from syncjob.planfile import save_plan
from syncjob.plans import Cost, Refusal
from syncjob.plans import Plan as Decisions

__all__ = ["Plan", "Result", "normalise", "plan", "read_table", "run"]

Source = str | Path
Settings = str | Path | Mapping[str, object] | Config


@dataclass(frozen=True)
class Plan:
    """What a run would do: counts, changes, refusals, cost; `save` writes it for `syncjob apply`."""

    _kept: Kept

    @property
    def decisions(self) -> Decisions:
        """All of it, as frames."""
        return self._kept.plan

    @property
    def counts(self) -> dict[str, int]:
        """Changes by verb, other rows by outcome."""
        return self._kept.plan.counts

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What guards refused; empty: a run would go ahead."""
        return self._kept.plan.refusals

    @property
    def cost(self) -> Cost:
        """Requests and minutes still to come."""
        return self._kept.plan.cost

    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order in which it would be sent."""
        return tuple(self._kept.plan.changes())

    def save(self, path: Source) -> Path:
        """Write the plan as JSON; the path."""
        save_plan(self._kept, Path(path))
        return Path(path)


@dataclass(frozen=True)
class Result:
    """How a run ended.

    `outcomes` has one line per input row (schema.OUTCOMES), `files` the names and paths of what was written. `error`
    says what ended the run early, in words; the exit code tells the kind (CONTRACT 9).
    """

    outcomes: pd.DataFrame
    counts: dict[str, int]
    exit_code: int
    files: dict[str, Path]
    error: str | None = None


def plan(config: Settings, sources: Sequence[Source] | None = None) -> Plan:
    """What `run` would do; nothing is sent. Raises `syncjob.errors`."""
    with open_session(_config(config), Silent()) as session:
        return Plan(planned(session, _options(sources, dry_run=True)))


def run(
    config: Settings,
    sources: Sequence[Source] | None = None,
    dry_run: bool = False,
    allow: Collection[str] = (),
) -> Result:
    """The whole job, never asking. Raises `syncjob.errors`; what a guard refused comes as a Result with exit code 5."""
    made = _config(config)
    with Announcer(made, live=not dry_run) as announcer, open_session(made, Silent()) as session:
        announcer.ended(run_job(session, _options(sources, dry_run=dry_run, allow=allow)))
    return _result(announcer.outcome)


def _config(config: Settings) -> Config:
    return load(config, env=dict(os.environ))


def _options(sources: Sequence[Source] | None, *, dry_run: bool, allow: Collection[str] = ()) -> Options:
    return Options(tuple(str(source) for source in sources or ()), dry_run=dry_run, allow=frozenset(allow))


def _result(outcome: Outcome) -> Result:
    results, files = outcome.results, outcome.files
    named = {
        name: path
        for name in ("result", "report", "summary", "fixing", "result_csv", "fixing_csv", "folder")
        if (path := getattr(files, name, None)) is not None
    }
    return Result(
        results.outcomes if results else pd.DataFrame(),
        dict(results.counts) if results else {},
        outcome.exit_code,
        named,
        outcome.error.message if outcome.error else None,
    )
