"""Segments that the capture says were lost on their way: they move their sender, and nobody else."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Direction
from tests.tcp.conversation import Conversation, kinds, labels, states, track

LOST = Direction.LOST


def test_a_lost_syn_reaches_no_listener() -> None:
    connection = Conversation().client("SYN", seq=100, direction=LOST).connection()

    assert states(connection) == ["SYN-SENT LISTEN"]
    assert connection.handshake is Handshake.UNANSWERED
    assert connection.segments[0].lost


def test_the_syn_repeated_opens_as_ever() -> None:
    talk = Conversation().client("SYN", seq=100, direction=LOST).again(direction=0)
    talk.server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301)
    connection = talk.connection()

    assert labels(connection)[:2] == ["SYN (1 of 3)", "retransmission of SYN"]
    assert states(connection)[1:] == ["SYN-SENT SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert connection.handshake is Handshake.COMPLETE


def test_an_end_that_forgot_a_connection_answers_with_a_reset_that_arrives() -> None:
    """Figure 10: its own abort was lost, and the peer speaks to nobody."""
    talk = Conversation().handshake().client("RST,ACK", seq=101, ack=301, direction=LOST)
    talk.server("PSH,ACK", seq=301, ack=101, data=5).client("RST", seq=101)
    connection = talk.connection()

    assert labels(connection)[3:] == ["RST (abort)", "data", "RST (answer)"]
    assert states(connection)[3:] == ["CLOSED ESTABLISHED", "CLOSED ESTABLISHED", "CLOSED CLOSED"]
    assert (connection.handshake, connection.close) == (Handshake.COMPLETE, Close.RESET_BY_ORIGINATOR)


def test_a_lost_syn_ack_opens_nothing_at_its_receiver() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101, direction=LOST)

    assert states(talk.connection())[-1] == "SYN-SENT SYN-RECEIVED"
    assert states(talk.again(direction=0).connection())[-1] == "ESTABLISHED SYN-RECEIVED"


def test_where_the_third_segment_is_lost_the_data_completes_the_handshake() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)
    talk.client("ACK", seq=101, ack=301, direction=LOST)

    assert states(talk.connection())[-1] == "ESTABLISHED SYN-RECEIVED"

    talk.client("PSH,ACK", seq=101, ack=301, data=5)

    assert states(talk.connection())[-1] == "ESTABLISHED ESTABLISHED"


def test_a_lost_fin_leaves_its_receiver_established_even_when_its_sender_speaks_on() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301, direction=LOST)
    talk.server("PSH,ACK", seq=301, ack=101, data=5).client("ACK", seq=102, ack=306)
    connection = talk.connection()

    assert states(connection)[3:] == ["FIN-WAIT-1 ESTABLISHED"] * 3
    assert kinds(connection) == []


def test_the_receiver_of_a_lost_fin_is_not_blamed_for_not_acknowledging_it() -> None:
    talk = Conversation().handshake().server("PSH,ACK", seq=301, ack=101, data=5)
    talk.client("FIN,ACK", seq=101, ack=306, direction=LOST).server("ACK", seq=306, ack=101)

    assert kinds(talk.connection()) == []


def test_two_fins_of_which_the_first_was_lost_cross() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301, direction=LOST)
    talk.server("FIN,ACK", seq=301, ack=101)

    assert states(talk.connection())[-1] == "CLOSING FIN-WAIT-1"


def test_a_fin_after_lost_data_is_delivered_when_the_data_is() -> None:
    talk = Conversation().handshake().client("PSH,ACK", seq=101, ack=301, data=5, direction=LOST)
    talk.client("FIN,ACK", seq=106, ack=301)

    assert states(talk.connection())[-1] == "FIN-WAIT-1 ESTABLISHED"

    talk.again(3, direction=0)
    connection = talk.connection()

    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    assert connection.originator.payload_bytes == 5


def test_an_acknowledgment_proves_that_a_fin_arrived_whatever_the_capture_says() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301, direction=LOST)
    talk.server("ACK", seq=301, ack=102)

    assert states(talk.connection())[-1] == "FIN-WAIT-2 CLOSE-WAIT"


def test_a_lost_last_ack_leaves_last_ack_and_the_answer_out_of_time_wait_closes_it() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)
    talk.client("ACK", seq=102, ack=302, direction=LOST)

    assert states(talk.connection())[-1] == "TIME-WAIT LAST-ACK"

    talk.again(4, direction=0).again(5, direction=0)
    connection = talk.connection()

    assert states(connection)[-1] == "TIME-WAIT CLOSED"
    assert connection.close is Close.THREE_SEGMENT


def test_lost_data_is_carried_once_it_comes() -> None:
    talk = Conversation().handshake().client("PSH,ACK", seq=101, ack=301, data=5, direction=LOST)

    assert talk.connection().originator.payload_bytes == 0
    assert talk.again(direction=0).connection().originator.payload_bytes == 5


def test_a_lost_reset_closes_its_sender_alone_and_is_not_how_the_connection_ended() -> None:
    connection = Conversation().handshake().client("RST,ACK", seq=101, ack=301, direction=LOST).connection()

    assert states(connection)[-1] == "CLOSED ESTABLISHED"
    assert connection.close is Close.NONE


def test_who_forgot_a_connection_and_opens_anew_is_answered_by_the_one_who_did_not() -> None:
    """RFC 9293 Figure 9: the SYN is stray to the peer, whose ACK tells the opener so, whose RST ends the old one."""
    talk = Conversation().handshake().client("RST,ACK", seq=101, ack=301, direction=LOST)
    talk.client("SYN", seq=900).server("ACK", seq=301, ack=101).client("RST", seq=101)
    old, new = talk.client("SYN", seq=900).server("SYN,ACK", seq=700, ack=901).connections()

    assert states(old)[-1] == "CLOSED CLOSED"
    assert states(new)[-1] == "ESTABLISHED SYN-RECEIVED"
    assert not any(finding.is_fault for finding in old.findings)


@pytest.mark.parametrize("lost", range(1, 9))
def test_both_speeds_agree_on_what_is_lost(lost: int) -> None:
    talk = Conversation().handshake().client("PSH,ACK", seq=101, ack=301, data=5).server("ACK", seq=301, ack=106)
    talk.client("FIN,ACK", seq=106, ack=301).server("FIN,ACK", seq=301, ack=107).client("ACK", seq=107, ack=302)
    talk.rows[lost - 1].direction = LOST

    assert track(talk.rows, columnar=True) == track(talk.rows)
