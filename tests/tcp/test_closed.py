"""CLOSED: before a connection, after it, and where there is none."""

from __future__ import annotations

from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


def test_the_same_syn_after_a_reset_connection_is_an_old_duplicate() -> None:
    """It opens nothing, and the reset stays what closed the connection."""
    talk = Conversation().handshake().server("RST", seq=301).again(0)

    connection = talk.connection()

    assert labels(connection)[-1] == "retransmission of SYN"
    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_RESPONDER


def test_every_flag_at_once_is_a_reset_by_its_sender() -> None:
    connection = Conversation().client("SYN,FIN,RST,PSH,ACK,URG", seq=500, ack=7).connection()

    assert str(connection.originator.endpoint) == "10.0.0.1:40000"
    assert (connection.handshake, connection.close) == (Handshake.NOT_SEEN, Close.RESET_BY_ORIGINATOR)
    assert labels(connection) == ["RST (abort)"]
    assert kinds(connection) == ["syn-with-fin", "syn-with-rst"]
