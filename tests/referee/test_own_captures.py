"""Our own captures, read by three decoders: ours, tshark and scapy. All say the same.

What pyshark makes of tshark's words is what `test_wireshark.py` asks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.tcp.completeness import Completeness
from tests.opinions import said_by_tshark
from tests.referee.comparing import differing_groups, differing_segments, read, told_by_opinion
from tests.referee.scapys import scapy_segments

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = sorted(path for path in (ROOT / "captures").glob("*/*.pcapng") if not path.name.startswith("udp-"))

IN_EACH = pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)

# The SYN of an end that lost its memory meets a challenge ACK and a RST: to the other end it is a stray of the old
# connection (RFC 9293, Figure 9), and only when it is sent again does a connection begin. tshark goes by the
# other initial sequence number alone.
GROUPED_APART = {
    "half-open-discovery": ([[1, 2, 3], [4, 5, 6, 7, 8, 9]], [[1, 2, 3, 4, 5, 6], [7, 8, 9]]),
    "tcp-half-open-discovery": (
        [[4, 5, 6, 7], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]],
        [[4, 5, 6, 7, 11, 12, 13], [14, 15, 16, 17, 18, 19, 20, 21]],
    ),
}
"""Streams of tshark and our connections, where they are not the same."""


def test_there_are_captures() -> None:
    assert len(CAPTURES) >= 20


@pytest.mark.slow
@IN_EACH
@pytest.mark.usefixtures("tshark")
def test_tshark_reads_the_same_segments_into_the_same_streams(path: Path) -> None:
    said = {opinion.frame: opinion for opinion in said_by_tshark(path)}
    ours = read(path)

    streams = {frame: opinion.stream for frame, opinion in said.items()}

    assert differing_segments({frame: told_by_opinion(said[frame]) for frame in said}, ours.segments) == []
    assert differing_groups(streams, ours.connection) == GROUPED_APART.get(path.stem, ([], []))
    if path.stem not in GROUPED_APART:
        completeness = {ours.connection[frame]: opinion.completeness for frame, opinion in said.items()}
        assert ours.completeness == completeness


@IN_EACH
def test_scapy_reads_the_same_segments(path: Path) -> None:
    assert differing_segments(dict(scapy_segments(path)), read(path).segments) == []


def test_completeness_has_wiresharks_bits() -> None:
    assert Completeness.members() == {"SYN": 1, "SYN_ACK": 2, "ACK": 4, "DATA": 8, "FIN": 16, "RST": 32}
