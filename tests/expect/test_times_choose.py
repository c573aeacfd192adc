"""Times, silences and states choose between ways, against the plainest reading of them: all ways, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.expect.comparison import Comparer
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    Flags,
    Item,
    Line,
    Named,
    Optional,
    Repeat,
    Sequence,
    Silence,
    States,
)
from inspector.tcp.states import State
from inspector.wire.flags import parse_flags
from tests.expect.said import Said, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy

MS = 1_000_000
FLAGS = ("SYN", "SYN", "SYN", "RST")
"""Mostly one, so that times decide."""
STATES = (State.ESTABLISHED, State.CLOSED)


class Seen(NamedTuple):
    flags: str
    at: int
    """Milliseconds."""
    state: State


class Way(NamedTuple):
    taken: int
    """How many segments."""
    last: int
    """That of the last line, or -1."""


def lines() -> SearchStrategy[Line]:
    def line(flags: str, within: int | None) -> Line:
        bits = parse_flags(flags)
        assert bits is not None
        return Line("client", "server", Flags(bits), within_ns=within)

    return st.builds(line, st.sampled_from(FLAGS), st.sampled_from([None, None, MS, 2 * MS]))


MARKS = st.one_of(
    st.sampled_from(STATES).map(lambda state: States((state, None))),
    st.sampled_from(["", "client", "server"]).map(lambda sender: Silence(2 * MS, sender)),
)


def items() -> SearchStrategy[Item]:
    """A mark stands right behind its line here, so that every way on from there passes it."""
    marked = st.builds(lambda line, mark: Named("one", (line, mark)), lines(), MARKS)
    return st.recursive(st.one_of(lines(), lines(), marked, st.just(AnySegments())), blocks, max_leaves=5)


def blocks(inner: SearchStrategy[Item]) -> SearchStrategy[Item]:
    bodies = st.lists(inner, min_size=1, max_size=3).map(tuple)
    counts = st.sampled_from([(0, None), (1, None), (2, 2), (0, 2)])
    return st.one_of(
        bodies.map(Optional),
        st.builds(lambda some, count: Repeat(some, *count), bodies, counts),
        st.lists(bodies, min_size=2, max_size=2).map(tuple).map(Alternatives),
        st.lists(inner, min_size=2, max_size=2).map(tuple).map(AnyOrder),
    )


def through(body: Iterable[Item], seen: list[Seen], ways: set[Way]) -> set[Way]:
    for item in body:
        ways = after(item, seen, ways)
    return ways


def after(  # noqa: PLR0911 - one for each kind of item
    item: Item, seen: list[Seen], ways: set[Way]
) -> set[Way]:
    """All ways on through `item` that keep what it says."""
    match item:
        case Line():
            return {
                Way(way.taken + 1, way.taken)
                for way in ways
                if way.taken < len(seen) and is_line(item, seen, way.taken, way.last)
            }
        case States(states):
            return {way for way in ways if seen[way.last].state is states[0]}
        case Silence():
            return {way for way in ways if is_silent(item, seen, way.last)}
        case AnySegments():
            return {Way(taken, way.last) for way in ways for taken in range(way.taken, len(seen) + 1)}
        case Optional():
            return ways | through(item.items, seen, ways)
        case Named():
            return through(item.items, seen, ways)
        case Alternatives():
            return {way for branch in item.branches for way in through(branch, seen, ways)}
        case Repeat():
            return repeated(item, seen, ways)
        case AnyOrder(parts):
            one, two = parts
            return through((one, two), seen, ways) | through((two, one), seen, ways)
        case _:
            raise AssertionError(item)


def is_line(line: Line, seen: list[Seen], place: int, last: int) -> bool:
    carried = line.carried
    assert isinstance(carried, Flags)
    in_time = line.within_ns is None or last < 0 or (seen[place].at - seen[last].at) * MS <= line.within_ns
    return parse_flags(seen[place].flags) == carried.bits and in_time


def is_silent(silence: Silence, seen: list[Seen], last: int) -> bool:
    """Only the client speaks here."""
    if silence.sender == "server" or last + 1 == len(seen):
        return True
    return (seen[last + 1].at - seen[last].at) * MS >= silence.duration_ns


def repeated(item: Repeat, seen: list[Seen], ways: set[Way]) -> set[Way]:
    ended = set(ways) if item.least == 0 else set()
    for round_ in range(1, (len(seen) + item.least + 1 if item.most is None else item.most) + 1):
        ways = through(item.items, seen, ways)
        if round_ >= item.least:
            ended |= ways
    return ended


WORDS = st.lists(st.tuples(st.sampled_from(FLAGS), st.sampled_from([1, 2, 3]), st.sampled_from(STATES)), max_size=4)


@settings(max_examples=100)
@given(st.lists(items(), min_size=1, max_size=3), WORDS)
def test_what_matches_is_what_some_way_keeps(some: list[Item], word: list[tuple[str, int, State]]) -> None:
    said, seen, at = Said(), list[Seen](), 0
    for frame, (flags, passed, state) in enumerate(word, start=1):
        at += passed
        seen.append(Seen(flags, at, state))
        said.client(flags, states=(state, State.ESTABLISHED)).changed(frame, time_ns=at * MS)
    expected = any(way.taken == len(seen) for way in through(some, seen, {Way(0, -1)}))

    assert Comparer(Sequence(tuple(some), strict=True)).compare(said.connection()).matched is expected


# --------------------------------------------------------------------------------- a few that a teacher would write

EITHER = """
client > server  SYN
either: server > client  SYN,ACK  {}
or: server > client  SYN,ACK  {}
client > server  ACK
"""

BY_STATES = """
client > server  SYN
either:
    server > client  SYN,ACK
    | CLOSED -
or:
    server > client  SYN,ACK
    | ESTABLISHED -
client > server  ACK
"""

BY_SILENCE = """
client > server  SYN
either:
    no segment for 1s
    server > client  SYN,ACK
or: server > client  SYN,ACK
client > server  ACK
"""

OPTIONAL = """
client > server  SYN
optional:
    server > client  SYN,ACK  within 10ms
    client > server  ACK
optional:
    server > client  SYN,ACK  within 1s
    client > server  ACK
"""


@pytest.mark.parametrize(
    "text",
    [
        EITHER.format("within 10ms", "within 1s"),
        EITHER.format("within 1s", "within 10ms"),
        BY_STATES,
        BY_SILENCE,
        OPTIONAL,
    ],
)
def test_what_is_as_one_branch_says_is_no_difference_from_the_other(text: str) -> None:
    said = Said().handshake().changed(2, time_ns=500 * MS).changed(3, time_ns=501 * MS)

    assert told(said.compare(text)) == []


def test_where_something_else_is_wrong_the_branch_whose_times_hold_is_taken_as_well() -> None:
    said = Said().handshake().changed(2, time_ns=500 * MS).changed(3, time_ns=501 * MS, ack=7)
    text = EITHER.format("within 10ms", "within 1s").replace("ACK  within", "ACK  seq=y  within") + "...\n"

    assert told(said.compare(text.replace("server  ACK\n", "server  ACK  ack=y+1\n"))) == [("changed", 3, 3, "ack")]


def test_between_any_segments_a_time_chooses_the_line_that_it_is_counted_from() -> None:
    said = Said().handshake().client("ACK", len=5).client("ACK", len=6).server("ACK", len=7)
    said.changed(5, time_ns=500 * MS).changed(6, time_ns=501 * MS)

    assert told(said.compare("...\nclient > server  ACK  len=n\n...\nserver > client  ACK  len=7  within 10ms\n")) == []


def test_a_line_that_is_counted_from_none_is_never_late() -> None:
    """So the segment that the optional line might take is rather left to the `...`."""
    said = Said().client("ACK", len=5).client("ACK", len=6)
    said.changed(2, time_ns=500 * MS)

    assert told(said.compare("optional:\n    client > server  ACK\n...\nclient > server  ACK  within 2ms\n")) == []


def test_where_no_branch_keeps_its_time_one_is_told_and_nothing_else() -> None:
    said = Said().handshake().changed(2, time_ns=5_000 * MS).changed(3, time_ns=5_001 * MS)

    assert told(said.compare(EITHER.format("within 10ms", "within 1s"))) == [("changed", 2, 2, "time")]
