"""A segment in several IP fragments belongs to the frame that completes it, as tshark has it; no fragment is another.

Real frames, through the real reader, in both speeds.
"""

from __future__ import annotations

import itertools
import subprocess
from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import IP, TCP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapWriter

from inspector.pipeline import inspect
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from tests.tcp.conversation import kinds, labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspector.tcp.model import Connection

SIZE = 3000
FRAMES_BEFORE = 3


def addressed(version: int, *, by_client: bool) -> Packet:
    ends = ("10.0.0.1", "10.0.0.2") if version == 4 else ("2001:db8::1", "2001:db8::2")
    src, dst = ends if by_client else reversed(ends)
    ip = IP(src=src, dst=dst, id=77) if version == 4 else IPv6(src=src, dst=dst)
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ip


def said(version: int, flags: str, seq: int, ack: int, *, by_client: bool = True) -> Packet:
    ports = (40000, 80) if by_client else (80, 40000)
    segment = TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack)
    return addressed(version, by_client=by_client) / segment


def handshake(version: int) -> list[Packet]:
    return [
        said(version, "S", 100, 0),
        said(version, "SA", 300, 101, by_client=False),
        said(version, "A", 101, 301),
    ]


def pieces(version: int) -> list[Packet]:
    """One segment of SIZE bytes, in three fragments or more."""
    whole = said(version, "PA", 101, 301) / Raw(bytes(range(250)) * 12)
    if version == 4:
        return list(fragment(whole, fragsize=1200))  # type: ignore[no-untyped-call]
    ip, rest = whole[IPv6].copy(), whole[TCP].copy()
    ip.remove_payload()
    parts = fragment6(ip / IPv6ExtHdrFragment(id=99) / rest, 1280)  # type: ignore[no-untyped-call]
    return [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / part for part in parts]


def write(path: Path, packets: Sequence[Packet]) -> Path:
    with PcapWriter(str(path), linktype=1) as writer:
        for place, packet in enumerate(packets):
            packet.time = 1000 + place / 100
            writer.write(packet)
    return path


def capture(folder: Path, version: int, order: Sequence[int]) -> Path:
    """A handshake, the fragments in `order` (those that are left out never came), and an ACK of all of them."""
    parts = pieces(version)
    talk = [*handshake(version), *(parts[place] for place in order)]
    return write(folder / "fragments.pcap", [*talk, said(version, "A", 301, 101 + SIZE, by_client=False)])


def follow(path: Path, *, columnar: bool = False) -> Connection:
    tracker = Tracker()
    with open_capture(path, plain_frames=0 if columnar else 2000) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    (connection,) = tracker.connections()
    return connection


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_frame_that_completes_it_is_the_segment(tmp_path: Path, version: int, order: tuple[int, ...]) -> None:
    connection = follow(capture(tmp_path, version, order))

    assert labels(connection)[3:] == ["data", "ACK"]
    segment = connection.segments[3]
    assert (segment.row.frame, segment.row.payload_len) == (FRAMES_BEFORE + 3, SIZE)
    assert connection.originator.payload_bytes == SIZE
    assert not kinds(connection)


@pytest.mark.parametrize("version", [4, 6])
def test_both_speeds_agree(tmp_path: Path, version: int) -> None:
    path = capture(tmp_path, version, (2, 0, 1))

    assert follow(path, columnar=True) == follow(path)


def test_a_fragment_captured_twice_is_one(tmp_path: Path) -> None:
    connection = follow(capture(tmp_path, 4, (0, 0, 1, 1, 2, 2)))

    assert labels(connection)[3:] == ["data", "ACK"]
    assert connection.originator.retransmissions == 0


@pytest.mark.parametrize("lacks", [0, 1, 2])
def test_what_never_became_whole_is_told(tmp_path: Path, lacks: int) -> None:
    """The bytes that came are no segment; the capture is lossy, and its ACK acknowledges what was not seen."""
    path = capture(tmp_path, 4, [place for place in range(3) if place != lacks])

    inspection = inspect(path)

    (connection,) = inspection.connections
    assert labels(connection)[3:] == ["ACK"]
    assert kinds(connection) == ["acked-segment-not-captured"]
    assert connection.originator.payload_bytes == 0
    assert inspection.capture.is_lossy
    assert inspection.capture.undecoded == 1
    assert inspection.capture.undecoded_reasons == (("IP: a datagram of which some fragments did not come", 1),)


def test_fragments_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    parts = pieces(4)
    other = parts[1].copy()
    other[IP].payload = Raw(b"x" * len(bytes(parts[1][IP].payload)))
    path = write(tmp_path / "contradiction.pcap", [*handshake(4), parts[0], parts[1], other, parts[2]])

    inspection = inspect(path)

    assert inspection.capture.undecoded_reasons == (("IP: a datagram whose fragments contradict each other", 1),)
    assert labels(inspection.connections[0]) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]


@pytest.mark.parametrize("version", [4, 6])
def test_tshark_sees_the_same_segments(tmp_path: Path, tshark: str, version: int) -> None:
    path = capture(tmp_path, version, (1, 2, 0))
    fields = ["-T", "fields", "-e", "frame.number", "-e", "tcp.len"]
    said_by_tshark = subprocess.run(
        [tshark, "-n", "-r", path, "-Y", "tcp", *fields], check=True, capture_output=True, text=True
    ).stdout

    ours = [(traced.row.frame, traced.row.payload_len) for traced in follow(path).segments]

    assert ours == [tuple(map(int, line.split())) for line in said_by_tshark.splitlines()]
