"""The drop folder: what is complete is run once and put away with its results, whatever happens in between."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncjob.inbox import shelf as shelves
from syncjob.inbox.looking import look
from tests.builders_notify import web
from tests.builders_work import number
from tests.journey.builders import Desk, Said, people, person, read_csv, read_sheet
from tests.journey.builders_hostile import Forge

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def box(desk: Desk) -> Path:
    """An empty drop folder."""
    made = desk.folder / "in"
    made.mkdir()
    return made


def put(desk: Desk, name: str, *rows: dict[str, str]) -> Path:
    return desk.sheet(rows or people(1, 2), f"in/{name}")


def swept(desk: Desk, *more: object) -> Said:
    """One pass, as a timer makes it."""
    return desk("inbox", desk.folder / "in", "--yes", *more)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def test_a_good_file_goes_to_done_with_its_results_beside_it_and_one_line_says_so(desk: Desk, box: Path) -> None:
    box.chmod(0o770)
    put(desk, "leads.csv").chmod(0o640)
    said = swept(desk)
    assert (said.code, said.out) == (0, "leads.csv → done/leads.csv: 2 rows: 2 added\n")
    beside = ["leads-report.html", "leads-result.csv", "leads-result.xlsx", "leads-summary.json", "leads.csv"]
    assert (names(box / "done"), names(box), names(box / "working")) == (beside, [], [])
    assert [row["sync_outcome"] for row in read_csv(box / "done" / "leads-result.csv")] == ["created", "created"]
    assert set(desk.held()) == {number(1), number(2)}
    modes = {path.name: path.stat().st_mode & 0o777 for path in (box / "done", *(box / "done").iterdir())}
    assert (modes.pop("done"), set(modes.values())) == (0o770, {0o640})  # as readable as what was put there
    assert swept(desk).out == f"Nothing to take in {box}.\n"


def test_what_needs_a_person_goes_to_failed_and_the_gravest_exit_code_counts(desk: Desk, box: Path) -> None:
    put(desk, "a.csv")
    put(desk, "b.xlsx", person(3), {"number": "12"})
    (box / "c.xlsx").write_bytes(b"%PDF-1.7 by another name")
    said = swept(desk)
    assert said.code == 4
    assert "b.xlsx → failed/b.xlsx: 2 rows: 1 added, 1 please fix" in said.out
    assert [row["number"] for row in read_sheet(box / "failed" / "b-needs-fixing.xlsx", "Needs fixing")] == ["12"]
    assert names(box / "failed")[-2:] == ["c-why.txt", "c.xlsx"]
    assert "PDF" in (box / "failed" / "c-why.txt").read_text()
    assert len(said.out.splitlines()) == 3


def test_the_corrected_rows_are_sent_back_by_putting_them_into_the_folder(desk: Desk, box: Path) -> None:
    put(desk, "b.csv", person(3), {"number": "12", "first_name": "Name 4"})
    swept(desk)
    assert f"put it into the folder {box}" in (box / "failed" / "b-report.html").read_text()
    fixed = (box / "failed" / "b-needs-fixing.csv").read_text("utf-8-sig").replace("12,", f"{number(4)},", 1)
    (box / "b-fixed.csv").write_text(fixed)
    assert swept(desk).out == "b-fixed.csv → done/b-fixed.csv: 1 row: 1 added\n"
    assert set(desk.held()) == {number(3), number(4)}


def test_a_name_that_lies_in_done_already_gets_another_and_nothing_is_overwritten(desk: Desk, box: Path) -> None:
    put(desk, "leads.csv")
    swept(desk)
    kept = (box / "done" / "leads-result.csv").read_bytes()
    put(desk, "leads.csv", person(3))
    assert swept(desk).out == "leads.csv → done/leads (2).csv: 1 row: 1 added\n"
    assert (box / "done" / "leads-result.csv").read_bytes() == kept
    assert (box / "done" / "leads (2)-result.csv").exists()


def test_a_file_speaks_for_its_rows_alone_unless_whole_is_said(desk: Desk, box: Path) -> None:
    desk.ours(*people(range(4)), sync={"remote_only": "delete"}, limits={"deletes": {"percent": 90}})
    desk.config(sync={"remote_only": "delete"}, limits={"deletes": {"percent": 90}, "shrink": None})
    put(desk, "some.csv", *people(1, 2))
    assert swept(desk).out == "some.csv → done/some.csv: 2 rows: 2 no change\n"
    assert len(desk.held()) == 4
    put(desk, "all.csv", *people(1, 2))
    assert swept(desk, "--whole").code == 0
    assert set(desk.held()) == {number(1), number(2)}


def test_a_file_that_may_not_be_complete_waits_and_says_why(desk: Desk, box: Path) -> None:
    desk.config(source={"settle": 30})
    put(desk, "fresh.csv")
    said = swept(desk)
    assert said.code == 0
    assert "fresh.csv → waiting: it was changed 0 s ago, and must lie still for 30 s" in said.out
    desk.config()
    put(desk, "open.xlsx")
    (box / ".~lock.open.xlsx#").touch()
    (box / "empty.csv").touch()
    (box / "cut.xlsx").write_bytes(b"PK\3\4 the rest is on its way")
    for name in ("copy.csv.part", "load.csv.crdownload", ".hidden.csv", "~$open.xlsx"):
        (box / name).write_text("number\n1\n")
    lines = dict(line.split(" → ") for line in swept(desk).out.splitlines())
    assert lines.pop("fresh.csv").startswith("done")
    assert {name: why.partition(": ")[2] for name, why in lines.items()} == {
        "open.xlsx": "somebody has it open",
        "empty.csv": "it is empty so far",
        "cut.xlsx": "it is not complete yet",
    }


def test_what_never_gets_complete_is_taken_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "cut.xlsx").write_bytes(b"PK\3\4 and no more")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "left.csv").write_text("number\n")
    (tmp_path / "~$left.csv").touch()
    now = time.time()
    assert [bool(found.why) for found in look(tmp_path, 10, now + 60)] == [True] * 3
    assert [found.path.name for found in look(tmp_path, 10, now + 700) if not found.why] == ["cut.xlsx", "empty.csv"]
    assert [found.why for found in look(tmp_path, 10, now + 90_000)] == [""] * 3


def test_a_copy_that_keeps_its_old_date_is_not_taken_while_it_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("number\n1\n")
    os.utime(path, (0, 0))
    assert look(tmp_path, 10, time.time())[0].why.startswith("it was changed 0 s ago")
    os.utime(path, (2**33, 2**33))
    assert look(tmp_path, 10, time.time() + 11)[0].why == ""


def test_the_oldest_is_first_and_folders_links_and_other_files_stay(desk: Desk, box: Path) -> None:
    for age, name in enumerate(["b.csv", "a10.csv", "a9.csv"]):
        os.utime(put(desk, name, person(age)), (1e9 - (age > 0), 1e9 - (age > 0)))
    (box / "folder.csv").mkdir()
    (box / "link.csv").symlink_to(desk.folder / "config.yaml")
    (box / "notes.pdf").write_bytes(b"%PDF")
    found = look(box, 0, time.time())
    assert [each.path.name for each in found if not each.foreign] == ["a9.csv", "a10.csv", "b.csv"]
    for each in found:
        if not each.foreign:
            each.path.unlink()
    assert sorted(swept(desk).out.splitlines()) == [
        "link.csv → left: it is a link, and only files are taken",
        "notes.pdf → left: it is no spreadsheet",
    ]
    assert names(box) == ["link.csv", "notes.pdf"]


def test_a_dry_run_says_what_would_be_done_and_moves_and_sends_nothing(desk: Desk, box: Path) -> None:
    put(desk, "leads.csv")
    said = desk("inbox", box, "--dry-run")
    assert said.code == 0
    assert said.out.startswith("leads.csv → waiting: dry run: 2 rows: 2 would be sent; see ")
    assert (sorted(p.name for p in box.iterdir()), desk.writes) == (["leads.csv"], 0)


def test_without_a_yes_and_a_terminal_no_file_is_touched(desk: Desk, box: Path) -> None:
    put(desk, "leads.csv")
    said = desk("inbox", box)
    assert (said.code, sorted(p.name for p in box.iterdir())) == (8, ["leads.csv"])
    assert "--yes" in said.err


def test_a_folder_that_is_not_there_is_exit_4(desk: Desk) -> None:
    said = desk("inbox", desk.folder / "nowhere", "--yes")
    assert (said.code, "nowhere is no folder" in said.err) == (4, True)


def test_json_is_one_document_and_quiet_says_only_what_went_wrong(desk: Desk, box: Path) -> None:
    put(desk, "a.csv")
    put(desk, "b.csv", {"number": "12"})
    (told, other) = sorted(swept(desk, "--json").json["files"], key=lambda file: str(file["file"]))
    assert (told["file"], told["place"], told["exit_code"]) == ("a.csv", "done", 0)
    assert (Path(told["path"]), other["place"]) == (box / "done" / "a.csv", "failed")
    assert (desk.folder / "results" / told["run_id"]).is_dir()
    put(desk, "a.csv")
    said = swept(desk, "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_what_is_refused_by_a_guard_goes_to_failed_and_says_how_to_allow_it(desk: Desk, box: Path) -> None:
    desk.seed(person(90))
    desk.config(limits={"creates": {"count": 1, "factor": 1}})
    put(desk, "many.csv", *people(1, 2, 3))
    said = swept(desk)
    assert (said.code, "failed/many.csv: refused; too_many_creates: " in said.out) == (5, True)
    assert number(1) not in said.out + said.err
    assert "--allow too_many_creates@" in (box / "failed" / "many-why.txt").read_text()
    assert (box / "failed" / "many-report.html").exists()
    assert desk.writes == 0


def test_every_run_of_a_pass_is_told_and_a_pass_without_one_is_not(desk: Desk, box: Path) -> None:
    with web() as site:
        desk.config(notify={"ping": f"{site.url}/ping"})
        swept(desk)
        assert site.paths == []
        put(desk, "a.csv")
        put(desk, "b.csv", person(3), {"number": "12"})
        assert swept(desk).code == 3
    assert sorted(site.paths) == ["/ping/0", "/ping/3", "/ping/start", "/ping/start"]


def test_trouble_of_the_remote_leaves_the_files_for_the_next_pass(desk: Desk, box: Path) -> None:
    desk.config(remote={"api_key": "wrong"})
    put(desk, "a.csv")
    put(desk, "b.csv", person(3))
    said = swept(desk)
    assert (said.code, len(said.out.splitlines())) == (6, 1)
    assert (len(names(box / "working")), len(names(box))) == (1, 1)
    desk.config()
    assert swept(desk).code == 0
    assert len([name for name in names(box / "done") if name in ("a.csv", "b.csv")]) == 2
    assert set(desk.held()) == {number(1), number(2), number(3)}


def test_rows_left_to_us_are_taken_up_in_the_next_pass_under_the_same_run(desk: Desk, box: Path) -> None:
    put(desk, "a.csv")
    desk.remote.faults.add("error", call="create", status=401)
    said = swept(desk)
    assert (said.code, names(box / "working")) == (6, ["a.csv"])
    begun = desk.latest().name
    (told,) = swept(desk, "--json").json["files"]
    assert (told["run_id"], told["place"], desk.runs()) == (begun, "done", ["run"])
    assert [row["sync_outcome"] for row in read_csv(box / "done" / "a-result.csv")] == ["created", "created"]


class Cut(BaseException):
    """The process ends here."""


def test_a_pass_cut_at_any_step_is_brought_to_its_end_by_the_next(
    desk: Desk, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = 0
    while True:
        put(desk, "a.csv", person(step))
        with monkeypatch.context() as patch:
            left = cutting(patch, step)
            swept(desk)
        assert swept(desk).code == 0
        lying = [name for name in names(box / "done") if name.endswith(".csv") and "-" not in name]
        assert len(lying) == step + 1
        assert all((box / "done" / name.replace(".csv", "-result.xlsx")).exists() for name in lying)
        assert (names(box), names(box / "working"), len(desk.remote.store)) == ([], [], step + 1)
        step += 1
        if left():
            return


def cutting(patch: pytest.MonkeyPatch, step: int) -> Callable[[], bool]:
    """End the process at the given step of the shelf; whether it had no such step."""
    done = [0]

    def cut_before(real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any) -> Any:
            done[0] += 1
            if done[0] > step:
                raise Cut
            return real(*given)

        return stepped

    patch.setattr(Path, "rename", cut_before(Path.rename))
    patch.setattr(shelves, "write_private", cut_before(shelves.write_private))
    patch.setattr(shelves.Shelf, "_copy", cut_before(shelves.Shelf._copy))
    return lambda: done[0] <= step


def test_killed_while_it_sends_the_next_pass_settles_it_and_nothing_is_twice(
    desk: Desk, box: Path, forge: Forge
) -> None:
    desk.config(remote={"timeout": 10})
    put(desk, "a.csv")
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    running = forge.start(desk, "inbox", box, "--yes", name="first")
    assert desk.remote.gate.until_waiting(seconds=60)
    busy = swept(desk)
    assert (busy.code, "inbox of job leads" in busy.err) == (7, True)
    running.signal(signal.SIGKILL)
    running.wait()
    desk.remote.gate.release()
    said = swept(desk)
    assert (said.code, said.out) == (0, "a.csv → done/a.csv: 2 rows: 2 added\n")
    assert len(desk.remote.store) == 2
    assert desk.runs() == ["run"]


def test_a_file_that_ends_its_process_every_time_does_not_stop_the_others(
    desk: Desk, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(desk, "poison.csv")
    with monkeypatch.context() as patch:
        patch.setattr("syncjob.job.tending.run_next", lambda *_: (_ for _ in ()).throw(Cut))
        for _ in range(5):
            assert swept(desk).code == 1
    put(desk, "good.csv", person(9))
    said = swept(desk)
    assert "poison.csv → failed/poison.csv: It was begun 5 times and never came to an end" in said.out
    assert "good.csv → done/good.csv" in said.out
    assert (box / "failed" / "poison-why.txt").exists()
