"""doctor, through the command: what it finds, what it advises, how it ends, and that it writes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncjob.behaviour import Behaviour
from syncjob.doctor.finding import exit_code_of, ok, problem, warning
from syncjob.doctor.here import filesystem, look_at_folder
from syncjob.doctor.there import look_at_clock, look_at_way
from syncjob.emulator import Emulator
from syncjob.memory import Memory
from syncjob.state import locked, open_account
from syncjob.transport.reaching import Reached, reach
from tests.builders_doctor import plain, printed, shown
from tests.builders_notify import certificate, web
from tests.journey.builders import Desk, people
from tests.journey.builders_remotes import sendme

pytestmark = pytest.mark.usefixtures("reads_here")


def found(desk: Desk, *states: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """check → the last finding of it in one of the states; the exit code is `code`."""
    said = desk("doctor", "--json")
    assert said.code == said.json["exit_code"] == code, said.out
    return {each["check"]: each for each in said.json["findings"] if each["state"] in (states or ("ok",))}


def account_of(desk: Desk) -> Any:
    return open_account(desk.folder / "state", f"{desk.remote.url.removeprefix('http://')}/sandbox1")


def test_where_all_is_well_everything_is_told_and_nothing_is_written(desk: Desk) -> None:
    desk.seed(*people(range(3)))
    (desk.folder / "config.yaml").chmod(0o600)
    told = found(desk, "ok")
    checks = "config state lock memory behaviour results network encryption credentials rights clock rate versions"
    assert list(told) == checks.split()
    assert "3 entries" in told["rights"]["says"]
    assert "account sandbox1" in told["credentials"]["says"]
    assert desk.writes == 0
    assert len(desk.remote.log.of("page")) == 1


def test_people_read_one_line_for_each_finding_and_a_last_word(desk: Desk) -> None:
    (desk.folder / "config.yaml").chmod(0o600)
    said = desk("doctor")
    lines = said.out.splitlines()
    assert lines[0].split()[:2] == ["ok", "config"]
    assert lines[-1] == "Everything is as it should be."
    assert said.err.splitlines()[-1].endswith("exit 0")
    assert desk("doctor", "--quiet").out == ""


def test_no_secret_is_told(desk: Desk) -> None:
    said = [desk("doctor", "--verbose"), desk("doctor", "--json")]
    desk.config(remote={"api_token": "another-token"})
    said += [desk("doctor", "--verbose"), desk("doctor", "--json")]
    for each in said:
        for secret in (desk.remote.key, desk.remote.token, "another-token"):
            assert secret not in each.out + each.err


@pytest.mark.parametrize("shape", ["envelope", "rest"])
def test_refused_credentials_may_be_of_the_other_region_and_it_says_so(desk: Desk, shape: Any) -> None:
    desk.remote.switches.auth_shape = shape
    desk.config(remote={"api_token": "wrong"})
    told = found(desk, "problem", code=6)
    assert "other region" in told["credentials"]["says"]
    assert "api.in.exotel.com" in told["credentials"]["do"]
    assert "api_key and api_token" in told["credentials"]["do"]
    assert found(desk, "ok", code=6)["clock"]["says"].endswith("agrees with the remote's.")


def test_credentials_that_may_not_read_are_a_problem_of_rights(desk: Desk) -> None:
    desk.config(remote={"account_sid": "another1"})
    told = found(desk, "problem", code=6)
    assert "403" in told["credentials"]["says"]
    assert "IP address" in told["credentials"]["do"]


def test_an_account_that_is_not_found_is_told_as_perhaps_misnamed(desk: Desk) -> None:
    desk.remote.switches.wrong_account = 404
    desk.config(remote={"account_sid": "another1"})
    assert "another name" in found(desk, "ok")["rights"]["says"]


def test_a_remote_in_trouble_is_a_problem(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncjob.transport.calls.Backoff.wait", lambda *_: 0.0)
    desk.remote.faults.add("error", status=503, times=99)
    assert "503" in found(desk, "problem", code=6)["remote"]["says"]


def test_a_remote_that_nobody_answers_for_is_a_problem_of_the_network(desk: Desk) -> None:
    with Emulator() as gone:
        url = gone.url
    desk.config(remote={"base_url": url})
    told = found(desk, "problem", code=6)
    assert told["network"]["says"].startswith("Nobody answers at 127.0.0.1")
    assert "HTTPS_PROXY" in told["network"]["do"]


def test_a_name_that_nobody_knows_is_told_as_such() -> None:
    reached = reach("https://nowhere.invalid", 1)
    assert (reached.failed, look_at_way(reached)[0].exit_code) == ("name", 6)
    assert "DNS" in look_at_way(reached)[0].do


def test_a_certificate_is_trusted_doubted_or_soon_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certificate(tmp_path)
    with web(context) as server:
        doubted = look_at_way(reach(server.url, 5))[-1]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        reached = reach(server.url, 5)
    assert (doubted.check, doubted.state) == ("encryption", "problem")
    assert "REQUESTS_CA_BUNDLE" in doubted.do
    assert (reached.failed, reached.encryption[:3]) == ("", "TLS")
    assert look_at_way(reached)[-1].state == "warning"  # it holds for one day
    assert look_at_way(Reached("h", encryption="TLSv1.3", days=90.0))[-1].state == "ok"


def test_behind_a_proxy_its_address_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush-hush@proxy.example:3128")
    reached = reach("https://api.in.exotel.com", 1)
    assert reached == Reached("api.in.exotel.com", proxy="proxy.example:3128")
    assert "proxy.example:3128" in look_at_way(reached)[0].says


@pytest.mark.parametrize(("hours", "words"), [(2, "2 h ahead of"), (-2, "2 h behind")])
def test_a_clock_that_is_off_is_told_by_how_much(tmp_path: Path, hours: int, words: str) -> None:
    with Emulator(clock=lambda: (datetime.now(UTC) - timedelta(hours=hours)).timestamp()) as remote:
        desk = Desk(tmp_path, remote)
        desk.config()
        told = found(desk, "warning")["clock"]
    assert words in told["says"]
    assert "NTP" in told["do"]
    assert look_at_clock(None)[0].state == "ok"


def test_the_rate_is_held_against_what_the_account_allows(desk: Desk) -> None:
    assert "tell no limit" in found(desk, "ok")["rate"]["says"]
    desk.remote.switches.set({"rate": "60/minute", "rate_headers": True})
    desk.config(remote={"rate": "30/minute"})
    assert "59 of them left" in found(desk, "ok")["rate"]["says"]
    desk.config(remote={"rate": "10/second"})
    assert "allow 60 requests" in found(desk, "warning")["rate"]["says"]


def test_a_config_that_is_wrong_is_told_whole_and_ends_in_2(desk: Desk) -> None:
    desk.config(remote={"kynd": "x"}, sync={"mode": "upsurt"})
    said = desk("doctor", "--json")
    problems = [each for each in said.json["findings"] if each["state"] == "problem"]
    assert (said.code, [each["check"] for each in problems]) == (2, ["config", "config"])
    assert desk.bare("doctor", "--config", desk.folder / "nowhere.yaml").code == 2


def test_secrets_in_a_config_that_others_can_read_are_worth_a_warning(desk: Desk) -> None:
    path = desk.folder / "config.yaml"
    path.chmod(0o644)
    assert "chmod 600" in found(desk, "warning")["config"]["do"]
    path.chmod(0o600)
    assert "config" not in found(desk, "warning")


def test_other_configs_that_do_not_count_are_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    other = desk.config("other.yaml")
    said = desk.bare("doctor", "--json", "--config", other)
    assert any("not read: " + str(desk.folder / "config.yaml") in f["says"] for f in said.json["findings"])


def test_a_folder_that_can_not_be_used_is_a_problem_and_hides_no_other(desk: Desk) -> None:
    (desk.folder / "taken").write_text("a file")
    desk.config(state={"dir": "taken/state"}, results={"dir": "taken/results"}, remote={"api_token": "wrong"})
    told = found(desk, "problem", code=1)
    assert sorted(told) == ["credentials", "results", "state"]
    assert told["state"]["do"]
    assert look_at_folder("state", desk.folder / "missing")[0].exit_code == 1


def test_where_state_lies_is_told_and_doubted_on_network_disks_and_in_memory() -> None:
    mounts = "/dev/vda / ext4 rw 0 0\nnas:/vol /srv/my\\040share nfs4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n"
    kinds = [filesystem(Path(place), mounts) for place in ("/srv/my share/state", "/run/state", "/srv/state")]
    assert kinds == ["nfs4", "tmpfs", "ext4"]
    assert filesystem(Path("/srv"), "nonsense") == ""


@pytest.mark.parametrize(("kind", "words"), [("nfs4", "network disk"), ("tmpfs", "lies in memory")])
def test_state_on_a_disk_that_does_not_keep_it_is_worth_a_warning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    mounts = desk.folder / "mounts"
    mounts.write_text(f"x / {kind} rw 0 0\n")
    monkeypatch.setattr("syncjob.doctor.here.MOUNTS", mounts)
    told = found(desk, "warning")
    assert words in told["state"]["says"]
    assert "results" not in told


def test_state_that_others_can_read_and_a_full_disk_are_worth_a_warning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(desk)
    (desk.folder / "state").chmod(0o755)
    assert "chmod 700" in found(desk, "warning")["state"]["do"]
    monkeypatch.setattr("syncjob.doctor.here.LITTLE", 1 << 60)
    assert "Make room" in found(desk, "warning")["results"]["do"]


def test_another_run_at_work_is_named_and_not_disturbed(desk: Desk) -> None:
    account = account_of(desk)
    with locked(account, "job leads", wait_minutes=0, now=datetime.now().astimezone()):
        assert "job leads" in found(desk, "ok")["lock"]["says"]
        assert (account.folder / "lock.json").exists()
    assert found(desk, "ok")["lock"]["says"].startswith("No other run")


def test_a_card_left_by_a_run_that_was_killed_is_no_lock(desk: Desk) -> None:
    card = account_of(desk).folder / "lock.json"
    card.write_text(json.dumps({"owner": "job leads", "pid": 1, "host": "h", "since": "yesterday"}))
    assert found(desk, "ok")["lock"]["says"].startswith("No other run")


def test_an_interrupted_run_is_told_with_what_finishes_it(desk: Desk) -> None:
    desk.sheet(people(range(2)))
    assert desk("run", "--yes", desk.folder / "contacts.csv").code == 0
    memory = Memory(account_of(desk))
    memory._db.execute("update run set state = 'open'")
    memory.close()
    assert "syncjob resume" in found(desk, "warning")["memory"]["do"]


def test_what_the_probe_learned_long_ago_should_be_asked_again(desk: Desk) -> None:
    memory = Memory(account_of(desk))
    memory.keep_fact("behaviour", Behaviour({"duplicate": "conflict"}, "2020-01-01T00:00:00+00:00").to_text())
    memory.close()
    assert "--probe" in found(desk, "warning")["behaviour"]["do"]
    assert desk("doctor", "--json").json["behaviour"]["answers"] == {"duplicate": "conflict"}


def test_a_damaged_memory_is_a_problem(desk: Desk) -> None:
    (account_of(desk).folder / "memory.db").write_text("nonsense")
    assert "damaged" in found(desk, "problem", code=1)["state"]["says"]


def test_a_remote_without_a_listing_is_asked_for_a_contact_that_is_not_there(desk: Desk) -> None:
    sendme(desk)
    assert "may read" in found(desk, "ok")["rights"]["says"]
    sendme(desk, remote={"api_key": "wrong"})
    assert "401" in found(desk, "problem", code=6)["credentials"]["says"]
    assert [entry.call for entry in desk.remote.log] == ["sendme_read"] * 2


def test_a_list_that_is_missing_is_told_with_what_makes_it(desk: Desk) -> None:
    desk.config(remote={"kind": "exotel_list", "list": "Diwali"})
    assert "--create-list" in found(desk, "warning")["list"]["do"]
    desk.remote.lists.add("Diwali")
    assert "Diwali is there" in found(desk, "ok")["list"]["says"]
    assert desk.writes == 0


def test_the_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    assert plain(shown()) == plain(printed(tmp_path.resolve())), "python -m tests.builders_doctor writes it anew"


def test_a_finding_has_an_exit_code_exactly_when_it_is_a_problem() -> None:
    with pytest.raises(ValueError, match="exit code"):
        problem("x", "y", "z", 0)
    assert exit_code_of([ok("a", ""), warning("b", "", ""), problem("c", "", "", 2), problem("d", "", "", 6)]) == 2
    assert exit_code_of([]) == 0
