"""The same frame twice in a capture: counted, shown, and moving nothing; what is no copy stays.

The rule: every byte from the IP header on is equal, and the copy follows within a millisecond.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.tcp.tracker import Tracker
from inspector.wire.row import NO_TIME, Direction, Row
from tests.tcp.conversation import Conversation, kinds, labels, states, track

if TYPE_CHECKING:
    from inspector.tcp.model import Connection

GAP_NS = 5_000
SECOND_NS = 1_000_000_000


def whole() -> list[Row]:
    talk = Conversation().handshake().client("ACK,PSH", seq=101, ack=301, data=5).server("ACK", seq=301, ack=106)
    talk.client("FIN,ACK", seq=106, ack=301).server("FIN,ACK", seq=301, ack=107).client("ACK", seq=107, ack=302)
    return talk.rows


def copy(row: Row, after_ns: int = GAP_NS) -> Row:
    return replace(row, time_ns=row.time_ns + after_ns)


def only(rows: list[Row]) -> Connection:
    (connection,) = track(rows)
    return connection


def without_copies(connection: Connection) -> list[tuple[str, str]]:
    seen = zip(labels(connection), states(connection), strict=True)
    return [each for each in seen if each[0] != "capture duplicate"]


@pytest.mark.parametrize("no_ip_id", [False, True], ids=["with IP IDs", "without IP IDs"])
def test_every_frame_twice(no_ip_id: bool) -> None:  # noqa: FBT001 - a parameter
    """As scapy's listening socket gives a loopback."""
    rows = [replace(row, ip_id=0) if no_ip_id else row for row in whole()]
    once, twice = only(rows), only([each for row in rows for each in (row, copy(row))])

    assert labels(twice).count("capture duplicate") == len(rows)
    assert without_copies(twice) == without_copies(once)
    assert twice.originator == once.originator
    assert not kinds(twice)


def forwarded(row: Row, hops: int = 1) -> Row:
    return replace(copy(row), ttl=row.ttl - hops)


@pytest.mark.parametrize("ip_id", [None, 0], ids=["with IP IDs", "without IP IDs"])
def test_every_frame_before_and_after_a_router_and_on_two_interfaces_of_each(ip_id: int | None) -> None:
    """As on `any` of a gateway: in, to the bridge, forwarded, out."""
    rows = [replace(row, ttl=64, ip_id=row.ip_id if ip_id is None else ip_id) for row in whole()]
    once = only(rows)
    seen = only([each for row in rows for each in (row, copy(row), forwarded(row), forwarded(row))])

    assert labels(seen).count("capture duplicate") == 3 * len(rows)
    assert without_copies(seen) == without_copies(once)
    assert seen.originator == once.originator
    assert not kinds(seen)


def test_the_same_syn_with_a_higher_ttl_each_time_is_a_traceroute_and_none_is_a_copy() -> None:
    syn = replace(whole()[0], ip_id=1)
    probes = [replace(syn, ttl=ttl, time_ns=syn.time_ns + ttl * GAP_NS) for ttl in range(1, 10)]

    assert labels(only(probes))[1:] == ["retransmission of SYN"] * 8


def test_the_copy_need_not_be_the_next_frame() -> None:
    """Two segments leave before the first is seen to arrive."""
    rows = whole()
    close_together = [replace(row, time_ns=index * 10_000) for index, row in enumerate(rows)]
    woven = sorted([*close_together, *(copy(row, 25_000) for row in close_together)], key=lambda row: row.time_ns)

    connection = only(woven)

    assert labels(connection).count("capture duplicate") == len(rows)
    assert states(connection)[-1] == "TIME-WAIT CLOSED"


def test_the_tracker_counts_them() -> None:
    tracker = Tracker()
    rows = [each for row in whole() for each in (row, copy(row))]
    tracker.feed(rows, len(rows))

    assert tracker.duplicates == len(rows) // 2


def test_a_syn_ack_retransmitted_byte_for_byte_after_a_second_is_no_copy() -> None:
    """Linux sends SYN,ACK with IP ID 0: only time tells."""
    rows = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101, ip_id=0).rows

    connection = only([*rows, copy(rows[1], SECOND_NS)])

    assert labels(connection)[-1] == "retransmission of SYN,ACK"
    assert connection.responder.retransmissions == 1


def test_a_syn_ack_that_a_repeated_syn_asks_for_is_no_copy_of_the_one_just_sent() -> None:
    """Both timers ran out at once: the server's SYN,ACK goes again, and once more in answer to the client's SYN."""
    syn, syn_ack = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101, ip_id=0).rows
    repeated = replace(syn, time_ns=SECOND_NS + 10_000, ip_id=7, digest=7)
    by_timer = replace(syn_ack, time_ns=SECOND_NS)
    connection = only([syn, syn_ack, by_timer, repeated, copy(by_timer, 400_000)])

    assert labels(connection)[2:] == [
        "retransmission of SYN,ACK",
        "retransmission of SYN",
        "retransmission of SYN,ACK",
    ]


def test_in_a_doubled_capture_the_answer_to_a_repeated_syn_is_doubled_too() -> None:
    syn, syn_ack = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101, ip_id=0).rows
    again = replace(syn, time_ns=SECOND_NS, ip_id=7, digest=7)
    answer = replace(syn_ack, time_ns=SECOND_NS + 20_000)
    connection = only([syn, syn_ack, again, copy(again), answer, copy(answer)])

    assert labels(connection)[2:] == [
        "retransmission of SYN",
        "capture duplicate",
        "retransmission of SYN,ACK",
        "capture duplicate",
    ]


@pytest.mark.parametrize(
    ("after_ns", "label"), [(1_000_000, "capture duplicate"), (1_000_001, "retransmission of SYN")]
)
def test_a_millisecond_is_the_limit(after_ns: int, label: str) -> None:
    rows = Conversation().client("SYN", seq=100).rows

    assert labels(only([*rows, copy(rows[0], after_ns)]))[-1] == label


def test_duplicate_acks_with_ip_ids_of_their_own_are_no_copies() -> None:
    """They differ in a byte, however soon they come."""
    talk = Conversation().handshake().client("ACK", seq=111, ack=301, data=5)
    for place in range(3):
        talk.server("ACK", seq=301, ack=101, time_ns=50_000_000 + place)

    connection = talk.connection()

    assert labels(connection)[4:] == ["duplicate ACK"] * 3


def test_bare_acks_without_ip_id_alone_may_be_genuine() -> None:
    """IPv6: three duplicate ACKs in a burst are equal to the last byte, and nothing else was doubled."""
    talk = Conversation().handshake().client("ACK", seq=111, ack=301, data=5)
    talk.server("ACK", seq=301, ack=101, ip_id=-1)
    ack = talk.rows[-1]

    connection = only([*talk.rows, copy(ack, 10_000), copy(ack, 20_000)])

    assert labels(connection)[4:] == ["duplicate ACK"] * 3


def test_bare_acks_without_ip_id_in_a_doubled_capture_are_copies() -> None:
    rows = [replace(row, ip_id=-1) for row in whole()]
    woven = [each for row in rows[3:5] for each in (row, copy(row))]

    connection = only([*rows[:3], *woven])

    assert labels(connection)[3:] == ["data", "capture duplicate", "ACK", "capture duplicate"]


def test_a_bare_ack_that_went_out_and_came_in_is_one() -> None:
    """SLL says it outright, so that no other frame need be doubled; two that went out are two."""
    talk = Conversation().client("ACK", seq=1, ack=1, ip_id=-1, direction=Direction.OUTBOUND)
    ack = talk.rows[0]
    came_in = replace(copy(ack), direction=Direction.INBOUND)

    assert labels(only([ack, came_in])) == ["ACK", "capture duplicate"]
    assert labels(only([ack, copy(ack)])) == ["ACK", "duplicate ACK"]


def test_frames_without_a_time_are_never_copies() -> None:
    """A Simple Packet Block has no time, and half the rule is not enough."""
    rows = [replace(row, time_ns=NO_TIME) for row in Conversation().client("SYN", seq=100).rows]

    connection = only([*rows, *rows])

    assert labels(connection) == ["SYN (1 of 3)", "retransmission of SYN"]
    assert connection.handshake_ns is None


def test_a_copy_in_the_other_direction_is_another_segment() -> None:
    """Equal bytes from each end, as in a simultaneous open of equal numbers, are two departures."""
    talk = Conversation().client("SYN", seq=100, digest=7).server("SYN", seq=100, digest=7, time_ns=10_000_001)

    assert labels(talk.connection()) == ["SYN (1 of 3)", "SYN (crossing)"]


def test_an_ip_id_that_never_changes_tells_nothing() -> None:
    """Scapy numbers every datagram 1: two equal bare ACKs within a millisecond are then two, as without an IP ID."""
    talk = Conversation().handshake().server("FIN,ACK", seq=301, ack=101).client("ACK", seq=101, ack=302)
    rows = [replace(row, ip_id=1) for row in talk.rows]
    again = replace(rows[-1], frame=6, time_ns=rows[-1].time_ns + 100_000)

    assert labels(only([*rows, again]))[-2:] == ["ACK of FIN", "duplicate ACK"]
