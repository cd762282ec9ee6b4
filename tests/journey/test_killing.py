"""Killed at any instruction and resumed, any number of times, a run ends as if it had never been (law 3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.killing import Ended, Killer, Served, ended, killed_until_done, killer, prepare, served


def uninterrupted(remote: Served, hand: Killer, folder: Path, duplicate: str) -> tuple[Ended, int]:
    prepare(remote, folder, duplicate)
    code, calls = hand.run(folder, "run")
    assert code == 0, (folder / "log.txt").read_text()
    return ended(remote, folder, code), calls


@pytest.mark.parametrize("duplicate", ["existing", "both_stored"])
def test_a_run_killed_at_random_calls_and_resumed_ends_as_an_uninterrupted_one(
    tmp_path: Path, duplicate: str, kills: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(f"{seed}/{duplicate}")
    with served() as remote, killer() as hand:
        wanted, calls = uninterrupted(remote, hand, tmp_path / "whole", duplicate)
        trials = 0
        while hand.kills < kills / 2:
            folder = tmp_path / f"kill-{hand.kills}-{chance.randrange(10**6)}"
            prepare(remote, folder, duplicate)
            found = killed_until_done(remote, hand, folder, calls, chance)
            trials += 1
            assert found == wanted, (found.trail, (folder / "log.txt").read_text())
        say(f"{duplicate}: {hand.kills} kills, {trials} runs, {calls} calls in a whole run")
