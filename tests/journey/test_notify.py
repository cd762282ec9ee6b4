"""Whoever wants to know is told of every live run, whichever way it ends, and of nothing else (CONTRACT 11)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import syncjob
from syncjob.config import load
from syncjob.errors import Interrupted
from syncjob.job.announcing import Announcer
from syncjob.state import locked, open_account
from tests.builders_notify import Post, Web, post, web
from tests.builders_work import number
from tests.journey.builders import Desk, people, person

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def site() -> Iterator[Web]:
    """A web server that keeps what it gets."""
    with web() as made:
        yield made


@pytest.fixture
def sink() -> Iterator[Post]:
    """A mail server that keeps what it gets."""
    with post() as made:
        yield made


def tell(desk: Desk, site: Web, sink: Post | None = None, **groups: Any) -> None:
    """The usual config, with ping, webhook, metrics file, and mail where there is a mail server."""
    notify: dict[str, Any] = {"ping": f"{site.url}/ping/hush-ping", "webhook": f"{site.url}/hook/hush-hook"}
    if sink:
        mail = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "sync@example.com"}
        notify |= {"email": {**mail, "to": "ops@example.com"}, "hand_off": {"to": "fix@example.com"}}
    desk.config(notify=notify | groups.pop("notify", {}), metrics_file="leads.prom", **groups)


def pings(site: Web) -> list[str]:
    return [path.removeprefix("/ping/hush-ping/") for path in site.paths if "ping" in path]


def events(site: Web) -> list[tuple[str, int]]:
    bodies = [json.loads(body) for method, _, body in site.got if method == "POST"]
    return [(body["event"], body["exit_code"]) for body in bodies]


def metric(desk: Desk, name: str) -> float | None:
    lines = (desk.folder / "leads.prom").read_text().splitlines()
    found = [float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + "{")]
    return found[0] if found else None


def test_a_run_that_ends_well_pings_twice_and_is_told_once(desk: Desk, site: Web, sink: Post) -> None:
    tell(desk, site, sink)
    path = desk.sheet(people(1, 2))
    assert [desk("run", path, "--yes").code for _ in range(2)] == [0, 0]
    assert pings(site) == ["start", "0"] * 2
    assert events(site) == [("first", 0)]
    assert [to for to, _ in sink.got] == [["ops@example.com"]]
    assert (metric(desk, "syncjob_last_exit_code"), metric(desk, "syncjob_remote_contacts")) == (0, 2)
    assert metric(desk, "syncjob_last_success_timestamp_seconds") == metric(desk, "syncjob_last_run_timestamp_seconds")


def test_bad_rows_are_told_without_contacts_and_their_file_goes_to_those_who_can_fix_it(
    desk: Desk, site: Web, sink: Post
) -> None:
    tell(desk, site, sink)
    rows = [person(1), {"number": "98765 4", "first_name": "Zenobia"}]
    path = desk.sheet(rows)
    assert [desk("run", path, "--yes").code for _ in range(2)] == [3, 3]
    told = site.got[-2][2].decode() + str([mail.as_string() for to, mail in sink.got if to == ["ops@example.com"]])
    assert "too few digits" in told
    assert not [word for word in ("98765", "Zenobia", number(1), "Name 1") if word in told]
    ((_, mail),) = [entry for entry in sink.got if entry[0] == ["fix@example.com"]]
    assert mail["Subject"] == "syncjob leads: 1 row to fix"
    (attached,) = mail.iter_attachments()
    kept = [path.read_bytes() for path in (desk.folder / "results").glob("2*/needs-fixing.xlsx")]
    assert attached.get_content() in kept  # two runs of one second have no order by name
    desk.sheet([*rows, {"number": "12"}])
    assert desk("run", path, "--yes").code == 3
    assert [to for to, _ in sink.got].count(["fix@example.com"]) == 2


def test_a_refusal_is_told_every_time_by_its_figures_alone(desk: Desk, site: Web) -> None:
    tell(desk, site, limits={"creates": {"count": 1, "factor": 1}})
    desk.seed(person(90))
    path = desk.sheet(people(1, 2, 3))
    assert [desk("run", path, "--yes").code for _ in range(2)] == [5, 5]
    assert (events(site), pings(site)) == ([("refused", 5)] * 2, ["start", "5"] * 2)
    told = json.loads(next(body for method, _, body in site.got if method == "POST"))
    assert told["codes"] == ["too_many_creates"]
    assert "limits.creates" in told["text"]
    assert number(1) not in json.dumps(told)


def test_every_other_ending_is_told_too(desk: Desk, site: Web) -> None:
    tell(desk, site)
    path = desk.sheet(people(1))
    assert desk("run", desk.folder / "none.csv", "--yes").code == 4
    assert desk("run", path).code == 8
    account = open_account(desk.folder / "state", load(desk.folder / "config.yaml", env={}).remote.identity)
    with locked(account, "job other", wait_minutes=0, now=datetime.now().astimezone()):
        assert desk("run", path, "--yes").code == 7
    tell(desk, site, remote={"api_key": "wrong"})
    assert desk("run", path, "--yes").code == 6
    tell(desk, site, state={"dir": "contacts.csv/state"})
    assert desk("run", path, "--yes").code == 1
    codes = [4, 8, 7, 6, 1]
    assert pings(site) == [said for code in codes for said in ("start", str(code))]
    assert [code for _, code in events(site)] == codes
    assert metric(desk, "syncjob_last_exit_code") == 1
    assert metric(desk, "syncjob_last_success_timestamp_seconds") is None


def test_dry_runs_plans_checks_and_a_resume_with_nothing_to_do_are_nobodys_news(desk: Desk, site: Web) -> None:
    tell(desk, site)
    path = desk.sheet(people(1))
    for command in (["run", "--dry-run"], ["check"], ["plan", "-o", desk.folder / "plan.json"]):
        assert desk(command[0], path, *command[1:]).code == 0
    assert desk("resume").code == 0
    assert (site.got, (desk.folder / "leads.prom").exists()) == ([], False)
    assert desk("apply", desk.folder / "plan.json", "--yes").code == 0
    assert (pings(site), events(site)) == (["start", "0"], [("first", 0)])
    assert desk("resume").code == 0
    assert pings(site) == ["start", "0"]


def test_a_resume_that_finishes_a_run_is_told_without_another_start(desk: Desk, site: Web) -> None:
    tell(desk, site)
    desk.remote.faults.add("error", call="create", status=401)
    assert desk("run", desk.sheet(people(1, 2)), "--yes").code == 6
    assert desk("resume", "--yes").code == 0
    assert pings(site) == ["start", "6", "0"]
    assert events(site) == [("first", 6), ("recovered", 0)]
    assert (metric(desk, "syncjob_last_exit_code"), metric(desk, "syncjob_bad_rows")) == (0, 0)


@pytest.mark.parametrize(
    ("error", "code"), [(Interrupted(143), 143), (KeyboardInterrupt(), 130), (ZeroDivisionError("hush"), 1)]
)
def test_a_run_that_breaks_is_told_and_goes_on_breaking(desk: Desk, site: Web, error: BaseException, code: int) -> None:
    tell(desk, site)
    with pytest.raises(type(error)), Announcer(load(desk.folder / "config.yaml", env={})):
        raise error
    assert (pings(site), events(site)) == (["start", str(code)], [("first", code)])
    assert b'hush"' not in site.got[-1][2]


def test_trouble_with_telling_changes_no_exit_code_and_is_noted_without_secrets(
    desk: Desk, site: Web, sink: Post
) -> None:
    email = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "s@example.com", "to": "o@example.com"}
    tell(desk, site, notify={"email": {**email, "user": "sync", "password": "hush-word"}})
    desk.config(notify=desk.settings["notify"], metrics_file="none/leads.prom")
    site.statuses = [404]
    said = desk("run", desk.sheet(people(1)), "--yes", "--verbose")
    assert said.code == 0
    notes = desk.summary()["notes"]
    for sentence in (
        "The success ping could not be sent: the answer was 404.",
        "The webhook message could not be sent: the answer was 404.",
        "The mail could not be sent: the mail server offers no such encryption or login.",
        "The metrics file could not be written: No such file or directory.",
    ):
        assert sentence in notes
        assert sentence in said.out
        assert sentence in said.err
    kept = [path.read_bytes() for path in desk.folder.rglob("*") if path.is_file() and path.name != "config.yaml"]
    assert not [text for text in (*kept, said.out.encode(), said.err.encode()) if b"hush" in text]


@pytest.mark.parametrize(("remind", "told"), [("0s", ["first", "reminder"]), ("7d", ["first"])])
def test_what_stays_bad_is_told_again_after_remind(desk: Desk, site: Web, remind: str, told: list[str]) -> None:
    tell(desk, site, notify={"remind": remind})
    path = desk.sheet([person(1), {"number": "12"}])
    assert [desk("run", path, "--yes").code for _ in range(2)] == [3, 3]
    assert [event for event, _ in events(site)] == told


@pytest.mark.parametrize(
    ("attach", "files"),
    [("needs-fixing", []), ("result", ["DRY-RUN-result.xlsx"] * 2), ("report", ["report.html"] * 2)],
)
def test_a_refusal_hands_over_what_there_is_to_look_at(
    desk: Desk, site: Web, sink: Post, attach: str, files: list[str]
) -> None:
    mail = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "sync@example.com"}
    hand_off = {"to": "fix@example.com", "attach": attach}
    tell(desk, site, notify={"email": mail, "hand_off": hand_off}, limits={"creates": {"count": 1, "factor": 1}})
    desk.seed(person(90))
    path = desk.sheet(people(1, 2, 3))
    assert [desk("run", path, "--yes").code for _ in range(2)] == [5, 5]
    assert [part.get_filename() for got in sink.mails for part in got.iter_attachments()] == files
    assert {str(got["Subject"]) for got in sink.mails} <= {"syncjob leads: refused"}


@pytest.mark.parametrize(("style", "key"), [("slack", "text"), ("teams", "attachments"), ("json", "event")])
def test_the_webhook_speaks_the_style_of_the_config(desk: Desk, site: Web, style: str, key: str) -> None:
    tell(desk, site, notify={"webhook": {"url": f"{site.url}/hook", "style": style}})
    assert desk("run", desk.sheet(people(1)), "--yes").code == 0
    assert key in json.loads(site.got[-1][2])


def test_calls_from_python_tell_as_well(desk: Desk, site: Web, caplog: pytest.LogCaptureFixture) -> None:
    tell(desk, site)
    path = desk.sheet(people(1))
    logging.getLogger("syncjob").propagate = True
    assert syncjob.run(desk.folder / "config.yaml", [path], dry_run=True).exit_code == 0
    assert site.got == []
    result = syncjob.run(desk.folder / "config.yaml", [path])
    assert (result.exit_code, pings(site), events(site)) == (0, ["start", "0"], [("first", 0)])
    assert Path(result.files["report"]).name == "report.html"
    site.statuses = [404]
    syncjob.run(desk.folder / "config.yaml", [path])
    assert "The start ping could not be sent: the answer was 404." in caplog.messages


def test_a_run_leaves_a_page_and_a_plan_that_the_index_links(desk: Desk, site: Web) -> None:
    desk.config(results={"mask": True})
    rows = [person(1), {"number": "98765 4", "first_name": "Zenobia"}]
    said = desk("run", desk.sheet(rows), "--yes")
    page = (desk.latest() / "report.html").read_text(encoding="utf-8")
    assert said.code == 3
    assert ("98765 4" in page, "too few digits" in page, "was read" in page or "were read" in page) == (
        True,
        True,
        True,
    )
    assert "98765 4" not in (desk.latest() / "report-masked.html").read_text(encoding="utf-8")
    index = (desk.folder / "results" / "index.html").read_text(encoding="utf-8")
    assert f'href="{desk.latest().name}/report.html"' in index
    assert "report.html" in desk.summary()["files"]
    assert f'href="{desk.latest().name}/plan.json"' in index
