"""What is remembered of an account is what it holds, as far as outcomes were confirmed."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from syncjob.differ import Rules
from syncjob.emulator import Emulator
from syncjob.job.remembering import fold_in
from syncjob.journal import Journal
from syncjob.listing import Pages, Threads, scan
from syncjob.schema import CHANGES, FIELDS
from syncjob.snapshot import Snapshot, drop, folded, generation, load, of_listing, patched, place_of, store
from syncjob.state import Account
from tests.builders_others import Looker, add, edit
from tests.builders_work import carry_out, number, remote_of, row

THEN = datetime.fromisoformat("2026-11-01T01:00:00+00:00")


def read(emulator: Emulator) -> pd.DataFrame:
    return scan(Pages(remote_of(emulator).page, Threads(2)), "IN").contacts


def held(snapshot: Snapshot, *, sure: bool = True) -> dict[str, list[str]]:
    """sid → number and fields, of the contacts whose fields are known for certain."""
    lines = snapshot.contacts[snapshot.contacts["seen"] != ""] if sure else snapshot.contacts
    return {line["sid"]: [line["number"], *(line[name] for name in FIELDS)] for _, line in lines.iterrows()}


@pytest.mark.parametrize("duplicate", ["existing", "sid_only", "both_stored"])
@pytest.mark.parametrize("seed", [1])
def test_what_a_run_confirms_makes_the_snapshot_what_a_scan_would_read(
    tmp_path: Path, duplicate: str, seed: int
) -> None:
    chance = random.Random(f"{duplicate}/{seed}")
    with Emulator() as emulator:
        emulator.switches.duplicate = duplicate  # type: ignore[assignment]
        emulator.switches.empty = chance.choice(["stored", "null"])
        emulator.store.seed([dict(row(n, tag="a", custom_field={"n": "1"})) for n in range(60)])  # type: ignore[arg-type]
        before = of_listing(read(emulator), THEN)
        for n in (7, 70, 71):
            emulator.faults.refuse(number(n))
        emulator.faults.add("cut", call=chance.choice(["create", "update_many", "delete"]), when="after")
        wanted = [row(n, tag=chance.choice("ab"), first_name="") for n in range(90) if n == 80 or chance.random() < 0.8]
        wanted[3]["custom_field"] = {"n": "2", "m": {"x": "y"}}  # type: ignore[assignment]
        done = carry_out(emulator, wanted, tmp_path, between=lambda emulator: add(emulator, 80, tag="theirs"))
        after, now = folded(before, done.changes, "run"), of_listing(read(emulator), THEN)
        assert after.generation == "run"
        assert after.contacts["sid"].tolist() == now.contacts["sid"].tolist()
        truth = held(now)
        assert {sid: truth[sid] for sid in held(after)} == held(after)
        assert len(held(after)) >= len(truth) - 1
        assert held(folded(after, done.changes, "run"), sure=False) == held(after, sure=False)


def test_a_contact_that_the_remote_stored_otherwise_must_be_read_again(tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.switches.max_length = None
        emulator.store.seed([dict(row(n, tag="a")) for n in range(3)])
        before = of_listing(read(emulator), THEN)
        done = carry_out(emulator, [row(n, tag="b") for n in range(3)], tmp_path)
        changes = done.changes.assign(reason=[None, "stored_differently", None])
        after = folded(before, changes, "run")
        assert after.doubtful == {before.contacts["sid"][1]}


def test_a_contact_that_was_found_under_another_number_must_be_read_again(tmp_path: Path) -> None:
    """Others gave a contact the number that the run was about to add; the snapshot has it under its old one."""
    with Emulator() as emulator:
        sid = emulator.store.seed([dict(row(n)) for n in range(3)])[1].sid
        before = of_listing(read(emulator), THEN)

        def renumber(emulator: Emulator) -> None:
            contact = emulator.store.find(sid)
            assert contact is not None
            emulator.store.change(contact, {}, number=number(7), key=number(7))

        done = carry_out(emulator, [row(n, tag="b") for n in (0, 2, 7)], tmp_path, rules=Rules(), between=renumber)
        assert (done.outcomes()[number(7)], done.reasons()[number(7)]) == ("updated", "exists_already")
        assert folded(before, done.changes, "run").doubtful == {sid}


def test_a_snapshot_that_another_run_wrote_meanwhile_is_thrown_away(tmp_path: Path) -> None:
    with Emulator() as emulator, Looker(tmp_path, emulator).session() as session:
        emulator.store.seed([dict(row(n)) for n in range(3)])
        done = carry_out(emulator, [row(n, tag="b") for n in range(3)], tmp_path)
        for rested_on, kept in (("g1", True), ("g2", False), ("r2", True)):
            store(session.account, Snapshot(of_listing(read(emulator), THEN).contacts, THEN, "g1"), "IN")
            if rested_on == "r2":
                store(session.account, Snapshot(of_listing(read(emulator), THEN).contacts, THEN, "r2"), "IN")
            folder = tmp_path / f"rests on {rested_on}"
            folder.mkdir()
            with Journal.create(folder / "journal.db", {"snapshot": rested_on}, CHANGES.empty()) as journal:
                fold_in(session, journal, done.changes, "r2")
            assert generation(session.account) == ("r2" if kept else None)


def test_contacts_read_again_keep_their_places_and_new_ones_go_to_the_end() -> None:
    with Emulator() as emulator:
        emulator.store.seed([dict(row(n)) for n in range(30)])
        before = of_listing(read(emulator), THEN)
        gone = before.contacts["sid"][4]
        emulator.store.remove(gone)
        edit(emulator, number(9), tag="new")
        add(emulator, 50)
        now = read(emulator)
        after = patched(before, now[now["number"].isin([number(9), number(50)])], [gone], "later")
        assert after.contacts.drop(columns="seen").equals(now)
        assert after.contacts["seen"].tolist().count("later") == 2


def test_a_snapshot_is_kept_whole_with_its_generation_or_not_at_all(tmp_path: Path) -> None:
    account = Account(tmp_path)
    assert (load(account, "IN"), generation(account)) == (None, None)
    with Emulator() as emulator:
        emulator.store.seed([dict(row(1, tag="ä=1")), {"number": "not a number"}])
        made = of_listing(read(emulator), THEN)
    store(account, made, "IN")
    found = load(account, "IN")
    assert found is not None
    assert found.contacts.equals(made.contacts)
    assert (found.scanned, found.generation, generation(account)) == (THEN, made.generation, made.generation)
    assert place_of(account).stat().st_mode & 0o077 == 0
    drop(account)
    drop(account)
    assert load(account, "IN") is None
