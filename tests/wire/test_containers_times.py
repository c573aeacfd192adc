"""Time stamps: plain, compiled, and done with fractions give the same nanosecond."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.columns import to_columns
from inspector.compiled import compiled
from inspector.wire import NO_TIME
from inspector.wire.containers.times import Ticks, nanoseconds, ticks

LAST = (1 << 63) - 1
counts = st.integers(0, (1 << 64) - 1)
resolutions = st.integers(0, 255)
offsets = st.one_of(st.just(0), st.integers(-(10**10), 10**10), st.integers(-(1 << 63), (1 << 63) - 1))


def truth(count: int, resolution: int, offset: int) -> int:
    power = resolution & 0x7F
    tick = Fraction(1, 2**power if resolution & 0x80 else 10**power)
    since = floor(count * tick * 10**9)
    when = since + offset * 10**9
    return when if since <= LAST and abs(offset) <= 9_223_372_035 and -LAST <= when <= LAST else NO_TIME


def plain(count: int, resolution: int, offset: int) -> int:
    return nanoseconds(count >> 32, count & 0xFFFFFFFF, ticks(1, 0, resolution, offset))


@given(counts, resolutions, offsets)
@example((1 << 64) - 1, 0x80, 0)
@example(1_700_000_000 << 33, 0x80 | 33, 0)
@example(17_000_000_000_000_000_000, 10, 0)
@example((1 << 64) - 1, 28, 0)
@example(LAST, 9, 0)
@example(LAST, 9, 1)
@example(1 << 63, 9, 0)
def test_plain_is_exact(count: int, resolution: int, offset: int) -> None:
    assert plain(count, resolution, offset) == truth(count, resolution, offset)


@pytest.mark.slow
@given(st.lists(st.tuples(counts, resolutions, offsets), min_size=1, max_size=50))
def test_compiled_is_plain(cases: list[tuple[int, int, int]]) -> None:
    faces = to_columns(Ticks, [ticks(1, 0, resolution, offset) for _, resolution, offset in cases], len(cases))
    machine = [
        compiled(nanoseconds)(count >> 32, count & 0xFFFFFFFF, faces[place])
        for place, (count, _, _) in enumerate(cases)
    ]

    assert machine == [plain(*case) for case in cases]


@given(st.integers(0, 127))
def test_a_second_is_a_second_in_every_resolution_that_can_hold_one(power: int) -> None:
    if power <= 63:
        assert plain(2**power, 0x80 | power, 0) == 10**9
    if power <= 19:
        assert plain(10**power, power, 0) == 10**9
