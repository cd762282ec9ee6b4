"""Every exit code of the table, reached through the command, with what was sent and what is said (CONTRACT 9)."""

from __future__ import annotations

import signal

import pytest

from syncjob.exits import EXITS
from tests.builders_work import number
from tests.journey.builders import Desk, people, person
from tests.journey.builders_hostile import Forge

pytestmark = pytest.mark.usefixtures("reads_here")


def test_0_when_every_row_ended_good_and_the_balance_is_printed(desk: Desk) -> None:
    desk.seed(person(1), person(2, first_name="Old"))
    said = desk("run", desk.sheet([*people(1, 2, 3), person(3)]), "--yes")
    assert said.code == 0
    assert "4 rows read = 1 added + 1 changed + 1 no change + 1 same as another row" in said.out
    assert desk.summary()["balance"] == {"rows_read": 4, "accounted_for": 4, "ok": True}


def test_1_for_an_error_of_ours_before_anything_is_sent_where_nothing_could_be_kept(desk: Desk) -> None:
    (desk.folder / "taken").write_text("a file where a folder should be")
    desk.config(state={"dir": "taken/state"})
    said = desk("run", desk.sheet(people(1)), "--yes")
    assert (said.code, desk.writes) == (1, 0)
    assert "state.dir" in said.err


def test_1_when_results_can_not_be_written_and_the_run_can_be_settled_later(desk: Desk) -> None:
    (desk.folder / "taken").write_text("a file where a folder should be")
    path = desk.sheet(people(1))
    desk.config(results={"dir": "taken"})
    said = desk("run", path, "--yes")
    assert said.code == 1
    assert "taken" in said.err
    (desk.folder / "taken").unlink()
    assert desk("run", path, "--yes").code == 0
    assert len(desk.held()) == 1


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"sync": {"mode": "upsrt"}}, "upsert"),
        ({"remot": {}}, "did you mean remote"),
        ({"remote": {"api_key": "${NOT_SET_ANYWHERE}"}}, "NOT_SET_ANYWHERE"),
    ],
)
def test_2_for_a_config_that_is_wrong(desk: Desk, config: dict[str, object], says: str) -> None:
    desk.config(**config)
    said = desk("run", desk.sheet(people(1)), "--yes")
    assert (said.code, said.out, len(desk.remote.log)) == (2, "", 0)
    assert says.lower() in said.err.lower()


def test_2_when_there_is_no_config(desk: Desk) -> None:
    said = desk.bare("run", "--config", desk.folder / "none.yaml")
    assert said.code == 2
    assert "syncjob init" in said.err


def test_3_when_rows_ended_bad_and_bad_rows_takes_it_back(desk: Desk) -> None:
    rows = [*people(range(8)), {"number": "12"}, person(9), person(9, first_name="Other")]
    path = desk.sheet(rows)
    desk.remote.faults.refuse(number(7), "on a list")
    assert desk("run", path, "--yes").code == 3
    assert desk.outcomes()[7:] == [
        "rejected/refused_by_remote",
        "invalid/number_too_short",
        "held/conflicting_rows",
        "held/conflicting_rows",
    ]
    for limit, code in ((3, 3), ("37%", 0)):
        desk.config(limits={"bad_rows": limit})
        assert desk("run", path, "--yes").code == code, limit
    assert desk("check", path).code == 0


def test_3_for_rows_left_for_us_whatever_bad_rows_allows(desk: Desk) -> None:
    desk.config(limits={"bad_rows": "100%"})
    path = desk.sheet(people(range(3)))
    said = desk("run", path, "--yes", "--first", 1)
    assert (said.code, desk.outcomes()) == (3, ["created", "not_sent/trial", "not_sent/trial"])


@pytest.mark.parametrize("command", ["check", "plan"])
def test_check_and_plan_are_3_when_rows_are_bad(desk: Desk, command: str) -> None:
    path = desk.sheet([person(1), {"number": "12"}])
    arguments = (command, path, *(("-o", desk.folder / "p.json") if command == "plan" else ()))
    assert desk(*arguments).code == 3
    desk.sheet(people(1))
    assert desk(*arguments).code == 0


def test_4_when_a_source_is_missing_or_not_mapped(desk: Desk) -> None:
    for arguments in (("run", "--yes"), ("run", desk.folder / "none.xlsx"), ("check", desk.folder / "none.xlsx")):
        assert desk(*arguments).code == 4
    said = desk("run", desk.sheet([{"Wer": "Asha", "Wo": "Pune"}]), "--yes")
    assert (said.code, len(desk.remote.log)) == (4, 0)
    assert "columns:" in said.err


def test_6_when_the_remote_is_not_there_refuses_us_or_stops_in_the_middle(desk: Desk) -> None:
    path = desk.sheet(people(range(3)))
    desk.config(remote={"api_token": "wrong"})
    said = desk("run", path, "--yes")
    assert (said.code, desk.outcomes()) == (6, ["not_sent/run_ended"] * 3)
    assert "key or token are wrong" in said.err
    desk.config()
    desk.remote.faults.add("error", call="create", status=401)
    said = desk("run", path, "--yes")
    assert (said.code, desk.outcomes()) == (6, ["not_sent/run_ended"] * 3)
    words = next(line for line in said.out.splitlines() if line.startswith("Next:")).split()[2:]
    assert desk.bare(*words, "--yes").code == 0
    assert len(desk.held()) == 3


@pytest.mark.usefixtures("impatient")
def test_6_when_nobody_listens(desk: Desk) -> None:
    desk.config(remote={"base_url": "http://127.0.0.1:9"})
    said = desk("run", desk.sheet(people(1)), "--dry-run")
    assert said.code == 6
    assert desk.outcomes() == ["not_sent/run_ended"]


def test_8_without_a_terminal_and_without_yes(desk: Desk) -> None:
    path = desk.sheet(people(1))
    plan = desk.folder / "p.json"
    assert desk("plan", path, "-o", plan).code == 0
    for arguments in (("run", path), ("apply", plan)):
        said = desk(*arguments)
        assert (said.code, desk.writes) == (8, 0)
        assert "--yes" in said.err


def test_codes_reach_the_shell(desk: Desk) -> None:
    common = ("-c", desk.folder / "config.yaml")
    assert desk.process("check", desk.sheet([*people(1), {"number": "12"}]), *common).code == 3
    assert desk.process("run", "none.csv", *common).code == 4


@pytest.mark.parametrize(("number_", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_130_and_143_settle_what_is_in_flight_and_resume_finishes(
    desk: Desk, forge: Forge, number_: signal.Signals, code: int
) -> None:
    path = desk.sheet(people(range(6)))
    desk.config(sync={"batch_size": 1}, remote={"concurrency": 1})
    desk.remote.faults.add("hold", call="create", seconds=30, when="late")
    running = forge.start(desk, "run", path, "--yes")
    assert desk.remote.gate.until_waiting(seconds=60)
    running.signal(number_)
    running.heard("Stopping")
    desk.remote.gate.release()
    assert running.wait().code == code
    assert "not_sent/run_ended" in desk.outcomes()
    assert desk("resume", "--yes").code == 0
    assert desk.outcomes() == ["created"] * 6
    assert len(desk.held()) == 6


def test_every_code_of_the_table_is_explained(desk: Desk) -> None:
    said = desk.bare("exit-codes")
    assert said.code == 0
    assert all(str(code) in said.out for code in EXITS)
