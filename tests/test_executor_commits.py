"""What the journal is told costs one durable write for many contacts, never one for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncjob.behaviour import Behaviour
from syncjob.differ import Rules
from syncjob.emulator import Emulator, Switches
from syncjob.executor.echo import as_lines
from syncjob.journal import Journal
from tests.builders_work import carry_out, held, number, row

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

ROWS = 60
FEW = 16
"""Durable writes of a run with one request of each kind, whatever became of it."""


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each durable write."""
    counted: list[int] = []
    commit = Journal._commit

    def counting(journal: Journal) -> AbstractContextManager[None]:
        counted.append(1)
        return commit(journal)

    monkeypatch.setattr(Journal, "_commit", counting)
    return counted


def wanted() -> list[dict[str, str]]:
    return [row(n, first_name=f"N{n}") for n in range(ROWS)]


def by_others(remote: Emulator) -> None:
    """Half of the rows as they are to be, half with another name."""
    remote.store.seed([row(n, first_name=f"N{n}" if n % 2 else "Theirs") for n in range(ROWS)])


def test_contacts_that_others_added_are_adopted_in_a_few_writes(tmp_path: Path, commits: list[int]) -> None:
    with Emulator() as remote:
        done = carry_out(remote, wanted(), tmp_path, between=by_others)
        assert {done.outcomes()[number(n)] for n in range(0, ROWS, 2)} == {"updated"}
        assert {done.outcomes()[number(n)] for n in range(1, ROWS, 2)} == {"unchanged"}
        assert len(commits) < FEW


@pytest.mark.parametrize("known", [{}, {"duplicate": "conflict"}])
def test_creates_whose_reply_was_lost_are_settled_in_a_few_writes(
    tmp_path: Path, commits: list[int], known: dict[str, str]
) -> None:
    with Emulator(Switches(duplicate="existing")) as remote:
        remote.faults.add("cut", call="create", when="after")
        done = carry_out(remote, wanted(), tmp_path, behaviour=Behaviour(answers=known))
        assert set(done.outcomes().values()) == {"created"}
        assert len(held(remote)) == ROWS
        assert len(commits) < FEW


def test_updates_and_deletes_whose_replies_were_lost_are_settled_in_a_few_writes(
    tmp_path: Path, commits: list[int]
) -> None:
    with Emulator() as remote:
        by_others(remote)
        for call in ("update_many", "delete"):
            remote.faults.add("cut", call=call, when="after")
        done = carry_out(remote, wanted()[: ROWS // 2], tmp_path, rules=Rules(remote_only="delete", owned="all"))
        assert set(done.outcomes().values()) == {"updated", "deleted"}
        assert len(commits) < FEW


def test_contacts_that_replies_show_stay_apart_whatever_they_call_themselves() -> None:
    shown = [{"sid": "a", "number": "98000 00001"}, {"number": "+919800000002"}, {"sid": "a", "number": "none"}]
    lines = as_lines(shown, "IN")
    assert [line["sid"] for line in lines] == ["a", "None", "a"]
    assert [line["number"] for line in lines][:2] == ["+919800000001", "+919800000002"]
    assert lines[2]["number"] != lines[2]["number"]  # NaN: it can't be read
    assert [line["number"] for line in as_lines(shown, None)] == ["a", "None", "a"]
