"""`remote.listing`: what is read before a plan, what it costs, and that the plan is as a scan would make it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from syncjob import snapshot
from syncjob.emulator import Emulator
from syncjob.errors import ConfigError
from syncjob.job.looking import Looked
from syncjob.memory import Lesson, RunRecord
from syncjob.schema import CONTACTS, FIELDS
from tests.builders_others import Looker, add, churn, edit, prove, undated, verdicts
from tests.builders_work import drop, number
from tests.journey.builders import people, person

DELETE = {"remote_only": "delete", "owned": "all"}


@pytest.fixture
def book() -> Iterator[Emulator]:
    with Emulator() as made:
        yield made


def known(folder: Path, book: Emulator, *contacts: dict[str, str], **groups: Any) -> Looker:
    """A job that has read the account once."""
    book.store.seed([dict(contact) for contact in contacts])
    job = Looker(folder, book, **groups)
    job.look([])
    return job


def taken(found: Looked) -> str:
    """Which way was taken, and why."""
    return found.notes[-1].partition("Taken: ")[2]


def test_what_stands_still_costs_one_page_and_is_as_of(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)))
    assert job.calls == ["page"] * 6
    found = job.look(people(range(100)))
    assert (job.calls, set(verdicts(found).values())) == (["page"], {"unchanged"})
    assert undated(found) == {number(n) for n in range(90, 100)}
    assert taken(found) == "cached, remote.listing says so."
    assert "scan 6 requests · cached at least 1 request · none not possible" in found.notes[-1]


def test_what_others_added_and_removed_is_noticed(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(300)))
    for n in (5, 150):
        drop(book, number(n))
    add(book, 900)
    found = job.look(people(range(300), 901))
    told = verdicts(found)
    assert (told[number(5)], told[number(150)], told[number(901)]) == ("create", "create", "create")
    assert told[number(900)] == "skipped/kept"
    assert len(job.calls) < 16
    assert "1 had been added and 2 removed by others" in found.said


def test_each_contact_to_be_removed_is_read_again(tmp_path: Path, book: Emulator) -> None:
    """Somebody gave it another tag, so it is not ours any more."""
    sync = {"remote_only": "delete", "owned": "tag:ours"}
    job = known(tmp_path, book, *people(range(100), tag="ours"), sync=sync)
    edit(book, number(40), tag="theirs")
    told = verdicts(job.look(people(range(40), range(41, 70), range(71, 100), tag="ours")))
    assert (told[number(40)], told[number(70)]) == ("skipped/not_owned", "delete")
    assert job.calls == ["page", "read", "read"]


def test_contacts_that_share_a_page_are_read_by_page(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)), sync=DELETE)
    told = verdicts(job.look(people(range(30), range(40, 100))))
    assert list(told.values()).count("delete") == 10
    assert job.calls == ["page", "page"]


def test_a_contact_gone_since_is_not_removed_again(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)), sync=DELETE)
    drop(book, number(40))
    told = verdicts(job.look(people(range(40), range(41, 100))))
    assert number(40) not in told


def test_contacts_are_marked_only_as_they_are_now(tmp_path: Path, book: Emulator) -> None:
    sync = {"remote_only": "mark:left", "owned": "tag:ours"}
    job = known(tmp_path, book, *people(range(100), tag="ours"), sync=sync)
    edit(book, number(3), tag="theirs")
    told = verdicts(job.look(people(range(3), range(5, 100), tag="ours")))
    assert (told[number(3)], told[number(4)]) == ("skipped/not_owned", "update")


def test_custom_fields_are_merged_into_what_is_there_now(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)))
    edit(book, number(7), custom_field={"floor": "3"})
    rows: list[Any] = people(range(100))
    rows[7]["custom_field"] = {"city": "Goa"}
    found = job.look(rows)
    fields = found.diff.verdicts["fields"].dropna().tolist()
    assert (fields, job.calls) == (['{"custom_field":{"floor":"3","city":"Goa"}}'], ["page", "read"])


def test_a_field_to_be_filled_is_looked_at_first(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)), sync={"fill_only": ["tag"]})
    edit(book, number(7), tag="theirs")
    told = verdicts(job.look([person(n, **({"tag": "mine"} if n in (7, 9) else {})) for n in range(100)]))
    assert (told[number(7)], told[number(9)]) == ("skipped/protected", "update")


def test_refresh_reads_the_oldest_pages_again(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)), remote={"refresh": 2})
    edit(book, number(70), first_name="Theirs")
    nights = []
    for _ in range(3):
        job.later += timedelta(days=1)
        nights.append(verdicts(job.look(people(range(100))))[number(70)])
        assert job.calls == ["page"] * 3
    assert nights == ["unchanged", "update", "update"]


def test_max_age_forces_a_scan(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(60)), remote={"max_age": "2d"})
    job.later = timedelta(days=1, hours=23)
    assert taken(job.look([])).startswith("cached")
    job.later = timedelta(days=2, minutes=1)
    assert re.fullmatch(
        r"scan, because the last scan, of .+, is older than remote.max_age allows.", taken(job.look([]))
    )
    assert job.calls == ["page"] * 4
    assert taken(job.look([])).startswith("cached")


def test_an_open_doubt_leads_to_a_scan(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(60)))
    with job.session() as session:
        about = RunRecord("20260101-000000-abcd", "other", "x", "2026-01-01", live=True, whole=True, kind="run")
        session.memory.begin(about)
    assert taken(job.look([])) == "scan, because run 20260101-000000-abcd is not settled yet."


def test_an_order_that_is_not_stable_leads_to_a_scan(tmp_path: Path, book: Emulator) -> None:
    book.switches.ties = "shuffled"
    job = known(tmp_path, book, *people(range(60)))
    assert taken(job.look([])) == "scan, because nothing is remembered of an earlier reading."


@pytest.mark.parametrize("content", [b"PAR1 torn", None])
def test_a_snapshot_that_is_damaged_is_none(tmp_path: Path, book: Emulator, content: bytes | None) -> None:
    job = known(tmp_path, book, *people(range(60)))
    with job.session() as session:
        path = snapshot.place_of(session.account)
        path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    assert taken(job.look([])).startswith("scan, because nothing is remembered")
    assert taken(job.look([])).startswith("cached")


def test_so_many_contacts_to_read_again_lead_to_a_scan(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(60)), sync=DELETE)
    found = job.look(people(range(10), range(20, 30), range(45, 55)))
    assert taken(found) == "scan, because it costs no more than looking at single contacts."
    assert job.calls == ["page"] * 4


def test_more_removed_by_others_than_a_scan_costs_lead_to_a_scan(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(100)))
    for n in range(0, 60, 7):
        drop(book, number(n))
    assert taken(job.look([])) == "scan, because so much was added or removed that a scan costs less."


def test_another_region_reads_the_remembered_numbers_anew(tmp_path: Path, book: Emulator) -> None:
    book.store.seed([{"number": "02079460018"}, {"number": "+919800000001"}])
    job = Looker(tmp_path, book)
    job.look([])
    told = verdicts(job.look([{"number": "+442079460018"}], phone={"default_region": "GB"}))
    assert told == {"+442079460018": "unchanged", "+919800000001": "skipped/kept"}
    assert job.calls == ["page"]


@pytest.mark.parametrize("seed", range(2))
def test_a_look_from_memory_decides_as_a_scan_does(tmp_path: Path, book: Emulator, seed: int) -> None:
    """Others add and remove between the looks; of edits, those of contacts that would be removed or marked count."""
    chance = random.Random(seed)
    sync = chance.choice([DELETE, {"remote_only": "mark:left", "owned": "tag:a"}, {}])
    job = known(tmp_path, book, *people(range(400), tag="a"), sync=sync)
    for _ in range(2):
        for _ in range(chance.randrange(4)):
            churn(book, chance, edits=False)
        gone = chance.randrange(0, 400, 9)
        if book.store.find_number(number(gone)):
            edit(book, number(gone), tag=chance.choice(["a", "theirs"]))
        rows = [person(n, tag=chance.choice("aaaaaab")) for n in range(410) if n not in (gone, 33, 34)]
        remembered, scanned = job.look(rows), job.look(rows, remote={"listing": "scan"})
        assert taken(remembered).startswith("cached")
        assert verdicts(remembered) == verdicts(scanned)


# -- none and auto -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "sync", "why"),
    [
        (None, {}, "not proven that this account answers a number twice"),
        ({"conflict_tells": "nothing"}, {}, "not proven that this account answers a number twice"),
        ({"conflict_tells": "sid", "order": "mixed"}, {}, "answers in any order, and with no more than a sid"),
    ],
)
def test_none_is_refused_where_it_is_not_proven_safe(
    tmp_path: Path, book: Emulator, answers: dict[str, str] | None, sync: dict[str, str], why: str
) -> None:
    job = Looker(tmp_path, book, remote={"listing": "none"}, sync=sync)
    if answers is not None:
        prove(book, tmp_path / "state", **answers)
    with pytest.raises(ConfigError, match=why) as refused:
        job.look(people(1))
    assert "syncjob doctor --probe NUMBER" in refused.value.advice
    assert job.calls == []


def test_none_is_refused_for_custom_fields_in_a_column_of_their_own(tmp_path: Path, book: Emulator) -> None:
    prove(book, tmp_path / "state")
    rows: list[Any] = [{**person(1), "custom_field": {"a": "b"}}]
    with pytest.raises(ConfigError, match="custom fields and fill_only rest on what the contacts hold"):
        Looker(tmp_path, book, remote={"listing": "none"}).look(rows)


def test_contacts_that_the_job_knew_are_not_added_unseen(tmp_path: Path, book: Emulator) -> None:
    """They are there, or somebody removed them: `gone: skip` adds neither."""
    prove(book, tmp_path / "state")
    job = Looker(tmp_path, book, remote={"listing": "none"}, sync={"mode": "create"})
    with job.session() as session:
        ours = pd.DataFrame({"number": [number(1)], "sid": ["s1"]})
        session.memory.learn("r", "leads", Lesson(ours, ours, frozenset(), {}, good_whole=True))
    assert verdicts(job.look(people(1, 2))) == {number(1): "skipped/mode", number(2): "create"}
    again = job.look(people(1, 2), sync={"mode": "create", "gone": "recreate"})
    assert set(verdicts(again).values()) == {"create"}


def test_auto_takes_what_is_cheapest_and_safe_and_says_why(tmp_path: Path, book: Emulator) -> None:
    job = known(tmp_path, book, *people(range(60)), remote={"listing": "auto"})
    found = job.look(people(range(60)))
    assert taken(found) == "cached, the cheapest that is safe for this job (remote.listing: auto)."
    prove(book, tmp_path / "state")
    assert taken(job.look(people(1))).startswith("cached")  # an upsert without a look could not be undone
    unread = job.look(people(1), sync={"mode": "create"})
    assert (taken(unread).partition(",")[0], job.calls) == ("none", [])
    assert "scan 4 requests · cached at least 1 request · none 0 requests" in unread.notes[-1]
    few = job.look(people(range(3)), sync={"mode": "create"}, limits={"creates": {"count": 2}})
    assert taken(few).startswith("cached")  # more rows than the guard on additions lets pass unseen
    assert taken(job.look([], sync=DELETE)).startswith("scan")


def test_a_scan_that_costs_much_says_what_another_way_would_have_cost(tmp_path: Path, book: Emulator) -> None:
    job = Looker(tmp_path, book, remote={"listing": "scan", "concurrency": 8})
    book.store.seed([dict(contact) for contact in people(range(100))])
    assert job.look([]).notes == ()
    book.store.seed([dict(contact) for contact in people(range(100, 2100))])
    assert job.look([]).notes[-1].startswith("Ways to read the remote: scan 106 requests · cached 1 request and more")


def test_a_night_on_many_contacts_takes_no_more_than_sixty_requests(tmp_path: Path, book: Emulator) -> None:
    """0.5 % of the rows changed in plain fields; others added 20 contacts and removed two. A scan takes 1,002."""
    people_of = [person(n) for n in range(20_000)]
    book.store.seed(people_of)  # type: ignore[arg-type]
    job = Looker(tmp_path, book)
    with job.session() as session:
        names = ["sid", "number", "first_name"]
        shown = pd.DataFrame([[contact[name] for name in names] for contact in book.store.export()], columns=names)
        read = CONTACTS.shape(shown.assign(raw=shown["number"], **dict.fromkeys(FIELDS[1:], ""), created=""))
        snapshot.store(session.account, snapshot.of_listing(read, session.now()), "IN")
    for n in (3_141, 15_926):
        drop(book, number(n))
    for n in range(20):
        book.store.add({}, number=f"+9197000{n:05d}", key=f"+9197000{n:05d}")
    found = job.look([{**row, "first_name": "New"} if n % 200 == 0 else row for n, row in enumerate(people_of)])
    told = list(verdicts(found).values())
    assert (told.count("update"), told.count("create"), told.count("skipped/kept")) == (100, 2, 20)
    writing = 3  # one request to change, one to read the end again and one to add
    assert len(job.calls) + writing <= 60
    assert "scan 1,001 requests · cached at least 1 request" in found.notes[-1]
