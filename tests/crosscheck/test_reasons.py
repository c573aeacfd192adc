"""What tshark says otherwise, and why: small conversations that were first met in captures which nobody had looked at.

Each is written as frames and given to the real tshark; its reasons have to be these, at these frames, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from inspector.crosscheck.comparison import cross_check
from inspector.crosscheck.reading import read
from inspector.crosscheck.reasons import Reason
from inspector.referee.wireshark import bulk_opinions, tshark_version

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 9000)
X, Y = 1_000, 5_000
STEP = 0.01
"""Seconds between two frames."""


class Talk:
    """Frames of one connection, each a little after the one before it."""

    def __init__(self, port: int = SERVER[1]) -> None:
        self.frames: list[Ether] = []
        self.server = (SERVER[0], port)
        self.now = 1_700_000_000.0

    def sent(self, source: tuple[str, int], target: tuple[str, int], flags: str, seq: int, **told: Any) -> Talk:
        data, wait = told.pop("data", b""), told.pop("wait", STEP)
        number = len(self.frames) + 1
        segment = TCP(sport=source[1], dport=target[1], flags=flags, seq=seq, **told)
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=source[0], dst=target[0], id=number)
        frame = frame / segment / data
        self.now += wait
        frame.time = self.now
        self.frames.append(frame)
        return self

    def client(self, flags: str, seq: int, **told: Any) -> Talk:
        return self.sent(CLIENT, self.server, flags, seq, **({"window": 500} | told))

    def server_says(self, flags: str, seq: int, **told: Any) -> Talk:
        return self.sent(self.server, CLIENT, flags, seq, **({"window": 500} | told))

    def handshake(self) -> Talk:
        self.client("S", X).server_says("SA", Y, ack=X + 1)
        return self.client("A", X + 1, ack=Y + 1)


def keep_alives_from_the_first_frame() -> Talk:
    talk = Talk()
    for _ in range(2):
        talk.client("A", X, ack=Y + 1, wait=45).server_says("A", Y + 1, ack=X + 1)
    return talk


def acknowledged_and_never_seen() -> Talk:
    talk = Talk().handshake().client("PA", X + 1, ack=Y + 1, data=b"x" * 10)
    talk.server_says("PA", Y + 1, ack=X + 500, data=b"y" * 10)
    return talk.server_says("PA", Y + 11, ack=X + 900, data=b"y" * 10)


def sent_again_with_more() -> Talk:
    talk = Talk().handshake().client("PA", X + 1, ack=Y + 1, data=b"x" * 10)
    talk.client("PA", X + 1, ack=Y + 1, data=b"x" * 30, wait=0.5)
    return talk.server_says("A", Y + 1, ack=X + 31)


def data_after_a_reset() -> Talk:
    talk = Talk().handshake().server_says("PA", Y + 1, ack=X + 1, data=b"y" * 10)
    talk.client("R", X + 1, window=0)
    talk.server_says("PA", Y + 11, ack=X + 1, data=b"y")
    return talk.server_says("PA", Y + 12, ack=X + 1, data=b"y" * 4)


def an_acknowledgment_that_goes_back() -> Talk:
    talk = Talk().handshake().client("PA", X + 1, ack=Y + 1, data=b"x" * 10)
    talk.server_says("A", Y + 1, ack=X + 11).client("A", X + 11, ack=Y + 1, window=501)
    talk.server_says("A", Y + 1, ack=X + 1)
    return talk.client("PA", X + 1, ack=Y + 1, data=b"x" * 10, wait=0.5)


def a_number_without_its_flag() -> Talk:
    talk = Talk().client("S", X, ack=Y + 100)
    talk.server_says("PA", Y + 1, ack=X + 1, data=b"y" * 10)
    return talk


def a_syn_ack_after_the_end() -> Talk:
    talk = Talk().handshake().client("FA", X + 1, ack=Y + 1).server_says("FA", Y + 1, ack=X + 2)
    talk.client("A", X + 2, ack=Y + 2)
    talk.server_says("SA", Y + 900_000, ack=X + 700_001, wait=3_000)
    return talk.client("A", X + 700_001, ack=Y + 900_001)


def a_header_of_eight_bytes() -> Talk:
    talk = Talk().handshake()
    return talk.client("A", X + 1, ack=Y + 1, dataofs=2)


def a_second_number_of_the_server() -> Talk:
    talk = Talk().client("S", X).client("S", X, wait=1)
    talk.server_says("SA", Y + 50_000, ack=X + 1)
    talk.client("A", X + 1, ack=Y + 50_001)
    talk.server_says("SA", Y, ack=X + 1).client("A", X + 1, ack=Y + 1)
    return talk.server_says("PA", Y + 1, ack=X + 1, data=b"y" * 10, wait=0.5)


def a_protocol_with_streams_of_its_own() -> Talk:
    talk = Talk(6900).handshake().server_says("PA", Y + 1, ack=X + 1, data=b"RFB 003.003\n")
    talk.client("PA", X + 1, ack=Y + 13, data=b"RFB 003.003\n")
    return talk.server_says("A", Y + 13, ack=X + 13)


def filled_after_duplicates_with_sack() -> Talk:
    """The first is a window update to tshark, for its window is another one: it counts one, we two."""
    talk = Talk().handshake().server_says("PA", Y + 1, ack=X + 1, data=b"y" * 10)
    talk.server_says("PA", Y + 31, ack=X + 1, data=b"y" * 10)
    talk.server_says("PA", Y + 41, ack=X + 1, data=b"y" * 10, wait=0.001)
    talk.client("A", X + 1, ack=Y + 11, wait=0.001)
    talk.client("A", X + 1, ack=Y + 11, window=490, options=[("SAck", (Y + 31, Y + 41))], wait=0.001)
    talk.client("A", X + 1, ack=Y + 11, window=490, options=[("SAck", (Y + 31, Y + 51))], wait=0.001)
    return talk.server_says("PA", Y + 11, ack=X + 1, data=b"y" * 20, wait=0.001)


def told(talk: Talk, folder: Path) -> list[tuple[int, str, Reason]]:
    path = folder / "talk.pcap"
    wrpcap(str(path), talk.frames)
    result = cross_check(str(path), read(path), list(bulk_opinions(path)), tshark=())
    return [(each.frame, each.field.removeprefix("tcp.analysis."), each.reason) for each in result.disagreements]


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (
            keep_alives_from_the_first_frame(),
            [
                (3, "duplicate_ack", Reason.NEXT_TOLD_BY_ACK),
                (3, "keep_alive", Reason.NEXT_TOLD_BY_ACK),
                (4, "duplicate_ack", Reason.NEXT_TOLD_BY_ACK),
                (4, "keep_alive_ack", Reason.NEXT_TOLD_BY_ACK),
            ],
        ),
        (acknowledged_and_never_seen(), [(6, "ack_lost_segment", Reason.GAP_TOLD_ONCE)]),
        (sent_again_with_more(), [(6, "ack_lost_segment", Reason.REPEAT_WITH_MORE)]),
        (
            data_after_a_reset(),
            [(6, "zero_window_probe", Reason.RST_CLOSES_WINDOW), (7, "lost_segment", Reason.RST_CLOSES_WINDOW)],
        ),
        (an_acknowledgment_that_goes_back(), [(8, "spurious_retransmission", Reason.ACK_GOES_BACK)]),
        (
            a_number_without_its_flag(),
            [(2, "retransmission", Reason.ACK_WITHOUT_FLAG), (2, "spurious_retransmission", Reason.ACK_WITHOUT_FLAG)],
        ),
        (a_header_of_eight_bytes(), [(4, "segment", Reason.IMPOSSIBLE_HEADER)]),
        (
            filled_after_duplicates_with_sack(),
            [
                (8, "duplicate_ack", Reason.SACK_DUPLICATE_ACK),
                (8, "window_update", Reason.SACK_DUPLICATE_ACK),
                (10, "fast_retransmission", Reason.SACK_DUPLICATE_ACK),
                (10, "out_of_order", Reason.SACK_DUPLICATE_ACK),
                (10, "retransmission", Reason.SACK_DUPLICATE_ACK),
            ],
        ),
    ],
    ids=lambda value: "" if isinstance(value, Talk) else str(value[0][2]) if value else "none",
)
@pytest.mark.usefixtures("tshark")
def test_the_reason_is_known(talk: Talk, expected: list[tuple[int, str, Reason]], tmp_path: Path) -> None:
    if tshark_version()[:2] != (4, 0):
        pytest.skip("what is said of tshark was seen with 4.0")

    assert told(talk, tmp_path) == expected


@pytest.mark.parametrize(
    ("talk", "frames", "reason"),
    [
        (a_syn_ack_after_the_end(), [7, 8], Reason.SYN_NOT_CAPTURED),
        (a_protocol_with_streams_of_its_own(), [4, 5, 6], Reason.BEGUN_ABOVE_TCP),
        (a_second_number_of_the_server(), [], Reason.SECOND_SYN_ACK),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
@pytest.mark.usefixtures("tshark")
def test_the_reason_for_another_stream_is_known(talk: Talk, frames: list[int], reason: Reason, tmp_path: Path) -> None:
    if tshark_version()[:2] != (4, 0):
        pytest.skip("what is said of tshark was seen with 4.0")
    found = told(talk, tmp_path)

    assert [frame for frame, field, why in found if field == "stream" and why is reason] == frames
    assert not [each for each in found if each[2] is Reason.UNEXPLAINED]
    assert reason in {why for _, _, why in found}
