"""The loader's exam in short: files of other people's tools, each damaged in one way, whose truth is known.

`python -m benchmarks.loader_exam` is the long one, beside other readers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.readers import syncjob
from tests.exam_loader import damage
from tests.exam_loader.cases import case
from tests.exam_loader.judging import judge
from tests.exam_loader.tools import TOOLS


@pytest.mark.parametrize("kind", damage.ALL)
def test_damage_costs_the_rows_it_hits_and_no_other(tmp_path: Path, kind: str) -> None:
    for seed in (11, 12, 13):
        one = case(seed, kind, TOOLS[(damage.ALL.index(kind) * 3 + seed) % len(TOOLS)])
        path = tmp_path / "leads.csv"
        path.write_bytes(one.data)
        verdict = judge(one, syncjob(path, one))
        assert (verdict.harm, verdict.alarms, verdict.refused) == (0, 0, 0), one.name


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_what_other_tools_export_is_read_to_the_letter(tmp_path: Path, tool: object) -> None:
    one = case(TOOLS.index(tool), "none", tool)  # type: ignore[arg-type]
    path = tmp_path / "leads.csv"
    path.write_bytes(one.data)
    verdict = judge(one, syncjob(path, one))
    assert (verdict.right, verdict.cells_right) == (verdict.rows, verdict.cells)
    assert verdict.header
    assert not verdict.alarms
