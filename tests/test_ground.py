"""The promises that every file of the house keeps."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "inspector"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

FOLDERS = {"inspector", "captures", "tests", "scripts"}
HEAVY = ("jinja2", "numba", "numpy", "pyshark", "rich", "scapy")
FUNCTION_LINES = 60
FILE_LINES = 400

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def declared(tree: ast.Module) -> set[str]:
    """The names in `__all__`; none where there is no `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    return set()


def made(tree: ast.Module) -> set[str]:
    """The public names that a module makes."""
    names = set()
    for node in statements(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and not is_type_variable(node.value):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module, those below an `if` too; what only mypy reads is no name that anyone can import."""
    for node in tree.body:
        if not isinstance(node, ast.If):
            yield node
        elif ast.unparse(node.test) != "TYPE_CHECKING":
            yield from (*node.body, *node.orelse)


def passed_on(tree: ast.Module) -> set[str]:
    """The names that a module has from others, and may pass on, as the `__init__` of a room does."""
    imports = [node for node in statements(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}


@every_module
def test_a_module_opens_with_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


@every_module
def test_all_is_exactly_the_public_names(path: Path) -> None:
    """A name without an underscore is a promise; whoever promises says so at the top of the file."""
    tree = parsed(path)

    promised = declared(tree) - {"__version__"}

    assert sorted(made(tree) - promised) == []
    assert sorted(promised - made(tree) - passed_on(tree)) == []


@every_module
def test_a_function_is_a_screen_at_most_and_a_file_can_be_held_in_mind(path: Path) -> None:
    nodes = ast.walk(parsed(path))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES]

    assert long == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("room", ROOMS)
def test_opening_a_room_loads_nothing_heavy(room: str) -> None:
    """So that a small capture answers at once."""
    code = f"import sys, inspector.{room}; print(*sorted(set(sys.modules) & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.split() == []


def test_top_level_folders_are_those_of_the_plan() -> None:
    """Whoever looks for a new place has not yet found the old one."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False, cwd=ROOT)
    if listed.returncode:
        pytest.skip("not a git checkout")
    folders = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}

    assert {folder for folder in folders if not folder.startswith(".")} <= FOLDERS
