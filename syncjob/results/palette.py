"""The looks of a workbook: styles by name, and a fill for each outcome.

Never colour alone: outcomes show their word, and bad ones are bold as well. Tints stay apart for colour-blind eyes
(blue, orange, yellow; never red against green) and print as different greys.
"""

from __future__ import annotations

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from syncjob.results import cellxml

INK, MUTED, LINE, PAPER = "#1B2A3A", "#5B6773", "#D5DBE1", "#F5F7F9"
NAVY, SLATE = "#1F3A5F", "#5B6773"

DONE, QUIET, WAITING, FIX, OURS = "#D6E8F7", "#EFF1F3", "#DCEBD9", "#FBD9BF", "#FFF0C2"

FILLS: dict[str, tuple[str, str, bool]] = {
    # outcome: tint of its cells, full colour of its bar, bold
    "created": (DONE, "#0B6FB8", False),
    "updated": (DONE, "#4FA3DC", False),
    "deleted": (DONE, "#12436D", False),
    "added": (DONE, "#0B6FB8", False),
    "removed": (DONE, "#12436D", False),
    "unchanged": (QUIET, "#9AA5B1", False),
    "skipped": (QUIET, "#B9C2CB", False),
    "duplicate": (QUIET, "#CDD4DB", False),
    "planned": (DONE, "#4FA3DC", False),
    "invalid": (FIX, "#D2560E", True),
    "held": (FIX, "#E58A3C", True),
    "rejected": (FIX, "#A63A00", True),
    "failed": (OURS, "#C99700", True),
    "unknown": (OURS, "#DDB322", True),
    "not_sent": (OURS, "#E9CC63", True),
}

PLANNED_BARS = {
    "create": "#0B6FB8",
    "update": "#4FA3DC",
    "delete": "#12436D",
    "add": "#0B6FB8",
    "remove": "#12436D",
}

Properties = dict[str, str | int | float | bool]
"""What XlsxWriter makes a format of."""

_TEXT: Properties = {"num_format": "@", "valign": "top", "font_color": INK}
_STYLES: dict[str, Properties] = {
    "text": _TEXT,
    "wrap": {**_TEXT, "text_wrap": True},
    "old": {**_TEXT, "font_color": "#8A3B12", "font_strikeout": True},
    "new": {**_TEXT, "font_color": "#0B5394", "bold": True},
    "muted": {**_TEXT, "font_color": MUTED},
    "marked": {**_TEXT, "bg_color": "#FFE699", "border": 1, "border_color": "#B8860B", "bold": True},
    "header": {"bold": True, "font_color": "#FFFFFF", "bg_color": NAVY, "valign": "vcenter", "num_format": "@"},
    "our_header": {"bold": True, "font_color": "#FFFFFF", "bg_color": SLATE, "valign": "vcenter", "num_format": "@"},
}


class Palette:
    """The formats of one workbook, each made once."""

    codes = frozenset(FILLS)

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def style(self, name: str) -> Format:
        """A style of the sheets of text."""
        return self.made(name, _STYLES[name])

    def outcome(self, code: str, bold: bool) -> Format:
        """The conditional format of an outcome; `bold` makes bad ones stand out."""
        tint, _, strong = FILLS[code]
        look: Properties = {"bg_color": tint, "font_color": INK, "bold": strong and bold}
        return self.made(f"outcome {code} {bold}", {**look, "bottom": 1, "bottom_color": LINE})

    def made(self, name: str, properties: Properties) -> Format:
        """The format called `name`, made of `properties` the first time."""
        if name not in self._made:
            self._made[name] = self._book.add_format(properties)
        return self._made[name]

    @staticmethod
    def safe(text: str) -> str:
        """Text for XlsxWriter's own `write_string`, which takes `<r>…</r>` for ready-made XML and writes it raw."""
        text = cellxml.cut(text)
        return text + "\u200b" if text.startswith("<r>") and text.endswith("</r>") else text
