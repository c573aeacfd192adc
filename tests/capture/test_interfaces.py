"""Interfaces other than loopback, made for the test in a network of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inspector.wire.row import Direction

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def ask(own_network: list[str], root_folder: Path) -> Callable[[str], Any]:
    """Run one of `namespace_programs.py`, and take its answer."""

    def answer(name: str) -> Any:
        program = Path(__file__).with_name("namespace_programs.py")
        done = subprocess.run(
            [*own_network, sys.executable, str(program), name],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root_folder)},
        )
        if "Unknown device type" in done.stderr:
            pytest.skip("this kernel has no veth")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return answer


def test_a_vlan_tag_is_put_back(ask: Callable[[str], Any]) -> None:
    assert ask("vlan") == [[True, True]]


def test_both_directions_are_seen_and_told_apart(ask: Callable[[str], Any]) -> None:
    assert ask("direction") == [Direction.INBOUND, Direction.OUTBOUND]


def test_an_interface_that_goes_down_is_an_end_and_no_crash(ask: Callable[[str], Any]) -> None:
    assert ask("went_down") == [True, "right went down", 1]


def test_an_interface_that_vanishes_is_an_end_and_no_crash(ask: Callable[[str], Any]) -> None:
    assert ask("vanished") == [True, "right went down"]


def test_loopback_that_is_down_is_an_error_with_its_cure(ask: Callable[[str], Any]) -> None:
    message, *remedies = ask("loopback_down")

    assert message == "the interface lo is down"
    assert remedies == ["ip link set lo up"]


def test_the_listing_tells_what_is_up_and_what_is_loopback(ask: Callable[[str], Any]) -> None:
    assert ask("listing") == {
        "lo": [True, True],
        "left": [True, False],
        "right": [True, False],
        "any": [True, False],
    }
