"""Near-names of headers: asked at a terminal, remembered after a confirmed run, never guessed (CONTRACT 4)."""

from __future__ import annotations

import stat

import pytest

from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from syncjob.errors import NotApproved, SourceError
from syncjob.headers import Answers, Confirmed, Nobody, ask, fingerprint, recall, remember
from syncjob.job.session import Silent
from syncjob.state import account_at
from tests.builders_headers import CROOKED, Person, at_terminal, crooked, desk_of, kept, remembered, run_with, typing
from tests.builders_rows import make_table
from tests.builders_setup import table
from tests.journey.builders import Desk

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def desk(tmp_path):
    with desk_of(tmp_path) as made:
        yield made


MEANT = {"Mobil Numbr": "number", "Fisrt Name": "first_name"}
SHEET = table(CROOKED, ("9198000 00001", "Asha", "Pune"))


def asked_of(person: Person, *tables, confirmed: Confirmed | None = None, **config: str):
    answers = Answers()
    return [ask(one, config, confirmed or Confirmed(), "number", person, answers) for one in tables]


def test_a_person_is_asked_once_per_header_with_some_of_its_values() -> None:
    person = Person()
    assert asked_of(person, SHEET, SHEET) == [MEANT, MEANT]
    assert len(person.asked) == 2
    assert person.asked[0].startswith('contacts.csv, column A "Mobil Numbr" (9198000 00001): is this the phone number')


def test_a_header_that_was_refused_is_not_asked_again_and_the_next_one_gets_its_turn() -> None:
    sheet = make_table(["Mobil Numbr", "Mobile Nmbr"], ["1", "2"])
    person = Person([False, True])
    assert asked_of(person, sheet, sheet) == [{"Mobile Nmbr": "number"}] * 2
    assert len(person.asked) == 2


def test_nobody_is_asked_about_what_is_named_known_or_configured() -> None:
    person = Person()
    known = table(("Mobile", "first_name", "Emial"), ("1", "Asha", "a@example.com"))
    assert asked_of(person, known, Emial="email") == [{}]
    assert person.asked == []


def test_what_was_confirmed_counts_while_all_headers_of_that_sheet_are_there() -> None:
    confirmed = Confirmed().with_sheet(CROOKED, MEANT)
    assert confirmed.of(["CITY", "mobil numbr*", "Fisrt  name", "Notes", "sync_row"]) == MEANT
    assert confirmed.of(["Mobil Numbr", "Fisrt Name"]) == {}
    again = confirmed.with_sheet(CROOKED, {"mobil numbr": "ignore"})
    assert len(again.sheets) == 1
    assert again.of(CROOKED) == {"Fisrt Name": "first_name", "mobil numbr": "ignore"}


def test_without_anybody_only_what_was_confirmed_counts() -> None:
    confirmed = Confirmed().with_sheet(CROOKED, MEANT)
    assert ask(SHEET, {}, confirmed, "number", Nobody(), Answers()) == MEANT
    assert ask(SHEET, {}, Confirmed(), "number", Nobody(), Answers()) == {}


def test_a_confirmed_run_is_remembered_and_later_runs_go_by_it_without_a_terminal(desk: Desk) -> None:
    sheet = crooked(desk)
    person = Person()
    assert run_with(desk, person, sheet).exit_code == 0
    assert remembered(desk) == MEANT
    assert any("Remembered for later runs: Mobil Numbr → number" in line for line in person.told)
    assert "Fisrt Name → First name (as confirmed before)" in " ".join(person.plans[0].notes)
    later = desk("run", sheet, "--yes")
    assert later.code == 0, later.err
    assert "Mobil Numbr → Number, Fisrt Name → First name (as confirmed before)" in later.out
    assert "Remembered" not in later.err


def test_the_file_is_private_readable_and_can_be_corrected(desk: Desk) -> None:
    run_with(desk, Person(), crooked(desk))
    (path,) = (desk.folder / "state").glob("*/mappings/leads.yaml")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        "- sheet: [city, fisrtname, mobilnumbr]\n  columns: {Mobil Numbr: number, Fisrt Name: first_name}\n"
        in path.read_text()
    )
    path.write_text(path.read_text().replace("first_name", "frist_name"))
    said = desk("run", desk.folder / "crooked.csv", "--yes")
    assert said.code == 4
    assert "frist_name is no contact field" in said.err
    path.write_text("")
    assert "no column holds the phone number" in desk("run", desk.folder / "crooked.csv", "--yes").err


def test_nothing_is_remembered_of_a_dry_run_or_of_one_that_was_not_approved(desk: Desk) -> None:
    sheet = crooked(desk)
    assert run_with(desk, Person(), sheet, dry_run=True).exit_code == 0
    with pytest.raises(NotApproved):
        run_with(desk, Person(approves=False), sheet)
    assert kept(desk) == Confirmed()
    assert desk.held() == {}


def test_a_run_that_ended_with_bad_rows_is_remembered_and_a_stopped_one_not(desk: Desk) -> None:
    sheet = crooked(desk)
    desk.remote.faults.add("error", call="create", status=403)
    outcome = run_with(desk, Person(), sheet)
    assert outcome.exit_code == 6
    assert kept(desk) == Confirmed()
    desk.remote.faults.rules.clear()
    sheet.write_text(sheet.read_text() + "12,Zoya,Pune\n")
    assert run_with(desk, Person(), sheet).exit_code == 3
    assert remembered(desk) == MEANT


def test_without_a_terminal_the_line_to_add_is_said_and_nothing_is_sent(desk: Desk) -> None:
    said = desk("run", crooked(desk), "--yes")
    assert said.code == 4
    assert "columns:\n  Mobil Numbr: number" in said.err
    assert desk.writes == 0
    with pytest.raises(SourceError):
        run_with(desk, Silent(), crooked(desk))


def test_a_plan_made_at_a_terminal_and_applied_is_a_confirmed_run(desk: Desk) -> None:
    run_with(desk, Person(), crooked(desk), dry_run=True)
    (plan,) = desk.latest().glob("plan.json")
    assert desk("apply", plan, "--yes").code == 0
    assert remembered(desk) == MEANT


def test_jobs_with_similar_names_remember_apart(tmp_path) -> None:
    account = account_at(tmp_path, "here/acme1")
    loaded = run_loaded()
    assert remember(account, "a b", loaded)
    assert recall(account, "a_b") == Confirmed()
    assert recall(account, "a b").of(CROOKED) == {"Mobil Numbr": "number"}
    assert remember(account, "a b", loaded) == ()
    assert fingerprint(CROOKED) == {"mobilnumbr", "fisrtname", "city"}


def run_loaded():
    from syncjob.loader.rows import build

    return build(
        [SHEET], columns={}, unmapped="ignore", region="IN", blank="keep", remembered={"Mobil Numbr": "number"}
    )


def test_a_real_terminal_is_asked_and_its_answers_count(desk: Desk) -> None:
    sheet = crooked(desk)
    code, out, shown = at_terminal(desk, ["", "n", "y"], "run", sheet)
    assert code == 0, shown
    assert 'column A "Mobil Numbr" (9198000 00001, 9198000 00002): is this the phone number' in " ".join(shown.split())
    assert "Fisrt Name" in out
    assert "did you mean" not in out
    assert remembered(desk) == {"Mobil Numbr": "number"}
    assert desk.held() == {"+919800000001": {}, "+919800000002": {}}


def test_json_never_asks(desk: Desk) -> None:
    code, _, shown = at_terminal(desk, [], "check", crooked(desk), "--json")
    assert code == 4
    assert "is this" not in shown


@pytest.mark.parametrize("options", [{"json": True}, {"quiet": True}])
def test_with_json_or_quiet_nobody_is_there(options: dict[str, bool]) -> None:
    with typing("y\n") as shown:
        screen = Screen(Context(**options))
        assert not screen.attended()
        assert not screen.choose("Well?", True)
    assert shown.getvalue() == ""


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    [("\n", True, True), ("\n", False, False), ("what\nYES\n", False, True), ("n\n", True, False), ("", True, False)],
)
def test_answers_are_yes_no_or_enter_and_no_answer_is_no(typed: str, default: bool, answer: bool) -> None:
    with typing(typed) as shown:
        assert Screen(Context()).choose("Well?", default) is answer
    assert shown.getvalue().startswith(f"Well? [{'Y/n' if default else 'y/N'}]: ")
