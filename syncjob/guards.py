"""Plan + limits + history → refusals (CONTRACT 7). Pure: all of them are found, none is raised here.

Percentages and comparisons judge whole sources only, percentages from `FROM` contacts up; counts judge always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson
import pandas as pd
import pyarrow.compute as pc

from syncjob.differ import Diff
from syncjob.planner import flat
from syncjob.plans import Figures, Refusal, label
from syncjob.texts import arrow

FROM = 20
EXAMPLES = 5


@dataclass(frozen=True)
class Limits:
    """The `limits:` of the config, as the guards need them. Percentages are 0…100; None: off."""

    delete_percent: float | None = 10
    delete_count: int | None = 200
    update_percent: float | None = 50
    create_count: int | None = 10_000
    create_factor: float | None = 5
    shrink: float | None = 20
    familiar: float | None = 50
    column_change: float | None = 80
    max_age_hours: float | None = None
    removing: tuple[str, ...] = ("delete",)  # verbs that count as removals: what stands in for a removal is one


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


def figures_of(diff: Diff) -> Figures:
    """The figures of a diff."""
    matched = pc.count_distinct(arrow(diff.verdicts["sid"])).as_py()
    reached = diff.leftovers["verdict"].isin(["delete", "update", "held", "unchanged"])
    compared = int(diff.verdicts["sid"].notna().sum())
    return Figures(len(diff.existing), int(matched + reached.sum()), compared)


@dataclass(frozen=True)
class Judged:
    """What the guards look at in the sources."""

    rows: pd.DataFrame
    whole: bool
    fields: frozenset[str]  # contact fields that the source's columns feed
    sheets: Mapping[str, int]  # "file · sheet" → rows
    ages: Mapping[str, float] = field(default_factory=dict)  # file → hours since it was changed
    baseline: Baseline | None = None


def judge_sources(case: Judged, limits: Limits) -> tuple[Refusal, ...]:
    """Every refusal that rests on what was read, and on what was read before."""
    found = [_empty(case), _old(case, limits)]
    if case.whole and case.baseline:
        found += [*_shrank(case, case.baseline, limits), _unfamiliar(case, case.baseline, limits)]
        found += [_vanished(case, case.baseline)]
    return tuple(refusal for refusal in found if refusal)


def judge_changes(table: pd.DataFrame, figures: Figures, limits: Limits, *, whole: bool) -> tuple[Refusal, ...]:
    """Every refusal that rests on what would be done (schema.CHANGES): all of a plan, or what of it is approved."""
    found = [_deletes(table, figures, limits, whole=whole)]
    if whole:
        updates = table[table["verb"] == "update"]
        pairs = zip(updates["fields"].tolist(), updates["before"].tolist(), strict=True)
        overwritten = pd.Series([_overwritten(*pair) for pair in pairs], index=updates.index, dtype=object)
        updates = updates.assign(overwritten=overwritten)
        found += [_updates(updates, figures, limits), *_columns(updates, figures, limits)]
    found.append(_creates(table, figures, limits))
    return tuple(refusal for refusal in found if refusal)


def _empty(case: Judged) -> Refusal | None:
    if case.rows["number"].notna().any():
        return None
    rows = "1 row" if len(case.rows) == 1 else f"{len(case.rows):,} rows"
    return Refusal("source_empty", f"{rows}, none with a readable key", "source.files", final=True)


def _old(case: Judged, limits: Limits) -> Refusal | None:
    limit = limits.max_age_hours
    old = {name: age for name, age in case.ages.items() if limit is not None and age > limit}
    if not old:
        return None
    named = ", ".join(f"{name} is {age:,.1f} hours old" for name, age in old.items())
    return Refusal("source_old", f"{named}; the limit is {limit:g} hours", "source.max_age")


def _shrank(case: Judged, last: Baseline, limits: Limits) -> Iterable[Refusal]:
    if limits.shrink is None:
        return
    now = {**case.sheets, "": sum(case.sheets.values())}
    told: set[tuple[int, int]] = set()
    for name, largest in sorted(last.rows.items(), key=lambda item: item[0] == ""):  # the total last
        count = now.get(name)
        if count is None or largest < FROM or 100 * (largest - count) <= limits.shrink * largest:
            continue
        if not name and (count, largest) in told:
            continue  # of a single sheet the total says nothing more
        told.add((count, largest))
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
    figures = f"{shared:,} of the {len(last.numbers):,} numbers of the last good run ({_percent(share)}) are in it"
    return Refusal("source_unfamiliar", f"{figures}; the limit is {limits.familiar:g} %", "limits.familiar")


def _vanished(case: Judged, last: Baseline) -> Refusal | None:
    gone = sorted(last.fields - case.fields)
    if not gone:
        return None
    named = ", ".join(label(name) for name in gone)
    return Refusal("column_vanished", f"no column feeds {named} any more", "columns")


def _deletes(table: pd.DataFrame, figures: Figures, limits: Limits, *, whole: bool) -> Refusal | None:
    deletes = table[table["verb"].isin(limits.removing)]
    count, touched = len(deletes), figures.touchable
    if not count:
        return None
    over = []
    if limits.delete_count is not None and count > limits.delete_count:
        over.append(f"the limit is {limits.delete_count:,}")
    share = 100 * count / touched if touched else 100.0
    if whole and limits.delete_percent is not None and touched >= FROM and share > limits.delete_percent:
        over.append(f"the limit is {limits.delete_percent:g} %")
    if count == figures.existing and not figures.partly:
        over.append("that is every contact there is")
    if not over:
        return None
    among = f"{count:,} contacts" if figures.partly else f"{count:,} of {touched:,} contacts ({_percent(share)})"
    said = f"{among}; {', '.join(over)}"
    return Refusal("too_many_deletes", said, "limits.deletes", _examples(deletes))


def _updates(table: pd.DataFrame, figures: Figures, limits: Limits) -> Refusal | None:
    touched = figures.touchable
    if limits.update_percent is None or touched < FROM:
        return None
    overwriting = table[table["overwritten"].map(bool)]
    share = 100 * len(overwriting) / touched
    if share <= limits.update_percent:
        return None
    said = f"{len(overwriting):,} of {touched:,} contacts ({_percent(share)}); the limit is {limits.update_percent:g} %"
    return Refusal("too_many_updates", said, "limits.updates.percent", _examples(overwriting))


def _creates(table: pd.DataFrame, figures: Figures, limits: Limits) -> Refusal | None:
    creates, existing = table[table["verb"] == "create"], figures.existing
    bounds = [limits.create_count, None if limits.create_factor is None else limits.create_factor * existing]
    known = [bound for bound in bounds if bound is not None]
    if not existing or not known or len(creates) <= max(known):
        return None
    said = f"{len(creates):,} new contacts beside {existing:,}; the limit is {max(known):,.0f}"
    return Refusal("too_many_creates", said, "limits.creates", _examples(creates))


def _columns(table: pd.DataFrame, figures: Figures, limits: Limits) -> Iterable[Refusal]:
    """One field's non-empty values overwritten in most of the rows compared; custom fields name by name."""
    compared = figures.compared
    if limits.column_change is None or compared < FROM:
        return
    by_rows = table[table["row_id"] >= 0]
    each = by_rows[["number", "overwritten"]].explode("overwritten").dropna(subset=["overwritten"])
    for name, numbers in each.groupby("overwritten"):
        share = 100 * len(numbers) / compared
        if share > limits.column_change:
            said = f"{label(str(name))}: {len(numbers):,} of {compared:,} ({_percent(share)}) would be overwritten"
            limit = f"the limit is {limits.column_change:g} %"
            yield Refusal("column_changed_everywhere", f"{said}; {limit}", "limits.column_change", _examples(numbers))


def _overwritten(fields: str, before: str) -> list[str]:
    """Fields whose old value was not empty: filling what was empty is no change of anybody's data."""
    return [name for name, was, _ in flat(orjson.loads(before), orjson.loads(fields)) if was]


def _percent(share: float) -> str:
    """A share in words; with a decimal, so that what is a little over a limit does not read like the limit."""
    return f"{share:.1f} %".replace(".0 %", " %")


def _examples(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(number) for number in table["number"].head(EXAMPLES))
