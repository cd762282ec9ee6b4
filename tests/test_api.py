"""The calls from Python (CONTRACT 12)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import syncjob
from syncjob.emulator import Emulator
from syncjob.errors import ConfigError, SourceError
from tests.builders_work import held, number, row


def settings(remote: Emulator, folder: Path) -> dict[str, object]:
    """A config as a mapping."""
    account = {"base_url": remote.url, "account_sid": remote.account, "api_key": remote.key, "api_token": remote.token}
    return {
        "job": "leads",
        "remote": {**account, "rate": "off", "timeout": 2},
        "results": {"dir": str(folder / "results")},
        "state": {"dir": str(folder / "state")},
    }


def sheet(folder: Path) -> Path:
    path = folder / "leads.csv"
    path.write_text(f"Phone,First name\n{number(1)},Asha\n{number(2)},Ravi\n12,Short\n")
    return path


def test_importing_syncjob_is_cheap() -> None:
    code = "import sys, syncjob; sys.exit(bool({'pandas', 'requests', 'pydantic', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_read_table_gives_text_and_says_what_was_understood(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Phone;Név\r\n0044;Ász\r\nNA;\r\n".encode("cp1250", "replace"))
    table = syncjob.read_table(tmp_path / "a.csv", encoding="cp1250")
    assert table["Phone"].tolist() == ["0044", "NA"]
    assert table.attrs["source"]["delimiter"] == ";"


def test_normalise_gives_numbers_or_reasons() -> None:
    found = syncjob.normalise(pd.Series(["98000 00001", "12", None]), region="IN")
    assert found["number"].tolist()[0] == "+919800000001"
    assert found["reason"].tolist()[1:] == ["number_too_short", "number_missing"]


def test_plan_tells_changes_and_cost_and_writes_nothing(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.store.seed([row(1, first_name="Old")])
        plan = syncjob.plan(settings(remote, tmp_path), [sheet(tmp_path)])
        assert (plan.counts["create"], plan.counts["update"], plan.counts["invalid"]) == (1, 1, 1)
        assert [change.verb for change in plan.changes()] == ["create", "update"]
        assert plan.cost.requests == 3
        assert plan.refusals == ()
        assert plan.save(tmp_path / "plan.json").exists()
        assert not remote.log.writes()


def test_run_does_the_job_and_never_asks(tmp_path: Path) -> None:
    with Emulator() as remote:
        result = syncjob.run(settings(remote, tmp_path), [sheet(tmp_path)])
        assert result.exit_code == 3
        assert result.outcomes["outcome"].tolist() == ["created", "created", "invalid"]
        assert result.counts == {"created": 2, "invalid": 1}
        assert result.files["result"].exists()
        assert set(held(remote)) == {number(1), number(2)}


def test_a_dry_run_from_python_writes_nothing(tmp_path: Path) -> None:
    with Emulator() as remote:
        result = syncjob.run(settings(remote, tmp_path), [sheet(tmp_path)], dry_run=True)
        assert result.outcomes["outcome"].tolist() == ["planned", "planned", "invalid"]
        assert not remote.log.writes()


def test_what_a_guard_refused_can_be_allowed(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.store.seed([row(9)])
        config = {**settings(remote, tmp_path), "limits": {"creates": {"count": 1, "factor": 0}}}
        refused = syncjob.run(config, [sheet(tmp_path)])
        assert (refused.exit_code, bool(remote.log.writes())) == (5, False)
        fingerprint = syncjob.plan(config, [sheet(tmp_path)]).decisions.fingerprint
        allowed = syncjob.run(config, [sheet(tmp_path)], allow=[f"too_many_creates@{fingerprint}"])
        assert allowed.counts["created"] == 2


def test_only_errors_of_ours_are_raised(tmp_path: Path) -> None:
    with Emulator() as remote, pytest.raises(SourceError):
        syncjob.run(settings(remote, tmp_path), [tmp_path / "missing.csv"])
    with pytest.raises(ConfigError):
        syncjob.run({"remote": {"kind": "unheard of"}})
