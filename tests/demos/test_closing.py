"""What each demo of a close proves: what was on the wire, what both ends were, and what the programs met."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from inspector.tcp.model import Close
from inspector.wire.row import Flag
from tests.demos.playing import played
from tests.tcp.conversation import labels, states

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's answers, are Linux's"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("closing")


def ends(connection: Connection) -> str:
    """`TIME-WAIT CLOSED`: where originator and responder came to."""
    return f"{connection.originator.state} {connection.responder.state}"


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


def test_data_come_back_after_a_fin(folder: Path) -> None:
    connection = played(folder, "tcp-half-close").connection
    said = [segment.label for segment in connection.segments]
    late = [segment for segment in connection.segments[said.index("FIN") + 1 :] if segment.row.payload_len]

    assert late
    assert {segment.sender for segment in late} == {connection.segments[1].sender}
    assert "FIN-WAIT-2 CLOSE-WAIT" in states(connection)


def test_fins_that_cross_bring_both_ends_into_closing(folder: Path) -> None:
    assert "CLOSING CLOSING" in states(played(folder, "tcp-simultaneous-close").connection)


# ------------------------------------------------------------------------------- losses


def test_a_lost_fin_is_repeated_by_a_kernel_whose_program_has_gone(folder: Path) -> None:
    connection = played(folder, "tcp-fin-lost").connection
    (at,) = [index for index, segment in enumerate(connection.segments) if segment.lost]

    assert states(connection)[at] == "FIN-WAIT-1 ESTABLISHED"
    assert "retransmission of FIN" in labels(connection)[at:]
    assert ends(connection) == "TIME-WAIT CLOSED"


def test_time_wait_answers_the_fin_that_last_ack_repeats(folder: Path) -> None:
    connection = played(folder, "tcp-last-ack-lost").connection
    (at,) = [index for index, segment in enumerate(connection.segments) if segment.lost]

    assert states(connection)[at] == "TIME-WAIT LAST-ACK"
    assert labels(connection)[at + 1 :] == ["retransmission of FIN", "ACK of FIN, repeated"]
    assert ends(connection) == "TIME-WAIT CLOSED"


# ------------------------------------------------------------------------------- what stays


def test_a_program_that_forgets_to_close_stays_in_close_wait_by_the_kernels_word(folder: Path) -> None:
    client, server, _ = played(folder, "tcp-close-wait").said

    assert "the kernel's table says FIN-WAIT-2" in client
    assert server.endswith("the kernel's table says CLOSE-WAIT")


def test_time_wait_blocks_a_bind_and_reuseaddr_passes_over_it(folder: Path) -> None:
    waits, refused, bound = played(folder, "tcp-time-wait").said

    assert "TIME-WAIT, for another" in waits
    assert refused.endswith("bind raised OSError: [Errno 98] Address already in use")
    assert "bound with SO_REUSEADDR, while the table still says TIME-WAIT" in bound


def test_the_same_endpoints_have_two_connections_one_after_the_other(folder: Path) -> None:
    first, second = played(folder, "tcp-port-reuse").wire.connections

    assert first.originator.endpoint == second.originator.endpoint
    assert first.originator.iss != second.originator.iss
    assert "TIME-WAIT" in ends(first)


# ------------------------------------------------------------------------------- resets


@pytest.mark.parametrize(
    ("name", "close"),
    [("tcp-reset-linger", Close.RESET_BY_ORIGINATOR), ("tcp-reset-unread", Close.RESET_BY_RESPONDER)],
)
def test_a_reset_takes_the_place_of_the_fin(name: str, close: Close, folder: Path) -> None:
    run = played(folder, name)

    assert run.connection.close is close
    assert not [segment for segment in run.connection.segments if segment.row.flags & Flag.FIN]
    assert any("recv raised ConnectionResetError" in line for line in run.said)
    assert any("sendall raised BrokenPipeError" in line for line in run.said)


def test_writing_to_a_closed_peer_succeeds_once_and_then_never_again(folder: Path) -> None:
    run = played(folder, "tcp-reset-after-close")

    assert [connection.close for connection in run.wire.connections] == [Close.RESET_BY_RESPONDER] * 2
    assert [line.split(", ")[-1] for line in run.said if "raised nothing" in line]
    assert {word for line in run.said for word in ("BrokenPipeError", "ConnectionResetError") if word in line} == {
        "BrokenPipeError",
        "ConnectionResetError",
    }
