"""Options of the long journeys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncjob.emulator import Emulator
from syncjob.emulator.log import Entry, Log
from syncjob.pacing import Backoff
from tests.journey import killing
from tests.journey.builders import Desk
from tests.journey.builders_hostile import Forge, forging
from tests.journey.killing import PHONES, Killer, Served


@pytest.fixture(autouse=True)
def phone_requests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every request for the account's phone numbers, whoever made it; only the journeys that release them make any."""
    seen: list[str] = []
    append = Log.append

    def watched(log: Log, entry: Entry) -> None:
        append(log, entry)
        if re.search(PHONES, entry.path, re.IGNORECASE):
            seen.append(f"{entry.method} {entry.path}")

    monkeypatch.setattr(Log, "append", watched)
    yield seen
    if request.node.get_closest_marker("phones") is None:
        assert seen == []


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How many processes are killed in all, `--kills N`."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A fresh desk with an emulated remote and the usual config."""
    with Emulator() as remote:
        made = Desk(tmp_path, remote)
        made.config()
        yield made


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """An emulator in another process, for those who begin with a reset."""
    with killing.served() as made:
        yield made


@pytest.fixture(scope="session")
def hand() -> Iterator[Killer]:
    """Commands that are killed."""
    with killing.killer() as made:
        yield made


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """Commands in processes of their own."""
    with forging() as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once."""
    monkeypatch.setattr(Backoff, "wait", lambda _backoff, _tries, _random: 0.0)
