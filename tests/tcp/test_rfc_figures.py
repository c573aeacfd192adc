"""RFC 9293 Figures 6 to 13, line by line: the RFC's own golden files.

A figure shows each end's state on its own side of the line, after departure or arrival. Ours are
both ends' states after the segment. Where a figure has a segment that only one end's wire
carries, the capture is taken at the end that the test names.
"""

from __future__ import annotations

from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, states


def test_figure_6_basic_handshake() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)
    talk.client("ACK", seq=101, ack=301).client("ACK", seq=101, ack=301, data=10)

    connection = talk.connection()

    assert states(connection) == [
        "SYN-SENT SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert connection.handshake is Handshake.COMPLETE
    assert not connection.findings


def test_figure_7_simultaneous_open() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN", seq=300)
    talk.client("SYN,ACK", seq=100, ack=301).server("SYN,ACK", seq=300, ack=101)

    connection = talk.connection()

    assert states(connection) == [
        "SYN-SENT SYN-RECEIVED",
        "SYN-RECEIVED SYN-RECEIVED",
        "SYN-RECEIVED ESTABLISHED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert connection.handshake is Handshake.SIMULTANEOUS
    assert not connection.findings


def test_figure_8_old_duplicate_syn_seen_at_the_client() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=91).client("RST", seq=91)
    talk.server("SYN,ACK", seq=400, ack=101).client("ACK", seq=101, ack=401)

    connection = talk.connection()

    assert states(connection) == [
        "SYN-SENT SYN-RECEIVED",
        "SYN-SENT SYN-RECEIVED",
        "SYN-SENT LISTEN",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert connection.handshake is Handshake.COMPLETE
    assert kinds(connection) == ["syn-ack-for-old-syn"]
    assert not connection.findings[0].is_fault


def test_figure_8_old_duplicate_syn_seen_at_the_server() -> None:
    """Nothing at this end tells the old SYN from a new one: it is an attempt of its own, and is reset."""
    talk = Conversation().client("SYN", seq=90).server("SYN,ACK", seq=300, ack=91).client("RST", seq=91)
    talk.client("SYN", seq=100).server("SYN,ACK", seq=400, ack=101).client("ACK", seq=101, ack=401)

    ghost, real = talk.connections()

    assert states(ghost)[-1].endswith("LISTEN")
    assert ghost.handshake is Handshake.RESET
    assert states(real)[-1] == "ESTABLISHED ESTABLISHED"
    assert real.handshake is Handshake.COMPLETE


def test_figure_9_half_open_discovery() -> None:
    """The crashed end's SYN moves nobody; the answer to it draws the reset; the next SYN opens anew."""
    talk = Conversation().handshake(x=50, y=299).client("ACK", seq=51, ack=300, data=49).server("ACK", seq=300, ack=100)
    talk.client("SYN", seq=400).server("ACK", seq=300, ack=100).client("RST", seq=100)
    talk.client("SYN", seq=400)

    old, new = talk.connections()

    assert states(old)[-3:] == ["ESTABLISHED ESTABLISHED", "ESTABLISHED ESTABLISHED", "CLOSED CLOSED"]
    assert kinds(old) == ["syn-in-connection"]
    assert old.segments[-2].label == "challenge ACK"
    assert old.close is Close.RESET_BY_ORIGINATOR
    assert states(new) == ["SYN-SENT SYN-RECEIVED"]


def test_figure_10_active_side_causes_half_open_discovery() -> None:
    """Data to an end that lost its memory draws a RST with the acknowledged number."""
    talk = Conversation().handshake(x=99, y=299).client("ACK", seq=100, ack=300, data=10)
    talk.server("RST", seq=300)

    connection = talk.connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_RESPONDER


def test_figure_11_old_duplicate_syn_at_two_passive_ends() -> None:
    """The SYN,ACK for a ghost is reset, and its sender returns to LISTEN."""
    talk = Conversation().client("SYN", seq=700).server("SYN,ACK", seq=800, ack=701).client("RST", seq=701)

    connection = talk.connection()

    assert states(connection)[-1].endswith("LISTEN")
    assert connection.handshake is Handshake.RESET


def test_figure_12_normal_close() -> None:
    talk = Conversation().handshake(x=99, y=299).client("FIN,ACK", seq=100, ack=300).server("ACK", seq=300, ack=101)
    talk.server("FIN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301)

    connection = talk.connection()

    assert states(connection)[3:] == [
        "FIN-WAIT-1 CLOSE-WAIT",
        "FIN-WAIT-2 CLOSE-WAIT",
        "TIME-WAIT LAST-ACK",
        "TIME-WAIT CLOSED",
    ]
    assert connection.close is Close.FOUR_SEGMENT
    assert not connection.findings


def test_figure_13_simultaneous_close() -> None:
    talk = Conversation().handshake(x=99, y=299).client("FIN,ACK", seq=100, ack=300)
    talk.server("FIN,ACK", seq=300, ack=100).client("ACK", seq=101, ack=301).server("ACK", seq=301, ack=101)

    connection = talk.connection()

    assert states(connection)[3:] == [
        "FIN-WAIT-1 CLOSE-WAIT",
        "CLOSING CLOSING",
        "CLOSING TIME-WAIT",
        "TIME-WAIT TIME-WAIT",
    ]
    assert connection.close is Close.SIMULTANEOUS
    assert not connection.findings
