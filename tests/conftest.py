"""Every test in a home of its own: no config, state or credentials of whoever runs the tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is no failure; what fails in CI must fail again at a desk.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

FOREIGN = ("SYNCJOB_", "EXOTEL_", "SANDBOX_", "XDG_", "NO_COLOR", "CLICOLOR", "FORCE_COLOR")
_turn = count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all homes."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty HOME, and none of the variables that syncjob obeys."""
    home = homes / str(next(_turn))
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))


@pytest.fixture
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process: starting another for each of hundreds of commands takes minutes."""
    from tests.journey.builders import read_here

    monkeypatch.setattr("syncjob.loader.reader.read_apart", read_here)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Where chance begins: `--seed N` repeats a run."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def say(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Put a figure on the terminal, whatever is captured."""

    def line(text: str) -> None:
        with capsys.disabled():
            request.config.get_terminal_writer().line(f"\n{text}")

    return line


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and those together that share a prepared process: what is short fills what time is left."""
    items.sort(key=lambda item: [process not in getattr(item, "fixturenames", ()) for process in ("hand", "forge")])


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for another process, or for a server."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_finish() -> None:
    """What is there now stays to the end; the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Longer runs on request."""
    parser.addoption("--kills", type=int, default=12, help="processes killed by the kill journeys (law 3)")
    parser.addoption(
        "--pairs", type=int, default=20, help="pairs of faults that a run must survive (of some thousands)"
    )
    parser.addoption("--seed", type=int, default=1, help="where their chance begins")
    parser.addoption("--fuzz", type=float, default=2.0, help="seconds of hostile files for the loader, from --seed on")
