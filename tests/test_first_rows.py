"""When the sources count as accepted while they are still being read: never too early, at most once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from syncjob.errors import SourceError
from syncjob.headers import Asker, Confirmed, Nobody, Sheet, fingerprint
from syncjob.job import firstrows
from syncjob.job.reading import Sources, load
from tests.builders_config import config
from tests.builders_headers import CROOKED, Person

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sheet has rows enough for something else to be done meanwhile."""
    monkeypatch.setattr(firstrows, "FEW", 0)


def put(path: Path, header: Sequence[str] = ("number", "first_name"), *numbers: str) -> Path:
    lines = [",".join(header), *(f"{each},Asha" for each in numbers or ("+919800000001",))]
    path.write_text("\n".join(lines) + "\n")
    return path


def accepted(*paths: Path, asker: Asker | None = None, confirmed: Confirmed | None = None) -> int:
    """How often these sources were accepted before they were loaded."""
    calls = list[int]()
    sources = Sources(paths, "", None)
    try:
        load(config(), sources, asker=asker, confirmed=confirmed, accepted=lambda: calls.append(1))
    except SourceError:
        calls.append(-100)
    return sum(calls)


def test_good_sources_are_accepted_once_however_many_they_are(tmp_path: Path) -> None:
    assert accepted(*(put(tmp_path / f"{n}.csv") for n in range(5))) == 1


@pytest.mark.parametrize("header", [("who", "first_name"), CROOKED[:2]])
def test_a_source_that_is_refused_by_its_header_is_never_accepted(tmp_path: Path, header: Sequence[str]) -> None:
    assert accepted(put(tmp_path / "a.csv"), put(tmp_path / "b.csv", header)) == -100


def test_every_source_must_begin_with_a_good_row(tmp_path: Path) -> None:
    good, bad = put(tmp_path / "a.csv"), put(tmp_path / "b.csv", ("number", "first_name"), "n/a")
    assert accepted(good, bad) == 0
    assert accepted(good, put(bad, ("number", "first_name"), "n/a", "+919800000002")) == 1


def test_an_empty_source_is_not_accepted_early(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("number,first_name\n")
    assert accepted(path) == 0


def test_a_result_that_is_fed_back_is_not_accepted_early(tmp_path: Path) -> None:
    assert accepted(put(tmp_path / "a.csv", ("number", "sync_outcome"))) == 0


def test_who_may_have_to_be_asked_is_asked_first(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", ("number", "Fisrt Name"))
    person = Person()
    assert (accepted(path, asker=person), len(person.asked)) == (0, 1)
    assert accepted(path, asker=Nobody()) == 1  # nobody is asked, so nothing is in doubt
    known = Confirmed((Sheet(fingerprint(["number", "Fisrt Name"]), {"Fisrt Name": "first_name"}),))
    assert accepted(path, asker=person, confirmed=known) == 1


def test_several_sheets_of_contacts_are_accepted_where_somebody_sees_which_one_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title in ("Leads", "Old"):
        for line in (["number"], ["9800000001"]):
            (book[title] if title in book else book.create_sheet(title)).append(line)
    del book["Sheet"]
    book.save(tmp_path / "a.xlsx")
    assert accepted(tmp_path / "a.xlsx", asker=Person()) == 1
    assert accepted(tmp_path / "a.xlsx") == -100


def test_few_rows_are_not_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firstrows, "FEW", 1)
    assert accepted(put(tmp_path / "a.csv")) == 0
    assert accepted(put(tmp_path / "a.csv", ("number", "first_name"), "+919800000001", "+919800000002")) == 1
