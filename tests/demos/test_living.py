"""What each demo of a living connection shows: what was on the wire, and what its programs and its kernel said of it.

Run as a user runs them, on the real kernel; the capture that they leave is what the wire is judged by.
"""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from inspector.demos import find, run
from inspector.demos.living.tcp_keepalive import IDLE
from inspector.demos.living.tcp_length_prefix import BUFFER, LONG, MESSAGES
from inspector.demos.living.tcp_options import CLIENT_MSS, LARGEST_WINDOW
from inspector.demos.living.tcp_zero_window import PROBES, SIZE
from inspector.findings import Side
from inspector.tcp.states import State
from inspector.wire.row import Flag, Option
from tests.demos.playing import Played, played

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection, TracedSegment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's options, are Linux's"),
]

CLIENT, SERVER = Side.ORIGINATOR, Side.RESPONDER
MS = 1_000_000
"""Nanoseconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("living")


def labelled(connection: Connection, label: str) -> list[TracedSegment]:
    return [traced for traced in connection.segments if traced.label == label]


def data(connection: Connection, sender: Side) -> list[TracedSegment]:
    """The segments of `sender` that carry something."""
    return [traced for traced in connection.segments if traced.row.payload_len and traced.sender is sender]


def spoken(name: str, **options: str | int) -> list[str]:
    """`role verb text` of every message of a run on loopback, in order."""
    return [f"{said.role} {said.verb} {said.text}" for said in run(find(name), port="auto", options=options).messages]


# ------------------------------------------------------------------------------- short against long


def table(run_of_it: Played) -> dict[int, list[str]]:
    """The rows of the table that compares the servers, by their port: connections, frames, bytes, milliseconds."""
    row = r"^\S+?:(\d+) +(\d+) connections? +(\d+) +(\d+) +([\d.]+) ms$"
    return {int(port): numbers for port, *numbers in re.findall(row, run_of_it.report, re.MULTILINE)}


def parted(run_of_it: Played) -> tuple[list[Connection], Connection]:
    """The connections for a request each, and the one for all."""
    ports = [each.responder.endpoint.port for each in run_of_it.wire.connections]
    alone = next(port for port in ports if ports.count(port) == 1)
    short = [each for each in run_of_it.wire.connections if each.responder.endpoint.port != alone]
    (long,) = [each for each in run_of_it.wire.connections if each.responder.endpoint.port == alone]
    return short, long


@pytest.mark.parametrize("name", ["tcp-short", "tcp-long"])
def test_short_and_long_connections_are_counted_side_by_side_as_they_were_captured(folder: Path, name: str) -> None:
    short, long = parted(played(folder, name))
    told = table(played(folder, name))

    assert len(told) == 2
    for those in (short, [long]):
        segments = sum(len(each.segments) for each in those)
        carried = sum(each.originator.payload_bytes + each.responder.payload_bytes for each in those)
        took = max(each.last_ns for each in those) - min(each.first_ns for each in those)

        assert told[those[0].responder.endpoint.port] == [
            str(len(those)),
            str(segments),
            str(carried),
            f"{took // 1000 / 1000:.3f}",
        ]


@pytest.mark.parametrize("name", ["tcp-short", "tcp-long"])
def test_one_connection_for_all_takes_fewer_segments_and_less_time(folder: Path, name: str) -> None:
    short, long = parted(played(folder, name))

    assert sum(len(each.segments) for each in short) > 2 * len(long.segments)
    assert short[-1].last_ns - short[0].first_ns > long.last_ns - long.first_ns


def test_every_request_of_its_own_pays_for_a_handshake_and_a_close(folder: Path) -> None:
    short, long = parted(played(folder, "tcp-short"))

    assert len(short) == 5
    for each in (*short, long):
        assert sum(bool(traced.row.flags & Flag.SYN) for traced in each.segments) == 2
        assert each.originator.state == State.TIME_WAIT
    assert sum(each.originator.payload_bytes for each in short) == long.originator.payload_bytes


def test_where_there_is_little_to_ask_heartbeats_cost_more_segments_than_handshakes(folder: Path) -> None:
    short, long = parted(played(folder, "tcp-long", "--requests", "2", "--heartbeats", "9"))

    assert len(long.segments) > sum(len(each.segments) for each in short)


def test_heartbeats_are_data_of_the_programs(folder: Path) -> None:
    run_of_it = played(folder, "tcp-long")
    payloads = list(run_of_it.wire.payloads.values())

    assert payloads.count(b"heartbeat") == payloads.count(b"answer to heartbeat") == 2


# ------------------------------------------------------------------------------- messages on a stream


def test_one_recv_returns_three_messages_and_three_recvs_one() -> None:
    received = [line.removeprefix("server received ") for line in spoken("tcp-length-prefix") if " received " in line]

    assert received[0] == "onetwothree"
    assert received[1:4] == ["a message that i", "s longer than th", "e buffer"]
    assert len(LONG) > BUFFER


def test_behind_their_lengths_the_messages_are_told_apart() -> None:
    said = [line for line in spoken("tcp-length-prefix") if "so the message is" in line]

    assert [line.partition("message is ")[2] for line in said] == ["'one'", "'two'", "'three'", repr(LONG.decode())]


def test_each_message_was_a_segment_of_its_own(folder: Path) -> None:
    sent = [traced.row.payload_len for traced in data(played(folder, "tcp-length-prefix").connection, CLIENT)]
    sizes = [len(message) for message in (*MESSAGES, LONG)]

    assert sent == [*sizes, *(4 + size for size in sizes)]


# ------------------------------------------------------------------------------- a time limit


def test_the_exception_of_a_time_limit_and_what_comes_of_the_late_answer() -> None:
    said = spoken("tcp-timeout")

    assert said.index("client 1 note recv raised TimeoutError: timed out") < said.index("server sent answer 1")
    assert said.index("client 1 sent question 2") < said.index("client 1 received answer 1")
    assert "client 2 note recv raised TimeoutError: timed out" in said
    assert said[-1] == "server note sendall raised BrokenPipeError: [Errno 32] Broken pipe"


def test_nothing_is_on_the_wire_while_a_program_waits(folder: Path) -> None:
    for connection in played(folder, "tcp-timeout", "--limit", "150").wire.connections:
        times = [traced.row.time_ns for traced in connection.segments]
        longest = max(later - earlier for earlier, later in pairwise(times))

        assert longest >= 150 * MS


def test_a_late_answer_to_who_goes_on_is_delivered_and_to_who_closed_is_reset(folder: Path) -> None:
    goes_on, closed = played(folder, "tcp-timeout").wire.connections

    assert str(goes_on.close).endswith("-segment")
    assert closed.close == "reset-by-originator"
    assert closed.segments[-1].label == "RST (abort)"
    assert data(closed, SERVER)[-1].row.frame < closed.segments[-1].row.frame


# ------------------------------------------------------------------------------- three ways to talk


def test_simplex_has_data_one_way_only_out_of_close_wait(folder: Path) -> None:
    connection = played(folder, "tcp-simplex").connection
    first_fin = next(traced for traced in connection.segments if traced.row.flags & Flag.FIN)

    assert first_fin.sender is SERVER
    assert first_fin.row.frame < data(connection, CLIENT)[0].row.frame
    assert data(connection, SERVER) == []
    assert {str(traced.states[CLIENT]) for traced in data(connection, CLIENT)} == {"CLOSE-WAIT"}


def test_half_duplex_is_turns_of_two_segments(folder: Path) -> None:
    senders = [
        traced.sender for traced in played(folder, "tcp-half-duplex").connection.segments if traced.row.payload_len
    ]

    assert senders == [CLIENT, CLIENT, SERVER, SERVER] * 2


def test_full_duplex_is_data_that_cross(folder: Path) -> None:
    connection = played(folder, "tcp-full-duplex").connection

    for sender in Side:
        acknowledged = {traced.row.ack for traced in data(connection, sender)}
        assert len(data(connection, sender)) == 3
        assert acknowledged == {(connection.end(sender.other).iss or 0) + 1}  # nothing but the SYN
    assert connection.findings == ()


# ------------------------------------------------------------------------------- keep-alive


def test_a_keep_alive_asks_for_the_last_number_again_and_is_answered_with_the_next(folder: Path) -> None:
    connection = played(folder, "tcp-keepalive").connection
    probes, answers = labelled(connection, "keep-alive"), labelled(connection, "keep-alive ACK")
    end_of_data = data(connection, CLIENT)[-1].row

    assert len(probes) == len(answers) >= 2
    assert {probe.row.seq + 1 for probe in probes} == {answer.row.ack for answer in answers}
    assert probes[0].row.seq == end_of_data.seq + end_of_data.payload_len - 1
    assert {(probe.sender, probe.row.payload_len) for probe in probes} == {(CLIENT, 0)}
    assert connection.findings == ()


def test_a_keep_alive_comes_after_each_second_of_silence(folder: Path) -> None:
    connection = played(folder, "tcp-keepalive").connection
    for probe in labelled(connection, "keep-alive"):
        before = connection.segments[connection.segments.index(probe) - 1]

        assert probe.row.time_ns - before.row.time_ns >= IDLE * 1000 * MS * 0.99


# ------------------------------------------------------------------------------- a window that closes


def test_a_closed_window_is_probed_at_growing_intervals_and_opens_again(folder: Path) -> None:
    connection = played(folder, "tcp-zero-window").connection
    labels = [traced.label for traced in connection.segments]
    closed = labels.index("zero window")
    times = [traced.row.time_ns for traced in connection.segments]

    assert labels[closed + 1 : closed + 5] == ["zero-window probe", "zero-window probe ACK"] * PROBES
    assert labels[closed + 5] == "window update"
    assert times[closed + 3] - times[closed + 1] > 1.5 * (times[closed + 1] - times[closed])
    assert connection.findings == ()


def test_no_data_are_sent_while_the_window_is_closed_and_all_arrive_in_the_end(folder: Path) -> None:
    run_of_it = played(folder, "tcp-zero-window")
    connection = run_of_it.connection
    labels = [traced.label for traced in connection.segments]
    shut = connection.segments[labels.index("zero window") : labels.index("window update")]

    assert not any(traced.row.payload_len for traced in shut)
    assert connection.originator.payload_bytes == SIZE
    assert connection.originator.retransmissions == 0
    assert run_of_it.wire.payloads[data(connection, SERVER)[0].row.frame] == f"read {SIZE} bytes".encode()


# ------------------------------------------------------------------------------- a lost segment


def test_duplicate_acks_bring_the_lost_segment_back_long_before_a_timeout(folder: Path) -> None:
    connection = played(folder, "tcp-retransmission").connection
    lost, *others, again = data(connection, CLIENT)
    duplicates = labelled(connection, "duplicate ACK")

    assert [traced.lost for traced in (lost, *others, again)] == [True, False, False, False, False, False]
    assert (again.label, again.row.seq) == ("fast retransmission", lost.row.seq)
    assert len(duplicates) >= 3
    assert {(traced.row.ack, traced.row.sack_count) for traced in duplicates} == {(lost.row.seq, 1)}
    assert connection.findings == ()


def test_the_acknowledgment_after_it_jumps_over_all_that_was_kept(folder: Path) -> None:
    connection = played(folder, "tcp-retransmission").connection
    again = labelled(connection, "fast retransmission")[0]
    answer = next(each for each in connection.segments[connection.segments.index(again) :] if each.sender is SERVER)
    sent = sum(traced.row.payload_len for traced in data(connection, CLIENT) if not traced.lost)

    assert answer.row.ack == data(connection, CLIENT)[0].row.seq + sent


def test_of_a_single_segment_only_the_timeout_tells(folder: Path) -> None:
    connection = played(folder, "tcp-retransmission", "--segments", "1").connection
    lost, again = data(connection, CLIENT)

    assert lost.lost
    assert again.label == "retransmission"
    assert labelled(connection, "duplicate ACK") == []
    assert again.row.time_ns - lost.row.time_ns >= 200 * MS


# ------------------------------------------------------------------------------- what is offered


def test_each_end_offers_all_four_options_with_numbers_of_its_own(folder: Path) -> None:
    connection = played(folder, "tcp-options").connection
    syn, syn_ack = connection.segments[:2]
    all_four = Option.MSS | Option.WINDOW_SCALE | Option.SACK_PERMITTED | Option.TIMESTAMPS

    assert syn.row.options & syn_ack.row.options & all_four == all_four
    assert (connection.originator.mss, connection.responder.mss) == (CLIENT_MSS, 1460)
    assert 0xFFFF << (connection.responder.window_scale or 0) >= LARGEST_WINDOW > 0xFFFF


def test_an_mss_binds_the_other_end_and_counts_the_options(folder: Path) -> None:
    connection = played(folder, "tcp-options").connection

    for sender in Side:
        largest = max(traced.row.payload_len for traced in data(connection, sender))
        assert largest == (connection.end(sender.other).mss or 0) - 12


def test_the_kernel_says_of_the_options_what_our_numbers_say(folder: Path) -> None:
    run_of_it = played(folder, "tcp-options")
    connection = run_of_it.connection

    for sender, role in ((CLIENT, "client"), (SERVER, "server")):
        other = connection.end(sender.other)
        scale = other.window_scale or 0
        assert (
            f"{role}: segments carry at most {(other.mss or 0) - 12} bytes, "
            f"windows of the other end are taken {1 << scale} times"
        ) in run_of_it.report
        assert f"{role}: in use: timestamps, SACK, window scale" in run_of_it.report
    assert connection.originator.state == State.TIME_WAIT
