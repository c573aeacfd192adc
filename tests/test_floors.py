"""The floors hold: a violation planted in a copy of the house is caught, by the contract that is meant to catch it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytest.importorskip("importlinter", reason="import-linter comes with scripts/check")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house in which anything may be broken."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "inspector", tmp_path / "inspector", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(house: Path) -> str:
    """What import-linter has to say of a house; nothing where all contracts are kept."""
    # Not the command: `python -m` puts the folder of the copy before the installed package.
    code = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=house, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def plant(house: Path, file: str, line: str) -> None:
    with (house / "inspector" / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def test_the_house_as_it_is_keeps_its_contracts(house: Path) -> None:
    assert lint(house) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        pytest.param("wire/row.py", "from inspector.tcp import states", "Floors", id="upward"),
        pytest.param("tcp/states.py", "import inspector.udp.model", "Floors", id="sideways"),
        pytest.param("errors.py", "from inspector.compiled import Constants", "Floors", id="below the ground"),
        pytest.param("wire/row.py", "import socket", "The core neither", id="socket in the core"),
        pytest.param("tcp/states.py", "from time import time", "The core neither", id="clock in the core"),
        pytest.param("report/inspection.py", "import scapy.all", "The core neither", id="scapy in a report"),
        pytest.param("expect/model.py", "import json", "Only report/", id="json outside of report"),
    ],
)
def test_a_planted_violation_is_caught(house: Path, file: str, line: str, contract: str) -> None:
    plant(house, file, line)

    broken = [said for said in lint(house).splitlines() if said.endswith("BROKEN")]

    assert len(broken) == 1
    assert broken[0].startswith(contract)


@pytest.mark.slow
def test_a_new_room_must_be_placed_on_a_floor(house: Path) -> None:
    (house / "inspector" / "shed.py").write_text('"""A shed."""\n', encoding="utf-8")

    assert "shed" in lint(house)
