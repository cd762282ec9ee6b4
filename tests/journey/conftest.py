"""Options of the long journeys."""

from __future__ import annotations

import pytest


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How many processes are killed in all: 20, or `--kills N`."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Where chance begins: `--seed N` repeats a run of random kills."""
    return int(request.config.getoption("--seed"))
