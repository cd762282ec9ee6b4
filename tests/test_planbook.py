"""A plan workbook that comes back: what was answered counts, what was edited is named, whatever program saved it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.workbook import Workbook

from syncjob.errors import ConfigError
from syncjob.results.planbook.reading import review
from syncjob.results.planbook.writing import write_book
from tests.builders_plan import ASHA, MEERA, RAVI, diff_of, make_contacts, make_kept, make_plan, make_rows, number
from tests.builders_planbook import ADD, CHANGE, REMOVE, answer, changed, column, opened, rewrite, yes_to_all

CREATES, UPDATE, DELETES = {1, 2}, {3}, {4, 5}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan workbook of two creates, an update and two deletes."""
    rows = make_rows(
        {"number": RAVI, "first_name": "Ravi"},
        {"number": number(8), "first_name": "Zoya"},
        {"number": ASHA, "first_name": "Asha"},
    )
    contacts = make_contacts(
        {"number": ASHA, "first_name": "Aisha"}, {"number": MEERA, "first_name": "Meera"}, {"number": number(9)}
    )
    path = tmp_path_factory.mktemp("plans") / "plan.xlsx"
    plan = make_plan(diff_of(rows, contacts, remote_only="delete", owned="all"), refusals=())
    write_book(make_kept(plan), path)
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be edited."""
    copy = tmp_path / "plan.xlsx"
    copy.write_bytes(written.read_bytes())
    return copy


def approved(path: Path) -> set[int]:
    return set(review(path).approved)


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        review(path)
    return str(error.value)


def test_as_it_is_written_all_is_approved_but_what_is_taken_away(path: Path) -> None:
    assert approved(path) == CREATES | UPDATE
    with opened(path):
        pass
    assert approved(path) == CREATES | UPDATE


def test_one_cell_answers_for_all_removals_and_a_line_may_say_otherwise(path: Path) -> None:
    yes_to_all(path, " Yes ")
    assert approved(path) == CREATES | UPDATE | DELETES
    answer(path, REMOVE, 2, "no")
    answer(path, REMOVE, 3, None)
    assert approved(path) == CREATES | UPDATE


def test_a_single_removal_is_approved_in_its_own_line(path: Path) -> None:
    answer(path, REMOVE, 3, "YES")
    assert approved(path) == CREATES | UPDATE | {5}


def test_no_empty_and_a_line_or_sheet_that_is_gone_are_no(path: Path) -> None:
    with opened(path) as book:
        book[ADD].delete_rows(3)
        book[ADD]["A2"].value = "no"
        book[CHANGE]["A2"].value = None
        del book[REMOVE]
    assert approved(path) == set()


def test_sorting_filters_widths_and_moved_columns_are_no_edits(path: Path) -> None:
    with opened(path) as book:
        sheet = book[ADD]
        lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
        lines[1][0] = "no"
        for row, line in enumerate([lines[0], *reversed(lines[1:])], 1):
            for at, value in enumerate(reversed(line), 1):
                sheet.cell(row, at).value = value
        sheet.auto_filter.ref = "A1:C3"
        sheet.column_dimensions["B"].width = 90
        sheet.column_dimensions["C"].hidden = True
        book.move_sheet(REMOVE, -2)
    assert approved(path) == {2} | UPDATE


def hide(book: Workbook) -> None:
    book[ADD].row_dimensions[3].hidden = True


def strike(book: Workbook) -> None:
    book[ADD]["B3"].font = Font(strike=True)


def hide_sheet(book: Workbook) -> None:
    book[ADD].sheet_state = "hidden"


UNSEEN: list[tuple[Callable[[Workbook], None], str]] = [
    (hide, "sheet To add, row 3: hidden or filtered out, and still yes"),
    (strike, "sheet To add, row 3: struck through, and still yes"),
    (hide_sheet, "sheet To add, rows 2, 3: hidden or filtered out, and still yes"),
]


def test_a_line_that_nobody_sees_and_still_says_yes_refuses_the_file(path: Path) -> None:
    for change, says in UNSEEN:
        assert says in refused(changed(path, change))
    with opened(path) as book:
        hide(book)
        book[ADD]["A3"].value = "no"
    assert approved(path) == {1} | UPDATE


def edit_value(book: Workbook) -> None:
    book[CHANGE].cell(2, column(book[CHANGE], "First name")).value = "Mallory"


def edit_mark(book: Workbook) -> None:
    book[ADD].cell(2, column(book[ADD], "Line")).value = "1-00000000"


def copy_line(book: Workbook) -> None:
    for at, cell in enumerate(list(book[ADD][2]), 1):
        book[ADD].cell(4, at).value = cell.value


def say_maybe(book: Workbook) -> None:
    book[REMOVE]["A2"].value = "maybe"


def compute(book: Workbook) -> None:
    book[ADD]["A2"].value = '=IF(B2="","no","yes")'


def follow(book: Workbook) -> None:
    book[ADD]["A2"].value = book[REMOVE]["A2"].value


def take_a_note(book: Workbook) -> None:
    book[ADD]["H2"].value = "asked Ravi"


def drop_a_column(book: Workbook) -> None:
    book[CHANGE].delete_cols(2)


def add_a_sheet(book: Workbook) -> None:
    book.create_sheet("Mine")["A1"].value = "yes"


def drop_the_summary(book: Workbook) -> None:
    del book["Summary"]


def edit_the_summary(book: Workbook) -> None:
    book["Summary"]["B2"].value = "Approved by everybody"


def set_a_total(book: Workbook) -> None:
    book["Summary"]["D6"].value = "all"


def compute_the_answer(book: Workbook) -> None:
    book["Summary"]["E8"].value = '="yes"'


def drop_the_sealed(book: Workbook) -> None:
    del book["syncjob"]


def cut_the_sealed(book: Workbook) -> None:
    book["syncjob"]["A5"].value = book["syncjob"]["A5"].value[:-4]


EDITS: list[tuple[Callable[[Workbook], None], str]] = [
    (edit_value, "sheet To change, row 2: edited in the column First name"),
    (edit_mark, "sheet To add, row 2: the column Line was edited"),
    (copy_line, "sheet To add, row 4: stands there twice, row 2 is the same change"),
    (say_maybe, "sheet To remove, row 2: says “maybe” in approve"),
    (compute, "sheet To add, row 2: holds a formula in approve"),
    (follow, "sheet To add, row 2: holds a formula in approve"),
    (take_a_note, "sheet To add: column H is not part of the plan"),
    (drop_a_column, "sheet To change: the column Number is missing"),
    (add_a_sheet, "sheet Mine: it is not part of the plan"),
    (drop_the_summary, "the sheet Summary is missing"),
    (edit_the_summary, "sheet Summary, cell B2: edited"),
    (set_a_total, "sheet Summary, cell D6: edited"),
    (compute_the_answer, "sheet Summary, cell E8:"),
    (drop_the_sealed, "has lost its hidden sheet"),
    (cut_the_sealed, "was edited or cut"),
]


def test_any_other_edit_refuses_the_file_and_is_named(path: Path) -> None:
    for change, says in EDITS:
        assert says in refused(changed(path, change)), says


def test_an_answer_that_was_never_calculated_is_not_guessed(path: Path) -> None:
    cell = re.compile(r'(<c r="E8" s="\d+")/>')
    rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: cell.sub(r'\1 t="inlineStr"><is><t>yes</t></is></c>', xml))
    assert "sheet To remove, rows 2, 3: not calculated before it was saved" in refused(path)


def test_formulas_that_a_program_shared_among_lines_are_read(path: Path) -> None:
    yes_to_all(path)

    def shared(xml: str) -> str:
        whole = re.search(r"<f>[^<]*</f>", xml)
        assert whole
        text = whole[0].removeprefix("<f>")
        first = xml.replace(whole[0], f'<f t="shared" ref="A2:A3" si="0">{text}', 1)
        return first.replace(whole[0], '<f t="shared" si="0"/>')

    rewrite(path, "xl/worksheets/sheet4.xml", shared)
    assert approved(path) == CREATES | UPDATE | DELETES


def test_totals_follow_the_answers_and_answers_are_chosen_from_a_list(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    formulas = [cell.value for line in book["Summary"].iter_rows() for cell in line if cell.data_type == "f"]
    lasts = {ADD: 3, CHANGE: 2, REMOVE: 3}
    assert formulas == [
        *(f"=COUNTIF('{name}'!$A$2:$A${last},\"yes\")" for name, last in lasts.items()),
        "=SUM(D6:D8)",
    ]
    for name in lasts:
        assert book[name].data_validations.dataValidation[0].formula1 == '"yes,no"'


def test_more_lines_than_a_sheet_holds_continue_on_a_second(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("cover", "writing"):
        monkeypatch.setattr(f"syncjob.results.planbook.{room}.SHEET_ROWS", 2)
    again = tmp_path / "small.xlsx"
    write_book(review(path).kept, again)
    answer(again, f"{ADD} 2", 2, "no")
    yes_to_all(again)
    assert approved(again) == {1} | UPDATE | DELETES


def test_words_of_another_version_are_not_taken_for_edits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncjob.results.planbook.lines.ARROW", " becomes ")
    assert "was made by another version" in refused(path)


def test_what_is_no_plan_workbook_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"PK\x03\x04 torn")
    assert "cut off or damaged" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert "is no .xlsx workbook, but ods" in refused(path)
    openpyxl.Workbook().save(path)
    assert "is not a plan of syncjob" in refused(path)
