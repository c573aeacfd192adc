"""What each demo of an opening proves: what was on the wire, what both ends were, and what the programs met.

Run as a user runs them, on the real kernel; the capture that they leave is what the wire is judged by.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.tcp.model import Close, Handshake
from tests.demos.playing import played
from tests.tcp.conversation import kinds, labels, states

if TYPE_CHECKING:
    from inspector.tcp.model import Connection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's answers, are Linux's"),
]

SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opening")


def gaps(connection: Connection) -> list[float]:
    """Seconds between each two segments."""
    times = [segment.row.time_ns for segment in connection.segments]
    return [(later - earlier) / SECOND_NS for earlier, later in pairwise(times)]


def lost(connection: Connection) -> list[str]:
    """The labels of the segments that the wire threw away."""
    return [segment.label for segment in connection.segments if segment.lost]


# ------------------------------------------------------------------------------- the host says no


def test_a_closed_port_refuses_with_the_number_after_the_syn(folder: Path) -> None:
    syn, refusal = played(folder, "tcp-refused").connection.segments

    assert (refusal.label, refusal.row.seq, refusal.row.ack) == ("RST (refused)", 0, (syn.row.seq + 1) % (1 << 32))


def test_the_program_learns_of_a_refusal_as_an_exception(folder: Path) -> None:
    assert played(folder, "tcp-refused").said == [
        "client: connect raised ConnectionRefusedError: [Errno 111] Connection refused"
    ]


def test_a_port_that_is_taken_puts_nothing_on_the_wire(folder: Path) -> None:
    run = played(folder, "tcp-address-in-use")

    assert run.wire.capture.frames == 0
    assert "verdict   ✓ as expected" in run.report


def test_a_port_that_is_taken_is_so_with_and_without_reuse(folder: Path) -> None:
    assert played(folder, "tcp-address-in-use").said == [
        f"client: bind with SO_REUSEADDR={reuse} raised OSError: [Errno 98] Address already in use" for reuse in (0, 1)
    ]


# ------------------------------------------------------------------------------ the queue is full


def test_with_the_queue_full_a_syn_has_no_answer_until_it_is_repeated(folder: Path) -> None:
    _first, second = played(folder, "tcp-backlog-full").wire.connections

    assert labels(second)[:3] == ["SYN (1 of 3)", "retransmission of SYN", "SYN,ACK (2 of 3)"]
    assert gaps(second)[0] > 0.9


def test_the_client_that_lost_patience_is_connected_all_the_same(folder: Path) -> None:
    assert played(folder, "tcp-backlog-full").said[1:] == [
        "client 2: connect, after 0.3 s, raised TimeoutError: timed out",
        "client 2: connected: its kernel had not given up, and its next SYN found room",
    ]


# ------------------------------------------------------------------------- a segment is lost once


def test_a_lost_syn_is_sent_again_and_only_then_moves_the_server(folder: Path) -> None:
    connection = played(folder, "tcp-syn-lost").connection

    assert lost(connection) == ["SYN (1 of 3)"]
    assert states(connection)[:2] == ["SYN-SENT LISTEN", "SYN-SENT SYN-RECEIVED"]
    assert connection.segments[0].row.seq == connection.segments[1].row.seq
    assert gaps(connection)[0] > 0.9


def test_a_lost_syn_ack_leaves_the_ends_of_two_opinions_until_both_have_repeated(folder: Path) -> None:
    connection = played(folder, "tcp-synack-lost").connection

    assert lost(connection) == ["SYN,ACK (2 of 3)"]
    assert labels(connection)[2:4] == ["retransmission of SYN", "retransmission of SYN,ACK"]
    assert states(connection)[1:4] == [*["SYN-SENT SYN-RECEIVED"] * 2, "ESTABLISHED SYN-RECEIVED"]


def test_the_data_after_a_lost_third_segment_complete_the_handshake(folder: Path) -> None:
    connection = played(folder, "tcp-handshake-ack-lost").connection

    assert lost(connection) == ["ACK (3 of 3)"]
    assert states(connection)[2:4] == ["ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert connection.segments[3].row.payload_len > 0
    assert connection.handshake is Handshake.COMPLETE


# ------------------------------------------------------------------------------ it is always lost


def test_this_kernel_repeats_an_unanswered_syn_once_a_second_at_first(folder: Path) -> None:
    """Since Linux 6.5; before, and in textbooks, the second wait would be 2 s."""
    connection = played(folder, "tcp-unanswered").connection

    assert connection.handshake is Handshake.UNANSWERED
    assert set(states(connection)) == {"SYN-SENT LISTEN"}
    if has_linear_timeouts():
        assert [round(gap) for gap in gaps(connection)] == [1] * 5


def has_linear_timeouts() -> bool:
    setting = Path("/proc/sys/net/ipv4/tcp_syn_linear_timeouts")
    return setting.exists() and int(setting.read_text("ascii")) > 0


def test_the_program_learns_of_silence_when_the_kernel_gives_up(folder: Path) -> None:
    assert played(folder, "tcp-unanswered").said == [
        "client: connect, after 7 s, raised TimeoutError: [Errno 110] Connection timed out"
    ]


def test_a_handshake_whose_last_ack_is_always_lost_stays_half_open(folder: Path) -> None:
    connection = played(folder, "tcp-half-open").connection

    assert lost(connection) == ["ACK (3 of 3)", "duplicate ACK"]
    assert states(connection)[1:-1] == ["ESTABLISHED SYN-RECEIVED"] * 4
    assert labels(connection)[3] == "retransmission of SYN,ACK"


def test_a_reset_takes_the_half_open_end_back_to_listen(folder: Path) -> None:
    connection = played(folder, "tcp-half-open").connection

    assert states(connection)[-1] == "CLOSED LISTEN"
    assert connection.handshake is Handshake.RESET


def test_a_half_open_connection_is_not_accepted(folder: Path) -> None:
    assert "server: accept, after 1.5 s, raised TimeoutError: timed out" in played(folder, "tcp-half-open").said


# ------------------------------------------------------------------------------- two SYNs, one end


def test_crossing_syns_take_both_ends_through_syn_received_to_one_connection(folder: Path) -> None:
    connection = played(folder, "tcp-simultaneous-open").connection

    assert labels(connection)[1:4] == ["SYN (crossing)", *["SYN,ACK (crossing)"] * 2]
    assert states(connection)[1] == "SYN-RECEIVED SYN-RECEIVED"
    assert states(connection)[3] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake is Handshake.SIMULTANEOUS


def test_a_socket_connected_to_itself_is_one_end(folder: Path) -> None:
    connection = played(folder, "tcp-self-connect").connection

    assert connection.originator.endpoint == connection.responder.endpoint
    assert (connection.handshake, connection.close) == (Handshake.SIMULTANEOUS, Close.SIMULTANEOUS)
    assert states(connection)[-1] == "TIME-WAIT TIME-WAIT"


# ----------------------------------------------------------------------------- the past comes back


def test_the_answer_to_an_old_syn_is_reset_and_opens_nothing(folder: Path) -> None:
    """RFC 9293 figure 8."""
    old, _new = played(folder, "tcp-old-duplicate-syn").wire.connections

    assert labels(old) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "RST (answer)"]
    assert states(old) == [*["SYN-SENT SYN-RECEIVED"] * 2, "CLOSED LISTEN"]
    assert old.segments[2].row.seq == old.segments[1].row.ack


def test_the_syn_that_is_meant_opens_after_the_old_one(folder: Path) -> None:
    old, new = played(folder, "tcp-old-duplicate-syn").wire.connections

    assert old.originator.endpoint == new.originator.endpoint
    assert old.originator.iss != new.originator.iss
    assert (new.handshake, new.responder.payload_bytes) == (Handshake.COMPLETE, 0)


def test_data_to_an_end_that_has_forgotten_are_answered_by_a_reset(folder: Path) -> None:
    """RFC 9293 figure 10."""
    forgotten, _, _ = played(folder, "tcp-half-open-discovery").wire.connections

    assert lost(forgotten) == ["RST (abort)"]
    assert labels(forgotten)[3:] == ["RST (abort)", "data", "RST (answer)"]
    assert states(forgotten)[3:] == [*["CLOSED ESTABLISHED"] * 2, "CLOSED CLOSED"]


def test_a_new_syn_is_answered_by_what_the_peer_still_believes(folder: Path) -> None:
    """RFC 9293 figure 9: the challenge ACK, the RST, and then the same SYN opens."""
    _, forgotten, anew = played(folder, "tcp-half-open-discovery").wire.connections

    assert labels(forgotten)[4:] == ["SYN (stray)", "challenge ACK", "RST (answer)"]
    assert states(forgotten)[-2:] == ["CLOSED ESTABLISHED", "CLOSED CLOSED"]
    assert forgotten.segments[4].row.seq == anew.originator.iss
    assert anew.handshake is Handshake.COMPLETE


def test_the_program_that_remembers_learns_it_both_ways(folder: Path) -> None:
    assert played(folder, "tcp-half-open-discovery").said[1:] == [
        "server: figure 10: recv raised ConnectionResetError: [Errno 104] Connection reset by peer",
        "server: figure 9: recv raised ConnectionResetError: [Errno 104] Connection reset by peer",
    ]


# ------------------------------------------------------------------------- what no tutorial has


def test_only_the_second_syn_of_fast_open_carries_data_and_all_of_it_is_acknowledged(folder: Path) -> None:
    first, second = played(folder, "tcp-fast-open").wire.connections

    assert first.segments[0].row.payload_len == 0
    assert second.segments[0].row.payload_len == len("here is my cookie")
    assert second.segments[1].row.ack == (second.segments[0].row.seq + 1 + len("here is my cookie")) % (1 << 32)


def test_a_wrong_acknowledgment_is_reset_by_the_kernel_which_does_not_move(folder: Path) -> None:
    connection = played(folder, "tcp-wrong-ack").connection
    syn, wrong, reset, *again = connection.segments

    assert wrong.row.ack == syn.row.seq == reset.row.seq
    assert {segment.states[0].name for segment in connection.segments} == {"SYN_SENT"}
    assert [segment.row.seq for segment in again] == [syn.row.seq] * len(again)


def test_the_fault_that_is_shown_is_told_with_its_sum_and_is_as_expected(folder: Path) -> None:
    run = played(folder, "tcp-wrong-ack")
    x = run.connection.segments[0].row.seq
    due = (x + 1) % (1 << 32)

    assert kinds(run.connection) == ["syn-ack-wrong-ack"]
    assert f"SYN,ACK acknowledges {x}; expected the SYN's sequence number + 1 = {x} + 1 = {due}" in run.report
    assert "verdict   ✓ as expected" in run.report
