"""The table of faults beside this file has every row, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ROWS = [f"F{number:02}" for number in range(1, 29)]


def rows() -> dict[str, list[str]]:
    """The tests named in each row."""
    found = re.findall(r"^\| (F\d\d) \|(.*)\|$", (HERE / "README.md").read_text(), re.MULTILINE)
    return {row: re.findall(r"`(tests/[^`]+::\w+)`", rest) for row, rest in found}


def test_every_row_is_held_by_a_test_that_exists() -> None:
    """F01 to F28 in order; none is held by nothing, none by a test that has gone."""
    table = rows()
    assert list(table) == ROWS
    assert all(table.values())
    for name in {name for names in table.values() for name in names}:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text())
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
