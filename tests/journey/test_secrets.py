"""Whole jobs with marked secrets: every byte they leave behind is searched, whatever was asked and whatever failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from syncjob import errors
from syncjob.api import run as run_from_python
from syncjob.emulator import Emulator
from syncjob.transport import Transport
from tests.journey.builders import Desk, Said, people, person
from tests.journey.builders_hostile import Forge, betrayed, everything

SECRETS = {
    "api_key": "KEY-mark/4f?9a",
    "api_token": 'TOKEN"mark\\7c&21',
    "ping": "PING-mark-0e55",
    "webhook": "HOOK-mark-b1f0",
    "password": "PASS-mark-93dd",
}
LOUD = (("-v", "--json"), ("-v", "--log-format", "json"))


class Watched(Desk):
    """A desk whose secrets come from the environment and from a file, and that keeps all that was ever said."""

    said: list[Said]

    def lay_out(self, **remote: object) -> None:
        (self.folder.parent / "token").write_text(SECRETS["api_token"])  # not below what is searched
        about = {"api_key": "${MARK_KEY}", "api_token": "${file:../token}", **remote}
        nobody = f"{self.remote.url}/nobody"  # answers 404
        told = {
            "ping": f"{nobody}/{SECRETS['ping']}",
            "webhook": {"url": f"{nobody}/{SECRETS['webhook']}"},
        }
        self.config(remote=about, source={"files": ["contacts.csv"]}, notify=told, results={"mask": True})
        text = (self.folder / "config.yaml").read_text()
        for name in ("ping", "webhook"):
            text = text.replace(SECRETS[name], f"${{MARK_{name.upper()}}}")
        (self.folder / "config.yaml").write_text(text)

    def __call__(self, *arguments: object) -> Said:
        said = super().__call__(*arguments)
        self.said.append(said)
        return said

    def shown(self) -> list[str]:
        """Where any secret shows: in files, and in what was said."""
        spoken = ((f"what was said, {at}", (s.out + s.err).encode()) for at, s in enumerate(self.said))
        return betrayed(SECRETS, spoken) + betrayed(SECRETS, everything(self.folder))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A desk with marked secrets, its temporary files below it."""
    folder = tmp_path / "desk"
    (folder / "tmp").mkdir(parents=True)
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"MARK_{name.upper().removeprefix('API_').removesuffix('WORD')}", secret)
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    with Emulator(key=SECRETS["api_key"], token=SECRETS["api_token"]) as remote:
        made = Watched(folder, remote)
        made.said = []
        made.lay_out()
        yield made


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"a": [SECRETS["ping"]] * 50}).to_parquet(tmp_path / "a.parquet", compression="zstd")
    Desk(tmp_path, Emulator()).sheet([person(1, first_name=SECRETS["webhook"])], "b.xlsx")
    found = betrayed(SECRETS, everything(tmp_path))
    assert any("ping in" in line for line in found)
    assert any("webhook in" in line for line in found)
    assert betrayed(SECRETS, iter([("basic", b"Basic S0VZLW1hcmsvNGY/OWE6VE9LRU4ibWFya1w3YyYyMQ==")])) != []


def test_whole_jobs_leave_no_secret_at_any_verbosity(desk: Watched) -> None:
    desk.seed(*people(range(2), tag="old"))
    desk.sheet([*people(range(1, 6)), {"number": "bad"}])
    desk.remote.faults.refuse(person(3)["number"], f"not with {SECRETS['api_token']} and {SECRETS['api_key']}")
    for loud in LOUD:
        desk("run", "--dry-run", *loud)
    desk("check", "-v")
    assert desk("run", "--yes", "-v").code == 3
    desk("plan", "-o", desk.folder / "plan.json", "-v")
    desk("plan", "-o", desk.folder / "plan.md")
    desk("apply", desk.folder / "plan.json", "--yes", "-v", "--json")
    desk("resume", "-v")
    desk("verify", "-v", "--json")
    desk("history", "list", "-v", "--json")
    desk("history", "show", person(3)["number"], "-v")
    desk("export", "-o", desk.folder / "all.xlsx", "-v")
    assert desk.shown() == []
    assert any("[secret]" in said.out + said.err for said in desk.said)


def test_what_fails_leaves_no_secret_either(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sheet(people(range(3)))
    desk.remote.faults.add("error", call="page", status=401, text=f"{SECRETS['api_key']}:{SECRETS['api_token']}")
    assert desk("run", "--yes", "-v").code == 6
    desk.remote.faults.add("html", call="page", status=403, times=None)
    assert desk("run", "--yes", "-v", "--log-format", "json").code == 6
    desk.remote.faults.clear()

    def broken(self: Transport, *_: object, **__: object) -> None:
        raise ZeroDivisionError(f"in {self!r} with {vars(self)}")

    with monkeypatch.context() as patched:
        patched.setattr(Transport, "call", broken)
        assert desk("run", "--yes", "-v").code == 1
    assert desk.shown() == []


@pytest.mark.parametrize(
    "remote",
    [
        {"api_key": [SECRETS["api_key"]]},
        {"api_tokne": SECRETS["api_token"]},
        {"region": "${MARK_KEY}"},
        {"base_url": f"https://user:{SECRETS['password']}@api.example"},
        {"api_token": SECRETS["api_token"] + "\n"},
        {"rate": "${MARK_PASS}"},
    ],
)
def test_a_config_that_is_wrong_quotes_no_secret(desk: Watched, remote: dict[str, object]) -> None:
    desk.sheet(people(range(3)))
    desk.lay_out(**remote)
    desk("run", "--yes", "-v")
    (desk.folder / "config.yaml").unlink()
    assert desk.shown() == []


def test_neither_the_process_title_nor_an_exception_shows_a_secret(desk: Watched, forge: Forge) -> None:
    desk.sheet(people(range(3)))
    desk.config(source={"files": ["contacts.csv"]}, remote={"timeout": 10})
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    running = forge.start(desk, "run", "--yes", "-v")
    assert desk.remote.gate.until_waiting(seconds=60)
    process = psutil.Process(running.pid)
    titles = "\n".join([process.name(), *process.cmdline(), *process.children(recursive=True).__repr__()])
    desk.remote.gate.release()
    said = running.wait()
    (desk.folder / "config.yaml").unlink()  # this one holds them in clear
    desk.said.append(said)
    assert said.code == 0
    assert betrayed(SECRETS, iter([("title", titles.encode())])) == []
    assert desk.shown() == []


def test_results_and_errors_from_python_show_no_secret(desk: Watched) -> None:
    desk.sheet(people(range(3)))
    result = run_from_python(desk.folder / "config.yaml", dry_run=True)
    desk.remote.faults.add("error", status=403, times=None)
    refused = run_from_python(desk.folder / "config.yaml")
    with pytest.raises(errors.SyncjobError) as raised:
        run_from_python({**desk.settings, "remote": {"api_key": SECRETS["api_key"], "timeout": "x"}})
    shown = repr((result, refused, raised.value, raised.value.__cause__, raised.value.__context__, vars(raised.value)))
    assert betrayed(SECRETS, iter([("python", shown.encode())])) == []
