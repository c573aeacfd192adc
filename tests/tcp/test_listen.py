"""LISTEN: what arrives at an end of which nothing was seen but that it is there."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Close, Handshake
from tests.tcp.conversation import Conversation, kinds, labels, states


@pytest.mark.parametrize("y", [300, 70_000, 2**32 - 1])
def test_a_probe_without_ack_flag_says_nothing_of_its_senders_numbers(y: int) -> None:
    """Whatever its sequence number, the SYN,ACK that follows it belongs to the SYN."""
    talk = Conversation().client("SYN", seq=100).server("FIN", seq=5).server("SYN,ACK", seq=y, ack=101)

    connection = talk.connection()

    assert labels(connection) == ["SYN (1 of 3)", "no ACK flag", "SYN,ACK (2 of 3)"]


def test_a_syn_after_a_probe_without_ack_flag_opens() -> None:
    talk = Conversation().client("SYN", seq=100).server("FIN", seq=5).server("SYN", seq=300)

    connection = talk.connection()

    assert labels(connection)[-1] == "SYN (crossing)"
    assert kinds(connection) == ["no-ack-flag"]
    assert states(connection)[-1] == "SYN-RECEIVED SYN-RECEIVED"
    assert connection.handshake is Handshake.UNANSWERED


def test_syn_opens_passively() -> None:
    connection = Conversation().client("SYN", seq=100).connection()

    assert labels(connection) == ["SYN (1 of 3)"]
    assert states(connection) == ["SYN-SENT SYN-RECEIVED"]


def test_syn_with_fin_is_told() -> None:
    """Section 3.10.7.2: what comes with the SYN is processed after it."""
    connection = Conversation().client("SYN,FIN", seq=100).connection()

    assert states(connection) == ["SYN-SENT CLOSE-WAIT"]
    assert [finding.message for finding in connection.findings] == [
        "SYN and FIN in one segment: no program opens and closes at once"
    ]


def test_syn_with_fin_sent_again_has_its_fin_where_it_was() -> None:
    """The SYN takes the first number, so the FIN lies behind it; scanners send this segment several times."""
    connection = Conversation().client("SYN,FIN,PSH,URG", seq=100).again().connection()

    assert kinds(connection) == ["syn-with-fin", "syn-with-fin"]
    assert labels(connection)[-1] == "retransmission of SYN"


def test_rst_is_ignored() -> None:
    connection = Conversation().client("RST", seq=5).connection()

    assert states(connection) == ["CLOSED LISTEN"]


def test_syn_with_rst_is_ignored() -> None:
    connection = Conversation().client("SYN,RST", seq=5).connection()

    assert (labels(connection), states(connection)) == (["RST (abort)"], ["CLOSED LISTEN"])
    assert kinds(connection) == ["syn-with-rst"]
    assert connection.findings[0].message == "SYN and RST in one segment: no program asks for both"


@pytest.mark.parametrize("flags", ["", "FIN", "FIN,PSH,URG", "URG"], ids=["null", "FIN", "xmas", "URG"])
def test_probe_without_ack_flag_opens_nothing(flags: str) -> None:
    connection = Conversation().client(flags, seq=5).connection()

    assert (labels(connection), states(connection)) == (["no ACK flag"], ["CLOSED LISTEN"])
    assert kinds(connection) == ["no-ack-flag"]
    assert (connection.handshake, connection.close) == (Handshake.NOT_SEEN, Close.NONE)


def test_probe_and_then_a_syn_are_two_connections() -> None:
    probe, opened = Conversation().client("", seq=5).client("SYN", seq=100).connections()

    assert (labels(probe), labels(opened)) == (["no ACK flag"], ["SYN (1 of 3)"])
