"""What every test shares."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=20, help="processes killed by the kill journeys (law 3)")
    parser.addoption("--seed", type=int, default=1, help="where their chance begins")
