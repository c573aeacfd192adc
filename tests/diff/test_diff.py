"""Two captures against each other: what was seen at one place and not at the other, and what is not the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.diff.against import diff
from inspector.diff.anchors import anchors_of, gaps_of
from inspector.errors import ExpectationError
from inspector.expect.automaton import MOST_POSITIONS
from inspector.pipeline import inspect
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.wire.row import Endpoint
from tests.diff.places import AHEAD_NS, CAPTURES, WAY_NS, both_sides
from tests.expect.said import Said

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.diff.model import Conversation, Diff

FOLDERS = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))


def conversations(path: Path) -> tuple[Conversation, ...]:
    inspection = inspect(path)
    return (*inspection.connections, *inspection.exchanges)


def shipped(name: str) -> tuple[Conversation, ...]:
    return conversations(CAPTURES / name / f"{name}.pcapng")


def told(found: Diff) -> list[tuple[str, int | None, int | None, str, str]]:
    """`(kind, frame of A, frame of B, what it is, field)` of every difference."""
    return [
        (str(each.difference.kind), each.frame_a, each.frame_b, each.what, each.difference.field)
        for pair in found.pairs
        for each in pair.placed
    ]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_capture_does_not_differ_from_itself(name: str) -> None:
    found = diff(shipped(name), shipped(name))

    assert not found.differs
    assert all(pair.pair.is_same for pair in found.pairs)
    assert len(found.pairs) == len(shipped(name))


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("tcp-syn-lost", [("missing", 1, None, "SYN", "")]),
        ("tcp-synack-lost", [("extra", None, 2, "SYN,ACK", "")]),
        ("tcp-fin-lost", [("missing", 8, None, "FIN,ACK", "")]),
        ("tcp-retransmission", [("missing", 4, None, "ACK", "")]),
        ("udp-lost", [("missing", 2, None, "UDP", "")]),
    ],
)
def test_what_was_lost_between_two_places_is_named_at_its_frame(
    name: str, lost: list[tuple[str, int | None, int | None, str, str]], tmp_path: Path
) -> None:
    client, server = both_sides(name, tmp_path)

    found = diff(conversations(client), conversations(server))

    assert [each[:3] + each[4:] for each in told(found)] == [each[:3] + each[4:] for each in lost]
    assert found.pairs[0].placed[0].what.removeprefix("PSH,") == lost[0][3]
    assert found.pairs[0].pair.is_same


@pytest.mark.parametrize("name", FOLDERS)
def test_whichever_frame_is_not_in_b_is_named_and_nothing_else(name: str) -> None:
    for one in shipped(name)[:1]:
        for place in some_places(one):
            kept = one.segments if isinstance(one, Connection) else one.datagrams
            frame = kept[place].row.frame

            assert [each[:3] for each in told(diff([one], [without(one, place)]))] == [("missing", frame, None)]
            assert [each[:3] for each in told(diff([without(one, place)], [one]))] == [("extra", None, frame)]


def some_places(each: Conversation) -> list[int]:
    """The first, some in the middle and the last; but not a copy, which counts for nothing, nor the only one."""
    if not isinstance(each, Connection):
        return [0, len(each.datagrams) - 1] if len(each.datagrams) > 1 else []
    count = len(each.segments)
    places = {0, 1, 2, count // 2, count - 1} & set(range(count)) if count > 1 else set()
    return sorted(place for place in places if not each.segments[place].facts & Fact.DUPLICATE)


def without(each: Conversation, place: int) -> Conversation:
    if isinstance(each, Connection):
        return replace(each, segments=each.segments[:place] + each.segments[place + 1 :])
    return replace(each, datagrams=each.datagrams[:place] + each.datagrams[place + 1 :])


def test_a_repetition_is_told_from_what_was_lost_though_all_that_is_written_of_both_is_the_same(tmp_path: Path) -> None:
    """The first SYN was lost: not the second, which is the same but for its IP identification and timestamp."""
    client, server = both_sides("tcp-syn-lost", tmp_path)

    (pair,) = diff(conversations(client), conversations(server)).pairs

    assert pair.comparison.lines[0] == (2, 1)
    assert "(frame 1 of A)" in pair.placed[0].difference.expected


def test_the_capture_of_a_wire_says_itself_what_it_dropped(tmp_path: Path) -> None:
    _, server = both_sides("tcp-syn-lost", tmp_path)

    (pair,) = diff(shipped("tcp-syn-lost"), conversations(server)).pairs

    assert [each.is_lost for each in pair.placed] == [True]


def test_the_clocks_are_told_apart_from_the_way(tmp_path: Path) -> None:
    client, server = both_sides("tcp-syn-lost", tmp_path)
    (pair,) = diff(conversations(client), conversations(server)).pairs
    (back,) = diff(conversations(server), conversations(client)).pairs

    assert pair.clocks is not None
    assert back.clocks is not None
    assert (pair.clocks.ahead_ns, pair.clocks.way_ns, pair.clocks.frames) == (AHEAD_NS, WAY_NS, 8)
    assert (back.clocks.ahead_ns, back.clocks.way_ns) == (-AHEAD_NS, WAY_NS)


def test_segments_that_cross_on_their_way_are_no_difference() -> None:
    one = Said().handshake().client("ACK", len=5).server("ACK", len=7, ack=1001).closed()
    other = Said().handshake().client("ACK", len=5).server("ACK", len=7, ack=1001).closed().swapped(4)
    assert [traced.row.payload_len for traced in other.segments[3:5]] == [7, 5]

    assert not diff([one.connection()], [other.connection()]).differs


def test_what_was_reordered_on_the_path_is() -> None:
    def said() -> Said:
        return Said().handshake().client("ACK", len=5).client("ACK", len=7).closed()

    found = diff([said().connection()], [said().swapped(4).connection()])

    assert [kind for kind, *_ in told(found)] == ["swapped"]


def test_what_a_middlebox_changed_is_told_at_its_field() -> None:
    def said() -> Said:
        return Said().handshake().client("ACK", len=5).closed()

    found = diff([said().connection()], [said().changed(4, window=100).connection()])

    assert [each[:3] + each[4:] for each in told(found)] == [("changed", 4, 4, "win")]


def test_an_address_that_was_translated_hides_no_connection() -> None:
    one = Said(x=70_000, y=80_000).handshake().closed().connection()
    other = replace(one, originator=replace(one.originator, endpoint=Endpoint("192.0.2.7", 61_000)))

    (pair,) = diff([one], [other]).pairs

    assert pair.pair.is_same


def test_who_is_taken_for_the_originator_does_not_matter() -> None:
    """Of a connection that was captured midstream it is whoever was seen first."""
    one = Said().handshake().client("ACK", len=5).server("ACK", len=6).closed().connection()
    turned = tuple(replace(traced, sender=traced.sender.other) for traced in one.segments[4:])
    other = replace(one, originator=one.responder, responder=one.originator, segments=turned)

    (pair,) = diff([one], [other]).pairs

    assert pair.pair.is_same
    assert pair.pair.mirrored
    assert [frame for _, frame, *_ in told(diff([one], [other]))] == [1, 2, 3, 4]


def test_two_runs_of_one_program_differ_in_no_number() -> None:
    def run(x: int, y: int, length: int) -> Connection:
        said = Said(x=x, y=y).handshake().client("PSH,ACK", len=length).server("ACK", len=9).closed().connection()
        return replace(said, originator=replace(said.originator, endpoint=Endpoint("127.0.0.1", 1024 + x % 1000)))

    assert not diff([run(1000, 2000, 5)], [run(9_000_001, 77, 5)]).differs
    found = diff([run(1000, 2000, 5)], [run(9_000_001, 77, 6)])
    assert told(found) == [("changed", 4, 4, "PSH,ACK", "len")]
    assert not found.pairs[0].pair.is_same


def test_what_has_no_counterpart_stays_alone_and_it_is_the_one_that_is_least_alike() -> None:
    def at(port: int, said: Said) -> Connection:
        connection = said.connection()
        return replace(
            connection, number=port, originator=replace(connection.originator, endpoint=Endpoint("10.0.0.1", port))
        )

    refused = Said().client("SYN").server("RST,ACK", seq=0)
    a = [at(1, Said(5).handshake().client("ACK", len=3).closed()), at(2, refused), at(3, Said(9).handshake().closed())]
    b = [at(4, Said(50).handshake().client("ACK", len=3).closed()), at(5, Said(90).handshake().closed())]

    found = diff(a, b)

    assert [(pair.pair.one.number, pair.pair.other.number) for pair in found.pairs] == [(1, 4), (3, 5)]
    assert [each.number for each in found.only_a] == [2]
    assert found.differs
    assert [each.number for each in diff(b, a).only_b] == [2]


def test_what_one_of_them_captured_twice_counts_once() -> None:
    (connection,) = shipped("doubled-loopback")
    assert isinstance(connection, Connection)
    once = replace(connection, segments=tuple(each for each in connection.segments if not each.facts & Fact.DUPLICATE))
    assert len(once.segments) < len(connection.segments)

    assert not diff([connection], [once]).differs
    assert not diff([once], [connection]).differs


def test_anchors_stand_in_one_order_in_both() -> None:
    keys = [("a",), ("b",), ("c",), ("d",), ("c",)]
    others = [("b",), ("a",), ("x",), ("d",)]

    assert anchors_of(keys, others) in ([(0, 1), (3, 3)], [(1, 0), (3, 3)])
    assert list(gaps_of([(0, 1), (3, 3)], 5, 4)) == [
        (range(0), range(1)), (range(1, 3), range(2, 3)), (range(4, 5), range(4, 4)),
    ]  # fmt: skip


def test_many_losses_in_a_long_connection_are_all_found() -> None:
    one = Said().handshake()
    for _ in range(1500):
        one.client("ACK", len=100).server("ACK")
    connection = one.closed().connection()
    other = replace(connection, segments=tuple(each for each in connection.segments if each.row.frame % 97))

    found = diff([connection], [other])

    assert [frame for _, frame, *_ in told(found)] == list(range(97, len(connection.segments) + 1, 97))


def test_a_connection_of_any_length_is_compared_where_its_segments_can_be_told_apart() -> None:
    said = Said().handshake()
    for _ in range(6000):
        said.client("ACK", len=1)
    connection = said.connection()

    found = diff([connection], [without(connection, 5000)])

    assert [frame for _, frame, *_ in told(found)] == [5001]


def test_where_they_cannot_be_there_is_a_bound_and_one_line() -> None:
    said = Said()
    for _ in range(MOST_POSITIONS + 1):
        said.client("ACK")
    connection = said.connection()

    with pytest.raises(ExpectationError, match="connection 1 of A: 5,001 segments in a row look like each other"):
        diff([connection], [without(connection, 0)])
