"""Shells complete commands, options, run ids and codes; whatever is typed, completing never complains."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from syncjob.cli import COMMANDS, run_command
from syncjob.cli.completing import SHELLS
from syncjob.config import load
from syncjob.state import new_run, open_account
from syncjob.words import REASONS
from tests.builders_notify import NIGHT

Suggest = Callable[[str], list[str]]


@pytest.fixture
def suggest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Suggest:
    """What bash would offer for the last word of a line."""

    def suggested(line: str) -> list[str]:
        monkeypatch.setenv("_SYNCJOB_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        run_command([])
        return [word.partition(",")[2] for word in capsys.readouterr().out.split("\n") if word]

    return suggested


def test_commands_and_their_options_are_offered(suggest: Suggest) -> None:
    assert suggest("syncjob ") == list(COMMANDS)
    assert suggest("syncjob in") == ["inbox", "init"]
    assert suggest("syncjob run --d") == ["--dry-run", "--detailed-exitcode"]
    assert suggest("syncjob --log-format ") == ["text", "json"]
    assert suggest("syncjob history ") == ["list", "purge", "show"]


def test_codes_are_offered_with_outcomes_and_exit_codes(suggest: Suggest) -> None:
    assert suggest("syncjob explain too_") == [code for code in REASONS if code.startswith("too_")]
    assert suggest("syncjob explain 13") == ["130"]
    assert suggest("syncjob explain crea") == ["created"]


@pytest.mark.parametrize("command", ["resume", "undo", "verify", "history show"])
def test_runs_are_offered_newest_first_of_the_config_that_was_named(
    suggest: Suggest, tmp_path: Path, command: str
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("remote: {base_url: 'http://127.0.0.1:1', account_sid: a}\nstate: {dir: kept}\n")
    config = load(path, env={}, need_remote=False)
    account = open_account(config.state_dir, config.remote.identity)
    runs = [new_run(account, NIGHT.replace(day=day)) for day in (1, 2, 3)]
    assert suggest(f"syncjob --config {path} {command} ") == runs[::-1]
    assert suggest(f"syncjob {command} --config {path} {runs[1][:9]}") == [runs[1]]


def test_without_a_config_that_can_be_read_nothing_is_offered(
    suggest: Suggest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert suggest("syncjob resume 2") == []
    (tmp_path / "config.yaml").write_text("nonsense: [")
    assert suggest("syncjob resume 2") == []
    assert suggest("syncjob run conta") == ["conta"]  # marked as a file: bash itself completes it


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_every_shell_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_SYNCJOB_COMPLETE" in script
    assert f"{shell}_complete" in script
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
        loaded = subprocess.run(["bash", "-c", f"{script}\ncomplete -p syncjob"], capture_output=True, text=True)
        assert "_syncjob_completion" in loaded.stdout
