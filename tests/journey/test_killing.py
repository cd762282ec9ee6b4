"""Killed at any instruction and resumed, any number of times, a run ends as if it had never been (law 3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import ceil
from pathlib import Path

import pytest

from tests.journey.killing import Ended, Killer, Served, ended, killed_until_done, prepare


def uninterrupted(remote: Served, hand: Killer, folder: Path, duplicate: str, listing: str) -> tuple[Ended, list[int]]:
    prepare(remote, hand, folder, duplicate, listing)
    code, moments = hand.run(folder, "run", kill_after=0)
    assert code == 0, (folder / "log.txt").read_text()
    end = ended(remote, folder, code)
    told = {row["sync_outcome"] for row in end.rows}
    assert told == {"created", "updated", "unchanged", "rejected", "duplicate", "invalid"}
    assert end.only == {"deleted": 6}
    return end, moments


@pytest.mark.parametrize(
    ("duplicate", "listing"), [("existing", "scan"), ("both_stored", "scan"), ("existing", "cached")]
)
def test_a_run_killed_at_random_steps_and_resumed_ends_as_an_uninterrupted_one(
    tmp_path: Path,
    served: Served,
    hand: Killer,
    duplicate: str,
    listing: str,
    kills: int,
    seed: int,
    say: Callable[[str], None],
) -> None:
    chance = random.Random(f"{seed}/{duplicate}/{listing}")
    wanted, moments = uninterrupted(served, hand, tmp_path / "whole", duplicate, listing)
    killed, trials, before = 0, 0, hand.kills
    while killed < kills / 3:
        folder = tmp_path / f"kill-{killed}"
        prepare(served, hand, folder, duplicate, listing)
        place = (killed + chance.random()) / ceil(kills / 3)  # every part of a run has its turn
        found = killed_until_done(served, hand, folder, moments, place, chance)
        assert found == wanted, (found.trail, (folder / "log.txt").read_text())
        killed, trials = hand.kills - before, trials + 1
    say(f"{duplicate}, {listing}: {killed} kills, {trials} runs, {moments[-1]} steps in a whole run")
