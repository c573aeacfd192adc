"""The close: every orderly one, and what is told of the others."""

from __future__ import annotations

import pytest

from tests.expect.said import Said, told


def opened() -> Said:
    """A connection on which both ends have said something."""
    return Said().handshake().client("ACK", len=5).server("ACK").server("ACK", len=7).client("ACK")


def in_three() -> Said:
    return opened().closed()


def in_four() -> Said:
    return opened().server("FIN,ACK").client("ACK").client("FIN,ACK").server("ACK")


def half_closed() -> Said:
    said = opened().client("FIN,ACK").server("ACK").server("ACK", len=30).client("ACK")
    return said.server("FIN,ACK").client("ACK")


def simultaneous() -> Said:
    said = opened()
    ack = said.segments[-1].row.ack
    return (
        said.client("FIN,ACK").server("FIN,ACK", ack=said.segments[-1].row.seq).server("ACK").client("ACK", ack=ack + 1)
    )


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (in_three(), "three-segment-close"),
        (in_four(), "four-segment-close"),
        (half_closed(), "half-close"),
        (simultaneous(), "simultaneous-close"),
    ],
)
def test_each_close_is_itself_and_an_orderly_one_and_no_other(said: Said, name: str) -> None:
    assert said.compare(name).matched
    assert said.compare("any-close").matched
    for other in {"three-segment-close", "four-segment-close", "half-close", "simultaneous-close"} - {name}:
        assert not said.compare(other).matched, other


def test_either_end_may_be_the_first_to_close() -> None:
    assert in_four().compare("four-segment-close").bindings[0] == ("u", 2008)
    assert in_three().compare("three-segment-close").bindings[0] == ("u", 1006)


def test_a_fin_that_carries_data_is_acknowledged_past_the_data() -> None:
    said = opened().client("FIN,ACK", len=4).server("FIN,ACK").client("ACK")
    assert said.compare("any-close").matched
    (difference,) = said.changed(9, ack=1010).compare("three-segment-close").differences
    assert difference.expected == "u+m+1 = 1006+4+1 = 1011"
    assert difference.actual == "u+m = 1010"
    assert difference.rule == "RFC 9293 section 3.6"


def test_a_fin_acknowledged_one_short_is_told_at_the_acknowledgment() -> None:
    said = in_three()
    assert told(said.changed(10, ack=said.segments[9].row.ack - 1).compare("any-close")) == [("changed", 3, 10, "ack")]


@pytest.mark.parametrize(("frame", "line"), [(8, 1), (9, 2)])
def test_a_fin_without_its_flag_is_recognised_by_its_numbers(frame: int, line: int) -> None:
    comparison = in_three().changed(frame, flags="ACK").compare("three-segment-close")
    assert told(comparison) == [("changed", line, frame, "flags")]


def test_an_acknowledgment_in_place_of_the_last_fin_reads_as_a_close_in_four_that_misses_it() -> None:
    comparison = in_three().changed(9, flags="ACK").compare("any-close")
    assert told(comparison) == [("missing", 3, None, "")]


def test_a_connection_that_was_never_closed_misses_both_fins() -> None:
    comparison = opened().compare("any-close")
    assert [each.expected.split("  ")[1] for each in comparison.differences if each.kind == "missing"] == [
        "FIN,ACK",
        "FIN,ACK",
    ]


def test_a_reset_is_no_orderly_close() -> None:
    assert not opened().client("RST,ACK").compare("any-close").matched


def test_an_acknowledgment_of_a_fin_is_not_passed_over_where_it_is_written() -> None:
    said = in_four().without(9)
    assert told(said.compare("four-segment-close")) == [("missing", 2, None, "")]


def test_a_segment_after_the_close_is_extra() -> None:
    assert told(in_three().client("RST").compare("any-close"))[-1][0] == "extra"
