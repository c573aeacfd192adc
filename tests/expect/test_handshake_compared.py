"""The handshake: golden cases, and each kind of difference at its place."""

from __future__ import annotations

import pytest

from inspector.expect.model import Difference, Kind
from tests.expect.said import MODULUS, Said, told

HANDSHAKE = """
client > server  SYN      seq=x
server > client  SYN,ACK  seq=y    ack=x+1
client > server  ACK      seq=x+1  ack=y+1
"""


def test_a_handshake_is_as_expected_and_binds_both_numbers() -> None:
    comparison = Said().handshake().compare(HANDSHAKE)
    assert comparison.matched
    assert comparison.differences == ()
    assert comparison.bindings == (("x", 1000), ("y", 2000))
    assert comparison.lines == ((1, 1), (2, 2), (3, 3))
    assert (comparison.name, comparison.connection) == ("here", 1)


@pytest.mark.parametrize(("x", "y"), [(MODULUS - 1, 5), (5, MODULUS - 1), (MODULUS - 1, MODULUS - 1), (0, 0)])
def test_numbers_wrap_at_two_to_the_32nd(x: int, y: int) -> None:
    assert Said(x, y).handshake().compare(HANDSHAKE).matched


def test_a_syn_ack_that_acknowledges_x_is_one_difference_with_its_sum() -> None:
    (difference,) = Said().handshake().changed(2, ack=1000).compare(HANDSHAKE).differences
    assert difference == Difference(
        Kind.CHANGED,
        2,
        2,
        "ack",
        "x+1 = 1000+1 = 1001",
        "x = 1000",
        "RFC 9293 section 3.5",
        "frame.number == 2",
    )


def test_the_sum_is_shown_where_it_wraps() -> None:
    (difference,) = Said(x=MODULUS - 1).handshake().changed(2, ack=7).compare(HANDSHAKE).differences
    assert difference.expected == "x+1 = 4294967295+1 = 0 (modulo 2^32)"
    assert difference.actual == "x+8 = 7"


def test_a_wrong_syn_is_reported_at_the_syn_not_at_all_that_answer_it() -> None:
    comparison = Said().handshake().changed(1, seq=1500).compare(HANDSHAKE)
    assert told(comparison) == [("changed", 1, 1, "seq")]
    assert comparison.differences[0].expected == "x = 1000"
    assert comparison.differences[0].actual == "x+500 = 1500"
    assert comparison.bindings == (("x", 1000), ("y", 2000))


def test_with_evidence_on_both_sides_the_first_use_of_a_symbol_is_believed() -> None:
    assert told(Said().handshake().changed(3, ack=1999).compare(HANDSHAKE)) == [("changed", 3, 3, "ack")]


def test_what_is_not_written_may_decide_a_tie() -> None:
    said = Said().handshake().server("ACK", len=5).client("ACK").changed(2, seq=2500)
    assert told(said.compare("three-way-handshake")) == [("changed", 2, 2, "seq")]


def test_two_wrong_fields_are_both_told() -> None:
    comparison = Said().handshake().changed(2, ack=1000).changed(3, ack=1999).compare(HANDSHAKE)
    assert told(comparison) == [("changed", 2, 2, "ack"), ("changed", 3, 3, "ack")]


def test_two_wrong_fields_of_one_segment_are_both_told() -> None:
    comparison = Said().handshake().changed(3, seq=1000, ack=1999).compare(HANDSHAKE)
    assert told(comparison) == [("changed", 3, 3, "seq"), ("changed", 3, 3, "ack")]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (1, "client > server  SYN  seq=x = 1000"),
        (2, "server > client  SYN,ACK  seq=y = 2000  ack=x+1 = 1000+1 = 1001"),
        (3, "client > server  ACK  seq=x+1 = 1000+1 = 1001  ack=y+1"),
    ],
)
def test_a_missing_segment_is_told_with_the_numbers_that_the_others_give(frame: int, expected: str) -> None:
    (difference,) = Said().handshake().without(frame).compare(HANDSHAKE).differences
    assert (difference.kind, difference.line, difference.frame) == (Kind.MISSING, frame, None)
    assert difference.expected.startswith(expected)
    assert difference.actual == "nothing"
    assert difference.rule == "RFC 9293 section 3.5"


def test_a_missing_syn_ack_can_be_looked_for() -> None:
    (difference,) = Said().handshake().without(2).compare(HANDSHAKE).differences
    assert difference.display_filter == (
        "ip.src == 127.0.0.1 && ip.dst == 127.0.0.1 && tcp.port == 40000 && tcp.port == 80"
        " && tcp.srcport == 80 && tcp.flags.syn == 1 && tcp.flags.ack == 1"
    )


@pytest.mark.parametrize("frame", [1, 2])
def test_neighbours_in_the_other_order_are_one_difference(frame: int) -> None:
    comparison = Said().handshake().swapped(frame).compare(HANDSHAKE)
    assert told(comparison) == [("swapped", frame, frame + 1, "")]


@pytest.mark.parametrize(
    ("frame", "flags", "expected", "actual"),
    [(2, "SYN", "SYN,ACK", "SYN"), (2, "RST,ACK", "SYN,ACK", "RST,ACK"), (1, "none", "SYN", "none")],
)
def test_a_wrong_flag_is_a_changed_segment_not_another_one(frame: int, flags: str, expected: str, actual: str) -> None:
    (difference,) = Said().handshake().changed(frame, flags=flags).compare(HANDSHAKE).differences
    assert (difference.field, difference.frame) == ("flags", frame)
    assert (difference.expected, difference.actual) == (expected, actual)


def test_what_nobody_expects_is_extra_and_told_in_symbols() -> None:
    (difference,) = Said().handshake().server("RST,ACK").compare(HANDSHAKE).differences
    assert (difference.kind, difference.frame, difference.line) == (Kind.EXTRA, 4, None)
    assert difference.actual == "server > client  RST,ACK  seq=y+1 = 2001  ack=x+1 = 1001  len=0"


def test_the_library_s_handshake_is_about_how_a_connection_begins() -> None:
    said = Said().handshake().client("ACK", len=9).server("ACK").closed()
    assert said.compare("three-way-handshake").matched
    assert not said.compare(HANDSHAKE).matched
    assert not said.without(1).compare("three-way-handshake").matched


def test_nothing_at_all_misses_everything() -> None:
    assert told(Said().compare(HANDSHAKE)) == [(Kind.MISSING, line, None, "") for line in (1, 2, 3)]


def test_a_refused_connection() -> None:
    refused = Said().client("SYN").server("RST,ACK", seq=0)
    assert refused.compare("refused").matched
    assert told(refused.compare("three-way-handshake"))[0] == ("changed", 2, 2, "flags")
    assert told(Said().client("SYN").server("RST,ACK", seq=0, ack=1000).compare("refused")) == [
        ("changed", 2, 2, "ack")
    ]
