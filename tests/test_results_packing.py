"""Rows that are packed while they are made: the workbook is as sound as one made in one go."""

import zipfile
import zlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from syncjob.results import packing
from syncjob.results.grid import CHUNK
from syncjob.results.packing import Rows, joined_crc
from syncjob.results.workbook import write_workbook
from tests.builders_results import make_results
from tests.test_results_workbook import sheets


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_the_checksum_of_two_pieces_follows_from_theirs(first: bytes, second: bytes):
    assert joined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@pytest.mark.parametrize("engine", [isal_zlib, zlib])
def test_a_long_sheet_is_whole_and_every_text_at_its_row(
    engine: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packing, "engine", engine)
    count = CHUNK + 10
    lines = [[str(at), "" if at % 3 else f"a&b {at}", ("x", "<y>", "")[at % 3]] for at in range(count)]
    write_workbook(make_results(lines, ["created"] * count), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert book.testzip() is None
        assert b"<!--" not in book.read("xl/worksheets/sheet2.xml")
    assert [line[:3] for line in sheets(tmp_path / "a.xlsx")["Results"][1:]] == lines
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_what_stands_in_many_cells_is_written_once(tmp_path: Path):
    write_workbook(make_results([["1", "a", "Somewhere"]] * 50, ["created"] * 50), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        every = b"".join(book.read(name) for name in book.namelist())
    assert every.count(b">Somewhere<") == 1


def test_a_disk_that_takes_no_more_while_rows_are_packed_is_an_error_of_the_disk(tmp_path: Path):
    rows = Rows(tmp_path / "rows")
    rows._file.close()
    with rows.path.open("rb") as rows._file, pytest.raises(OSError):
        pack_much(rows)


def pack_much(rows: Rows) -> None:
    for _ in range(10):
        rows.write(lambda: memoryview(bytes(range(256)) * 4_000))
    rows.close()
