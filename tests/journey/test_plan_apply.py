"""A plan is saved, reviewed, and carried out exactly as approved, or refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders_work import drop, number
from tests.journey.builders import Desk, people, person

pytestmark = pytest.mark.usefixtures("reads_here")

SETTINGS: dict[str, Any] = {
    "source": {"files": ["contacts.csv"]},
    "sync": {"remote_only": "delete", "owned": "all"},
}


def planned(desk: Desk, **groups: Any) -> Path:
    """A saved plan of one create, two updates and one delete; 0 stays as it is."""
    desk.seed(person(0), person(1), person(2), person(3))
    desk.config(**{**SETTINGS, **groups})
    desk.sheet([person(0), *people(1, 2, first_name="New"), person(9)])
    said = desk("plan", "-o", desk.folder / "plan.json")
    assert said.code == 0, said.err
    assert desk.writes == 0
    desk.remote.log.clear()
    return desk.folder / "plan.json"


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def refuse(document: dict[str, Any], *verbs: str) -> None:
    for change in document["changes"]:
        if change["verb"] in verbs:
            change["approve"] = False


def test_apply_does_what_the_plan_says_and_reads_only_what_it_rests_on(desk: Desk) -> None:
    path = planned(desk)
    (desk.folder / "contacts.csv").unlink()
    said = desk("apply", path, "--yes")
    assert (said.code, desk.outcomes()) == (0, ["unchanged", "updated", "updated", "created"])
    assert sorted(desk.held()) == [number(n) for n in (0, 1, 2, 9)]
    assert "4 rows read" in said.out
    reads = len(desk.remote.log) - desk.writes
    assert reads <= 2  # the page that holds them all, and the tail before the create
    assert desk.runs() == ["apply"]


def test_the_plan_file_tells_at_its_top_what_it_would_do(desk: Desk) -> None:
    document = json.loads(planned(desk).read_text())
    assert document["counts"] == {"create": 1, "update": 2, "delete": 1, "unchanged": 1}
    assert [change["verb"] for change in document["changes"]] == ["create", "update", "update", "delete"]
    assert all(change["approve"] is True for change in document["changes"])
    assert desk.remote.token not in json.dumps(document)


def test_what_a_reviewer_did_not_approve_is_left_out_and_told(desk: Desk) -> None:
    path = planned(desk)
    edit(path, lambda document: refuse(document, "delete", "update"))
    assert desk("apply", path, "--yes").code == 0
    assert desk.outcomes() == ["unchanged", "skipped/reviewers_no", "skipped/reviewers_no", "created"]
    assert desk.only() == {number(3): "skipped/reviewers_no"}
    assert len(desk.remote.log.of("create")) == desk.writes == 1


def test_a_plan_edited_elsewhere_is_refused(desk: Desk) -> None:
    path = planned(desk)
    text = path.read_text()
    for change in (
        lambda d: d["changes"][0].update(number=number(7)),
        lambda d: d["changes"][1]["fields"].update(first_name="Mallory"),
        lambda d: d["changes"].pop(),
        lambda d: d.update(made="2030-01-01T00:00:00+00:00"),
        lambda d: d.update(carried="UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="),
    ):
        path.write_text(text)
        edit(path, change)
        said = desk("apply", path, "--yes")
        assert (said.code, desk.writes) == (2, 0)
        assert "only approve may be changed" in said.err
    for nonsense in ("{}", "no plan", "[]", '{"syncjob": "plan", "version": 1}'):
        path.write_text(nonsense)
        assert desk("apply", path, "--yes").code == 2, nonsense


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ({"job": "other"}, "The plan is of job leads, not other"),
        ({"remote": {"account_sid": "other1"}}, "not"),
        ({"limits": {"plan_age": "0s"}}, "limits.plan_age"),
    ],
)
def test_a_plan_of_another_job_or_account_or_too_old_is_refused(desk: Desk, groups: dict[str, Any], says: str) -> None:
    path = planned(desk)
    desk.config(**{**SETTINGS, **groups})
    said = desk("apply", path, "--yes")
    assert (said.code, desk.writes, len(desk.remote.log)) == (2, 0, 0)
    assert says in said.err


def test_a_plan_is_applied_once_whether_by_apply_or_by_the_run_that_made_it(desk: Desk) -> None:
    path = planned(desk)
    assert desk("apply", path, "--yes").code == 0
    again = desk("apply", path, "--yes")
    assert again.code == 2
    assert "applied before" in again.err
    desk.sheet([person(0), person(50)])
    desk.config(**SETTINGS, limits={"deletes": {"count": None, "percent": None}})
    assert desk("run", "--yes").code == 0
    assert desk("apply", desk.latest() / "plan.json", "--yes").code == 2


def test_what_was_changed_since_the_plan_is_held_and_the_rest_goes(desk: Desk) -> None:
    path = planned(desk)
    store = desk.remote.store
    contact = store.find_number(number(1))
    assert contact is not None
    store.change(contact, {"first_name": "Theirs"})
    drop(desk.remote, number(3))
    said = desk("apply", path, "--yes")
    assert (said.code, desk.outcomes()) == (3, ["unchanged", "held/changed_since_plan", "updated", "created"])
    assert desk.held()[number(1)]["first_name"] == "Theirs"
    assert desk.only() == {number(3): "deleted/already_gone"}


def test_a_contact_to_delete_that_somebody_changed_meanwhile_is_kept(desk: Desk) -> None:
    path = planned(desk)
    contact = desk.remote.store.find_number(number(3))
    assert contact is not None
    desk.remote.store.change(contact, {"tag": "keep me"})
    desk("apply", path, "--yes")
    assert desk.only() == {number(3): "held/changed_since_plan"}
    assert number(3) in desk.held()


def test_guards_judge_what_is_approved(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS, limits={"deletes": {"count": 2}})
    desk.sheet(people(0, 1))
    path = desk.folder / "plan.json"
    said = desk("plan", "-o", path)
    assert said.code == 5
    assert "--allow too_many_deletes@" in said.err
    assert desk("apply", path, "--yes").code == 5
    assert desk.writes == 0
    first = json.loads(path.read_text())["changes"][0]["id"]
    edit(path, lambda d: [c.update(approve=False) for c in d["changes"] if c["id"] == first])
    assert desk("apply", path, "--yes").code == 0
    assert len(desk.held()) == 3


def test_apply_asks_and_takes_no_for_an_answer(desk: Desk) -> None:
    path = planned(desk)
    said = desk("apply", path)
    assert (said.code, desk.writes, desk.runs()) == (8, 0, [])
    assert desk("apply", path, "--yes").code == 0


def test_apply_of_nothing_approved_does_nothing(desk: Desk) -> None:
    path = planned(desk)
    edit(path, lambda document: refuse(document, "create", "update", "delete"))
    assert desk("apply", path).code == 0
    assert desk.writes == 0


def test_apply_puts_its_result_elsewhere(desk: Desk) -> None:
    path = planned(desk)
    assert desk("apply", path, "--yes", "--result", desk.folder / "there.xlsx").code == 0
    assert (desk.folder / "there.xlsx").exists()


def test_a_plan_for_a_review_reads_well_and_no_text_becomes_markup(desk: Desk) -> None:
    desk.seed(person(1), person(2, last_name="Rao"))
    desk.config(**SETTINGS, limits={"deletes": {"count": 0}, "unreadable": 1})
    desk.sheet([person(1, first_name="| **x** <b>@team</b>"), person(5), {"number": "12"}])
    path = desk.folder / "plan.md"
    said = desk("plan", "-o", path)
    assert (said.code, desk.writes) == (5, 0)
    assert "syncjob apply" not in said.err
    page = path.read_text()
    for part in ("# Plan of job leads", "## Refused by guards", "## To change (1)", "## To add (1)", "## Not sent (1)"):
        assert part in page
    new = "**\\| \\*\\*x\\*\\* \\<b\\>\\@team\\</b\\>**"
    assert f"| {number(1)} | Name 1 | First name: Name 1 → {new} |" in page
    assert str(desk.folder) not in page
    assert desk("apply", path, "--yes").code == 2


def test_an_ending_that_plan_can_not_write_is_refused_before_anything_is_read(desk: Desk) -> None:
    said = desk("plan", desk.sheet(people(1)), "-o", desk.folder / "plan.ods")
    assert (said.code, len(desk.remote.log)) == (2, 0)
    assert ".json" in said.err


def test_plan_allow_lets_that_plan_pass(desk: Desk) -> None:
    desk.seed(*people(range(5)))
    desk.config(**SETTINGS, limits={"deletes": {"count": 2}})
    desk.sheet(people(0, 1))
    words = desk("plan", "-o", desk.folder / "a.json").pasted()
    allow = words[words.index("--allow") + 1]
    assert desk("plan", "-o", desk.folder / "b.json", "--allow", allow).code == 0


def test_plan_whole_and_plan_of_a_named_file(desk: Desk) -> None:
    desk.seed(*people(range(4)))
    desk.config(**SETTINGS)
    path = desk.sheet(people(0, 1, 2), "other.csv")
    desk("plan", path, "-o", desk.folder / "a.json")
    desk("plan", path, "--whole", "-o", desk.folder / "b.json")
    counts = [json.loads((desk.folder / name).read_text())["counts"]["delete"] for name in ("a.json", "b.json")]
    assert counts == [0, 1]
