"""Killed at any instruction and resumed, any number of times, a run ends as if it had never been (law 3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.killing import Ended, Killer, Served, ended, killed_until_done, killer, prepare, served


def uninterrupted(remote: Served, hand: Killer, folder: Path, duplicate: str, listing: str) -> tuple[Ended, int]:
    prepare(remote, hand, folder, duplicate, listing)
    code, steps = hand.run(folder, "run", kill_after=0)
    assert code == 0, (folder / "log.txt").read_text()
    end = ended(remote, folder, code)
    told = {row["sync_outcome"] for row in end.rows}
    assert told == {"created", "updated", "unchanged", "rejected", "duplicate", "invalid"}
    assert end.only == {"deleted": 6}
    return end, steps


@pytest.mark.parametrize(
    ("duplicate", "listing"), [("existing", "scan"), ("both_stored", "scan"), ("existing", "cached")]
)
def test_a_run_killed_at_random_steps_and_resumed_ends_as_an_uninterrupted_one(
    tmp_path: Path, duplicate: str, listing: str, kills: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(f"{seed}/{duplicate}/{listing}")
    with served() as remote, killer() as hand:
        wanted, steps = uninterrupted(remote, hand, tmp_path / "whole", duplicate, listing)
        trials = 0
        while hand.kills < kills / 3:
            folder = tmp_path / f"kill-{hand.kills}-{chance.randrange(10**6)}"
            prepare(remote, hand, folder, duplicate, listing)
            found = killed_until_done(remote, hand, folder, steps, chance)
            trials += 1
            assert found == wanted, (found.trail, (folder / "log.txt").read_text())
        say(f"{duplicate}, {listing}: {hand.kills} kills, {trials} runs, {steps} steps in a whole run")
