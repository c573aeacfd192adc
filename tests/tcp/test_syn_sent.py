"""SYN-SENT: what arrives at an end that has asked to connect."""

from __future__ import annotations

from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


def asked(x: int = 100) -> Conversation:
    """A SYN, and no answer yet."""
    return Conversation().client("SYN", seq=x)


# ------------------------------------------------------------------------------------------ ACK


def test_an_ack_of_an_old_connection_is_reset_and_the_repeated_syn_opens() -> None:
    """Figures 8 and 9, captured from the SYN on: the server still remembered an older connection."""
    talk = asked(400).server("ACK", seq=300, ack=100).client("RST", seq=100).again(0)
    talk.server("SYN,ACK", seq=90_000, ack=401).client("ACK", seq=401, ack=90_001)

    connection = talk.connection()

    assert states(connection) == [
        "SYN-SENT SYN-RECEIVED",
        "SYN-SENT ESTABLISHED",
        "SYN-SENT CLOSED",
        "SYN-SENT SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert labels(connection)[2:4] == ["RST (answer)", "retransmission of SYN"]
    assert connection.handshake is Handshake.COMPLETE
    assert connection.handshake_ns == talk.rows[5].time_ns - talk.rows[0].time_ns
    assert not kinds(connection)


# ------------------------------------------------------------------------------------------ RST


def test_rst_with_acceptable_ack_refuses() -> None:
    connection = asked().server("RST,ACK", ack=101).connection()

    assert labels(connection) == ["SYN (1 of 3)", "RST (refused)"]
    assert states(connection) == ["SYN-SENT CLOSED", "CLOSED CLOSED"]
    assert (connection.handshake, connection.close) == (Handshake.REFUSED, Close.NONE)
    assert connection.completeness == 37
    assert not kinds(connection)
