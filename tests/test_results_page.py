"""The report page: everything on it is escaped, it asks nothing of anybody, and it says what the workbook says."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from syncjob.results.digest import digest
from syncjob.results.figures import figures
from syncjob.results.files import write_run
from syncjob.results.markup import VOID, Html, element, safe, style
from syncjob.results.mask import share_safe
from syncjob.results.page import MOST_ROWS, MOST_TEXT, POLICY, report
from syncjob.results.pagestyle import BARS_DARK, BARS_LIGHT, CSS, DARK, LIGHT
from tests.builders_results import make_changes, make_remote_only, make_results, make_sample

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></bdi></td></table><h1>",
    "<!--",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "]]>\x00\x0b\x1b[31m",
    "\x9b31m\ufffe",
    "\u202egnp.exe",
    "{{7*7}} ${7*7} {% x %}",
)


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed, in order. Keeps elements, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def hostile(text: str) -> Reader:
    """A page with `text` wherever somebody else has a say."""
    results = make_results(
        [[text, text, text], ["+919876500002", "Ravi", "Pune"]],
        [{"outcome": "invalid", "reason": "number_invalid", "detail": text}, "updated"],
        (text, "Name", "City"),
        {0: {"outcome": "invalid", "reason": "number_invalid", "column": "A", "header": text, "value": text}},
        make_remote_only({"number": text, "first_name": text, "tag": text, "sid": text, "outcome": "deleted"}),
        make_changes({"row_id": 1, "number": text, "field": text, "old": text, "new": text, "outcome": "updated"}),
        sources=(text,),
        listing=text,
        notes=(text,),
        refusals=(text,),
        next_command=text,
        stopped=text,
        partial=text,
        job=text,
        account=text,
        region=text,
        run_id=text,
    )
    return Reader(report(results, text, (text,)))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_of_anybody_becomes_part_of_the_page(text: str):
    read, plain = hostile(text), hostile("plain")
    assert [tag for tag, _ in read.found] == [tag for tag, _ in plain.found]
    assert [set(attributes) for _, attributes in read.found] == [set(attributes) for _, attributes in plain.found]
    allowed = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "colspan", "role", "id", "open"}
    names = {name for _, attributes in read.found for name in attributes}
    assert names <= allowed | {"href", "aria-labelledby", "viewbox", "preserveaspectratio", "x", "y", "width", "height"}
    assert re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe]", "\ufffd", text) in read.text


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("refusals", [(), ("too_many_deletes: 40 of 100.",)])
def test_the_page_is_whole_and_asks_nothing_of_anybody(dry_run: bool, refusals: tuple[str, ...]):
    html = report(make_sample(dry_run, refusals=refusals), "result.xlsx", ("result.xlsx", "needs fixing.xlsx"))
    read = Reader(html)
    assert not read.all("script", "img", "link", "iframe", "object", "embed", "form", "base", "audio", "video")
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in read.all("meta")
    assert [link["href"] for link in read.all("a")] == ["./result.xlsx", "./needs%20fixing.xlsx"]
    assert not re.search(r"https?:|//|url\(|@import|src=", html.replace("http-equiv", ""))
    assert not [name for _, attributes in read.found for name in attributes if name.startswith("on")]


def test_it_can_be_read_without_seeing_it():
    read = Reader(report(make_sample(), "result.xlsx"))
    assert [attributes["lang"] for attributes in read.all("html")] == ["en"]
    chart = read.all("svg")[0]
    assert (chart["role"], chart["aria-labelledby"]) == ("img", "chart")
    assert "Rows by what happened: Added 9, Changed 7, No change 8" in read.text
    assert len(read.all("caption")) == len(read.all("table")) > 3
    assert {cell.get("scope") for cell in read.all("th")} == {"col", "row", "rowgroup"}
    assert len(read.all("h1")) == len(read.all("main")) == len(read.all("title")) - len(read.all("rect")) - 1 == 1
    ids = [attributes["id"] for _, attributes in read.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_old_and_new_are_told_apart_by_words_too():
    html = report(make_sample(), "result.xlsx")
    assert (
        html.count('<span class="hidden">was </span><del>') == html.count('<span class="hidden">now </span><ins>') == 6
    )
    cleared = make_changes({"row_id": 0, "number": "+919876500001", "field": "tag", "old": "vip", "new": ""})
    page = Reader(report(make_results([["+919876500001", "A", "B"]], ["updated"], changes=cleared), "result.xlsx"))
    assert "was vip → now empty" in " ".join(page.text.split())


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_figures_that_are_seen_first_add_up(dry_run: bool):
    results = make_sample(dry_run)
    read, *parts = figures(digest(results))
    assert (read.count, read.word) == (len(results.outcomes), "Rows read")
    assert sum(part.count for part in parts) == read.count
    assert [part.tone for part in parts] == ["sent", "quiet", "fix", "ours"][: 3 if dry_run else 4]
    text = " ".join(Reader(report(results, "result.xlsx")).text.split())
    assert all(f"{figure.count} {figure.word}" in text for figure in (read, *parts))


def test_a_value_stands_in_a_line_once():
    html = report(
        make_results([["98765 4", "A", "B"]], [{"outcome": "invalid", "reason": "number_too_short"}]), "r.xlsx"
    )
    assert html.count("98765 4<") == 1


def test_it_says_what_the_summary_sheet_says_and_what_a_person_must_do():
    text = Reader(report(make_sample(), "result.xlsx")).text
    for said in (
        "27 of 40 rows are as they should be. 9 rows need you. 4 rows are left for us to finish.",
        "40 rows read, 40 accounted for",
        "Please fix: 2",
        "has too few digits for a phone number. Add the missing digits.",
        "A18 (Mobile)",
        "syncjob resume 20261121-0200-k3f9",
        "In the address book, but not in your file",
        "48 requests, 1 of them sent again, in 2 min 11 s",
    ):
        assert said in text
    assert (
        text.index("What you need to fix") < text.index("What we will finish") < text.index("Changes, field by field")
    )


def test_at_most_a_thousand_rows_are_shown_and_a_line_names_the_workbook():
    number = "+919876500001"
    changes = make_changes(
        *({"row_id": 0, "number": number, "field": "tag", "old": str(at), "new": "x"} for at in range(MOST_ROWS + 500))
    )
    lines = [["", f"P{at}", "Pune"] for at in range(60)]
    fates = [{"outcome": "invalid", "reason": "number_missing"}] * 60
    read = Reader(report(make_results(lines, fates, changes=changes), "result.xlsx"))
    heads = len(read.all("thead")) + sum("colspan" in cell for cell in read.all("th")) + 1  # and the count of outcomes
    assert len(read.all("tr")) - heads == MOST_ROWS
    assert "(the first 10 are shown)" in read.text
    assert "1,500 fields , the first 990 are shown".replace(" ,", ",") in read.text
    assert re.search(r"shows the first 1,000 lines; 560 more stand in +result\.xlsx", read.text)


def test_a_value_longer_than_anybody_reads_is_cut():
    results = make_results([["9" * 5000, "A", "B"]], [{"outcome": "invalid", "reason": "number_too_long"}])
    html = report(results, "result.xlsx")
    assert "9" * MOST_TEXT + "…" in html
    assert "9" * (MOST_TEXT + 1) not in html


def test_the_masked_page_names_nobody_and_links_nothing():
    results = make_sample(
        refusals=("First: +919876500003.",),
        stopped="it met asha3@example.com",
        partial="9876500003 was fed back",
        next_command="syncjob apply '/home/asha rao/results/run-1/plan.json' --allow too_many_deletes@0123 "
        "--config /home/asha/c.yaml",
    )
    html = report(share_safe(results), "result-masked.xlsx")
    assert not re.search(r"987650|example\.com|Surat|call after|Kumar|asha|/data|/home", html)
    assert "syncjob apply …/run-1/plan.json --allow too_many_deletes@0123" in html
    assert "<a " not in html
    assert "+91•••••••009" in html


def test_a_page_lies_beside_the_other_files_whatever_became_of_the_run(tmp_path: Path):
    plain = write_run(make_sample(run_id="a"), tmp_path, mask=True)
    refused = write_run(make_sample(True, run_id="b", refusals=("source_empty.",)), tmp_path)
    ended = write_run(make_results([], [], run_id="c", stopped="Exotel can't be reached", exit_code=6), tmp_path)
    assert {page.name for page in (plain.report, refused.report, ended.report)} == {"report.html"}
    assert "REFUSED: nothing was sent" in refused.report.read_text(encoding="utf-8")
    assert "Exotel can&#x27;t be reached" in ended.report.read_text(encoding="utf-8")
    assert 'href="./result.xlsx"' in plain.report.read_text(encoding="utf-8")
    write_run(make_sample(run_id="a"), tmp_path, mask=False)
    assert not (plain.folder / "report-masked.html").exists()


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("looks", [LIGHT, DARK])
def test_every_text_stands_out_from_its_ground(looks: dict[str, str]):
    texts = [(looks[name], looks["ground"]) for name in ("ink", "muted", "title", "old", "new")]
    texts += [(looks["on_live"], looks["live"]), (looks["on_dry"], looks["dry"]), (looks["ink"], looks["paper"])]
    assert min(_contrast(one, other) for one, other in texts) >= 4.5
    assert set(LIGHT) == set(DARK)


def test_the_parts_of_the_bar_have_a_colour_in_light_and_dark():
    codes = {code for code, _ in re.findall(r"\.bar-([\w-]+)\{(fill)", CSS)}
    assert codes == set(BARS_LIGHT) == set(BARS_DARK)
    assert "prefers-color-scheme:dark" in CSS
    assert all(_contrast(colour, DARK["ground"]) >= 3 for colour in BARS_DARK.values())


def test_text_is_escaped_in_elements_and_attributes_and_only_finished_html_is_not():
    made = element("p", "<b>", Html("<i></i>"), class_='"x"', hidden=True, open=False, aria_label="a&b")
    assert made.text == '<p class="&quot;x&quot;" hidden aria-label="a&amp;b">&lt;b&gt;<i></i></p>'
    assert safe("a\udfff") == "a\ufffd"  # a file's name may hold one
    assert safe("a\x00\ud800b") == "a\ufffd\ufffdb"
    with pytest.raises(ValueError, match="holds no <"):
        style("</style><script>")


def _sources() -> Iterator[tuple[str, str]]:
    root = Path(__file__).parents[1] / "syncjob"
    for path in root.rglob("*.py"):
        yield path.name, path.read_text(encoding="utf-8")


def test_nobody_but_the_markup_makes_html_of_a_text():
    for name, text in _sources():
        made = set(re.findall(r"\bHtml\(([^)]*)\)", text))
        assert name == "markup.py" or made <= {'""', ""}, name


def test_the_parts_of_the_bar_stand_side_by_side_and_the_smallest_can_be_seen():
    lines = [[f"+9198765{at:05}", "A", "B"] for at in range(2000)]
    fates = ["unchanged"] * 1998 + ["created", "updated"]
    bars = Reader(report(make_results(lines, fates), "result.xlsx")).all("rect")
    edges = [(float(bar["x"] or ""), float(bar["width"] or "")) for bar in bars]
    assert all(x + width < after for (x, width), (after, _) in pairwise(edges))
    assert edges[-1][0] + edges[-1][1] <= 1000
    assert min(width for _, width in edges) > 4
