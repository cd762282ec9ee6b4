"""A run's own copy comes back as it was, whatever it holds (CONTRACT 8)."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from syncjob.columns import FieldMap
from syncjob.durable import write_whole
from syncjob.errors import SyncjobError
from syncjob.keeping import Kept, keep, place_of, recall
from syncjob.loader.table import Facts, Loaded
from syncjob.plans import Cost, Figures, Refusal
from tests.builders_plan import diff_of, make_contacts, make_kept, make_plan, make_rows

QUICK = settings(deadline=None, max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Every example writes and syncs a dozen files, so there are few, and none is made smaller."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COUNTS = st.integers(0, 10**9)
MAPS = st.builds(
    FieldMap,
    st.dictionaries(st.integers(0, 300), TEXTS),
    st.dictionaries(st.integers(0, 300), TEXTS),
    st.lists(st.integers(0, 300)).map(tuple),
    st.dictionaries(st.integers(0, 300), TEXTS),
    st.lists(TEXTS).map(tuple),
)


def again(kept: Kept) -> Kept:
    """Kept and recalled."""
    with tempfile.TemporaryDirectory() as folder:
        keep(Path(folder), kept)
        return recall(Path(folder))


def assert_same(one: object, other: object) -> None:
    """Equal field by field, frames by their values and types."""
    for about in fields(one):  # type: ignore[arg-type]
        a, b = getattr(one, about.name), getattr(other, about.name)
        if isinstance(a, pd.DataFrame):
            pd.testing.assert_frame_equal(a, b)
        elif isinstance(a, pd.Series):
            pd.testing.assert_series_equal(a, b, check_names=False)
        else:
            assert a == b, about.name


def assert_kept(kept: Kept) -> None:
    found = again(kept)
    assert_same(found.plan, kept.plan)
    pd.testing.assert_series_equal(found.sids, kept.sids)
    pd.testing.assert_frame_equal(found.loaded.rows, kept.loaded.rows)
    assert (found.settings, found.facts, found.loaded.partial) == (kept.settings, kept.facts, kept.loaded.partial)
    assert found.loaded.mappings == kept.loaded.mappings
    for one, other in zip(found.loaded.tables, kept.loaded.tables, strict=True):
        assert_same(one, other)


def test_everything_comes_back(tmp_path: Path) -> None:
    assert_kept(make_kept(None, "0091", "", "=1+1", "\t x\n", "na", "null", "नमस्ते \U0001f600"))


def test_a_plan_of_nothing_comes_back() -> None:
    plan = make_plan(diff_of(make_rows(), make_contacts()), refusals=(), notes=(), sources=(), partial="Cut off.")
    kept = replace(
        make_kept(plan), loaded=Loaded((), (), make_rows(), None), sids=pd.Series([], dtype="str", name="sid")
    )
    assert_kept(kept)


@QUICK
@given(st.lists(TEXTS, max_size=4), MAPS, TEXTS, st.none() | TEXTS)
def test_any_text_and_any_mapping_come_back(cells: list[str], mapping: FieldMap, name: str, sheet: str | None) -> None:
    kept = make_kept(None, *cells)
    table = replace(kept.loaded.tables[0], source=name, sheet=sheet, facts=Facts(name, notes=(name, name)))
    assert_kept(replace(kept, loaded=replace(kept.loaded, tables=(table, table), mappings=(mapping, mapping))))


@QUICK
@given(
    st.builds(Cost, COUNTS, st.floats(0, 1e9), st.dictionaries(TEXTS, st.integers(0, 9))),
    st.builds(Figures, COUNTS, COUNTS, COUNTS),
    st.lists(st.builds(Refusal, TEXTS, TEXTS, TEXTS, st.lists(TEXTS).map(tuple), st.booleans())).map(tuple),
    TEXTS,
    st.none() | TEXTS,
)
def test_any_head_of_a_plan_comes_back(
    cost: Cost, figures: Figures, refusals: tuple[Refusal, ...], text: str, partial: str | None
) -> None:
    plan = make_plan(
        diff_of(make_rows(), make_contacts()),
        cost=cost, figures=figures, refusals=refusals, plan_id=text, job=text, notes=(text,), partial=partial,
    )  # fmt: skip
    assert_same(again(make_kept(plan)).plan, plan)


def _without(held: bytes, name: str) -> bytes:
    """The zip without one of its files."""
    left = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(held)) as packed, zipfile.ZipFile(left, "w") as fewer:
        for other in packed.namelist():
            if other != name:
                fewer.writestr(other, packed.read(other))
    return left.getvalue()


def _flipped(held: bytes, name: str) -> bytes:
    """The zip with one bit of one of its files turned."""
    with zipfile.ZipFile(io.BytesIO(held)) as packed:
        inner = packed.read(name)
    at = held.index(inner) + len(inner) // 2
    return held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :]


@pytest.mark.parametrize("name", ["head.json", "table.parquet", "cells-0.parquet", "sids.parquet"])
@pytest.mark.parametrize("damage", [_without, _flipped, lambda held, name: held[: held.index(name.encode()) + 60]])
def test_a_damaged_copy_is_said_so(tmp_path: Path, name: str, damage: Callable[[bytes, str], bytes]) -> None:
    keep(tmp_path, make_kept(None, "1"))
    path = place_of(tmp_path)
    path.write_bytes(damage(path.read_bytes(), name))
    with pytest.raises(SyncjobError, match="can't be read") as raised:
        recall(tmp_path)
    assert raised.value.code == "journal_damaged"


def test_only_the_owner_can_read_the_copy_and_nothing_half_written_stays(tmp_path: Path) -> None:
    keep(tmp_path, make_kept(None, "1"))
    keep(tmp_path, make_kept(None, "2"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert not list(tmp_path.glob("*.new"))
    assert recall(tmp_path).loaded.tables[0].cells[0].tolist() == ["2"]


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SyncjobError) as raised:
        write_whole(tmp_path / "none" / "head.json", b"{}")
    assert raised.value.code == "state_unwritable"
    with pytest.raises(SyncjobError):
        keep(tmp_path / "none", make_kept())
