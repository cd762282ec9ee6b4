"""What is shipped for operators is right: units parse, commands exist, alerts ask for metrics that are written."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from syncjob.config import load
from syncjob.exits import EXITS
from syncjob.metrics import textfile
from tests.builders_docs import ROOT, text_of
from tests.builders_notify import make_news
from tests.test_docs import command_named, options_of

CONTRIB = ROOT / "contrib"
UNITS = sorted((CONTRIB / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
PROGRAM = "/opt/syncjob/bin/"


def unit(path: Path) -> dict[str, list[str]]:
    """ "Section.Key" → its values."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in text_of(path).splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(f"{section}.{name}", []).append(value)
    return found


def checked(line: str) -> tuple[str, list[str]]:
    """A command line of ours, whose command and options exist: the command, and what is left for it."""
    words = shlex.split(line)
    assert Path(words[0]).name == "syncjob", line
    command, rest = command_named(words[1:])
    assert {word for word in rest if re.match(r"-{1,2}[a-z]", word)} <= options_of(command), line
    return str(command.name), rest


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_a_service_starts_a_command_that_exists_and_approves_itself(path: Path) -> None:
    (started,) = unit(path)["Service.ExecStart"]
    command, rest = checked(started)
    assert started.startswith(f"{PROGRAM}syncjob {command} ")
    assert command in ("run", "inbox")
    assert {"--yes", "--config", "/etc/syncjob/%i.yaml"} <= set(rest)


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_a_service_knows_only_exit_codes_that_there_are(path: Path) -> None:
    held = unit(path)
    named = " ".join(held["Service.SuccessExitStatus"] + held.get("Service.RestartPreventExitStatus", []))
    assert set(map(int, named.split())) <= set(EXITS)
    if "Service.RestartPreventExitStatus" in held:
        again = {code for code, known in EXITS.items() if known.again == "Yes."} - {7}
        prevented = set(map(int, held["Service.RestartPreventExitStatus"][0].split()))
        assert again.isdisjoint(prevented)
        assert prevented | again | {0, 3, 10, 130, 143} == set(EXITS)


def test_the_secrets_of_a_service_reach_the_config_by_files_alone(
    tmp_path: Path,
) -> None:
    for path in SERVICES:
        names = [value.partition(":")[0] for value in unit(path)["Service.LoadCredential"]]
        assert names == ["api_key", "api_token"]
        lines = [f"  {name}: ${{file:${{CREDENTIALS_DIRECTORY}}/{name}}}" for name in names]
        assert lines[0].strip() in text_of(path)
        for name in names:
            (tmp_path / name).write_text(f"the {name}\n")
        config = tmp_path / "leads.yaml"
        config.write_text("\n".join(["remote:", "  account_sid: acme1", *lines]))
        remote = load(config, env={"CREDENTIALS_DIRECTORY": str(tmp_path)}).remote
        assert remote.api_token is not None
        assert remote.api_token.get_secret_value() == "the api_token"


@pytest.mark.parametrize("path", [p for p in UNITS if p.suffix != ".service"], ids=lambda path: path.name)
def test_a_timer_or_path_has_its_service_and_can_be_enabled(path: Path) -> None:
    assert path.with_suffix(".service") in SERVICES
    assert "Install.WantedBy" in unit(path)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """Where systemd is, it judges: with a program that exists in place of ours, for it looks for that, too."""
    judge = shutil.which("systemd-analyze")
    named = []
    for path in UNITS:
        named.append(tmp_path / path.name.replace("@.", "@leads."))
        text = text_of(path).replace(f"{PROGRAM}syncjob", "/bin/true").replace("User=syncjob", "User=root")
        named[-1].write_text(text)
        assert not re.search(r"[^\x20-\x7e\n]", text), path
    if judge:
        done = subprocess.run([judge, "verify", "--man=no", *named], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_lines_for_cron_have_a_user_a_command_and_no_percent_sign() -> None:
    jobs = [line for line in text_of(CONTRIB / "cron" / "syncjob").splitlines() if re.match(r"[\d*]", line)]
    for line in jobs:
        *when, user, said = line.split(maxsplit=6)
        assert (len(when), user) == (5, "syncjob")
        assert "%" not in line
        assert {"--yes", "--quiet"} <= set(checked(said)[1])
    assert len(jobs) == 2
    settings = [line for line in text_of(CONTRIB / "cron" / "syncjob").splitlines() if "=" in line and line[0] != "#"]
    assert not [line for line in settings if "#" in line or "$" in line]


def test_the_container_is_built_from_all_that_the_package_needs() -> None:
    steps = text_of(CONTRIB / "Containerfile")
    copied = {word.strip("./") for line in re.findall(r"^COPY (?!--)(.+) \S+$", steps, re.M) for word in line.split()}
    about = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    build = about["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert copied == {
        "pyproject.toml",
        "LICENSE",
        about["project"]["readme"],
        *build["packages"],
        *build["force-include"],
    }
    assert all((ROOT / name).exists() for name in copied)
    assert re.findall(r"^USER (\w+)$", steps, re.M) == ["syncjob"]
    (entry,), (given,) = (re.findall(rf"^{word} (\[.+\])$", steps, re.M) for word in ("ENTRYPOINT", "CMD"))
    assert checked(shlex.join([*yaml.safe_load(entry), *yaml.safe_load(given)]))[0] == "run"
    assert about["project"]["requires-python"] == ">=3.11"
    assert set(re.findall(r"python:3\.(\d+)-slim", steps)) == {"13"}


def test_the_cron_job_for_kubernetes_runs_alone_and_is_not_repeated_in_vain() -> None:
    spec = yaml.safe_load(text_of(CONTRIB / "kubernetes" / "cronjob.yaml"))["spec"]
    job = spec["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert "--yes" in checked(shlex.join(["syncjob", *container["args"]]))[1]
    (rule,) = job["podFailurePolicy"]["rules"]
    again = {6, 7, 130, 143}
    assert set(rule["onExitCodes"]["values"]) == set(EXITS) - again - {0, 10}
    volumes = {volume["name"] for volume in job["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_alerts_ask_for_metrics_that_are_written_with_their_labels() -> None:
    written = textfile(make_news(), 1.0)
    known = set(re.findall(r"^# TYPE (\w+) gauge$", written, re.M))
    (group,) = yaml.safe_load(text_of(CONTRIB / "prometheus" / "syncjob.rules.yml"))["groups"]
    used: set[str] = set()
    for rule in group["rules"]:
        used |= set(re.findall(r"\bsyncjob_\w+", rule["expr"]))
        said = " ".join(rule["annotations"].values())
        assert set(re.findall(r"\$labels\.(\w+)", said)) <= {"account", "job"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert used <= known
    assert {"syncjob_last_run_timestamp_seconds", "syncjob_last_exit_code", "syncjob_bad_rows"} <= used


def test_every_file_shipped_is_named_in_the_docs() -> None:
    docs = "".join(text_of(page) for page in (ROOT / "docs").rglob("*.md"))
    for path in (path for path in CONTRIB.rglob("*") if path.is_file()):
        assert path.name in docs, path
