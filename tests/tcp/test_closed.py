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


def test_a_new_syn_after_a_reset_opens_another_connection() -> None:
    talk = Conversation().handshake().server("RST", seq=301)
    talk.client("SYN", seq=5000).server("SYN,ACK", seq=9000, ack=5001).client("ACK", seq=5001, ack=9001)

    first, second = talk.connections()

    assert first.close is Close.RESET_BY_RESPONDER
    assert (second.handshake, second.close) == (Handshake.COMPLETE, Close.NONE)
    assert not kinds(first) + kinds(second)


def test_a_new_syn_after_both_fins_opens_another_connection_though_no_ack_was_seen() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=101)

    first, second = talk.client("SYN", seq=5000).connections()

    assert (first.close, second.handshake) == (Close.UNANSWERED, Handshake.UNANSWERED)


def test_data_after_the_last_ack_draw_a_reset() -> None:
    """Whoever has no connection answers with a RST, at the number that was acknowledged (section 3.5.2)."""
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)
    talk.client("ACK", seq=102, ack=302).client("ACK", seq=102, ack=302, data=5).server("RST", seq=302)

    connection = talk.connection()

    assert labels(connection)[-1] == "RST (answer)"
    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.THREE_SEGMENT
    assert kinds(connection) == ["data-after-fin"]


def test_syn_ack_to_an_end_that_asked_for_nothing() -> None:
    """Backscatter of a forged SYN: the SYN,ACK and the RST that it draws."""
    connection = Conversation().server("SYN,ACK", seq=300, ack=101).client("RST", seq=101).connection()

    assert str(connection.responder.endpoint) == "10.0.0.2:80"
    assert labels(connection) == ["SYN,ACK (2 of 3)", "RST (abort)"]
    assert states(connection) == ["ESTABLISHED SYN-RECEIVED", "CLOSED LISTEN"]
    assert connection.handshake is Handshake.RESET
    assert kinds(connection) == ["handshake-segment-not-captured"]
