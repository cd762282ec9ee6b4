"""Messy strings → E.164, or the reason why not.

What enters: a column of raw numbers and the default region. What leaves: a frame of the same index with `number`
(E.164), `reason` (a code of `words.REASONS`) and `note`. Promised: number and validity equal what the library
`phonenumbers` says (`parse` with the region, `is_valid_number`, E.164 format) on every input, save for these rules:

- text of digits that ends in `.0` (a leading `+` or apostrophe allowed) loses exactly that, and `note` says so;
- scientific notation (`9.19E+11`, `9,19E+11`, `91e9`) is `number_damaged`: its last digits are lost;
- so is any other remainder of a decimal number: seven digits or more, one point, then one or two digits, or zeros
  only (`987654321.5`, `987654321.00`). The library would take the decimals for digits of the number;
- a number with an extension is `number_extension`; it is never sent without it.

Plain shapes are decided for the whole column at once (`numbering`); each other distinct string goes through the
library itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from syncjob import numbering
from syncjob.errors import ConfigError
from syncjob.numbering import Mask, Piece, Places, where
from syncjob.schema import TEXT

COLUMNS = ("number", "reason", "note")
TAKEN_OFF = "trailing .0 taken off"

_DIALLED = r"^\+?[0-9]+$"
_SPACED = r"^[ (]*\+?[ (]*[0-9][0-9 ().\x{00a0}-]*$"
_SPACES = r"[ ().\x{00a0}-]"
_EDGE = r"[\s'\x{2018}\x{2019}\x{00a0}\x{2000}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{feff}]*"
_EDGES = f"^{_EDGE}|{_EDGE}$"
_BLANK = f"^{_EDGE}$"
_POINT_ZERO = rf"^{_EDGE}\+?[0-9]+\.0{_EDGE}$"
_DECIMAL = rf"^{_EDGE}[+-]?[0-9]{{7,}}\.(?:[0-9]{{1,2}}|0+){_EDGE}$"
_SCIENTIFIC = rf"^{_EDGE}[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+{_EDGE}$"
_LONGEST_TEXT = 250  # characters that `phonenumbers.parse` looks at

_TOO_SHORT = {ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY}
_PARSE_REASONS = {
    NumberParseException.TOO_LONG: "number_too_long",
    NumberParseException.TOO_SHORT_NSN: "number_too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "number_too_short",
}


def normalise(series: pd.Series, region: str = "IN") -> pd.DataFrame:
    """The numbers of `series` as E.164, each judged as the library `phonenumbers` does for `region`.

    Returns a frame with the index of `series` and three text columns, NaN where they say nothing: `number`; `reason`,
    a code of `words.REASONS` where there is no number; `note`, what was done to the text. Raises `ConfigError` when
    `region` is no region code. Source of the rules: CONTRACT 4.
    """
    region = region.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigError(f"phone.default_region: {region} is not a region with phone numbers (two letters, like IN)")
    texts = _as_arrow(series)
    pieces, notes = _judge(texts, region)
    number, reason = _assemble(pieces, len(texts))
    made = {"number": number, "reason": reason, "note": notes}
    return pd.DataFrame({name: pd.Series(made[name], dtype=TEXT).array for name in COLUMNS}, index=series.index)


def _as_arrow(series: pd.Series) -> pa.Array:
    """The column as Arrow text, missing as null; values that are no text are written out (919.0 as 919)."""
    if not isinstance(series.dtype, pd.StringDtype):
        series = pd.Series([_written(value) for value in series], dtype=TEXT)
    found = pa.array(series, type=pa.string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _written(value: object) -> str | None:
    if isinstance(value, float):
        return None if np.isnan(value) else f"{value:.0f}" if value.is_integer() else str(value)
    return None if value is None or value is pd.NA or value is pd.NaT else str(value)


def _judge(texts: pa.Array, region: str) -> tuple[list[Piece], pa.Array]:
    """Verdicts on every text, in pieces that name each place once, and the notes."""
    texts = pc.fill_null(texts, "")
    dialled = where(pc.match_substring_regex(texts, _DIALLED))
    odd = np.flatnonzero(~dialled)
    zero, pieces, odd = _by_rule(texts, odd)
    cleared = pc.replace_substring_regex(pc.replace_substring_regex(texts.take(zero), _EDGES, ""), r"\.0$", "")
    spaced = odd[_is_spaced(texts.take(odd))]
    compact = pc.replace_substring_regex(texts.take(spaced), _SPACES, "")
    places = np.concatenate([np.flatnonzero(dialled), zero, spaced])
    pieces += numbering.decide(places, pa.concat_arrays([texts.filter(pa.array(dialled)), cleared, compact]), region)
    asked = np.ones(len(texts), dtype=bool)
    for decided, _, _ in pieces:
        asked[decided] = False
    mask = _mask(len(texts), zero)
    texts = pc.replace_with_mask(texts, pa.array(mask), cleared.take(np.argsort(zero)))
    pieces.append(_by_library(texts, np.flatnonzero(asked), region))
    return pieces, pc.if_else(pa.array(mask), TAKEN_OFF, pa.scalar(None, pa.string()))


def _mask(length: int, places: Places) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[places] = True
    return mask


def _by_rule(texts: pa.Array, odd: Places) -> tuple[Places, list[Piece], Places]:
    """Of the places `odd`: those whose text ends in `.0`, verdicts by our own rules, and what is left."""
    shown = texts.take(odd)
    blank = where(pc.match_substring_regex(shown, _BLANK))
    zero = where(pc.match_substring_regex(shown, _POINT_ZERO))
    damaged = where(pc.match_substring_regex(shown, f"{_SCIENTIFIC}|{_DECIMAL}")) & ~zero
    pieces = [_refused(odd[blank], "number_missing"), _refused(odd[damaged], "number_damaged")]
    return odd[zero], pieces, odd[~(blank | zero | damaged)]


def _refused(places: Places, reason: str) -> Piece:
    return places, pa.nulls(len(places), pa.string()), pa.array([reason]).take(np.zeros(len(places), dtype=np.int64))


def _is_spaced(texts: pa.Array) -> Mask:
    """Texts that are digits with the usual separators: what the library makes of them rests on the digits alone."""
    short = where(pc.less_equal(pc.utf8_length(texts), _LONGEST_TEXT))
    return short & where(pc.match_substring_regex(texts, _SPACED))


def _by_library(texts: pa.Array, places: Places, region: str) -> Piece:
    """The library's verdicts, each distinct text asked once."""
    coded = texts.take(places).dictionary_encode()
    verdicts = [_ask(text, region) for text in coded.dictionary.to_pylist()]
    numbers, reasons = (pa.array([verdict[side] for verdict in verdicts], type=pa.string()) for side in (0, 1))
    return places, numbers.take(coded.indices), reasons.take(coded.indices)


def _ask(text: str, region: str) -> tuple[str | None, str | None]:
    """E.164 or a reason, from `phonenumbers` itself."""
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException as error:
        digits = sum(character.isdecimal() for character in text)
        if digits == 0:
            return None, "number_no_digits"
        return None, "number_too_short" if digits < 4 else _PARSE_REASONS.get(error.error_type, "number_invalid")
    if not phonenumbers.is_valid_number(parsed):
        return None, _why(parsed, region)
    if parsed.extension:
        return None, "number_extension"
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), None


def _why(parsed: PhoneNumber, region: str) -> str:
    """Why a number that could be parsed is not valid."""
    if len(phonenumbers.national_significant_number(parsed)) <= numbering.SHORT_CODE:
        short = phonenumbers.is_valid_short_number_for_region(parsed, region)
        return "number_short_code" if short else "number_too_short"
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if length in _TOO_SHORT:
        return "number_too_short"
    return "number_too_long" if length == ValidationResult.TOO_LONG else "number_invalid"


def _assemble(pieces: list[Piece], length: int) -> tuple[pa.Array, pa.Array]:
    """The pieces in the column's order: numbers and reasons."""
    order = np.empty(length, dtype=np.int64)
    order[np.concatenate([places for places, _, _ in pieces])] = np.arange(length)
    numbers, reasons = (pa.concat_arrays([piece[side] for piece in pieces]).take(order) for side in (1, 2))
    return numbers, reasons
