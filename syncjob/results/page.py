"""`report.html`: one run on one page, for the browser, for paper and for a mail. Pure: `Results` in, a text out.

The page needs nothing but itself: no script, no font, no picture, and a policy in its head that forbids the browser
to fetch any. Every value is escaped (`markup`) and kept from turning its neighbours round (`bdi`). All words come from
the digest; at most `MOST_ROWS` rows are shown, those that need a person first, and a line says where the rest stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from syncjob.results.digest import TITLES, Digest, Line, digest, many
from syncjob.results.figures import figures
from syncjob.results.markup import Child, Html, document, element, joined, style
from syncjob.results.pagestyle import CSS
from syncjob.results.sheets import label
from syncjob.results.table import Results
from syncjob.texts import arrow
from syncjob.words import OUTCOMES, PLANNED

MOST_ROWS = 1_000
PER_GROUP = 10
"""First rows of each group of rows that share a reason."""

MOST_TEXT = 400
"""Characters of one value."""

SHORT = 24
"""A value up to this long, such as a number, is never broken over two lines."""

FOLDED_FROM = 25
"""Lines from which on a table that needs nobody is folded; paper shows it unfolded."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass
class _Room:
    """How many rows may still be shown, and how many were left out."""

    left: int = MOST_ROWS
    missing: int = 0

    def take(self, wanted: int, of: int) -> int:
        """How many of `wanted` rows may be shown, where there are `of`."""
        shown = min(wanted, self.left)
        self.left -= shown
        self.missing += of - shown
        return shown


def report(results: Results, workbook: str, neighbours: Sequence[str] = (), told: Digest | None = None) -> str:
    """The page of a run. `workbook` names the file that holds every row; `neighbours` are files beside it, linked.

    `told`: its words, where they are known already.
    """
    told, room = told or words(results), _Room()
    rows, contacts = _row_look(results), _contact_look(results)
    parts = [
        _head(told),
        _figures(told),
        _refusals(told),
        _counts(told),
        _groups(TITLES["fix"], told.fix, rows, room, _steps(told)),
        _groups(TITLES["ours"], told.ours, rows, room),
        _next(told),
        _changes(results, room),
        _groups(told.remote_title, told.remote, contacts, room),
        _groups(TITLES["aside"], told.aside, rows, room),
        _rest(room, workbook),
        _about(told, neighbours),
    ]
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", told.title),
        style(CSS),
    )
    return document("en", head, element("body", element("main", *parts)))


def words(results: Results) -> Digest:
    """What the page tells, and the Summary sheet of the same run."""
    return digest(results, PER_GROUP)


def _head(told: Digest) -> Html:
    return joined(
        element("h1", told.title),
        element("p", told.banner, class_="banner" if told.live else "banner dry"),
        element("p", told.headline, class_="headline"),
    )


def _figures(told: Digest) -> Html:
    """What is seen first: a few numbers that add up."""
    shown = (
        element("li", element("strong", f"{figure.count:,}"), " ", figure.word, class_=f"figure {figure.tone}")
        for figure in figures(told)
    )
    return element("ul", *shown, class_="figures")


def _refusals(told: Digest) -> Html:
    if not told.refusals:
        return Html("")
    said = (element("li", refusal) for refusal in told.refusals)
    return _section(TITLES["refusals"], element("ul", *said), _command(TITLES["allow"], told.command))


def _counts(told: Digest) -> Html:
    """What happened: a bar, and the same as a table."""
    lines = [
        element(
            "tr",
            element("th", _chip(line), line.word, scope="row", class_="narrow"),
            element("td", f"{line.count:,}", class_="count"),
            element("td", line.text),
        )
        for line in told.counts
    ]
    title = TITLES["live" if told.live else "not_live"]
    return _section(
        title,
        _chart(told.counts),
        _table("Rows of your file", ("Outcome", "Rows", "Meaning"), [element("tbody", *lines)]),
        element("p", told.balance, class_="muted"),
    )


def _chart(lines: Sequence[Line]) -> Html:
    """One bar, split by outcome; the title spells the numbers out. None has to be guessed: the table has them all."""
    total = sum(line.count for line in lines)
    if not total:
        return Html("")
    shares = [max(line.count / total, 0.008) for line in lines]
    pieces, x, scale = [], 0.0, 1000 / sum(shares)
    for line, share in zip(lines, shares, strict=True):
        width = share * scale
        where = {"x": f"{x:.1f}", "y": "0", "width": f"{max(width - 3, 1):.1f}", "height": "36"}
        hint = element("title", f"{line.word} {line.count:,}")
        pieces.append(element("rect", hint, class_=f"bar-{_shade(line)}", **where))
        x += width
    spoken = "Rows by what happened: " + ", ".join(f"{line.word} {line.count:,}" for line in lines)
    named = {"role": "img", "aria_labelledby": "chart", "viewBox": "0 0 1000 36", "preserveAspectRatio": "none"}
    return element("svg", element("title", spoken, id="chart"), *pieces, class_="chart", **named)


@dataclass(frozen=True)
class _Look:
    """How lines of a frame are shown: the headers, and the cells of some lines."""

    headers: tuple[str, ...]
    cells: Callable[[Sequence[int]], Iterable[Sequence[str]]]


def _groups(title: str, lines: Sequence[Line], look: _Look, room: _Room, *more: Html) -> Html:
    """Rows that share a fate, with the first of them; nothing at all where there are none."""
    if not lines:
        return Html("")
    bodies = []
    for line in lines:
        shown = line.first[: room.take(len(line.first), line.count)]
        part = f" (the first {len(shown):,} are shown)" if 0 < len(shown) < line.count else ""
        said = (element("strong", f"{line.word}: {line.count:,}"), f"{part} {line.text}")
        head = element("th", _chip(line), *said, scope="rowgroup", colspan=len(look.headers), class_="group")
        rows = [_tr(*cells) for cells in look.cells(shown)] if shown else []
        bodies.append(element("tbody", element("tr", head), *rows))
    return _section(title, _table(title, look.headers, bodies), *more)


def _row_look(results: Results) -> _Look:
    sync, told, rows = results.sync, results.outcomes, results.loaded.rows
    several = len(results.loaded.tables) > 1

    def cells(lines: Sequence[int]) -> Iterable[Sequence[str]]:
        at = list(lines)
        place = sync.loc[at, "sync_row"]
        if several:
            file = sync.loc[at, "sync_source"].str.replace(r".*[/\\\\]", "", regex=True)
            place = (file + " " + sync.loc[at, "sync_sheet"]).str.strip() + ", row " + place
        found = rows.loc[at].fillna("")
        known = found["column"].ne("")
        header = (" (" + found["header"] + ")").where(found["header"].ne(""), "")
        cell = (found["column"] + found["row"].astype("str") + header).where(known, "")
        detail = told.loc[at, "detail"].fillna(found["value"].where(found["outcome"].eq("invalid")))
        number = sync.loc[at, "sync_number"].mask(lambda text: text.eq(""), found["raw"])
        detail = detail.fillna("")
        return zip(place, number, cell, detail.mask(detail.eq(number), ""), strict=True)  # what is shown once will do

    return _Look(("Row", "Number", "Cell", "Detail"), cells)


def _contact_look(results: Results) -> _Look:
    def cells(lines: Sequence[int]) -> Iterable[Sequence[str]]:
        found = results.remote_only.loc[list(lines)].fillna("")
        number = found["number"].where(found["number"].ne(""), found["raw"])
        name = (found["first_name"] + " " + found["last_name"]).str.strip()
        return zip(number, name, found["tag"], found["sid"], strict=True)

    return _Look(("Number", "Name", "Tag", "Contact id"), cells)


def _changes(results: Results, room: _Room) -> Html:
    """Field by field, old → new."""
    total = len(results.changes)
    shown = room.take(total, total)
    if not shown:
        return Html("")
    words = {code: known.word for code, known in OUTCOMES.items()} | {"planned": PLANNED["update"]}
    frame = results.changes.head(shown)
    origin = pa.array(results.loaded.rows["row"].to_numpy()).take(results.lines_of(frame["row_id"])).to_pylist()
    told = (pc.fill_null(arrow(frame[name]), "").to_pylist() for name in ("number", "field", "old", "new", "outcome"))
    rows = []
    for at, number, field, old, new, outcome in zip(origin, *told, strict=True):
        row = "–" if at is None else str(at)
        rows.append(
            element(
                "tr",
                element("th", _value(number), scope="row", class_=_width(number)),
                element("td", row, class_="narrow"),
                element("td", _value(label(field))),
                element("td", _was(old), " ", _now(new)),
                element("td", words.get(outcome, outcome), class_="narrow"),
            )
        )
    part = f", the first {shown:,} are shown" if shown < total else ""
    says = many(total, "field changes", "fields change") if results.facts.dry_run else many(total, "field", "fields")
    headers = ("Number", "Row", "Field", "Before and after", "Outcome")
    table = _table(TITLES["changes"], headers, [element("tbody", *rows)])
    folded = element("details", element("summary", says + part), table, open=total < FOLDED_FROM)
    return _section(TITLES["changes"], folded)


def _was(text: str) -> Html:
    empty = element("span", "empty", class_="muted")
    return joined(element("span", "was ", class_="hidden"), element("del", _value(text)) if text else empty, " →")


def _now(text: str) -> Html:
    empty = element("span", "empty", class_="muted")
    return joined(element("span", "now ", class_="hidden"), element("ins", _value(text)) if text else empty)


def _steps(told: Digest) -> Html:
    return element("ol", *(element("li", step) for step in told.steps)) if told.steps else Html("")


def _next(told: Digest) -> Html:
    if told.refusals or not told.command:
        return Html("")
    return _section(TITLES["next"], _command(TITLES["command"], told.command))


def _command(what: str, command: str | None) -> Html:
    return joined(element("p", what), element("code", command)) if command else Html("")


def _rest(room: _Room, workbook: str) -> Html:
    if not room.missing:
        return Html("")
    said = f"This page shows the first {many(MOST_ROWS - room.left, 'line', 'lines')}; {room.missing:,} more stand in "
    return element("p", said, element("strong", element("bdi", workbook)), ".", class_="rest")


def _about(told: Digest, neighbours: Sequence[str]) -> Html:
    pairs = [joined(element("dt", name), element("dd", text)) for name, text in told.about]
    if neighbours:
        links = [element("a", name, href=f"./{quote(name)}") for name in neighbours]
        pairs.append(joined(element("dt", "Files beside this page"), element("dd", *_parted(links, ", "))))
    return _section(TITLES["about"], element("dl", *pairs))


def _parted(pieces: Iterable[Html], between: str) -> list[Child]:
    return [part for piece in pieces for part in (between, piece)][1:]


def _section(title: str, *content: Child) -> Html:
    return element("section", element("h2", title), *content)


def _table(caption: str, headers: Sequence[str], bodies: Sequence[Html]) -> Html:
    """A table with headers, and a caption for those who don't see the title above it."""
    heads = (element("th", header, scope="col", class_=header == "Rows" and "count") for header in headers)
    return element(
        "table", element("caption", caption, class_="hidden"), element("thead", element("tr", *heads)), *bodies
    )


def _tr(first: str, *others: str) -> Html:
    cells = (element("td", _value(other)) for other in others)
    return element("tr", element("th", _value(first), scope="row", class_=_width(first)), *cells)


def _value(text: str) -> Html:
    """A value of somebody: kept to itself, and of a length that can be read."""
    shown = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
    return element("bdi", shown, class_="value short" if len(text) <= SHORT else "value")


def _width(text: str) -> str:
    return "narrow" if len(text) <= SHORT else "wide"


def _chip(line: Line) -> Html:
    return element("span", class_=f"chip bar-{_shade(line)}")


def _shade(line: Line) -> str:
    return f"p-{line.action}" if line.action else line.outcome
