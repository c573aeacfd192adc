"""A connection captured at both of its ends at once: what the path did to it is told, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.diff.against import diff
from inspector.pipeline import inspect
from tests.diff.two_places import AHEAD_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.diff.model import Compared

    Take = Callable[..., Compared]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")]
_CLOCK_NS = 5_000_000
"""How exactly the clocks are told: a frame that the wire holds back is behind on one way only."""


@pytest.fixture
def take(own_network: list[str], root_folder: Path, tmp_path: Path) -> Take:
    """Run `two_places.py`, and compare what both ends captured."""

    def taken(*words: str) -> Compared:
        program = Path(__file__).with_name("two_places.py")
        done = subprocess.run(
            [*own_network, sys.executable, str(program), words[0], str(tmp_path), *words[1:]],
            check=False, capture_output=True, text=True, timeout=25,
            env=os.environ | {"PYTHONPATH": str(root_folder)},
        )  # fmt: skip
        if "Unknown device type" in done.stderr:
            pytest.skip("this kernel has no veth")
        assert done.returncode == 0, done.stderr
        one, other = (inspect(tmp_path / f"{name}.pcapng") for name in ("client", "server"))
        found = diff(one.connections, other.connections)
        assert (len(found.pairs), found.only_a, found.only_b) == (1, (), ())
        (pair,) = found.pairs
        assert pair.pair.is_same
        assert pair.clocks is not None
        assert abs(pair.clocks.ahead_ns - AHEAD_NS) < _CLOCK_NS
        return pair

    return taken


def told(pair: Compared) -> list[tuple[str, str]]:
    return [(str(each.difference.kind), each.what.removeprefix("PSH,")) for each in pair.placed]


def test_the_syn_the_data_and_the_fin_that_the_wire_lost_are_told_and_nothing_else(take: Take) -> None:
    pair = take("wire", "drop SYN once; drop 3rd data from client once; drop FIN from server once")

    assert sorted(told(pair)) == [("extra", "FIN,ACK"), ("missing", "ACK"), ("missing", "SYN")]
    syn = next(each for each in pair.placed if each.what == "SYN")
    assert syn.frame_a == 1
    assert not any(each.has_passed or each.part for each in pair.placed)


def test_the_lost_end_of_a_handshake_and_what_was_doubled_and_overtaken_are_told_as_that(take: Take) -> None:
    pair = take(
        "wire", "drop ACK of SYN once; duplicate 2nd data from client after 5ms; reorder 5th data from client"
    )  # fmt: skip

    assert sorted(told(pair)) == [("extra", "ACK"), ("missing", "ACK"), ("swapped", "ACK")]
    copy = next(each for each in pair.placed if each.frame_a is None)
    assert copy.copy_of is not None
    lost = next(each for each in pair.placed if each.frame_b is None)
    assert (lost.frame_a, lost.difference.field) == (3, "")


def test_what_a_network_card_cuts_is_no_difference(take: Take) -> None:
    if shutil.which("ethtool") is None:
        pytest.skip("needs ethtool")
    pair = take("offload")

    assert told(pair) == []
    assert any("(offload)" in note for note in pair.comparison.notes)


def test_a_translated_address_and_a_clamped_mss_are_told_and_nothing_else(take: Take) -> None:
    if shutil.which("ethtool") is None or shutil.which("nft") is None:
        pytest.skip("needs ethtool and nft")
    rules = "table ip clamp { \n chain on { type filter hook forward priority 0; \n"
    pair = take("nat", rules + "tcp flags syn tcp option maxseg size set 1300 \n } \n }")

    assert pair.pair.is_translated
    assert [(each.what, each.difference.field) for each in pair.placed] == [("SYN", "mss"), ("SYN,ACK", "mss")]
