"""The catalogue of words: complete, plain, and the only one."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncjob import errors
from syncjob.exits import EXITS, worst
from syncjob.words import GROUPS, OUTCOMES, REASONS, Outcome, Reason, group_of
from tests.builders_code import nodes_of, tree_of

SOURCE = Path(errors.__file__).parent
JARGON = re.compile(
    r"\b(http|json|api|sql|sqlite|null|nan|none|payload|endpoint|boolean|exception|traceback|regex|parse|utf|e\.?164|"
    r"4xx|5xx|\d{3})\b",
    re.IGNORECASE,
)
NOTHING_TO_DO = {
    "contact_first",
    "not_on_list",
    "never_done",
    "left_empty",
    *("as_of", "edited_meanwhile", "not_looked_at", "there_as_sent"),
    *("not_a_contact", "identical_row", "mode", "kept", "not_there", "reviewers_no"),
    *("exists_already", "already_gone", "release_accepted"),
}
"""Reasons of rows that ended as somebody wanted: nobody has to act."""


@pytest.mark.parametrize("reason", REASONS.values(), ids=lambda r: r.code)
def test_a_reason_is_a_plain_sentence_that_says_what_to_do(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", reason.code)
    assert [part[1] for part in string.Formatter().parse(reason.says) if part[1] is not None] in ([], ["detail"])
    assert "{" not in reason.do
    for sentence in filter(None, (reason.says, reason.do)):
        assert sentence.startswith(("{detail}", "“{detail}”")) or sentence[0].isupper()
        assert sentence.endswith(".")
        assert not JARGON.search(sentence), sentence
        assert sentence == " ".join(sentence.split())
    assert reason.do or reason.code in NOTHING_TO_DO


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=lambda o: o.code)
def test_an_outcome_is_a_plain_word_with_a_meaning(outcome: Outcome) -> None:
    assert outcome.word[0].isupper()
    assert outcome.meaning.endswith(".")
    assert not JARGON.search(f"{outcome.word} {outcome.meaning}")


def test_every_code_stands_once() -> None:
    tree = tree_of(SOURCE / "words.py")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    codes = [
        (call.func.id, call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in ("Reason", "Outcome")
        and isinstance(call.args[0], ast.Constant)
    ]
    assert len(codes) == len(set(codes)) == len(REASONS) + len(OUTCOMES)
    assert not set(REASONS) & set(OUTCOMES)


def test_no_two_reasons_say_the_same() -> None:
    said = [reason.says for reason in REASONS.values()]
    assert len(said) == len(set(said))


def test_every_reason_code_in_the_source_is_in_the_catalogue() -> None:
    used = {(code, place) for place in sorted(SOURCE.rglob("*.py")) for code in _reason_codes(place)}
    missing = {f"{place.relative_to(SOURCE)}: {code}" for code, place in used if code not in REASONS}
    assert len(used) > 10
    assert not missing


def test_what_is_given_as_an_outcome_or_a_reason_is_in_the_catalogue_wherever_it_stands() -> None:
    """By the parameters of our own functions and records that are called so, whatever their place."""
    known, seen = {"outcome": OUTCOMES, "reason": REASONS}, 0
    places = _parameters(tuple(known))
    for path in _ours():
        for node in nodes_of(path):
            name = getattr(getattr(node, "func", None), "id", getattr(getattr(node, "func", None), "attr", ""))
            for what, at in places.get((path if name.startswith("_") else None, name), ()):
                given = node.args[at : at + 1] if isinstance(node, ast.Call) else []
                for code in _texts(list(given)):
                    seen += 1
                    assert code in known[what], f"{path.name}:{getattr(node, 'lineno', 0)}: {code}"
    assert seen > 40


def test_no_word_is_kept_that_nobody_says() -> None:
    """Each code of the catalogue stands somewhere else in the source, too."""
    texts = set()
    for path in _ours():
        if path.name not in ("words.py", "explain.py"):
            nodes = nodes_of(path)
            texts |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    said = set(re.findall(r"\w+", " ".join(texts)))  # some stand in a statement of SQL
    assert {code for code in (*REASONS, *OUTCOMES) if code not in said} == set()


def _ours() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if not path.is_relative_to(SOURCE / "emulator")]


def _parameters(names: tuple[str, ...]) -> dict[tuple[Path | None, str], list[tuple[str, int]]]:
    """Function or record → which of `names` it takes, and at which place. A private one counts in its own file only."""
    found: dict[tuple[Path | None, str], list[tuple[str, int]]] = {}
    for path in _ours():
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef):
                taken = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg != "self"]
            elif isinstance(node, ast.ClassDef) and path.name != "words.py":
                fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
                taken = [one.target.id for one in fields if isinstance(one.target, ast.Name)]
            else:
                continue
            key = (path if node.name.startswith("_") else None, node.name)
            found[key] = [(name, taken.index(name)) for name in names if name in taken]
    return found


def _reason_codes(place: Path) -> Iterator[str]:
    """Text literals given as `reason=`, as `code=` of one of our errors, as `default_code`, or into `…["reason"]`."""
    if place.is_relative_to(SOURCE / "emulator"):
        return
    ours = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    for node in nodes_of(place):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            wanted = ("reason", "code") if name in ours else ("reason",)
            yield from _texts(keyword.value for keyword in node.keywords if keyword.arg in wanted)
        elif isinstance(node, ast.Assign) and any(_holds_code(target) for target in node.targets):
            yield from _texts([node.value])


def _texts(values: Iterator[ast.expr] | list[ast.expr]) -> Iterator[str]:
    """The literals among `values`; an empty text stands for no reason."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
            yield value.value


def _holds_code(target: ast.expr) -> bool:
    if isinstance(target, ast.Name):
        return target.id == "default_code"
    return (
        isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) and target.slice.value == "reason"
    )


def test_every_error_has_a_reason_and_an_exit_code_of_the_table() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SyncjobError)]
    for kind in kinds:
        assert kind.default_code in REASONS
        assert kind.exit_code in EXITS


def test_every_guard_is_in_the_group_of_guards() -> None:
    guards = {
        *("source_empty", "source_old", "source_shrank", "source_unfamiliar", "column_vanished"),
        *("column_changed_everywhere", "too_many_deletes", "too_many_updates", "too_many_creates"),
    }
    assert {group_of(code) for code in guards} == {"Guards"}
    assert {group_of(code) for code in REASONS} == set(GROUPS)


@pytest.mark.parametrize(
    ("codes", "ends"),
    [((), 0), ((0, 3), 3), ((3, 10), 3), ((3, 6), 6), ((6, 1, 3), 1), ((1, 130), 130), ((143, 1), 143), ((0, 10), 10)],
)
def test_of_several_exit_codes_the_gravest_counts(codes: tuple[int, ...], ends: int) -> None:
    assert worst(codes) == ends


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert set(EXITS) == {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 130, 143}
