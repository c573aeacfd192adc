"""FIN-WAIT-1: what arrives at an end that has sent its FIN and waits for the acknowledgment."""

from __future__ import annotations

import pytest

from inspector.tcp.facts import Fact
from inspector.tcp.model import Close
from tests.tcp.conversation import Conversation, kinds, labels, states


def closing(data: int = 0) -> Conversation:
    """The client's FIN, with `data` bytes in its segment."""
    return Conversation().handshake().client("FIN,ACK", seq=101, ack=301, data=data)


def test_ack_of_fin() -> None:
    connection = closing().server("ACK", seq=301, ack=102).connection()

    assert labels(connection)[3:] == ["FIN", "ACK of FIN"]
    assert states(connection)[3:] == ["FIN-WAIT-1 CLOSE-WAIT", "FIN-WAIT-2 CLOSE-WAIT"]
    assert connection.close is Close.HALF_CLOSED


def test_ack_of_fin_with_data_counts_the_data() -> None:
    connection = closing(data=10).server("ACK", seq=301, ack=112).connection()

    assert labels(connection)[3:] == ["FIN with data", "ACK of FIN"]
    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"


def test_ack_of_fin_that_carries_data() -> None:
    connection = closing().server("ACK", seq=301, ack=102, data=5).connection()

    assert labels(connection)[-1] == "ACK of FIN with data"
    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"


def test_fin_that_acknowledges_ours_goes_on_to_time_wait() -> None:
    """The figure's note 2."""
    connection = closing().server("FIN,ACK", seq=301, ack=102).connection()

    assert labels(connection)[-1] == "FIN, ACK of FIN"
    assert states(connection)[-1] == "TIME-WAIT LAST-ACK"


def test_fin_that_does_not_acknowledge_ours_has_crossed_it() -> None:
    connection = closing().server("FIN,ACK", seq=301, ack=101).connection()

    assert labels(connection)[-1] == "FIN (crossing)"
    assert states(connection)[-1] == "CLOSING CLOSING"
    assert connection.close is Close.UNANSWERED
    assert not kinds(connection)


@pytest.mark.parametrize("data", [0, 10], ids=["a bare FIN", "a FIN with data"])
def test_ack_one_short_of_a_fin_that_is_never_acknowledged_is_wrong(data: int) -> None:
    connection = closing(data).server("ACK", seq=301, ack=101 + data).connection()

    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    assert connection.close is Close.UNANSWERED
    (finding,) = connection.findings
    fin = 101 + data
    assert finding.message == (
        f"ACK after the FIN acknowledges {fin}; expected the FIN's sequence number + 1 = {fin} + 1 = {fin + 1}"
    )
    assert (finding.kind, finding.field, finding.expected, finding.actual) == ("fin-wrong-ack", "ack", fin + 1, fin)


def test_ack_of_the_data_before_a_fin_has_only_crossed_it() -> None:
    """It says something new, and the data came in a segment of their own: no fault, though the capture ends here."""
    talk = Conversation().handshake().client("ACK,PSH", seq=101, ack=301, data=10).client("FIN,ACK", seq=111, ack=301)

    connection = talk.server("ACK", seq=301, ack=111).connection()

    assert labels(connection)[-1] == "ACK"
    assert not kinds(connection)


def test_ack_one_short_is_forgiven_when_the_fin_is_acknowledged_later() -> None:
    connection = closing().server("ACK", seq=301, ack=101).server("ACK", seq=301, ack=102).connection()

    assert connection.segments[4].facts & Fact.FIN_ACK_SHORT
    assert labels(connection)[4:] == ["duplicate ACK", "ACK of FIN"]
    assert not kinds(connection)


def test_ack_beyond_fin_is_wrong() -> None:
    connection = closing().server("ACK", seq=301, ack=103).connection()

    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    (finding,) = connection.findings
    assert finding.kind == "ack-beyond-fin"
    assert finding.message == (
        "acknowledges 103; the peer's last number is its FIN's, so at most 101 + 1 = 102 can be acknowledged"
    )
    assert (finding.expected, finding.actual) == (102, 103)


def test_data_go_on_arriving() -> None:
    connection = closing().server("ACK", seq=301, ack=101, data=50).client("ACK", seq=102, ack=351).connection()

    assert labels(connection)[4:] == ["data", "ACK"]
    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    assert connection.responder.payload_bytes == 50
    assert not kinds(connection)


def test_fin_repeated_is_a_retransmission_and_moves_nobody() -> None:
    connection = closing().again().server("ACK", seq=301, ack=102).connection()

    assert labels(connection)[3:] == ["FIN", "retransmission of FIN", "ACK of FIN"]
    assert states(connection)[3:5] == ["FIN-WAIT-1 CLOSE-WAIT"] * 2
    assert connection.originator.retransmissions == 1


def test_fin_before_the_data_that_it_follows_waits_for_them() -> None:
    """Out of order: the peer cannot take the FIN before the hole is filled."""
    talk = Conversation().handshake().client("FIN,ACK", seq=111, ack=301)
    talk.client("ACK", seq=101, ack=301, data=10).server("ACK", seq=301, ack=112)

    connection = talk.connection()

    assert labels(connection)[3:] == ["FIN", "out-of-order", "ACK of FIN"]
    assert states(connection)[3:] == ["FIN-WAIT-1 ESTABLISHED", "FIN-WAIT-1 CLOSE-WAIT", "FIN-WAIT-2 CLOSE-WAIT"]
    assert kinds(connection) == ["previous-segment-not-captured"]


def test_fin_with_a_hole_before_it_is_taken_when_it_is_acknowledged() -> None:
    """The hole is the capture's: the acknowledgment proves that the peer has it all."""
    talk = Conversation().handshake().client("FIN,ACK", seq=111, ack=301).server("ACK", seq=301, ack=112)

    connection = talk.connection()

    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"
    assert connection.close is Close.HALF_CLOSED


def test_fin_captured_after_its_acknowledgment_is_no_repeat() -> None:
    talk = Conversation().handshake().server("ACK", seq=301, ack=102).client("FIN,ACK", seq=101, ack=301)

    connection = talk.connection()

    assert labels(connection)[-1] == "FIN"
    assert connection.originator.retransmissions == 0
    assert kinds(connection) == ["acked-segment-not-captured"]


def test_second_fin_at_another_number_is_stray() -> None:
    connection = closing().client("FIN,ACK", seq=101, ack=301, data=7).connection()

    assert labels(connection)[-1] == "FIN (stray) with data"
    assert states(connection)[-1] == "FIN-WAIT-1 CLOSE-WAIT"
    moved = connection.findings[-1]
    assert moved.kind == "fin-moved"
    assert moved.message == "a second FIN, in a segment from 101 with 7 bytes; this end's FIN is at 101"
    assert (moved.field, moved.expected, moved.actual) == ("seq", 94, 101)


def test_data_after_fin_is_wrong() -> None:
    connection = closing().client("ACK", seq=102, ack=301, data=3).connection()

    (finding,) = connection.findings
    assert finding.kind == "data-after-fin"
    assert finding.message == "3 bytes from 102 on, beyond this end's own FIN at 101"
    assert connection.originator.payload_bytes == 0


def test_rst_ends_it() -> None:
    connection = closing().server("RST,ACK", seq=301, ack=102).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_RESPONDER


def test_rst_by_the_end_that_sent_the_fin() -> None:
    """A program that closes with data unread: the FIN is followed by a RST at the next number."""
    connection = closing().client("RST,ACK", seq=102, ack=301).connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_ORIGINATOR
    assert not kinds(connection)
