"""A stream is the same whatever its segments, their order and their repetition; what lacks is a hole of its size."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspector.tcp.stream import Hole, Piece, Stream

START = st.integers(0, 2**32 - 1)
TEXT = st.binary(min_size=1, max_size=200)


def number(start: int, at: int) -> int:
    return (start + 1 + at) % 2**32


def opened(start: int, limit: int = 1 << 20) -> Stream:
    stream = Stream(limit)
    stream.add(start, b"", 1, 0, syn=True)
    return stream


def said(stream: Stream) -> bytes:
    return b"".join(each.data for each in stream.said() if isinstance(each, Piece))


def holes(stream: Stream) -> list[tuple[int, int, int]]:
    return [(each.at, each.size, each.cut) for each in stream.said() if isinstance(each, Hole)]


@st.composite
def segmented(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    """A text, and segments of it that cover it: cuts, overlaps and repetitions, in any order."""
    text = draw(TEXT)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)))) | {0, len(text)})
    spans = list(pairwise(cuts))
    some = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans += [(min(pair), max(pair)) for pair in draw(st.lists(some, max_size=8))]
    return text, draw(st.permutations(spans))


@given(segmented(), START)
def test_any_segments_of_a_text_give_the_text(made: tuple[bytes, list[tuple[int, int]]], start: int) -> None:
    text, spans = made
    stream = opened(start)
    for order, (first, last) in enumerate(spans):
        stream.add(number(start, first), text[first:last], order + 2, order + 1)

    assert said(stream) == text
    assert holes(stream) == []
    assert not stream.beyond


@given(segmented(), START)
def test_a_syn_that_comes_last_opens_it_all_the_same(made: tuple[bytes, list[tuple[int, int]]], start: int) -> None:
    text, spans = made
    stream = Stream(1 << 20)
    for order, (first, last) in enumerate(spans):
        stream.add(number(start, first), text[first:last], order + 2, order + 1)
    stream.add(start, b"", 99, 99, syn=True)

    assert (said(stream), holes(stream)) == (text, [])


@given(TEXT, START, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.binary(max_size=200)), max_size=8))
def test_of_contradicting_segments_each_byte_is_as_it_came_first(
    text: bytes, start: int, lies: list[tuple[int, int, bytes]]
) -> None:
    stream = opened(start)
    expected: dict[int, int] = {}
    for order, (at, _, data) in enumerate([(0, 0, text), *lies], start=1):
        stream.add(number(start, at), data, order, order)
        for place, byte in enumerate(data):
            expected.setdefault(at + place, byte)

    assert said(stream) == bytes(expected[at] for at in sorted(expected))
    assert sum(size for _, size, _ in holes(stream)) == max(expected) + 1 - len(expected)


@given(segmented(), START, st.integers(1, 250))
def test_what_is_kept_of_a_long_stream_is_its_beginning(
    made: tuple[bytes, list[tuple[int, int]]], start: int, limit: int
) -> None:
    text, spans = made
    stream = opened(start, limit)
    for order, (first, last) in enumerate(spans):
        stream.add(number(start, first), text[first:last], order + 2, order + 1)

    assert said(stream) == text[:limit]
    if len(text) > limit:
        assert stream.beyond


@given(segmented())
def test_a_piece_is_there_when_all_before_it_is(made: tuple[bytes, list[tuple[int, int]]]) -> None:
    text, spans = made
    stream = opened(5)
    complete_at: dict[int, int] = {}
    seen: set[int] = set()
    for order, (first, last) in enumerate(spans, start=1):
        stream.add(number(5, first), text[first:last], order, order)
        seen.update(range(first, last))
        for at in range(len(text)):
            if set(range(at + 1)) <= seen:
                complete_at.setdefault(at, order)

    for each in stream.said():
        assert isinstance(each, Piece)
        assert each.order == complete_at[each.end - 1]


def test_more_than_four_gigabytes_go_on_counting() -> None:
    stream = opened(2**32 - 10)
    for step in range(9):
        stream.add(number(2**32 - 10, step * 2**29 - 1), b"x", step, step)
    stream.add(number(2**32 - 10, 2**32 + 77), b"y", 99, 99)

    assert [each.at for each in stream.said() if isinstance(each, Piece)][-1] == 2**32 + 77


def test_a_hole_says_how_much_of_it_was_cut_by_the_snaplen() -> None:
    stream = opened(100)
    stream.add(101, b"abc", 2, 1, size=10)
    stream.add(131, b"def", 3, 2, size=5)

    assert said(stream) == b"abcdef"
    assert holes(stream) == [(3, 27, 7), (33, 2, 2)]


def test_a_retransmission_fills_what_was_cut() -> None:
    stream = opened(100)
    stream.add(101, b"abc", 2, 1, size=6)
    stream.add(101, b"abcdef", 3, 2)

    assert (said(stream), holes(stream)) == (b"abcdef", [])


def test_without_a_syn_the_lowest_number_is_the_first() -> None:
    stream = Stream(100)
    stream.add(1000, b"world", 1, 1)
    stream.add(994, b"hello ", 2, 2)

    assert (said(stream), holes(stream)) == (b"hello world", [])


def test_a_number_far_off_does_not_carry_the_stream_away() -> None:
    stream = opened(100)
    stream.add(101, b"abc", 2, 1)
    stream.add(101 + 2**31 - 5, b"far", 3, 2)
    stream.add(104, b"def", 4, 3)

    assert said(stream).startswith(b"abcdef")
