"""The benchmarks work at tiny size. How fast anything is, no test says."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from benchmarks import data
from benchmarks.__main__ import SCENARIOS, main, place


def test_both_ways_of_doing_the_local_work_tell_every_row_and_land_on_the_page(tmp_path: Path) -> None:
    assert main(["local", "--quick", "--output", str(tmp_path / "page.md"), "--folder", str(tmp_path)]) == 0
    page = (tmp_path / "page.md").read_text()
    assert "times faster, csv" in page
    assert "Not measured" not in page


def test_a_scenario_measured_again_takes_its_own_place_and_no_other(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    first, second = list(SCENARIOS)[:2]
    for name, text in ((second, "two"), (first, "one"), (second, "three")):
        place(page, name, name, text)
    told = page.read_text()
    assert told.index("one") < told.index("three")
    assert "two" not in told


def test_the_page_tells_of_each_wanted_figure_whether_it_was_met_and_by_how_much_not(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    lines = "| **times faster, xlsx** | **13.9 ×** |\n| **times faster, csv** | **7.5 (7–8) ×** |"
    place(page, "local", "Local work", f"|  | seconds |\n| --- | --: |\n{lines}")
    place(page, "pace", "A set rate", "| set | most in any second, by the server's clock |\n|-|-|\n| 5 | 6 of 5 |")
    told = page.read_text()
    assert "| Local work: times faster, xlsx, seconds | at least 12 × | 13.9 × | met |" in told
    assert "| Local work: times faster, csv, seconds | at least 15 × | 7.5 × | **missed by 50%**: " in told
    assert "at most 100 % | 120 % | **missed by 20%** |" in told
    assert "| Small jobs: syncjob --help, CPU milliseconds | at most 100 ms |  | not measured |" in told


def test_sheets_say_the_same_as_workbook_and_as_csv(tmp_path: Path) -> None:
    made = data.sheet(50)
    data.write_xlsx(made, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", read_only=True)
    lines = [["" if cell is None else str(cell) for cell in line] for line in book.worksheets[0].values]
    book.close()
    assert lines[0] == list(data.HEADERS)
    assert lines[1:] == [list(line) for line in zip(*(c.to_pylist() for c in made.columns.values()), strict=True)]
