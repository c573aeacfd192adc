"""The tracker: what it keeps, how it grows, and what it is when speeds are mixed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.columns import to_columns
from inspector.tcp.model import Close, Handshake
from inspector.tcp.tracker import Tracker
from inspector.wire.row import Protocol, Row
from tests.tcp.conversation import Conversation, kinds, labels, track


def refused_often(times: int) -> list[Row]:
    """One pair of endpoints, and another attempt whenever the last was refused."""
    talk = Conversation()
    for attempt in range(times):
        talk.client("SYN", seq=1000 * attempt).server("RST,ACK", ack=1000 * attempt + 1)
    return talk.rows


def test_without_rows_outcomes_stay() -> None:
    kept, lean = Tracker(), Tracker(keep=False)
    rows = Conversation().handshake().client("RST", seq=101).rows
    for tracker in (kept, lean):
        tracker.feed(rows, len(rows))

    (full,), (bare,) = kept.connections(), lean.connections()

    assert not bare.segments
    assert not bare.findings
    assert replace(full, segments=(), findings=()) == bare
    assert (bare.handshake, bare.close) == (Handshake.COMPLETE, Close.RESET_BY_ORIGINATOR)


def test_stop_keeping_lets_go_of_what_was_kept() -> None:
    tracker = Tracker()
    rows = Conversation().handshake().rows
    tracker.feed(rows[:2], 2)
    tracker.stop_keeping()
    tracker.feed(rows[2:], 1)

    (connection,) = tracker.connections()

    assert connection.segments == ()
    assert connection.handshake is Handshake.COMPLETE


def test_a_finding_of_the_connection_needs_no_rows() -> None:
    tracker = Tracker(keep=False)
    tracker.feed(Conversation().client("ACK", seq=1, ack=1).rows, 1)

    assert kinds(next(tracker.connections())) == ["handshake-not-captured"]


@pytest.mark.parametrize("columnar", [False, True])
def test_incarnations_are_told_apart_while_the_table_grows(columnar: bool) -> None:  # noqa: FBT001 - a parameter
    """More attempts than the first table holds: each in its turn, the last one findable."""
    connections = track(refused_often(100), batch=7, columnar=columnar)

    assert [connection.number for connection in connections] == list(range(1, 101))
    assert {connection.handshake for connection in connections} == {Handshake.REFUSED}
    assert all(labels(connection) == ["SYN (1 of 3)", "RST (refused)"] for connection in connections)


@pytest.mark.parametrize("turn", range(6))
def test_plain_rows_may_be_followed_by_columns_and_plain_rows_again(turn: int) -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)
    rows = talk.client("ACK", seq=102, ack=302).rows
    tracker = Tracker()
    tracker.feed(rows[:turn], turn)
    tracker.feed(to_columns(Row, rows[turn : turn + 1], 1), 1, columnar=True)
    tracker.feed(rows[turn + 1 :], len(rows) - turn - 1)

    assert len(tracker) == 1
    assert list(tracker.connections()) == track(rows)


def test_a_syn_that_proved_to_open_is_shown_where_it_belongs_whatever_the_batches() -> None:
    talk = Conversation().handshake().client("SYN", seq=9000).server("SYN,ACK", seq=7000, ack=9001)

    for size in range(1, 6):
        old, new = track(talk.rows, batch=size)

        assert (len(old.segments), labels(new)) == (3, ["SYN (1 of 3)", "SYN,ACK (2 of 3)"])


def test_what_is_not_tcp_is_passed_over() -> None:
    rows = Conversation().handshake().rows
    others = [replace(rows[0], protocol=Protocol.UDP), replace(rows[0], undecoded=12)]

    passed = track([*others, *rows, *others])

    # The rows' own frame numbers do not count the others.
    assert [replace(each, frames=(1, 3)) for each in passed] == track(rows)


def test_a_third_segment_captured_first_joins_the_answer_that_follows() -> None:
    """The SYN was missed, and the SYN,ACK was overtaken: near enough to be of one connection."""
    talk = Conversation().client("ACK", seq=101, ack=301).server("SYN,ACK", seq=300, ack=101)

    connection = talk.client("ACK", seq=101, ack=301, data=5).connection()

    assert labels(connection) == ["ACK", "SYN,ACK (2 of 3)", "ACK (3 of 3) with data"]
    assert kinds(connection) == ["handshake-segment-not-captured"]


def test_a_syn_ack_far_from_what_was_seen_begins_another_connection() -> None:
    talk = Conversation().client("ACK", seq=101, ack=301).server("SYN,ACK", seq=2_000_000, ack=5001)

    old, new = talk.connections()

    assert (old.handshake, new.handshake) == (Handshake.NOT_SEEN, Handshake.HALF_OPEN)


def test_ends_by_side_and_a_filter_for_wireshark() -> None:
    connection = Conversation().handshake().connection()

    assert (connection.end(connection.segments[0].sender), connection.end(connection.segments[1].sender)) == (
        connection.originator,
        connection.responder,
    )
    assert connection.display_filter == (
        "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 40000 && tcp.port == 80"
    )
