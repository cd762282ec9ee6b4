"""Headers that a person confirmed at a terminal, kept for the runs to come (CONTRACT 4).

What enters: the sheets at hand, and somebody to ask. What leaves: for each sheet the headers that count as confirmed;
after a confirmed run, a small file that people can read and correct: `mappings/<job>.yaml` in the account's folder.
Promised: a header is asked about at most once in a run, nothing counts that nobody confirmed, and what was confirmed
for one sheet counts only where all the headers of that sheet are still there, so another sheet is never misread by it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import yaml

from syncjob.aliases import plain
from syncjob.columns import IGNORE, KEY, propose
from syncjob.config.fields import is_field
from syncjob.durable import write_whole
from syncjob.errors import SourceError
from syncjob.plans import label
from syncjob.state import Account, private_folder

if TYPE_CHECKING:
    from syncjob.loader.table import Loaded, Table

_MOST = 100  # sheets remembered; the oldest give way
_SAMPLES = 3
_SAMPLE_WIDTH = 24
_HEAD = """\
# Which column is what, as confirmed at a terminal. Later runs go by it, without a terminal too. It counts for a sheet
# that has all the headers listed under `sheet` (without case, spaces and signs). Take an entry out to be asked again.
"""


class Asker(Protocol):
    """Whoever can be asked: the terminal, or nobody."""

    def attended(self) -> bool:
        """Whether somebody is there to answer."""

    def choose(self, question: str, default: bool) -> bool:
        """A yes or no; `default` for Enter. Where nobody is there: no."""


class Nobody:
    """There is no terminal."""

    def attended(self) -> bool:
        return False

    def choose(self, question: str, default: bool) -> bool:  # noqa: ARG002 - an Asker
        return False


@dataclass(frozen=True)
class Sheet:
    """The headers a sheet had (normalised, without empty ones and ours), and what some of them were confirmed to be."""

    headers: frozenset[str]
    columns: Mapping[str, str]  # header as written → contact field


@dataclass(frozen=True)
class Confirmed:
    """All that people confirmed for one job, the latest last."""

    sheets: tuple[Sheet, ...] = ()

    def of(self, headers: Sequence[str]) -> dict[str, str]:
        """What counts for a sheet with these headers; the later confirmation goes before the earlier."""
        there, found = fingerprint(headers), dict[str, str]()
        for sheet in self.sheets:
            if sheet.headers <= there:
                found |= sheet.columns
        return found

    def with_sheet(self, headers: Sequence[str], columns: Mapping[str, str]) -> Confirmed:
        """The same with what was confirmed for one more sheet, or for this one anew."""
        mark = fingerprint(headers)
        old = next((sheet.columns for sheet in self.sheets if sheet.headers == mark), {})
        kept = {name: target for name, target in old.items() if plain(name) not in map(plain, columns)}
        others = [sheet for sheet in self.sheets if sheet.headers != mark]
        return Confirmed((*others, Sheet(mark, {**kept, **columns}))[-_MOST:])


@dataclass
class Answers:
    """What was asked and answered in this run, so that nobody is asked twice; headers are normalised."""

    yes: dict[str, str] = field(default_factory=dict)
    no: set[str] = field(default_factory=set)


def fingerprint(headers: Iterable[str]) -> frozenset[str]:
    """What a sheet is recognised by: its headers as they are compared, without empty ones and our own."""
    return frozenset(plain(header) for header in headers if not _is_ours(header)) - {""}


def ask(
    table: Table, configured: Mapping[str, str], confirmed: Confirmed, key: str, asker: Asker, answers: Answers
) -> dict[str, str]:
    """Header → field for `table`: what was confirmed before, and the near-names a person says yes to now.

    Each header is asked about once in a run; when it is refused, the next most similar one gets its turn.
    """
    headers = [column.header for column in table.columns]
    known = confirmed.of(headers)
    if not asker.attended():
        return known
    while True:
        silenced = {header: IGNORE for header in headers if plain(header) in answers.no}
        near = propose(headers, {**configured, **silenced}, known, key)
        if not near:
            return known
        for at, target in near.items():
            mark = plain(headers[at])
            if answers.yes.get(mark) != target and not asker.choose(_question(table, at, target, key), True):
                answers.no.add(mark)
                continue
            answers.yes[mark] = target
            known[headers[at]] = target


def unasked(table: Table, near: Mapping[int, str], answers: Answers) -> dict[int, str]:
    """The near-names that are still worth a word: not those that a person refused in this run."""
    return {at: target for at, target in near.items() if plain(table.columns[at].header) not in answers.no}


def _question(table: Table, at: int, target: str, key: str) -> str:
    """Which column, some of its values, and what it seems to be."""
    column = table.columns[at]
    values = (" ".join(str(value).split()) for value in table.cells[at].head(200).tolist())
    shown = [text[:_SAMPLE_WIDTH] for text in dict.fromkeys(values) if text][:_SAMPLES]
    samples = f" ({', '.join(shown)})" if shown else ""
    where = f"{Path(table.source).name}{f', sheet {table.sheet}' if table.sheet else ''}"
    name = ("the phone number" if key == KEY else f"the {key}") if target == KEY else label(target)
    return f'{where}, column {column.letter} "{column.header.strip()}"{samples}: is this {name} ({target})?'


def path_of(account: Account, job: str) -> Path:
    """The file of a job: a name that no other job has, though names of jobs may hold what names of files may not."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", job)[:80]
    if name != job:
        name += "-" + hashlib.sha256(job.encode()).hexdigest()[:8]
    return account.folder / "mappings" / f"{name}.yaml"


def recall(account: Account, job: str) -> Confirmed:
    """What was confirmed for `job`; nothing where there is no file.

    Raises `SourceError` (`source_unmapped`) when the file can't be used, so that no column is read as something else.
    """
    path = path_of(account, job)
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Confirmed(tuple(_sheet(entry) for entry in held or ()))
    except FileNotFoundError:
        return Confirmed()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise SourceError(
            f"The remembered headers in {path} can't be used: {why}.",
            code="source_unmapped",
            advice="Correct the file, or remove it to be asked again at a terminal.",
        ) from error


def _sheet(entry: Mapping[str, object]) -> Sheet:
    listed, columns = entry["sheet"], entry["columns"]
    if not isinstance(listed, list) or not isinstance(columns, dict):
        raise ValueError("an entry needs sheet: [headers] and columns: {header: field}")
    targets = {str(header): str(target) for header, target in columns.items()}
    for target in targets.values():
        if target not in (KEY, IGNORE) and not is_field(target):
            raise ValueError(f"{target} is no contact field")
    return Sheet(frozenset(plain(str(header)) for header in listed), targets)


def remember(account: Account, job: str, loaded: Loaded) -> tuple[str, ...]:
    """Keep what a confirmed run went by; one sentence about what is new, or none. Doing so twice changes nothing.

    Raises `SyncjobError` (`state_unwritable`).
    """
    before = after = recall(account, job)
    for table, mapping in zip(loaded.tables, loaded.mappings, strict=True):
        headers = [column.header for column in table.columns]
        used = {headers[at]: target for at, target in mapping.field_of.items() if mapping.how[at] == "remembered"}
        known = before.of(headers)
        if any(known.get(header) != target for header, target in used.items()):
            after = after.with_sheet(headers, used)
    if after == before:
        return ()
    path = path_of(account, job)
    private_folder(path.parent)
    write_whole(path, _written(after).encode())
    fresh = [sheet for sheet in after.sheets if sheet not in before.sheets]
    pairs = dict.fromkeys(f"{header} → {target}" for sheet in fresh for header, target in sheet.columns.items())
    return (f"Remembered for later runs: {'; '.join(pairs)} (in {path}).",)


def _written(confirmed: Confirmed) -> str:
    entries = [{"sheet": sorted(sheet.headers), "columns": dict(sheet.columns)} for sheet in confirmed.sheets]
    return _HEAD + yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=118, default_flow_style=None)


def _is_ours(header: str) -> bool:
    return header.strip().casefold().startswith("sync_")


def silence(loaded: Loaded, answers: Answers) -> Loaded:
    """`loaded` without proposals that a person refused."""
    pairs = zip(loaded.tables, loaded.mappings, strict=True)
    kept = tuple(replace(mapping, proposed=unasked(table, mapping.proposed, answers)) for table, mapping in pairs)
    return replace(loaded, mappings=kept)
