"""Metamorphic properties: what must not change when nothing that matters changes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.tcp.model import Connection
from inspector.wire.row import Row
from tests.tcp.conversation import CLIENT, SERVER, STEP_NS, Conversation, track

MASK = 0xFFFF_FFFF
FLAGS = ("SYN", "SYN,ACK", "ACK", "ACK,PSH", "FIN,ACK", "RST", "RST,ACK", "FIN", "", "SYN,FIN", "FIN,RST,ACK")

# Numbers near each other, so that most segments fall on, beside or just outside of what was sent before.
near = st.integers(-3, 30)
spoken = st.tuples(st.booleans(), st.sampled_from(FLAGS), near, near, st.sampled_from((0, 0, 0, 1, 5, 12)))


@st.composite
def orderly(draw: st.DrawFn) -> Conversation:
    """A handshake, some data both ways, and one of the closes: what most connections are."""
    x, y = draw(st.integers(0, MASK)), draw(st.integers(0, MASK))
    talk = Conversation().handshake(x, y)
    sent = {True: x + 1, False: y + 1}
    for by_client, size in draw(st.lists(st.tuples(st.booleans(), st.integers(1, 1460)), max_size=6)):
        say = talk.client if by_client else talk.server
        say("ACK,PSH", seq=sent[by_client], ack=sent[not by_client], data=size)
        sent[by_client] += size
        answer = talk.server if by_client else talk.client
        answer("ACK", seq=sent[not by_client], ack=sent[by_client])
    first = draw(st.booleans())
    one, two = (talk.client, talk.server) if first else (talk.server, talk.client)
    one("FIN,ACK", seq=sent[first], ack=sent[not first])
    if draw(st.booleans()):
        two("ACK", seq=sent[not first], ack=sent[first] + 1)
    two("FIN,ACK", seq=sent[not first], ack=sent[first] + 1)
    one("ACK", seq=sent[first] + 1, ack=sent[not first] + 1)
    return talk


@st.composite
def disorderly(draw: st.DrawFn) -> Conversation:
    """Any flags, any numbers near each other: what no orderly program sends too."""
    talk = Conversation()
    if draw(st.booleans()):
        talk.handshake()
    for by_client, flags, seq, ack, data in draw(st.lists(spoken, min_size=1, max_size=14)):
        base, other = (100, 300) if by_client else (300, 100)
        say = talk.client if by_client else talk.server
        say(flags, seq=base + seq, ack=other + ack, data=data)
    return talk


conversations = st.one_of(orderly(), disorderly())


def essence(connections: list[Connection]) -> list[tuple[object, ...]]:
    """All that is said of connections, without frames, numbers and addresses."""
    return [
        (
            connection.handshake,
            connection.close,
            connection.completeness,
            connection.originator.state,
            connection.responder.state,
            [(each.sender, each.label, each.states, [f.kind for f in each.findings]) for each in connection.segments],
        )
        for connection in connections
    ]


@given(conversations, st.integers(0, MASK), st.integers(0, MASK))
def test_shifting_either_isn_changes_nothing(talk: Conversation, for_client: int, for_server: int) -> None:
    shifted = []
    for row in talk.rows:
        own, other = (for_client, for_server) if row.source == CLIENT else (for_server, for_client)
        shifted.append(replace(row, seq=(row.seq + own) & MASK, ack=(row.ack + other) & MASK))

    assert essence(track(shifted)) == essence(track(talk.rows))


@given(conversations)
def test_exchanging_the_ends_mirrors_the_result(talk: Conversation) -> None:
    other = Conversation((SERVER, CLIENT))
    for row in talk.rows:
        other.rows.append(
            replace(
                row,
                src_lo=row.dst_lo,
                dst_lo=row.src_lo,
                src_port=row.dst_port,
                dst_port=row.src_port,
            )
        )

    assert essence(track(other.rows)) == essence(track(talk.rows))


@given(conversations, st.integers(1, 5))
def test_batch_boundaries_change_nothing(talk: Conversation, size: int) -> None:
    assert essence(track(talk.rows, batch=size)) == essence(track(talk.rows))


@given(conversations, conversations, st.randoms(use_true_random=False))
def test_interleaving_connections_changes_nothing(one: Conversation, two: Conversation, random: st.DataObject) -> None:
    moved = [replace(row, src_lo=row.src_lo + 256, dst_lo=row.dst_lo + 256) for row in two.rows]
    alone = essence(track(one.rows)) + essence(track(moved))
    queues = [list(one.rows), moved]
    mixed: list[Row] = []
    while any(queues):
        queue = random.choice([each for each in queues if each])  # type: ignore[attr-defined]
        mixed.append(queue.pop(0))

    together = essence(track(mixed))

    assert sorted(map(repr, together)) == sorted(map(repr, alone))


@given(conversations, st.data())
def test_a_capture_duplicate_is_counted_and_moves_nothing(talk: Conversation, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(talk.rows) - 1))
    copy = replace(talk.rows[index], time_ns=talk.rows[index].time_ns + 5_000)
    doubled = [*talk.rows[: index + 1], copy, *talk.rows[index + 1 :]]

    plain, seen = track(talk.rows), track(doubled)

    originals = [
        replace(each, segments=tuple(one for one in each.segments if one.label != "capture duplicate")) for each in seen
    ]
    assert essence(originals) == essence(plain)
    assert sum(len(connection.segments) for connection in seen) == len(doubled)


@given(conversations)
def test_anonymised_addresses_change_nothing(talk: Conversation) -> None:
    renamed = [
        replace(
            row,
            src_lo=row.src_lo ^ 0x5A5A00,
            dst_lo=row.dst_lo ^ 0x5A5A00,
            src_port=row.src_port ^ 1,
            dst_port=row.dst_port ^ 1,
        )
        for row in talk.rows
    ]

    assert essence(track(renamed)) == essence(track(talk.rows))


@settings(max_examples=60)
@given(st.lists(conversations, min_size=1, max_size=3))
def test_compiled_and_plain_give_the_same(talks: list[Conversation]) -> None:
    numbers = count(1)
    rows = [
        replace(
            row,
            frame=(number := next(numbers)),
            time_ns=number * STEP_NS,
            src_lo=row.src_lo + 256 * index,
            dst_lo=row.dst_lo + 256 * index,
        )
        for index, talk in enumerate(talks)
        for row in talk.rows
    ]

    assert track(rows, columnar=True) == track(rows)


@given(orderly())
def test_an_orderly_connection_has_no_findings_and_ends_closed(talk: Conversation) -> None:
    connection = talk.connection()

    assert not connection.findings
    assert {str(connection.originator.state), str(connection.responder.state)} == {"TIME-WAIT", "CLOSED"}


@given(orderly(), st.data())
def test_a_retransmission_moves_no_state(talk: Conversation, data: st.DataObject) -> None:
    """Any segment but the third's predecessors may come again at the end of the connection."""
    index = data.draw(st.integers(0, len(talk.rows) - 1))
    before = talk.connection()
    talk.again(index)

    after = talk.connection()

    assert (after.originator.state, after.responder.state) == (before.originator.state, before.responder.state)
    assert (after.handshake, after.close) == (before.handshake, before.close)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 200])
def test_the_table_grows_without_forgetting(size: int) -> None:
    rows = [
        replace(
            row,
            src_port=1000 + index if row.source == CLIENT else 80,
            dst_port=80 if row.source == CLIENT else 1000 + index,
        )
        for index in range(size)
        for row in Conversation().handshake().rows
    ]

    connections = track(rows, batch=7)

    assert len(connections) == size
    assert {connection.originator.endpoint.port for connection in connections} == set(range(1000, 1000 + size))
