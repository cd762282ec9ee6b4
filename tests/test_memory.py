"""What runs leave behind: ownership, claims, baselines, from confirmed outcomes only (CONTRACT 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from syncjob.errors import SyncjobError
from syncjob.ledger import APPLICATION_ID
from syncjob.memory import GOOD_RUNS, Lesson, Memory, RunRecord
from tests.builders_plan import ASHA, MEERA, RAVI, make_account, make_contacts, number


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(make_account(tmp_path))
    yield made
    made.close()


def people(found: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"number": list(found), "sid": list(found.values())}, dtype="str")


def lesson(
    created: Mapping[str, str] | None = None, present: Mapping[str, str] | None = None, *, good: bool = True, **more
) -> Lesson:
    """`created` count as present too."""
    made, there = created or {}, {**(created or {}), **(present or {})}
    about = {"deleted": frozenset(), "differing": {}} | more
    return Lesson(people(made), people(there), good_whole=good, **about)


def ran(memory: Memory, run_id: str, taught: Lesson | None = None, job: str = "leads", sources: str = "*.csv") -> None:
    """A live run from begin to end."""
    memory.begin(RunRecord(run_id, job, sources, "2026-11-20", live=True, whole=True, kind="run"))
    memory.learn(run_id, job, taught or lesson())
    memory.end(run_id, ended="2026-11-20", exit_code=0, counts={"created": 1}, results="results")


def contacts(memory: Memory, job: str = "leads") -> dict[str, tuple[object, ...]]:
    """number → sid, created, named, last, differing."""
    frame = memory.contacts(job)
    return {line[0]: tuple(None if v != v else v for v in line[1:]) for line in frame.itertuples(index=False)}


def test_what_was_created_is_owned_and_what_was_met_is_named(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, {RAVI: "s2"}))
    assert contacts(memory) == {ASHA: ("s1", True, True, True, None), RAVI: ("s2", False, True, True, None)}
    known = memory.known("leads", make_contacts({"number": ASHA, "sid": "s1"}))
    assert (known.created, known.named, known.sids) == ({ASHA}, {ASHA, RAVI}, {ASHA: "s1", RAVI: "s2"})


def test_a_partial_or_unfinished_run_names_nobody_and_moves_no_baseline(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, {RAVI: "s2"}, good=False))
    assert contacts(memory) == {ASHA: ("s1", True, False, False, None), RAVI: ("s2", False, False, False, None)}
    assert memory.baseline("leads", "*.csv") is None


def test_learning_twice_changes_nothing(memory: Memory) -> None:
    ran(memory, "r0", lesson({MEERA: "s3"}, differing={MEERA: {"tag": "a"}}))
    taught = lesson({ASHA: "s1"}, {RAVI: "s2"}, deleted=frozenset({MEERA}), differing={ASHA: {"tag": "x"}})
    ran(memory, "r1", taught)
    before, baseline = memory.contacts("leads"), memory.baseline("leads", "*.csv")
    memory.learn("r1", "leads", taught)
    pd.testing.assert_frame_equal(memory.contacts("leads"), before)
    assert memory.baseline("leads", "*.csv") == baseline


def test_a_later_run_keeps_ownership_and_moves_what_was_last(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1", RAVI: "s2"}))
    ran(memory, "r2", lesson({}, {ASHA: "s1"}))
    assert contacts(memory) == {RAVI: ("s2", True, True, False, None), ASHA: ("s1", True, True, True, None)}


def test_ownership_follows_the_contact_and_not_its_number(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, differing={ASHA: {"tag": "a"}}))
    theirs = make_contacts({"number": ASHA, "sid": "other"})
    known = memory.known("leads", theirs)
    assert (known.created, known.named, known.differing) == (frozenset(), frozenset(), {})
    ran(memory, "r2", lesson({}, {ASHA: "other"}))
    assert contacts(memory) == {ASHA: ("other", False, True, True, None)}
    assert memory.known("leads", theirs).created == frozenset()


def test_of_two_contacts_with_one_number_the_one_we_made_is_known(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}))
    twins = make_contacts({"number": ASHA, "sid": "other"}, {"number": ASHA, "sid": "s1"})
    known = memory.known("leads", twins)
    assert (known.created, known.sids) == ({ASHA}, {ASHA: "s1"})


def test_what_is_gone_is_still_known_and_what_we_deleted_is_forgotten(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1", RAVI: "s2"}))
    ran(memory, "r2", lesson({}, {RAVI: "s2"}, deleted=frozenset({ASHA})))
    known = memory.known("leads", make_contacts())
    assert (known.created, known.named) == ({RAVI}, {RAVI})


def test_what_was_stored_differently_stays_known_until_the_field_is_written_again(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, differing={ASHA: {"tag": "a", "email": "b"}}))
    ran(memory, "r2", lesson({}, {ASHA: "s1"}))
    there = make_contacts({"number": ASHA, "sid": "s1"})
    assert memory.known("leads", there).differing == {ASHA: {"tag": "a", "email": "b"}}
    ran(memory, "r3", lesson({}, {ASHA: "s1"}, written={ASHA: frozenset({"tag"})}))
    assert memory.known("leads", there).differing == {ASHA: {"email": "b"}}
    ran(memory, "r4", lesson({}, {ASHA: "s1"}, differing={ASHA: {"email": "c"}}))
    assert memory.known("leads", there).differing == {ASHA: {"email": "c"}}


def test_the_last_good_run_of_another_job_claims_its_contacts(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, {RAVI: "s2"}), job="sales")
    ran(memory, "r2", lesson({MEERA: "s3"}), job="leads")
    assert memory.known("leads", make_contacts()).claimed == {ASHA: "sales", RAVI: "sales"}
    ran(memory, "r3", lesson({}, {RAVI: "s2"}), job="sales")
    assert memory.known("leads", make_contacts()).claimed == {RAVI: "sales"}


@pytest.mark.parametrize(("one", "other"), [("a b", "a_b"), ("लीड", "बिक्री"), ("a/b", "a:b")])
def test_jobs_with_like_names_share_nothing(memory: Memory, one: str, other: str) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}), job=one)
    assert memory.contacts(other).empty
    assert len(memory.contacts(one)) == 1


def test_the_baseline_is_the_largest_of_the_last_five_per_sheet_and_in_total(memory: Memory) -> None:
    for at, (a, b) in enumerate([(900, 1), (10, 40), (50, 10), (20, 20), (20, 20), (20, 20)]):
        taught = lesson({number(at): f"s{at}"}, rows={"a": a, "b": b}, fields=frozenset({"number", f"f{at}"}))
        ran(memory, f"r{at}", taught)
    baseline = memory.baseline("leads", "*.csv")
    assert baseline is not None
    assert baseline.rows == {"a": 50, "b": 40, "": 60}
    assert (baseline.run_id, baseline.numbers, baseline.fields) == ("r5", {number(5)}, {"number", "f5"})
    assert len(list((memory.account.folder / "numbers").iterdir())) == GOOD_RUNS


def test_other_sources_other_jobs_and_undone_runs_are_no_baseline(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}, rows={"a": 5}))
    ran(memory, "r2", lesson({RAVI: "s2"}, rows={"b": 7}), sources="other.csv")
    ran(memory, "r3", lesson({MEERA: "s3"}, rows={"c": 9}), job="sales")
    ran(memory, "r4", lesson({number(9): "s4"}, rows={"a": 99}))
    memory.mark_undone("r4")
    baseline = memory.baseline("leads", "*.csv")
    assert baseline is not None
    assert (baseline.run_id, baseline.rows, baseline.numbers) == ("r1", {"a": 5, "": 5}, {ASHA})
    assert memory.baseline("leads", "third.csv") is None


def test_an_earlier_run_settled_again_does_not_say_what_was_last(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}))
    ran(memory, "r2", lesson({RAVI: "s2"}))
    memory.learn("r1", "leads", lesson({ASHA: "s1"}))
    assert contacts(memory)[ASHA][3] is False
    assert contacts(memory)[RAVI][3] is True


def test_a_run_is_open_from_its_beginning_to_its_end_and_keeps_its_place_when_taken_up(memory: Memory) -> None:
    record = RunRecord("r1", "leads", "*.csv", "2026-11-20", live=True, whole=True, kind="apply", plan_id="p1")
    memory.begin(record)
    assert memory.open_runs("leads") == [record]
    memory.end("r1", ended="2026-11-21", exit_code=3, counts={"created": 2}, results="out")
    ran(memory, "r2")
    memory.mark_undone("r1")
    memory.begin(record)
    assert [run.run_id for run in memory.runs()] == ["r2", "r1"]
    assert [(run.run_id, run.undone) for run in memory.open_runs("leads")] == [("r1", True)]
    memory.end("r1", ended="2026-11-22", exit_code=0, counts={"created": 2}, results="out")
    (_, found) = memory.runs("leads")
    assert (found.state, found.exit_code, found.counts, found.plan_id) == ("ended", 0, {"created": 2}, "p1")


def test_a_run_that_never_stored_its_plan_is_forgotten(memory: Memory) -> None:
    ran(memory, "r1")
    memory.forget("r1")
    assert memory.runs() == []


def test_memory_survives_being_closed(tmp_path: Path) -> None:
    account = make_account(tmp_path)
    for run_id in ("r1", "r2"):
        memory = Memory(account)
        ran(memory, run_id, lesson({ASHA: "s1"}))
        memory.close()
    memory = Memory(account)
    assert [run.run_id for run in memory.runs("leads")] == ["r2", "r1"]
    memory.close()
    assert (account.folder / "memory.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["foreign", "newer", "garbage"])
def test_a_memory_that_is_none_is_refused_and_left_as_it_is(tmp_path: Path, kind: str) -> None:
    account = make_account(tmp_path)
    path = account.folder / "memory.db"
    if kind == "garbage":
        path.write_bytes(b"garbage" * 100)
    else:
        db = sqlite3.connect(path)
        db.executescript(f"pragma application_id={APPLICATION_ID if kind == 'newer' else 7}; pragma user_version=9;")
        db.close()
    before = path.read_bytes()
    with pytest.raises(SyncjobError) as raised:
        Memory(account)
    assert raised.value.code == "journal_damaged"
    assert path.read_bytes() == before


def test_damaged_contacts_are_refused_with_a_sentence(memory: Memory) -> None:
    ran(memory, "r1", lesson({ASHA: "s1"}))
    (path,) = (memory.account.folder / "contacts").iterdir()
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SyncjobError, match="can't be used") as raised:
        memory.known("leads", make_contacts())
    assert raised.value.code == "journal_damaged"


def test_what_is_known_of_one_list_says_nothing_of_another(memory: Memory) -> None:
    memory.begin(RunRecord("r1", "diwali", "*.csv", "2026-11-20", live=True, whole=True, kind="run"))
    memory.learn("r1", "diwali", lesson({ASHA: "s1"}), "list-a")
    there = make_contacts({"number": RAVI, "sid": "s2"})
    assert memory.known("diwali", there, "list-a").created == {ASHA}
    assert memory.known("diwali", there, "list-b").created == set()
    assert memory.known("diwali", there).created == set()
    memory.learn("r2", "diwali", lesson({RAVI: "s2"}), "list-b")
    assert memory.known("diwali", there, "list-b").created == {RAVI}
    assert memory.known("diwali", there, "list-a").created == set()


def test_a_list_is_claimed_by_jobs_on_it_and_the_address_book_by_all(memory: Memory) -> None:
    for job, of_list, number_ in (("a", "list-a", ASHA), ("b", "list-b", RAVI), ("book", "", MEERA)):
        memory.begin(RunRecord(job, job, "*.csv", "2026-11-20", live=True, whole=True, kind="run"))
        memory.learn(job, job, lesson({number_: f"s-{job}"}), of_list)
    nobody = make_contacts()
    assert memory.known("other", nobody, "list-a").claimed == {ASHA: "a"}
    assert memory.known("other", nobody).claimed == {ASHA: "a", RAVI: "b", MEERA: "book"}
