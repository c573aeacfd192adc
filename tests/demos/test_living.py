"""What each demo of the time between opening and closing proves, on the wire and to its programs."""

from __future__ import annotations

import re
import sys
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import pytest

from inspector.findings import Side
from inspector.wire.row import Flag
from tests.demos.playing import played
from tests.tcp.conversation import labels

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's answers, are Linux's"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("living")


def carriers(connection: Connection) -> list[Side]:
    """Who sent data, segment by segment, without repeats."""
    return [segment.sender for segment in connection.segments if segment.row.payload_len]


# ------------------------------------------------------------------------------- short and long


@pytest.mark.parametrize("name", ["tcp-short", "tcp-long"])
def test_short_and_long_are_counted_side_by_side_as_the_capture_has_them(name: str, folder: Path) -> None:
    run = played(folder, name)
    counted = {
        int(port): (int(conversations), int(frames))
        for port, conversations, frames in re.findall(
            r"^\S+?:(\d+) +(\d+) connections? +(\d+) ", run.report, re.MULTILINE
        )
    }
    found: dict[int, list[int]] = {}
    for connection in run.wire.connections:
        found.setdefault(connection.responder.endpoint.port, []).append(len(connection.segments))

    assert counted == {port: (len(frames), sum(frames)) for port, frames in found.items()}
    (many, one) = sorted(counted.values(), reverse=True)
    assert (many[0] > 1, one[0]) == (True, 1)


def test_one_connection_for_each_request_takes_more_segments_than_one_for_all(folder: Path) -> None:
    connections = played(folder, "tcp-short").wire.connections
    short = [each for each in connections if each.responder.endpoint == connections[0].responder.endpoint]
    (long,) = [each for each in connections if each.responder.endpoint != connections[0].responder.endpoint]

    assert sum(len(each.segments) for each in short) > 2 * len(long.segments)
    assert sum(each.originator.payload_bytes for each in short) == long.originator.payload_bytes


# ------------------------------------------------------------------------------- messages on a stream


def test_one_recv_returns_several_messages_and_several_return_one(folder: Path) -> None:
    said = played(folder, "tcp-length-prefix").said

    assert "server: one recv returned 11 bytes: 3 messages, and nothing between them" in said
    assert "server: three recvs returned 40 bytes: one message, and nothing said that it goes on" in said
    assert [line.split("'")[1] for line in said if "the message is" in line] == [
        "one",
        "two",
        "three",
        "a message that is longer than the buffer",
    ]


def test_a_late_answer_is_taken_for_the_next_one_or_meets_nobody(folder: Path) -> None:
    said = played(folder, "tcp-timeout").said

    assert [line for line in said if line.endswith("recv raised TimeoutError: timed out")] == [
        "client 1: recv raised TimeoutError: timed out",
        "client 2: recv raised TimeoutError: timed out",
    ]
    assert "client 1: asked question 2, and was given 'answer 1': the late one came first" in said


# ------------------------------------------------------------------------------- directions


def test_simplex_carries_one_way(folder: Path) -> None:
    assert set(carriers(played(folder, "tcp-simplex").connection)) == {Side.ORIGINATOR}


def test_half_duplex_takes_turns(folder: Path) -> None:
    turns = [side for side, _ in groupby(carriers(played(folder, "tcp-half-duplex").connection))]

    assert turns == [Side.ORIGINATOR, Side.RESPONDER] * (len(turns) // 2)
    assert len(turns) >= 4


def test_full_duplex_crosses_on_its_way(folder: Path) -> None:
    """Each end speaks before it has acknowledged what the other has said."""
    segments = [each for each in played(folder, "tcp-full-duplex").connection.segments if each.row.payload_len]
    crossing = [
        later
        for earlier, later in pairwise(segments)
        if earlier.sender is not later.sender
        and (earlier.row.seq + earlier.row.payload_len - later.row.ack) % (1 << 32) < 1 << 31
        and earlier.row.seq + earlier.row.payload_len != later.row.ack
    ]

    assert crossing


# ------------------------------------------------------------------------------- what looks wrong and is not


def test_keep_alives_are_one_short_and_answered(folder: Path) -> None:
    said = labels(played(folder, "tcp-keepalive").connection)

    assert said.count("keep-alive") >= 2
    assert said.count("keep-alive ACK") == said.count("keep-alive")


def test_a_window_closes_is_probed_and_opens(folder: Path) -> None:
    said = labels(played(folder, "tcp-zero-window").connection)
    closed, probed, opened = (said.index(each) for each in ("zero window", "zero-window probe", "window update"))

    assert closed < probed < opened
    assert "data" in said[opened:]


def test_a_lost_segment_is_told_by_duplicate_acks_and_comes_again_at_once(folder: Path) -> None:
    connection = played(folder, "tcp-retransmission").connection
    said = labels(connection)
    (lost,) = [segment for segment in connection.segments if segment.lost]
    (again,) = [segment for segment in connection.segments if segment.label == "fast retransmission"]

    assert said.count("duplicate ACK") >= 3
    assert again.row.seq == lost.row.seq


def test_a_lost_last_segment_has_nothing_behind_it_and_waits_for_a_timer(folder: Path) -> None:
    connection = played(folder, "tcp-retransmission", "--segments", "1").connection

    assert "retransmission" in labels(connection)
    assert "duplicate ACK" not in labels(connection)


def test_what_the_kernel_uses_is_what_both_syns_offered(folder: Path) -> None:
    run = played(folder, "tcp-options")
    connection = run.connection
    ours, theirs = connection.originator, connection.responder

    assert None not in (ours.window_scale, theirs.window_scale, ours.mss, theirs.mss)
    assert ours.mss != theirs.mss
    assert [segment.row.flags & Flag.SYN > 0 for segment in connection.segments][:3] == [True, True, False]
    said = "\n".join(run.said)
    assert f"server: segments carry at most {(ours.mss or 0) - 12} bytes" in said  # 12: the timestamps in each of them
    assert f"client: segments carry at most {(theirs.mss or 0) - 12} bytes" in said
    assert f"windows of the other end are taken {1 << (ours.window_scale or 0)} times" in said
    assert f"windows of the other end are taken {1 << (theirs.window_scale or 0)} times" in said
