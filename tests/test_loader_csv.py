"""Delimited text files: what is read, and that damage costs its own row only."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncjob.errors import SourceError
from syncjob.loader import apostrophe
from tests.builders_loader import HEADER, csv_text, flaws, lines, notes, people, read_bytes
from tests.exam_loader.cases import case

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    writing=st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
)
def test_any_table_of_text_reads_back_identically(
    table: list[list[str]], delimiter: str, encoding: str, writing: tuple[str, int]
) -> None:
    names = ["Mobile", "Email", "First Name", "Tag", "City"][: len(table[0])]
    rows = [[f"r{at}", *cells[1:]] for at, cells in enumerate(table)]
    written = [[apostrophe.put(cell) for cell in row] for row in rows]
    data = csv_text([names, *written], delimiter, *writing).encode(encoding)
    with TemporaryDirectory() as folder:
        found = read_bytes(Path(folder), data, encoding=encoding.replace("utf-16", "auto"))
    expected = [
        [cell if not cell.startswith("'") else apostrophe.take(apostrophe.put(cell)) for cell in row] for row in rows
    ]
    assert found.headers == names
    assert not found.flaws
    assert lines(found) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [HEADER, ["Zoë Müller", "+919876500001", "Köln, Süd; West", "“smart” – 5€"], *people(5)]
    found = read_bytes(tmp_path, csv_text(rows, delimiter).encode(encoding))
    assert lines(found) == [list(row) for row in rows[1:]]
    assert found.facts["delimiter"] == delimiter
    assert found.facts["encoding"] == {"cp1252": "windows-1252"}.get(encoding, encoding)


DAMAGE = {
    "a quote at the begin of a field": lambda line, d: f'"{line}',
    "a quote at the begin of the second field": lambda line, d: line.replace(d, f'{d}"', 1),
    "a delimiter too many": lambda line, d: line.replace(d, d + d, 1),
    "another field": lambda line, d: f"{line}{d}more",
    "a NUL": lambda line, d: line[:3] + "\x00" + line[3:],
    "a newline within the third field": lambda line, d: d.join(line.split(d)[:2]) + f"{d}Ci\nty{d}" + line.split(d)[3],
    "a newline within the first field": lambda line, d: line.lstrip('"')[:3] + "\n" + line.lstrip('"')[3:],
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_line_costs_only_itself(tmp_path: Path, damage: str, quoting: int, seed: int) -> None:
    dice = random.Random(f"{damage}{seed}")
    rows = people(60)
    for row in dice.sample(rows, 6):
        row[3] = 'two\nlines, with "quotes" and a comma'
    text = [csv_text([row], quoting=quoting).removesuffix("\r\n") for row in rows]
    hit = dice.choice([at for at, row in enumerate(rows) if "\n" not in row[3]])
    text[hit] = DAMAGE[damage](text[hit], ",")
    found = read_bytes(tmp_path, "\r\n".join([",".join(HEADER), *text, ""]).encode())
    row_of = {int(row): cells for row, cells in zip(found.rows, lines(found), strict=True)}
    damaged = {flaw.row for flaw in found.flaws if flaw.code == "row_damaged"}
    healthy = [cells for row, cells in row_of.items() if row not in damaged]
    assert [cells for cells in rows if cells is not rows[hit]] == [c for c in healthy if c in rows and c != rows[hit]]
    assert damaged, "the damage is named"
    assert all(cells in rows or "newline" in damage for cells in healthy)


def test_two_damaged_lines_with_matching_quotes_do_not_swallow_what_is_between(tmp_path: Path) -> None:
    text = [",".join(row) for row in people(30)]
    text[4] = text[4].replace(",City", ',"City')
    text[9] = text[9].replace("Person 9", 'Person 9"')
    found = read_bytes(tmp_path, "\n".join([",".join(HEADER), *text]).encode())
    assert len(found.rows) == 30
    assert [flaw.row for flaw in found.flaws] == [6]
    assert "row 11" in notes(found)


def test_a_stray_quote_inside_a_field_is_text(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'Name,Mobile,Note\nAsha,9876500001,5" pipe\nRavi,9876500002,plain\n')
    assert lines(found)[0][2] == '5" pipe'
    assert not found.flaws


def test_blank_fields_missing_or_extra_at_the_end_are_noted_not_damaged(tmp_path: Path) -> None:
    data = b"Name,Mobile,City\nAsha,9876500001\nRavi,9876500002,Pune,,\nMira,9876500003,Agra\n"
    found = read_bytes(tmp_path, data)
    assert lines(found) == [["Asha", "9876500001", ""], ["Ravi", "9876500002", "Pune"], ["Mira", "9876500003", "Agra"]]
    assert not found.flaws
    assert "row 2" in notes(found)
    assert "row 3" in notes(found)


def test_a_field_more_than_the_header_in_every_row_shifts_no_column(tmp_path: Path) -> None:
    rows = [[str(at), *row] for at, row in enumerate(people(20))]
    found = read_bytes(tmp_path, csv_text([HEADER, *rows]).encode())
    assert found.headers == list(HEADER)
    assert {flaw.code for flaw in found.flaws} == {"row_damaged"}
    assert len(found.flaws) == 20


def test_row_numbers_are_those_of_the_spreadsheet_program(tmp_path: Path) -> None:
    data = b'sep=;\r\nReport;;\r\n\r\nName;Mobile;Note\r\nAsha;9876500001;"a\r\nb"\r\n\r\n;;\r\nRavi;9876500002;x\r\n'
    found = read_bytes(tmp_path, data)
    assert found.facts["header_row"] == 3
    assert found.rows.tolist() == [4, 7]
    assert lines(found)[0][2] == "a\r\nb"


@pytest.mark.parametrize(
    ("tail", "cut"),
    [
        (b"Mira,98765", True),
        (b'Mira,9876500003,"ab', True),
        (b"Mira,9876500003,x", False),
        (b"Mira,9876500003\n", False),
    ],
)
def test_a_file_that_was_cut_off_is_known(tmp_path: Path, tail: bytes, cut: bool) -> None:
    body = csv_text([row[:3] for row in people(10)]).encode()
    found = read_bytes(tmp_path, b"Name,Mobile,City\r\n" + body + tail)
    assert found.facts["cut_off"] is cut
    assert bool(found.flaws) is cut


def test_a_footer_behind_a_blank_line_is_no_cut(tmp_path: Path) -> None:
    body = csv_text([list(HEADER), *people(10)]).encode()
    assert read_bytes(tmp_path, body + b"\r\nExported by CRM").facts["cut_off"] is False
    assert read_bytes(tmp_path, body + b"Exported by CRM").facts["cut_off"] is True


def test_an_apostrophe_of_ours_is_taken_off_exactly(tmp_path: Path) -> None:
    values = ["=1+1", "@x", "+1+cmd|x", "-x", "+919876500001", "-5", "'quoted'", "it's"]
    data = csv_text([["Name", "Mobile"], *[["n", apostrophe.put(value)] for value in values]]).encode()
    assert [line[1] for line in lines(read_bytes(tmp_path, data))] == values
    assert apostrophe.put("+919876500001") == "+919876500001"


def test_text_survives_as_it_is(tmp_path: Path) -> None:
    values = ["007", "+91 98765", "0091", "NA", "null", "None", "nan", "1.0", "9.19E+11", " pad ", "TRUE", "\u00a0x"]
    data = csv_text([["Name", "Mobile"], *[["n", value] for value in values]]).encode()
    assert [line[1] for line in lines(read_bytes(tmp_path, data))] == values


def test_clean_and_damaged_stretches_of_a_large_file_join_seamlessly(tmp_path: Path) -> None:
    rows = people(60_000)
    text = [",".join(row) for row in rows]
    hits = [10, 20_000, 20_001, 59_999]
    for hit in hits:
        text[hit] = '"' + text[hit]
    found = read_bytes(tmp_path, "\n".join([",".join(HEADER), *text, ""]).encode())
    assert found.rows.tolist() == list(range(2, 60_002))
    assert [flaw.row for flaw in found.flaws] == [hit + 2 for hit in hits]
    assert found.cells[1].to_pylist()[:20_000:999] == [row[1] for row in rows[:20_000:999]]


@pytest.mark.parametrize("data", [b"9876500001,Asha\n9876500002,Ravi\n", b"asha@example.com;x\nravi@example.com;y\n"])
def test_a_file_without_a_header_is_refused_not_eaten(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_bytes(tmp_path, data)
    assert caught.value.code == "source_unmapped"
    assert "header_row" in caught.value.advice


def test_header_names_are_made_unique_and_blank_columns_left_out(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"Phone,,Phone,Name\n9876500001,,9876500002,Asha\n")
    assert found.headers == ["Phone", "Phone (2)", "Name"]
    assert found.letters == [0, 2, 3]


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(st.sampled_from('",;|\t\r\n\x00a1@+é \\'), max_size=120).map(
            lambda text: ("Name,Mobile\n" + text).encode()
        ),
    )
)
def test_no_bytes_raise_anything_but_a_source_error(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        try:
            found = read_bytes(Path(folder), data)
        except SourceError as error:
            assert str(error)  # noqa: PT017 - either end is right
        else:
            assert all(len(column) == len(found.rows) for column in found.cells)
            assert found.rows.tolist() == sorted(set(found.rows.tolist()))


def test_a_backslash_at_the_end_of_quoted_cells_escapes_nothing(tmp_path: Path) -> None:
    rows = [[f"{at} Hill\r\nPune, \r\nIndia", f"+9198765{at:05d}", "C:\\share\\"] for at in range(12)]
    found = read_bytes(tmp_path, csv_text([["Street", "Mobile", "Note"], *rows], quoting=csv.QUOTE_ALL).encode())
    assert lines(found) == rows


@pytest.mark.parametrize("bad", [b"\xe9", b"\xff", b"\xf0\x9f"])
def test_a_few_bad_bytes_do_not_make_utf8_something_else(tmp_path: Path, bad: bytes) -> None:
    body = "Name,Mobile\nZoë,9876500001\n".encode() + b"".join(
        b"P" + bad + b"x,98765%05d\n" % at for at in range(2, 12)
    )
    found = read_bytes(tmp_path, body)
    assert lines(found)[0][0] == "Zoë"
    assert found.facts["encoding"] == "utf-8"
    assert "Windows-1252" in notes(found)


def test_a_file_of_an_old_mac_stays_one_where_later_lines_end_otherwise(tmp_path: Path) -> None:
    body = "Name,Mobile\rZoë,9876500001\rRenée,9876500002\rNoël,9876500003\r\nAsha,9876500004\r\n"
    found = read_bytes(tmp_path, body.encode("mac-roman"))
    assert [name for name, _ in lines(found)] == ["Zoë", "Renée", "Noël", "Asha"]


@pytest.mark.parametrize("torn", ["Ravi,pune,98765000\n00", "Ra\nvi,pune,9876500000"])
def test_a_lone_piece_costs_the_row_it_comes_from(tmp_path: Path, torn: str) -> None:
    whole = [f"{name},pune,98765{at:05d}" for at, name in enumerate(["Asha", "Ravi", "Mira"] * 5, start=1)]
    whole[6] = torn
    found = read_bytes(tmp_path, ("Name,City,Mobile\n" + "\n".join(whole) + "\n").encode())
    assert [(row, raw) for row, _, _, raw in flaws(found)] == [(8, torn)]
    assert len(lines(found)) == 15


def test_rows_that_a_lost_quote_tore_do_not_pass_for_lines_that_end_early(tmp_path: Path) -> None:
    rows = [f'P {at},98765{at:05d},"1 Hill\nPune",VIP' for at in range(40)]
    for at in range(5, 40, 8):
        rows[at] = rows[at].replace('"1', "1")
    found = read_bytes(tmp_path, ("Name,Mobile,Street,Note\n" + "\n".join(rows) + "\n").encode())
    assert len(flaws(found)) == 5
    assert len(lines(found)) == 40


@pytest.mark.parametrize("seed", range(40, 70))
def test_small_and_large_files_are_read_alike(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_both() -> tuple[object, ...]:
        found = read_bytes(tmp_path, case(seed).data)
        return found.headers, found.letters, lines(found), found.rows.tolist(), flaws(found), found.facts

    monkeypatch.setattr("syncjob.loader.text.SMALL", 1 << 30)
    plain = read_both()
    monkeypatch.setattr("syncjob.loader.text.SMALL", -1)
    assert read_both() == plain


@pytest.mark.parametrize("text", ["x", " ", "\u00a0\u3000", "\u200b", " " * 17, "\x0b", "\u2003", "\u2028", ""])
def test_blank_cells_are_blank_in_small_and_large_files(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Mobile", "Note", ""], ["9876500001", "a", ""], ["", text, text], ["", "", ""], ["", "'=1", ""]]
    found = []
    for small in (1 << 30, -1):
        monkeypatch.setattr("syncjob.loader.text.SMALL", small)
        one = read_bytes(tmp_path, csv_text(rows).encode())
        found.append((one.headers, lines(one), one.rows.tolist()))
    assert found[0] == found[1]
