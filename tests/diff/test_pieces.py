"""One conversation at two places whose network cards cut and join it, whose snaplens differ, and which miss frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inspector.diff import pieces
from inspector.diff.against import compare_pair, diff
from inspector.diff.pairing import pair_of
from inspector.expect.subject import subject_of
from inspector.wire.row import Endpoint, Option
from tests.diff.test_diff import shipped, told, without
from tests.expect.said import Said

if TYPE_CHECKING:
    from inspector.diff.model import Compared

MTU = 1448


def sent(*lengths: int, flags: str = "ACK", **fields: Any) -> Said:
    """A handshake, and data in segments of these lengths."""
    said = Said().handshake()
    for length in lengths:
        said.client(flags, len=length, **fields)
    return said


def compared(one: Said, other: Said) -> Compared:
    return compare_pair(pair_of(one.connection(), other.connection()))


def parts(found: Compared) -> list[tuple[str, int | None, int | None, tuple[int, int] | None]]:
    return [(str(each.difference.kind), each.frame_a, each.frame_b, each.part) for each in found.placed]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((5 * MTU,), (MTU,) * 5),
        ((MTU,) * 5, (5 * MTU,)),
        ((3 * MTU, 2 * MTU), (2 * MTU, 3 * MTU)),
        ((100, 3 * MTU, 7), (100, MTU, 2 * MTU + 7)),
    ],
)
def test_data_that_a_card_cut_or_joined_are_no_difference_and_told_in_a_note(
    one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    found = compared(sent(*one).closed(), sent(*other).closed())

    assert found.comparison.matched
    assert any("(offload)" in note for note in found.comparison.notes)


def test_segments_that_are_cut_alike_need_no_note() -> None:
    assert compared(sent(MTU, 500).closed(), sent(MTU, 500).closed()).comparison.notes == ()


def test_the_numbers_may_wrap_where_it_is_cut() -> None:
    def said(*lengths: int) -> Said:
        said = Said(x=(1 << 32) - 2000).handshake()
        for length in lengths:
            said.client("ACK", len=length)
        return said.closed()

    assert compared(said(4 * MTU), said(MTU, MTU, MTU, MTU)).comparison.matched


def test_what_is_lost_of_a_segment_that_is_cut_on_its_way_is_told_as_a_part_of_it() -> None:
    """Frame 4 of A is frames 4 to 8 of B, of which the third is lost."""
    found = compared(sent(5 * MTU).closed(), sent(*[MTU] * 5).without(6).closed())

    first = 1001 + 2 * MTU
    assert parts(found) == [("missing", 4, None, (first, first + MTU - 1))]
    assert f"seq={first}" in found.placed[0].difference.expected
    assert f"len={MTU}" in found.placed[0].difference.expected


def test_what_was_joined_on_its_way_and_is_missing_at_the_first_place_is_told_of_the_second() -> None:
    found = compared(sent(*[MTU] * 5).without(6).closed(), sent(5 * MTU).closed())

    assert parts(found) == [("extra", None, 4, (1001 + 2 * MTU, 1001 + 3 * MTU - 1))]


def test_all_of_a_segment_that_is_missing_is_that_segment_though_the_rest_is_cut() -> None:
    found = compared(sent(3 * MTU, 2 * MTU, MTU).closed(), sent(MTU, MTU, MTU, MTU, MTU, MTU).without(7).without(7))

    assert parts(found)[0] == ("missing", 5, None, None)
    assert f"len={2 * MTU}" in found.placed[0].difference.expected


def test_a_repetition_of_a_part_is_told_from_the_part_by_its_timestamp() -> None:
    """The second of five was lost, and sent again by itself: what is missing is a part of the first segment."""
    times: dict[str, Any] = {"options": Option.TIMESTAMPS, "tsecr": 7}
    one = sent(5 * MTU, tsval=100, **times).client("ACK", seq=1001 + MTU, len=MTU, tsval=200, **times)
    other = sent(*[MTU] * 5, tsval=100, **times).client("ACK", seq=1001 + MTU, len=MTU, tsval=200, **times).without(5)

    found = compared(one, other)

    assert parts(found) == [("missing", 4, None, (1001 + MTU, 1000 + 2 * MTU))]


def test_push_and_fin_are_of_the_last_part() -> None:
    whole = Said().handshake().client("PSH,FIN,ACK", len=2 * MTU).server("ACK")
    cut = Said().handshake().client("ACK", len=MTU).client("PSH,FIN,ACK", len=MTU).server("ACK")

    assert compared(whole, cut).comparison.matched
    assert compared(cut, whole).comparison.matched


def test_push_in_the_middle_of_what_was_joined_is_no_difference_but_elsewhere_it_is() -> None:
    assert compared(sent(MTU, MTU, flags="PSH,ACK"), sent(2 * MTU, flags="PSH,ACK")).comparison.matched
    assert parts(compared(sent(MTU, flags="PSH,ACK"), sent(MTU))) == [("changed", 4, 4, None)]


def test_what_a_middlebox_changed_of_data_that_are_cut_is_told_too() -> None:
    found = compared(sent(2 * MTU).closed(), sent(MTU, MTU).changed(5, window=100).closed())

    assert [(each.frame_a, each.frame_b, each.difference.field) for each in found.placed] == [(4, 5, "win")]


def test_a_segment_of_other_numbers_is_another_segment_and_not_a_changed_one() -> None:
    """Two acknowledgments look alike but for their numbers, which no path changes."""

    def acknowledged(*numbers: int) -> Said:
        said = Said().handshake().client("ACK", len=50)
        for number in numbers:
            said.server("ACK", ack=number, window=2000 - number)
        return said

    found = compared(acknowledged(1003, 1020), acknowledged(1005, 1020))
    assert [kind for kind, *_ in parts(found)] == ["missing", "extra"]
    overtaken = compared(acknowledged(1003, 1005, 1007, 1020), acknowledged(1005, 1007, 1003, 1020))
    assert [kind for kind, *_ in parts(overtaken)] == ["swapped"]


def test_datagrams_have_no_numbers_to_be_cut_at() -> None:
    (exchange,) = shipped("udp-lost")

    assert [kind for kind, *_ in told(diff([exchange], [without(exchange, 1)]))] == ["missing"]


def test_nothing_is_cut_where_too_much_would_come_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_MOST_PIECES", 3)

    assert not compared(sent(5 * MTU).closed(), sent(*[MTU] * 5).closed()).comparison.matched


def test_hostile_segments_that_all_overlap_are_left_whole() -> None:
    """Cut at each other's ends they would be millions of pieces."""
    hostile = Said()
    for index in range(2000):
        hostile.client("ACK", seq=1001 + index, len=65_000)
        hostile.client("ACK", seq=1001 + index, len=64_000)
    events, rows = subject_of(hostile.connection()).events, [each.row for each in hostile.segments]
    uncut = pieces.pieces_of(events, rows)

    assert pieces.cut_alike(uncut[::2], uncut[1::2]) == (uncut[::2], uncut[1::2])


# ------------------------------------------------------------------------------- what a snaplen cut off


def test_an_option_that_one_snaplen_cut_off_is_no_difference_and_told_in_a_note() -> None:
    def offered() -> Said:
        options = Option.MSS | Option.WINDOW_SCALE | Option.SACK_PERMITTED
        return Said().client("SYN", options=options, mss=1460, window_scale=7).server("SYN,ACK").client("ACK").closed()

    whole, cut = offered(), offered().changed(1, options=Option.MSS | Option.CUT)

    for one, other in ((whole, cut), (cut, whole)):
        found = compared(one, other)
        assert found.comparison.matched
        assert any("sack, timestamps, wscale" in note for note in found.comparison.notes)
    clamped = compared(cut, offered().changed(1, mss=1300))
    assert [each.difference.field for each in clamped.placed] == ["mss"]


def test_a_repetition_is_told_from_what_was_lost_though_one_snaplen_cut_off_its_timestamp() -> None:
    def said() -> Said:
        said = sent(MTU, ip_id=7, options=Option.TIMESTAMPS, tsval=100)
        return said.client("ACK", seq=1001, len=MTU, ip_id=8, options=Option.TIMESTAMPS, tsval=200).closed()

    cut = said()
    for frame in (4, 5):
        cut.changed(frame, options=Option.CUT, tsval=0)

    assert parts(compared(cut, said().without(4))) == [("missing", 4, None, None)]


# ------------------------------------------------------------------------------- lost, or not captured


def test_what_the_other_place_acknowledges_and_never_saw_was_not_captured_there() -> None:
    def said() -> Said:
        return Said().handshake().client("ACK", len=5).server("ACK").client("ACK", len=6).server("ACK").closed()

    passed = compared(said(), said().without(4))
    assert [each.has_passed for each in passed.placed] == [True]
    extra = compared(said().without(4), said())
    assert [each.has_passed for each in extra.placed] == [True]


def test_what_was_repeated_there_was_not_seen_the_first_time_and_may_be_lost() -> None:
    def said() -> Said:
        said = Said().handshake().client("ACK", len=5, ip_id=1).client("ACK", seq=1001, len=5, ip_id=2)
        return said.server("ACK", ack=1006).closed()

    assert [each.has_passed for each in compared(said(), said().without(4)).placed] == [False]


def test_what_nobody_acknowledged_may_be_lost_and_so_may_a_plain_acknowledgment() -> None:
    def said() -> Said:
        return Said().handshake().client("ACK", len=5).server("ACK")

    assert [each.has_passed for each in compared(said(), said().without(5).without(4)).placed] == [False, False]


# ------------------------------------------------------------------------------- doubled on the way


def test_a_datagram_that_came_twice_and_was_sent_once_is_a_copy_and_its_repetition_is_none() -> None:
    def said(*identifications: int) -> Said:
        said = Said().handshake()
        for identification in identifications:
            said.client("ACK", seq=1001, len=5, ip_id=identification)
        return said.server("ACK", ack=1006)

    doubled, repeated, unnumbered = (compared(said(7), said(*those)) for those in ((7, 7), (7, 8), (0, 0)))

    assert [each.copy_of for each in doubled.placed] in ([4], [5])
    assert [each.copy_of for each in repeated.placed] == [None]
    assert [each.copy_of for each in unnumbered.placed] == [None]


# ------------------------------------------------------------------------------- translated addresses


def test_a_connection_whose_address_was_translated_is_known_by_the_one_number_that_both_saw() -> None:
    """The SYN came through, and no SYN,ACK came back."""
    one = Said(x=70_000).client("SYN").connection()
    one = replace(one, responder=replace(one.responder, iss=None))
    other = Said(x=70_000, y=80_000).client("SYN").server("SYN,ACK").connection()
    translated = replace(other, originator=replace(other.originator, endpoint=Endpoint("192.0.2.7", 61_000)))

    (pair,) = diff([one], [translated]).pairs

    assert pair.pair.is_same
    assert pair.pair.is_translated
    assert [each[:3] for each in told(diff([one], [translated]))] == [("extra", None, 2)]


def test_one_number_in_common_is_not_enough_where_no_endpoint_is() -> None:
    one = Said(x=70_000).client("SYN").connection()
    one = replace(one, responder=replace(one.responder, iss=None))
    other = replace(
        one,
        originator=replace(one.originator, endpoint=Endpoint("192.0.2.7", 61_000)),
        responder=replace(one.responder, endpoint=Endpoint("192.0.2.8", 80)),
    )

    (pair,) = diff([one], [other]).pairs

    assert not pair.pair.is_same
    assert not pair.pair.is_translated


def test_no_rule_is_cited_for_what_two_places_saw_differently() -> None:
    found = compared(sent(MTU).closed(), sent(MTU).without(4).closed())

    assert [each.difference.rule for each in found.placed] == [""]
