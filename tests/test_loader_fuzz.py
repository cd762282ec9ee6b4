"""Hostile files, made of valid ones, end in tables or one sentence: for a moment here, for hours with `--fuzz`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.exam_loader.corpus import build
from tests.exam_loader.fuzzing import fuzzed


def test_hostile_files_end_in_tables_or_one_sentence_within_bounds(
    tmp_path: Path, pytestconfig: pytest.Config, seed: int, say: Callable[[str], None]
) -> None:
    corpus, made = build(tmp_path / "corpus"), tmp_path / "made"
    made.mkdir()
    told = fuzzed(corpus, made, float(pytestconfig.getoption("--fuzz")), seed)
    assert not told.findings, "\n\n".join(told.findings)
    assert told.files > 0
    say(f"from seed {seed}: {told.files} files, {told.refused} refused, {len(told.died)} ended their process")
