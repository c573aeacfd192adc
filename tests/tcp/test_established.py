"""ESTABLISHED: what arrives while data may flow both ways."""

from __future__ import annotations

import pytest

from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Option
from tests.tcp.conversation import STEP_NS, Conversation, kinds, labels, states


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


def test_the_same_syn_again_draws_a_challenge_ack() -> None:
    """RFC 5961 section 4: whatever its number, a SYN in a synchronized state is answered with an ACK."""
    connection = established().again(0).server("ACK", seq=301, ack=101).connection()

    assert labels(connection)[3:] == ["retransmission of SYN", "challenge ACK"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert not kinds(connection)


def test_another_syn_is_stray_and_draws_a_challenge_ack() -> None:
    connection = established().client("SYN", seq=90).server("ACK", seq=301, ack=101).connection()

    assert labels(connection)[3:] == ["SYN (stray)", "challenge ACK"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    (finding,) = connection.findings
    assert finding.kind == "syn-in-connection"
    assert finding.message.startswith("SYN 90 inside a living connection")
    assert not finding.is_fault


def test_a_syn_from_the_other_end_is_stray_too() -> None:
    connection = established().server("SYN", seq=5000).client("ACK", seq=101, ack=301).connection()

    assert labels(connection)[3:] == ["SYN (stray)", "challenge ACK"]


def test_a_new_connection_with_roles_swapped_while_the_old_seems_alive() -> None:
    talk = established().server("SYN", seq=5000).client("SYN,ACK", seq=9000, ack=5001).server("ACK", seq=5001, ack=9001)

    old, new = talk.connections()

    assert str(new.originator.endpoint) == "10.0.0.2:80"
    assert labels(new) == ["SYN (1 of 3)", "SYN,ACK (2 of 3)", "ACK (3 of 3)"]
    assert not kinds(old) + kinds(new)


def test_syn_ack_repeated_because_the_third_segment_was_lost() -> None:
    connection = established().again(1).again(2).connection()

    assert labels(connection)[3:] == ["retransmission of SYN,ACK", "duplicate ACK"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.responder.retransmissions == 1
    assert not kinds(connection)


def test_syn_ack_with_another_number_is_stray() -> None:
    connection = established().server("SYN,ACK", seq=777, ack=101).connection()

    assert labels(connection)[-1] == "SYN,ACK (stray)"
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    (finding,) = connection.findings
    assert finding.kind == "syn-ack-other-seq"
    assert finding.message == "SYN,ACK has sequence number 777; this end had already chosen 300"
    assert (finding.field, finding.expected, finding.actual) == ("seq", 300, 777)


# ------------------------------------------------------------------------------------------ RST


def test_rst_at_the_next_number_resets() -> None:
    connection = established().server("RST", seq=301).connection()

    assert labels(connection)[-1] == "RST (abort)"
    assert states(connection)[-1] == "CLOSED CLOSED"
    assert (connection.handshake, connection.close) == (Handshake.COMPLETE, Close.RESET_BY_RESPONDER)


def test_rst_at_any_number_that_may_be_the_next_resets() -> None:
    """The receiver has acknowledged 301, and what was sent since may have arrived or not: law 2 of acceptance."""
    for seq in (301, 311, 321):
        talk = established().server("ACK", seq=301, ack=101, data=10).server("ACK", seq=311, ack=101, data=10)

        assert talk.server("RST", seq=seq).connection().close is Close.RESET_BY_RESPONDER


def test_rst_inside_the_window_deserves_a_challenge_ack() -> None:
    connection = established().server("RST", seq=302).client("ACK", seq=101, ack=301).connection()

    assert labels(connection)[3:] == ["RST (not acceptable)", "challenge ACK"]
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert connection.close is Close.NONE
    (finding,) = connection.findings
    assert finding.kind == "rst-not-exact"
    assert finding.message.startswith("RST has sequence number 302: in the window, but not the next one, 301;")
    assert (finding.expected, finding.actual) == (301, 302)


@pytest.mark.parametrize("seq", [300, 301 + 8192, 2**31 + 301])
def test_rst_outside_the_window_is_ignored(seq: int) -> None:
    connection = established().server("RST", seq=seq).connection()

    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    (finding,) = connection.findings
    assert finding.kind == "rst-outside-window"
    assert finding.message.startswith(f"RST has sequence number {seq}, outside the receiver's window")


def test_the_window_of_a_rst_is_scaled() -> None:
    options = Option.WINDOW_SCALE
    talk = Conversation().client("SYN", seq=100, options=options, window_scale=4)
    talk.server("SYN,ACK", seq=300, ack=101, options=options, window_scale=4).client("ACK", seq=101, ack=301)

    assert kinds(talk.server("RST", seq=301 + 100_000).connection()) == ["rst-not-exact"]


def test_an_acknowledgment_that_the_own_reset_has_overtaken_blames_nobody() -> None:
    """Seen on Linux: two processors send for one socket, and the first to begin is not the first to end."""
    talk = established().client("PSH,ACK", seq=101, ack=301, data=5).server("PSH,ACK", seq=301, ack=106, data=8)
    connection = talk.server("RST,ACK", seq=309, ack=106).server("ACK", seq=301, ack=106).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert kinds(connection) == []


def test_data_after_the_own_reset() -> None:
    connection = established().client("RST", seq=101).client("ACK", seq=101, ack=301, data=5).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert kinds(connection) == ["segment-after-reset"]
    assert connection.findings[0].message == "sent by an end that had reset the connection"


def test_data_under_way_when_the_peer_resets_are_no_fault() -> None:
    connection = established().client("RST", seq=101).server("ACK", seq=301, ack=101, data=5).connection()

    assert states(connection)[-1] == "CLOSED CLOSED"
    assert not kinds(connection)


# ------------------------------------------------------------------------- flags that do not belong


@pytest.mark.parametrize("flags", ["", "PSH", "FIN", "FIN,PSH,URG"])
def test_segment_without_ack_flag_moves_nobody(flags: str) -> None:
    connection = established().client(flags, seq=101, data=5).connection()

    assert labels(connection)[-1] == "no ACK flag with data"
    assert states(connection)[-1] == "ESTABLISHED ESTABLISHED"
    assert (connection.close, connection.originator.payload_bytes) == (Close.NONE, 0)
    (finding,) = connection.findings
    assert (finding.kind, finding.message) == ("no-ack-flag", "neither SYN, RST nor ACK: every receiver drops it")


# ----------------------------------------------------------------------------------------- data


def test_data_are_counted_once() -> None:
    talk = established().client("ACK,PSH", seq=101, ack=301, data=10).client("ACK,PSH", seq=111, ack=301, data=10)

    connection = talk.again(3, time_ns=25 * STEP_NS).connection()

    assert labels(connection)[3:] == ["data", "data", "retransmission"]
    assert (connection.originator.payload_bytes, connection.originator.retransmissions) == (20, 1)


def test_data_already_acknowledged_and_sent_again_are_spurious() -> None:
    talk = established().client("ACK", seq=101, ack=301, data=10).server("ACK", seq=301, ack=111)

    assert labels(talk.again(3).connection())[-1] == "spurious retransmission"


def test_data_sent_again_after_duplicate_acks_are_a_fast_retransmission() -> None:
    """Two duplicate ACKs, the awaited number, and less than 20 ms since the last of them."""
    talk = established().client("ACK", seq=101, ack=301, data=10).client("ACK", seq=111, ack=301, data=10)
    talk.server("ACK", seq=301, ack=101).server("ACK", seq=301, ack=101).again(3)

    assert labels(talk.connection())[5:] == ["duplicate ACK", "duplicate ACK", "fast retransmission"]


def test_data_after_two_duplicate_acks_but_too_late_are_a_plain_retransmission() -> None:
    talk = established().client("ACK", seq=101, ack=301, data=10).client("ACK", seq=111, ack=301, data=10)
    talk.server("ACK", seq=301, ack=101).server("ACK", seq=301, ack=101).again(3, time_ns=7 * STEP_NS + 25_000_000)

    assert labels(talk.connection())[-1] == "retransmission"


def test_data_out_of_order() -> None:
    """What fills the hole within the handshake's round trip was overtaken, not lost; its bytes are new."""
    talk = established().client("ACK", seq=111, ack=301, data=10).client("ACK", seq=101, ack=301, data=10)

    connection = talk.connection()

    assert labels(connection)[3:] == ["data", "out-of-order"]
    assert kinds(connection) == ["previous-segment-not-captured"]
    assert (connection.originator.payload_bytes, connection.originator.retransmissions) == (20, 0)


def test_data_that_fill_a_hole_later_than_a_round_trip_were_retransmitted() -> None:
    talk = established().client("ACK", seq=111, ack=301, data=10)
    talk.client("ACK", seq=101, ack=301, data=10, time_ns=4 * STEP_NS + 20_000_001)

    connection = talk.connection()

    assert labels(connection)[-1] == "retransmission"
    assert connection.originator.payload_bytes == 20


def test_three_segments_in_reverse_order_are_all_new() -> None:
    talk = established()
    for place, seq in enumerate((121, 111, 101)):
        talk.client("ACK", seq=seq, ack=301, data=10, time_ns=4 * STEP_NS + place)

    connection = talk.connection()

    assert labels(connection)[3:] == ["data", "out-of-order", "out-of-order"]
    assert connection.originator.payload_bytes == 30


def test_a_retransmission_that_carries_more_counts_what_is_more() -> None:
    talk = established().client("ACK", seq=101, ack=301, data=10).client("ACK", seq=106, ack=301, data=10)

    assert talk.connection().originator.payload_bytes == 15


@pytest.mark.parametrize(("first", "then"), [((121, 10), (131, 10)), ((131, 10), (121, 10))])
def test_a_stretch_beyond_a_hole_grows_at_either_end(first: tuple[int, int], then: tuple[int, int]) -> None:
    """When the hole is filled, all of the stretch is in order: a FIN at its end is delivered."""
    talk = established()
    for seq, data in (first, then):
        talk.client("ACK", seq=seq, ack=301, data=data)
    talk.client("FIN,ACK", seq=141, ack=301)
    assert states(talk.connection())[-1] == "FIN-WAIT-1 ESTABLISHED"

    talk.client("ACK", seq=101, ack=301, data=20)

    assert states(talk.connection())[-1] == "FIN-WAIT-1 CLOSE-WAIT"


# --------------------------------------------------------------------- acknowledgments and windows


def test_keep_alive_and_its_answer() -> None:
    for data in (0, 1):
        connection = (
            established().client("ACK", seq=100, ack=301, data=data).server("ACK", seq=301, ack=101).connection()
        )

        assert labels(connection)[3:] == ["keep-alive", "keep-alive ACK"]
        assert connection.originator.payload_bytes == 0
        assert not kinds(connection)


def test_zero_window_and_its_probes() -> None:
    talk = established().client("ACK", seq=101, ack=301, data=20).server("ACK", seq=301, ack=121, window=0)
    talk.client("ACK", seq=121, ack=301, data=1).server("ACK", seq=301, ack=121, window=0)
    talk.server("ACK", seq=301, ack=121, window=100).client("ACK", seq=121, ack=301, data=100)

    connection = talk.connection()

    assert labels(connection)[4:] == [
        "zero window",
        "zero-window probe",
        "zero-window probe ACK",
        "window update",
        "window full",
    ]
    assert not kinds(connection)


def test_zero_window_of_a_connection_whose_scale_is_not_known() -> None:
    """A window of zero is zero, whatever its scale."""
    talk = Conversation().client("ACK", seq=101, ack=301, data=20).server("ACK", seq=301, ack=121, window=0)

    connection = talk.client("ACK", seq=121, ack=301, data=1).connection()

    assert labels(connection)[-1] == "zero-window probe"


def test_window_full_needs_the_scale() -> None:
    """Both SYNs offered one, so 100 means 400; without the SYNs nobody can say."""
    scaled = Conversation().client("SYN", seq=100, options=Option.WINDOW_SCALE, window_scale=2)
    scaled.server("SYN,ACK", seq=300, ack=101, options=Option.WINDOW_SCALE, window_scale=2)
    scaled.client("ACK", seq=101, ack=301).server("ACK", seq=301, ack=101, window=100)

    assert labels(scaled.client("ACK", seq=101, ack=301, data=400).connection())[-1] == "window full"
    assert labels(scaled.client("ACK", seq=501, ack=301, data=100).connection())[-1] == "data"


def test_a_window_scale_above_14_is_14() -> None:
    """RFC 7323 section 2.3."""
    talk = Conversation().client("SYN", seq=100, options=Option.WINDOW_SCALE, window_scale=200)

    assert talk.connection().originator.window_scale == 14


def test_duplicate_ack_with_sack_may_change_the_window() -> None:
    talk = established().client("ACK", seq=111, ack=301, data=10)
    talk.server("ACK", seq=301, ack=101, window=9000, sack_count=1, options=Option.SACK)

    assert labels(talk.connection())[-1] == "duplicate ACK"


# ----------------------------------------------------------------------------------- wrap-around


@pytest.mark.parametrize("x", [2**32 - 1, 2**32 - 2, 2**32 - 12, 2**31 - 1, 0])
@pytest.mark.parametrize("y", [2**32 - 1, 2**32 - 6])
def test_numbers_wrap_wherever_they_may(x: int, y: int) -> None:
    """Handshake, data out of order, FIN with data, keep-alive, reset: all of it across 2^32."""
    talk = Conversation().handshake(x, y).client("ACK", seq=x + 11, ack=y + 1, data=10)
    talk.client("ACK", seq=x + 1, ack=y + 1, data=10).server("ACK", seq=y + 1, ack=x + 21)
    talk.client("ACK", seq=x + 20, ack=y + 1).server("ACK", seq=y + 1, ack=x + 21)
    talk.client("FIN,ACK", seq=x + 21, ack=y + 1, data=5).server("ACK", seq=y + 1, ack=x + 27)
    talk.server("RST", seq=y + 2).server("RST", seq=y + 1)

    connection = talk.connection()

    assert labels(connection)[3:] == [
        "data",
        "out-of-order",
        "ACK",
        "keep-alive",
        "keep-alive ACK",
        "FIN with data",
        "ACK of FIN",
        "RST (not acceptable)",
        "RST (abort)",
    ]
    assert kinds(connection) == ["previous-segment-not-captured", "rst-not-exact"]
    assert connection.originator.payload_bytes == 25
    assert states(connection)[-1] == "CLOSED CLOSED"


def test_a_sum_is_shown_wrapped() -> None:
    talk = Conversation().client("SYN", seq=2**32 - 1).server("SYN,ACK", seq=300, ack=2**32 - 1)

    (finding,) = talk.connection().findings

    assert finding.message == (
        "SYN,ACK acknowledges 4294967295; expected the SYN's sequence number + 1 = 4294967295 + 1 = 0"
    )
    assert finding.expected == 0
