"""SYN-RECEIVED: what arrives at an end that has answered a SYN and waits for the third segment."""

from __future__ import annotations

from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


def answered(x: int = 100, y: int = 300) -> Conversation:
    """A SYN and its SYN,ACK."""
    return Conversation().client("SYN", seq=x).server("SYN,ACK", seq=y, ack=x + 1)


def test_an_old_duplicate_syn_is_stray_and_the_handshake_goes_on() -> None:
    talk = answered().client("SYN", seq=90).server("ACK", seq=301, ack=101).client("ACK", seq=101, ack=301)

    connection = talk.connection()

    assert labels(connection)[2:] == ["SYN (stray)", "challenge ACK", "ACK (3 of 3)"]
    assert kinds(connection) == ["syn-in-connection"]
    assert connection.handshake is Handshake.COMPLETE


def test_a_syn_ack_repeated_in_answer_to_an_old_duplicate_syn_is_no_fault() -> None:
    talk = answered().client("SYN", seq=90).again(1).client("ACK", seq=101, ack=301)

    connection = talk.connection()

    assert labels(connection)[3:] == ["retransmission of SYN,ACK", "ACK (3 of 3)"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert kinds(connection) == ["syn-in-connection"]


def test_another_syn_that_is_answered_begins_anew() -> None:
    talk = answered().client("SYN", seq=500).server("SYN,ACK", seq=700, ack=501).client("ACK", seq=501, ack=701)

    given_up, taken = talk.connections()

    assert labels(given_up) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)"]
    assert given_up.handshake is Handshake.HALF_OPEN
    assert labels(taken) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]
    assert taken.handshake is Handshake.COMPLETE
    assert not kinds(given_up) + kinds(taken)


def test_third_segment_with_wrong_ack_draws_a_reset() -> None:
    """Section 3.10.7.4, fifth check: the RST takes the number that was wrongly acknowledged; its sender stays."""
    connection = answered().client("ACK", seq=101, ack=305).server("RST", seq=305).connection()

    assert labels(connection)[2:] == ["ACK (3 of 3)", "RST (answer)"]
    assert states(connection)[2:] == ["ESTABLISHED SYN-RECEIVED", "CLOSED SYN-RECEIVED"]
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.NONE)
    (finding,) = connection.findings
    assert finding.message == (
        "third segment acknowledges 305; expected the SYN,ACK's sequence number + 1 = 300 + 1 = 301"
    )
    assert (finding.kind, finding.expected, finding.actual) == ("handshake-ack-wrong-ack", 301, 305)
