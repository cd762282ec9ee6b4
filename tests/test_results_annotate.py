"""`--annotate`: the outcomes in a copy of the user's own workbook, everything else kept."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from openpyxl.styles import Font

from syncjob.emulator import Emulator
from tests.journey.builders import Desk


def own_workbook(path: Path) -> None:
    """A person's workbook: a title, a bold header in row 3, a formula, another sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Leads"
    sheet["A1"] = "Spring campaign"
    for column, header in enumerate(("Mobile", "First name", "Spent"), start=1):
        sheet.cell(3, column, header).font = Font(bold=True)
    for row, (phone, name) in enumerate((("9800000001", "Asha"), ("12", "=Ravi")), start=4):
        sheet.cell(row, 1, phone)
        sheet.cell(row, 2, name).data_type = "s"
    sheet["C4"] = "=1+1"
    book.create_sheet("Notes")["A1"] = "keep me"
    book.save(path)


def test_outcomes_stand_beside_the_rows_of_a_copy_and_all_else_is_kept(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = Desk(tmp_path, remote)
        desk.config()
        own_workbook(tmp_path / "leads.xlsx")
        before = (tmp_path / "leads.xlsx").read_bytes()
        said = desk("run", str(tmp_path / "leads.xlsx"), "--yes", "--annotate")
        assert said.code == 3, said.err
        (copy,) = tmp_path.glob("results/2*/leads-annotated.xlsx")
        sheet = openpyxl.load_workbook(copy)["Leads"]
        assert [sheet.cell(3, column).value for column in (4, 5, 6)] == ["sync_outcome", "sync_message", "sync_changes"]
        assert [sheet.cell(row, 4).value for row in (4, 5)] == ["created", "invalid"]
        assert (sheet["C4"].value, sheet["A3"].font.bold) == ("=1+1", True)
        assert openpyxl.load_workbook(copy)["Notes"]["A1"].value == "keep me"
        assert (tmp_path / "leads.xlsx").read_bytes() == before
        assert str(copy) in said.out


def test_a_csv_is_not_annotated_and_that_is_said(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = Desk(tmp_path, remote)
        desk.config()
        (tmp_path / "leads.csv").write_text("Phone\n9800000001\n")
        said = desk("run", str(tmp_path / "leads.csv"), "--yes", "--annotate")
        assert said.code == 0
        assert "leads.csv can't be annotated" in said.out
