"""What the README shows is what the tool prints today."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.demos.catalogue import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```\n\$ scripts/run (.+?)\n(.*?)```", README, re.DOTALL)


def run(words: str) -> str:
    environment = {**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", "from inspector.cli.main import main; main()", *words.split()]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout


def test_there_are_terminal_blocks() -> None:
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize(("words", "shown"), BLOCKS, ids=[words for words, _ in BLOCKS])
def test_a_terminal_block_is_what_the_tool_prints(words: str, shown: str) -> None:
    """`...` on a line of its own stands for any lines."""
    pattern = re.escape(shown).replace(re.escape("...\n"), r"(?s:.*?)")

    assert re.fullmatch(pattern, run(words))


def test_every_demo_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)`", README, re.MULTILINE)) == set(catalogue())
