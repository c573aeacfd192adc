"""CLOSING: both FINs have crossed, and neither is acknowledged yet."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Close
from tests.tcp.conversation import Conversation, kinds, labels, states


def crossed(*, server_first: bool = False) -> Conversation:
    talk = Conversation().handshake()
    if server_first:
        return talk.server("FIN,ACK", seq=301, ack=101).client("FIN,ACK", seq=101, ack=301)
    return talk.client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=101)


@pytest.mark.parametrize("server_first", [False, True])
def test_both_acknowledgments(server_first: bool) -> None:  # noqa: FBT001 - a parameter
    talk = crossed(server_first=server_first).client("ACK", seq=102, ack=302).server("ACK", seq=302, ack=102)

    connection = talk.connection()

    assert labels(connection)[3:] == ["FIN", "FIN (crossing)", "ACK of FIN", "ACK of FIN"]
    assert states(connection)[4:] == ["CLOSING CLOSING", "CLOSING TIME-WAIT", "TIME-WAIT TIME-WAIT"]
    assert connection.close is Close.SIMULTANEOUS
    assert not kinds(connection)


def test_acknowledgments_in_the_other_order() -> None:
    talk = crossed().server("ACK", seq=302, ack=102).client("ACK", seq=102, ack=302)

    assert states(talk.connection())[5:] == ["TIME-WAIT CLOSING", "TIME-WAIT TIME-WAIT"]


def test_fins_repeated_that_acknowledge_the_other() -> None:
    """As Linux does: each sends its FIN again, now with the acknowledgment."""
    talk = crossed().client("FIN,ACK", seq=101, ack=302).server("FIN,ACK", seq=301, ack=102)

    connection = talk.connection()

    assert labels(connection)[5:] == ["retransmission of FIN"] * 2
    assert states(connection)[-1] == "TIME-WAIT TIME-WAIT"
    assert connection.close is Close.SIMULTANEOUS


def test_one_acknowledgment_lacks() -> None:
    connection = crossed().client("ACK", seq=102, ack=302).connection()

    assert states(connection)[-1] == "CLOSING TIME-WAIT"
    assert connection.close is Close.UNANSWERED


def test_rst_ends_it() -> None:
    connection = crossed().server("RST", seq=302).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_RESPONDER


def test_data_before_the_fins_that_cross() -> None:
    """The server's data and FIN cross the client's FIN; the client acknowledges all of it at once."""
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301)
    talk.server("ACK,PSH", seq=301, ack=101, data=20).server("FIN,ACK", seq=321, ack=101)
    talk.client("ACK", seq=102, ack=322).server("ACK", seq=322, ack=102)

    connection = talk.connection()

    assert connection.close is Close.SIMULTANEOUS
    assert states(connection)[-1] == "TIME-WAIT TIME-WAIT"
    assert not kinds(connection)
