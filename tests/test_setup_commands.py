"""init, template, explain and exit-codes, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from syncjob.cli import run_command
from syncjob.cli.asking import seen, settle
from syncjob.cli.explain import exit_codes, explain
from syncjob.cli.options import Context
from syncjob.cli.sandbox import sandbox
from syncjob.cli.setup import init, template
from syncjob.columns import field_of
from syncjob.config import load
from syncjob.emulator import Emulator
from syncjob.errors import NotApproved
from syncjob.exits import EXITS
from syncjob.words import OUTCOMES, REASONS
from tests.builders_config import ENV
from tests.builders_setup import call, table

PEOPLE = table(
    ("Mobile", "Vorname", "Loyalty", "Notes", "sync_outcome", "Phone"),
    ("9876543210", "Asha", "gold", "", "created", "02240001234"),
    ("9876543211", "Ravi", "silver", "", "created", ""),
)


def answers(*given: str) -> object:
    """A person who answers in turn; an empty answer is Enter."""
    turn = iter(given)
    return lambda _question, default: next(turn) or default


def test_without_a_terminal_only_names_and_aliases_count() -> None:
    columns = seen(PEOPLE, {0: "number", 1: "first_name"}, {2: "tag"})
    shown: list[str] = []
    assert settle(columns, None, shown.append) == ("number", "first_name", None, None, None, None)
    assert "Asha · Ravi" in shown[1]
    assert "not used" in shown[2]
    assert not any("sync_outcome" in line for line in shown)


def test_enter_accepts_the_guess_and_an_answer_may_be_what_people_say() -> None:
    columns = seen(PEOPLE, {0: "number", 1: "first_name"}, {2: "tag"})
    ask = answers("", "Surname", "custom", "ignore", "none")
    assert settle(columns, ask, lambda _: None) == (  # type: ignore[arg-type]
        *("number", "last_name", "custom_field.loyalty", None, None, None),
    )


def test_an_answer_that_can_not_be_used_is_asked_again() -> None:
    columns = seen(PEOPLE, {0: "number"}, {})
    shown: list[str] = []
    ask = answers("", "number", "frist_name", "first_name", "tag", "", "")
    fields = settle(columns, ask, shown.append)  # type: ignore[arg-type]
    assert fields[:3] == ("number", "first_name", "tag")
    assert any("number is Mobile already" in line for line in shown)
    assert any("Did you mean first_name?" in line for line in shown)


def test_init_for_another_kind_of_remote_begins_with_what_it_needs_and_looks_for_its_key(tmp_path: Path) -> None:
    sheet, target = tmp_path / "gone.csv", tmp_path / "config.yaml"
    sheet.write_text("Contact ID,Why\ncontact-uuid-1,moved\ncontact-uuid-2,moved\n")
    done = call(init, sheet, "-o", target, "--kind", "sendme123")
    assert "set SENDME123_API_KEY." in done.stdout
    made = load(target, env={"SENDME123_API_KEY": "hush"})
    assert (made.remote.kind, made.sync.mode, dict(made.columns)) == (
        *("sendme123", "delete", {"Contact ID": "contact_id"}),
    )
    done = call(init, sheet, "-o", target, "--force", "--kind", "exophones")
    assert "No column is the exophone_sid yet" in done.stderr
    assert load(target, env=ENV).limits.deletes.count == 0


def test_init_writes_a_config_that_loads_and_says_what_is_next(tmp_path: Path) -> None:
    target = tmp_path / "jobs" / "leads 2026.yaml"
    done = call(init, "-o", target)
    assert done.exit_code == 0
    assert f"syncjob check --config '{target}'" in done.stdout
    assert load(target, env=ENV).job == "leads"


def test_init_never_replaces_a_file_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "c.yaml"
    target.write_text("mine")
    for typed in (None, "n\n"):
        assert isinstance(call(init, "-o", target, typed=typed).exception, NotApproved)
        assert target.read_text() == "mine"
    assert call(init, "-o", target, typed="y\n").exit_code == 0
    target.write_text("mine")
    assert call(init, "-o", target, "--force").exit_code == 0
    assert load(target, env=ENV).job == "c"
    assert list(tmp_path.iterdir()) == [target]


def test_init_schema_prints_the_schema_or_writes_it(tmp_path: Path) -> None:
    printed = call(init, "--schema")
    assert json.loads(printed.stdout)["title"] == "syncjob config"
    call(init, "--schema", "-o", tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text()) == json.loads(printed.stdout)
    assert call(init, "--schema", Path(__file__)).exit_code == 2


def test_init_looks_at_the_sheet_and_writes_only_what_is_certain(tmp_path: Path) -> None:
    sheet = tmp_path / "contacts-2026-11.csv"
    sheet.write_text("Mobile,First name,Loyalty,Notes\n9876543210,Asha,gold,\n9876543211,Ravi,silver,x\n")
    done = call(init, sheet, "-o", tmp_path / "config.yaml")
    made = load(tmp_path / "config.yaml", env=ENV)
    assert made.columns == {"Mobile": "number", "First name": "first_name"}
    assert (made.source.files, made.job) == ((str(sheet),), "contacts")
    assert "Nobody is here to ask" in done.stderr
    assert "not used: Loyalty, Notes" in (tmp_path / "config.yaml").read_text()


def test_init_asks_at_a_terminal_and_answers_json_when_wanted(tmp_path: Path) -> None:
    sheet = tmp_path / "contacts.csv"
    sheet.write_text("Kontakt,Loyalty\n9876543210,gold\n")
    done = call(init, sheet, "-o", tmp_path / "config.yaml", typed="number\ncustom\n", as_json=True)
    assert json.loads(done.stdout)["columns"] == {"Kontakt": "number", "Loyalty": "custom_field.loyalty"}
    assert load(tmp_path / "config.yaml", env=ENV).columns["Loyalty"] == "custom_field.loyalty"


def test_init_for_the_sandbox_names_the_account_that_the_sandbox_serves(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    assert run_command(["init", "--sandbox", "-o", str(path)]) == 0
    remote = load(path, env={}).remote
    with Emulator() as served:
        assert remote.api_key
        assert remote.api_token
        assert (remote.account_sid, remote.api_key.get_secret_value()) == (served.account, served.key)
        assert remote.api_token.get_secret_value() == served.token
    (port,) = [param.default for param in sandbox.params if param.name == "port"]
    assert remote.url == f"http://127.0.0.1:{port}"


def test_init_says_how_to_name_the_phone_column_when_none_is_found(tmp_path: Path) -> None:
    sheet = tmp_path / "contacts.csv"
    sheet.write_text("First name,Reaches\nAsha,9876543210\nRavi,9876543211\n")
    done = call(init, sheet, "-o", tmp_path / "config.yaml")
    assert done.exit_code == 0
    assert "Header: number" in done.stderr


def test_the_blank_workbook_has_text_cells_notes_and_headers_that_are_found_again(tmp_path: Path) -> None:
    target = tmp_path / "blank.xlsx"
    assert "syncjob check" in call(template, "-o", target, "--custom", "city", "--custom", "city").stdout
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Contacts", "How to fill this in"]
    heads = list(book["Contacts"][1])
    fields = [field_of(str(head.value)) for head in heads]
    assert fields == ["number", "first_name", "last_name", "company_name", "email", "tag", "custom_field.city"]
    assert all(head.comment is not None and head.comment.text for head in heads)
    widths = book["Contacts"].column_dimensions.values()
    assert {width.number_format for width in widths} == {"@"}
    assert sum(width.max - width.min + 1 for width in widths) == len(heads)


def test_a_blank_csv_opens_in_excel_and_is_read_back(tmp_path: Path) -> None:
    call(template, "-o", tmp_path / "blank.csv")
    held = (tmp_path / "blank.csv").read_bytes()
    assert held.startswith(b"\xef\xbb\xbf")
    assert all(field_of(header) for header in held.decode("utf-8-sig").strip().split(","))


def test_template_replaces_nothing_without_force_and_knows_two_kinds(tmp_path: Path) -> None:
    target = tmp_path / "blank.csv"
    target.write_text("mine")
    assert call(template, "-o", target).exit_code == 2
    assert target.read_text() == "mine"
    assert call(template, "-o", target, "--force").exit_code == 0
    assert call(template, "-o", tmp_path / "blank.ods").exit_code == 2
    assert call(template, "-o", tmp_path / "x.csv", "--custom", "a,b").exit_code == 2
    listed = call(template, "-o", tmp_path / "y.csv", as_json=True)
    assert json.loads(listed.stdout)["columns"][0] == {"header": "Mobile", "field": "number"}


@pytest.mark.parametrize("code", [*REASONS, *OUTCOMES, *map(str, EXITS)])
def test_every_code_can_be_explained(code: str) -> None:
    done = call(explain, code)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{code} (")
    assert "{" not in done.stdout


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("Number-Damaged", "number_damaged (reason)"),
        ("Please fix", "invalid (outcome: Please fix)"),
        ("too_many_deletes@3f9c", "Setting: limits.deletes"),
        ("too_many_deletes", "--allow too_many_deletes@"),
        ("5", "Anything sent? No."),
    ],
)
def test_a_code_may_be_asked_for_as_it_was_seen(asked: str, says: str) -> None:
    assert says in call(explain, asked).stdout


def test_an_unknown_code_is_exit_2_with_the_nearest_one() -> None:
    done = call(explain, "number_damged")
    assert done.exit_code == 2
    assert "Did you mean number_damaged" in done.stderr
    assert "lists them all" in call(explain, "xyzzy").stderr


def test_all_codes_are_listed_in_groups_and_as_json() -> None:
    listed = call(explain).stdout
    assert all(title in listed for title in ("Outcomes", "Rows", "Guards", "Exit codes"))
    records = json.loads(call(explain, as_json=True).stdout)
    assert len(records) == len(REASONS) + len(OUTCOMES) + len(EXITS)
    assert {record["kind"] for record in records} == {"outcome", "reason", "guard", "exit"}


def test_exit_codes_say_whether_anything_was_sent_and_whether_to_run_again() -> None:
    listed = call(exit_codes).stdout
    assert listed.count("Anything sent?") == len(EXITS)
    assert [record["code"] for record in json.loads(call(exit_codes, as_json=True).stdout)] == sorted(EXITS)


def test_the_common_options_count_before_and_after_the_command(tmp_path: Path) -> None:
    run, target = CliRunner().invoke, tmp_path / "c.yaml"
    assert json.loads(run(explain, ["kept", "--json"], obj=Context()).stdout)[0]["code"] == "kept"
    assert json.loads(run(exit_codes, [], obj=Context(json=True)).stdout)[0]["code"] == 0
    assert run(init, ["-c", str(target), "-q"], obj=Context()).output == ""
    assert json.loads(run(init, ["--json", "--yes"], obj=Context(config=str(target))).stdout)["file"] == str(target)
    assert run(template, ["-o", str(tmp_path / "t.csv"), "-q"], obj=Context()).output == ""


def test_the_commands_work_without_the_groups_settings(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(explain, ["kept"]).exit_code == 0
    assert run(init, ["-o", str(tmp_path / "c.yaml")]).exit_code == 0
    assert run(template, ["-o", str(tmp_path / "t.csv")]).exit_code == 0
