"""LAST-ACK: both FINs are sent, and the second waits for its acknowledgment."""

from __future__ import annotations

from inspector.tcp.model import Close
from tests.tcp.conversation import Conversation, kinds, labels, states


def last() -> Conversation:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("ACK", seq=301, ack=102)
    return talk.server("FIN,ACK", seq=301, ack=102)


def test_the_last_ack_closes() -> None:
    connection = last().client("ACK", seq=102, ack=302).connection()

    assert labels(connection)[-1] == "ACK of FIN"
    assert states(connection)[-1] == "TIME-WAIT CLOSED"
    assert connection.close is Close.FOUR_SEGMENT
    assert connection.completeness == 23


def test_the_second_fin_repeated_because_it_was_lost() -> None:
    connection = last().again().client("ACK", seq=102, ack=302).connection()

    assert labels(connection)[5:] == ["FIN", "retransmission of FIN", "ACK of FIN"]
    assert states(connection)[-1] == "TIME-WAIT CLOSED"
    assert connection.responder.retransmissions == 1


def test_an_ack_of_what_came_before_the_fin_is_not_the_last() -> None:
    connection = last().client("ACK", seq=102, ack=301).connection()

    assert states(connection)[-1] == "TIME-WAIT LAST-ACK"
    assert connection.close is Close.UNANSWERED
    assert kinds(connection) == ["fin-wrong-ack"]


def test_ack_beyond_the_second_fin() -> None:
    connection = last().client("ACK", seq=102, ack=303).connection()

    assert states(connection)[-1] == "TIME-WAIT LAST-ACK"
    assert kinds(connection) == ["ack-beyond-fin"]


def test_rst_instead_of_the_last_ack() -> None:
    """The first closer is gone altogether: what it owed was an acknowledgment."""
    connection = last().client("RST", seq=102).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_ORIGINATOR


def test_three_segments() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)

    connection = talk.client("ACK", seq=102, ack=302).connection()

    assert labels(connection)[3:] == ["FIN", "FIN, ACK of FIN", "ACK of FIN"]
    assert connection.close is Close.THREE_SEGMENT
