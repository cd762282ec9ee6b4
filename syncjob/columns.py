"""Spreadsheet headers → contact fields.

What enters: the headers of one table, what the config says of them, what earlier runs remembered. What leaves: a
`FieldMap`, or `SourceError` (exit 4) with the lines to add to the config. Promised: nothing is guessed silently. A
header counts by the config, by the field's own name, by a known alias (`aliases`) or because a person confirmed it
once; a merely similar header is only ever proposed. Headers that begin with `sync_` are our own and never counted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from syncjob.aliases import OTHER_KEYS, aliases, field_of, is_name, likeness, names_key, phone_ranks, plain
from syncjob.errors import SourceError
from syncjob.words import one_line

__all__ = ["FieldMap", "Unmapped", "field_of", "match", "propose"]

Unmapped: TypeAlias = Literal["ignore", "custom_field", "error"]

KEY = "number"  # the field that the key's column feeds, whatever the remote calls its key
IGNORE = "ignore"
_OURS = "sync_"
_STRENGTH = {"config": 0, "name": 1, "alias": 1, "remembered": 2}
_HINT = 0.7  # likeness from which an absent header's neighbour is worth naming
_YAML_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}


@dataclass(frozen=True)
class FieldMap:
    """Which contact field each column of a table feeds, and how that was found out.

    `notes` are whole sentences for people, e.g. which of several phone columns is used. `unmapped` are the columns
    that feed nothing, those that the config ignores and our own `sync_` columns aside.
    """

    field_of: Mapping[int, str]  # column position → number (the key), first_name, …, custom_field.x.y, custom_field
    how: Mapping[int, str]  # column position → config, name, alias, remembered, unmapped (policy custom_field)
    unmapped: tuple[int, ...] = ()
    proposed: Mapping[int, str] = field(default_factory=dict)  # near-names: to be asked at a terminal, never silent
    notes: tuple[str, ...] = ()
    key: str = "number"  # what the key's column holds: the remote's key, or one that its listing translates


@dataclass(frozen=True)
class _Claim:
    position: int
    target: str
    how: str


@dataclass(frozen=True)
class _Problem:
    """A sentence, and the config lines (header, target) that solve it."""

    says: str
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Sheet:
    """The headers at hand, and how to speak of them."""

    headers: tuple[str, ...]
    letters: tuple[str, ...] = ()

    def name(self, position: int) -> str:
        header = self.headers[position].strip()
        return f'column {self.letters[position]} "{header}"' if self.letters else f'column "{header}"'

    def names(self, positions: Iterable[int]) -> str:
        return " and ".join(self.name(position) for position in positions)

    def named(self) -> list[int]:
        """Columns that are the user's and have a header."""
        return [at for at, header in enumerate(self.headers) if plain(header) and not _is_ours(header)]

    def find(self, header: str) -> list[int]:
        """Columns with this header: letter by letter, else as headers are compared."""
        same = [at for at, other in enumerate(self.headers) if other.strip() == header.strip()]
        wanted = plain(header)
        return same or [at for at, other in enumerate(self.headers) if wanted and plain(other) == wanted]


def match(
    headers: Sequence[str],
    configured: Mapping[str, str],
    remembered: Mapping[str, str] | None = None,
    key: str = "number",
    *,
    unmapped: Unmapped = "ignore",
    letters: Sequence[str] = (),
    place: str = "",
    instead: Sequence[str] = (),
) -> FieldMap:
    """Map `headers` to contact fields: by the config, else by name, else by alias, else as remembered.

    `configured` and `remembered` take a header to a field, to `custom_field.<path>` or to `ignore`. `key` is the
    remote's; another one than `number` is found by its own names, and phone columns then mean nothing. `instead`: keys
    that count where no column holds `key`. `letters` and `place` (file and sheet) are for messages only. What is
    stronger displaces what is weaker, save that a field's name and its aliases are equals: two of them on one field is
    an error, except for phone columns, where the mobile one wins and the others stay unmapped (said in `notes`).

    Raises `SourceError` (`source_unmapped`, every problem at once, with the config lines to add) when a header of
    `configured` is absent, two columns claim one field, no column holds the key, or `unmapped` is `error` and a column
    is left over. Source of the rules: CONTRACT 3 and 4.
    """
    sheet = _Sheet(tuple(headers), tuple(letters))
    own = key
    key = next((each for each in (own, *instead) if _is_there(sheet, configured, remembered or {}, each)), own)
    claims, problems = _claims(sheet, configured, remembered or {}, key)
    chosen, notes, doubles = _choose(sheet, claims)
    problems += doubles
    left = _left(sheet, claims, chosen)
    proposed = _near(sheet, left, {claim.target for claim in claims}, key)
    if not any(claim.target == KEY for claim in claims):
        problems.append(_no_key(sheet, proposed, key))
    if unmapped == "error":
        problems += [_Problem(f"{sheet.name(at)} is not mapped", ((headers[at], IGNORE),)) for at in left]
    if problems:
        raise _error(problems, place)
    if unmapped == "custom_field":
        chosen |= _kept(sheet, left, {claim.target for claim in chosen.values()})
    settled = {claim.position for claim in claims if claim.target == IGNORE} | set(chosen)
    return FieldMap(
        field_of={at: chosen[at].target for at in sorted(chosen)},
        how={at: chosen[at].how for at in sorted(chosen)},
        unmapped=tuple(at for at, header in enumerate(headers) if at not in settled and not _is_ours(header)),
        proposed=proposed,
        notes=tuple(notes),
        key=key,
    )


def propose(
    headers: Sequence[str],
    configured: Mapping[str, str],
    remembered: Mapping[str, str] | None = None,
    key: str = "number",
) -> dict[int, str]:
    """Near-names: column position → the field that its header resembles, for fields that no column feeds yet.

    Never raises, so that a person can be asked before `match` refuses. Headers that mean something already are left
    alone, and every field is proposed at most once, for the header most like one of its names.
    """
    sheet = _Sheet(tuple(headers))
    claims, _ = _claims(sheet, configured, remembered or {}, key)
    chosen, _, _ = _choose(sheet, claims)
    return _near(sheet, _left(sheet, claims, chosen), {claim.target for claim in claims}, key)


def _is_there(sheet: _Sheet, configured: Mapping[str, str], remembered: Mapping[str, str], key: str) -> bool:
    """Whether a column holds `key`."""
    return any(claim.target == KEY for claim in _claims(sheet, configured, remembered, key)[0])


def _is_ours(header: str) -> bool:
    return header.strip().casefold().startswith(_OURS)


def _claims(
    sheet: _Sheet, configured: Mapping[str, str], remembered: Mapping[str, str], key: str
) -> tuple[list[_Claim], list[_Problem]]:
    """What every column wants to feed, by the first source that knows its header."""
    claims, problems = [], []
    for header, target in configured.items():
        found = sheet.find(header)
        target = KEY if target == key else IGNORE if target == KEY or target in OTHER_KEYS else target
        claims += [_Claim(at, target, "config") for at in found]
        if not found:
            problems.append(_absent(sheet, header))
    taken = {claim.position for claim in claims}
    learned = {plain(header): target for header, target in remembered.items()}
    for at in sheet.named():
        if at in taken:
            continue
        claim = _known(sheet.headers[at], key) or (learned.get(plain(sheet.headers[at])), "remembered")
        if claim[0]:
            claims.append(_Claim(at, KEY if claim[0] == key else claim[0], claim[1]))
    return claims, problems


def _known(header: str, key: str) -> tuple[str, str] | None:
    """Field and source by name or alias; a phone is nothing to a remote with another key."""
    if key != KEY and names_key(header, key):
        return KEY, "name" if plain(header) == plain(key) else "alias"
    target = field_of(header)
    if target is None or (key != KEY and target == KEY):
        return None
    return target, "name" if is_name(header, target) else "alias"


def _absent(sheet: _Sheet, header: str) -> _Problem:
    from rapidfuzz.distance import OSA  # only a name that is missing needs it

    there = ", ".join(f'"{sheet.headers[at].strip()}"' for at in sheet.named())
    close = [(OSA.normalized_similarity(plain(header), plain(sheet.headers[at])), -at) for at in sheet.named()]
    score, place = max(close, default=(0.0, 0))
    hint = f' Did you mean "{sheet.headers[-place].strip()}"?' if score >= _HINT else ""
    return _Problem(f'the config names a column "{header}" that is not there (there are: {there}).{hint}')


def _choose(sheet: _Sheet, claims: Sequence[_Claim]) -> tuple[dict[int, _Claim], list[str], list[_Problem]]:
    """One column per field: the strongest claim. Also what was passed over, and where that can't be settled."""
    chosen: dict[int, _Claim] = {}
    notes: list[str] = []
    problems: list[_Problem] = []
    targets = dict.fromkeys(claim.target for claim in sorted(claims, key=lambda claim: claim.position))
    for target in targets:
        if target == IGNORE:
            continue
        rivals = [claim for claim in claims if claim.target == target]
        best = min(_rank(sheet, claim) for claim in rivals)
        winners = sorted((c for c in rivals if _rank(sheet, c) == best), key=lambda claim: claim.position)
        losers = sorted(claim.position for claim in rivals if claim not in winners)
        if len(winners) > 1:
            problems.append(_rivals(sheet, target, [claim.position for claim in winners]))
            continue
        chosen[winners[0].position] = winners[0]
        if losers:
            is_are = "is" if len(losers) == 1 else "are"
            notes.append(
                f"{target} is read from {sheet.name(winners[0].position)}; {sheet.names(losers)} {is_are} not."
            )
    return chosen, notes, problems + _nested(sheet, chosen)


def _rivals(sheet: _Sheet, target: str, positions: Sequence[int]) -> _Problem:
    """Several columns for one field. Where their headers are the same, no config line can tell them apart."""
    says = f"{sheet.names(positions)} all stand for {target}; one column is needed"
    headers = [sheet.headers[at] for at in positions]
    if len({header.strip() for header in headers}) < len(headers):
        return _Problem(f"{says}: give the others another header in the sheet")
    return _Problem(says, tuple((header, IGNORE) for header in headers[1:]))


def _rank(sheet: _Sheet, claim: _Claim) -> tuple[int, int]:
    """The strength of a claim; among phone columns the mobile one comes first."""
    strength = _STRENGTH[claim.how]
    if claim.target != KEY or strength != _STRENGTH["alias"]:
        return strength, 0
    return strength, phone_ranks().get(plain(sheet.headers[claim.position]), 0)


def _nested(sheet: _Sheet, chosen: Mapping[int, _Claim]) -> list[_Problem]:
    """A custom field that would have to hold a text and, below it, other texts."""
    paths = {claim.target: at for at, claim in chosen.items() if claim.target.startswith("custom_field.")}
    return [
        _Problem(f"{sheet.names((paths[upper], at))} don't fit together: {upper} can't hold a text and {path}")
        for path, at in paths.items()
        for upper in paths
        if path.startswith(f"{upper}.")
    ]


def _left(sheet: _Sheet, claims: Sequence[_Claim], chosen: Mapping[int, _Claim]) -> list[int]:
    """Columns with a header of the user's that feed nothing and of which nobody said `ignore`."""
    ignored = {claim.position for claim in claims if claim.target == IGNORE}
    return [at for at in sheet.named() if at not in chosen and at not in ignored]


def _near(sheet: _Sheet, left: Sequence[int], fed: set[str], key: str) -> dict[int, str]:
    """The most similar free field of every column left over; of several columns for one field the most similar."""
    names = {name: target for name, target in aliases().items() if target not in fed and (key == KEY or target != KEY)}
    if key != KEY and KEY not in fed:
        names[plain(key)] = KEY
    best: dict[str, tuple[float, int]] = {}
    for at in left:
        score, target = max(
            ((likeness(sheet.headers[at], name), names[name]) for name in sorted(names)), default=(0.0, "")
        )
        if score and (score, -at) > best.get(target, (0.0, 0)):
            best[target] = (score, -at)
    return {-at: target for target, (_, at) in sorted(best.items(), key=lambda item: -item[1][1])}


def _kept(sheet: _Sheet, left: Sequence[int], fed: set[str]) -> dict[int, _Claim]:
    """Policy `custom_field`: every column left over under a name made of its header."""
    made: dict[int, _Claim] = {}
    taken = {target.casefold() for target in fed}  # two names that differ by case alone would be taken for one
    for at in left:
        base = target = f"custom_field.{_slug(sheet.headers[at])}"
        number = 2
        while any(other == target.casefold() or other.startswith(f"{target.casefold()}.") for other in taken):
            target, number = f"{base}_{number}", number + 1
        taken.add(target.casefold())
        made[at] = _Claim(at, target, "unmapped")
    return made


def _slug(header: str) -> str:
    """`Loyalty points (2024)` → `Loyalty_points_2024`; letters of every script are kept, and their case."""
    text = unicodedata.normalize("NFKC", header)
    kept = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in text)
    return "_".join(kept.split())


def _no_key(sheet: _Sheet, proposed: Mapping[int, str], key: str) -> _Problem:
    what = "the phone number" if key == KEY else f"the {key}"
    near = next((sheet.headers[at] for at, target in proposed.items() if target == KEY), None)
    there = ", ".join(f'"{sheet.headers[at].strip()}"' for at in sheet.named()) or "none"
    return _Problem(f"no column holds {what} (there are: {there})", ((near or "HEADER OF THE COLUMN", key),))


def _error(problems: Sequence[_Problem], place: str) -> SourceError:
    """Every problem in one error; the advice is what to add to the config, ready to paste."""
    where = f"{place}: " if place else ""
    says = "\n".join(
        one_line(f"{where}{problem.says.rstrip('.?')}{'?' if problem.says.endswith('?') else '.'}")
        for problem in problems
    )
    lines = [f"  {_yaml(header)}: {target}" for problem in problems for header, target in problem.lines]
    advice = "\n".join(["Add to the config:", "columns:", *lines]) if lines else "Correct columns: in the config."
    return SourceError(says, code="source_unmapped", advice=advice)


def _yaml(header: str) -> str:
    """`header` as a YAML key."""
    text = header.strip()
    bare = re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*", text) and text.casefold() not in _YAML_WORDS
    return text if bare else json.dumps(text, ensure_ascii=False)
