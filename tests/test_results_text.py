"""Results as CSV: the same columns, safe to open, and read back to the same texts."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest

from syncjob.loader.apostrophe import put, take
from syncjob.results import text
from syncjob.results.table import SYNC_COLUMNS, build
from syncjob.results.text import delimiter, write_csv
from syncjob.schema import FIELD_CHANGES, REMOTE_ONLY
from tests.builders_results import make_facts, make_loaded, make_outcomes, make_results, make_table


def lines(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("=1+1", "'=1+1"), ("@SUM(1)", "'@SUM(1)"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("+cmd|x", "'+cmd|x"),
        ("+1+cmd|x", "'+1+cmd|x"), ("-x", "'-x"), ("+919876500001", "+919876500001"), ("-5", "-5"), ("NA", "NA"),
        ("'mine", "'mine"), ("a\r\nb", "a\r\nb"), ('say "hi", ok', 'say "hi", ok'), ("नमस्ते 😀", "नमस्ते 😀"),
    ],
)  # fmt: skip
def test_only_what_could_become_a_formula_gets_an_apostrophe_and_the_loader_takes_it_off(
    tmp_path: Path, value: str, kept: str
):
    write_csv(make_results([["1", value, "x"]], ["created"]), tmp_path / "a.csv")
    found = lines(tmp_path / "a.csv")[1][1]
    assert found == kept
    assert take(found) == value


TRAPS = [
    *(
        "",
        "=",
        "+",
        "-",
        "@",
        "+91",
        "+91 98",
        "+9\x0b8",
        "+91,5",
        "-5;5",
        "-(5)",
        "+٣",
        "a'b",
        "é",
        "a§",
        "\xc2",
        "§",
        "'",
    ),
    *("'=1", '"', '=""', "+1\n2", "x\ry", "@a,b;c", "\t,", "+1|2", "𐍈,", "+5" * 30),
]


@pytest.mark.parametrize("mark", [",", ";", "|", "'", "§", "5"])
def test_whole_columns_are_written_as_their_texts_would_be_one_by_one(mark: str):
    wanted = [put(trap) for trap in TRAPS]
    quoted = ['"' + one.replace('"', '""') + '"' if set(one) & {mark, *'"\r\n'} else one for one in wanted]
    column = pa.array(["left out", *TRAPS], pa.large_string()).slice(1)
    assert text._safe(column, mark).to_pylist() == quoted


def test_the_file_begins_with_a_mark_and_has_the_same_columns_as_the_sheet(tmp_path: Path):
    results = make_results([["1", "a", "b"]], ["created"], headers=("=Mobile", "Name", ""))
    write_csv(results, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf'=Mobile,Name,,sync_outcome,")
    assert lines(tmp_path / "a.csv")[0] == ["'=Mobile", "Name", "", *SYNC_COLUMNS]


def test_messages_are_guarded_like_the_users_cells(tmp_path: Path):
    told = {"outcome": "updated", "changes": "=1+1", "number": "+919876500001", "sid": "@x"}
    write_csv(make_results([["1", "a", "b"]], [told]), tmp_path / "a.csv")
    found = dict(zip(*lines(tmp_path / "a.csv"), strict=True))
    assert (found["sync_changes"], found["sync_sid"], found["sync_number"]) == ("'=1+1", "'@x", "+919876500001")


def test_the_sources_own_delimiter_is_kept_where_all_share_one(tmp_path: Path):
    loaded = make_loaded(make_table([["1", "a", "b"]], source="leads.csv", sheet=None, delimiter=";"))
    results = build(make_facts(), loaded, make_outcomes("created"), REMOTE_ONLY.empty(), FIELD_CHANGES.empty())
    write_csv(results, tmp_path / "a.csv")
    assert delimiter(results) == ";"
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").startswith("Mobile;Name;City;sync_outcome")


def test_more_lines_than_a_chunk_all_arrive(tmp_path: Path):
    write_csv(make_results([[str(at), "a", "b"] for at in range(20_010)], ["created"] * 20_010), tmp_path / "a.csv")
    assert [line[0] for line in lines(tmp_path / "a.csv")[1:]] == [str(at) for at in range(20_010)]
