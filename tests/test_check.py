"""`check`: every problem in one pass, each with its place, its value and what to do; opens no connection."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import yaml

from syncjob.errors import SourceError
from syncjob.headers import remember
from syncjob.job.checking import Checked, check, problems_of
from syncjob.job.sources import Sources
from syncjob.loader.rows import build
from syncjob.state import account_at
from tests.builders_config import REMOTE, config
from tests.builders_headers import CROOKED, Person
from tests.builders_rows import make_table
from tests.journey.builders import Desk, Said

pytestmark = pytest.mark.usefixtures("reads_here")

MESSY = [
    ["List of November"],
    ["Mobile", "E-mail", "custom_field", "Notes"],
    ["98000 00001", "asha@example.com", "", ""],
    ["98000", "=1/0", "{bad", "two problems more"],
    ["9.198E+11", "", "", ""],
    ["", "x@example.com", "", ""],
    ["98000 00002", "a@example.com", "", ""],
    ["+919800000002", "b@example.com", "", ""],
    ["98000 00001", "asha@example.com", "", ""],
    ["call after six", "", "", ""],
    ["Total", "", "", ""],
]


def messy(folder: Path) -> Path:
    """A sheet as it comes: a title above, a formula without a value, damaged and missing numbers, a conflict."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Leads"
    for line in MESSY:
        book.worksheets[0].append(line)
    book.save(folder / "messy.xlsx")
    return folder / "messy.xlsx"


def desk(folder: Path, **groups: object) -> Desk:
    """A desk without a remote: nothing listens where the config points."""
    remote = {**REMOTE, "base_url": "http://127.0.0.1:9"}
    made = {"job": "leads", "remote": remote, "state": {"dir": "state"}, "source": {"settle": 0}, **groups}
    (folder / "config.yaml").write_text(yaml.safe_dump(made))
    return Desk(folder, None)  # type: ignore[arg-type]


def said_of(folder: Path, text: str, *options: str, name: str = "leads.csv", **groups: object) -> Said:
    """What `check` says of a CSV."""
    (folder / name).write_text(text)
    return desk(folder, **groups)("check", folder / name, *options)


def by_api(folder: Path, *files: Path, **groups: object) -> Checked:
    made = config(state={"dir": str(folder / "state")}, **groups)
    return check(made, Sources(files, "", None), Person())


def test_every_problem_of_a_messy_sheet_is_told_in_one_pass(tmp_path):
    problems = problems_of(by_api(tmp_path, messy(tmp_path)).problems)
    assert [(p.row, p.column, p.header, p.value, p.code) for p in problems] == [
        (4, "A", "Mobile", "98000", "number_too_short"),
        (4, "B", "E-mail", "=1/0", "formula_without_value"),
        (4, "C", "custom_field", "{bad", "custom_field_invalid"),
        (5, "A", "Mobile", "9.198E+11", "number_damaged"),
        (6, "A", "Mobile", "", "number_missing"),
        (7, "A", "Mobile", "98000 00002", "conflicting_rows"),
        (8, "A", "Mobile", "+919800000002", "conflicting_rows"),
        (10, "A", "Mobile", "call after six", "number_no_digits"),
    ]
    assert {(Path(p.file).name, p.sheet) for p in problems} == {("messy.xlsx", "Leads")}
    assert "row 8" in problems[5].says
    assert all(p.says and p.do for p in problems)


def test_people_read_where_what_and_what_to_do(tmp_path):
    said = desk(tmp_path)("check", messy(tmp_path))
    assert said.code == 3
    lines = said.out.splitlines()
    heading = "1 row: The value has too few digits for a phone number. Add the missing digits. [number_too_short]"
    assert heading in lines
    assert lines[lines.index(heading) + 1] == '  messy.xlsx, sheet Leads, row 4, column A (Mobile): "98000"'
    assert "  messy.xlsx, sheet Leads, row 6, column A (Mobile): (empty)" in lines
    assert '  messy.xlsx, sheet Leads, row 7, column A (Mobile): "98000 00002", see row 8' in lines
    assert "9 rows read: 3 good (1 same as another row, 1 left out), 6 to fix." in lines
    assert "messy.xlsx · Leads: Row 1 above the header (row 2) was left out." in lines
    assert lines[-1] == "Correct these cells in the file, save it, and check again."


def test_json_has_one_object_per_problem_and_nothing_else_on_stdout(tmp_path):
    said = desk(tmp_path)("check", messy(tmp_path), "--json")
    document = said.json
    assert (said.code, document["exit_code"], document["rows"], document["bad"]) == (3, 3, 9, 6)
    assert set(document["problems"][0]) == {"file", "sheet", "row", "column", "header", "value", "code", "says", "do"}
    assert document["problems"][0]["says"] == "“98000” has too few digits for a phone number."
    assert document["counts"] == {"invalid": 4, "held": 2, "planned": 1, "duplicate": 1, "skipped": 1}
    columns = document["sources"][0]["columns"]
    assert columns[0] == {"column": "A", "header": "Mobile", "field": "number", "how": "alias"}
    assert columns[3]["field"] is None


def test_many_problems_of_a_kind_are_grouped_and_no_row_is_lost(tmp_path):
    text = "Mobile\n" + "9800000001\n" + "12345\n" * 300
    said = said_of(tmp_path, text)
    assert "300 rows: The value has too few digits" in said.out
    assert said.out.count('"12345"') == 10
    assert "  … and 290 more in leads.csv: rows 13–302" in said.out
    assert said_of(tmp_path, text, "--verbose").out.count('"12345"') == 300
    assert len(said_of(tmp_path, text, "--json").json["problems"]) == 300


def test_damaged_lines_are_named_whole_and_only_once(tmp_path):
    said = said_of(
        tmp_path, "Mobile,E-mail\n9800000001,a@example.com\n12,b@example.com,x,y\n9800000003,c@example.com\n"
    )
    assert said.code == 3
    assert "[row_damaged]" in said.out
    assert "leads.csv, row 3: " in said.out
    assert said.out.count("row 3") == 1


def test_good_sheets_say_so_and_what_comes_next(tmp_path):
    said = said_of(tmp_path, "Mobile\n9800000001\n", sync={"mode": "update"})
    assert said.code == 0
    assert "1 row read: 1 good, 0 to fix." in said.out
    assert said.out.splitlines()[-1].startswith("Next: syncjob run ")
    assert said_of(tmp_path, "Mobile\n9800000001\n", "--quiet").out.strip() == ""


@pytest.mark.parametrize(("allowed", "code"), [(0, 3), (1, 0), ("50%", 0), ("10%", 3)])
def test_as_many_bad_rows_as_are_allowed_end_in_0(tmp_path, allowed, code):
    text = "Mobile\n9800000001\n9800000002\n12\n"
    assert said_of(tmp_path, text, limits={"bad_rows": allowed}).code == code


def test_two_files_with_conflicts_between_them_name_each_other(tmp_path):
    (tmp_path / "a.csv").write_text("Mobile,E-mail\n9800000001,a@example.com\n")
    (tmp_path / "b.csv").write_text("Mobile,E-mail\n9800000001,b@example.com\n")
    said = desk(tmp_path)("check", tmp_path / "a.csv", tmp_path / "b.csv")
    assert 'a.csv, row 2, column A (Mobile): "9800000001", see row 2 in' in said.out
    assert "2 rows: Other rows have the same number but other details." in said.out


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "leads.csv").write_text("Mobile\n9800000001\n12\n")
    said = desk(tmp_path)("check", *(tmp_path / folder / "leads.csv" for folder in ("north", "south")))
    assert f'{tmp_path / "north" / "leads.csv"}, row 3, column A (Mobile): "12"' in said.out


def test_a_sheet_without_a_usable_row_is_said_to_be_refused(tmp_path):
    said = said_of(tmp_path, "Mobile,E-mail\n,a@example.com\n")
    assert "a run would be refused (source_empty)" in said.out


def test_a_sheet_that_can_not_be_mapped_is_exit_4_with_the_line_to_add(tmp_path):
    said = said_of(tmp_path, "Mobil Numbr,City\n9800000001,Pune\n")
    assert said.code == 4
    assert "Mobil Numbr: number" in said.err
    with pytest.raises(SourceError):
        by_api(tmp_path, tmp_path / "nowhere.csv")


def test_what_was_confirmed_for_the_job_counts_for_check_too(tmp_path):
    made = config(state={"dir": str(tmp_path / "state")}, job="leads")
    sheet = make_table(CROOKED, ["9800000001", "Asha", "Pune"])
    meant = {"Mobil Numbr": "number"}
    loaded = build([sheet], columns={}, unmapped="ignore", region="IN", blank="keep", remembered=meant)
    remember(account_at(made.state_dir, made.remote.identity), "leads", loaded)
    (tmp_path / "leads.csv").write_text(",".join(CROOKED) + "\n9800000001,Asha,Pune\n")
    told = check(made, Sources((tmp_path / "leads.csv",), "", None), Person([False, False]))
    assert told.bad == 0
    assert told.loaded.mappings[0].how == {0: "remembered"}


def test_check_opens_no_connection_and_leaves_nothing_behind(tmp_path):
    said = said_of(tmp_path, "Mobile\n9800000001\n")
    assert said.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "leads.csv"]


def test_a_long_value_is_cut_for_people_and_whole_in_json(tmp_path):
    long = "call " * 60
    text = f"Mobile\n9800000001\n{long}\n"
    assert f'"{"call " * 15}call…"' in said_of(tmp_path, text).out
    assert json.loads(said_of(tmp_path, text, "--json").out)["problems"][0]["value"].strip() == long.strip()
