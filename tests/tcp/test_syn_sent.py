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


def test_rst_with_unacceptable_ack_is_ignored() -> None:
    """Section 3.10.7.3: nobody is refused, for the SYN's sender must drop it."""
    connection = asked().server("RST,ACK", ack=100).connection()

    assert labels(connection) == ["SYN (1 of 3)", "RST (not acceptable)"]
    assert states(connection)[-1] == "SYN-SENT CLOSED"
    assert (connection.handshake, connection.close) == (Handshake.UNANSWERED, Close.NONE)
    (finding,) = connection.findings
    assert finding.kind == "rst-wrong-ack"
    assert finding.message.startswith(
        "RST in answer to a SYN acknowledges 100; expected the SYN's sequence number + its length = 101"
    )
    assert (finding.field, finding.expected, finding.actual, finding.frame) == ("ack", 101, 100, 2)


def test_rst_without_ack_is_ignored() -> None:
    connection = asked().server("RST", seq=0).connection()

    assert states(connection)[-1] == "SYN-SENT CLOSED"
    (finding,) = connection.findings
    assert "acknowledges nothing (its ACK flag is clear); expected" in finding.message
    assert (finding.expected, finding.actual) == (101, None)


def test_rst_after_an_unacceptable_syn_ack_must_be_acceptable_too() -> None:
    """The SYN,ACK moved nobody, so what counts is still the acknowledgment of the RST."""
    ignored = asked().server("SYN,ACK", seq=300, ack=91).server("RST", seq=301).connection()
    heeded = asked().server("SYN,ACK", seq=300, ack=91).server("RST,ACK", seq=0, ack=101).connection()

    assert states(ignored)[-1] == "SYN-SENT CLOSED"
    assert kinds(ignored) == ["syn-ack-wrong-ack", "rst-wrong-ack"]
    assert states(heeded)[-1] == "CLOSED CLOSED"
    assert labels(heeded)[-1] == "RST (abort)"
    assert heeded.handshake is Handshake.RESET
    assert heeded.close is Close.RESET_BY_RESPONDER


def test_rst_that_answers_an_unacceptable_syn_ack_resets_the_attempt() -> None:
    """Figure 8 without its happy end: the SYN's sender stays, the SYN,ACK's returns to LISTEN."""
    connection = asked().server("SYN,ACK", seq=300, ack=91).client("RST", seq=91).connection()

    assert labels(connection)[-1] == "RST (answer)"
    assert states(connection)[-1] == "SYN-SENT LISTEN"
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.NONE)
