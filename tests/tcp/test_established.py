"""ESTABLISHED: what arrives while data may flow both ways."""

from __future__ import annotations

from inspector.tcp.model import Handshake
from inspector.wire.row import Option
from tests.tcp.conversation import Conversation, kinds, labels, states


def established(x: int = 100, y: int = 300) -> Conversation:
    return Conversation().handshake(x, y)


# ------------------------------------------------------------------------------------------ SYN


def test_a_syn_that_is_answered_begins_anew_with_all_that_it_offered() -> None:
    """The end lost its memory and connects again: the SYN was never stray, as the SYN,ACK proves."""
    talk = established().client(
        "SYN", seq=9000, mss=1400, window_scale=7, options=Option.MSS | Option.WINDOW_SCALE | Option.SACK_PERMITTED
    )
    talk.server("SYN,ACK", seq=7000, ack=9001).client("ACK", seq=9001, ack=7001)

    old, new = talk.connections()

    assert (old.handshake, len(old.segments)) == (Handshake.COMPLETE, 3)
    assert labels(new) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]
    assert states(new) == ["SYN-SENT SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
    assert (new.originator.mss, new.originator.window_scale, new.originator.timestamps) == (1400, 7, False)
    assert new.originator.sack_permitted is True
    assert new.completeness == 7
    assert not kinds(old) + kinds(new)
    assert new.handshake_ns == talk.rows[5].time_ns - talk.rows[3].time_ns
