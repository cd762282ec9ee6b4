"""What stands on the sheets of a plan workbook: one line per change, as text. Pure.

What enters: a plan and the rows it rests on. What leaves: `Lines`, one per sheet, the same for the same plan, so that a
workbook that comes back can be compared with it cell by cell.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
import pandas as pd

from syncjob.model import VERBS, Json, Verb
from syncjob.planner import flat
from syncjob.plans import Plan, label
from syncjob.results.cellxml import cut
from syncjob.results.messages import sentences
from syncjob.results.naming import MOST_FIELDS, called
from syncjob.schema import FIELDS, TEXT
from syncjob.words import OUTCOMES, REASONS, SLOT, Reason

APPROVE, MARK = "approve", "Line"
NAMES: dict[Verb, str] = {
    "create": "To add",
    "update": "To change",
    "add": "To join the list",
    "remove": "To leave the list",
    "delete": "To remove",
}
WAITING: frozenset[Verb] = frozenset({"remove", "delete"})
"""What is taken away waits for a person; all else comes filled with yes."""

HELD = "On hold"
ALL_DELETES = "approve_all_removals"
"""The name of the cell whose yes answers for every removal."""

FORMULA = f'IF({ALL_DELETES}="yes","yes","")'
"""What stands in `approve` of a removal that has no answer of its own."""

ARROW, NOTHING = " → ", "–"
MORE = "More fields"
NO_FILE = "not in your file"

Fields = Sequence[tuple[str, str, str]]
"""(field, old, new) of one change."""


@dataclass(frozen=True)
class Lines:
    """One sheet. `columns` holds one series of text per header, aligned; `ids` and `approve` are beside them.

    `changed` holds, by column, the old and the new text of the cells that show both.
    """

    name: str
    verb: Verb | None  # None: lines that nobody has to answer
    headers: tuple[str, ...]
    columns: tuple[pd.Series[str], ...]
    ids: tuple[int, ...] = ()
    changed: Mapping[int, tuple[Sequence[str], Sequence[str]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many lines stand below the header."""
        return len(self.columns[0]) if self.columns else 0


def sheets_of(plan: Plan, rows: pd.DataFrame) -> tuple[Lines, ...]:
    """The sheets of a plan, in the order in which they are sent; those without lines are left out."""
    origin = _origins(rows)
    made = (
        _creates(plan, origin),
        _updates(plan, origin),
        _joins(plan, origin),
        *(_deletes(plan, verb, origin) for verb in VERBS if verb in WAITING),
        _held(plan, rows),
    )
    return tuple(lines for lines in made if lines.count)


def answer(verb: Verb) -> str:
    """What stands in `approve` before anybody has looked."""
    return "" if verb in WAITING else "yes"


def _creates(plan: Plan, origin: Mapping[int, str]) -> Lines:
    table = plan.table[plan.table["verb"] == "create"]
    held = [flat({}, _object(fields)) for fields in table["fields"].tolist()]
    columns, _ = _by_field(held, both=False)
    return _lines(plan, "create", table, {**columns, "From": _from(table, origin)})


def _updates(plan: Plan, origin: Mapping[int, str]) -> Lines:
    table = plan.table[plan.table["verb"] == "update"]
    before = [_object(text) for text in table["before"].tolist()]
    pairs = zip(before, table["fields"].tolist(), strict=True)
    columns, changed = _by_field([flat(was, _object(fields)) for was, fields in pairs], both=True)
    about = {"Name": [_name(image) for image in before], **columns, "From": _from(table, origin)}
    return _lines(plan, "update", table, about, changed)


def _joins(plan: Plan, origin: Mapping[int, str]) -> Lines:
    """Who joins a list; whom the address book does not know yet is added there first."""
    table = plan.table[plan.table["verb"] == "add"]
    about = {
        "Name": [_name(_object(text)) for text in table["before"].tolist()],
        "Now": ["in the address book" if known else "to be added first" for known in table["sid"].notna()],
        "From": _from(table, origin),
    }
    return _lines(plan, "add", table, about)


def _deletes(plan: Plan, verb: Verb, origin: Mapping[int, str]) -> Lines:
    table = plan.table[plan.table["verb"] == verb]
    before = [_object(text) for text in table["before"].tolist()]
    rest = [{name: held for name, held in image.items() if name not in _SHOWN} for image in before]
    columns, _ = _by_field([flat({}, image) for image in rest], both=False)
    reasons = dict(zip(plan.remote_only["sid"], plan.remote_only["reason"], strict=True))
    why = [
        _why(REASONS.get(str(reasons.get(sid))), row) for sid, row in zip(table["sid"], table["row_id"], strict=True)
    ]
    named = {"From": _from(table, origin)} if (table["row_id"] >= 0).any() else {}
    return _lines(plan, verb, table, {"Name": [_name(image) for image in before], "Why": why, **columns, **named})


_SHOWN = frozenset(("number", "first_name", "last_name"))


def _why(reason: Reason | None, row: int) -> str:
    if reason is not None:
        return reason.says.replace(SLOT, "…")
    return "Your file lists it to be removed." if row >= 0 else "It is not in your file."


def _held(plan: Plan, rows: pd.DataFrame) -> Lines:
    """Rows that a person must look at, and contacts that were kept because of them."""
    bad = [code for code, known in OUTCOMES.items() if not known.good]
    outcomes = plan.outcomes[plan.outcomes["outcome"].isin(bad)].reset_index(drop=True)
    placed = rows.set_index("row_id", drop=False).reindex(outcomes["row_id"]).reset_index(drop=True)
    kept = plan.remote_only[plan.remote_only["outcome"].isin(bad)].reset_index(drop=True)
    blank = pd.DataFrame({name: pd.Series(None, index=kept.index, dtype=TEXT) for name in placed.columns})
    parts = [
        (outcomes, placed, _places(placed), placed["raw"]),
        (kept, blank, [NO_FILE] * len(kept), kept["number"].fillna(kept["raw"])),
    ]
    words = {code: known.word for code, known in OUTCOMES.items()}
    key = label(plan.key)
    made: dict[str, list[str]] = {"What": [], key: [], "Why, and what to do": [], "From": []}
    for frame, aligned, where, keys in parts:
        made["What"] += frame["outcome"].map(words).tolist()
        made[key] += keys.fillna("").tolist()
        made["Why, and what to do"] += sentences(frame, aligned, plan.service).tolist()
        made["From"] += where
    return Lines(HELD, None, tuple(made), tuple(_texts(column) for column in made.values()))


def _lines(
    plan: Plan,
    verb: Verb,
    table: pd.DataFrame,
    about: Mapping[str, Sequence[str]],
    changed: Mapping[str, tuple[Sequence[str], Sequence[str]]] | None = None,
) -> Lines:
    keys = table["number"].fillna(table["sid"]).fillna("").tolist()
    named = {label(plan.key): keys, **_numbers(plan, table), **about, MARK: _marks(plan, table)}
    place = {header: at for at, header in enumerate(named)}
    return Lines(
        NAMES[verb],
        verb,
        tuple(named),
        tuple(_texts(column) for column in named.values()),
        tuple(table["change_id"].tolist()),
        {place[header]: pair for header, pair in (changed or {}).items()},
    )


def _numbers(plan: Plan, table: pd.DataFrame) -> dict[str, list[str]]:
    """The numbers that the remote shows, where they are no keys."""
    if plan.key == "number":
        return {}
    return {"Number": [str(_object(text).get("number") or "") for text in table["before"].tolist()]}


def _by_field(
    found: Sequence[Fields], *, both: bool
) -> tuple[dict[str, Sequence[str]], dict[str, tuple[Sequence[str], Sequence[str]]]]:
    """Header → cells, a column for each field; and of those that show old and new, both. What is too many is joined."""
    seen = Counter(name for fields in found for name, _, _ in fields)
    shown = {name for name, _ in seen.most_common(MOST_FIELDS)}
    usual = {name: at for at, name in enumerate(FIELDS)}
    headers = _headers(sorted((name for name in seen if name in shown), key=lambda name: usual.get(name, len(usual))))
    old: dict[str, list[str]] = {header: [""] * len(found) for header in headers.values()}
    new: dict[str, list[str]] = {header: [""] * len(found) for header in headers.values()}
    more = [""] * len(found)
    for at, fields in enumerate(found):
        for name, was, now in fields:
            header = headers.get(name)
            if header is None:
                more[at] += f"{'; ' if more[at] else ''}{label(name)}: {_shown(was, now) if both else now}"
            else:
                old[header][at], new[header][at] = (was or NOTHING) if both else "", (now or NOTHING) if both else now
    columns: dict[str, Sequence[str]] = {
        header: [f"{was}{ARROW}{now}" if now else "" for was, now in zip(old[header], new[header], strict=True)]
        if both
        else new[header]
        for header in headers.values()
    }
    if len(seen) > len(shown):
        columns[MORE] = more
    return columns, {header: (old[header], new[header]) for header in headers.values()} if both else {}


def _headers(names: Iterable[str]) -> dict[str, str]:
    """Field → header, each another: a custom field may be called like a field, or like a column of ours."""
    taken = {"Number", "Name", "Now", "Why", "From", MORE, MARK}
    found: dict[str, str] = {}
    for name in names:
        header = label(name)
        while header.casefold() in {one.casefold() for one in taken} | {APPROVE}:
            header = f"{header} (own field)"
        taken.add(header)
        found[name] = header
    return found


def _shown(was: str, now: str) -> str:
    return f"{was or NOTHING}{ARROW}{now or NOTHING}"


def _name(image: Mapping[str, Json]) -> str:
    return " ".join(str(image.get(part) or "") for part in ("first_name", "last_name")).strip()


def _from(table: pd.DataFrame, origin: Mapping[int, str]) -> list[str]:
    return [origin.get(row_id, NO_FILE) for row_id in table["row_id"].tolist()]


def _origins(rows: pd.DataFrame) -> dict[int, str]:
    """Row id → where it stands, as people say it."""
    return dict(zip(rows["row_id"].tolist(), _places(rows), strict=True))


def _places(rows: pd.DataFrame) -> list[str]:
    files = called(rows["source"].dropna().unique())
    columns = (rows[name].tolist() for name in ("source", "sheet", "row"))
    return [
        ", ".join([files.get(source, str(source)), *([sheet] if isinstance(sheet, str) else []), f"row {row}"])
        for source, sheet, row in zip(*columns, strict=True)
    ]


def _marks(plan: Plan, table: pd.DataFrame) -> list[str]:
    """What names a change wherever its line moves: its id, and a few digits over what it does."""
    parts = (table[name].fillna("").tolist() for name in ("change_id", "verb", "number", "sid", "fields"))
    return [_mark(plan.plan_id, *parts) for parts in zip(*parts, strict=True)]


def _mark(plan_id: str, change_id: int, *parts: str) -> str:
    return f"{change_id}-{hashlib.sha256(chr(31).join((plan_id, *parts)).encode()).hexdigest()[:8]}"


def _object(text: object) -> dict[str, Json]:
    found = orjson.loads(text) if isinstance(text, str) else {}
    return found if isinstance(found, dict) else {}


def _texts(values: Sequence[str]) -> pd.Series[str]:
    """A column of text, nothing longer than a cell holds."""
    column = pd.Series(list(values), dtype=TEXT).fillna("")
    return column.map(cut) if len(column) and bool(column.str.len().max() > 10_000) else column
