"""The code of the house as trees, each file parsed once in a process, and only when a test asks for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parents[1] / "syncjob"
FILES = sorted(HOUSE.rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """One file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Everything in one file."""
    return tuple(ast.walk(tree_of(path)))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Every file of the house."""
    return ((path, tree_of(path)) for path in FILES)
