"""The short way of ordinary segments ends where the long way ends: same facts, same states, same memory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import CaptureFileError
from inspector.tcp import fold as fold_room
from inspector.tcp import steady as steady_room
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from inspector.wire.row import NO_TIME, Direction
from tests.tcp.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspector.wire.row import Row


def outcome(rows: list[Row]) -> tuple[Any, Any]:
    """All that the fold says of the rows, and all that it remembers."""
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    follower = tracker._follower
    memories = list(follower.memories())
    for (connection,), *_ in memories:
        connection.pair_hash = 0  # of a seed of its own
    return [each.trace for each in follower.kept()], memories


def both_ways(rows: list[Row]) -> int:
    """Hold the two ways against each other; how many segments took the short one."""
    short = 0
    is_steady = steady_room.is_steady

    def counted(*arguments: Any) -> bool:
        nonlocal short
        found = is_steady(*arguments)
        short += found
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_room, "is_steady", counted)
        quickly = outcome(rows)
        patch.setattr(fold_room, "is_steady", lambda *_: False)
        slowly = outcome(rows)
    assert quickly == slowly
    return short


WINDOWS = st.sampled_from([0, 1, 8, 100, 100, 100])
STEPS = ("data", "data", "data", "news", "news", "same", "probe", "keep-alive", "far", "syn", "syn again", "rst", "fin")


@st.composite
def segments(draw: st.DrawFn, by_client: bool, sent: dict[bool, int]) -> dict[str, Any]:  # noqa: FBT001 - as drawn
    """What one end says next, `sent` being the next number of each; one step in two is out of the ordinary."""
    step = draw(st.sampled_from(STEPS))
    isn = {True: 100, False: 300}
    plain: dict[str, Any] = {
        "flags": "ACK",
        "seq": sent[by_client],
        "ack": sent[not by_client],
        "window": draw(WINDOWS),
    }
    changes: dict[str, dict[str, Any]] = {
        "data": {"data": draw(st.sampled_from([1, 8, 8, 20]))},
        "same": {"ack": plain["ack"] - draw(st.integers(0, 9))},
        "probe": {"data": 1},
        "keep-alive": {"seq": plain["seq"] - 1, "data": draw(st.integers(0, 1))},
        "far": {"seq": plain["seq"] + draw(st.integers(-9, 9)), "ack": plain["ack"] + draw(st.integers(-9, 9))},
        "syn": {"flags": "SYN", "seq": draw(st.sampled_from([plain["seq"], 5000]))},
        "syn again": {
            "flags": "SYN" if by_client else "SYN,ACK",
            "seq": isn[by_client],
            "ack": isn[not by_client] + 1,
        },
        "rst": {
            "flags": draw(st.sampled_from(["RST", "RST,ACK"])),
            "seq": plain["seq"] + draw(st.sampled_from([-5, 0, 3, 500])),
        },
        "fin": {"flags": "FIN,ACK"},
    }
    if step == "data":
        sent[by_client] += changes["data"]["data"]
    return plain | changes.get(step, {})


@st.composite
def transfers(draw: st.DrawFn) -> list[Row]:
    """Both ends send and acknowledge; in between, whatever might give an ordinary segment another meaning."""
    talk = Conversation()
    if draw(st.integers(0, 4)):
        talk.handshake(100, 300)
    sent = {True: 101, False: 301}
    for by_client in draw(st.lists(st.booleans(), max_size=16)):
        said = draw(segments(by_client, sent))
        (talk.client if by_client else talk.server)(said.pop("flags"), **said)
    rows = talk.rows
    if rows and draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(rows) - 1))
        change = draw(st.sampled_from([{"time_ns": NO_TIME}, {"direction": Direction.LOST}, {"ip_id": 7, "digest": 5}]))
        rows[at] = replace(rows[at], **change)
    return rows


@settings(max_examples=100)
@given(transfers())
def test_the_short_way_ends_where_the_long_way_ends(rows: list[Row]) -> None:
    both_ways(rows)


@pytest.mark.slow
@settings(max_examples=1500)
@given(transfers())
def test_so_it_does_in_many_more_transfers(rows: list[Row]) -> None:
    both_ways(rows)


def rows_of(path: Path) -> Iterator[Row]:
    with open_capture(path) as reader:
        for batch in reader:
            yield from batch.rows[: batch.count]
            if reader.frames > 5_000:
                return


def test_the_ways_agree_on_every_capture_of_ours(captures: Path) -> None:
    short = sum(both_ways(list(rows_of(path))) for path in sorted(captures.glob("*/*.pcapng")))

    assert short > 100


@pytest.mark.slow
def test_the_ways_agree_on_the_corpus(corpus: Path) -> None:
    short = 0
    for path in sorted(corpus.rglob("*.pcap*")):
        with suppress(CaptureFileError):  # which captures cannot be read is another test's matter
            short += both_ways(list(rows_of(path)))

    assert short > 1_000
