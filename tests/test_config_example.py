"""The example config and the JSON Schema: complete, true, and both from the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from syncjob.config import Config, load, reading, schema
from syncjob.config.writing import example, written
from syncjob.model import Json
from tests.builders_config import CREDENTIALS, ENV
from tests.builders_config import written as file_with

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"


def test_the_example_is_the_one_the_models_write() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), (
        "write it again: python -m syncjob.config.writing > config.example.yaml"
    )


def test_the_example_is_valid_and_says_nothing_but_the_defaults(tmp_path: Path) -> None:
    shown = load(file_with(tmp_path, example()), env=ENV).public()
    plain = load(file_with(tmp_path, CREDENTIALS + "job: leads\nsource: {files: [inbox/*.xlsx]}"), env=ENV).public()
    assert shown == plain


def test_the_example_fits_a_screen_and_names_every_setting() -> None:
    lines = example().splitlines()
    assert max(map(len, lines)) <= 120
    for key in _keys(Config):
        assert any(line.lstrip("# ").startswith(f"{key}:") or f"{key}: " in line for line in lines), key


@pytest.mark.parametrize("name", ["base_url", "ping", "webhook", "email", "hand_off"])
def test_what_is_shown_as_a_comment_works_when_the_mark_is_taken_off(tmp_path: Path, name: str) -> None:
    text = example().replace(f"# {name}: ", f"{name}: ")
    text = text.replace("  region: mumbai ", "  # region: mumbai ") if name == "base_url" else text
    text = text.replace("# email: ", "email: ") if name == "hand_off" else text
    made = load(file_with(tmp_path, text), env={**ENV, "SLACK_WEBHOOK_URL": "https://hooks.example.com/x"})
    assert name == "base_url" or getattr(made.notify, name) is not None


def test_the_columns_shown_as_comments_work_too(tmp_path: Path) -> None:
    text = example().replace("  # Mobile: number", "  Mobile: number").replace("  # Loyalty:", "  Loyalty:")
    columns = load(file_with(tmp_path, text), env=ENV).columns
    assert columns == {"Mobile": "number", "Loyalty": "custom_field.loyalty"}


_HEADERS = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() and text.isprintable())


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(_HEADERS, st.just("ignore"), max_size=4), st.lists(_HEADERS, max_size=3))
def test_any_header_survives_the_way_into_the_config(columns: dict[str, str], unused: list[str]) -> None:
    document = reading.read(written({}, list(columns.items()), unused))
    assert not document.problems
    assert isinstance(document.data, dict)
    assert document.data["columns"] == (columns or None)


def test_the_schema_names_every_setting_with_a_word_on_it() -> None:
    made = schema()
    groups = [made, *made["$defs"].values()]  # type: ignore[union-attr]
    for group in groups:
        assert isinstance(group, dict)
        assert group["additionalProperties"] is False
        for name, setting in group["properties"].items():  # type: ignore[union-attr]
            assert isinstance(setting, dict)
            assert "$ref" in setting or setting.get("description"), name


def test_the_schema_holds_no_path_of_this_machine_and_points_nowhere() -> None:
    made = schema()
    assert str(Path.cwd()) not in str(made)
    assert isinstance(made["$defs"], dict)
    assert set(_refs(made)) <= {f"#/$defs/{name}" for name in made["$defs"]}


def _keys(model: type[BaseModel]) -> Iterator[str]:
    """The keys of the config and its groups, but not those inside the notify groups, which are shown in examples."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation)


def _refs(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(value) for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from _refs(value)
    if isinstance(node, list):
        for value in node:
            yield from _refs(value)
