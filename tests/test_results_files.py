"""The files of a run: whole or not at all, for this user alone, and never onto a source."""

import json
import os
import stat
from pathlib import Path

import pytest

from syncjob.errors import SyncjobError
from syncjob.results.aside import SCRATCH, place, place_text, sweep
from syncjob.results.files import write_run
from syncjob.results.index import entries, page, point
from syncjob.results.workbook import write_workbook
from tests.builders_results import make_results, make_sample

FINE = [["+919876500001", "Asha", "Pune"]]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_leaves_its_files_in_its_own_folder_and_latest_points_there(tmp_path: Path):
    files = write_run(make_sample(), tmp_path / "results", csv=True)
    assert files.folder == tmp_path / "results" / "20261121-0200-k3f9"
    fixing = {"needs-fixing.xlsx", "needs-fixing.csv"}
    assert names(files.folder) == {"result.xlsx", "result.csv", "report.html", "summary.json"} | fixing
    assert names(tmp_path / "results") == {files.folder.name, "latest", "index.html"}
    assert files.latest.resolve() == files.folder.resolve()
    assert not files.notes


def test_files_and_folders_are_for_this_user_alone(tmp_path: Path):
    files = write_run(make_sample(), tmp_path / "deep" / "results", csv=True, mask=True)
    assert {mode(path) for path in files.folder.iterdir()} == {0o600}
    assert {mode(path) for path in (files.folder, files.folder.parent, files.folder.parent.parent)} == {0o700}
    assert mode(files.index) == 0o600


def test_a_dry_run_says_so_in_the_names_of_its_files(tmp_path: Path):
    files = write_run(make_sample(dry_run=True), tmp_path, csv=True)
    assert (files.result.name, files.result_csv.name) == ("DRY-RUN-result.xlsx", "DRY-RUN-result.csv")
    assert files.fixing.name == "needs-fixing.xlsx"


def test_nothing_to_fix_leaves_no_needs_fixing_file_not_even_an_old_one(tmp_path: Path):
    first = write_run(make_sample(), tmp_path)
    assert first.fixing.exists()
    again = write_run(make_results(FINE, ["created"]), tmp_path)
    assert (again.fixing, again.fixing_csv) == (None, None)
    assert names(again.folder) == {"result.xlsx", "report.html", "summary.json"}


def test_the_summary_for_machines_has_what_the_contract_names(tmp_path: Path):
    told = json.loads(write_run(make_sample(), tmp_path).summary.read_text(encoding="utf-8"))
    assert set(told) >= {
        "run_id", "job", "mode", "dry_run", "sources", "listing", "counts", "balance", "requests", "retries",
        "seconds", "exit_code",
    }  # fmt: skip
    assert told["balance"] == {"rows_read": 40, "accounted_for": 40, "ok": True}
    assert told["counts"]["invalid"] == 5
    assert "result.xlsx" in told["files"]


def test_the_result_can_lie_elsewhere_and_the_rest_stays(tmp_path: Path):
    files = write_run(make_sample(), tmp_path / "results", csv=True, result_path=tmp_path / "out" / "tonight.xlsx")
    assert names(tmp_path / "out") == {"tonight.xlsx"}
    assert names(files.folder) == {"result.csv", "report.html", "needs-fixing.xlsx", "needs-fixing.csv", "summary.json"}
    into = write_run(make_sample(), tmp_path / "results", result_path=tmp_path / "out", mask=True)
    assert into.result == tmp_path / "out" / "result.xlsx"
    assert tmp_path / "out" / "result-masked.xlsx" in into.masked


def test_a_csv_elsewhere_is_a_csv(tmp_path: Path):
    files = write_run(make_sample(), tmp_path / "results", result_path=tmp_path / "tonight.CSV")
    assert (tmp_path / "tonight.csv").read_bytes().startswith(b"\xef\xbb\xbfMobile,Name")
    assert files.result == files.folder / "result.xlsx"


def test_the_source_is_never_overwritten(tmp_path: Path):
    source = tmp_path / "leads.xlsx"
    source.write_bytes(b"precious")
    files = write_run(make_results(FINE, ["created"], sources=(str(source),)), tmp_path / "r", result_path=source)
    assert source.read_bytes() == b"precious"
    assert files.result == tmp_path / "leads (result).xlsx"
    assert "is the source" in files.notes[0]


def test_a_name_that_cannot_be_replaced_gives_way_to_another_that_is_told(tmp_path: Path):
    blocked = tmp_path / "20261121-0200-k3f9" / "result.xlsx"
    blocked.mkdir(parents=True)
    files = write_run(make_results(FINE, ["created"]), tmp_path)
    assert files.result.name == "result (2).xlsx"
    assert "result (2).xlsx" in files.notes[0]


def test_a_writer_that_fails_leaves_the_old_file_and_no_scrap(tmp_path: Path):
    target = place_text(tmp_path / "a.txt", "old")

    def half(path: Path) -> None:
        path.write_text("new but half")
        raise OSError(28, os.strerror(28))

    with pytest.raises(SyncjobError, match="the disk is full") as raised:
        place(target, half)
    assert raised.value.code == "results_unwritable"
    assert (target.read_text(), names(tmp_path)) == ("old", {"a.txt"})


def test_a_workbook_that_cannot_be_written_leaves_nothing_open_and_nothing_behind(tmp_path: Path):
    def hindered(path: Path) -> None:
        path.mkdir()
        write_workbook(make_sample(), path)

    with pytest.raises(SyncjobError, match="can't be written"):
        place(tmp_path / "result.xlsx", hindered)
    assert not names(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_in_clear_words(tmp_path: Path):
    (tmp_path / "results").write_text("a file in the way")
    with pytest.raises(SyncjobError, match="a file is in the way of the folder"):
        write_run(make_results(FINE, ["created"]), tmp_path / "results")


def test_what_a_killed_run_left_half_written_is_swept_away(tmp_path: Path):
    left = tmp_path / "20261121-0200-k3f9" / f"{SCRATCH}abc"
    left.mkdir(parents=True)
    (left / "result.xlsx").write_text("half")
    files = write_run(make_results(FINE, ["created"]), tmp_path)
    assert names(files.folder) == {"result.xlsx", "report.html", "summary.json"}


def test_where_links_are_impossible_a_text_names_the_newest_run(tmp_path: Path):
    def refuse(source: str, target: Path) -> None:
        raise OSError(1, "links are not permitted")

    pointer = point(tmp_path, "run-2", link=refuse)
    assert (pointer.name, pointer.read_text()) == ("latest.txt", "run-2\n")
    assert point(tmp_path, "run-3").readlink() == Path("run-3")
    assert names(tmp_path) == {"latest"}


def test_the_index_lists_all_runs_newest_first_and_links_only_what_is_there(tmp_path: Path):
    write_run(make_sample(run_id="run-1"), tmp_path)
    files = write_run(make_sample(dry_run=True, run_id="run-2"), tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "summary.json").write_text("{")
    (files.folder / "plan.json").write_text("{}")
    html = page(entries(tmp_path))
    assert html.index("run-2") < html.index("run-1")
    assert ('href="run-1/report.html"' in html, 'href="run-2/report.html"' in html) == (True, True)
    assert ('href="run-1/plan.json"' in html, 'href="run-2/plan.json"' in html) == (False, True)
    assert ("DRY RUN" in html, "LIVE" in html, "broken" in html) == (True, True, False)
    assert "<strong>! Please fix 5</strong>" in html


def test_the_index_escapes_everything_and_asks_nothing_of_anybody(tmp_path: Path):
    write_run(make_sample(job="<script>alert(1)</script>", run_id="a&b #1"), tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in html
    assert 'href="a%26b%20%231/result.xlsx"' in html
    assert "default-src 'none'" in html
    assert "http://" not in html.replace("http-equiv", "")


@pytest.mark.parametrize("run_id", ["", "../out", "a/b", ".."])
def test_a_run_id_that_is_no_name_is_refused(tmp_path: Path, run_id: str):
    with pytest.raises(SyncjobError, match="can't name a folder"):
        write_run(make_results(FINE, ["created"], run_id=run_id), tmp_path / "results")


def test_two_files_are_written_side_by_side_though_one_is_done_while_the_other_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / f"{SCRATCH}of-another-file"
    monkeypatch.setattr(Path, "glob", lambda _folder, _pattern: iter([gone]))
    sweep(tmp_path)
    assert place_text(tmp_path / "result.csv", "a").read_text() == "a"
