"""Every option of every command does what its help says; each test fails when the option's wiring is cut."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from syncjob.cli import COMMANDS
from syncjob.state import locked, open_account
from tests.builders_work import number
from tests.journey.builders import Desk, people, person, read_csv, read_sheet

pytestmark = pytest.mark.usefixtures("reads_here")


def test_run_takes_the_sources_named_and_only_those(desk: Desk) -> None:
    first, second = desk.sheet(people(1), "a.csv"), desk.sheet(people(2), "b.xlsx")
    desk.sheet(people(3), "c.csv")
    said = desk("run", first, second, "--yes")
    assert said.code == 0
    assert list(desk.held()) == [person(1)["number"], person(2)["number"]]
    assert [Path(row["sync_source"]).name for row in desk.rows()] == ["a.csv", "b.xlsx"]


def test_a_dry_run_sends_nothing_names_its_files_so_and_prints_the_command_that_carries_it_out(desk: Desk) -> None:
    path = desk.sheet(people(range(3)))
    said = desk("run", path, "--dry-run")
    assert (said.code, desk.writes, desk.outcomes()) == (0, 0, ["planned"] * 3)
    assert {p.name for p in desk.latest().iterdir()} >= {"DRY-RUN-result.xlsx", "DRY-RUN-result.csv", "plan.json"}
    next_line = next(line for line in said.out.splitlines() if line.startswith("Next:"))
    words = next_line.removeprefix("Next:").split()
    assert words[:2] == ["syncjob", "apply"]
    assert desk.bare(*words[1:], "--yes").code == 0
    assert len(desk.held()) == 3


def test_first_n_sends_n_creates_and_updates_and_no_deletes(desk: Desk) -> None:
    desk.ours(*people(range(8)), sync={"remote_only": "delete"}, limits={"deletes": {"percent": 100}})
    desk.sheet([person(0), *people(1, 2, 3, first_name="New"), *people(50, 51)])
    said = desk("run", "--first", 3, "--yes")
    assert said.code == 3
    assert desk.outcomes().count("not_sent/trial") == 2
    assert {"created", "updated"} >= {o for o in desk.outcomes() if "/" not in o} - {"unchanged"}
    assert sum(o in ("created", "updated") for o in desk.outcomes()) == 3
    assert set(desk.only().values()) == {"not_sent/trial"}
    assert len(desk.held()) >= 8
    assert desk("run", "--yes").code == 0
    assert len(desk.held()) == 6


def test_whole_makes_a_file_named_on_the_command_line_speak_for_the_job(desk: Desk) -> None:
    desk.ours(*people(range(4)), sync={"remote_only": "delete"})
    short = desk.sheet(people(range(3)), "short.csv")
    assert desk("run", short, "--yes").code == 0
    assert (len(desk.held()), desk.writes) == (4, 0)
    assert desk("run", short, "--whole", "--yes").code == 0
    assert len(desk.held()) == 3


def test_without_yes_and_without_a_terminal_nothing_is_sent(desk: Desk) -> None:
    path = desk.sheet(people(1))
    said = desk("run", path)
    assert (said.code, desk.writes) == (8, 0)
    assert "--yes" in said.err
    assert desk.runs() == []
    assert desk("run", path, "-y").code == 0


def test_yes_has_no_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCJOB_YES", "1")
    assert desk("run", desk.sheet(people(1))).code == 8
    assert desk.writes == 0


def test_result_puts_the_workbook_elsewhere_and_never_onto_the_source(desk: Desk) -> None:
    path = desk.sheet(people(1), "contacts.xlsx")
    before = path.read_bytes()
    assert desk("run", path, "--yes", "--result", desk.folder / "answer.xlsx").code == 0
    assert read_sheet(desk.folder / "answer.xlsx", "Results")[0]["sync_outcome"] == "created"
    assert desk("run", path, "--yes", "--result", path).code == 0
    assert path.read_bytes() == before
    csv = desk.sheet(people(1))
    assert desk("run", csv, "--yes", "--result", desk.folder / "answer.csv").code == 0
    assert read_csv(desk.folder / "answer.csv")[0]["sync_outcome"] == "unchanged"


def test_wait_waits_for_the_lock_and_without_it_another_run_is_exit_7(desk: Desk) -> None:
    from datetime import datetime

    path = desk.sheet(people(1))
    account = open_account(desk.folder / "state", f"{desk.remote.url.removeprefix('http://')}/sandbox1")
    with locked(account, "job other", wait_minutes=0, now=datetime.now().astimezone()):
        for command in (("run", path), ("resume",)):
            said = desk(*command, "--yes")
            assert (said.code, desk.writes) == (7, 0)
            assert "job other" in said.err
        assert desk("run", path, "--dry-run").code == 0
        began = time.monotonic()
        assert desk("run", path, "--yes", "--wait", 0.005).code == 7
        assert time.monotonic() - began >= 0.3
    assert desk("run", path, "--yes").code == 0


@pytest.mark.parametrize("how", ["run", "plan"])
def test_detailed_exitcode_is_10_while_changes_wait_and_0_when_none_do(desk: Desk, how: str) -> None:
    path = desk.sheet(people(1))
    command = ["run", path, "--dry-run"] if how == "run" else ["plan", path, "-o", desk.folder / "p.json"]
    assert desk(*command).code == 0
    assert desk(*command, "--detailed-exitcode").code == 10
    desk.sheet([person(1), {"number": "12"}])
    assert desk(*command, "--detailed-exitcode").code == 3
    desk.sheet(people(1))
    assert desk("run", path, "--yes", "--detailed-exitcode").code == 0
    assert desk(*command, "--detailed-exitcode").code == 0


def test_json_is_one_document_on_stdout_whatever_happens(desk: Desk) -> None:
    path = desk.sheet(people(range(2)))
    dry = desk("run", path, "--dry-run", "--json").json
    assert (dry["dry_run"], dry["counts"], dry["exit_code"]) == (True, {"planned": 2}, 0)
    assert Path(dry["files"]["result"]).exists()
    plan = desk("plan", path, "-o", desk.folder / "p.json", "--json").json
    assert (plan["counts"]["create"], plan["exit_code"]) == (2, 0)
    check = desk("check", path, "--json").json
    assert (check["rows"], check["exit_code"]) == (2, 0)
    refused = desk("run", path, "--json")
    assert (refused.code, refused.json["exit_code"], refused.json["error"]["code"]) == (8, 8, "not_approved")
    missing = desk("run", desk.folder / "none.csv", "--json")
    assert (missing.code, missing.json["exit_code"]) == (4, 4)
    assert "none.csv" in missing.json["error"]["message"]
    live = desk("run", path, "--yes", "--json").json
    assert (live["counts"], live["balance"]["ok"], live["error"]) == ({"created": 2}, True, None)
    assert desk("resume", "--json").json["exit_code"] == 0
    assert desk("export", "-o", desk.folder / "e.csv", "--json").json["contacts"] == 2
    assert desk("run", "--nonsense", "--json").json["exit_code"] == 2


def test_a_refusal_in_json_carries_figures_and_command(desk: Desk) -> None:
    path = desk.sheet([], header=["number"])
    said = desk("run", path, "--yes", "--json")
    assert (said.code, said.json["exit_code"]) == (5, 5)
    assert said.json["refusals"][0].startswith("source_empty")
    assert said.json["error"]["code"] == "source_empty"


def test_quiet_says_only_what_went_wrong(desk: Desk) -> None:
    path = desk.sheet(people(1))
    good = desk("run", path, "--yes", "-q")
    assert (good.code, good.out, good.err) == (0, "", "")
    bad = desk("run", desk.folder / "none.csv", "--quiet")
    assert bad.out == ""
    assert "none.csv" in bad.err


def test_verbose_logs_every_request_and_no_secret(desk: Desk) -> None:
    path = desk.sheet(people(1))
    plain = desk("run", path, "--yes")
    desk.sheet(people(2))
    loud = desk("run", path, "--yes", "-v")
    assert "/contacts" not in plain.err
    assert loud.err.count("/contacts") >= len(desk.remote.log) / 2
    assert desk.remote.token not in loud.err + loud.out
    assert desk.remote.key not in loud.err + loud.out


def test_json_logs_have_a_line_for_each_batch_each_bad_row_and_the_run_without_naming_anybody(desk: Desk) -> None:
    desk.config(sync={"batch_size": 2})
    desk.sheet([*people(1, 2, 3), {"number": "98765 4", "first_name": "Zenobia"}])
    said = desk("run", desk.folder / "contacts.csv", "--yes", "--log-format", "json")
    lines = [json.loads(line) for line in said.err.splitlines()]
    batches = [line for line in lines if line["event"] == "batch"]
    assert [(line["verb"], line["outcomes"]) for line in batches] == [("create", {"created": n}) for n in (2, 1)]
    assert all(line["request_id"] and line["job"] == "leads" for line in batches)
    (row,) = [line for line in lines if line["event"] == "row"]
    assert (row["source"], row["row"], row["column"], row["reason"]) == ("contacts.csv", 5, "A", "number_too_short")
    (run,) = [line for line in lines if line["event"] == "run"]
    assert (run["run_id"], run["counts"], run["exit_code"]) == (row["run_id"], {"created": 3, "invalid": 1}, 3)
    assert not [word for word in ("98765", "Zenobia", number(1)) if word in said.err]
    plain = desk("run", desk.folder / "contacts.csv", "--yes")
    assert "too_short" not in plain.err + plain.out


def test_log_format_json_makes_every_line_on_stderr_an_object(desk: Desk) -> None:
    path = desk.sheet(people(1))
    desk.remote.faults.add("error", call="page", times=1)
    for arguments in (("run", path, "--yes", "-v"), ("run", path), ("run", desk.folder / "none.csv"), ("check", path)):
        said = desk(*arguments, "--log-format", "json")
        lines = [json.loads(line) for line in said.err.splitlines()]
        assert all({"ts", "level", "event"} <= set(line) for line in lines), said.err
        assert lines


def test_options_stand_before_or_after_the_command(desk: Desk) -> None:
    path, config = desk.sheet(people(1)), desk.config("other.yaml", job="other")
    for arguments in (
        ("--config", config, "--json", "check", path),
        ("check", path, "--config", config, "--json"),
        ("-c", config, "check", "--json", path),
    ):
        said = desk.bare(*arguments)
        assert said.json["rows"] == 1
        assert "job other" in said.err
    assert desk.bare("-c", config, "-y", "-q", "run", path).code == 0
    assert len(desk.held()) == 1


def test_an_option_goes_before_the_environment_and_that_before_what_lies_here(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.sheet(people(1))
    typed, named = desk.config("typed.yaml", job="typed"), desk.config("named.yaml", job="named")
    desk.config(job="here")
    monkeypatch.chdir(desk.folder)
    assert "job here" in desk.bare("check", path).err
    monkeypatch.setenv("SYNCJOB_CONFIG", str(named))
    assert "job named" in desk.bare("check", path).err
    assert "job typed" in desk.bare("check", path, "-c", typed).err
    assert "job typed" in desk.bare("-c", typed, "check", path).err
    monkeypatch.setenv("SYNCJOB_STATE_DIR", str(desk.folder / "state-of-environment"))
    assert desk.bare("run", path, "--dry-run").code == 0
    assert (desk.folder / "state-of-environment").exists()
    assert not (desk.folder / "state").exists()


VARIABLES = {
    "SYNCJOB_DRY_RUN": "1",
    "SYNCJOB_JSON": "1",
    "SYNCJOB_QUIET": "true",
    "SYNCJOB_NO_PROGRESS": "1",
    "SYNCJOB_DETAILED_EXITCODE": "1",
}


def test_options_may_come_as_variables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.sheet(people(range(3)))
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    said = desk("run", path)
    assert (said.code, said.json["dry_run"], said.err, desk.writes) == (10, True, "", 0)
    for name in VARIABLES:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SYNCJOB_FIRST", "2")
    monkeypatch.setenv("SYNCJOB_RESULT", str(desk.folder / "there.xlsx"))
    monkeypatch.setenv("SYNCJOB_VERBOSE", "1")
    monkeypatch.setenv("SYNCJOB_LOG_FORMAT", "json")
    said = desk("run", path, "--yes")
    assert len(desk.held()) == 2
    assert (desk.folder / "there.xlsx").exists()
    assert any("/contacts" in json.loads(line)["event"] for line in said.err.splitlines())


def test_output_whole_allow_and_wait_may_come_as_variables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ours(*people(range(4)), sync={"remote_only": "delete"}, limits={"deletes": {"count": 0}})
    short = desk.sheet(people(range(3)), "short.csv")
    monkeypatch.setenv("SYNCJOB_WHOLE", "1")
    refused = desk("run", short, "--yes")
    assert refused.code == 5
    monkeypatch.setenv("SYNCJOB_OUTPUT", str(desk.folder / "variable.json"))
    assert desk("plan", short).code == 5
    mark = json.loads((desk.folder / "variable.json").read_text())["fingerprint"]
    monkeypatch.setenv("SYNCJOB_ALLOW", f"too_many_deletes@{mark}")
    monkeypatch.setenv("SYNCJOB_WAIT", "0.001")
    assert desk("run", short, "--yes").code == 0
    assert len(desk.held()) == 3


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(desk: Desk, name: str) -> None:
    said = desk.bare(name, "--help")
    assert said.code == 0
    assert f"syncjob {name}" in said.out


@pytest.mark.parametrize(
    "arguments",
    [("run", "--first", "0"), ("run", "--nonsense"), ("plan",), ("apply",), ("nonsense",), ("run", "--wait", "-1")],
)
def test_wrong_usage_is_exit_2_with_the_usage_on_stderr(desk: Desk, arguments: tuple[str, ...]) -> None:
    said = desk.bare(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage:" in said.err
