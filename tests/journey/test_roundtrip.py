"""Every text that a cell can carry survives sheet → remote → export → sheet, and comes back as no change (law 6)."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncjob.emulator import Emulator
from tests.builders_work import number
from tests.journey.builders import Desk, people, person, read_csv, read_sheet

pytestmark = pytest.mark.usefixtures("reads_here")

FIELDS = ("first_name", "last_name", "company_name", "email", "tag")
TRICKY = (
    "007",
    "+91 98000 00001",
    "=1+1",
    "'quoted",
    "-5",
    "@name",
    "NA",
    "null",
    "None",
    "TRUE",
    "1E5",
    "12.0",
    "2026-11-21",
    "a\nb",
    "a\tb",
    'say "hi", twice',
    "अनिता",
    "👩‍💻",
    "a;b|c",
    "_x0041_",
    "{}",
    "<b>&amp;",
    "\u200fab",
    "é",
)
cells = st.one_of(
    st.sampled_from(TRICKY),
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1, max_size=20
    ),
)
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, cells)), min_size=20, max_size=50)


def bare(text: str) -> str:
    """What cells are compared by: their text without what is trimmed at its ends; the clearing text is a command."""
    marks = "\u200b\u2060\ufeff"
    return "" if text.strip().upper() == "#CLEAR" else "".join(c for c in text if not c.isspace() and c not in marks)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_every_text_of_a_sheet_survives_the_round_trip(ending: str) -> None:
    fresh = itertools.count()
    with Emulator() as remote, tempfile.TemporaryDirectory() as folder:

        @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
        @given(rows)
        def check(lines: list[dict[str, str]]) -> None:
            remote.reset()
            desk = Desk(Path(folder), remote)
            desk.config(state={"dir": f"state-{next(fresh)}"})
            sheet = [{"number": number(n), **line} for n, line in enumerate(lines)]
            assert desk("run", desk.sheet(sheet, f"in.{ending}"), "--yes").code == 0
            sent = {contact["number"]: contact for contact in remote.store.export(plain=True)}
            out = desk.folder / f"out.{ending}"
            assert desk("export", "-o", out).code == 0
            back = read_csv(out) if ending == "csv" else read_sheet(out, "Contacts")
            assert len(back) == len(sheet)
            for line, given in zip(sheet, (sent[line["number"]] for line in sheet), strict=True):
                same = [bare(line[name]) == bare(str(given.get(name) or "")) for name in FIELDS]
                assert all(same) or ending == "csv"  # a CSV may hold an apostrophe that guards against formulas
            if ending == "xlsx":
                for line in back:
                    assert {name: line[name] for name in FIELDS} == {
                        n: sent[line["number"]].get(n) or "" for n in FIELDS
                    }
            writes = desk.writes
            told = desk("run", out, "--yes")
            assert (told.code, desk.writes) == (0, writes), told.out
            assert set(desk.outcomes()) == {"unchanged"}

        check()


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_text_that_tempts_a_spreadsheet_comes_back_as_it_was(desk: Desk, ending: str) -> None:
    lines = [person(n, first_name=text, tag=text) for n, text in enumerate(TRICKY)]
    assert desk("run", desk.sheet(lines, f"in.{ending}"), "--yes").code == 0
    assert [desk.held()[number(n)]["first_name"] for n in range(len(TRICKY))] == list(TRICKY)
    out = desk.folder / f"out.{ending}"
    assert desk("export", "-o", out).code == 0
    desk.remote.log.clear()
    assert desk("run", out, "--yes").code == 0
    assert (desk.writes, set(desk.outcomes())) == (0, {"unchanged"})


def test_custom_fields_survive_as_json_whatever_their_types(desk: Desk) -> None:
    desk.seed(
        {**person(1), "custom_field": {"a": 1, "b": [True, None, "x"], "c": {"d": "1"}}},
        {**person(2), "custom_field": None},
    )
    out = desk.folder / "out.csv"
    assert desk("export", "-o", out).code == 0
    assert desk("run", out, "--yes").code == 0
    assert (desk.writes, set(desk.outcomes())) == (0, {"unchanged"})


def test_an_export_rebuilds_an_empty_account(desk: Desk) -> None:
    desk.seed(*people(range(3), tag="=vip"))
    before = desk.held()
    out = desk.folder / "out.xlsx"
    assert "3 contacts written" in desk("export", "-o", out).out
    desk.remote.reset()
    assert desk("run", out, "--yes").code == 0
    assert desk.held() == before


def test_export_makes_spreadsheets_only_and_reads_nothing_for_others(desk: Desk) -> None:
    said = desk("export", "-o", desk.folder / "out.pdf")
    assert (said.code, len(desk.remote.log)) == (2, 0)
    assert ".xlsx" in said.err
