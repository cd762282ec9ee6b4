"""The README, the docs and the help texts say the truth."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
import tomllib
from pathlib import Path

import click
import pytest

from syncjob.cli import COMMANDS, Lazy, cli
from syncjob.cli.options import Context
from syncjob.config import load
from syncjob.exits import EXITS
from syncjob.words import OUTCOMES
from tests.builders_docs import (
    PAGES,
    README,
    ROOT,
    console,
    exit_table,
    fenced,
    masked,
    played,
    spoken,
    text_of,
)
from tests.builders_reference import FOLDER as REFERENCE
from tests.builders_reference import pages as reference
from tests.builders_tutorial import TUTORIAL, rehearsed

SHOWN = console(text_of(README))
CI = ROOT / ".ci" / "run"
ENV = {"EXOTEL_ACCOUNT_SID": "acme1", "EXOTEL_API_KEY": "key", "EXOTEL_API_TOKEN": "token", "SENDME123_API_KEY": "key"}


def command_named(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that `words` call, and what is left for it. Raises `KeyError` when there is none."""
    context = click.Context(cli)
    found = Lazy.get_command(cli, context, words[0])  # type: ignore[arg-type]
    if found is None:
        raise KeyError(words[0])
    if isinstance(found, click.Group) and len(words) > 1 and words[1] in found.commands:
        return found.commands[words[1]], words[2:]
    return found, words[1:]


def options_of(command: click.Command) -> set[str]:
    """Every option that `command` takes."""
    params = [*command.params, *cli.params]
    return {name for param in params if isinstance(param, click.Option) for name in param.opts} | {
        "--help",
        "--version",
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the README's commands print today."""
    commands = [command for command, _ in SHOWN]
    return dict(zip(commands, played(commands, tmp_path_factory.mktemp("syncjob-demo").resolve()), strict=True))


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_of_the_readme_prints_what_stands_below_it(command: str, output: str, said: dict[str, str]) -> None:
    assert masked(output.strip()) == masked(said[command].strip()), "python -m tests.builders_docs writes it anew"


def test_the_readme_shows_four_real_commands() -> None:
    assert len(SHOWN) == 4
    assert all(output.strip() for _, output in SHOWN)


def test_the_first_screen_has_one_line_for_the_demo_and_one_for_the_tests() -> None:
    demo, tests, ci = fenced(text_of(README), "sh")
    assert [block.count("\n") for block in (demo, tests, ci)] == [1, 1, 1]
    assert demo.strip().endswith("&& .venv/bin/syncjob demo")
    assert ".venv/bin/pytest" in tests
    assert text_of(README).index(tests) < 30 * 120
    for line in (demo, tests):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert subprocess.run(["bash", "-n", "-c", line]).returncode == 0
    assert (ROOT / ci.strip()).samefile(CI)


def test_ci_runs_the_very_test_command_of_the_readme() -> None:
    script = text_of(CI)
    pick = re.search(r"^tests=\$\((.*)\)$", script, re.MULTILINE)
    assert pick
    picked = subprocess.run(["bash", "-c", pick[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert picked == fenced(text_of(README), "sh")[1]
    assert 'eval "$tests"' in script
    assert subprocess.run(["bash", "-n", str(CI)]).returncode == 0
    assert CI.stat().st_mode & 0o111


def test_what_the_commands_install_is_what_they_need() -> None:
    about = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    demo, tests, _ = fenced(text_of(README), "sh")
    assert "install -q ." in demo
    assert "-e '.[test]'" in tests
    assert any(need.startswith("pytest-xdist") for need in about["optional-dependencies"]["test"])
    assert about["scripts"] == {"syncjob": "syncjob.__main__:main"}
    assert about["license"] == "MIT"
    assert text_of(ROOT / "LICENSE").startswith("MIT License\n\nCopyright (c) 2026 the syncjob authors")


def test_every_runtime_package_is_named_with_its_reason() -> None:
    needs = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["dependencies"]
    table = text_of(README).partition("| package | what it is for |")[2]
    rows = dict(re.findall(r"^\| (\w[\w-]*) \| (.+) \|$", table, re.MULTILINE))
    assert set(rows) == {re.split(r"[<>=~\[ ]", need)[0] for need in needs}
    assert all(len(reason) > 10 for reason in rows.values())


def test_the_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    assert exit_table() in text_of(README)
    assert len(EXITS) == exit_table().count("\n") - 1


def test_the_results_page_names_every_outcome_with_its_plain_word() -> None:
    page = text_of(ROOT / "docs" / "results.md")
    for outcome in OUTCOMES.values():
        assert f"| {outcome.word} | `{outcome.code}` | {outcome.meaning} |" in page


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    for line in spoken(text_of(page)):
        words = shlex.split(line, comments=True)[1:]
        command, rest = command_named(words)
        named = {word.partition("=")[0] for word in rest if re.match(r"-{1,2}[a-z]", word)}
        assert named <= options_of(command), line


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_no_link_is_dead(page: Path) -> None:
    text = text_of(page)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target.partition("#")[0]).exists(), target
    for path in re.findall(r"`((?:syncjob|tests|docs|sample_data|contrib)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path


def test_every_page_is_linked_from_the_readme_or_the_index_of_the_docs() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {f"docs/{target}" for target in re.findall(r"\]\(([^)#]+\.md)", text_of(index))}
    linked |= set(re.findall(r"\]\((docs/[^)]+)\)", text_of(README)))
    pages = {str(page.relative_to(ROOT)) for page in PAGES if page.is_relative_to(index.parent)}
    assert {page for page in linked if page.endswith(".md")} >= pages
    assert "docs/README.md" in linked


def test_the_reference_says_what_the_code_says() -> None:
    written = {path.name: text_of(path) for path in REFERENCE.glob("*.md")}
    assert written == reference(), "python -m tests.builders_reference writes it anew"


def test_every_picture_is_shown_and_small() -> None:
    shown = {hit for page in PAGES for hit in re.findall(r"!\[[^\]]{20,}\]\(pictures/([^)]+)\)", text_of(page))}
    files = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()}
    assert set(files) == shown
    assert max(files.values()) < 200_000


def test_the_tutorial_works_and_prints_what_stands_in_it(tmp_path: Path, reads_here: None) -> None:
    page = text_of(TUTORIAL)
    shown, said = console(page), list(rehearsed(page, tmp_path.resolve()))
    assert len(shown) == len(said) >= 8
    for (command, output), (_, now) in zip(shown, said, strict=True):
        anew = "python -m tests.builders_tutorial writes it anew"
        assert masked(output.strip()) == masked(now.strip()), f"{command}: {anew}"


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_config_that_a_page_shows_loads(page: Path, tmp_path: Path) -> None:
    for block in fenced(text_of(page), "yaml"):
        path = tmp_path / "config.yaml"
        for name in ("api_key", "api_token"):
            (tmp_path / name).write_text("secret")
        path.write_text(block.replace("/run/secrets", str(tmp_path)), encoding="utf-8")
        assert load(path, env={**ENV, "CREDENTIALS_DIRECTORY": str(tmp_path)}, need_remote="remote:" in block)


def test_the_example_config_loads() -> None:
    assert load(ROOT / "config.example.yaml", env=ENV).job == "leads"


def all_commands() -> list[tuple[str, click.Command]]:
    """Every command, and those within a command."""
    found = [(name, command_named([name])[0]) for name in COMMANDS]
    within = [(f"{n} {m}", sub) for n, c in found if isinstance(c, click.Group) for m, sub in c.commands.items()]
    return [*found, *within]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_a_summary_and_an_example(name: str) -> None:
    for called, command in all_commands():
        if called.partition(" ")[0] == name:
            help_text = command.help or ""
            assert re.match(r"[A-Z].*\.$", help_text.partition("\n")[0]), called
            examples = re.findall(r"^\s*(syncjob .+?)(?:   .*)?$", help_text.partition("\b")[2], re.MULTILINE)
            assert examples, called
            for example in examples:
                meant, rest = command_named(shlex.split(example)[1:])
                named = {word for word in rest if re.match(r"-{1,2}[a-z]", word)}
                assert named <= options_of(meant), example


def test_the_help_of_the_program_names_every_command() -> None:
    with click.Context(cli, obj=Context()) as context:
        listed = cli.get_help(context)
    assert all(re.search(rf"^  {name}\b", listed, re.MULTILINE) for name in COMMANDS)


def test_the_changelog_names_every_command() -> None:
    named = {line.split()[1] for line in spoken(text_of(ROOT / "CHANGELOG.md"))}
    assert named == set(COMMANDS)


def test_no_page_speaks_of_one_machine() -> None:
    here = "|".join(re.escape(f"{place}/") for place in (ROOT, Path.home(), tempfile.gettempdir()))
    for page in (*PAGES, ROOT / "config.example.yaml", *(ROOT / "sample_data").glob("*.yaml")):
        assert not re.search(rf"{here}|/(?:root|tmp)/|/home/\w", text_of(page)), page
