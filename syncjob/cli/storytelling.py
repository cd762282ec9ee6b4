"""Past runs as text for a terminal, and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from syncjob.plans import label
from syncjob.results.digest import clock, many
from syncjob.results.messages import says
from syncjob.words import OUTCOMES, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncjob.job.history import Purged, RunStory
    from syncjob.job.verifying import Verified
    from syncjob.memory import RunRecord

SHOWN = 50
"""Differences that a terminal shows; `--json` tells all."""


def runs_text(job: str, runs: Sequence[RunRecord]) -> str:
    """The runs, newest first, one line each."""
    if not runs:
        return f"Job {job} has not written anything yet."
    return "\n".join([f"Runs of job {job}, newest first:", *(f"  {run_line(run)}" for run in runs)])


def run_line(run: RunRecord) -> str:
    """One run on one line."""
    ended = f"exit {run.exit_code}" if run.ended else "interrupted, or at work"
    if run.ended and run.state == "open":
        ended += ", to be resumed"
    parts = [run.run_id, _clock(run.started), run.kind, "whole" if run.whole else "partial", ended]
    parts += ["undone"] if run.undone else []
    return " · ".join([*parts, counts_text(run.counts) or "no rows", run.results or "no results"])


def counts_text(counts: Mapping[str, int]) -> str:
    """3 added, 1 on hold."""
    return ", ".join(f"{count:,} {word_of(outcome).lower()}" for outcome, count in counts.items())


def word_of(outcome: str) -> str:
    """The plain word of an outcome."""
    return OUTCOMES[outcome].word if outcome in OUTCOMES else outcome


def runs_json(runs: Sequence[RunRecord]) -> dict[str, object]:
    return {"runs": [run_json(run) for run in runs], "exit_code": 0}


def run_json(run: RunRecord) -> dict[str, object]:
    """The line of a run. Its `run_exit_code` is how it ended."""
    return {
        "run_id": run.run_id,
        "job": run.job,
        "kind": run.kind,
        "whole": run.whole,
        "state": run.state,
        "started": run.started,
        "ended": run.ended,
        "run_exit_code": run.exit_code,
        "undone": run.undone,
        "counts": dict(run.counts),
        "results": run.results,
    }


def story_text(story: RunStory) -> str:
    """One run: its line, what it changed, its requests, its files."""
    run = story.record
    lines = [
        f"Run {run.run_id} of job {run.job}: {run.kind}, {'whole' if run.whole else 'partial'}"
        + (", undone since" if run.undone else ""),
        f"  Sources:  {run.sources}",
        f"  Started:  {_clock(run.started)}",
        f"  Ended:    {_clock(run.ended) if run.ended else 'not yet: it was interrupted, or is at work'}"
        + (f", exit {run.exit_code}" if run.ended else ""),
        f"  Rows:     {counts_text(run.counts) or '–'}",
        f"  Contacts: {counts_text(story.changes) or ('none was to be changed' if story.kept else '–')}",
    ]
    if story.approved:
        lines.append(f"  Approved: {story.approved}")
    for verb, requests, changes in story.requests:
        contacts = many(changes, "contact", "contacts")
        lines.append(f"  Requests: {many(requests, 'request', 'requests')} to {verb} {contacts}")
    lines += [f"  File:     {path}" for path in story.files]
    if not story.files:
        lines.append("  Its files are gone." if run.results else "  It has written no files.")
    if not story.kept:
        lines.append("  Its journal is gone, so it can't be undone or verified.")
    return "\n".join(map(one_line, lines))


def story_json(story: RunStory) -> dict[str, object]:
    requests = [dict(zip(("verb", "requests", "changes"), line, strict=True)) for line in story.requests]
    files = [str(path) for path in story.files]
    return {
        "run": run_json(story.record),
        "contacts": story.changes,
        "requests": requests,
        "approved": story.approved or None,
        "files": files,
        "exit_code": 0,
    }


def events_text(number: str, events: pd.DataFrame) -> str:
    """A contact's story, newest first: one line per change, and one per field."""
    if events.empty:
        return f"No run is known to have done anything to {number}."
    lines = [f"{number}, newest first:"]
    for head, fields in _by_change(events):
        reason = f" {says(str(head['reason']), bool(head['detail']))}" if head["reason"] else ""
        parts = [_clock(str(head["at"])), word_of(str(head["outcome"])), _place(head)]
        parts += [f"run {head['run']}" + (" (undo)" if head["kind"] == "undo" else "")]
        parts += [f"request {head['request_id']}"] if head["request_id"] else []
        lines.append(f"  {' · '.join(part for part in parts if part)}")
        lines += [f"    {reason.strip().replace('{detail}', str(head['detail']))}"] if reason else []
        lines += [f"    {label(name)}: {old or '–'} → {new or '–'}" for name, old, new in fields]
    return "\n".join(map(one_line, lines))


def events_json(number: str, events: pd.DataFrame) -> dict[str, object]:
    names = ("field", "old", "new")
    told = [
        {
            **{str(name): value or None for name, value in head.items()},
            "fields": [dict(zip(names, f, strict=True)) for f in fields],
        }
        for head, fields in _by_change(events)
    ]
    return {"number": number, "events": told, "exit_code": 0}


def _by_change(events: pd.DataFrame) -> Iterable[tuple[dict[str, object], list[tuple[str, str, str]]]]:
    """(what all lines of a change share, its fields), in order."""
    for _, lines in events.fillna("").groupby(["run", "change"], sort=False):
        head = {
            str(name): value for name, value in lines.iloc[0].items() if name not in ("field", "old", "new", "change")
        }
        fields = zip(lines["field"].tolist(), lines["old"].tolist(), lines["new"].tolist(), strict=True)
        yield head, [line for line in fields if line[0]]


def _place(head: Mapping[str, object]) -> str:
    """By which file, sheet and row."""
    if not head["row"]:
        return "no row named it"
    sheet = f", sheet {head['sheet']}" if head["sheet"] else ""
    return f"{head['file']}{sheet}, row {head['row']}"


def verified_text(found: Verified) -> str:
    """What differs, then the count."""
    lines = [
        f"  {_at(line)}{line['number'] or line['sid']}: {_differs(line)}"
        for line in found.differences.head(SHOWN).fillna("").to_dict("records")
    ]
    if len(found.differences) > SHOWN:
        lines.append(f"  … and {len(found.differences) - SHOWN:,} more; --json tells all.")
    some = f"{found.checked:,} of {found.of:,}" if found.checked < found.of else f"all {found.of:,}"
    said = f"{found.differing:,} differ" if found.differing else "all as its results say"
    spent = many(found.requests, "request", "requests")
    lines.append(f"Run {found.run_id}: {some} contacts read again with {spent}: {said}.")
    if found.pending:
        was = "release was accepted and has" if found.pending == 1 else "releases were accepted and have"
        lines.append(f"{found.pending:,} {was} not taken effect yet.")
    if found.unfinished:
        lines.append(
            f"{found.unfinished:,} of its changes are not finished, so they can't be compared: syncjob resume."
        )
    if found.later and found.differing:
        lines.append(f"Runs since then may be why: {', '.join(found.later)}.")
    return "\n".join(map(one_line, lines))


def _at(line: Mapping[object, object]) -> str:
    return f"row {line['row']} ({line['source']}), " if line["row"] else ""


def _differs(line: Mapping[object, object]) -> str:
    if line["field"] == "contact":
        return f"the contact should be {line['expected']} and is {line['found']}"
    return f"{label(str(line['field']))}: expected {line['expected'] or '–'}, found {line['found'] or '–'}"


def verified_json(found: Verified) -> dict[str, object]:
    lines = found.differences.astype(object).where(found.differences.notna(), None).to_dict("records")
    return {
        "run_id": found.run_id,
        "contacts": found.of,
        "checked": found.checked,
        "differing": found.differing,
        "pending": found.pending,
        "unfinished": found.unfinished,
        "requests": found.requests,
        "later_runs": list(found.later),
        "differences": lines,
        "exit_code": found.exit_code,
    }


def purged_text(gone: Purged) -> str:
    """What was removed."""
    if not gone.results and not gone.runs:
        return "Nothing is old enough to go."
    lines = [f"Removed results: {path}" for path in gone.results]
    return "\n".join([*lines, *(f"Forgot run {run_id}" for run_id in gone.runs)])


def purged_json(gone: Purged) -> dict[str, object]:
    return {"results": [str(path) for path in gone.results], "runs": list(gone.runs), "exit_code": 0}


def _clock(moment: str) -> str:
    return clock(datetime.fromisoformat(moment))
