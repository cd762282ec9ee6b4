"""Plan + limits + history → refusals (CONTRACT 7). Pure: all of them are found, none is raised here.

Percentages and comparisons judge whole sources only, percentages from `FROM` contacts up; counts judge always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson
import pandas as pd

from syncjob.differ import Diff
from syncjob.plan import Refusal, label
from syncjob.planner import flat

FROM = 20
EXAMPLES = 5


@dataclass(frozen=True)
class Limits:
    """The `limits:` of the config, as the guards need them. Percentages are 0…100; None: off."""

    delete_percent: float | None = 10
    delete_count: int | None = 200
    delete_over: Literal["refuse", "hold"] = "refuse"
    update_percent: float | None = 50
    create_count: int | None = 10_000
    create_factor: float | None = 5
    shrink: float | None = 20
    familiar: float | None = 50
    column_change: float | None = 80
    max_age_hours: float | None = None


@dataclass(frozen=True)
class Baseline:
    """What the last good runs of this job and these sources held (CONTRACT 7).

    `rows` is the largest row count of the last five per "file · sheet" and, under "", in total; `numbers` and `fields`
    are those of the last one.
    """

    run_id: str
    rows: Mapping[str, int]
    numbers: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True)
class Judged:
    """What the guards look at."""

    rows: pd.DataFrame
    diff: Diff
    table: pd.DataFrame
    whole: bool
    fields: frozenset[str]  # contact fields that the source's columns feed
    sheets: Mapping[str, int]  # "file · sheet" → rows
    ages: Mapping[str, float] = field(default_factory=dict)  # file → hours since it was changed
    baseline: Baseline | None = None


def judge(case: Judged, limits: Limits) -> tuple[Refusal, ...]:
    """Every refusal, all at once."""
    found = [_empty(case), _old(case, limits)]
    if case.whole and case.baseline:
        found += [*_shrank(case, case.baseline, limits), _unfamiliar(case, case.baseline, limits)]
        found += [_vanished(case, case.baseline)]
    touched = _touchable(case)
    found += [_deletes(case, limits, touched), _updates(case, limits, touched), _creates(case, limits)]
    found += _columns(case, limits)
    return tuple(refusal for refusal in found if refusal)


def _empty(case: Judged) -> Refusal | None:
    if case.rows["number"].notna().any():
        return None
    return Refusal("source_empty", f"{len(case.rows)} rows, none with a readable key", "source.files", final=True)


def _old(case: Judged, limits: Limits) -> Refusal | None:
    limit = limits.max_age_hours
    old = {name: age for name, age in case.ages.items() if limit is not None and age > limit}
    if not old:
        return None
    named = ", ".join(f"{name} is {age:.0f} hours old" for name, age in old.items())
    return Refusal("source_old", f"{named}; the limit is {limit:g} hours", "source.max_age")


def _shrank(case: Judged, last: Baseline, limits: Limits) -> Iterable[Refusal]:
    if limits.shrink is None:
        return
    now = {**case.sheets, "": sum(case.sheets.values())}
    for name, largest in last.rows.items():
        count = now.get(name)
        if count is None or largest < FROM or count >= largest * (1 - limits.shrink / 100):
            continue
        yield Refusal(
            "source_shrank",
            f"{name or 'in all'}: {count:,} rows, {largest:,} in an earlier good run; the limit is "
            f"{limits.shrink:g} % fewer",
            "limits.shrink",
        )


def _unfamiliar(case: Judged, last: Baseline, limits: Limits) -> Refusal | None:
    if limits.familiar is None or len(last.numbers) < FROM:
        return None
    shared = len(last.numbers & set(case.rows["number"].dropna()))
    share = 100 * shared / len(last.numbers)
    if share >= limits.familiar:
        return None
    figures = f"{shared:,} of the {len(last.numbers):,} numbers of the last good run ({share:.0f} %) are in it"
    return Refusal("source_unfamiliar", f"{figures}; the limit is {limits.familiar:g} %", "limits.familiar")


def _vanished(case: Judged, last: Baseline) -> Refusal | None:
    gone = sorted(last.fields - case.fields)
    if not gone:
        return None
    named = ", ".join(label(name) for name in gone)
    return Refusal("column_vanished", f"no column feeds {named} any more", "columns")


def _touchable(case: Judged) -> int:
    """The contacts the job may touch: those its rows name, and the leftovers that its settings reach."""
    matched = case.diff.verdicts["sid"].nunique()
    reached = case.diff.leftovers["verdict"].isin(["delete", "update", "held", "unchanged"])
    return int(matched + reached.sum())


def _deletes(case: Judged, limits: Limits, touched: int) -> Refusal | None:
    deletes = case.table[case.table["verb"] == "delete"]
    count, existing = len(deletes), len(case.diff.existing)
    if not count:
        return None
    over = []
    if limits.delete_count is not None and count > limits.delete_count:
        over.append(f"the limit is {limits.delete_count:,}")
    share = 100 * count / touched if touched else 100.0
    if case.whole and limits.delete_percent is not None and touched >= FROM and share > limits.delete_percent:
        over.append(f"the limit is {limits.delete_percent:g} %")
    if count == existing:
        over.append("that is every contact there is")
    if not over:
        return None
    figures = f"{count:,} of {touched:,} contacts ({share:.0f} %); {', '.join(over)}"
    return Refusal("too_many_deletes", figures, "limits.deletes", _examples(deletes))


def _updates(case: Judged, limits: Limits, touched: int) -> Refusal | None:
    if not case.whole or limits.update_percent is None or touched < FROM:
        return None
    updates = case.table[case.table["verb"] == "update"]
    overwriting = updates[[bool(_overwritten(f, b)) for f, b in zip(updates["fields"], updates["before"], strict=True)]]
    share = 100 * len(overwriting) / touched
    if share <= limits.update_percent:
        return None
    figures = f"{len(overwriting):,} of {touched:,} contacts ({share:.0f} %); the limit is {limits.update_percent:g} %"
    return Refusal("too_many_updates", figures, "limits.updates.percent", _examples(overwriting))


def _creates(case: Judged, limits: Limits) -> Refusal | None:
    creates = case.table[case.table["verb"] == "create"]
    existing = len(case.diff.existing)
    bounds = [limits.create_count, None if limits.create_factor is None else limits.create_factor * existing]
    known = [bound for bound in bounds if bound is not None]
    if not existing or not known or len(creates) <= max(known):
        return None
    figures = f"{len(creates):,} new contacts beside {existing:,}; the limit is {max(known):,.0f}"
    return Refusal("too_many_creates", figures, "limits.creates", _examples(creates))


def _columns(case: Judged, limits: Limits) -> list[Refusal]:
    """One field's non-empty values overwritten in most of the rows compared."""
    compared = int((case.diff.verdicts["sid"].notna()).sum())
    if not case.whole or limits.column_change is None or compared < FROM:
        return []
    updates = case.table[(case.table["verb"] == "update") & (case.table["row_id"] >= 0)]
    counts: dict[str, int] = {}
    for fields, before in zip(updates["fields"], updates["before"], strict=True):
        for name in {path.split(".")[0] for path in _overwritten(fields, before)}:
            counts[name] = counts.get(name, 0) + 1
    return [
        Refusal(
            "column_changed_everywhere",
            f"{label(name)}: {count:,} of {compared:,} ({100 * count / compared:.0f} %) would be overwritten; the "
            f"limit is {limits.column_change:g} %",
            "limits.column_change",
            _examples(updates),
        )
        for name, count in sorted(counts.items())
        if 100 * count / compared > limits.column_change
    ]


def _overwritten(fields: str, before: str) -> list[str]:
    """Fields whose old value was not empty: filling what was empty is no change of anybody's data."""
    return [name for name, was, _ in flat(orjson.loads(before), orjson.loads(fields)) if was]


def _examples(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(number) for number in table["number"].head(EXAMPLES))
