"""What each demo of a close proves: what was on the wire, what both ends were, and what the programs met.

Run as a user runs them, on the real kernel; the capture that they leave is what the wire is judged by.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from inspector.demos.closing.tcp_half_close import NEWS
from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close
from inspector.tcp.sequence import ahead
from inspector.wire.row import Flag
from tests.demos.playing import played
from tests.tcp.conversation import labels, states

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection, TracedSegment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's answers, are Linux's"),
]

CLIENT, SERVER = Side.ORIGINATOR, Side.RESPONDER
BROKEN_PIPE = "sendall raised BrokenPipeError: [Errno 32] Broken pipe"
RESET = "recv raised ConnectionResetError: [Errno 104] Connection reset by peer"
IN_USE = "bind raised OSError: [Errno 98] Address already in use"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("closing")


def ends(connection: Connection) -> str:
    """`TIME-WAIT CLOSED`: where originator and responder came to."""
    return f"{connection.originator.state} {connection.responder.state}"


def fins(connection: Connection) -> list[TracedSegment]:
    return [segment for segment in connection.segments if segment.row.flags & Flag.FIN]


def since_the_first_fin(connection: Connection) -> list[TracedSegment]:
    return list(connection.segments[connection.segments.index(fins(connection)[0]) :])


# ------------------------------------------------------------------------------- orderly


@pytest.mark.parametrize(
    ("name", "close", "last"),
    [
        ("tcp-close-three", Close.THREE_SEGMENT, "TIME-WAIT CLOSED"),
        ("tcp-close-four", Close.FOUR_SEGMENT, "TIME-WAIT CLOSED"),
        ("tcp-close-server-first", Close.THREE_SEGMENT, "CLOSED TIME-WAIT"),
        ("tcp-simultaneous-close", Close.SIMULTANEOUS, "TIME-WAIT TIME-WAIT"),
    ],
)
def test_an_orderly_close_has_its_form_and_whoever_closed_first_the_time_wait(
    name: str, close: Close, last: str, folder: Path
) -> None:
    connection = played(folder, name).connection

    assert connection.close is close
    assert ends(connection) == last


def test_in_three_segments_the_second_fin_is_the_acknowledgment_of_the_first(folder: Path) -> None:
    first, second, last = since_the_first_fin(played(folder, "tcp-close-three").connection)

    assert second.row.flags & Flag.FIN
    assert second.row.ack == first.row.seq + 1
    assert last.row.ack == second.row.seq + 1


def test_in_four_the_server_closes_when_the_client_knows_of_the_acknowledgment(folder: Path) -> None:
    run = played(folder, "tcp-close-four")
    first, acknowledgment, second, _last = since_the_first_fin(run.connection)

    assert acknowledgment.row.ack == second.row.ack == first.row.seq + 1
    assert acknowledgment.sender is second.sender is SERVER
    assert [str(state) for state in acknowledgment.states] == ["FIN-WAIT-2", "CLOSE-WAIT"]
    assert any(line.startswith("client: the kernel says FIN-WAIT-2") for line in run.said)


def test_data_come_back_after_a_fin_and_are_acknowledged_by_who_has_finished(folder: Path) -> None:
    run = played(folder, "tcp-half-close")
    after = since_the_first_fin(run.connection)
    late = [segment for segment in after if segment.row.payload_len]

    assert [run.wire.payloads[segment.row.frame] for segment in late] == list(NEWS)
    for segment in late:
        assert segment.sender is SERVER
        assert " ".join(map(str, segment.states)) == "FIN-WAIT-2 CLOSE-WAIT"
    assert after[-1].sender is CLIENT
    assert after[-1].row.ack == late[0].row.seq + sum(map(len, NEWS)) + 1


def test_what_is_written_after_ones_own_fin_is_an_exception_and_no_segment(folder: Path) -> None:
    run = played(folder, "tcp-half-close")

    assert f"client: {BROKEN_PIPE}" in run.said
    assert run.connection.originator.payload_bytes == len(b"all the news, please")


def test_the_kernel_keeps_time_wait_for_who_closed_first_and_nothing_of_the_other(folder: Path) -> None:
    assert sorted(played(folder, "tcp-close-server-first").said) == [
        "client: closed last: the kernel's table says CLOSED",
        "server: closed first: the kernel's table says TIME-WAIT, for another 60 s",
    ]


def test_fins_that_cross_bring_both_ends_into_closing(folder: Path) -> None:
    connection = played(folder, "tcp-simultaneous-close").connection
    one, other = fins(connection)

    assert one.sender is not other.sender
    assert (one.row.ack, other.row.ack) == (other.row.seq, one.row.seq)
    assert "CLOSING CLOSING" in states(connection)


# ------------------------------------------------------------------------------- losses


def test_a_lost_fin_is_repeated_by_a_kernel_whose_program_has_gone(folder: Path) -> None:
    connection = played(folder, "tcp-fin-lost").connection
    lost, again, _answer = fins(connection)

    assert [segment.lost for segment in connection.segments].count(True) == 1
    assert lost.lost
    assert " ".join(map(str, lost.states)) == "FIN-WAIT-1 ESTABLISHED"
    assert again.label == "retransmission of FIN"
    assert again.row.seq == lost.row.seq
    assert ends(connection) == "TIME-WAIT CLOSED"


def test_the_waits_for_a_lost_fin_are_doubled_after_the_probe(folder: Path) -> None:
    """RFC 8985: the first is a tail loss probe. The others count, by the retransmission timeout."""
    connection = played(folder, "tcp-fin-lost", "--link", "drop FIN from client 4 times").connection
    times = [segment.row.time_ns for segment in fins(connection) if segment.sender is CLIENT]
    _probe, first, second, third = [later - earlier for earlier, later in pairwise(times)]

    assert second > 1.5 * first
    assert third > 1.5 * second


@pytest.mark.parametrize(("times", "words"), [(1, ()), (2, ("--link", "drop ACK of FIN from client twice"))])
def test_time_wait_answers_each_fin_that_last_ack_repeats(times: int, words: tuple[str, ...], folder: Path) -> None:
    connection = played(folder, "tcp-last-ack-lost", *words).connection
    lost = [index for index, segment in enumerate(connection.segments) if segment.lost]

    assert len(lost) == times
    assert [states(connection)[at] for at in lost] == ["TIME-WAIT LAST-ACK"] * times
    assert labels(connection)[lost[0] + 1 :] == ["retransmission of FIN", "ACK of FIN, repeated"] * times
    assert ends(connection) == "TIME-WAIT CLOSED"


# ------------------------------------------------------------------------------- what stays


def test_a_program_that_forgets_to_close_stays_in_close_wait_by_the_kernels_word(folder: Path) -> None:
    client, server, _ = played(folder, "tcp-close-wait").said

    assert "the kernel's table says FIN-WAIT-2" in client
    assert server.endswith("the kernel's table says CLOSE-WAIT")


def test_nothing_is_sent_while_a_program_forgets_to_close(folder: Path) -> None:
    connection = played(folder, "tcp-close-wait").connection
    _fin, acknowledgment, second, _last = since_the_first_fin(connection)

    assert " ".join(map(str, acknowledgment.states)) == "FIN-WAIT-2 CLOSE-WAIT"
    assert second.row.flags & Flag.FIN
    assert second.row.seq == acknowledgment.row.seq


def test_time_wait_blocks_a_bind_and_reuseaddr_passes_over_it(folder: Path) -> None:
    waits, refused, bound = played(folder, "tcp-time-wait").said

    assert waits.endswith("the kernel's table says TIME-WAIT, for another 60 s")
    assert refused == f"server: {IN_USE}"
    assert bound.endswith("bound with SO_REUSEADDR, while the table still says TIME-WAIT")


def test_a_failed_bind_is_on_no_wire_and_a_new_client_is_served_beside_time_wait(folder: Path) -> None:
    first, second = played(folder, "tcp-time-wait").wire.connections

    assert [ends(first), ends(second)] == ["CLOSED TIME-WAIT"] * 2
    assert first.originator.endpoint != second.originator.endpoint
    assert first.responder.endpoint == second.responder.endpoint


def test_a_syn_into_time_wait_begins_with_a_number_above_all_that_was_used(folder: Path) -> None:
    first, second = played(folder, "tcp-port-reuse").wire.connections
    used = next(segment.row.seq for segment in fins(first) if segment.sender is CLIENT)

    assert (first.originator.endpoint, first.responder.endpoint) == (
        second.originator.endpoint,
        second.responder.endpoint,
    )
    assert ends(first) == "CLOSED TIME-WAIT"
    assert second.segments[0].facts & Fact.REUSED_PORTS
    assert second.originator.iss is not None
    assert ahead(second.originator.iss, used) > 0


# ------------------------------------------------------------------------------- resets


@pytest.mark.parametrize(
    ("name", "who", "close"),
    [
        ("tcp-reset-linger", "server", Close.RESET_BY_ORIGINATOR),
        ("tcp-reset-unread", "client", Close.RESET_BY_RESPONDER),
    ],
)
def test_a_reset_takes_the_place_of_the_fin_and_is_two_exceptions(
    name: str, who: str, close: Close, folder: Path
) -> None:
    run = played(folder, name)

    assert run.connection.close is close
    assert ends(run.connection) == "CLOSED CLOSED"
    assert not fins(run.connection)
    assert [line for line in run.said if line.startswith(f"{who}: ") and "raised" in line] == [
        f"{who}: {RESET}",
        f"{who}: {BROKEN_PIPE}",
    ]


def test_after_a_reset_nobody_has_a_time_wait(folder: Path) -> None:
    said = played(folder, "tcp-reset-linger").said

    assert [line.partition("table says ")[2][:6] for line in said if "table says" in line] == ["CLOSED"] * 2


def test_what_came_before_the_reset_can_still_be_read(folder: Path) -> None:
    run = played(folder, "tcp-reset-unread")

    assert 'server: received "here "' in run.said
    assert "sent by the server, received by the client" in run.report


def test_data_to_a_closed_peer_are_answered_by_their_own_acknowledgment_number(folder: Path) -> None:
    for connection in played(folder, "tcp-reset-after-close").wire.connections:
        data = [segment for segment in connection.segments if segment.row.payload_len and segment.sender is CLIENT]
        reset = next(segment for segment in connection.segments if segment.row.flags & Flag.RST)

        assert connection.close is Close.RESET_BY_RESPONDER
        assert reset.sender is SERVER
        assert reset.row.seq == data[-1].row.ack


def test_which_exception_meets_the_writer_is_decided_by_whether_the_fin_had_come(folder: Path) -> None:
    run = played(folder, "tcp-reset-after-close")
    came, lost = (fins(connection) for connection in run.wire.connections)

    assert any(not segment.lost for segment in came)
    assert all(segment.lost for segment in lost)
    assert run.said == [
        "client 1: in CLOSE-WAIT, sendall raised nothing; and what it sent was read by nobody",
        "client 1: the reset has come, and recv gives b''",
        f"client 1: {BROKEN_PIPE}",
        "client 2: in ESTABLISHED, sendall raised nothing; and what it sent was read by nobody",
        f"client 2: {RESET}",
        f"client 2: {BROKEN_PIPE}",
    ]
