"""No float comes near a verdict: neither a literal, nor a true division of ints, nor the name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from probe.sla import verdict

MODULES = sorted(Path(verdict.__file__).parent.glob("*.py"))
FLOATING = {"float", "math", "statistics", "random"}


def floats(tree: ast.AST) -> list[str]:
    """Every place where a float could come from."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            found.append(f"{node.lineno}: {node.value}")
        elif isinstance(node, ast.Name) and node.id in FLOATING:
            found.append(f"{node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute) and node.attr in {"total_seconds", "timestamp", "sqrt", "time"}:
            found.append(f"{node.lineno}: {node.attr}")
    return found


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_the_arithmetic_holds_no_float(module: Path) -> None:
    """97.9 % in binary is 97.89999999999999, which is another row."""
    assert floats(ast.parse(module.read_text(encoding="utf-8"))) == []


def test_the_search_finds_a_float() -> None:
    """A test that cannot fail proves nothing."""
    assert floats(ast.parse("x = float(1) + 0.5 + d.total_seconds()")) == ["1: 0.5", "1: total_seconds", "1: float"]
