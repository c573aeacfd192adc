"""CLOSE-WAIT: the peer has closed, and this end has yet to do so."""

from __future__ import annotations

from inspector.tcp.model import Close
from tests.tcp.conversation import Conversation, kinds, labels, states


def waiting() -> Conversation:
    """The server has taken the client's FIN and acknowledged it."""
    return Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("ACK", seq=301, ack=102)


def test_its_own_fin_leads_to_last_ack() -> None:
    connection = waiting().server("FIN,ACK", seq=301, ack=102).connection()

    assert labels(connection)[-1] == "FIN"
    assert states(connection)[-1] == "TIME-WAIT LAST-ACK"


def test_the_fin_repeated_because_its_acknowledgment_was_lost() -> None:
    connection = waiting().again(3).again(4).connection()

    assert labels(connection)[5:] == ["retransmission of FIN", "duplicate ACK"]
    assert states(connection)[5:] == ["FIN-WAIT-2 CLOSE-WAIT"] * 2
    assert connection.close is Close.HALF_CLOSED


def test_keep_alive_of_a_half_closed_connection() -> None:
    connection = waiting().server("ACK", seq=300, ack=102).client("ACK", seq=102, ack=301).connection()

    assert labels(connection)[5:] == ["keep-alive", "keep-alive ACK"]
    assert not kinds(connection)


def test_rst_by_the_end_that_waits() -> None:
    connection = waiting().server("RST,ACK", seq=301, ack=102).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_RESPONDER


def test_rst_that_arrives() -> None:
    connection = waiting().client("RST", seq=102).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_ORIGINATOR


def test_a_fin_that_crossed_another_without_ack_between() -> None:
    """The server had not received the FIN when it sent its own: what was seen as CLOSE-WAIT was ESTABLISHED."""
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301)

    assert states(talk.connection())[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    assert states(talk.server("FIN,ACK", seq=301, ack=101).connection())[-1] == "CLOSING CLOSING"
