"""LISTEN: what arrives at an end of which nothing was seen but that it is there."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Handshake
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
