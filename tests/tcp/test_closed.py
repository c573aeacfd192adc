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


def test_rst_that_answers_a_probe_without_ack_flag_closes_nothing() -> None:
    connection = Conversation().client("", seq=500).server("RST,ACK", ack=500).connection()

    assert labels(connection) == ["no ACK flag", "RST (answer)"]
    assert (connection.handshake, connection.close) == (Handshake.NOT_SEEN, Close.NONE)
    assert kinds(connection) == ["no-ack-flag"]


def test_a_repeated_rst_is_an_answer_and_not_a_second_abort() -> None:
    connection = Conversation().handshake().server("RST", seq=301).server("RST", seq=301).connection()

    assert labels(connection)[3:] == ["RST (abort)", "RST (answer)"]
    assert connection.close is Close.RESET_BY_RESPONDER
    assert not kinds(connection)


def test_rst_from_both_ends_belongs_to_the_first() -> None:
    connection = Conversation().handshake().client("RST", seq=101).server("RST", seq=301).connection()

    assert labels(connection)[3:] == ["RST (abort)", "RST (answer)"]
    assert connection.close is Close.RESET_BY_ORIGINATOR
