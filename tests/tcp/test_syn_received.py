"""SYN-RECEIVED: what arrives at an end that has answered a SYN and waits for the third segment."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Direction
from tests.tcp.conversation import STEP_NS, Conversation, kinds, labels, states


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


# ------------------------------------------------------------------------------------------ SYN


def test_the_syn_repeated_draws_the_syn_ack_again() -> None:
    """Either the SYN,ACK was lost, or it is slow."""
    connection = answered().again(0).again(1).client("ACK", seq=101, ack=301).connection()

    assert labels(connection)[2:] == ["retransmission of SYN", "retransmission of SYN,ACK", "ACK (3 of 3)"]
    assert states(connection)[2] == "ESTABLISHED SYN-RECEIVED"
    assert connection.handshake is Handshake.COMPLETE
    assert connection.handshake_ns == 4 * STEP_NS
    assert not kinds(connection)


def test_the_syn_ack_repeated_with_another_number_is_stray() -> None:
    connection = answered().server("SYN,ACK", seq=777, ack=101).client("ACK", seq=101, ack=301).connection()

    assert labels(connection)[2:] == ["SYN,ACK (stray)", "ACK (3 of 3)"]
    assert kinds(connection) == ["syn-ack-other-seq"]
    assert connection.handshake is Handshake.COMPLETE


def test_a_syn_that_crosses_makes_it_a_simultaneous_open() -> None:
    """Figure 7: what was seen as a passive SYN-RECEIVED was an active one."""
    talk = Conversation().client("SYN", seq=100).server("SYN", seq=300)
    talk.server("SYN,ACK", seq=300, ack=101).client("SYN,ACK", seq=100, ack=301)

    connection = talk.connection()

    assert labels(connection)[1:] == ["SYN (crossing)", "SYN,ACK (crossing)", "SYN,ACK (crossing)"]
    assert states(connection)[1:] == [
        "SYN-RECEIVED SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert connection.handshake is Handshake.SIMULTANEOUS
    assert [end.retransmissions for end in (connection.originator, connection.responder)] == [0, 0]


def test_simultaneous_open_with_bare_acks() -> None:
    """Some hosts acknowledge the crossing SYN without repeating their own; the numbers are all that counts."""
    talk = Conversation().client("SYN", seq=100).server("SYN", seq=300)
    talk.client("ACK", seq=101, ack=301).server("ACK", seq=301, ack=101)

    connection = talk.connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake is Handshake.SIMULTANEOUS


def test_simultaneous_open_with_a_wrong_ack() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN", seq=300).client("SYN,ACK", seq=100, ack=300)

    connection = talk.connection()

    assert states(connection)[-1] == "SYN-RECEIVED SYN-RECEIVED"
    assert kinds(connection) == ["syn-ack-wrong-ack"]


# ------------------------------------------------------------------------------------------ ACK


def test_third_segment() -> None:
    connection = answered().client("ACK", seq=101, ack=301).connection()

    assert labels(connection) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]
    assert states(connection) == ["SYN-SENT SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert connection.handshake_ns == 2 * STEP_NS
    assert connection.completeness == 7
    assert not kinds(connection)


def test_third_segment_with_data_and_fin() -> None:
    """All at once: it opens, it carries, it closes."""
    connection = answered().client("FIN,PSH,ACK", seq=101, ack=301, data=5).connection()

    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    assert connection.handshake is Handshake.COMPLETE
    assert not kinds(connection)


@pytest.mark.parametrize("ack", [300, 302, 301 + 2**31])
def test_third_segment_that_does_not_acknowledge_the_syn_ack_opens_nothing(ack: int) -> None:
    connection = answered().client("ACK", seq=101, ack=ack).connection()

    assert states(connection)[-1] == "ESTABLISHED SYN-RECEIVED"
    assert connection.handshake is Handshake.HALF_OPEN
    assert connection.handshake_ns is None
    (finding,) = connection.findings
    assert (finding.kind, finding.expected, finding.actual) == ("handshake-ack-wrong-ack", 301, ack)


def test_third_segment_put_right() -> None:
    """A wrong number first, the right one with the data that follow."""
    talk = answered().client("ACK", seq=101, ack=305).client("ACK", seq=101, ack=301, data=5)

    connection = talk.server("ACK", seq=301, ack=106).connection()

    assert labels(connection)[2:] == ["ACK (3 of 3)", "ACK (3 of 3) with data", "ACK"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert kinds(connection) == ["handshake-ack-wrong-ack"]


@pytest.mark.parametrize("seq", [100, 50_000])
def test_third_segment_with_wrong_seq(seq: int) -> None:
    """Not its SYN's number + 1, and further off than any segment that the capture might have missed."""
    connection = answered().client("ACK", seq=seq, ack=301).connection()

    assert states(connection)[-1] == "ESTABLISHED SYN-RECEIVED"
    (finding,) = connection.findings
    assert finding.kind == "handshake-ack-wrong-seq"
    assert finding.message == (f"third segment has sequence number {seq}; expected its own SYN's + 1 = 100 + 1 = 101")
    assert (finding.field, finding.expected, finding.actual) == ("seq", 101, seq)


def test_it_stays_half_open_without_a_third_segment() -> None:
    connection = answered().again(1, time_ns=100 * STEP_NS).connection()

    assert connection.handshake is Handshake.HALF_OPEN
    assert (connection.close, connection.completeness) == (Close.NONE, 3)
    assert labels(connection)[-1] == "retransmission of SYN,ACK"


# ------------------------------------------------------------------------------------------ RST


def test_rst_after_a_passive_open_returns_to_listen() -> None:
    """A port scan: nobody wanted the connection."""
    connection = answered().client("RST", seq=101).connection()

    assert labels(connection)[-1] == "RST (answer)"
    assert states(connection)[-1] == "CLOSED LISTEN"
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.RESET_BY_ORIGINATOR)


def test_an_end_that_resets_the_syn_ack_without_a_word_was_never_open() -> None:
    """It acknowledged nothing, and its RST has the number that was acknowledged: it did not accept the SYN,ACK."""
    connection = answered().client("RST", seq=101).connection()

    assert states(connection) == ["SYN-SENT SYN-RECEIVED", "SYN-SENT SYN-RECEIVED", "CLOSED LISTEN"]


def test_an_end_that_acknowledges_while_it_aborts_was_open() -> None:
    connection = answered().client("RST,ACK", seq=101, ack=301).connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[1:] == ["ESTABLISHED SYN-RECEIVED", "CLOSED LISTEN"]


def test_an_end_whose_acknowledgment_was_lost_and_that_aborts_was_open() -> None:
    talk = answered().client("ACK", seq=101, ack=301, direction=Direction.LOST).client("RST", seq=101)
    connection = talk.connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[1:] == ["ESTABLISHED SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED", "CLOSED LISTEN"]


def test_the_attempt_after_one_that_was_reset_is_another_connection() -> None:
    """Figure 8, at the server: the SYN that is meant comes after the RST."""
    talk = answered().client("RST", seq=101).client("SYN", seq=200).server("SYN,ACK", seq=400, ack=201)
    talk.client("ACK", seq=201, ack=401)
    old, new = talk.connections()

    assert (old.handshake, new.handshake) == (Handshake.RESET, Handshake.COMPLETE)


def test_rst_after_a_simultaneous_open_closes() -> None:
    """MUST-11: from an active open there is no way back to LISTEN."""
    connection = Conversation().client("SYN", seq=100).server("SYN", seq=300).client("RST", seq=101).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.handshake is Handshake.RESET


def test_rst_by_the_end_that_answered() -> None:
    connection = answered().server("RST", seq=301).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.RESET_BY_RESPONDER)


def test_rst_inside_the_window_is_challenged_here_too() -> None:
    connection = answered().client("RST", seq=150).connection()

    assert states(connection)[-1] == "ESTABLISHED SYN-RECEIVED"
    assert kinds(connection) == ["rst-not-exact"]


# ------------------------------------------------------------------------------------------ FIN


def test_close_before_the_third_segment() -> None:
    """The figure has an arrow from SYN-RECEIVED to FIN-WAIT-1."""
    connection = answered().server("FIN,ACK", seq=301, ack=101).client("ACK", seq=101, ack=302).connection()

    assert states(connection)[2:] == ["CLOSE-WAIT FIN-WAIT-1", "CLOSE-WAIT FIN-WAIT-2"]


def test_an_acknowledgment_past_the_syn_proves_that_its_sender_went_on() -> None:
    """Whatever the capture missed between: an end that acknowledges data has left SYN-RECEIVED."""
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)
    talk.client("ACK", seq=101, ack=350).server("ACK", seq=400, ack=150)

    assert states(talk.connection())[-1] == "ESTABLISHED ESTABLISHED"
