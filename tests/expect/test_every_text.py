"""Every complaint of this room can be said in another language: no text is glued together where it is made."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from inspector import expect

MAKERS = {"fail", "end", "need", "_fail", "_refuse", "ExpectationError"}
"""Functions that are given a text for people."""

MODULES = sorted(path for path in Path(expect.__file__).parent.rglob("*.py"))


def glued(path: Path) -> list[str]:
    """Where a text that a person reads is a plain literal, or is put together."""
    found = []
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in MAKERS:
            found += [f"{path.name}:{each.lineno}" for each in call.args if _is_glued(each)]
    return found


def _is_glued(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        return True
    if isinstance(argument, ast.BinOp):
        return isinstance(argument.op, ast.Add | ast.Mod)
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.name if path.parent.name == "expect" else str(path)[-20:]
)
def test_no_text_is_glued_together(path: Path) -> None:
    assert glued(path) == []


def test_what_is_glued_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "glued.py"
    path.write_text('cursor.fail("a b")\ncursor.fail(f"{x}")\n_fail(a, "b" + c)\ncursor.fail(said("a b"))\n', "utf-8")
    assert glued(path) == ["glued.py:1", "glued.py:2", "glued.py:3"]
