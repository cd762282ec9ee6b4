"""Files that mean harm or are none of ours: one sentence, exit 4, bounded time and memory."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from syncjob.errors import SourceError
from syncjob.loader import expand, read_many, read_table, read_tables
from syncjob.loader.limits import MB, ReadLimits
from tests.builders_loader import (
    archive,
    binary_workbook,
    csv_text,
    lines,
    notes,
    open_document,
    people,
    read,
    read_bytes,
    sheet_data,
    text_cell,
    workbook,
)

LEADS = {1: ["Name", "Mobile"], 2: ["Asha", "9876500001"], 3: ["Ravi", "9876500002"]}
SMALL = ReadLimits(memory=1024 * MB, seconds=20)


def sentence(path: Path, **how: object) -> str:
    """The one sentence that reading `path` ends with."""
    with pytest.raises(SourceError) as caught:
        read_tables(path, limits=SMALL, **how)  # type: ignore[arg-type]
    assert caught.value.exit_code == 4
    assert caught.value.advice
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document"),
        (b'{"contacts": [{"name": "Asha"}]}', "a JSON file"),
        (b'[{"name": "Asha"}]', "a JSON file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture"),
        (b"\x1f\x8b\x08\x00" + bytes(50), "gzip"),
        (b"PK\x03\x04" + bytes(200), "cut off or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
        (bytes(range(256)) * 20, "neither text nor"),
        (b"<?xml version='1.0'?><feed/>", "an XML document"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>"
         b"urn:schemas-microsoft-com:office:spreadsheet Workbook</x>", "entities"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "leads.xlsx"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("part", "said"), [("word/document.xml", "a Word document"), ("Index/Document.iwa", "Numbers"), ("a.csv", "zip")]
)
def test_archives_that_are_no_workbooks_are_named(tmp_path: Path, part: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(archive(tmp_path / "leads.xlsx", {part: "x"}))


def test_a_lone_cell_at_the_end_of_the_sheet_does_no_harm(tmp_path: Path) -> None:
    content = sheet_data(LEADS).replace(
        "</sheetData>", f'<row r="1048576">{text_cell("XFD1048576", "x")}</row></sheetData>'
    )
    found = read(workbook(tmp_path / "far.xlsx", {"L": '<dimension ref="A1:XFD1048576"/>' + content}))[0]
    assert lines(found) == [["Asha", "9876500001"], ["Ravi", "9876500002"]]
    assert "column XFD" in notes(found)


def test_a_large_sheet_with_a_lone_far_cell_is_read_too(tmp_path: Path) -> None:
    rows = {1: ["Name", "Mobile"], **{at: [f"P {at}", f"98765{at:05d}"] for at in range(2, 30_000)}}
    far = f'<row r="1048576">{text_cell("XFD1048576", "x")}</row></sheetData>'
    path = workbook(tmp_path / "far.xlsx", {"L": sheet_data(rows).replace("</sheetData>", far)})
    table = read_tables(path, limits=SMALL)[0]
    assert len(table.cells) == 29_998
    assert table.row_numbers.iloc[-1] == 29_999


def test_an_engine_that_aborts_ends_in_one_sentence(tmp_path: Path) -> None:
    rows = {1: {0: "Name", 1: "Mobile"}, 2: {0: "Asha", 1: "9876500001"}, 1_048_576: {16_383: "x"}}
    started = time.monotonic()
    assert "damaged" in (said := sentence(binary_workbook(tmp_path / "far.xlsb", rows))) or "memory" in said
    assert time.monotonic() - started < 15


def test_zip_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        with out.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(70):
                part.write(bytes(MB))
    with pytest.raises(SourceError, match="zip bomb"):
        read(path)
    with pytest.raises(SourceError, match="unpacks to"):
        read(path, limits=ReadLimits(unpacked=MB))
    with pytest.raises(SourceError, match="parts"):
        read(path, limits=ReadLimits(entries=1))


def test_entity_bombs_are_refused(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    path = workbook(tmp_path / "b.xlsx", {"L": sheet_data(LEADS)}, extra={"xl/worksheets/sheet9.xml": bomb})
    with pytest.raises(SourceError, match="entities"):
        read(path)


def test_repeated_cells_of_a_tiny_ods_are_refused_when_they_are_too_many(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    with pytest.raises(SourceError, match="more than is read"):
        read(open_document(tmp_path / "b.ods", row))


def locked(path: Path, password: str) -> Path:
    """A workbook under a password."""
    book = openpyxl.Workbook()
    for row in LEADS.values():
        book.active.append(row)
    plain = io.BytesIO()
    book.save(plain)
    with path.open("wb") as out:
        OOXMLFile(plain).encrypt(password, out)
    return path


def test_excels_built_in_password_opens_and_any_other_is_one_sentence(tmp_path: Path) -> None:
    found = read(locked(tmp_path / "v.xlsx", "VelvetSweatshop"))[0]
    assert lines(found) == [["Asha", "9876500001"], ["Ravi", "9876500002"]]
    assert "built-in password" in notes(found)
    with pytest.raises(SourceError, match="protected by a password"):
        read(locked(tmp_path / "p.xlsx", "secret"))


def test_a_truncated_workbook_is_one_sentence(tmp_path: Path) -> None:
    data = workbook(tmp_path / "w.xlsx", {"L": sheet_data(LEADS)}).read_bytes()
    for size in (4, 40, len(data) // 2, len(data) - 10):
        (tmp_path / "t.xlsx").write_bytes(data[:size])
        with pytest.raises(SourceError):
            read(tmp_path / "t.xlsx")


def seeds(folder: Path) -> list[bytes]:
    """Small good files of every kind."""
    plain = "<table:table-row><table:table-cell><text:p>Mobile</text:p></table:table-cell></table:table-row>"
    made = [
        workbook(folder / "a.xlsx", {"L": sheet_data(LEADS)}),
        binary_workbook(folder / "a.xlsb", {1: {0: "Mobile"}, 2: {0: "98765"}}),
        open_document(folder / "a.ods", plain * 2),
    ]
    page = b"<table><tr><td>Mobile</td></tr><tr><td>9876500001</td></tr></table>"
    return [
        *(path.read_bytes() for path in made),
        page,
        csv_text([["Name", "Mobile"], *[p[:2] for p in people(9)]]).encode(),
    ]


with tempfile.TemporaryDirectory() as _made:
    SEEDS = seeds(Path(_made))
BINARY = 1  # its engine panics past every `except`: only for the reading process


def mutated(kind: int, seed: int) -> bytes:
    """A seed with some bytes changed, perhaps cut."""
    dice = random.Random(seed)
    data = bytearray(SEEDS[kind])
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data[: dice.choice([len(data), dice.randrange(1, len(data))])])


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from([at for at in range(len(SEEDS)) if at != BINARY]), seed=st.integers(0, 10**6))
def test_mutated_files_raise_nothing_but_source_errors(kind: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated"
        path.write_bytes(mutated(kind, seed))
        try:
            read(path)
        except SourceError as error:
            assert str(error)  # noqa: PT017 - either end is right


def test_an_engine_that_panics_is_survived(tmp_path: Path) -> None:
    for seed in range(6):
        path = tmp_path / f"{seed}.xlsb"
        path.write_bytes(mutated(BINARY, seed))
        try:
            tables = read_tables(path, limits=SMALL)
        except SourceError as error:
            assert str(path) in str(error)  # noqa: PT017 - either end is right
        else:
            assert tables


XML = [
    "<c",
    'r="A1"',
    'r="ZZZZ9"',
    't="s"',
    ">",
    "<v>",
    "9" * 400,
    "1e999",
    "</v>",
    "</c>",
    "<row",
    'r="0"',
    's="99"',
    "<f>",
    "&lt;",
    "<is>",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(XML), max_size=25))
def test_strange_sheet_xml_raises_nothing_but_source_errors(pieces: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = "<sheetData>" + " ".join(pieces) + sheet_data(LEADS).removeprefix("<sheetData>")
        try:
            read(workbook(Path(folder) / "w.xlsx", {"L": rows}))
        except SourceError as error:
            assert str(error)  # noqa: PT017 - either end is right


def test_time_and_memory_are_bounded(tmp_path: Path) -> None:
    path = workbook(tmp_path / "w.xlsx", {"L": sheet_data(LEADS)})
    with pytest.raises(SourceError, match="seconds allowed"):
        read_tables(path, limits=ReadLimits(seconds=0.01, seconds_per_mb=0))
    with pytest.raises(SourceError, match=r"takes more|damaged"):
        read_tables(path, limits=ReadLimits(memory=200 * MB))
    with pytest.raises(SourceError, match="files of up to"):
        read_tables(path, limits=ReadLimits(file_size=10))


def test_a_table_travels_whole_through_the_reading_process(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name;Mobile;Mobile\nAsha;+919876500001;\n\nRavi;98;x;y\nMira;0098;z\n")
    table = read_tables(tmp_path / "a.csv")[0]
    assert [(column.letter, column.header) for column in table.columns] == [
        ("A", "Name"),
        ("B", "Mobile"),
        ("C", "Mobile (2)"),
    ]
    assert table.cells.to_numpy().tolist()[0] == ["Asha", "+919876500001", ""]
    assert list(table.cells.columns) == [0, 1, 2]
    assert set(map(str, table.cells.dtypes)) == {"str"}
    assert table.row_numbers.tolist() == [2, 4, 5]
    why = "it has 4 fields where the header has 3"
    assert table.problems.to_numpy().tolist() == [[1, -1, "row_damaged", "Ravi;98;x;y", why]]
    assert (table.facts.format, table.facts.delimiter, table.facts.encoding) == ("csv", ";", "utf-8")


def test_a_notebook_gets_a_frame_with_what_was_understood(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Report\n,Mobile,Naïve\nx,0098,NA\n".encode("cp1252"))
    frame = read_table(tmp_path / "a.csv")
    assert list(frame.columns) == ["Column A", "Mobile", "Naïve"]
    assert frame.iloc[0].tolist() == ["x", "0098", "NA"]
    source = frame.attrs["source"]
    assert (source["encoding"], source["header_row"], source["damaged"]) == ("windows-1252", 2, [])
    assert (source["format"], source["delimiter"], source["sheet"]) == ("csv", ",", None)


def test_a_notebook_is_told_of_sheet_and_damaged_cells_of_a_workbook(tmp_path: Path) -> None:
    content = sheet_data(LEADS).replace("</row></sheetData>", '<c r="C3" t="e"><v>#N/A</v></c></row></sheetData>')
    frame = read_table(workbook(tmp_path / "a.xlsx", {"Leads": content}), sheet="Leads")
    source = frame.attrs["source"]
    assert (source["format"], source["sheet"], source["header_row"]) == ("xlsx", "Leads", 1)
    assert [(d["position"], d["row"], d["column"], d["code"]) for d in source["damaged"]] == [(1, 3, "C", "error_cell")]


def test_a_small_file_is_read_without_starting_a_library(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,Mobile\nAsha,9876500001\n\nRavi,1,2\n")
    code = (
        "import sys, pathlib; from tests.builders_loader import read; from syncjob.loader.answer import write\n"
        "assert write(read(pathlib.Path(sys.argv[1]))[0], None)['rows'] == [2, 4]\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'zipfile', 'rapidfuzz'} & set(sys.modules)))"
    )
    words = (sys.executable, "-c", code, str(tmp_path / "a.csv"))
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() in ("[]", "['zipfile']")  # the builders make archives


def test_several_files_and_globs_are_read_in_natural_order(tmp_path: Path) -> None:
    for name in ("leads 10.csv", "leads 9.csv", "~$leads 1.csv", "leads 2.csv.part", ".leads 3.csv"):
        (tmp_path / name).write_text(f"Name,Mobile\n{name},98765\n")
    paths = expand(["leads *", "leads 9.csv"], tmp_path)
    assert [path.name for path in paths] == ["leads 9.csv", "leads 10.csv"]
    assert [table.cells.iloc[0, 0] for table in read_many(paths)] == ["leads 9.csv", "leads 10.csv"]
    for pattern in ("none*.csv", "gone.csv", "."):
        with pytest.raises(SourceError) as caught:
            expand([pattern], tmp_path)
        assert caught.value.code == "source_missing"
        assert pattern in str(caught.value)


@pytest.mark.parametrize("tail", [b"Ren\xe9", b'"a \\" b"', b"x" * 9 + b'\xff\\"'])
def test_a_line_without_end_takes_no_more_time_than_its_bytes(tmp_path: Path, tail: bytes) -> None:
    begun = time.process_time()
    read_bytes(tmp_path, b"Mobile,Name\n9876500001," + b"x" * 400_000 + b",,,,\n9876500002," + tail + b"\n")
    assert time.process_time() - begun < 10


def test_thousands_of_lines_whose_quotes_stay_open_take_no_more_time_than_their_number(tmp_path: Path) -> None:
    begun = time.process_time()
    body = "".join(f'Navi {at}","New Delhi{at}","p{at}@example.com","c/o\n' for at in range(1200))
    read_bytes(tmp_path, f"Name,City,Email,Street,Mobile\n{body}".encode())
    assert time.process_time() - begun < 6


def test_xml_in_an_encoding_that_nobody_knows_is_one_sentence(tmp_path: Path) -> None:
    strange = '<?xml version="1.0" encoding="UTF-99"?><Relationships/>'
    path = workbook(tmp_path / "w.xlsx", {"L": sheet_data(LEADS)}, extra={"_rels/.rels": strange})
    with pytest.raises(SourceError, match="damaged"):
        read(path)


def test_a_folder_of_an_old_workbook_that_holds_itself_is_one_sentence(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Leads").write(0, 0, "Mobile")
    book.save(str(tmp_path / "a.xls"))
    data = bytearray((tmp_path / "a.xls").read_bytes())
    root = data.index("Root Entry".encode("utf-16-le"))
    data[root + 0x42] = 1  # a folder like any other,
    struct.pack_into("<I", data, root + 128 + 0x44, 0)  # and beside its own first entry
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        read(tmp_path / "a.xls")


@pytest.mark.parametrize("piece", ["<![if x]>", "<![<DATA[>", "<![C[>", "<![CDATA[x]]>"])
def test_odd_declarations_in_a_page_do_no_harm(tmp_path: Path, piece: str) -> None:
    page = f"<html>{piece}<table><tr><td>Mobile</td></tr><tr><td>9876500001</td></tr></table></html>"
    assert lines(read_bytes(tmp_path, page.encode(), "a.html")) == [["9876500001"]]
