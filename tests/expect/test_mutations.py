"""Faults seeded into orderly connections: each is reported at its place, and as what it is.

The connection is random; the sequence that is expected of it writes every number. Then one thing is changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from inspector.tcp.facts import Fact
from inspector.wire.flags import flags_text
from inspector.wire.row import Flag
from tests.expect.said import MODULUS, Said, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.tcp.model import TracedSegment

_NUMBERS = st.one_of(st.integers(0, MODULUS - 1), st.integers(MODULUS - 200, MODULUS - 1))


@composite
def orderly(draw: DrawFn) -> Said:
    """Opened, some data each way, each acknowledged by itself or by what follows, and closed in one of three ways."""
    said = Said(draw(_NUMBERS), draw(_NUMBERS)).handshake()
    for _ in range(draw(st.integers(0, 6))):
        speak, answer = draw(st.sampled_from([(said.client, said.server), (said.server, said.client)]))
        speak(draw(st.sampled_from(["ACK", "PSH,ACK"])), len=draw(st.integers(1, 1000)))
        if draw(st.booleans()):
            answer("ACK")
    first, second = draw(st.sampled_from([(said.client, said.server), (said.server, said.client)]))
    first("FIN,ACK", len=draw(st.sampled_from([0, 0, 3])))
    if draw(st.booleans()):
        second("ACK")
    second("FIN,ACK", len=draw(st.sampled_from([0, 0, 3])))
    first("ACK")
    return said


def written(said: Said) -> str:
    """The sequence that expects exactly what was said, in symbols."""
    names = ["client", "server"]
    lines = []
    for traced in said.segments:
        row, side = traced.row, traced.sender
        start = (said.x, said.y)
        line = f"{names[side]} > {names[1 - side]}  {flags_text(row.flags & ~Flag.PSH)}"
        line += f" seq={'xy'[side]}+{(row.seq - start[side]) % MODULUS}"
        if row.flags & Flag.ACK:
            line += f" ack={'yx'[side]}+{(row.ack - start[1 - side]) % MODULUS}"
        lines.append(f"{line} len={row.payload_len}")
    return "\n".join(lines) + "\n"


@composite
def faulty(draw: DrawFn) -> tuple[Said, str, int]:
    """An orderly connection, its sequence, and the frame to be changed."""
    said = draw(orderly())
    return said, written(said), draw(st.integers(1, len(said.segments)))


@given(orderly())
@settings(max_examples=60)
def test_what_was_said_is_as_expected_and_is_an_orderly_close_after_a_handshake(said: Said) -> None:
    assert said.compare(written(said)).matched
    assert said.compare("strict\n" + written(said)).matched
    assert said.compare("three-way-handshake").matched
    assert said.compare("any-close").matched


@given(faulty(), st.sampled_from(["seq", "ack"]), st.integers(1, MODULUS - 1))
@settings(max_examples=60)
def test_a_shifted_number_is_one_difference_at_its_frame(fault: tuple[Said, str, int], name: str, shift: int) -> None:
    said, expected, frame = fault
    row = said.segments[frame - 1].row
    name = name if row.flags & Flag.ACK else "seq"
    said.changed(frame, **{name: (getattr(row, name) + shift) % MODULUS})
    assert told(said.compare(expected)) == [("changed", frame, frame, name)]


def _words(traced: TracedSegment) -> tuple[int, ...]:
    """What a segment says, and who says it."""
    row = traced.row
    return traced.sender, row.flags, row.seq, row.ack, row.payload_len


@given(faulty(), st.sampled_from([Flag.SYN, Flag.FIN, Flag.RST, Flag.ACK]))
@settings(max_examples=60)
def test_a_flipped_flag_is_one_difference_at_its_frame(fault: tuple[Said, str, int], flag: int) -> None:
    said, expected, frame = fault
    traced = said.segments[frame - 1]
    changed = replace(traced, row=replace(traced.row, flags=traced.row.flags ^ flag))
    # An ACK that becomes the FIN which follows is that FIN, sent twice: then it is the ACK that is missing.
    assume(all(_words(changed) != _words(other) for other in said.segments if other is not traced))
    said.segments[frame - 1] = changed
    assert told(said.compare(expected)) == [("changed", frame, frame, "flags")]


@given(faulty())
@settings(max_examples=60)
def test_a_dropped_segment_is_the_line_that_is_missing(fault: tuple[Said, str, int]) -> None:
    said, expected, frame = fault
    assert told(said.without(frame).compare(expected)) == [("missing", frame, None, "")]


@given(faulty())
@settings(max_examples=60)
def test_two_swapped_segments_are_one_difference(fault: tuple[Said, str, int]) -> None:
    said, expected, frame = fault
    frame = min(frame, len(said.segments) - 1)
    assert told(said.swapped(frame).compare(expected)) == [("swapped", frame, frame + 1, "")]


@given(faulty())
@settings(max_examples=60)
def test_a_copy_is_noted_and_extra_only_when_strict(fault: tuple[Said, str, int]) -> None:
    said, expected, frame = fault
    traced = said.segments[frame - 1]
    copy = replace(traced, row=replace(traced.row, frame=1000), facts=Fact.DUPLICATE)
    said.segments.insert(frame, copy)
    comparison = said.compare(expected)
    assert comparison.matched
    assert comparison.notes == ("tolerated capture duplicates: frame 1000",)
    assert [(each.kind, each.line) for each in said.compare("strict\n" + expected).differences] == [("extra", None)]


@given(faulty(), st.data())
@settings(max_examples=60)
def test_two_shifted_numbers_are_both_told(fault: tuple[Said, str, int], data: st.DataObject) -> None:
    said, expected, frame = fault
    other = data.draw(st.integers(1, len(said.segments)).filter(lambda each: abs(each - frame) > 1))
    for each, shift in ((frame, 77_777), (other, 5_555_555)):
        said.changed(each, seq=(said.segments[each - 1].row.seq + shift) % MODULUS)
    assert sorted(told(said.compare(expected)), key=str) == sorted(
        [("changed", each, each, "seq") for each in (frame, other)], key=str
    )


@given(orderly(), st.integers(0, MODULUS - 1))
@settings(max_examples=30)
def test_shifting_all_numbers_of_one_end_changes_nothing(said: Said, shift: int) -> None:
    expected = written(said)
    shifted: Callable[[int], int] = lambda number: (number + shift) % MODULUS  # noqa: E731 - one expression
    for frame, traced in enumerate(said.segments, start=1):
        ours = not traced.sender
        row = traced.row
        said.changed(frame, seq=shifted(row.seq) if ours else row.seq, ack=row.ack if ours else shifted(row.ack))
    assert said.compare(expected).matched
