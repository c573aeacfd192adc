"""A watched connection is the same as without watching, whatever the batches, the speed and who is let go of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.columns import to_columns
from inspector.tcp import watch as watching
from inspector.tcp.lifetimes import Limits
from inspector.tcp.tracker import Tracker
from inspector.tcp.watch import Watch
from inspector.wire.row import Row
from tests.tcp.conversation import Conversation
from tests.tcp.test_summary import HASTY, crowds, moved

if TYPE_CHECKING:
    from inspector.tcp.model import Connection

EVERY = range(1, 100)


def watched(
    rows: list[Row], wanted: range | list[int], *, limits: Limits | None = None, batch: int = 7, columnar: bool = False
) -> tuple[list[Connection], Tracker, Watch]:
    watch = Watch(wanted, most=1000)
    tracker = Tracker(keep=False, limits=limits, watch=watch)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        tracker.feed(to_columns(Row, part, len(part)) if columnar else part, len(part), columnar=columnar)
    return list(watch.connections()), tracker, watch


def stray_that_begins_the_next() -> list[Row]:
    """A living connection, a SYN that looks stray in it, and the SYN,ACK that proves it to be a new one's."""
    talk = Conversation()
    talk.client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301)
    talk.client("SYN", seq=9000).client("ACK", seq=101, ack=301, data=5)
    talk.server("SYN,ACK", seq=7000, ack=9001).client("ACK", seq=9001, ack=7001)
    return talk.rows


@settings(max_examples=60)
@given(crowds(), st.integers(1, 9), st.booleans())
def test_watched_and_kept_connections_are_the_same(rows: list[Row], batch: int, columnar: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    each = list(tracker.connections())

    assert watched(rows, EVERY, batch=batch, columnar=columnar)[0] == each
    for one in each:
        assert watched(rows, [one.number], batch=batch, columnar=columnar)[0] == [one]


@settings(max_examples=60)
@given(crowds(), st.integers(1, 9), st.booleans())
def test_numbers_are_the_summarys_whoever_is_let_go_of(rows: list[Row], batch: int, columnar: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    each, tracker, watch = watched(rows, EVERY, limits=HASTY, batch=batch, columnar=columnar)
    summary = tracker.summary()

    assert [one.number for one in each] == list(range(1, summary.connections + 1))
    assert watch.seen == summary.connections
    listed = {one.connection.number: one for one in summary.first}
    for one in each[: len(listed)]:
        other = listed[one.number].connection
        assert (one.originator, one.responder, one.handshake, one.close, one.zeek) == (
            other.originator, other.responder, other.handshake, other.close, other.zeek,
        )  # fmt: skip
        assert len(one.findings) == listed[one.number].findings


@pytest.mark.parametrize("columnar", [False, True])
@pytest.mark.parametrize("wanted", [[1], [2], [1, 2]])
def test_a_stray_syn_is_shown_where_it_proved_to_belong(wanted: list[int], columnar: bool) -> None:  # noqa: FBT001 - a parameter
    rows = stray_that_begins_the_next()

    each, _, _ = watched(rows, wanted, batch=3, columnar=columnar)

    frames = {1: [1, 2, 3, 5], 2: [4, 6, 7]}
    assert {one.number: [traced.row.frame for traced in one.segments] for one in each} == {
        number: frames[number] for number in wanted
    }


def test_what_finds_no_room_is_counted() -> None:
    rows = stray_that_begins_the_next()
    watch = Watch([1], most=3)
    tracker = Tracker(keep=False, watch=watch)
    tracker.feed(rows, len(rows))

    (one,) = watch.connections()

    assert (len(one.segments), watch.left_out) == (3, {1: 2})
    assert one.originator.segments == 3  # what is remembered of its ends is whole


def test_strays_that_nobody_takes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MOST_STRAYS", 1)
    rows = stray_that_begins_the_next()
    others = [replace(row, frame=row.frame + 100) for row in moved(rows[:4], 1)]

    each, _, _ = watched([*rows[:4], *others, *rows[4:]], [3])

    assert [traced.row.frame for traced in each[0].segments] == [6, 7]


def test_a_number_that_no_connection_has_gives_nothing() -> None:
    each, _, watch = watched(stray_that_begins_the_next(), [0, 3, 500])

    assert (each, watch.seen) == ([], 2)
