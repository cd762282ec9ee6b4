"""The house stands as its picture says: floors, forbidden imports, sizes, and a cheap front door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from syncjob.cli import COMMANDS
from tests.builders_code import FILES, HOUSE, nodes_of, tree_of, trees
from tests.builders_docs import floors

ROOT = Path(__file__).parents[1]

FLOORS = floors()
"""The picture in the README. A room imports only what stands above it; the emulator is an annex that shares nothing."""

ORDER = [room for floor, rooms in FLOORS.items() if floor != "annex" for room in rooms]
ANNEX = "emulator"

OUTSIDE = {
    *("os", "io", "sys", "time", "socket", "ssl", "subprocess", "sqlite3", "logging", "pathlib", "tempfile", "shutil"),
    *("random", "secrets", "threading", "concurrent", "asyncio", "urllib", "http", "glob", "signal"),
}
"""What thinking never touches: files, network, clock, chance, log, threads."""

ONLY = {
    "requests": {"transport"},
    "urllib3": {"transport"},
    "sqlite3": {"journal", "journalfile", "ledger", "memory", "state"},
    "yaml": {"config", "headers"},
    "pydantic": {"config", "keeping"},
    "click": {"cli"},
    "tqdm": {"cli"},
    "fastexcel": {"loader"},
    "python_calamine": {"loader"},
    "openpyxl": {"results"},
    "msoffcrypto": {"loader"},
    "xlsxwriter": {"results", "cli"},
    "subprocess": {"loader"},
}
"""Each thing of the outside is touched in one place, or where its rooms share it."""

IGNORANT = {
    "loader": {"config", "differ", "plans", "planner", "guards", "listing", "executor", "journal", "results"},
    "differ": {"envelope", "matching", "plans", "planner", "guards", "pacing"},
    "transport": {"loader", "schema", "columns", "differ", "plans", "planner", "journal"},
    "remotes": {"pacing", "journal", "planner", "executor", "results", "loader"},
    "listing": {"transport", "loader", "results", "journal", "planner"},
    "executor": {"transport", "loader", "results", "config"},
    "results": {"transport", "remotes", "journal", "memory", "differ", "config", "state"},
}
"""What a room must not know, beyond what its floor forbids."""

HEAVY = (
    "pandas",
    "numpy",
    "pyarrow",
    "requests",
    "openpyxl",
    "xlsxwriter",
    "pydantic",
    "phonenumbers",
    "yaml",
)


def room_of(path: Path) -> str:
    """The room a file belongs to; "" for syncjob/__init__.py."""
    inside = path.relative_to(HOUSE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem.replace("__init__", "")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file imports anywhere, by full name; `from a import b` as a.b."""
    found: list[str] = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found += (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found += (f"{node.module}.{name.name}" for name in node.names)
    return tuple(found)


def rooms_used(path: Path) -> set[str]:
    """The other rooms that a file imports."""
    ours = (name.split(".")[1] for name in imports(path) if name.startswith("syncjob."))
    return {room for room in ours if not room.startswith("__")} - {room_of(path)}


def outside_used(path: Path) -> set[str]:
    """The packages from elsewhere that a file imports."""
    return {name.split(".")[0] for name in imports(path)} - {"syncjob", "__future__"}


def files_of(*rooms: str) -> list[Path]:
    return [path for path in FILES if room_of(path) in rooms]


@cache
def calls(path: Path) -> tuple[ast.Call, ...]:
    """Every call in a file, but for those made when it is run as a script."""
    parts = [
        part for part in tree_of(path).body if not (isinstance(part, ast.If) and "__main__" in ast.unparse(part.test))
    ]
    return tuple(node for part in parts for node in ast.walk(part) if isinstance(node, ast.Call))


def texts(path: Path) -> Iterator[str]:
    """Every text that stands in a file."""
    nodes = (node for node in nodes_of(path) if isinstance(node, ast.Constant))
    return (node.value for node in nodes if isinstance(node.value, str))


@cache
def called(path: Path) -> set[str]:
    """The names of everything that a file calls, as written."""
    return {ast.unparse(call.func) for call in calls(path)}


def test_every_room_stands_in_the_picture_and_none_is_a_junk_room() -> None:
    rooms = {room_of(path) for path in FILES} - {""}
    assert FLOORS["annex"] == (ANNEX,)
    assert rooms == {*ORDER, ANNEX}
    assert len(ORDER) == len(set(ORDER))
    assert not rooms & {"utils", "util", "helpers", "common", "core", "manager", "misc"}


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_what_stands_above_it(room: str) -> None:
    above = set(ORDER[: ORDER.index(room)])
    if room == "cli":
        above.add(ANNEX)  # the sandbox and the demo serve it
    used = {str(path.relative_to(ROOT)): rooms_used(path) - above for path in files_of(room)}
    assert {path: rooms for path, rooms in used.items() if rooms} == {}


@pytest.mark.parametrize("room", [*FLOORS["values"], *FLOORS["thinking"]])
def test_thinking_touches_nothing_outside(room: str) -> None:
    for path in files_of(room):
        assert outside_used(path) & OUTSIDE == set(), path
        assert {name.rpartition(".")[2] for name in called(path)} & {"now", "utcnow", "today", "open"} == set(), path


@pytest.mark.parametrize(("package", "rooms"), ONLY.items())
def test_an_outside_thing_is_touched_in_its_own_room_only(package: str, rooms: set[str]) -> None:
    users = {room_of(path) for path in FILES if package in outside_used(path)} - {ANNEX}
    assert users <= rooms


def test_requests_has_one_importer() -> None:
    users = [str(path.relative_to(HOUSE)) for path in FILES if "requests" in outside_used(path)]
    assert users == ["transport/wire.py"]


@pytest.mark.parametrize(("room", "unknown"), IGNORANT.items())
def test_a_room_knows_no_more_than_it_must(room: str, unknown: set[str]) -> None:
    assert {path.name: rooms for path in files_of(room) if (rooms := rooms_used(path) & unknown)} == {}


def test_a_remote_neither_waits_nor_keeps_anything() -> None:
    for path in files_of("remotes"):
        assert outside_used(path) & (OUTSIDE - {"urllib"}) == set(), path


def test_only_the_registry_knows_a_concrete_remote() -> None:
    registry = HOUSE / "remotes" / "__init__.py"
    concrete = {f"syncjob.remotes.{path.stem}" for path in files_of("remotes")} - {"syncjob.remotes.base"}
    for path in {path for path in FILES if room_of(path) != "remotes"} | {HOUSE / "remotes" / "base.py"}:
        assert [name for name in imports(path) if any(f"{name}.".startswith(f"{one}.") for one in concrete)] == [], path
        assert not any(f"{text}:".startswith(f"{one}:") for text in texts(path) for one in concrete), path
    assert any(text.partition(":")[0] in concrete for text in texts(registry))


def test_nobody_asks_a_remote_what_class_it_is() -> None:
    classes = {node.name for path in files_of("remotes") for node in nodes_of(path) if isinstance(node, ast.ClassDef)}
    assert "Remote" in classes
    for path in {path for path in FILES if room_of(path) != "remotes"}:
        for call in calls(path):
            if ast.unparse(call.func) == "isinstance":
                kinds = set(ast.unparse(call.args[1]).replace("(", " ").replace(")", " ").replace(",", " ").split())
                assert not kinds & classes, f"{path}:{call.lineno}"


def test_the_emulator_shares_no_code_with_the_client() -> None:
    for path in files_of(ANNEX):
        assert rooms_used(path) == set(), path
    for path in set(FILES) - set(files_of(ANNEX, "cli")):
        assert ANNEX not in rooms_used(path), path


def test_only_the_door_prints() -> None:
    spoken = {"print", "click.echo", "sys.stdout.write", "sys.stderr.write"}
    for path in set(FILES) - set(files_of("cli")) - {HOUSE / "emulator" / "__main__.py"}:
        assert called(path) & spoken == set(), path


def test_broad_excepts_stand_at_the_door_and_where_requests_have_left_only() -> None:
    door, after_sending = HOUSE / "cli" / "__init__.py", HOUSE / "job" / "working.py"
    panics = HOUSE / "loader" / "calamine.py"  # an engine whose panics are no Exception; the rest is raised again
    for path in set(FILES) - {door, after_sending, panics}:
        for node in nodes_of(path):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                assert caught not in ("", "Exception", "BaseException"), f"{path}:{node.lineno}"


def test_files_and_functions_need_no_scrolling() -> None:
    long = []
    for path in FILES:
        lines = path.read_text(encoding="utf-8").count("\n")
        long += [f"{path}: {lines} lines"] if lines > 350 else []
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{path}:{node.lineno} {node.name}: {lines} lines"] if lines > 50 else []
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    assert [str(path) for path, tree in trees() if not ast.get_docstring(tree)] == []


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded after `code`."""
    probe = f"{code}\nimport sys; sys.stderr.write(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_importing_syncjob_is_cheap() -> None:
    assert loaded_by("import syncjob") & {*HEAVY, "click"} == set()


def test_help_of_every_command_loads_nothing_heavy() -> None:
    asked = [[], ["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
    loaded = loaded_by(f"from syncjob.cli import run_command\nfor words in {asked}: run_command(words)")
    assert "click" in loaded
    assert loaded & set(HEAVY) == set()
