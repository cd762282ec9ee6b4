"""The numbering plans that `phonenumbers` ships, compiled into regexes and applied to whole columns at once.

What enters: an Arrow column of plain dial strings (digits, at most one leading `+`) and a default region. What leaves:
for every string E.164 or a reason code, or "open": only the library itself may say. Promised: what is decided here is
what `phonenumbers.parse`, `is_valid_number` and `format_number` would have decided; each step below repeats one step of
theirs (international prefix, calling code, national prefix, lengths, patterns) and leaves open what it can't repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import PhoneMetadata

from syncjob.errors import SyncjobError

Mask: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.int64]
Piece: TypeAlias = tuple[Places, pa.Array, pa.Array]
"""Positions in the column, the E.164 texts there, the reason codes there (null where the other one speaks)."""

FEWEST = 7  # digits; below this the library's rules for short texts and short codes apply
MOST = 25  # digits; above this the library is asked
_LONGEST_NATIONAL = 17  # digits of a national number that `parse` accepts
SHORT_CODE = 6  # digits that a short code has at most
_KINDS = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
_POSSIBLE, _LOCAL, _SHORT, _LONG, _BETWEEN = range(5)
_REASON = {
    _POSSIBLE: "number_invalid",
    _LOCAL: "number_too_short",
    _SHORT: "number_too_short",
    _LONG: "number_too_long",
    _BETWEEN: "number_invalid",
}


def where(condition: pa.Array) -> Mask:
    """An Arrow column of truths as a mask."""
    mask: Mask = condition.to_numpy(zero_copy_only=False)
    return mask


def _matches(column: pa.Array, pattern: str | None) -> Mask:
    """Which texts match `pattern` from the first character to the last; no pattern matches nothing."""
    if not pattern:
        return np.zeros(len(column), dtype=bool)
    return where(pc.match_substring_regex(column, f"^(?:{pattern})$"))


def _starts(column: pa.Array, pattern: str) -> Mask:
    return where(pc.match_substring_regex(column, f"^(?:{pattern})"))


def _lengths(column: pa.Array) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = pc.binary_length(column).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


@dataclass(frozen=True)
class _Region:
    """One region's plan: what `phonenumbers` knows of its national numbers."""

    country_code: int
    general: str | None
    kinds: tuple[tuple[frozenset[int], str], ...]  # possible lengths → the patterns of the kinds that have them
    leading: str | None
    prefix: str | None  # what may stand before a national number
    plain_prefix: bool  # it is literally those digits, and taking it off is all there is to do
    abroad: str | None  # the prefix for calls to other countries
    sizes: npt.NDArray[np.int8]  # length → _POSSIBLE, _LOCAL, …

    def valid(self, national: pa.Array) -> Mask:
        """Which national numbers are of any known kind."""
        found = _matches(national, self.general)
        lengths = _lengths(national)
        of_a_kind = np.zeros(len(national), dtype=bool)
        for possible, pattern in self.kinds:
            asked = found & ~of_a_kind
            if possible:
                asked &= np.isin(lengths, list(possible))
            places = np.flatnonzero(asked)
            if len(places):
                of_a_kind[places] = _matches(national.take(places), pattern)
        return of_a_kind

    def size(self, national: pa.Array) -> npt.NDArray[np.int8]:
        return self.sizes[np.minimum(_lengths(national), len(self.sizes) - 1)]

    def strip(self, national: pa.Array) -> tuple[pa.Array, Mask]:
        """The numbers without national prefix, and where taking it off is beyond this module."""
        open_ = np.zeros(len(national), dtype=bool)
        if not self.prefix:
            return national, open_
        if not self.plain_prefix:
            return national, _starts(national, self.prefix)
        has = where(pc.starts_with(national, self.prefix))
        if not has.any():
            return national, open_
        before = national.filter(pa.array(has))
        after = pc.utf8_slice_codeunits(before, len(self.prefix))
        keep = _matches(before, self.general) & ~_matches(after, self.general)
        return pc.replace_with_mask(national, pa.array(has), pc.if_else(pa.array(keep), before, after)), open_


@lru_cache(maxsize=512)
def _region(name: str, country_code: int) -> _Region:
    """The compiled plan of a region ("001" with its calling code for numbers of no country)."""
    found = PhoneMetadata.metadata_for_region_or_calling_code(country_code, name)
    if found is None or found.general_desc is None:
        raise SyncjobError(f"The installed phonenumbers has no numbering plan for {name} (+{country_code}).")
    general = found.general_desc
    kinds: dict[frozenset[int], list[str]] = {}
    for kind in _KINDS:
        desc = getattr(found, kind)
        if desc is not None and desc.national_number_pattern:
            kinds.setdefault(frozenset(desc.possible_length), []).append(desc.national_number_pattern)
    prefix = found.national_prefix_for_parsing or None
    return _Region(
        country_code=country_code,
        general=general.national_number_pattern,
        kinds=tuple((lengths, "|".join(patterns)) for lengths, patterns in kinds.items()),
        leading=found.leading_digits,
        prefix=prefix,
        plain_prefix=bool(prefix and prefix.isdigit() and not found.national_prefix_transform_rule),
        abroad=found.international_prefix,
        sizes=np.array([_size(n, general) for n in range(MOST + 1)], dtype=np.int8),
    )


def _size(length: int, general: phonenumbers.PhoneNumberDesc) -> int:
    """How a national number of `length` digits stands to the possible lengths."""
    possible = general.possible_length
    if length in general.possible_length_local_only:
        return _LOCAL
    if length < possible[0]:
        return _SHORT
    if length > possible[-1]:
        return _LONG
    return _POSSIBLE if length in possible else _BETWEEN


def _main(country_code: int) -> _Region:
    return _region(phonenumbers.region_code_for_country_code(country_code), country_code)


def _valid(national: pa.Array, country_code: int) -> Mask:
    """Which national numbers are valid: the first region of the calling code that claims a number judges it."""
    names = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]
    if len(names) == 1:
        return _region(names[0], country_code).valid(national)
    verdict = np.zeros(len(national), dtype=bool)
    left = np.arange(len(national))
    for name in names:
        if not len(left):
            break
        region, numbers = _region(name, country_code), national.take(left)
        valid = region.valid(numbers)
        verdict[left] = valid
        left = left[~(_starts(numbers, region.leading) if region.leading else valid)]
    verdict[left] = False
    return verdict


def _settle(places: Places, national: pa.Array, country_code: int, region: _Region) -> Piece:
    """The last steps of `parse`, and `is_valid_number`, for numbers of one calling code; open ones are left out."""
    stripped, open_ = region.strip(national)
    fits = np.isin(region.size(stripped), (_POSSIBLE, _LONG))
    national = pc.if_else(pa.array(fits), stripped, national)
    lengths = _lengths(national)
    valid = _valid(national, country_code) & (lengths <= _LONGEST_NATIONAL)
    settled = ~open_ & (valid | (lengths > SHORT_CODE))
    reasons = pa.array([_REASON[code] for code in range(len(_REASON))]).take(_main(country_code).size(national))
    number = pc.binary_join_element_wise(f"+{country_code}", national, "")
    none = pa.scalar(None, pa.string())
    number, reasons = (pc.if_else(pa.array(valid), *pair) for pair in ((number, none), (none, reasons)))
    chosen = pa.array(settled)
    return places[settled], number.filter(chosen), reasons.filter(chosen)


def _abroad(places: Places, digits: pa.Array) -> Iterator[Piece]:
    """Numbers that state their calling code; unknown codes are left open."""
    heads = pc.utf8_slice_codeunits(digits, 0, 3).dictionary_encode()
    codes = [_country_code(head) for head in heads.dictionary.to_pylist()]
    code_of = np.array(codes, dtype=np.int64)[heads.indices.to_numpy()] if codes else np.array([], dtype=np.int64)
    for code in sorted({code for code in codes if code}):
        mine = np.flatnonzero(code_of == code)
        national = pc.utf8_slice_codeunits(digits.take(mine), len(str(code)))
        yield _settle(places[mine], national, code, _main(code))


def _country_code(head: str) -> int:
    """The calling code that `head` (three digits) begins with, or 0."""
    tries = (int(head[:size]) for size in (1, 2, 3) if not head.startswith("0"))
    return next((code for code in tries if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0)


def _at_home(places: Places, digits: pa.Array, home: _Region) -> Iterator[Piece]:
    """Numbers without calling code, or with the home region's calling code but no `+`."""
    code = str(home.country_code)
    coded = where(pc.starts_with(digits, code))
    with_code = np.flatnonzero(coded)
    whole = digits.take(with_code)
    rest, open_ = home.strip(pc.utf8_slice_codeunits(whole, len(code)))
    better = ~_matches(whole, home.general) & _matches(rest, home.general)
    better |= home.size(whole) == _LONG
    taken = np.flatnonzero(better & ~open_)
    yield _settle(places[with_code[taken]], rest.take(taken), home.country_code, _main(home.country_code))
    national = np.concatenate([np.flatnonzero(~coded), with_code[~better & ~open_]])
    yield _settle(places[national], digits.take(national), home.country_code, home)


def decide(places: Places, dialled: pa.Array, region: str) -> list[Piece]:
    """Judge the plain dial strings `dialled` (`+?[0-9]+`, no nulls) that stand at `places` of a column.

    Returns pieces that name each place at most once; a place that no piece names is open.
    """
    fits = (lengths := _lengths(dialled)) >= FEWEST
    fits &= lengths <= MOST
    places, dialled = places[fits], dialled.filter(pa.array(fits))
    home = _region(region, phonenumbers.country_code_for_region(region))
    plus = where(pc.starts_with(dialled, "+"))
    signed, unsigned = np.flatnonzero(plus), np.flatnonzero(~plus)
    pieces = list(_abroad(places[signed], pc.utf8_slice_codeunits(dialled.take(signed), 1)))
    places, digits = places[unsigned], dialled.take(unsigned)
    if home.abroad and home.abroad.isdigit():
        out = _starts(digits, f"{home.abroad}[1-9]")
        pieces += _abroad(places[out], pc.utf8_slice_codeunits(digits.filter(pa.array(out)), len(home.abroad)))
    else:
        out = _starts(digits, home.abroad) if home.abroad else np.zeros(len(digits), dtype=bool)
    pieces += _at_home(places[~out], digits.filter(pa.array(~out)), home)
    return pieces
