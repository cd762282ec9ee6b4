"""The example in docs/adding-a-remote.md is true: its remote is opened by its registry line, and passes the exam."""

from __future__ import annotations

import ast
import sys
import types
from pathlib import Path

import pytest
import yaml

from syncjob.emulator import Emulator
from syncjob.model import Abilities
from syncjob.remotes import KINDS, abilities_of, opened
from tests.builders_docs import ROOT, fenced, text_of
from tests.builders_remote import line
from tests.contract.benches import SendMe123Bench
from tests.contract.exam import Exam
from tests.journey.builders import Desk
from tests.test_remote_exotel_contacts import Group

PAGE = text_of(ROOT / "docs" / "adding-a-remote.md")
FILE, REGISTRY, TEST, BENCH = fenced(PAGE, "python")


def executed(code: str, **known: object) -> dict[str, object]:
    """The names that a block of the page defines."""
    module = types.ModuleType("syncjob.remotes.blocklist")
    vars(module).update(known)
    exec(compile(code, "docs/adding-a-remote.md", "exec"), vars(module))
    return vars(module)


(CONFIG,) = fenced(PAGE, "yml")
NAMES = executed(FILE)
NAMES |= executed(BENCH, SendMe123Bench=SendMe123Bench, **NAMES)
TestBlocklist = executed(TEST, Exam=Exam, **NAMES)["TestBlocklist"]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's remote among the others."""
    module = types.ModuleType("syncjob.remotes.blocklist")
    vars(module).update(NAMES)
    monkeypatch.setitem(sys.modules, "syncjob.remotes.blocklist", module)
    for kind, place in ast.literal_eval("{" + REGISTRY + "}").items():
        monkeypatch.setitem(KINDS, kind, place)


@pytest.mark.usefixtures("registered")
def test_the_registry_line_of_the_page_opens_the_remote_of_the_page() -> None:
    remote = opened(Group(kind="blocklist"), line("http://127.0.0.1:9").transport)
    assert remote.abilities.kind == "blocklist"
    assert remote.abilities == abilities_of("blocklist")


@pytest.mark.usefixtures("registered", "reads_here")
def test_a_whole_job_runs_on_it_and_what_it_can_not_do_is_an_error_of_the_config(tmp_path: Path) -> None:
    with Emulator() as service:
        desk = Desk(tmp_path, service)
        ids = service.sendme123.seed(3)
        remote = {"kind": "blocklist", "account_sid": None, "api_token": None}
        desk.config(remote=remote, sync=yaml.safe_load(CONFIG)["sync"], source={"files": ["contacts.csv"]})
        desk.sheet([{"contact_id": key} for key in ids[:2]])
        said = desk("run", "--yes")
        assert said.code == 0, said.err
        assert "status: ACTIVE → BLOCKED" in said.out
        assert desk.outcomes() == ["updated", "updated"]
        assert [service.sendme123.contacts[key]["status"] for key in ids] == ["BLOCKED", "BLOCKED", "ACTIVE"]
        for sync in ({"mode": "upsert"}, {"mode": "delete"}, {"mode": "delete", "instead_of_delete": "hide"}):
            desk.config(remote=remote, sync=sync, source={"files": ["contacts.csv"]})
            service.log.clear()
            assert (desk("run", "--yes").code, len(service.log)) == (2, 0)


def test_the_page_names_every_ability() -> None:
    assert [name for name in Abilities.__dataclass_fields__ if f"`{name}`" not in PAGE] == []


def test_a_test_of_a_remote_has_two_lines() -> None:
    assert len(TEST.splitlines()) == 2
