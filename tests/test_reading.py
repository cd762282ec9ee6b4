"""Which files are read and when, which sheet, and what is said of them; time passes only when told."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from syncjob.config import Config
from syncjob.errors import Interrupted, SourceError
from syncjob.job.reading import load, spans, understood
from syncjob.job.sources import RESTLESS, Patience, Sources, find_sources
from tests.builders_config import config
from tests.builders_headers import Person, at_terminal, desk_of, run_with
from tests.journey.builders import people

NOW = 1_790_000_000.0


@dataclass
class Time:
    """A clock that sleeping moves; `events` happen when their second has come."""

    at: float = 0.0
    events: dict[float, Callable[[], object]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    stop_at: float = 1e9

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.at += seconds
        for due in sorted(moment for moment in self.events if moment <= self.at):
            self.events.pop(due)()

    def check(self) -> None:
        if self.at >= self.stop_at:
            raise Interrupted

    @property
    def patience(self) -> Patience:
        return Patience(self.sleep, lambda: self.at, lambda: NOW + self.at, self.check, self.told.append)


def put(path: Path, text: str = "Mobile\n9800000001\n", age: float = 3600.0) -> Path:
    """A file that was changed `age` seconds before the clock began."""
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))
    return path


def settings(folder: Path, *files: str, **source: object) -> Config:
    return config(source={"files": [str(folder / name) for name in files], **source})


def found(made: Config, time: Time | None = None, *named: str, **how: bool) -> list[str]:
    """The names of the files that a run would read."""
    sources = find_sources(made, named, whole=how.pop("whole", False), patience=(time or Time()).patience, **how)
    return [path.name for path in sources.files]


def test_globs_take_files_in_natural_order_each_once_and_no_folders(tmp_path):
    for name in ("leads 10.csv", "leads 9.csv", "~$leads 1.csv", "leads 2.csv.part"):
        put(tmp_path / name)
    (tmp_path / "leads 3.csv").mkdir()
    (tmp_path / "leads 11.csv").symlink_to(tmp_path / "leads 9.csv")
    made = settings(tmp_path, "leads *.csv", "*.csv", "leads 9.csv")
    assert found(made) == ["leads 9.csv", "leads 10.csv"]


def test_newest_takes_the_file_changed_last_over_all_patterns(tmp_path):
    for name, age in (("a 1.csv", 50), ("a 2.csv", 500), ("b.csv", 40), ("b 2.csv", 40)):
        put(tmp_path / name, age=age)
    assert found(settings(tmp_path, "b*.csv", "a*.csv", pick="newest")) == ["b.csv"]


def test_a_missing_file_is_awaited_said_once_and_then_an_error(tmp_path):
    made = settings(tmp_path, "late.csv", wait=1)
    time = Time(events={30.0: lambda: put(tmp_path / "late.csv")})
    assert found(made, time) == ["late.csv"]
    assert 30 <= time.at < 34
    assert [line for line in time.told if "Waiting up to 1 minute" in line] == time.told
    (tmp_path / "late.csv").unlink()
    time = Time()
    with pytest.raises(SourceError) as caught:
        found(made, time)
    assert (caught.value.code, time.at) == ("source_missing", 60)
    with pytest.raises(SourceError):
        found(made, Time(at=5), wait=False)


def test_waiting_ends_when_the_run_is_asked_to_end(tmp_path):
    time = Time(stop_at=10)
    with pytest.raises(Interrupted):
        found(settings(tmp_path, "late.csv", wait=60), time)
    assert time.at == 10


def test_a_file_just_changed_is_read_when_it_has_lain_still(tmp_path):
    put(tmp_path / "a.csv", age=3)
    time = Time()
    assert found(settings(tmp_path, "a.csv", settle=10), time) == ["a.csv"]
    assert time.at == 7
    assert "a.csv has just been changed" in time.told[0]


def test_a_file_that_still_grows_is_awaited_from_its_last_change(tmp_path):
    path = put(tmp_path / "a.csv", age=1)
    time = Time(events={4.0: lambda: put(path, "Mobile\n9800000001\n98", age=-4.0)})
    assert found(settings(tmp_path, "a.csv", settle=10), time) == ["a.csv"]
    assert time.at == 14


def test_a_file_dated_in_the_future_is_watched_and_read(tmp_path):
    put(tmp_path / "a.csv", age=-86_400)
    time = Time()
    sources = find_sources(settings(tmp_path, "a.csv", settle=10), (), whole=False, patience=time.patience)
    assert time.at == 10
    assert list(sources.ages.values()) == [0.0]


def test_a_file_that_never_lies_still_is_given_up_after_ten_minutes(tmp_path):
    path, time = tmp_path / "log.csv", Time()

    def grow() -> None:
        put(path, f"Mobile\n{time.at}\n", age=-time.at)
        time.events[time.at + 3] = grow

    grow()
    with pytest.raises(SourceError, match=r"has been changing for 10 minutes"):
        found(settings(tmp_path, "log.csv", settle=10), time)
    assert RESTLESS <= time.at <= RESTLESS + 4


def test_a_file_that_vanishes_while_others_are_awaited_is_left_out(tmp_path):
    put(tmp_path / "a.csv", age=3)
    put(tmp_path / "b.csv", age=8)
    time = Time(events={2.0: (tmp_path / "b.csv").unlink})
    assert found(settings(tmp_path, "*.csv", settle=10), time) == ["a.csv"]


def test_of_newest_only_the_newest_must_lie_still_and_a_newer_one_takes_over(tmp_path):
    put(tmp_path / "old.csv", age=20)
    put(tmp_path / "new.csv", age=4)
    time = Time(events={4.0: lambda: put(tmp_path / "newer.csv", age=-3.0)})
    assert found(settings(tmp_path, "*.csv", settle=10, pick="newest"), time) == ["newer.csv"]
    assert time.at == 13


def test_a_file_that_is_gone_when_it_is_read_costs_one_sentence(tmp_path):
    gone = Sources((tmp_path / "gone.csv",), "gone.csv", None)
    with pytest.raises(SourceError, match=r"gone.csv: there is no such file") as caught:
        load(config(), gone)
    assert caught.value.code == "source_missing"


def test_files_named_on_the_command_line_are_read_at_once_and_are_partial_beside_a_config(tmp_path):
    path, time = put(tmp_path / "a.csv", age=0), Time()
    made = settings(tmp_path, "other.csv", settle=10)
    sources = find_sources(made, [str(path)], whole=False, patience=time.patience)
    assert (time.at, "named on the command line" in (sources.partial or "")) == (0, True)
    assert find_sources(made, [str(path)], whole=True).partial is None
    assert find_sources(config(), [str(path)], whole=False).partial is None
    with pytest.raises(SourceError, match="No source was named"):
        find_sources(config(), [], whole=False)


def test_an_old_file_is_refused_by_its_age_when_it_was_found(tmp_path):
    with desk_of(tmp_path) as desk:
        desk.config(source={"files": ["contacts.csv"], "max_age": 24})
        path = desk.sheet(people(1, 2))
        os.utime(path, (path.stat().st_mtime - 90_000,) * 2)
        said = desk("run", "--yes")
        assert (said.code, desk.writes) == (5, 0)
        assert "source_old" in said.err
        assert "25.0 hours" in said.err
        warned = desk("check")
        assert warned.code == 0
        assert "source.max_age allows 24, so a run would be refused (source_old)" in warned.out


def two_sheets(path: Path) -> Path:
    """Contacts on two sheets and a hidden one; row 3 of the first is hidden."""
    book = openpyxl.Workbook()
    for title in ("Leads", "Old, leads", "Secret"):
        sheet = book.create_sheet(title)
        for line in (["Mobile", "First name"], ["9800000001", "Asha"], ["9800000002", "Ravi"]):
            sheet.append(line)
    book["Leads"].row_dimensions[3].hidden = True
    book["Secret"].sheet_state = "hidden"
    del book["Sheet"]
    book.save(path)
    return path


@pytest.mark.usefixtures("reads_here")
def test_another_sheet_with_contacts_needs_a_terminal_or_the_name(tmp_path):
    with desk_of(tmp_path) as desk:
        path = two_sheets(tmp_path / "book.xlsx")
        said = desk("run", path, "--yes")
        assert (said.code, desk.writes) == (4, 0)
        assert "several sheets hold contacts: Leads, Old, leads" in said.err
        assert 'source:\n  sheet: Leads    # or a list, [Leads, "Old, leads"], or all' in said.err
        person = Person()
        assert run_with(desk, person, path).exit_code == 0
        assert "another sheet holds contacts and is not read: Old, leads" in " ".join(person.plans[0].notes)
        desk.config(source={"sheet": "Leads"})
        assert desk("run", path, "--yes").code == 0


@pytest.mark.usefixtures("reads_here")
def test_hidden_rows_and_sheets_are_said_in_the_plan_and_in_the_summary(tmp_path):
    with desk_of(tmp_path) as desk:
        desk.config(source={"sheet": "Leads"})
        said = desk("run", two_sheets(tmp_path / "book.xlsx"), "--yes")
        assert said.code == 0
        assert len(desk.held()) == 2
        for text in (said.out, " ".join(desk.summary()["notes"])):
            assert "1 hidden or filtered row was read too." in text
            assert "hidden and not read: Secret" in text


def test_how_each_column_was_found_is_said(tmp_path):
    made = config(columns={"Zone": "tag"})
    path = put(tmp_path / "a.csv", "Phone,first_name,Zone,Notes\n9800000001,Asha,south,x\n")
    said = understood(load(made, Sources((path,), "a.csv", None)))
    assert "a.csv: columns Phone → Number, first_name → First name, Zone → Tag (as the config says)." in said
    assert "a.csv: not used: Notes." in said


def test_row_numbers_are_said_as_people_write_them():
    assert spans([3, 9, 7, 8, 12, 12]) == "3, 7–9, 12"
    assert spans(range(2, 1000)) == "2–999"
    assert spans(range(0, 100, 2), most=2) == "0, 2 and 48 more"


def test_a_terminal_is_told_of_the_other_sheet_and_asked_for_the_plan(tmp_path):
    with desk_of(tmp_path) as desk:
        code, out, shown = at_terminal(desk, ["n"], "run", two_sheets(tmp_path / "book.xlsx"))
        assert code == 8, shown
        assert "another sheet holds contacts and is not read: Old, leads" in out
        assert desk.writes == 0
