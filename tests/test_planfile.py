"""A saved plan: approve may be edited, nothing else (CONTRACT 2)."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import orjson
import pandas as pd
import pytest

from syncjob import planfile
from syncjob.errors import ConfigError, SyncjobError
from syncjob.keeping import keep, place_of
from syncjob.planfile import load_plan, save_plan, saving
from tests.builders_plan import ASHA, make_kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A saved plan of one create, one update and one delete."""
    save_plan(make_kept(None, "a"), tmp_path / "plan.json")
    return tmp_path / "plan.json"


def edit(path: Path, change: Callable[[dict], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=True))


def test_a_plan_comes_back_with_everything_approved(path: Path) -> None:
    kept, approved = load_plan(path)
    assert approved == {1, 2, 3}
    pd.testing.assert_frame_equal(kept.plan.table, make_kept().plan.table)
    assert kept.settings == make_kept().settings
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_person_can_read_what_will_be_done_and_what_stands_against_it(path: Path) -> None:
    document = json.loads(path.read_text())
    assert document["counts"] == {"create": 1, "update": 1, "delete": 1, "invalid": 1}
    assert document["refusals"][0]["code"] == "source_old"
    update = document["changes"][1]
    assert (update["verb"], update["number"], update["fields"]) == ("update", ASHA, {"first_name": "Asha"})
    assert update["before"] == {"number": ASHA, "first_name": "Aisha"}


def test_a_plan_of_many_pieces_is_the_file_that_one_piece_would_be(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = path.read_bytes()
    monkeypatch.setattr(planfile, "_CHUNK", 1)
    monkeypatch.setattr(planfile, "_BYTES", 3)
    save_plan(make_kept(None, "a"), path)
    assert path.read_bytes() == whole == orjson.dumps(orjson.loads(whole), option=orjson.OPT_INDENT_2)
    assert load_plan(path)[1] == {1, 2, 3}


def test_a_plan_appears_only_when_it_is_asked_for(tmp_path: Path) -> None:
    with saving(make_kept(), tmp_path / "a.json") as saved:
        saved()
    with pytest.raises(SyncjobError, match="results"), saving(make_kept(), tmp_path / "b.json"):
        raise SyncjobError("The results can't be written.")
    with (
        pytest.raises(SyncjobError, match="can't be written"),
        saving(make_kept(), tmp_path / "no" / "c.json") as saved,
    ):
        saved()
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_a_plan_carries_the_copy_that_its_run_wrote_down(tmp_path: Path, path: Path) -> None:
    kept = make_kept(None, "a")
    save_plan(kept, path)
    keep(tmp_path, kept)
    with saving(kept, tmp_path / "again.json", tmp_path) as saved:
        saved()
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert b64decode(orjson.loads(path.read_bytes())["carried"]) == place_of(tmp_path).read_bytes()


def test_what_is_not_approved_is_left_out(path: Path) -> None:
    edit(path, lambda document: document["changes"][1].update(approve=False))
    assert load_plan(path)[1] == {1, 3}
    edit(path, lambda document: [change.update(approve=False) for change in document["changes"]])
    assert load_plan(path)[1] == frozenset()
    edit(path, lambda document: document["changes"][0].update(approve=True))
    assert load_plan(path)[1] == {1}


def test_an_editor_may_put_its_mark_its_line_ends_and_its_order_of_keys(path: Path) -> None:
    edit(path, lambda document: document.update(job=document.pop("job")))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_plan(path)[1] == {1, 2, 3}


EDITS: dict[str, Callable[[dict], object]] = {
    "a change removed": lambda d: d["changes"].pop(),
    "a change doubled": lambda d: d["changes"].append(d["changes"][0]),
    "changes reordered": lambda d: d["changes"].reverse(),
    "no changes": lambda d: d.pop("changes"),
    "changes that are none": lambda d: d.update(changes="all"),
    "a change that is none": lambda d: d["changes"].append("delete"),
    "another number": lambda d: d["changes"][0].update(number="+919100000099"),
    "another sid": lambda d: d["changes"][2].update(sid="s9"),
    "another verb": lambda d: d["changes"][1].update(verb="delete"),
    "another value": lambda d: d["changes"][1]["fields"].update(first_name="X"),
    "another id": lambda d: d["changes"][1].update(id=9),
    "something added": lambda d: d["changes"][1].update(note="please"),
    "another before-image": lambda d: d["changes"][1].update(before={}),
    "approve as text": lambda d: d["changes"][1].update(approve="no"),
    "approve as number": lambda d: d["changes"][1].update(approve=0),
    "approve as nothing": lambda d: d["changes"][1].update(approve=None),
    "approve taken out": lambda d: d["changes"][1].pop("approve"),
    "another job": lambda d: d.update(job="sales"),
    "another account": lambda d: d.update(account="127.0.0.1/other"),
    "another day": lambda d: d.update(made="2030-01-01T00:00:00+05:30"),
    "refusals taken out": lambda d: d.update(refusals=[]),
    "another copy": lambda d: d.update(carried=d["carried"][::-1]),
    "no copy": lambda d: d.pop("carried"),
    "no seal": lambda d: d.pop("seal"),
    "another seal": lambda d: d.update(seal="0" * 64),
    "a key added": lambda d: d.update(extra=1),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_outside_approve_is_refused(path: Path, name: str) -> None:
    edit(path, EDITS[name])
    with pytest.raises(ConfigError, match="was edited"):
        load_plan(path)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"syncjob": "result"}', "PK\x03\x04", '{"syncjob": "plan"'])
def test_a_file_that_is_no_plan_is_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is not a plan"):
        load_plan(path)


def test_a_plan_of_another_version_or_none_at_all_is_said_so(path: Path) -> None:
    edit(path, lambda document: document.update(version=99))
    with pytest.raises(ConfigError, match="another version"):
        load_plan(path)
    with pytest.raises(ConfigError, match="can't be read"):
        load_plan(path.with_name("none.json"))
