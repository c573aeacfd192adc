"""What a capture misses: told as not captured, and held against nobody.

A capture that begins late, loses a segment of the handshake or the close, or records segments in another
order than they were sent, must not make a peer guilty.
"""

from __future__ import annotations

import pytest

from inspector.findings import Blame
from inspector.tcp.model import Close, Connection, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


def blames(connection: Connection) -> set[Blame]:
    return {finding.blame for finding in connection.findings}


# ------------------------------------------------------------------------ it begins in the middle


@pytest.mark.parametrize(
    ("flags", "data", "label", "after"),
    [
        ("ACK,PSH", 10, "data", "ESTABLISHED ESTABLISHED"),
        ("ACK", 0, "ACK", "ESTABLISHED ESTABLISHED"),
        ("FIN,ACK", 0, "FIN", "FIN-WAIT-1 CLOSE-WAIT"),
        ("RST", 0, "RST (abort)", "CLOSED LISTEN"),
        ("RST,ACK", 0, "RST (abort)", "CLOSED LISTEN"),
    ],
)
def test_a_capture_that_begins_with(flags: str, data: int, label: str, after: str) -> None:
    connection = Conversation().client(flags, seq=500, ack=900, data=data).connection()

    assert (labels(connection), states(connection)) == ([label], [after])
    assert connection.handshake is Handshake.NOT_SEEN
    assert kinds(connection) == ["handshake-not-captured"]
    assert blames(connection) == {Blame.CAPTURE}
    assert connection.handshake_ns is None
    assert (connection.originator.iss, connection.originator.sack_permitted) == (None, None)


def test_midstream_connection_that_closes_in_order_has_no_other_finding() -> None:
    talk = Conversation().server("ACK,PSH", seq=900, ack=500, data=10).client("ACK", seq=500, ack=910)
    talk.client("FIN,ACK", seq=500, ack=910).server("FIN,ACK", seq=910, ack=501).client("ACK", seq=501, ack=911)

    connection = talk.connection()

    assert str(connection.originator.endpoint) == "10.0.0.2:80"
    assert states(connection)[-1] == "CLOSED TIME-WAIT"
    assert connection.close is Close.THREE_SEGMENT
    assert kinds(connection) == ["handshake-not-captured"]


# ----------------------------------------------------------------- a segment of the handshake lacks


def test_syn_missing() -> None:
    """The SYN,ACK names who asked, and with which number."""
    talk = Conversation().server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301)

    connection = talk.connection()

    assert str(connection.originator.endpoint) == "10.0.0.1:40000"
    assert connection.originator.iss == 100
    assert states(connection) == ["ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert connection.handshake is Handshake.COMPLETE
    assert kinds(connection) == ["handshake-segment-not-captured"]
    assert "the SYN was not captured" in connection.findings[0].message


def test_syn_captured_after_its_syn_ack_is_no_repeat() -> None:
    talk = Conversation().server("SYN,ACK", seq=300, ack=101).client("SYN", seq=100).client("ACK", seq=101, ack=301)

    connection = talk.connection()

    assert labels(connection) == ["SYN,ACK (2 of 3)", "SYN (1 of 3)", "ACK (3 of 3)"]
    assert connection.originator.retransmissions == 0
    assert not kinds(connection)


def test_syn_captured_last_gives_no_time() -> None:
    talk = Conversation().server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301).client("SYN", seq=100)

    connection = talk.connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake_ns is None
    assert not kinds(connection)


def test_syn_ack_missing_and_the_client_speaks() -> None:
    talk = Conversation().client("SYN", seq=100).client("ACK", seq=101, ack=301)
    talk.client("ACK", seq=101, ack=301, data=5).server("ACK", seq=301, ack=106)

    connection = talk.connection()

    assert states(connection)[1] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake is Handshake.COMPLETE
    assert kinds(connection) == ["handshake-segment-not-captured"]
    assert blames(connection) == {Blame.CAPTURE}


def test_syn_ack_missing_and_the_server_speaks() -> None:
    talk = Conversation().client("SYN", seq=100).server("ACK", seq=301, ack=101, data=5).client("ACK", seq=101, ack=306)

    connection = talk.connection()

    assert states(connection)[1] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake is Handshake.COMPLETE
    assert kinds(connection) == ["handshake-segment-not-captured"]


def test_syn_ack_captured_after_the_third_segment_is_no_repeat() -> None:
    talk = Conversation().client("SYN", seq=100).client("ACK", seq=101, ack=301).server("SYN,ACK", seq=300, ack=101)

    connection = talk.connection()

    assert labels(connection)[-1] == "SYN,ACK (2 of 3)"
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.responder.retransmissions == 0
    assert kinds(connection) == ["handshake-segment-not-captured"]


@pytest.mark.parametrize(
    ("seq", "data", "found"),
    [
        pytest.param(101, 0, ["handshake-segment-not-captured"], id="then an ACK of what the server sent"),
        pytest.param(101, 9, ["handshake-segment-not-captured"], id="then data"),
        pytest.param(
            106, 9, ["handshake-segment-not-captured", "previous-segment-not-captured"], id="then data beyond a gap"
        ),
    ],
)
def test_third_segment_missing(seq: int, data: int, found: list[str]) -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)
    talk.server("ACK", seq=301, ack=101, data=5).client("ACK", seq=seq, ack=306, data=data)

    connection = talk.connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.handshake is Handshake.COMPLETE
    assert kinds(connection) == found
    assert blames(connection) == {Blame.CAPTURE}


def test_data_in_the_place_of_a_missing_third_segment_is_the_third_segment() -> None:
    """Nothing tells it from a third segment that carries data, which is legal."""
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)

    connection = talk.client("ACK,PSH", seq=101, ack=301, data=5).connection()

    assert labels(connection)[-1] == "ACK (3 of 3) with data"
    assert not kinds(connection)


def test_third_segment_that_acknowledges_what_the_capture_missed_is_not_wrong() -> None:
    """In hindsight: the server goes on beyond a gap, so there was something to acknowledge."""
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=306)
    talk.server("ACK", seq=306, ack=101, data=5)

    connection = talk.connection()

    assert kinds(connection) == ["acked-segment-not-captured", "previous-segment-not-captured"]
    assert blames(connection) == {Blame.CAPTURE}
    assert connection.handshake is Handshake.COMPLETE


# ------------------------------------------------------------------------- a segment of data lacks


def test_data_missing_is_told_where_it_goes_on_and_where_it_is_acknowledged() -> None:
    talk = Conversation().handshake().client("ACK", seq=111, ack=301, data=10).server("ACK", seq=301, ack=121)
    talk.client("ACK", seq=121, ack=321)

    connection = talk.connection()

    assert kinds(connection) == ["previous-segment-not-captured", "acked-segment-not-captured"]
    assert [finding.message for finding in connection.findings] == [
        (
            "begins at 111, past the last number seen from this end: a segment before it was lost, overtaken"
            " or not captured"
        ),
        "acknowledges 321, which was not seen sent",
    ]
    assert blames(connection) == {Blame.CAPTURE}


# --------------------------------------------------------------------- a segment of the close lacks


def test_first_fin_missing() -> None:
    talk = Conversation().handshake().server("ACK", seq=301, ack=102).server("FIN,ACK", seq=301, ack=102)

    connection = talk.client("ACK", seq=102, ack=302).connection()

    assert kinds(connection) == ["acked-segment-not-captured"]
    assert blames(connection) == {Blame.CAPTURE}
    assert connection.close is Close.HALF_CLOSED


def test_ack_of_the_first_fin_missing_makes_four_segments_three() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)

    connection = talk.client("ACK", seq=102, ack=302).connection()

    assert connection.close is Close.THREE_SEGMENT
    assert not kinds(connection)


def test_second_fin_missing() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("ACK", seq=301, ack=102)

    connection = talk.client("ACK", seq=102, ack=302).connection()

    assert kinds(connection) == ["acked-segment-not-captured"]
    assert connection.close is Close.HALF_CLOSED


def test_last_ack_missing() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)

    connection = talk.connection()

    assert states(connection)[-1] == "TIME-WAIT LAST-ACK"
    assert connection.close is Close.UNANSWERED
    assert not kinds(connection)


def test_a_direction_that_was_not_captured_is_told_once() -> None:
    """Every acknowledgment in it is of something unseen: the first says it."""
    talk = Conversation()
    for place in range(5):
        talk.client("ACK", seq=101 + 10 * place, ack=301 + 100 * place, data=10)

    connection = talk.connection()

    assert labels(connection) == ["data"] * 5
    assert kinds(connection) == ["handshake-not-captured", "acked-segment-not-captured"]
