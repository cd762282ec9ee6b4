"""What a source speaks for, and what becomes of bad input of every kind: one clear sentence, and nothing is sent."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.builders_work import number
from tests.journey.builders import Desk, people, person

here = pytest.mark.usefixtures("reads_here")  # all but the files that are no table are harmless
DELETING: dict[str, Any] = {
    "source": {"files": ["contacts.csv"]},
    "sync": {"remote_only": "delete", "owned": "all"},
    "limits": {"deletes": {"percent": None, "count": None}},
}


@here
@pytest.mark.parametrize("name", ["needs-fixing.xlsx", "needs-fixing.csv", "result.csv", "result.xlsx"])
def test_a_result_fed_back_fixes_its_rows_and_deletes_nothing(desk: Desk, name: str) -> None:
    desk.seed(*people(range(4)))
    desk.config(**{**DELETING, "limits": {"unreadable": 5}})
    desk.sheet([*people(0, 1, 2, 3), person(8, number="98000")])
    assert desk("run", "--yes").code == 3
    path = desk.latest() / name
    if name.endswith(".csv"):
        path.write_text(
            path.read_text(encoding="utf-8-sig").replace("98000,", f"{number(8)},", 1), encoding="utf-8-sig"
        )
    else:
        book = openpyxl.load_workbook(path)
        sheet = book["Needs fixing"]
        (cell,) = [cell for column in sheet.iter_cols() for cell in column if cell.value == "98000"]
        cell.value = number(8)
        book.save(path)
    desk.remote.log.clear()
    said = desk("run", path, "--yes")
    assert said.code == 0, said.err + said.out
    assert len(desk.held()) == 5
    assert desk.remote.log.of("delete") == []
    assert "fed back" in said.out


@here
def test_a_csv_whose_last_line_is_cut_off_is_partial(desk: Desk) -> None:
    desk.seed(*people(range(4)))
    desk.config(**DELETING)
    (desk.folder / "contacts.csv").write_text(f'number,first_name\n{number(0)},Name 0\n{number(1)},"Na')
    said = desk("run", "--yes")
    assert said.code == 3
    assert len(desk.held()) == 4
    assert "cut off" in said.out


@here
def test_one_partial_source_makes_the_run_partial_and_moves_no_baseline(desk: Desk) -> None:
    desk.ours(*people(range(25)), sync={"remote_only": "delete"}, limits={"deletes": {"count": None, "percent": None}})
    path = desk.sheet(people(range(3)), "some.csv")
    assert desk("run", path, "--yes").code == 0
    assert len(desk.held()) == 25
    desk.sheet(people(range(21)))
    assert desk("run", "--yes").code == 0
    assert len(desk.held()) == 21


@here
def test_a_file_named_is_whole_when_the_config_names_none(desk: Desk) -> None:
    desk.seed(*people(range(4)))
    desk.config(**{**DELETING, "source": {"files": []}})
    assert desk("run", desk.sheet(people(0, 1)), "--yes").code == 0
    assert len(desk.held()) == 2


@here
def test_source_files_are_globs_relative_to_the_config_and_pick_takes_the_newest(desk: Desk) -> None:
    (desk.folder / "inbox").mkdir()
    for place, name in enumerate(("b.csv", "a.csv", "c.xlsx")):
        path = desk.sheet(people(place), f"inbox/{name}")
        os.utime(path, (1_700_000_000 + (name == "a.csv"), 1_700_000_000 + (name == "a.csv")))
    desk.config(source={"files": ["inbox/*.csv"], "pick": "newest"})
    assert desk("run", "--yes").code == 0
    assert list(desk.held()) == [number(1)]
    desk.config(source={"files": ["inbox/*.csv", "inbox/c.xlsx"]})
    assert desk("run", "--yes").code == 0
    assert len(desk.held()) == 3


@here
def test_source_wait_waits_for_a_missing_file_and_settle_for_a_growing_one(desk: Desk) -> None:
    desk.config(source={"files": ["late.csv"], "wait": 0.005})
    began = time.monotonic()
    assert desk("run", "--yes").code == 4
    assert time.monotonic() - began >= 0.3
    desk.sheet(people(1), "late.csv")
    desk.config(source={"files": ["late.csv"], "settle": 1})
    said = desk("run", "--yes")
    assert said.code == 0
    assert time.time() - (desk.folder / "late.csv").stat().st_mtime >= 1


@here
def test_source_sheet_header_row_encoding_and_delimiter(desk: Desk) -> None:
    path = desk.sheet(people(1), "book.xlsx", title="First")
    book = openpyxl.load_workbook(path)
    second = book.create_sheet("Second")
    for line in (["number", "last_name"], ["number", "first_name"], [number(2), "Zoë"]):
        second.append(line)
    book.save(path)
    assert desk("run", path, "--yes").code == 4
    desk.config(source={"sheet": "Second", "header_row": 2})
    assert desk("run", path, "--yes").code == 0
    assert desk.held() == {number(2): {"first_name": "Zoë"}}
    desk.config(source={"sheet": "all"})
    assert desk("run", path, "--yes").code == 3  # the second header is read as a row
    assert len(desk.held()) == 2
    csv = desk.folder / "odd.csv"
    csv.write_bytes(f"number;first_name\n{number(3)};Zo\x89\n".encode("latin-1"))
    desk.config(source={"delimiter": ","})
    assert desk("check", csv).code == 4
    desk.config(source={"encoding": "cp850", "delimiter": ";"})
    assert desk("run", csv, "--yes").code == 0
    assert desk.held()[number(3)] == {"first_name": "Zoë"}


def pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")


def encrypted(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))


def half(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["number"])
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(held.getvalue()[: len(held.getvalue()) // 2])


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(1 << 20))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))


@pytest.mark.parametrize("spoil", [pdf, encrypted, half, bomb, empty, picture])
def test_a_file_that_is_no_table_is_one_sentence_exit_4_and_no_request(
    desk: Desk, spoil: Callable[[Path], None]
) -> None:
    path = desk.folder / "contacts.xlsx"
    spoil(path)
    for command in ("run", "check"):
        said = desk(command, path, *(("--yes",) if command == "run" else ()))
        assert (said.code, len(desk.remote.log), said.out) == (4, 0, "")
        told = [line for line in said.err.splitlines() if "LIVE" not in line and "DRY RUN" not in line]
        assert "contacts.xlsx" in told[0]
        assert len(told) <= 2
        assert "Traceback" not in said.err


BAD_CELLS = [
    ("", "number_missing"),
    ("n/a", "number_no_digits"),
    ("9.19E+11", "number_damaged"),
    ("98000", "number_too_short"),
    ("+9198000000011234567", "number_too_long"),
    ("+919800000001 ext 5", "number_extension"),
    ("112", "number_short_code"),
]


@here
def test_every_bad_cell_names_file_sheet_row_column_and_what_to_do(desk: Desk) -> None:
    rows = [person(1), *({"number": cell, "first_name": f"Bad {place}"} for place, (cell, _) in enumerate(BAD_CELLS))]
    path = desk.sheet(rows, "bad.xlsx")
    said = desk("check", path)
    assert (said.code, len(desk.remote.log)) == (3, 0)
    for place, (cell, code) in enumerate(BAD_CELLS):
        assert f"[{code}]" in said.out
        line = next(line for line in said.out.splitlines() if f"row {place + 3}," in line)
        assert all(part in line for part in ("bad.xlsx", "sheet Leads", "column A (number)", cell)), line
    assert desk("run", path, "--yes").code == 3
    assert desk.outcomes() == ["created", *(f"invalid/{code}" for _, code in BAD_CELLS)]
    assert list(desk.held()) == [number(1)]
    assert all(row["sync_message"].startswith("Please fix") for row in desk.rows()[1:])


@here
def test_check_opens_no_connection_and_needs_no_credentials(desk: Desk) -> None:
    desk.config(remote={"api_key": "${NOT_SET_ANYWHERE}", "base_url": "http://127.0.0.1:9"})
    said = desk("check", desk.sheet([*people(1), {"number": "12"}]))
    assert (said.code, len(desk.remote.log)) == (3, 0)
    assert "2 rows read: 1 good, 1 to fix" in said.out
    assert not (desk.folder / "results").exists()


@here
def test_check_takes_the_files_of_the_config(desk: Desk) -> None:
    desk.config(source={"files": ["contacts.csv"]})
    desk.sheet(people(1))
    assert desk("check").code == 0
