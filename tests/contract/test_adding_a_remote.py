"""The example in docs/adding-a-remote.md is true: its remote is opened by its registry line, and passes the exam."""

from __future__ import annotations

import ast
import sys
import types

import pytest

from syncjob.model import Abilities
from syncjob.remotes import KINDS, opened
from tests.builders_docs import ROOT, fenced, text_of
from tests.builders_remote import line
from tests.contract.benches import SendMe123Bench
from tests.contract.exam import Exam
from tests.test_remote_exotel_contacts import Group

PAGE = text_of(ROOT / "docs" / "adding-a-remote.md")
FILE, REGISTRY, TEST, BENCH = fenced(PAGE, "python")


def executed(code: str, **known: object) -> dict[str, object]:
    """The names that a block of the page defines."""
    module = types.ModuleType("syncjob.remotes.blocklist")
    vars(module).update(known)
    exec(compile(code, "docs/adding-a-remote.md", "exec"), vars(module))
    return vars(module)


NAMES = executed(FILE)
NAMES |= executed(BENCH, SendMe123Bench=SendMe123Bench, **NAMES)
TestBlocklist = executed(TEST, Exam=Exam, **NAMES)["TestBlocklist"]


def test_the_registry_line_of_the_page_opens_the_remote_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("syncjob.remotes.blocklist")
    vars(module).update(NAMES)
    monkeypatch.setitem(sys.modules, "syncjob.remotes.blocklist", module)
    for kind, place in ast.literal_eval("{" + REGISTRY + "}").items():
        monkeypatch.setitem(KINDS, kind, place)
        remote = opened(Group(kind=kind), line("http://127.0.0.1:9").transport)
        assert remote.abilities.kind == kind == "blocklist"


def test_the_page_names_every_ability() -> None:
    assert [name for name in Abilities.__dataclass_fields__ if f"`{name}`" not in PAGE] == []


def test_a_test_of_a_remote_has_two_lines() -> None:
    assert len(TEST.splitlines()) == 2
