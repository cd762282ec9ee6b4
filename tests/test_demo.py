"""The command `demo`, and the sample files it rests on."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from syncjob.cli.demo import STRANGERS, demo, new_folder, sample
from syncjob.cli.options import Context
from syncjob.config import load

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_data"
FICTION = r"\+91900000\d{4}|\+120155501\d\d|\+6149157015[6-9]|\+493023125\d{3}|\+49171392\d{4}|\+4670174\d{4}"
"""Ranges set aside for fiction, and Indian numbers that are plainly made up."""


def shown(folder: Path, *options: str) -> Result:
    """The demo as called in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(demo, list(options), obj=Context(), standalone_mode=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo has run as a person runs it."""
    folder = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "syncjob", "demo"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 15
    (folder / "said.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def book(place: Path) -> openpyxl.Workbook:
    """The workbook that the demo says to open."""
    named = re.search(r"Open this: +(\S+)", (place / "said.txt").read_text(encoding="utf-8"))
    assert named
    return openpyxl.load_workbook(place / named[1])


def column(sheet: object, header: str) -> list[object]:
    """The cells below `header` in a sheet's first line."""
    rows = list(sheet.values)  # type: ignore[attr-defined]
    return [row[rows[0].index(header)] for row in rows[1:]]


def test_the_demo_says_what_happened_where_to_look_and_what_to_try_next(place: Path) -> None:
    said = (place / "said.txt").read_text(encoding="utf-8")
    assert "14 rows read = 14 added" in said
    assert "28 rows read = 6 added + 4 changed + 9 no change" in said
    assert "1 removed, because the job had added it; 3 left alone, because somebody else had" in said
    assert all(f"syncjob {command}" in said for command in ("init", "sandbox", "run"))
    assert len(said.splitlines()) <= 20


def test_its_workbook_shows_every_kind_of_answer(place: Path) -> None:
    sheets = book(place)
    assert sheets.sheetnames == ["Summary", "Results", "Needs fixing", "Remote only", "Changes"]
    assert set(column(sheets["Results"], "sync_outcome")) == {
        *("created", "updated", "unchanged", "duplicate", "skipped", "held", "invalid", "rejected"),
    }
    messages = " ".join(map(str, column(sheets["Results"], "sync_message")))
    assert all(word in messages for word in ("Added", "Same as row 18", "damaged", "Invalid email", "row 27"))
    assert "Tag: lead → vip" in column(sheets["Results"], "sync_changes")


def test_only_what_the_job_had_added_is_removed(place: Path) -> None:
    only = book(place)["Remote only"]
    became = dict(zip(column(only, "Number"), column(only, "Outcome"), strict=True))
    assert became == {"+919000000112": "deleted", **{number: "skipped" for number, _, _ in STRANGERS}}


def test_everything_lies_in_the_demos_folder_and_nothing_in_the_home(place: Path, homes: Path) -> None:
    assert {path.name for path in place.iterdir()} == {"said.txt", "syncjob-demo"}
    kept = {path.name for path in (place / "syncjob-demo").iterdir()}
    assert kept == {"campaign.xlsx", "contacts.csv", "config.yaml", "results", "state"}
    assert [path for path in homes.glob("*/*") if "syncjob" in path.name] == []


def test_a_second_demo_takes_a_new_folder_and_answers_json_when_wanted(tmp_path: Path) -> None:
    (tmp_path / "syncjob-demo").mkdir()
    document = json.loads(shown(tmp_path, "--json").stdout)
    assert document["folder"] == str(tmp_path / "syncjob-demo-2")
    assert [run["exit_code"] for run in document["runs"]] == [0, 3]
    assert list((tmp_path / "syncjob-demo").iterdir()) == []


def test_a_quiet_demo_says_nothing_and_obeys_no_config(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("job: [broken")
    done = shown(tmp_path, "--quiet")
    assert (done.output, done.return_value) == ("", 0)
    assert (tmp_path / "syncjob-demo" / "results" / "latest" / "result.xlsx").is_file()


def test_where_nothing_can_be_written_a_temporary_folder_serves(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("/proc" if Path("/proc").is_dir() else "/")
        folder = new_folder()
    assert folder.is_dir()
    assert folder.name.startswith("syncjob-demo-")
    folder.rmdir()


def test_the_sample_files_come_with_the_package_and_with_a_checkout(tmp_path: Path) -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = about["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"]["sample_data"] == "syncjob/sample_data"
    assert sample("contacts.csv") == SAMPLES / "contacts.csv"
    installed = tmp_path / "syncjob" / "sample_data" / "contacts.csv"
    installed.parent.mkdir(parents=True)
    installed.touch()
    assert sample("contacts.csv", tmp_path / "syncjob") == installed


def test_the_config_of_the_samples_fits_the_sandbox_as_it_is() -> None:
    config = load(SAMPLES / "config.yaml", env={})
    assert config.remote.url == "http://127.0.0.1:8080"
    assert (config.remote.account_sid, config.sync.remote_only.kind) == ("sandbox1", "delete")


def test_the_samples_are_what_their_script_makes(tmp_path: Path) -> None:
    runpy.run_path(str(SAMPLES / "make.py"))["make"](tmp_path)
    assert (tmp_path / "partners.csv").read_bytes() == (SAMPLES / "partners.csv").read_bytes()
    made, kept = (openpyxl.load_workbook(folder / "campaign.xlsx") for folder in (tmp_path, SAMPLES))
    assert made.sheetnames == kept.sheetnames == ["Brief", "Guests"]
    for name in made.sheetnames:
        cells = [[[(c.value, c.data_type) for c in row] for row in b[name].rows] for b in (made, kept)]
        assert cells[0] == cells[1]


def test_every_number_in_the_samples_is_set_aside_for_fiction_or_plainly_invented() -> None:
    from syncjob.job.reading import Sources
    from syncjob.job.reading import load as read

    config = load(SAMPLES / "config.yaml", env={})
    files = tuple(SAMPLES / name for name in ("contacts.csv", "partners.csv", "campaign.xlsx"))
    numbers = read(config, Sources(files, "", None)).rows["number"].dropna()
    assert len(numbers) == 14 + 6 + 23
    assert [number for number in numbers if not re.fullmatch(FICTION, number)] == []


def test_the_csv_of_a_european_excel_keeps_its_accents() -> None:
    from syncjob.api import read_table

    frame = read_table(SAMPLES / "partners.csv")
    assert frame.attrs["source"]["encoding"] == "windows-1252"
    assert list(frame["City"]) == ["Köln", "Düsseldorf", "Zürich", "Malmö", "Puducherry", "Panjim"]
    assert frame["Company"][0] == "Müller & Söhne; Import"
