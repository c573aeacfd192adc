"""SYN-SENT: what arrives at an end that has asked to connect."""

from __future__ import annotations

import pytest

from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Option
from tests.tcp.conversation import STEP_NS, Conversation, kinds, labels, states


def asked(x: int = 100) -> Conversation:
    """A SYN, and no answer yet."""
    return Conversation().client("SYN", seq=x)


# ------------------------------------------------------------------------------------------ ACK


def test_an_ack_of_an_old_connection_is_reset_and_the_repeated_syn_opens() -> None:
    """Figures 8 and 9, captured from the SYN on: the server still remembered an older connection."""
    talk = asked(400).server("ACK", seq=300, ack=100).client("RST", seq=100).again(0)
    talk.server("SYN,ACK", seq=90_000, ack=401).client("ACK", seq=401, ack=90_001)

    connection = talk.connection()

    assert states(connection) == [
        "SYN-SENT SYN-RECEIVED",
        "SYN-SENT ESTABLISHED",
        "SYN-SENT CLOSED",
        "SYN-SENT SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
    ]
    assert labels(connection)[2:4] == ["RST (answer)", "retransmission of SYN"]
    assert connection.handshake is Handshake.COMPLETE
    assert connection.handshake_ns == talk.rows[5].time_ns - talk.rows[0].time_ns
    assert not kinds(connection)


# ------------------------------------------------------------------------------------------ RST


def test_rst_with_acceptable_ack_refuses() -> None:
    connection = asked().server("RST,ACK", ack=101).connection()

    assert labels(connection) == ["SYN (1 of 3)", "RST (refused)"]
    assert states(connection) == ["SYN-SENT CLOSED", "CLOSED CLOSED"]
    assert (connection.handshake, connection.close) == (Handshake.REFUSED, Close.NONE)
    assert connection.completeness == 37
    assert not kinds(connection)


def test_rst_with_unacceptable_ack_is_ignored() -> None:
    """Section 3.10.7.3: nobody is refused, for the SYN's sender must drop it."""
    connection = asked().server("RST,ACK", ack=100).connection()

    assert labels(connection) == ["SYN (1 of 3)", "RST (not acceptable)"]
    assert states(connection)[-1] == "SYN-SENT CLOSED"
    assert (connection.handshake, connection.close) == (Handshake.UNANSWERED, Close.NONE)
    (finding,) = connection.findings
    assert finding.kind == "rst-wrong-ack"
    assert finding.message.startswith(
        "RST in answer to a SYN acknowledges 100; expected the SYN's sequence number + its length = 101"
    )
    assert (finding.field, finding.expected, finding.actual, finding.frame) == ("ack", 101, 100, 2)


def test_rst_without_ack_is_ignored() -> None:
    connection = asked().server("RST", seq=0).connection()

    assert states(connection)[-1] == "SYN-SENT CLOSED"
    (finding,) = connection.findings
    assert "acknowledges nothing (its ACK flag is clear); expected" in finding.message
    assert (finding.expected, finding.actual) == (101, None)


def test_rst_after_an_unacceptable_syn_ack_must_be_acceptable_too() -> None:
    """The SYN,ACK moved nobody, so what counts is still the acknowledgment of the RST."""
    ignored = asked().server("SYN,ACK", seq=300, ack=91).server("RST", seq=301).connection()
    heeded = asked().server("SYN,ACK", seq=300, ack=91).server("RST,ACK", seq=0, ack=101).connection()

    assert states(ignored)[-1] == "SYN-SENT CLOSED"
    assert kinds(ignored) == ["syn-ack-wrong-ack", "rst-wrong-ack"]
    assert states(heeded)[-1] == "CLOSED CLOSED"
    assert labels(heeded)[-1] == "RST (abort)"
    assert heeded.handshake is Handshake.RESET
    assert heeded.close is Close.RESET_BY_RESPONDER


def test_rst_that_answers_an_unacceptable_syn_ack_resets_the_attempt() -> None:
    """Figure 8 without its happy end: the SYN's sender stays, the SYN,ACK's returns to LISTEN."""
    connection = asked().server("SYN,ACK", seq=300, ack=91).client("RST", seq=91).connection()

    assert labels(connection)[-1] == "RST (answer)"
    assert states(connection)[-1] == "SYN-SENT LISTEN"
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.NONE)


# ------------------------------------------------------------------- Fast Open, and data with a SYN


def fast_open(data: int = 10) -> Conversation:
    return Conversation().client("SYN", seq=100, data=data, options=Option.FAST_OPEN, fast_open_len=8)


def test_fast_open_accepted() -> None:
    connection = fast_open().server("SYN,ACK", seq=300, ack=111).client("ACK", seq=111, ack=301).connection()

    assert labels(connection) == ["SYN (1 of 3) with data", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]
    assert [bool(traced.facts & Fact.FAST_OPEN) for traced in connection.segments] == [True, True, False]
    assert (connection.originator.payload_bytes, connection.originator.retransmissions) == (10, 0)
    assert not kinds(connection)


def test_fast_open_accepted_in_part() -> None:
    """The responder may take as much of the data as it likes; the rest is sent again."""
    talk = fast_open().server("SYN,ACK", seq=300, ack=105).client("ACK", seq=105, ack=301, data=6)

    connection = talk.connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.originator.payload_bytes == 10
    assert not kinds(connection)


def test_fast_open_ignored() -> None:
    """The SYN,ACK acknowledges the SYN alone, and the data come again with the third segment."""
    talk = fast_open().server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301, data=10)

    connection = talk.connection()

    assert labels(connection)[1:] == ["SYN,ACK (2 of 3)", "ACK (3 of 3) with data"]
    assert not connection.segments[1].facts & Fact.FAST_OPEN
    assert (connection.originator.payload_bytes, connection.originator.retransmissions) == (10, 1)
    assert not kinds(connection)


def test_fast_open_server_may_answer_before_the_third_segment() -> None:
    """RFC 7413 section 4.2.2; the server stays in SYN-RECEIVED, and the third segment acknowledges its data."""
    talk = fast_open().server("SYN,ACK", seq=300, ack=111).server("ACK,PSH", seq=301, ack=111, data=5)

    connection = talk.client("ACK", seq=111, ack=306).connection()

    assert states(connection)[2:] == ["ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert labels(connection)[2:] == ["data", "ACK (3 of 3)"]
    assert not kinds(connection)


def test_data_with_a_syn_without_the_option() -> None:
    """RFC 9293 section 3.4 allows it; the SYN,ACK may acknowledge the data or not."""
    taken = Conversation().client("SYN", seq=100, data=10).server("SYN,ACK", seq=300, ack=111).connection()
    left = Conversation().client("SYN", seq=100, data=10).server("SYN,ACK", seq=300, ack=101).connection()

    assert labels(taken) == labels(left) == ["SYN (1 of 3) with data", "SYN,ACK (2 of 3)"]
    assert not kinds(taken) + kinds(left)


def test_syn_ack_beyond_the_data_of_the_syn_is_wrong() -> None:
    connection = fast_open().server("SYN,ACK", seq=300, ack=112).connection()

    assert kinds(connection) == ["syn-ack-wrong-ack"]
    assert states(connection)[-1] == "SYN-SENT SYN-RECEIVED"


def test_fast_open_syn_repeated_without_data() -> None:
    """A SYN that gets no answer is sent again bare (RFC 7413 section 4.1.3)."""
    talk = fast_open().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)

    connection = talk.client("ACK", seq=101, ack=301, data=10).connection()

    assert labels(connection)[1] == "retransmission of SYN"
    assert connection.originator.payload_bytes == 10
    assert not kinds(connection)


def test_fast_open_syn_repeated_after_its_answer() -> None:
    connection = fast_open().server("SYN,ACK", seq=300, ack=111).again(0).connection()

    assert labels(connection)[-1] == "retransmission of SYN with data"
    assert connection.originator.payload_bytes == 10


# --------------------------------------------------------------------------------- SYN and SYN,ACK


def test_syn_ack_opens() -> None:
    connection = asked().server("SYN,ACK", seq=300, ack=101).connection()

    assert labels(connection) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)"]
    assert states(connection) == ["SYN-SENT SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED"]


@pytest.mark.parametrize("ack", [100, 102, 91, 0, 101 + 2**31])
def test_syn_ack_with_unacceptable_ack_opens_nothing(ack: int) -> None:
    connection = asked().server("SYN,ACK", seq=300, ack=ack).connection()

    assert states(connection)[-1] == "SYN-SENT SYN-RECEIVED"
    assert connection.handshake is Handshake.HALF_OPEN
    (finding,) = connection.findings
    assert finding.kind == "syn-ack-wrong-ack"
    assert finding.rule == "RFC 9293 section 3.5"
    assert finding.message == (f"SYN,ACK acknowledges {ack}; expected the SYN's sequence number + 1 = 100 + 1 = 101")
    assert (finding.field, finding.expected, finding.actual, finding.is_fault) == ("ack", 101, ack, True)


def test_right_syn_ack_after_a_wrong_one_may_have_another_number() -> None:
    """The first one moved nobody: it may be of a ghost."""
    talk = asked().server("SYN,ACK", seq=300, ack=91).server("SYN,ACK", seq=700, ack=101)

    connection = talk.client("ACK", seq=101, ack=701).connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.responder.iss == 700
    assert kinds(connection) == ["syn-ack-wrong-ack"]


def test_syn_repeated_in_silence() -> None:
    connection = asked().again(0, time_ns=101 * STEP_NS).again(0, time_ns=301 * STEP_NS).connection()

    assert labels(connection) == ["SYN (1 of 3)", "retransmission of SYN", "retransmission of SYN"]
    assert states(connection) == ["SYN-SENT SYN-RECEIVED"] * 3
    assert (connection.handshake, connection.close) == (Handshake.UNANSWERED, Close.NONE)
    assert (connection.originator.retransmissions, connection.completeness) == (2, 1)
    assert connection.handshake_ns is None


def test_handshake_time_counts_from_the_first_syn() -> None:
    talk = asked().again(0, time_ns=101 * STEP_NS).server("SYN,ACK", seq=300, ack=101, time_ns=102 * STEP_NS)

    connection = talk.client("ACK", seq=101, ack=301, time_ns=103 * STEP_NS).connection()

    assert connection.handshake_ns == 102 * STEP_NS


def test_another_syn_without_an_answer_to_the_first_begins_anew() -> None:
    first, second = asked().client("SYN", seq=500).connections()

    assert (first.handshake, second.handshake) == (Handshake.UNANSWERED, Handshake.UNANSWERED)
    assert second.segments[0].facts & Fact.REUSED_PORTS
    assert not kinds(first) + kinds(second)


def test_syn_that_crosses() -> None:
    connection = asked().server("SYN", seq=300).connection()

    assert labels(connection)[-1] == "SYN (crossing)"
    assert states(connection)[-1] == "SYN-RECEIVED SYN-RECEIVED"


def test_syn_after_a_refusal_with_another_number_begins_anew() -> None:
    talk = asked().server("RST,ACK", ack=101).client("SYN", seq=500).server("SYN,ACK", seq=300, ack=501)

    refused, accepted = talk.client("ACK", seq=501, ack=301).connections()

    assert refused.handshake is Handshake.REFUSED
    assert accepted.handshake is Handshake.COMPLETE


def test_syn_after_a_refusal_with_the_same_number_is_the_same_attempt() -> None:
    """Windows tries three times at a closed port."""
    talk = asked().server("RST,ACK", ack=101).again(0).server("RST,ACK", ack=101)
    refused = talk.connection()
    accepted = talk.again(0).server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301).connection()

    assert labels(refused)[2:] == ["retransmission of SYN", "RST (refused)"]
    assert states(refused)[2:] == ["SYN-SENT CLOSED", "CLOSED CLOSED"]
    assert refused.handshake is Handshake.REFUSED
    assert accepted.handshake is Handshake.COMPLETE
    assert states(accepted)[-1] == "ESTABLISHED ESTABLISHED"


def test_rst_of_the_end_that_asked() -> None:
    connection = asked().client("RST", seq=101).connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[-1] == "CLOSED LISTEN"
    assert (connection.handshake, connection.close) == (Handshake.RESET, Close.RESET_BY_ORIGINATOR)
