"""`${…}`: always text, always after parsing, never quoted in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncjob.config import load
from tests.builders_config import CREDENTIALS, ENV, told, written


def test_a_variable_is_text_and_never_yaml(tmp_path: Path) -> None:
    config = load(written(tmp_path, CREDENTIALS + "source: {sheet: '${SHEET}'}"), env={**ENV, "SHEET": "a: {b\nc: [1"})
    assert config.source.sheet == "a: {b\nc: [1"


def test_what_is_filled_in_is_not_filled_in_again(tmp_path: Path) -> None:
    config = load(written(tmp_path, CREDENTIALS + "source: {sheet: '${A}'}"), env={**ENV, "A": "${B}", "B": "no"})
    assert config.source.sheet == "${B}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${SET}", "here"),
        ("${SET:-else}", "here"),
        ("${GONE:-else}", "else"),
        ("${EMPTY:-else}", "else"),
        ("${GONE:-a: b}", "a: b"),
        ("a-${SET}-${SET}", "a-here-here"),
        ("$${SET}", "${SET}"),
        ("$SET and $$", "$SET and $$"),
    ],
)
def test_the_ways_to_name_a_variable(tmp_path: Path, text: str, value: str) -> None:
    path = written(tmp_path, CREDENTIALS + f"source: {{sheet: '{text}'}}")
    assert load(path, env={**ENV, "SET": "here", "EMPTY": ""}).source.sheet == value


def test_a_number_may_come_from_a_variable(tmp_path: Path) -> None:
    path = written(tmp_path, CREDENTIALS + "  timeout: ${T:-15}\n  concurrency: ${C}\n")
    config = load(path, env={**ENV, "C": "3"})
    assert (config.remote.timeout, config.remote.concurrency) == (15, 3)


def test_a_secret_may_lie_in_a_file_beside_the_config_or_in_a_folder_named_by_a_variable(tmp_path: Path) -> None:
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "key").write_text("from-file\n")
    for place in ("creds/key", "${CREDENTIALS_DIRECTORY}/key"):
        text = CREDENTIALS.replace("${EXOTEL_API_KEY}", f"${{file:{place}}}")
        config = load(written(tmp_path, text), env={**ENV, "CREDENTIALS_DIRECTORY": str(tmp_path / "creds")})
        assert config.remote.api_key is not None
        assert config.remote.api_key.get_secret_value() == "from-file"


def test_a_variable_that_is_not_set_is_named_with_its_line_and_nothing_else_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, CREDENTIALS)
    assert told(path, {"EXOTEL_ACCOUNT_SID": "a", "EXOTEL_API_TOKEN": "t"}) == (
        "config.yaml:3: remote.api_key: the environment variable EXOTEL_API_KEY is not set.",
    )


@pytest.mark.parametrize("text", ["${", "${1A}", "${A", "${A:-{}", "${file:}", "${A-b}"])
def test_a_slip_in_the_form_is_explained(tmp_path: Path, text: str) -> None:
    (said,) = told(written(tmp_path, CREDENTIALS + f"source: {{sheet: '{text}'}}"), {**ENV, "A": "x"})
    assert "write ${NAME}" in said


def test_a_file_that_is_missing_or_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    for name, says in (("gone", "can't be read"), ("bytes", "not UTF-8"), ("big", "too big")):
        (said,) = told(written(tmp_path, CREDENTIALS + f"source: {{sheet: '${{file:{name}}}'}}"))
        assert says in said


def test_a_value_from_a_variable_is_never_quoted(tmp_path: Path) -> None:
    text = CREDENTIALS + "sync: {mode: '${EXOTEL_API_KEY}', protect: ['${EXOTEL_API_TOKEN}']}"
    said = " ".join(told(written(tmp_path, text)))
    assert "sync.mode" in said
    assert "sync.protect" in said
    assert "hush" not in said


def test_a_check_needs_no_credentials(tmp_path: Path) -> None:
    text = CREDENTIALS + "notify: {webhook: '${SLACK}'}\n"
    config = load(written(tmp_path, text), env={}, need_remote=False)
    assert config.remote.api_key is None
    assert config.remote.account_sid is None
