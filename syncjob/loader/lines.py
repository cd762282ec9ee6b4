"""The careful reader: records of a delimited file, one damaged line costing one row.

What enters: UTF-8 bytes, a position, the table's shape. What leaves: `Record`s in order, and the position behind the
last one. Promised (CONTRACT 4, the loader's part): a stray quote, delimiter, newline or NUL and a non-empty field too
many cost the row they are in, never its neighbours; a quoted field over several lines survives; a row's number is
what a spreadsheet program would show.

How a swallowed line is told from a field that really runs over several lines: inside the former stand lines that are
whole rows of the table by themselves.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from syncjob.loader.dialect import is_foreign, over_lines
from syncjob.loader.profile import is_data
from syncjob.loader.quotes import Split, resume, rough, split, unescape
from syncjob.loader.shape import Line, Record, Seen, Shape

_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_FAR = 400  # lines a quoted field may run over
_JOINED = 3  # lines that damage may spread over
_PIECES = 6  # that newlines may have cut one row into
_FAR_AHEAD = 20  # lines looked at for the rest of such a row
_FOOTER = re.compile(r'["\s]*(?:(?:grand|sub)?[ -]?total|sum|count|end of|page \d|\(?\d+ (?:rows?|records?))', re.I)


class Reader:
    """Reads records from `data`, from byte `at` on, the first one being row `row`."""

    def __init__(self, data: bytes, shape: Shape, seen: Seen, at: int, row: int) -> None:
        self.shape = shape
        self.seen = seen
        self.row = row  # the number of the next record
        self.at = at  # where it begins
        self._matches = _LINE.finditer(data, at)
        self._ahead: deque[Line] = deque()
        self._stands = lru_cache(maxsize=512)(self._stands_alone)
        self._size = len(data)
        self._after_blank = data[max(0, at - 3) : at].endswith((b"\n\n", b"\n\r\n", b"\r\r"))

    def _peek(self, distance: int) -> Line | None:
        """The line `distance` behind the next one."""
        while len(self._ahead) <= distance:
            match = next(self._matches, None)
            if match is None or match.start() >= self._size:
                return None
            self._ahead.append(Line(match[1].decode("utf-8", "replace"), match[2].decode(), match.end()))
        return self._ahead[distance]

    def _pop(self, count: int) -> str:
        """Consume lines; their text as found."""
        lines = [self._ahead.popleft() for _ in range(count)]
        self.at = lines[-1].end
        return "".join(line.text + line.newline for line in lines)

    def read(self, until: int) -> Iterator[Record]:
        """Records up to the first one that begins at or behind byte `until`; blank lines are counted, not returned."""
        while self.at < until and (line := self._peek(0)) is not None:
            if line.text:
                record = self._record(line)
                if record is not None:
                    yield record
            else:
                self._pop(1)
            self._after_blank = not line.text
            self.row += 1

    def _record(self, line: Line) -> Record | None:
        found = split(line.text, self.shape.delimiter)
        if "\x00" in line.text:
            return self._damaged(self._tail(1), "it holds a NUL character")
        if found.state == "open":
            return self._over_lines(line, found)
        if found.state == "torn":
            return self._damaged(self._tail(1), "a quotation mark stands where none can")
        if found.state == "literal":
            if self.shape.profile.contradicts(found.fields):
                return self._damaged(1, "a quotation mark stands where none can")
            self.seen.literal.append(self.row)
        return self._fit(found.fields, 1)

    def _over_lines(self, line: Line, found: Split) -> Record | None:
        """A quoted field that does not close on its line: read on, unless that would swallow whole rows."""
        fields, part, newline = found.fields[:-1], [found.fields[-1]], line.newline
        bearable = 0 if self.shape.profile.kinds else 2
        for distance in range(1, _FAR):
            ahead = self._peek(distance)
            if ahead is None:
                return self._unclosed(distance)
            bearable -= self._stands(ahead.text)
            more = resume(ahead.text, self.shape.delimiter)
            if bearable < 0 or more.state == "torn" or "\x00" in ahead.text:
                break
            part.append(newline + more.fields[0])
            newline = ahead.newline
            if more.state == "open" and len(more.fields) == 1:
                continue
            fields.append(unescape("".join(part)))
            if more.state == "open":
                fields += more.fields[1:-1]
                part = [more.fields[-1]]
                continue
            return self._fit([*fields, *more.fields[1:]], distance + 1)
        return self._damaged(self._tail(1), "a quotation mark is not closed")

    def _unclosed(self, distance: int) -> Record:
        """The quote is open to the end of the file: cut off there, when no whole rows follow."""
        last = self._ahead[distance - 1]
        if not last.newline and self.row > 1 and distance <= _JOINED:
            self.seen.cut_off = True
            return self._damaged(distance, "the file ends in the middle of it")
        return self._damaged(1, "a quotation mark is not closed")

    def _tail(self, lines: int) -> int:
        """How many lines a damaged record takes: what only closes a quoted field of it is no row of its own."""
        for distance in range(lines, lines + _JOINED):
            ahead = self._peek(distance)
            if ahead is None or not ahead.text or self._stands(ahead.text):
                return lines
            state = split(ahead.text, self.shape.delimiter).state
            if state != "fine":
                more = resume(ahead.text, self.shape.delimiter)
                closes = state == "literal" and more.state != "torn" and ahead.text.startswith(more.fields[0] + '"')
                return distance + 1 if closes else lines
        return lines

    def _stands_alone(self, text: str) -> bool:
        """Whether a line is a whole row by itself."""
        found = split(text, self.shape.delimiter)
        return found.state == "fine" and self._fits(found.fields)

    def _fits(self, fields: list[str]) -> bool:
        if len(fields) not in (self.shape.usual, self.shape.width):
            return False
        return self.shape.profile.supports(fields) if self.shape.profile.kinds else len(fields) > 1

    def _fit(self, fields: list[str], lines: int) -> Record | None:
        """A well-formed record brought to the table's width."""
        width, count = self.shape.width, len(fields)
        if count == width:
            if self._foreign(lines) and (pieces := self._pieces(fields, lines)):
                return self._damaged(pieces, "a newline cuts it in pieces")
            if self._end_below(fields, lines):
                return self._damaged(lines + 1, "a newline cuts it in pieces")
            return self._good(fields, lines)
        if count > width:
            if any(field.strip() for field in fields[width:]):
                return self._damaged(lines, f"it has {count} fields where the header has {width}", fields)
            if count != self.shape.usual and self._moved(fields):
                return self._damaged(lines, f"its {count} fields are shifted", fields)
            self.seen.long.append(self.row)
            return self._good(fields[:width], lines)
        return self._short(fields, lines)

    def _short(self, fields: list[str], lines: int) -> Record | None:
        """Fewer fields than the header: cut off, cut in pieces by a newline, shifted, or just ending early."""
        missing = [""] * (self.shape.width - len(fields))
        if not any(field.strip() for field in fields):
            return self._good(fields + missing, lines)
        if len(fields) < self.shape.usual:
            if self._ends_here(lines):
                self.seen.cut_off = True
                return self._damaged(lines, "the file ends in the middle of it", fields)
            if pieces := self._pieces(fields, lines):
                return self._damaged(pieces, "a newline cuts it in pieces")
            if len(fields) == 1 and is_foreign(fields[0], self.shape.delimiter, self.shape.usual):
                return self._damaged(lines, "it is divided by another delimiter")
            if self._orphan(fields, lines):
                if rest := self._begun_here(fields[0], lines):
                    return self._damaged(lines + rest, "a newline cuts it in pieces")
                why = f"{self._count(1)}; it may be a piece of the row above or below it"
                return self._damaged(lines, why, fields)
            if (self._moved(fields) or self._ends_early(fields)) and not _FOOTER.match(fields[0]):
                return self._damaged(lines, self._count(len(fields)), fields)
        self.seen.short.append(self.row)
        return self._good(fields + missing, lines)

    def _count(self, fields: int) -> str:
        return f"it has {fields} field{'' if fields == 1 else 's'} where the header has {self.shape.width}"

    def _moved(self, fields: list[str]) -> bool:
        """Whether cells stand in columns that are not theirs."""
        profile, width = self.shape.profile, max(self.shape.usual, self.shape.width)
        return profile.contradicts(fields) or profile.moved(fields, min(width, self.shape.width))

    def _ends_early(self, fields: list[str]) -> bool:
        """Whether a line lacks what no other line lacks."""
        return self.shape.strict or (not self.shape.ragged and self.shape.profile.lacks(fields))

    def _foreign(self, lines: int) -> bool:
        """Whether a record ends with a newline that the file's other lines don't end with."""
        newline = self._ahead[lines - 1].newline
        return bool(newline and self.shape.newline and newline != self.shape.newline)

    def _ends_here(self, lines: int) -> bool:
        last = self._ahead[lines - 1]
        footer = self._after_blank and len(self._ahead[0].text.split(self.shape.delimiter)) == 1
        return not last.newline and not self.shape.ragged and not footer and not _FOOTER.match(self._ahead[0].text)

    def _orphan(self, fields: list[str], lines: int) -> bool:
        """A lone field between whole rows: what a newline cut off. At the end of a file it is a footer."""
        if len(fields) > 1 or self.shape.usual < 3 or self.shape.ragged:
            return False
        following = (self._peek(lines + distance) for distance in range(_JOINED))
        if any(line is not None and self._stands(line.text) for line in following):
            return True
        found, _ = self._whole(lines)
        return found.state == "fine" and self._fits(found.fields)

    def _end_below(self, fields: list[str], lines: int) -> bool:
        """Whether the lone field on the next line is the end of this row: only with it the last cell is like others."""
        piece = self._peek(lines)
        if piece is None or not piece.text or self.shape.delimiter in piece.text or '"' in piece.text:
            return False
        mine = self.shape.profile.joins(fields[-1], piece.text, len(fields) - 1, "left")
        return mine and self._orphan([piece.text], lines + 1) and not self._begun_here(piece.text, lines + 1)

    def _begun_here(self, piece: str, lines: int) -> int:
        """How many lines the row behind a lone field takes, if the field is its begin; else 0."""
        found, taken = self._whole(lines)
        return taken if self.shape.profile.joins(piece, found.fields[0] if found.fields else "", 0, "right") else 0

    def _whole(self, at: int) -> tuple[Split, int]:
        """What begins on the line `at` behind this one, put together when a quoted field of it runs over several."""
        texts = [line.text for distance in range(_FAR_AHEAD) if (line := self._peek(at + distance)) is not None]
        found = split(texts[0], self.shape.delimiter) if texts else Split([], "torn")
        if found.state != "open":
            return found, 1
        whole, lines = over_lines(texts, 0, found, self.shape.delimiter)
        return whole or found, lines

    def _pieces(self, fields: list[str], lines: int) -> int:
        """How many lines make one row together with this one; 0 when they do not."""
        foreign = self._foreign(lines)
        count, joined = len(fields), list(fields)
        for _ in range(_PIECES - 1):
            more, taken = self._whole(lines)
            if (
                not any(more.fields)
                or more.state in ("open", "torn")
                or (len(more.fields) >= self.shape.usual and not foreign)
            ):
                return 0
            count += len(more.fields) - 1
            joined = [*joined[:-1], joined[-1] + more.fields[0], *more.fields[1:]]
            lines += taken
            if count >= self.shape.usual:
                whole = count in (self.shape.usual, self.shape.width)
                one = whole and (foreign or self._were_one(fields, more.fields, joined))
                return lines if one else 0
            foreign = foreign and self._foreign(lines)
        return 0

    def _were_one(self, first: list[str], second: list[str], joined: list[str]) -> bool:
        """Two short lines were one row, unless each is at home where it stands."""
        profile, keys = self.shape.profile, self.shape.keys
        if keys and all(
            key < min(len(first), len(second)) and is_data(first[key]) and is_data(second[key]) for key in keys
        ):
            return False
        if profile.contradicts(first) or profile.contradicts(second):
            return not profile.contradicts(joined)
        return not self.shape.ragged and not (profile.supports(first) and profile.supports(second))

    def _good(self, cells: list[str], lines: int) -> Record | None:
        self._pop(lines)
        return Record(self.row, cells) if any(cells) else None

    def _damaged(self, lines: int, why: str, fields: list[str] | None = None) -> Record:
        raw = self._pop(lines).rstrip("\r\n")
        cells = rough(raw, self.shape.delimiter) if fields is None else fields
        cells = [cell.replace("\x00", "") for cell in cells[: self.shape.width]]
        return Record(self.row, cells + [""] * (self.shape.width - len(cells)), why, raw)
