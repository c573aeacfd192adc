"""FIN-WAIT-2: one direction is closed and acknowledged, the other may go on."""

from __future__ import annotations

from inspector.tcp.model import Close
from tests.tcp.conversation import Conversation, kinds, labels, states


def half_closed() -> Conversation:
    return Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("ACK", seq=301, ack=102)


def test_late_data_from_the_open_half() -> None:
    talk = half_closed().server("ACK,PSH", seq=301, ack=102, data=50).client("ACK", seq=102, ack=351)
    talk.server("FIN,ACK", seq=351, ack=102).client("ACK", seq=102, ack=352)

    connection = talk.connection()

    assert labels(connection)[5:] == ["data", "ACK", "FIN", "ACK of FIN"]
    assert states(connection)[5:] == [
        "FIN-WAIT-2 CLOSE-WAIT",
        "FIN-WAIT-2 CLOSE-WAIT",
        "TIME-WAIT LAST-ACK",
        "TIME-WAIT CLOSED",
    ]
    assert connection.close is Close.FOUR_SEGMENT
    assert connection.responder.payload_bytes == 50
    assert not kinds(connection)


def test_late_data_when_the_server_closed_first() -> None:
    talk = Conversation().handshake().server("FIN,ACK", seq=301, ack=101).client("ACK", seq=101, ack=302)
    talk.client("ACK,PSH", seq=101, ack=302, data=50).server("ACK", seq=302, ack=151)
    talk.client("FIN,ACK", seq=151, ack=302).server("ACK", seq=302, ack=152)

    connection = talk.connection()

    assert labels(connection)[3:] == ["FIN", "ACK of FIN", "data", "ACK", "FIN", "ACK of FIN"]
    assert states(connection)[-1] == "CLOSED TIME-WAIT"
    assert connection.close is Close.FOUR_SEGMENT
    assert not kinds(connection)


def test_late_data_from_the_closed_half_is_wrong() -> None:
    connection = half_closed().client("ACK,PSH", seq=102, ack=301, data=3).connection()

    assert kinds(connection) == ["data-after-fin"]
    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"


def test_fin_with_the_last_data() -> None:
    connection = half_closed().server("FIN,ACK", seq=301, ack=102, data=5).client("ACK", seq=102, ack=307).connection()

    assert labels(connection)[5:] == ["FIN with data", "ACK of FIN"]
    assert states(connection)[-1] == "TIME-WAIT CLOSED"


def test_fin_beyond_a_gap_waits() -> None:
    """Section 3.10.7.4: a FIN is taken in order only."""
    talk = half_closed().server("FIN,ACK", seq=311, ack=102)
    waiting = states(talk.connection())[-1]
    talk.server("ACK", seq=301, ack=102, data=10)

    assert waiting == "FIN-WAIT-2 LAST-ACK"
    assert states(talk.connection())[-1] == "TIME-WAIT LAST-ACK"


def test_its_own_fin_repeated() -> None:
    connection = half_closed().again(3).server("ACK", seq=301, ack=102).connection()

    assert labels(connection)[5:] == ["retransmission of FIN", "duplicate ACK"]
    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"


def test_rst_for_late_data() -> None:
    """The program is gone and nobody reads: the kernel answers late data with a RST."""
    connection = half_closed().server("ACK", seq=301, ack=102, data=50).client("RST", seq=102).connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[-1] == "CLOSED CLOSED"
    assert connection.close is Close.RESET_BY_ORIGINATOR
    assert not kinds(connection)


def test_it_stays_half_closed() -> None:
    connection = half_closed().connection()

    assert connection.close is Close.HALF_CLOSED
    assert states(connection)[-1] == "FIN-WAIT-2 CLOSE-WAIT"
