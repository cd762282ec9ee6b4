"""Reading large sources and listing the remote at once: faster, and in everything else as one after the other."""

from __future__ import annotations

import io
import os
import re
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncjob.cli.options import Context
from syncjob.cli.screen import Screen
from syncjob.loader import body
from syncjob.loader.refusal import refuse
from syncjob.transport import Transport
from tests.journey.builders import Desk, Said, people
from tests.journey.builders_hostile import Forge

here = pytest.mark.usefixtures("reads_here")


def large(desk: Desk, *more: dict[str, str], name: str = "contacts.csv", **fields: str) -> Path:
    """A sheet of which the begin is known before the rest is read: 58 people who are there already, two who are not."""
    return desk.sheet(padded([*people(range(60), **fields), *more]), name)


def padded(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows, from the eleventh on with a text that makes their sheet large."""
    return [{**row, "notes": "" if place < 10 else "x" * 24_000} for place, row in enumerate(rows)]


@pytest.fixture
def there(desk: Desk) -> Desk:
    """The desk, with 158 contacts: eight pages."""
    desk.seed(*people(range(58)), *people(range(100, 200)))
    return desk


def meanwhile(patch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Have `work` done when the begin of a large file has been read, before the rest is."""
    read = body.read_body

    def read_on(*given: Any) -> Any:
        work()
        return read(*given)

    patch.setattr(body, "read_body", read_on)


def held(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The first page's reply is held until the listing is told to stop."""
    desk.remote.faults.add("hold", call="page", seconds=30, when="late")
    stop = Transport.stop

    def stopped(transport: Transport) -> None:
        stop(transport)
        desk.remote.gate.release()

    patch.setattr(Transport, "stop", stopped)


def listing_threads() -> list[str]:
    """The threads of a listing that are at work."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("early", "listing"))]


def spoilt() -> None:
    raise refuse("contacts.csv", "it breaks off in the middle")


def said_alike(said: Said, desk: Desk) -> tuple[int, str, str]:
    """What was said, without what differs from run to run."""
    texts = [text.replace(str(desk.folder), "") for text in (said.out, said.err)]
    out, err = (re.sub(r"\d{8}-\d{6}-[0-9a-f]{4}|\d\d:\d\d UTC|in \d+ s|\w+@\w+", "…", text) for text in texts)
    return said.code, out, err


@here
def test_the_first_page_is_asked_for_while_the_source_is_still_being_read(
    there: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.remote.faults.add("hold", call="page", seconds=30, when="late")
    seen = list[bool]()

    def look() -> None:
        seen.append(there.remote.gate.until_waiting())
        there.remote.gate.release()

    meanwhile(monkeypatch, look)
    said = there("run", large(there), "--yes")
    assert (said.code, seen) == (0, [True]), said.err
    assert there.outcomes() == ["unchanged"] * 58 + ["created"] * 2
    assert "All 158 contacts were read" in said.out
    assert len(there.remote.log.of("page")) == 8 + 1 + 1  # a quiet scan, and the tail before the creates
    assert listing_threads() == []


@here
def test_a_plan_that_is_saved_rests_on_a_listing_that_began_early(there: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work = list[list[str]]()
    meanwhile(monkeypatch, lambda: at_work.append(listing_threads()))
    said = there("plan", large(there), "-o", there.folder / "plan.json")
    assert (said.code, there.writes) == (0, 0), said.err
    assert "with 9 requests" in said.out
    assert at_work[0][0].startswith("early")


@here
def test_a_source_that_is_refused_late_ends_the_listing_after_the_pages_in_flight(
    there: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(there, monkeypatch)
    meanwhile(monkeypatch, lambda: there.remote.gate.until_waiting() and spoilt())
    said = there("run", large(there), "--yes")
    assert (said.code, said.out, len(there.remote.log)) == (4, "", 1)
    assert "it breaks off in the middle" in said.err
    assert listing_threads() == []
    assert list((there.folder / "results").iterdir()) == []


@here
def test_the_next_file_of_a_drop_folder_is_listed_for_after_one_that_was_refused_late(
    there: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(there, monkeypatch)
    troubles = [lambda: there.remote.gate.until_waiting() and spoilt(), lambda: None]
    meanwhile(monkeypatch, lambda: troubles.pop(0)())
    (there.folder / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        large(there, name=f"in/{name}")
    said = there("inbox", there.folder / "in", "--yes")
    assert (said.code, "a.csv → failed/a.csv" in said.out) == (4, True), said.err
    assert "b.csv → done/b.csv: 60 rows: 2 added, 58 no change" in said.out


@here
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "late", "code"),
    [
        ({}, False, 3),
        ({}, True, 4),
        ({"action": "error", "status": 401}, False, 6),
        ({"action": "error", "status": 401}, True, 4),
        ({"action": "entries_missing"}, False, 6),
    ],
    ids=["well", "refused source", "refused key", "both refused", "unproven listing"],
)
def test_a_run_ends_as_if_one_came_after_the_other(
    there: Desk, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], late: bool, code: int
) -> None:
    path = large(there, {"number": "98000"})
    asked, ends = threading.Event(), list[tuple[int, str, str]]()
    append = there.remote.log.append
    monkeypatch.setattr(there.remote.log, "append", lambda entry: (append(entry), asked.set()))
    if fault:
        there.remote.faults.add(call="page", times=None, **fault)

    def trouble(ahead: bool) -> None:
        assert not ahead or asked.wait(10)
        if late:
            spoilt()

    for ahead in (True, False):
        with monkeypatch.context() as patch:
            if not ahead:
                patch.setattr("syncjob.job.run.sure_to_scan", lambda _session: "")
            asked.clear()
            meanwhile(patch, partial(trouble, ahead))
            ends.append(said_alike(there("run", "--dry-run", path), there))
            assert asked.is_set() or (late and not ahead)
    assert ends[0] == ends[1]
    assert ends[0][0] == code


@here
def test_ctrl_c_ends_both_and_every_row_is_told(there: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    held(there, monkeypatch)
    meanwhile(monkeypatch, lambda: there.remote.gate.until_waiting() and os.kill(os.getpid(), signal.SIGINT))
    said = there("run", large(there), "--yes")
    assert (said.code, len(there.remote.log)) == (130, 1), said.err
    assert set(there.outcomes()) == {"not_sent/run_ended"}
    assert listing_threads() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_reading_process_that_was_told_to_stop_blames_no_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr("syncjob.loader.process._run", lambda *_given: (-number, ""))  # as a terminal's Ctrl-C does
    said = desk("run", desk.sheet(people(1)), "--yes")
    assert (said.code, len(desk.remote.log), "damaged" in said.err) == (130, 0, False)


def test_a_signal_while_the_listing_is_waited_for_ends_it(there: Desk, forge: Forge) -> None:
    there.remote.faults.add("hold", call="page", seconds=30, when="late")
    running = forge.start(there, "run", large(there), "--yes")
    assert there.remote.gate.until_waiting(1, 60)
    running.signal(signal.SIGTERM)
    running.heard("Stopping")
    there.remote.gate.release()
    assert (running.wait().code, there.writes) == (143, 0)
    assert set(there.outcomes()) == {"not_sent/run_ended"}


@here
@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("who,what\nAsha,nothing\n", "number"),  # no column for the key
        ("", "empty"),
    ],
)
def test_no_page_is_asked_for_before_every_source_begins_well(there: Desk, second: str, words: str) -> None:
    path = there.folder / "second.csv"
    path.write_text(second)
    said = there("run", large(there), path, "--yes")
    assert (said.code, len(there.remote.log)) == (4, 0)
    assert words in said.err


def test_no_bar_is_drawn_into_an_open_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncjob.cli.progress.is_terminal", lambda _stream: True)
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    screen = Screen(Context())
    screen.asking = True
    screen.progress("reading", 1, 2)
    assert err.getvalue() == ""
    screen.asking = False
    screen.progress("reading", 1, 2)
    assert "1/2" in err.getvalue()
    screen.close()


@here
def test_a_source_whose_first_rows_are_all_bad_is_read_whole_first(
    there: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = list[list[str]]()
    meanwhile(monkeypatch, lambda: at_work.append(listing_threads()))
    rows = [{**row, **({"number": "n/a"} if n < 50 else {})} for n, row in enumerate(people(range(60)))]
    said = there("run", "--dry-run", there.sheet(padded(rows)))
    assert (said.code, at_work) == (3, [[]])
    assert "All 158 contacts were read" in said.out


@here
def test_with_a_snapshot_the_way_rests_on_the_rows_so_nothing_is_read_before(
    there: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = list[bool]()
    meanwhile(monkeypatch, lambda: at_work.append(bool(listing_threads())))
    there.config(remote={"listing": "cached"})
    path = large(there)
    first = there("run", "--dry-run", path)
    second = there("run", "--dry-run", path)
    assert (first.code, second.code, at_work) == (0, 0, [True, False])
    assert "Taken: scan, because nothing is remembered" in first.out
    assert "Taken: cached" in second.out
    there.config(remote={"listing": "cached", "max_age": "0m"})
    assert "is older than remote.max_age allows" in there("run", "--dry-run", path).out
    assert at_work[2]


@here
@pytest.mark.parametrize(("listing", "mode", "early"), [("auto", "create", False), ("auto", "upsert", True)])
def test_where_rows_decide_whether_anything_is_read_nothing_is_read_before(
    there: Desk, monkeypatch: pytest.MonkeyPatch, listing: str, mode: str, early: bool
) -> None:
    at_work = list[bool]()
    meanwhile(monkeypatch, lambda: at_work.append(bool(listing_threads())))
    there.config(remote={"listing": listing}, sync={"mode": mode})
    said = there("run", "--dry-run", large(there))
    assert (said.code, at_work) == (0, [early])
    assert "Taken: scan" in said.out


@here
def test_many_rows_are_normalised_while_the_remote_is_read(there: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncjob.job import reading

    at_work = list[bool]()
    built = reading.build

    def build(*given: Any, **named: Any) -> Any:
        at_work.append(bool(listing_threads()))
        return built(*given, **named)

    monkeypatch.setattr("syncjob.job.firstrows.FEW", 50)
    monkeypatch.setattr(reading, "build", build)
    said = there("run", "--dry-run", there.sheet(people(range(60))))  # small: read whole before anything is told
    assert (said.code, at_work) == (0, [False, True])  # the first rows, then all


@here
def test_a_list_is_found_and_read_after_the_rows(there: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()
    meanwhile(monkeypatch, lambda: asked.append(len(listing_threads())))
    there.config(remote={"kind": "exotel_list", "list": "VIPs"})
    said = there("run", "--dry-run", "--create-list", large(there))
    assert (said.code, asked) == (0, [0]), said.err


def test_while_a_source_is_awaited_nothing_is_asked_for(there: Desk) -> None:
    there.config(source={"files": ["late.csv"], "wait": 0.001})
    assert (there("run", "--yes").code, len(there.remote.log)) == (4, 0)
