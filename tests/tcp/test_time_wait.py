"""TIME-WAIT: the connection is closed, and its first closer stays to answer what may still come."""

from __future__ import annotations

import pytest

from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


def closed() -> Conversation:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)
    return talk.client("ACK", seq=102, ack=302)


def test_the_last_fin_repeated_is_acknowledged_again() -> None:
    """The last ACK was lost on its way, after the capture."""
    connection = closed().again(4).client("ACK", seq=102, ack=302).connection()

    assert labels(connection)[6:] == ["retransmission of FIN", "ACK of FIN, repeated"]
    assert states(connection)[5:] == ["TIME-WAIT CLOSED"] * 3
    assert connection.close is Close.THREE_SEGMENT
    assert not kinds(connection)


def test_rst_closes_at_once() -> None:
    """Section 3.10.7.4; RFC 1337 would have it ignored. The close stays what it was."""
    connection = closed().server("RST", seq=302).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.THREE_SEGMENT


def test_rst_outside_the_window_is_ignored() -> None:
    connection = closed().server("RST", seq=90_000).connection()

    assert labels(connection)[-1] == "RST (not acceptable)"
    assert states(connection)[-1] == "TIME-WAIT CLOSED"
    assert kinds(connection) == ["rst-outside-window"]


def test_rst_by_the_end_that_waits_moves_nobody() -> None:
    connection = closed().client("RST", seq=102).connection()

    assert labels(connection)[-1] == "RST (answer)"
    assert states(connection)[-1] == "TIME-WAIT CLOSED"


@pytest.mark.parametrize("x", [5000, 50], ids=["above", "below"])
def test_a_new_syn_opens_another_connection(x: int) -> None:
    talk = closed()
    talk.client("SYN", seq=x).server("SYN,ACK", seq=9000, ack=x + 1).client("ACK", seq=x + 1, ack=9001)

    first, second = talk.connections()

    assert (first.close, second.close) == (Close.THREE_SEGMENT, Close.NONE)
    assert second.handshake is Handshake.COMPLETE
    assert second.segments[0].facts & Fact.REUSED_PORTS
    assert [first.number, second.number] == [1, 2]
    assert not kinds(first) + kinds(second)


def test_a_new_syn_from_the_other_end_opens_with_roles_swapped() -> None:
    talk = closed().server("SYN", seq=5000).client("SYN,ACK", seq=9000, ack=5001).server("ACK", seq=5001, ack=9001)

    first, second = talk.connections()

    assert str(first.originator.endpoint) == "10.0.0.1:40000"
    assert str(second.originator.endpoint) == "10.0.0.2:80"
    assert second.handshake is Handshake.COMPLETE
    assert not kinds(second)


def test_the_same_syn_is_an_old_duplicate() -> None:
    """The same sequence number is the same attempt, also now."""
    connection = closed().again(0).connection()

    assert labels(connection)[-1] == "retransmission of SYN"
    assert states(connection)[-1] == "TIME-WAIT CLOSED"


def test_a_new_syn_ack_whose_syn_was_missed_opens_another_connection() -> None:
    talk = closed().server("SYN,ACK", seq=9000, ack=5001).client("ACK", seq=5001, ack=9001)

    first, second = talk.connections()

    assert first.close is Close.THREE_SEGMENT
    assert second.handshake is Handshake.COMPLETE
    assert kinds(second) == ["handshake-segment-not-captured"]


def test_old_data_are_retransmissions_and_move_nobody() -> None:
    talk = Conversation().handshake().client("ACK,PSH", seq=101, ack=301, data=5)
    talk.client("FIN,ACK", seq=106, ack=301).server("FIN,ACK", seq=301, ack=107).client("ACK", seq=107, ack=302)

    connection = talk.again(3).connection()

    assert labels(connection)[-1] == "spurious retransmission"
    assert states(connection)[-1] == "TIME-WAIT CLOSED"
    assert connection.originator.payload_bytes == 5
